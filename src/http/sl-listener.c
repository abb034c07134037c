#include "sl-listener.h"

#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "sl-census.h"
#include "sl-context.h"
#include "sl-http-server.h"

#define MAX_CONNECTIONS 1024
#define REQUEST_TIMEOUT_MS 10000
#define ANSWER_TIMEOUT_MS 60000
#define SWEEP_MS 1000
#define RETRY_MS 200

struct _SlListener {
    GObject parent_instance;

    GMainContext *context;
    SoupServer *server;
    GSocket *socket; /* nullable: not listening */
    GSource *accepting;
    GSource *retrying;
    GSource *sweeping;
    GHashTable *connections; /* of Connection */
    gint64 request_timeout_us;
    gint64 answer_timeout_us;
};

/* Lives as long as libsoup's stream does. */
typedef struct {
    SlListener *listener; /* borrowed; nullable once the listener is gone */
    GSocket *socket;
    gint64 deadline_us; /* 0: none */
} Connection;

G_DEFINE_FINAL_TYPE(SlListener, sl_listener, G_TYPE_OBJECT)

static gboolean on_socket_readable(GSocket *socket, GIOCondition condition, gpointer user_data);

static void
connection_free(gpointer data)
{
    Connection *connection = data;

    g_object_unref(connection->socket);
    g_free(connection);
}

static void
on_stream_finalized(gpointer data, GObject *stream)
{
    Connection *connection = data;

    if (connection->listener != NULL)
        g_hash_table_remove(connection->listener->connections, connection);
    connection_free(connection);
}

/* Shutting down rather than closing: libsoup's sources see the end and close it themselves. */
static void
connection_drop(Connection *connection)
{
    connection->deadline_us = 0;
    g_socket_shutdown(connection->socket, TRUE, TRUE, NULL);
}

/* The remote address is the one object of ours that libsoup hands back with each message. */
static Connection *
connection_of_message(SoupServerMessage *msg)
{
    GSocketAddress *remote = soup_server_message_get_remote_address(msg);
    GIOStream *stream;

    if (remote == NULL)
        return NULL;
    stream = g_weak_ref_get(g_object_get_data(G_OBJECT(remote), "sl-stream"));
    if (stream == NULL)
        return NULL;
    g_object_unref(stream);
    return g_object_get_data(G_OBJECT(stream), "sl-connection");
}

static void
weak_ref_free(gpointer data)
{
    g_weak_ref_clear(data);
    g_free(data);
}

static void
set_deadline(SoupServerMessage *msg, gint64 timeout_us)
{
    Connection *connection = connection_of_message(msg);

    if (connection != NULL)
        connection->deadline_us = g_get_monotonic_time() + timeout_us;
}

static void
on_message_got_body(SoupServerMessage *msg, SlListener *self)
{
    set_deadline(msg, self->answer_timeout_us);
}

static void
on_server_request_started(SoupServer *server, SoupServerMessage *msg, SlListener *self)
{
    set_deadline(msg, self->request_timeout_us);
    g_signal_connect_object(msg, "got-body", G_CALLBACK(on_message_got_body), self, 0);
}

static void
on_server_request_finished(SoupServer *server, SoupServerMessage *msg, SlListener *self)
{
    set_deadline(msg, self->answer_timeout_us);
}

static gboolean
on_sweep(gpointer user_data)
{
    SlListener *self = user_data;
    gint64 now = g_get_monotonic_time();
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, self->connections);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        Connection *connection = key;
        if (connection->deadline_us != 0 && connection->deadline_us < now)
            connection_drop(connection);
    }
    if (g_hash_table_size(self->connections) > 0)
        return G_SOURCE_CONTINUE;
    sl_clear_source(&self->sweeping);
    return G_SOURCE_REMOVE;
}

