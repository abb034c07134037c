#include "sl-access.h"

#include <arpa/inet.h>
#include <string.h>

#include "sl-own-names.h"

#define MAX_HOST_BYTES 255 /* RFC 1035, section 2.3.4 */

struct _SlAccess {
    grefcount refs;
    gboolean keys_required;
    char *guest_key;    /* nullable */
    char *operator_key; /* nullable */
    GStrv hosts;        /* lower case */
    GStrv origins;
    SlGrant *local;
    SlGrant *guest;
    SlGrant *operator_;
};

typedef struct {
    char *name; /* lower case, without brackets or a trailing dot */
    gboolean is_ip;
    guint port; /* 0: not given */
} HostPort;

static void
add_host(GStrvBuilder *builder, const char *host)
{
    g_autofree char *lower = g_ascii_strdown(host, -1);

    if (*lower != '\0')
        g_strv_builder_add(builder, lower);
}

SlAccess *
sl_access_new(const SlAccessConfig *config)
{
    SlAccess *self = g_new0(SlAccess, 1);
    g_autoptr(GStrvBuilder) hosts = g_strv_builder_new();
    g_auto(GStrv) own = sl_own_names_get_hosts();

    g_ref_count_init(&self->refs);
    self->keys_required = config->keys_required;
    self->guest_key = g_strdup(config->guest_key);
    self->operator_key = g_strdup(config->operator_key);

    g_strv_builder_addv(hosts, (const char **)own);
    for (guint i = 0; config->hosts != NULL && config->hosts[i] != NULL; i++)
        add_host(hosts, config->hosts[i]);
    self->hosts = g_strv_builder_end(hosts);
    self->origins = g_strdupv((char **)config->origins);

    self->local = sl_grant_new("local", SL_ROLES_OPERATOR, NULL, 0);
    self->guest = sl_grant_new("guest", SL_ROLES_GUEST, NULL, 0);
    self->operator_ = sl_grant_new("operator", SL_ROLES_OPERATOR, NULL, 0);
    return self;
}

SlAccess *
sl_access_ref(SlAccess *self)
{
    g_ref_count_inc(&self->refs);
    return self;
}

void
sl_access_unref(SlAccess *self)
{
    if (self == NULL || !g_ref_count_dec(&self->refs))
        return;
    g_free(self->guest_key);
    g_free(self->operator_key);
    g_strfreev(self->hosts);
    g_strfreev(self->origins);
    sl_grant_unref(self->local);
    sl_grant_unref(self->guest);
    sl_grant_unref(self->operator_);
    g_free(self);
}

const char *const *
sl_access_get_origins(SlAccess *self)
{
    return (const char *const *)self->origins;
}

static void
host_port_clear(HostPort *host)
{
    g_clear_pointer(&host->name, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HostPort, host_port_clear)

static gboolean
is_host_name(const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && strchr("-._", *c) == NULL)
            return FALSE;
    }
    return *name != '\0';
}

static gboolean
parse_port(const char *text, guint *ret_port)
{
    guint64 port;

    if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT16, &port, NULL))
        return FALSE;
    *ret_port = (guint)port;
    return TRUE;
}

/* `NAME`, `1.2.3.4` or `[v6]`, each with or without `:PORT` (RFC 3986, section 3.2) */
static gboolean
parse_host_port(const char *text, HostPort *ret_host)
{
    g_auto(HostPort) host = { 0 };
    const char *rest;
    guint8 address[sizeof(struct in6_addr)];

    if (text == NULL || strlen(text) > MAX_HOST_BYTES)
        return FALSE;

    if (*text == '[') {
        const char *end = strchr(text, ']');
        if (end == NULL)
            return FALSE;
        host.name = g_ascii_strdown(text + 1, end - text - 1);
        host.is_ip = inet_pton(AF_INET6, host.name, address) == 1;
        if (!host.is_ip)
            return FALSE;
        rest = end + 1;
    } else {
        gsize len = strcspn(text, ":");
        host.name = g_ascii_strdown(text, (gssize)len);
        host.is_ip = inet_pton(AF_INET, host.name, address) == 1;
        rest = text + len;
        if (len > 1 && host.name[len - 1] == '.')
            host.name[len - 1] = '\0';
        if (!is_host_name(host.name))
            return FALSE;
    }
    if (*rest != '\0' && (*rest != ':' || !parse_port(rest + 1, &host.port)))
        return FALSE;

    *ret_host = host;
    host.name = NULL;
    return TRUE;
}

