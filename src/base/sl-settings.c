#include "sl-settings.h"
#include "sl-error.h"

#include <gio/gio.h>
#include <string.h>

#define MAX_URL_BYTES 1024

G_GNUC_PRINTF(2, 3)
static gboolean
invalid(GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (error != NULL)
        *error = g_error_new_valist(SL_BASE_ERROR, SL_BASE_ERROR_INVALID, format, args);
    va_end(args);
    return FALSE;
}

static gboolean
is_port(const char *text)
{
    return g_ascii_isdigit(*text) &&
           g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT16, NULL, NULL);
}

static gboolean
is_name(const char *text)
{
    if (*text == '\0' || strlen(text) > 253)
        return FALSE;
    for (const char *p = text; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && strchr("-._", *p) == NULL)
            return FALSE;
    }
    return TRUE;
}

static gboolean
is_ipv6(const char *text)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(text);

    return address != NULL && g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6;
}

/* HOST[:PORT]; an IPv6 address stands in brackets. Cuts @authority up. */
static gboolean
check_host(char *authority, GError **error)
{
    char *host = authority;
    char *rest;
    gboolean bracketed = *authority == '[';

    if (bracketed) {
        char *close = strchr(authority, ']');

        if (close == NULL)
            return invalid(error, "“[” without “]”");
        host++;
        rest = close + 1;
        *close = '\0';
    } else {
        rest = authority + strcspn(authority, ":");
    }
    if (*rest == ':') {
        if (!is_port(rest + 1))
            return invalid(error, "port “%s”, expected 1 to 65535", rest + 1);
    } else if (*rest != '\0') {
        return invalid(error, "“%s” after the address, expected “:PORT”", rest);
    }
    *rest = '\0';
    if (bracketed ? !is_ipv6(host) : !is_name(host))
        return invalid(error, "host “%s”, expected a name or an address", host);
    return TRUE;
}

/* RFC 3986: unreserved, sub-delims and percent-encoded bytes but NUL. */
static gboolean
is_credential(const char *text)
{
    if (*text == '\0')
        return FALSE;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '%') {
            if (!g_ascii_isxdigit(p[1]) || !g_ascii_isxdigit(p[2]) || strncmp(p, "%00", 3) == 0)
                return FALSE;
            p += 2;
        } else if (!g_ascii_isalnum(*p) && strchr("-._~!$&'()*+,;=", *p) == NULL) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
check_turn(char *rest, gboolean tls, GError **error)
{
    char *query = strchr(rest, '?');
    char *at, *colon;

    if (query != NULL) {
        *query++ = '\0';
        if (tls ? strcmp(query, "transport=tcp") != 0
                : strcmp(query, "transport=udp") != 0 && strcmp(query, "transport=tcp") != 0)
            return invalid(error, tls ? "“turns:” takes no query but “transport=tcp”"
                                      : "“turn:” takes no query but “transport=udp” "
                                        "or “transport=tcp”");
    }
    at = strrchr(rest, '@');
    if (at == NULL)
        return invalid(error, "“turn” without “USER:PASSWORD@”");
    *at = '\0';
    colon = strchr(rest, ':');
    if (colon == NULL)
        return invalid(error, "“turn” with a user and no password, expected "
                              "“USER:PASSWORD@”");
    *colon = '\0';
    if (!is_credential(rest) || !is_credential(colon + 1))
        return invalid(error, "user and password must not be empty, and what is not a "
                              "letter, a digit or one of -._~!$&'()*+,;= must be percent-encoded");
    return check_host(at + 1, error);
}

gboolean
sl_ice_server_check(const char *url, GError **error)
{
    g_autofree char *copy = NULL;

    if (strlen(url) > MAX_URL_BYTES)
        return invalid(error, "more than %d bytes", MAX_URL_BYTES);
    copy = g_strdup(url);
    if (g_str_has_prefix(copy, "stun:")) {
        if (strchr(copy, '@') != NULL) /* not quoted: it may be a password */
            return invalid(error, "“stun:” takes no user and password, expected “stun:HOST”");
        return check_host(copy + strlen("stun:"), error);
    }
    if (g_str_has_prefix(copy, "turn:"))
        return check_turn(copy + strlen("turn:"), FALSE, error);
    if (g_str_has_prefix(copy, "turns:"))
        return check_turn(copy + strlen("turns:"), TRUE, error);
    return invalid(error, "expected “stun:HOST”, “turn:USER:PASSWORD@HOST” or "
                          "“turns:USER:PASSWORD@HOST”");
}