static void
serve(SlListener *self, GSocket *socket)
{
    g_autoptr(GSocketConnection) stream = g_socket_connection_factory_create_connection(socket);
    g_autoptr(GSocketAddress) local = g_socket_get_local_address(socket, NULL);
    g_autoptr(GSocketAddress) remote = g_socket_get_remote_address(socket, NULL);
    Connection *connection;
    GWeakRef *weak;

    /* The peer may be gone already; then there is no address. */
    if (local == NULL || remote == NULL)
        return;
    g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);

    connection = g_new0(Connection, 1);
    connection->listener = self;
    connection->socket = g_object_ref(socket);
    connection->deadline_us = g_get_monotonic_time() + self->request_timeout_us;
    g_hash_table_add(self->connections, connection);
    g_object_set_data(G_OBJECT(stream), "sl-connection", connection);
    g_object_weak_ref(G_OBJECT(stream), on_stream_finalized, connection);

    weak = g_new0(GWeakRef, 1);
    g_weak_ref_init(weak, stream);
    g_object_set_data_full(G_OBJECT(remote), "sl-stream", weak, weak_ref_free);

    if (self->sweeping == NULL)
        self->sweeping = sl_context_add_timeout(self->context, SWEEP_MS, on_sweep, self);
    soup_server_accept_iostream(self->server, G_IO_STREAM(stream), local, remote, NULL);
}

static void
start_accepting(SlListener *self)
{
    self->accepting = g_socket_create_source(self->socket, G_IO_IN, NULL);
    g_source_set_callback(self->accepting, G_SOURCE_FUNC(on_socket_readable), self, NULL);
    g_source_attach(self->accepting, self->context);
}

static gboolean
on_retry(gpointer user_data)
{
    SlListener *self = user_data;

    sl_clear_source(&self->retrying);
    start_accepting(self);
    return G_SOURCE_REMOVE;
}

static gboolean
on_socket_readable(GSocket *listening, GIOCondition condition, gpointer user_data)
{
    SlListener *self = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocket) socket = g_socket_accept(listening, NULL, &error);

    if (socket == NULL) {
        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            return G_SOURCE_CONTINUE;
        /* Out of descriptors, most likely: the socket stays readable, so wait instead of spinning.
         */
        sl_clear_source(&self->accepting);
        self->retrying = sl_context_add_timeout(self->context, RETRY_MS, on_retry, self);
        return G_SOURCE_REMOVE;
    }
    if (g_hash_table_size(self->connections) >= MAX_CONNECTIONS) {
        g_socket_close(socket, NULL);
        return G_SOURCE_CONTINUE;
    }
    serve(self, socket);
    return G_SOURCE_CONTINUE;
}

static GSocket *
bind_socket(const char *address, guint16 port, GError **error)
{
    g_autoptr(GInetAddress) inet = address != NULL ? g_inet_address_new_from_string(address)
                                                   : g_inet_address_new_any(G_SOCKET_FAMILY_IPV6);
    g_autoptr(GSocketAddress) socket_address = NULL;
    g_autoptr(GSocket) socket = NULL;

    if (inet == NULL) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "not an IP address");
        return NULL;
    }
    socket_address = g_inet_socket_address_new(inet, port);
    socket = g_socket_new(g_inet_address_get_family(inet), G_SOCKET_TYPE_STREAM,
                          G_SOCKET_PROTOCOL_TCP, error);
    if (socket == NULL)
        return NULL;
    if (address == NULL)
        g_socket_set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, FALSE, NULL);
    g_socket_set_blocking(socket, FALSE);
    g_socket_set_listen_backlog(socket, 256);
    if (!g_socket_bind(socket, socket_address, TRUE, error) || !g_socket_listen(socket, error))
        return NULL;
    return g_steal_pointer(&socket);
}

static void
set_listen_error(GError **error, const GError *reason, const char *address, guint16 port)
{
    gboolean v6 = address != NULL && strchr(address, ':') != NULL;

    if (g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_LISTEN,
                    "%u is in use; try --listen %s%s%s:%u", port, v6 ? "[" : "",
                    address != NULL ? address : "", v6 ? "]" : "",
                    port < G_MAXUINT16 ? port + 1u : port - 1u);
    else if (g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_LISTEN,
                    "%u may only be used by root; try --listen %s%s%s:8080", port, v6 ? "[" : "",
                    address != NULL ? address : "", v6 ? "]" : "");
    else
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_LISTEN,
                    "Can't listen on %s: %s; try --listen :%u, which is every address",
                    address != NULL ? address : "every address", reason->message, port);
}

