#include "sl-http-server.h"

#include <string.h>

#include "sl-answer.h"
#include "sl-assets.h"
#include "sl-census.h"
#include "sl-context.h"
#include "sl-cors.h"
#include "sl-debug-objects.h"
#include "sl-listener.h"
#include "sl-meters.h"
#include "sl-object-endpoint.h"
#include "sl-object-upload.h"
#include "sl-objects-api.h"
#include "sl-relay-api.h"
#include "sl-relay-socket.h"
#include "sl-request.h"
#include "sl-sdp-endpoint.h"
#include "sl-signalling.h"
#include "sl-status.h"
#include "sl-stream-api.h"
#include "sl-websocket-watch.h"

/* A body that is refused is read this far and thrown away, so that the answer is seen. */
#define MAX_IGNORED_BYTES (1024 * 1024)
#define CLOSE_MS 800
#define RETRY_AFTER_S "5"
#define COOKIE_MAX_AGE_S (365 * 24 * 3600)

struct _SlHttpServer {
    GObject parent_instance;

    GMainContext *context;
    SlAccess *access;
    SlSessionPool *pool;
    SlRelay *relay;
    SlIce *ice;
    SlObjectStore *store;
    SlObjectExchange *exchange;
    SlLimits limits;
    SlAssets *assets;
    SoupServer *soup;
    SlListener *listener;
    SlSdpEndpoint *sdp;
    SlObjectEndpoint *objects;
    GPtrArray *pipelines; /* of SlPipelineSwitch, one for each stream */
    GPtrArray *channels;  /* of GStrv, likewise */
    GHashTable *watches;  /* of SlWebsocketWatch */
    GSource *closing;     /* nullable */
    gint64 started_us;
    guint16 port;
    gboolean is_https;
    gboolean closed;
};

G_DEFINE_FINAL_TYPE(SlHttpServer, sl_http_server, G_TYPE_OBJECT)

/* Gives a new WebSocket to whoever answers on it. @name: what followed the route's prefix */
typedef void (*ServeFunc)(SlHttpServer *self, SlWebsocketWatch *watch, SoupServerMessage *msg);

static SlStream *
get_stream(SlHttpServer *self, guint index)
{
    return sl_pipeline_switch_get_stream(g_ptr_array_index(self->pipelines, index));
}

static int
find_stream(SlHttpServer *self, const char *name)
{
    for (guint i = 0; i < self->pipelines->len; i++) {
        if (strcmp(sl_stream_get_name(get_stream(self, i)), name) == 0)
            return (int)i;
    }
    return -1;
}

/* A link with a key is what people share; the cookie is for when they come back without it. */
static void
remember_key(SlHttpServer *self, SoupServerMessage *msg, const char *key)
{
    g_autofree char *cookie = NULL;

    cookie = g_strdup_printf("sightline-%u=%s; HttpOnly; SameSite=Strict; Path=/; Max-Age=%d%s",
                             self->port, key, COOKIE_MAX_AGE_S, self->is_https ? "; Secure" : "");
    soup_message_headers_replace(soup_server_message_get_response_headers(msg), "Set-Cookie",
                                 cookie);
}

/* What the page asks for carries the key of its link in the path: cookies may be refused, or be of
 * another link. */
static void
answer_page(SlHttpServer *self, SoupServerMessage *msg, const char *name, const char *stream)
{
    g_autofree char *key = sl_request_get_link_key(msg);
    g_autofree char *base = NULL;
    g_autoptr(SlAsset) page = NULL;

    if (!sl_access_knows_key(self->access, key))
        g_clear_pointer(&key, g_free);
    base = key != NULL ? g_strdup_printf("/key/%s/", key) : g_strdup("/");
    page = sl_assets_load_page(self->assets, name, base, stream);
    if (page == NULL) {
        sl_answer_problem(msg, SOUP_STATUS_NOT_FOUND, "This page is missing.");
        return;
    }
    if (key != NULL)
        remember_key(self, msg, key);
    sl_answer_page(msg, page);
}

