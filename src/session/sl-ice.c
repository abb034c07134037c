#include "sl-ice.h"

#include <string.h>

#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <gst/webrtc/webrtc.h>

#include "sl-log.h"
#include "sl-webrtcbin.h"

struct _SlIce {
    gatomicrefcount refs;
    char **servers;
    guint16 port_min, port_max;
    char *servers_json;
};

/* `turn:user:password@host:port?transport=udp` in its parts; all but scheme and host may be NULL.
 */
typedef struct {
    char *scheme, *user, *password, *host;
} ServerUrl;

static void
server_url_clear(ServerUrl *url)
{
    g_free(url->scheme);
    g_free(url->user);
    g_free(url->password);
    g_free(url->host);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ServerUrl, server_url_clear)

static void
server_url_parse(const char *text, ServerUrl *ret_url)
{
    const char *colon = strchr(text, ':');
    const char *at = strrchr(text, '@');

    *ret_url = (ServerUrl){ .scheme = g_strndup(text, (gsize)(colon - text)) };
    if (at != NULL) {
        g_autofree char *userinfo = g_strndup(colon + 1, (gsize)(at - colon - 1));
        g_auto(GStrv) parts = g_strsplit(userinfo, ":", 2);

        ret_url->user = g_strdup(parts[0]);
        ret_url->password = g_strdup(parts[1] != NULL ? parts[1] : "");
        ret_url->host = g_strdup(at + 1);
    } else {
        ret_url->host = g_strdup(colon + 1);
    }
}

static void
add_server_json(JsonArray *array, const char *text)
{
    g_auto(ServerUrl) url = { NULL };
    JsonObject *object = json_object_new();
    g_autofree char *public_url = NULL;

    server_url_parse(text, &url);
    public_url = g_strdup_printf("%s:%s", url.scheme, url.host);
    json_object_set_string_member(object, "urls", public_url);
    if (url.user != NULL) {
        g_autofree char *user = g_uri_unescape_string(url.user, NULL);
        g_autofree char *password = g_uri_unescape_string(url.password, NULL);
        json_object_set_string_member(object, "username", user);
        json_object_set_string_member(object, "credential", password);
    }
    json_array_add_object_element(array, object);
}

static char *
make_servers_json(char **servers)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_ARRAY);
    JsonArray *array = json_array_new();

    json_node_take_array(node, array);
    for (guint i = 0; servers[i] != NULL; i++)
        add_server_json(array, servers[i]);
    return json_to_string(node, FALSE);
}

/* --- names that can't be resolved --- */

/* For the life of the process: libnice's threads may outlive an SlIce. */
static GMutex names_lock;
static GHashTable *names; /* of host to Name */

typedef struct {
    char *url; /* without user and password */
    gboolean said;
} Name;

static void
say_unresolved(const char *host, Name *name)
{
    if (name->said)
        return;
    name->said = TRUE;
    sl_log_warning("%s: the name %s can't be resolved; correct --ice-server or this machine's DNS, "
                   "viewers in other networks may get no picture until then",
                   name->url, host);
}

/* libnice says it for each viewer, several times, with addresses in memory. Any thread. */
static void
on_libnice_warning(const char *domain, GLogLevelFlags level, const char *message, gpointer unused)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&names_lock);
    gboolean found = FALSE;
    GHashTableIter iter;
    gpointer host, name;

    g_hash_table_iter_init(&iter, names);
    while (strstr(message, "Can't resolve ") != NULL &&
           g_hash_table_iter_next(&iter, &host, &name)) {
        if (strstr(message, host) == NULL)
            continue;
        say_unresolved(host, name);
        found = TRUE;
    }
    if (!found)
        g_log_default_handler(domain, level, message, NULL);
}

static void
watch_names(char **servers)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&names_lock);

    if (names == NULL) {
        names = g_hash_table_new(g_str_hash, g_str_equal);
        g_log_set_handler("libnice", G_LOG_LEVEL_WARNING, on_libnice_warning, NULL);
    }
    for (guint i = 0; servers[i] != NULL; i++) {
        g_auto(ServerUrl) url = { NULL };
        g_autofree char *host = NULL;
        Name *name;

        server_url_parse(servers[i], &url);
        host = g_strndup(url.host, strcspn(url.host, ":?"));
        if (g_hash_table_contains(names, host))
            continue;
        name = g_new0(Name, 1);
        name->url = g_strdup_printf("%s:%s", url.scheme, url.host);
        g_hash_table_insert(names, g_steal_pointer(&host), name);
    }
}

SlIce *
sl_ice_new(const SlIceSettings *settings)
{
    static char *none[] = { NULL };
    SlIce *self = g_new0(SlIce, 1);

    g_atomic_ref_count_init(&self->refs);
    self->servers = g_strdupv(settings->servers != NULL ? settings->servers : none);
    self->port_min = settings->port_min;
    self->port_max = settings->port_max;
    self->servers_json = make_servers_json(self->servers);
    watch_names(self->servers);
    return self;
}

SlIce *
sl_ice_ref(SlIce *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
sl_ice_unref(SlIce *self)
{
    if (!g_atomic_ref_count_dec(&self->refs))
        return;
    g_strfreev(self->servers);
    g_free(self->servers_json);
    g_free(self);
}

const char *
sl_ice_get_servers_json(SlIce *self)
{
    return self->servers_json;
}

gboolean
sl_ice_get_ports(SlIce *self, guint *ret_min, guint *ret_max)
{
    *ret_min = self->port_min;
    *ret_max = self->port_max;
    return self->port_max != 0;
}

static void
add_server(GstElement *webrtcbin, const char *text)
{
    g_auto(ServerUrl) url = { NULL };
    g_autofree char *gst_url = NULL;
    gboolean added;

    server_url_parse(text, &url);
    if (g_str_equal(url.scheme, "stun")) {
        gst_url = g_strdup_printf("stun://%s", url.host);
        g_object_set(webrtcbin, "stun-server", gst_url, NULL);
    } else {
        gst_url = g_strdup_printf("%s://%s:%s@%s", url.scheme, url.user, url.password, url.host);
        g_signal_emit_by_name(webrtcbin, "add-turn-server", gst_url, &added);
    }
}

/*
 * What webrtcbin does not pass on is set on libnice's agent itself: UPnP delays gathering by 200 ms
 * and costs 13 sockets a viewer; without consent checks (RFC 7675) a viewer that was killed stays
 * connected for more than a minute.
 */
static void
configure_agent(SlIce *self, GstElement *webrtcbin)
{
    g_autoptr(GstObject) ice = NULL;
    g_autoptr(GObject) agent = NULL;

    g_object_get(webrtcbin, "ice-agent", &ice, NULL);
    if (ice == NULL)
        return;
    g_object_set(ice, "ice-tcp", FALSE, NULL);
    if (self->port_max != 0)
        g_object_set(ice, "max-rtp-port", (guint)self->port_max, "min-rtp-port",
                     (guint)self->port_min, NULL);
    g_object_get(ice, "agent", &agent, NULL);
    if (agent != NULL)
        g_object_set(agent, "upnp", FALSE, "keepalive-conncheck", TRUE, NULL);
}

void *
sl_ice_make_webrtcbin(SlIce *self)
{
    GstElement *webrtcbin = gst_element_factory_make("webrtcbin", SL_WEBRTCBIN_NAME);

    if (webrtcbin == NULL)
        return NULL;
    g_object_set(webrtcbin, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
    configure_agent(self, webrtcbin);
    for (guint i = 0; self->servers[i] != NULL; i++)
        add_server(webrtcbin, self->servers[i]);
    return webrtcbin;
}