gboolean
sl_listener_listen(SlListener *self, const char *address, guint16 port, GError **error)
{
    g_autoptr(GError) reason = NULL;

    g_return_val_if_fail(self->socket == NULL, FALSE);

    self->socket = bind_socket(address, port, &reason);
    /* Without IPv6 in the kernel, every address is every IPv4 address. */
    if (self->socket == NULL && address == NULL &&
        !g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE) &&
        !g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED)) {
        g_clear_error(&reason);
        self->socket = bind_socket("0.0.0.0", port, &reason);
    }
    if (self->socket == NULL) {
        set_listen_error(error, reason, address, port);
        return FALSE;
    }
    start_accepting(self);
    return TRUE;
}

void
sl_listener_set_timeouts(SlListener *self, guint request_ms, guint answer_ms)
{
    self->request_timeout_us = (gint64)request_ms * 1000;
    self->answer_timeout_us = (gint64)answer_ms * 1000;
}

guint16
sl_listener_get_port(SlListener *self)
{
    g_autoptr(GSocketAddress) address =
        self->socket != NULL ? g_socket_get_local_address(self->socket, NULL) : NULL;

    return address != NULL ? g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address)) : 0;
}

guint
sl_listener_get_n_connections(SlListener *self)
{
    return g_hash_table_size(self->connections);
}

GSocket *
sl_listener_release(SoupServerMessage *msg)
{
    Connection *connection = connection_of_message(msg);

    if (connection == NULL)
        return NULL;
    connection->deadline_us = 0;
    return g_object_ref(connection->socket);
}

void
sl_listener_stop(SlListener *self)
{
    sl_clear_source(&self->accepting);
    sl_clear_source(&self->retrying);
    if (self->socket != NULL)
        g_socket_close(self->socket, NULL);
    g_clear_object(&self->socket);
}

void
sl_listener_drop_all(SlListener *self)
{
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, self->connections);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        connection_drop(key);
}

gboolean
sl_listener_address_is_loopback(GSocketAddress *address)
{
    static const guint8 mapped[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127 };
    GInetAddress *inet;

    if (!G_IS_INET_SOCKET_ADDRESS(address))
        return FALSE;
    inet = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address));
    if (g_inet_address_get_family(inet) == G_SOCKET_FAMILY_IPV6 &&
        memcmp(g_inet_address_to_bytes(inet), mapped, sizeof(mapped)) == 0)
        return TRUE;
    return g_inet_address_get_is_loopback(inet);
}

static void
sl_listener_dispose(GObject *object)
{
    SlListener *self = SL_LISTENER(object);
    GHashTableIter iter;
    gpointer key;

    sl_listener_stop(self);
    sl_clear_source(&self->sweeping);
    if (self->connections != NULL) {
        sl_listener_drop_all(self);
        g_hash_table_iter_init(&iter, self->connections);
        while (g_hash_table_iter_next(&iter, &key, NULL))
            ((Connection *)key)->listener = NULL;
    }
    g_clear_pointer(&self->connections, g_hash_table_unref);
    if (self->server != NULL)
        g_signal_handlers_disconnect_by_data(self->server, self);
    g_clear_object(&self->server);
    g_clear_pointer(&self->context, g_main_context_unref);

    G_OBJECT_CLASS(sl_listener_parent_class)->dispose(object);
}

static void
sl_listener_class_init(SlListenerClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = sl_listener_dispose;
}

static void
sl_listener_init(SlListener *self)
{
    sl_census_add_object(self);
    self->connections = g_hash_table_new(NULL, NULL);
    sl_listener_set_timeouts(self, REQUEST_TIMEOUT_MS, ANSWER_TIMEOUT_MS);
}

SlListener *
sl_listener_new(GMainContext *context, SoupServer *server)
{
    SlListener *self = g_object_new(SL_TYPE_LISTENER, NULL);

    self->context =
        context != NULL ? g_main_context_ref(context) : g_main_context_ref_thread_default();
    self->server = g_object_ref(server);
    g_signal_connect(server, "request-started", G_CALLBACK(on_server_request_started), self);
    g_signal_connect(server, "request-finished", G_CALLBACK(on_server_request_finished), self);
    g_signal_connect(server, "request-aborted", G_CALLBACK(on_server_request_finished), self);
    return self;
}