static void
answer_stream_page(SlHttpServer *self, SoupServerMessage *msg, const char *name)
{
    if (find_stream(self, name) < 0)
        sl_answer_problem(msg, SOUP_STATUS_NOT_FOUND, "There is no stream of this name here.");
    else if (!sl_grant_allows(sl_request_get_grant(msg), SL_ROLE_WATCH, name))
        sl_answer_problem(msg, SOUP_STATUS_FORBIDDEN, "This link is not for this stream.");
    else
        answer_page(self, msg, "index.html", name);
}

static void
answer_front_page(SlHttpServer *self, SoupServerMessage *msg)
{
    if (self->pipelines->len == 1)
        answer_stream_page(self, msg, sl_stream_get_name(get_stream(self, 0)));
    else
        answer_page(self, msg, "list.html", "");
}

static void
answer_asset(SlHttpServer *self, SoupServerMessage *msg, const char *name)
{
    /* Pages are templates: they have addresses of their own. */
    g_autoptr(SlAsset) asset =
        g_str_has_suffix(name, ".html") ? NULL : sl_assets_load(self->assets, name);

    if (asset != NULL)
        sl_answer_asset(msg, asset);
    else
        sl_answer_problem(msg, SOUP_STATUS_NOT_FOUND, "There is nothing at this address.");
}

static void
answer_status(SlHttpServer *self, SoupServerMessage *msg)
{
    SlGrant *grant = sl_request_get_grant(msg);
    SlStatus status = {
        .started_us = self->started_us,
        .pipelines = self->pipelines,
        .pool = self->pool,
        .relay = self->relay,
        .store = self->store,
        .limits = &self->limits,
    };

    if (sl_grant_allows(grant, SL_ROLE_WATCH, NULL))
        sl_answer_json(msg,
                       sl_status_to_text(&status, sl_grant_allows(grant, SL_ROLE_OPERATE, NULL)));
    else
        sl_answer_problem(msg, SOUP_STATUS_FORBIDDEN, "This key does not show the status.");
}

static void
answer_relay(SlHttpServer *self, SoupServerMessage *msg)
{
    if (sl_grant_allows(sl_request_get_grant(msg), SL_ROLE_OPERATE, NULL))
        sl_answer_json(msg, sl_relay_api_to_text(self->relay));
    else
        sl_answer_problem(msg, SOUP_STATUS_FORBIDDEN,
                          "Only the operator's key shows the message relay.");
}

static void
answer_objects_api(SlHttpServer *self, SoupServerMessage *msg)
{
    if (sl_grant_allows(sl_request_get_grant(msg), SL_ROLE_OPERATE, NULL))
        sl_objects_api_answer(self->store, msg);
    else
        sl_answer_problem(msg, SOUP_STATUS_FORBIDDEN,
                          "Only the operator's key shows and changes which files are kept.");
}

static void
answer_objects(SoupServerMessage *msg)
{
    if (sl_grant_allows(sl_request_get_grant(msg), SL_ROLE_ADMIN, NULL))
        sl_answer_json(msg, sl_debug_objects_to_text());
    else
        sl_answer_problem(msg, SOUP_STATUS_FORBIDDEN,
                          "Only the operator's key shows what is alive in the program.");
}

static void
answer_stream_resource(SlHttpServer *self, SoupServerMessage *msg, const SlStreamResource *resource,
                       const char *name)
{
    int index = find_stream(self, name);

    if (index < 0) {
        sl_answer_problem(msg, SOUP_STATUS_NOT_FOUND, "There is no stream of this name here.");
    } else if (!sl_grant_allows(sl_request_get_grant(msg), SL_ROLE_OPERATE, name)) {
        sl_answer_problem(msg, SOUP_STATUS_FORBIDDEN, resource->forbidden);
    } else {
        SlStreamApi api = { self->context, get_stream(self, (guint)index),
                            g_ptr_array_index(self->pipelines, index) };

        resource->answer(&api, msg);
    }
}

