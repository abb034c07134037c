#include "sl-error.h"
#include "sl-sdp.h"

#include <gio/gio.h>
#include <string.h>

#define MAX_FOUNDATION 32 /* RFC 8839, section 5.1; libnice keeps as many */
#define MAX_WORDS 64

static gboolean
invalid(GError **error, const char *problem)
{
    g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID, "candidate: %s", problem);
    return FALSE;
}

static gboolean
is_ice_chars(const char *text, gsize max)
{
    gsize len = strlen(text);

    for (const char *p = text; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && *p != '+' && *p != '/')
            return FALSE;
    }
    return len > 0 && len <= max;
}

static gboolean
is_number(const char *text, guint64 min, guint64 max, guint64 *ret_number)
{
    return g_ascii_string_to_unsigned(text, 10, min, max, ret_number, NULL);
}

/* A host's name or an address, maybe with a zone. */
static gboolean
is_address_text(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && strchr(".:-_%", *p) == NULL)
            return FALSE;
    }
    return strlen(text) <= 255;
}

static gboolean
is_usable_address(const char *text)
{
    g_autoptr(GInetAddress) address = NULL;

    if (strchr(text, '%') != NULL)
        return FALSE;
    address = g_inet_address_new_from_string(text);
    return address != NULL && !g_inet_address_get_is_any(address) &&
           !g_inet_address_get_is_multicast(address);
}

static gboolean
is_known_type(const char *type)
{
    static const char *const types[] = { "host", "srflx", "prflx", "relay", NULL };

    return g_strv_contains(types, type);
}

/* After the type come pairs of a name and a value; raddr and rport must be what they say. */
static gboolean
check_extensions(char **words, GError **error)
{
    guint64 number;

    for (; *words != NULL; words += 2) {
        if (words[1] == NULL)
            return invalid(error, "a name without a value at the end");
        if (strcmp(words[0], "raddr") == 0 && !is_address_text(words[1]))
            return invalid(error, "“raddr” is not an address");
        if (strcmp(words[0], "rport") == 0 && !is_number(words[1], 0, G_MAXUINT16, &number))
            return invalid(error, "“rport” is not 0 to 65535");
    }
    return TRUE;
}

static gboolean
check_raddr_usable(char **words)
{
    for (; *words != NULL; words += 2) {
        if (strcmp(words[0], "raddr") == 0 &&
            (strchr(words[1], '%') != NULL || !g_hostname_is_ip_address(words[1])))
            return FALSE;
    }
    return TRUE;
}

static gboolean
check_words(char **words, gboolean *ret_usable, GError **error)
{
    guint n = g_strv_length(words);
    guint64 component, priority, port;

    for (guint i = 0; i < n; i++) {
        if (*words[i] == '\0')
            return invalid(error, "more than one space between two words");
    }
    if (n < 8 || n > MAX_WORDS)
        return invalid(error, "expected “candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS "
                              "PORT typ TYPE …”");
    if (!is_ice_chars(words[0], MAX_FOUNDATION))
        return invalid(error, "the foundation is not 1 to 32 letters, digits, “+” or “/”");
    if (!is_number(words[1], 1, 256, &component))
        return invalid(error, "the component is not 1 to 256");
    if (!is_number(words[3], 1, G_MAXUINT32, &priority))
        return invalid(error, "the priority is not 1 to 4294967295");
    if (!is_address_text(words[4]))
        return invalid(error, "the address is neither an address nor a name");
    if (!is_number(words[5], 0, G_MAXUINT16, &port))
        return invalid(error, "the port is not 0 to 65535");
    if (strcmp(words[6], "typ") != 0)
        return invalid(error, "expected “typ” after the port");
    if (!check_extensions(words + 8, error))
        return FALSE;
    *ret_usable = component == 1 && g_ascii_strcasecmp(words[2], "udp") == 0 && port != 0 &&
                  is_usable_address(words[4]) && is_known_type(words[7]) &&
                  check_raddr_usable(words + 8);
    return TRUE;
}

gboolean
sl_sdp_check_candidate(const char *candidate, gboolean *ret_usable, GError **error)
{
    g_auto(GStrv) words = NULL;

    if (strlen(candidate) > SL_SDP_MAX_CANDIDATE_BYTES) {
        g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_TOO_LARGE,
                    "candidate: %" G_GSIZE_FORMAT " bytes, at most %d are allowed",
                    strlen(candidate), SL_SDP_MAX_CANDIDATE_BYTES);
        return FALSE;
    }
    if (!g_str_has_prefix(candidate, "candidate:"))
        return invalid(error, "expected “candidate:” at its beginning");
    for (const char *p = candidate; *p != '\0'; p++) {
        if (!g_ascii_isprint(*p))
            return invalid(error, "something that is not printable ASCII");
    }
    words = g_strsplit(candidate + strlen("candidate:"), " ", -1);
    return check_words(words, ret_usable, error);
}