/* A name that somebody else's DNS points at this machine makes their page same-origin with it: DNS
 * rebinding. */
static gboolean
host_is_ours(SlAccess *self, const HostPort *host)
{
    return host->is_ip || g_strv_contains((const char *const *)self->hosts, host->name);
}

static gboolean
parse_origin(const char *origin, HostPort *ret_host, guint *ret_default_port)
{
    if (g_str_has_prefix(origin, "http://")) {
        *ret_default_port = 80;
        return parse_host_port(origin + strlen("http://"), ret_host);
    }
    if (g_str_has_prefix(origin, "https://")) {
        *ret_default_port = 443;
        return parse_host_port(origin + strlen("https://"), ret_host);
    }
    return FALSE;
}

/* Where we are not https a proxy may be: then the scheme is not compared beyond its port. Where we
 * are, a page that came over http may be anybody's between it and us. */
static gboolean
origin_is_host(const char *origin, const HostPort *host, gboolean https)
{
    g_auto(HostPort) other = { 0 };
    guint default_port = 0;

    if (https && !g_str_has_prefix(origin, "https://"))
        return FALSE;
    if (!parse_origin(origin, &other, &default_port) || strcmp(other.name, host->name) != 0)
        return FALSE;
    return (other.port != 0 ? other.port : default_port) ==
           (host->port != 0 ? host->port : default_port);
}

static gboolean
origin_is_listed(SlAccess *self, const char *origin)
{
    for (guint i = 0; self->origins != NULL && self->origins[i] != NULL; i++) {
        if (g_ascii_strcasecmp(self->origins[i], origin) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
changes_something(const SlAccessRequest *request)
{
    return request->websocket ||
           (g_strcmp0(request->method, "GET") != 0 && g_strcmp0(request->method, "HEAD") != 0);
}

static gboolean
origin_is_fine(SlAccess *self, const SlAccessRequest *request, const HostPort *host,
               gboolean *ret_listed)
{
    *ret_listed = FALSE;
    if (request->origin != NULL) {
        if (origin_is_host(request->origin, host, request->https))
            return TRUE;
        *ret_listed =
            strcmp(request->origin, "null") != 0 && origin_is_listed(self, request->origin);
        return *ret_listed;
    }
    return !changes_something(request) || g_strcmp0(request->sec_fetch_site, "cross-site") != 0;
}

/* Takes as long for every text of one length, so that time says nothing about how much of it was
 * right. */
static gboolean
key_equals(const char *expected, const char *given)
{
    volatile guint8 difference = 0;
    gsize len;

    if (expected == NULL || *expected == '\0' || strlen(given) != strlen(expected))
        return FALSE;
    len = strlen(expected);
    for (gsize i = 0; i < len; i++)
        difference |= (guint8)(expected[i] ^ given[i]);
    return difference == 0;
}

static SlGrant *
find_grant(SlAccess *self, const char *key)
{
    gboolean is_operator = key_equals(self->operator_key, key);
    gboolean is_guest = key_equals(self->guest_key, key);

    if (is_operator)
        return self->operator_;
    return is_guest ? self->guest : NULL;
}

gboolean
sl_access_knows_key(SlAccess *self, const char *key)
{
    return key != NULL && find_grant(self, key) != NULL;
}

SlAccessVerdict
sl_access_check(SlAccess *self, const SlAccessRequest *request, SlGrant **ret_grant,
                char **ret_allow_origin)
{
    g_auto(HostPort) host = { 0 };
    gboolean listed = FALSE;
    SlGrant *grant;

    if (!parse_host_port(request->host, &host) || !host_is_ours(self, &host))
        return SL_ACCESS_BAD_HOST;
    if (!origin_is_fine(self, request, &host, &listed))
        return SL_ACCESS_BAD_ORIGIN;
    if (listed)
        *ret_allow_origin = g_strdup(request->origin);

    if (!self->keys_required || (request->local && !request->forwarded))
        grant = self->local;
    else if (request->key == NULL)
        return SL_ACCESS_NO_KEY;
    else
        grant = find_grant(self, request->key);
    if (grant == NULL)
        return SL_ACCESS_WRONG_KEY;

    *ret_grant = sl_grant_ref(grant);
    return SL_ACCESS_OK;
}