static void
serve_signalling(SlHttpServer *self, SlWebsocketWatch *watch, SoupServerMessage *msg)
{
    int index = find_stream(self, sl_request_get_path(msg) + strlen("/ws/"));
    SlSignallingConfig config = {
        .context = self->context,
        .pool = self->pool,
        .ice = self->ice,
        .limits = &self->limits,
        .pipeline = g_ptr_array_index(self->pipelines, index),
        .channels = g_ptr_array_index(self->channels, index),
        .grant = sl_request_get_grant(msg),
        .address = sl_request_get_address(msg),
    };

    sl_websocket_watch_set_handler(watch, G_OBJECT(sl_signalling_new(watch, &config)));
}

static void
serve_relay(SlHttpServer *self, SlWebsocketWatch *watch, SoupServerMessage *msg)
{
    SlRelaySocket *socket = sl_relay_socket_new(watch, FALSE);

    sl_websocket_watch_set_handler(watch, G_OBJECT(socket));
    sl_relay_attach(self->relay, SL_RELAY_TRANSPORT(socket), sl_request_get_grant(msg),
                    SL_RELAY_KIND_WEBSOCKET);
}

static void
serve_objects(SlHttpServer *self, SlWebsocketWatch *watch, SoupServerMessage *msg)
{
    SlRelaySocket *socket = sl_relay_socket_new(watch, TRUE);

    sl_websocket_watch_set_handler(watch, G_OBJECT(socket));
    sl_object_exchange_attach(self->exchange, SL_RELAY_TRANSPORT(socket), sl_request_get_grant(msg),
                              sl_request_get_address(msg));
}

static void
on_watch_gone(SlWebsocketWatch *watch, SlHttpServer *self)
{
    g_hash_table_remove(self->watches, watch);
}

/* 101 is written: the connection is no longer HTTP. What libsoup does for its own WebSocket
 * handlers. */
static void
on_message_upgraded(SoupServerMessage *msg, SlHttpServer *self)
{
    g_autoptr(SoupServerMessage) keep = g_object_ref(msg);
    g_autoptr(SlConnection) connection = sl_listener_release(msg);
    g_autoptr(GIOStream) stream = soup_server_message_steal_connection(msg);
    ServeFunc serve = g_object_get_data(G_OBJECT(msg), "sl-serve");
    SlWebsocketWatch *watch;

    if (connection == NULL || stream == NULL)
        return;
    watch = sl_websocket_watch_new(self->context, stream, connection,
                                   soup_server_message_get_uri(msg), &self->limits);
    g_signal_connect_object(watch, "gone", G_CALLBACK(on_watch_gone), self, 0);
    g_hash_table_add(self->watches, watch);
    if (self->closed)
        sl_websocket_watch_close(watch, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, NULL);
    else
        serve(self, watch, msg);
}

static void
upgrade(SlHttpServer *self, SoupServerMessage *msg, const char *stream, ServeFunc serve)
{
    SoupMessageHeaders *headers = soup_server_message_get_request_headers(msg);
    g_autoptr(GError) error = NULL;

    if (!sl_grant_allows(sl_request_get_grant(msg), SL_ROLE_WATCH, stream)) {
        sl_answer_problem(msg, SOUP_STATUS_FORBIDDEN, "This key does not allow to watch.");
        return;
    }
    /* No extension is spoken: compression is a way to make much of little. */
    soup_message_headers_remove(headers, "Sec-WebSocket-Extensions");
    if (!soup_websocket_server_check_handshake(msg, NULL, NULL, NULL, &error)) {
        soup_message_headers_replace(soup_server_message_get_response_headers(msg), "Upgrade",
                                     "websocket");
        soup_message_headers_replace(soup_server_message_get_response_headers(msg),
                                     "Sec-WebSocket-Version", "13");
        sl_answer_problem(msg, SL_STATUS_UPGRADE_REQUIRED,
                          "This address speaks WebSocket, version 13.");
        return;
    }
    g_object_set_data(G_OBJECT(msg), "sl-serve", serve);
    g_signal_connect_object(msg, "wrote-informational", G_CALLBACK(on_message_upgraded), self, 0);
    soup_message_headers_remove(soup_server_message_get_response_headers(msg), "Connection");
    soup_websocket_server_process_handshake(msg, NULL, NULL, NULL, NULL);
}

static void
answer_signalling(SlHttpServer *self, SoupServerMessage *msg, const char *name)
{
    if (find_stream(self, name) < 0)
        sl_answer_problem(msg, SOUP_STATUS_NOT_FOUND, "There is no stream of this name here.");
    else
        upgrade(self, msg, name, serve_signalling);
}

static void
answer_sdp(SlHttpServer *self, SoupServerMessage *msg, const SlSdpAddress *address)
{
    int index = find_stream(self, address->stream);

    sl_sdp_endpoint_answer(self->sdp, msg, address,
                           index >= 0 ? get_stream(self, (guint)index) : NULL);
}

static void
on_soup_request(SoupServer *soup, SoupServerMessage *msg, const char *full_path, GHashTable *query,
                gpointer user_data)
{
    SlHttpServer *self = user_data;
    const char *path = sl_request_get_path(msg);
    g_autofree char *name = NULL;
    const SlStreamResource *resource = sl_stream_api_find(path, &name);
    g_auto(SlSdpAddress) sdp = { NULL };

    if (strcmp(path, "/") == 0)
        answer_front_page(self, msg);
    else if (strcmp(path, "/https.html") == 0)
        answer_page(self, msg, "https.html", "");
    else if (g_str_has_prefix(path, "/watch/"))
        answer_stream_page(self, msg, path + strlen("/watch/"));
    else if (g_str_has_prefix(path, "/ws/"))
        answer_signalling(self, msg, path + strlen("/ws/"));
    else if (strcmp(path, "/relay") == 0)
        upgrade(self, msg, NULL, serve_relay);
    else if (strcmp(path, "/objects") == 0)
        upgrade(self, msg, NULL, serve_objects);
    else if (strcmp(path, "/api/status") == 0)
        answer_status(self, msg);
    else if (strcmp(path, "/api/relay") == 0)
        answer_relay(self, msg);
    else if (sl_object_endpoint_has(path))
        sl_object_endpoint_answer(self->objects, msg);
    else if (sl_objects_api_has(path))
        answer_objects_api(self, msg);
    else if (strcmp(path, "/api/debug/objects") == 0)
        answer_objects(msg);
    else if (sl_sdp_address_parse(path, &sdp))
        answer_sdp(self, msg, &sdp);
    else if (resource != NULL)
        answer_stream_resource(self, msg, resource, name);
    else if (*path == '/')
        answer_asset(self, msg, path + 1);
}

static gboolean
refuse_verdict(SoupServerMessage *msg, SlAccessVerdict verdict)
{
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(msg);

    switch (verdict) {
    case SL_ACCESS_OK:
        return FALSE;
    case SL_ACCESS_BAD_HOST:
        sl_answer_problem(msg, SOUP_STATUS_MISDIRECTED_REQUEST,
                          "This server does not know itself by the name in the address. Use its IP "
                          "address, or name it under \"hosts\" in the configuration.");
        return TRUE;
    case SL_ACCESS_BAD_ORIGIN:
        sl_answer_problem(msg, SOUP_STATUS_FORBIDDEN,
                          "The page that asked for this is of another site. Sites that may embed "
                          "the player stand under \"origins\" in the configuration.");
        return TRUE;
    case SL_ACCESS_NO_KEY:
        soup_message_headers_replace(headers, "WWW-Authenticate", "Bearer");
        sl_answer_problem(
            msg, SOUP_STATUS_UNAUTHORIZED,
            "This page needs a link with a key. The person who runs Sightline sees it "
            "in the terminal.");
        return TRUE;
    case SL_ACCESS_WRONG_KEY:
        soup_message_headers_replace(headers, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
        sl_answer_problem(msg, SOUP_STATUS_UNAUTHORIZED,
                          "This link is no longer valid. Ask for a new one: the person who runs "
                          "Sightline sees it in the terminal.");
        return TRUE;
    }
    return TRUE;
}

static void
refuse_body(SlHttpServer *self, SoupServerMessage *msg)
{
    g_autofree char *words =
        g_strdup_printf("A request's body may have %u bytes.", self->limits.max_body_bytes);

    sl_limits_reached(&self->limits, SL_LIMIT(max_body_bytes), NULL);
    soup_message_body_set_accumulate(soup_server_message_get_request_body(msg), FALSE);
    sl_answer_problem(msg, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, words);
}

/* Without a key, which a preflight may be, it goes on waiting: it gets no place of those who have
 * one. */
static gboolean
refuse_crowd(SlHttpServer *self, SoupServerMessage *msg)
{
    g_autofree char *words = NULL;
    guint limit;

    if (sl_request_get_grant(msg) == NULL || sl_listener_admit(msg, &limit))
        return FALSE;
    words = g_strdup_printf("%u connections are open%s, which is as many as this server takes. Try "
                            "again in some seconds.",
                            sl_limits_get(&self->limits, limit),
                            limit == SL_LIMIT(max_connections) ? "" : " from your address");
    soup_message_headers_replace(soup_server_message_get_response_headers(msg), "Retry-After",
                                 RETRY_AFTER_S);
    sl_answer_problem(msg, SOUP_STATUS_SERVICE_UNAVAILABLE, words);
    return TRUE;
}

/* Everything can be read; what there is of a stream for operators can be changed, too. */
static const char *
methods_of(const char *path, const SlSdpAddress *sdp)
{
    if (sdp->kind != NULL)
        return sl_sdp_address_get_methods(sdp);
    if (sl_object_endpoint_has(path))
        return SL_OBJECT_METHODS;
    if (sl_objects_api_has(path))
        return sl_objects_api_get_methods(path);
    return sl_stream_api_find(path, NULL) != NULL ? SL_STREAM_API_METHODS : "GET, HEAD";
}

/* "GET, HEAD and PUT" */
static char *
list_methods(const char *methods)
{
    const char *last = strrchr(methods, ',');

    return g_strdup_printf("%.*s and%s", (int)(last - methods), methods, last + 1);
}

static gboolean
refuse_method(SoupServerMessage *msg, const SlSdpAddress *sdp)
{
    const char *methods = methods_of(sl_request_get_path(msg), sdp);
    g_auto(GStrv) known = g_strsplit(methods, ", ", -1);
    g_autofree char *listed = list_methods(methods);
    g_autofree char *words = NULL;

    if (g_strv_contains((const char *const *)known, soup_server_message_get_method(msg)))
        return FALSE;
    words = g_strdup_printf("Only %s are known here.", listed);
    soup_message_headers_replace(soup_server_message_get_response_headers(msg), "Allow", methods);
    sl_answer_problem(msg, SOUP_STATUS_METHOD_NOT_ALLOWED, words);
    return TRUE;
}

static gboolean
takes_body(SoupServerMessage *msg)
{
    const char *method = soup_server_message_get_method(msg);

    return strcmp(method, SOUP_METHOD_PUT) == 0 || strcmp(method, SOUP_METHOD_POST) == 0 ||
           strcmp(method, "PATCH") == 0;
}

/* A browser that asks whether it may has no key with it. */
static SlAccessVerdict
check_access(SlHttpServer *self, SoupServerMessage *msg, const SlSdpAddress *sdp)
{
    SlAccessVerdict verdict = sl_request_check(msg, self->access, self->port, self->is_https);

    if (sdp->kind != NULL && sl_cors_is_preflight(msg) &&
        (verdict == SL_ACCESS_NO_KEY || verdict == SL_ACCESS_WRONG_KEY))
        return SL_ACCESS_OK;
    return verdict;
}

/* Its body goes on as it comes. */
static gboolean
is_upload(SoupServerMessage *msg)
{
    return sl_object_endpoint_has(sl_request_get_path(msg)) &&
           strcmp(soup_server_message_get_method(msg), SOUP_METHOD_PUT) == 0;
}

static void
add_origin_headers(SoupServerMessage *msg, const SlSdpAddress *sdp)
{
    if (sl_request_get_allow_origin(msg) != NULL)
        soup_message_headers_replace(soup_server_message_get_response_headers(msg),
                                     "Access-Control-Allow-Origin",
                                     sl_request_get_allow_origin(msg));
    if (sdp->kind != NULL)
        sl_cors_add_headers(msg);
}

static void
on_message_got_headers(SoupServerMessage *msg, SlHttpServer *self)
{
    SoupMessageHeaders *headers = soup_server_message_get_request_headers(msg);
    g_auto(SlSdpAddress) sdp = { NULL };

    /* libsoup would answer ranges by itself, as many and as overlapping as asked for. */
    if (!sl_object_endpoint_has(sl_request_get_path(msg)))
        soup_message_headers_remove(headers, "Range");
    sl_sdp_address_parse(sl_request_get_path(msg), &sdp);

    if (soup_server_message_get_status(msg) != 0)
        sl_answer_problem(msg, soup_server_message_get_status(msg), "This is not an address.");
    else if (refuse_verdict(msg, check_access(self, msg, &sdp)) || refuse_crowd(self, msg) ||
             refuse_method(msg, &sdp))
        ;
    else if (is_upload(msg))
        sl_object_endpoint_begin(self->objects, msg);
    else if (soup_message_headers_get_content_length(headers) > self->limits.max_body_bytes)
        refuse_body(self, msg);

    add_origin_headers(msg, &sdp);
    soup_message_body_set_accumulate(soup_server_message_get_request_body(msg),
                                     soup_server_message_get_status(msg) == 0 && takes_body(msg) &&
                                         !is_upload(msg));
}

static void
on_message_got_chunk(SoupServerMessage *msg, GBytes *chunk, SlHttpServer *self)
{
    gsize bytes = GPOINTER_TO_SIZE(g_object_get_data(G_OBJECT(msg), "sl-body-bytes"));
    g_autoptr(SlConnection) connection = NULL;

    if (sl_object_upload_find(msg) != NULL && soup_server_message_get_status(msg) < 400)
        return;
    bytes += g_bytes_get_size(chunk);
    g_object_set_data(G_OBJECT(msg), "sl-body-bytes", GSIZE_TO_POINTER(bytes));
    if (bytes > self->limits.max_body_bytes && soup_server_message_get_status(msg) == 0)
        refuse_body(self, msg);
    if (bytes <= MAX_IGNORED_BYTES)
        return;
    connection = sl_listener_release(msg);
    if (connection != NULL)
        g_socket_shutdown(g_socket_connection_get_socket(G_SOCKET_CONNECTION(connection)), TRUE,
                          TRUE, NULL);
}

static void
on_soup_request_started(SoupServer *soup, SoupServerMessage *msg, SlHttpServer *self)
{
    sl_answer_add_headers(msg, self->access);
    g_signal_connect_object(msg, "got-headers", G_CALLBACK(on_message_got_headers), self, 0);
    g_signal_connect_object(msg, "got-chunk", G_CALLBACK(on_message_got_chunk), self, 0);
}

/* Before it is handled: where "100 Continue" was said (RFC 9110, section 10.1.1), libsoup has
 * dropped all that is for the answer. */
static void
on_soup_request_read(SoupServer *soup, SoupServerMessage *msg, SlHttpServer *self)
{
    g_auto(SlSdpAddress) sdp = { NULL };

    if (soup_message_headers_get_one(soup_server_message_get_response_headers(msg), "Connection") !=
        NULL)
        return;
    sl_answer_add_headers(msg, self->access);
    sl_sdp_address_parse(sl_request_get_path(msg), &sdp);
    add_origin_headers(msg, &sdp);
}

void
sl_http_server_add_stream(SlHttpServer *self, SlPipelineSwitch *pipeline,
                          const char *const *channels)
{
    g_return_if_fail(self->port == 0);

    g_ptr_array_add(self->pipelines, g_object_ref(pipeline));
    g_ptr_array_add(self->channels, g_strdupv((char **)channels));
}

gboolean
sl_http_server_listen(SlHttpServer *self, const char *address, guint16 port, GError **error)
{
    if (!sl_listener_listen(self->listener, address, port, error))
        return FALSE;
    self->port = sl_listener_get_port(self->listener);
    return TRUE;
}

void
sl_http_server_set_tls(SlHttpServer *self, SlTls *tls)
{
    g_return_if_fail(self->port == 0 || self->is_https);

    self->is_https = TRUE;
    sl_listener_set_tls(self->listener, tls);
}

guint16
sl_http_server_get_port(SlHttpServer *self)
{
    return self->port;
}

static gboolean
on_closing_deadline(gpointer user_data)
{
    SlHttpServer *self = user_data;

    sl_clear_source(&self->closing);
    sl_listener_drop_all(self->listener);
    return G_SOURCE_REMOVE;
}

void
sl_http_server_close(SlHttpServer *self)
{
    g_autoptr(GList) watches = NULL;

    if (self->closed)
        return;
    self->closed = TRUE;
    sl_sdp_endpoint_close(self->sdp);
    sl_listener_stop(self->listener);

    watches = g_hash_table_get_keys(self->watches);
    for (GList *l = watches; l != NULL; l = l->next)
        sl_websocket_watch_close(l->data, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, "the server ends");
    soup_server_disconnect(self->soup);
    self->closing = sl_context_add_timeout(self->context, CLOSE_MS, on_closing_deadline, self);
}

static void
sl_http_server_dispose(GObject *object)
{
    SlHttpServer *self = SL_HTTP_SERVER(object);

    if (self->soup != NULL) {
        sl_http_server_close(self);
        g_signal_handlers_disconnect_by_data(self->soup, self);
        soup_server_remove_handler(self->soup, NULL);
    }
    sl_clear_source(&self->closing);
    g_clear_pointer(&self->watches, g_hash_table_unref);
    g_clear_object(&self->listener);
    g_clear_object(&self->soup);
    g_clear_pointer(&self->sdp, sl_sdp_endpoint_free);
    g_clear_pointer(&self->objects, sl_object_endpoint_free);
    g_clear_pointer(&self->pipelines, g_ptr_array_unref);
    g_clear_pointer(&self->channels, g_ptr_array_unref);
    g_clear_pointer(&self->assets, sl_assets_free);
    g_clear_pointer(&self->ice, sl_ice_unref);
    g_clear_object(&self->exchange);
    g_clear_object(&self->store);
    g_clear_object(&self->relay);
    g_clear_object(&self->pool);
    g_clear_pointer(&self->access, sl_access_unref);
    g_clear_pointer(&self->context, g_main_context_unref);

    G_OBJECT_CLASS(sl_http_server_parent_class)->dispose(object);
}

static void
sl_http_server_class_init(SlHttpServerClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = sl_http_server_dispose;
}

static void
sl_http_server_init(SlHttpServer *self)
{
    sl_census_add_object(self);
    self->pipelines = g_ptr_array_new_with_free_func(g_object_unref);
    self->channels = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    self->watches = g_hash_table_new_full(NULL, NULL, g_object_unref, NULL);
    self->started_us = g_get_monotonic_time();
}

SlHttpServer *
sl_http_server_new(const SlHttpServerConfig *config)
{
    SlHttpServer *self = g_object_new(SL_TYPE_HTTP_SERVER, NULL);
    const SlLimits *limits = config->limits;

    self->context = config->context != NULL ? g_main_context_ref(config->context)
                                            : g_main_context_ref_thread_default();
    self->access = sl_access_ref(config->access);
    self->pool = g_object_ref(config->pool);
    self->relay = g_object_ref(config->relay);
    self->ice = sl_ice_ref(config->ice);
    self->store = g_object_ref(config->store);
    self->exchange = g_object_ref(config->exchange);
    self->limits = *limits;
    self->assets = sl_assets_new(config->web_dir);
    self->sdp = sl_sdp_endpoint_new(&(SlSdpHost){ self->context, self->pool, self->ice, limits });
    self->objects = sl_object_endpoint_new(self->context, self->store, limits);
    self->soup = soup_server_new("server-header", "Sightline", NULL);
    self->listener = sl_listener_new(self->context, self->soup, limits);
    soup_server_remove_websocket_extension(self->soup, SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE);
    soup_server_add_handler(self->soup, NULL, on_soup_request, self, NULL);
    g_signal_connect(self->soup, "request-started", G_CALLBACK(on_soup_request_started), self);
    g_signal_connect(self->soup, "request-read", G_CALLBACK(on_soup_request_read), self);
    return self;
}
