#include "sl-listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "sl-acceptor.h"
#include "sl-address.h"
#include "sl-admission.h"
#include "sl-census.h"
#include "sl-connection.h"
#include "sl-context.h"
#include "sl-meters.h"
#include "sl-request-head.h"
#include "sl-server-socket.h"
#include "sl-tcp-progress.h"

#define SWEEP_MS 1000
/* Strangers come after those who are let in: signalling, messages, what threads of viewers post. */
#define PRIORITY (G_PRIORITY_DEFAULT + 10)
#define ACCEPTS_A_TURN 32
/* Who is refused may finish talking, so that the answer is read before the connection ends. */
#define REFUSED_MS 2000
#define REFUSED_BYTES (1024 * 1024)

struct _SlListener {
    GObject parent_instance;

    GMainContext *context;
    SoupServer *server;
    SlLimits limits;
    SlAdmission *admission;
    SlTls *tls;           /* nullable */
    GSocket *socket;      /* nullable: not listening */
    SlAcceptor *acceptor; /* likewise */
    GSource *sweeping;
    GHashTable *connections; /* of Connection */
};

/* Lives as long as its stream does. */
typedef struct {
    SlPlace place;
    SlListener *listener; /* borrowed; nullable once the listener is gone */
    SlConnection *stream; /* nullable: libsoup has it */
    GSocket *socket;
    GSocketAddress *local, *remote; /* nullable: libsoup has them */
    GSource *reading;               /* nullable */
    gint64 began_us;
    gint64 deadline_us; /* 0: none */
    gboolean refused;
    gsize n_ignored;
    gboolean is_transfer;
    guint64 progress; /* of a transfer, when it was last looked at */
} Connection;

G_DEFINE_FINAL_TYPE(SlListener, sl_listener, G_TYPE_OBJECT)

/* --- a connection --- */

static void
on_stream_finalized(gpointer data, GObject *stream)
{
    Connection *connection = data;

    if (connection->listener != NULL) {
        sl_admission_leave(connection->listener->admission, &connection->place);
        g_hash_table_remove(connection->listener->connections, connection);
    }
    sl_clear_source(&connection->reading);
    g_clear_object(&connection->local);
    g_clear_object(&connection->remote);
    g_object_unref(connection->socket);
    g_free(connection);
}

/* May free it. Shutting down rather than closing: libsoup's sources see the end and close it
 * themselves, and what TLS has kept is not waited for. */
static void
connection_drop(Connection *connection)
{
    connection->deadline_us = 0;
    if (connection->stream != NULL)
        g_object_unref(connection->stream);
    else
        g_socket_shutdown(connection->socket, TRUE, TRUE, NULL);
}

static void
set_deadline(Connection *connection, gint64 since_us, guint timeout_ms)
{
    connection->deadline_us = since_us + (gint64)timeout_ms * 1000;
}

/* --- of a message --- */

/* The remote address is the one object of ours that libsoup hands back with each message. */
static SlConnection *
stream_of_message(SoupServerMessage *msg)
{
    GSocketAddress *remote = soup_server_message_get_remote_address(msg);
    GWeakRef *weak = remote != NULL ? g_object_get_data(G_OBJECT(remote), "sl-stream") : NULL;

    return weak != NULL ? g_weak_ref_get(weak) : NULL;
}

static Connection *
get_connection(SlConnection *stream)
{
    return g_object_get_data(G_OBJECT(stream), "sl-connection");
}

static Connection *
connection_of_message(SoupServerMessage *msg)
{
    g_autoptr(SlConnection) stream = stream_of_message(msg);

    return stream != NULL ? get_connection(stream) : NULL;
}

static void
weak_ref_free(gpointer data)
{
    g_weak_ref_clear(data);
    g_free(data);
}

static void
set_answer_deadline(SoupServerMessage *msg, SlListener *self)
{
    Connection *connection = connection_of_message(msg);

    if (connection != NULL)
        set_deadline(connection, g_get_monotonic_time(), self->limits.answer_timeout_ms);
}

static void
on_server_request_started(SoupServer *server, SoupServerMessage *msg, SlListener *self)
{
    g_signal_connect_object(msg, "got-body", G_CALLBACK(set_answer_deadline), self, 0);
}

static void
on_server_request_finished(SoupServer *server, SoupServerMessage *msg, SlListener *self)
{
    set_answer_deadline(msg, self);
}

static void
hand_over(Connection *connection)
{
    g_autoptr(GIOStream) stream = G_IO_STREAM(g_steal_pointer(&connection->stream));
    g_autoptr(GSocketAddress) local = g_steal_pointer(&connection->local);
    g_autoptr(GSocketAddress) remote = g_steal_pointer(&connection->remote);
    GWeakRef *weak = g_new0(GWeakRef, 1);

    sl_clear_source(&connection->reading);
    g_weak_ref_init(weak, stream);
    g_object_set_data_full(G_OBJECT(remote), "sl-stream", weak, weak_ref_free);
    soup_server_accept_iostream(connection->listener->server, stream, local, remote, NULL);
}

/* --- until there is a message --- */

static gboolean on_socket_readable(GSocket *socket, GIOCondition condition, gpointer user_data);

static void
start_reading(Connection *connection)
{
    if (connection->reading != NULL)
        return;
    connection->reading = g_socket_create_source(connection->socket, G_IO_IN, NULL);
    g_source_set_callback(connection->reading, G_SOURCE_FUNC(on_socket_readable), connection, NULL);
    g_source_set_priority(connection->reading, PRIORITY);
    g_source_attach(connection->reading, connection->listener->context);
}

/* What libsoup has no words for, or is not to see. */
static void
refuse(Connection *connection, const char *status, const char *words)
{
    g_autofree char *answer = g_strdup_printf(
        "HTTP/1.1 %s\r\nServer: Sightline\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: %" G_GSIZE_FORMAT
        "\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
        "Connection: close\r\n\r\n%s\n",
        status, strlen(words) + 1, words);

    sl_connection_send_last(connection->stream, answer);
    connection->refused = TRUE;
    set_deadline(connection, g_get_monotonic_time(), REFUSED_MS);
    start_reading(connection);
}

static void
refuse_header(Connection *connection)
{
    const SlLimits *limits = &connection->listener->limits;
    g_autofree char *words =
        g_strdup_printf("A request's header may have %u bytes.", limits->max_header_bytes);

    sl_limits_reached(limits, SL_LIMIT(max_header_bytes),
                      sl_admission_get_address(&connection->place));
    refuse(connection, "431 Request Header Fields Too Large", words);
}

static void
take_header(Connection *connection)
{
    gsize len;
    const char *header = sl_connection_get_header(connection->stream, &len);
    const char *status;
    const char *words = sl_request_head_check(header, len, &status);

    if (words != NULL)
        refuse(connection, status, words);
    else
        hand_over(connection);
}

/* All of these may free it. */
static void
read_header(Connection *connection)
{
    const SlLimits *limits = &connection->listener->limits;

    switch (sl_connection_read_header(connection->stream, limits->max_header_bytes)) {
    case SL_HEADER_MORE:
        if (sl_connection_has_begun(connection->stream))
            set_deadline(connection, connection->began_us, limits->request_timeout_ms);
        start_reading(connection);
        break;
    case SL_HEADER_COMPLETE:
        set_deadline(connection, connection->began_us, limits->request_timeout_ms);
        take_header(connection);
        break;
    case SL_HEADER_TOO_LARGE:
        refuse_header(connection);
        break;
    case SL_HEADER_MALFORMED:
        refuse(connection, "400 Bad Request",
               connection->listener->tls != NULL
                   ? "This server speaks HTTPS. The address begins with https://"
                   : "This is not HTTP. The address begins with http://");
        break;
    case SL_HEADER_ENDED:
        connection_drop(connection);
        break;
    }
}

static void
ignore(Connection *connection)
{
    char buffer[16 * 1024];
    g_autoptr(GError) error = NULL;
    gssize n = g_socket_receive(connection->socket, buffer, sizeof(buffer), NULL, &error);

    if (n > 0)
        connection->n_ignored += (gsize)n;
    if (connection->n_ignored > REFUSED_BYTES ||
        (n <= 0 && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)))
        connection_drop(connection);
}

static gboolean
on_socket_readable(GSocket *socket, GIOCondition condition, gpointer user_data)
{
    Connection *connection = user_data;

    if (connection->refused)
        ignore(connection);
    else
        read_header(connection);
    return G_SOURCE_CONTINUE;
}

/* --- deadlines --- */

/* Since it was last looked at. */
static gboolean
has_moved(Connection *connection)
{
    guint64 progress = connection->is_transfer ? sl_tcp_progress_get(connection->socket) : 0;
    gboolean has_moved = progress != connection->progress;

    connection->progress = progress;
    return has_moved;
}

static void
expire(Connection *connection)
{
    const SlLimits *limits = &connection->listener->limits;
    const char *whom = sl_admission_get_address(&connection->place);
    gboolean reading = connection->stream != NULL && !connection->refused;

    if (has_moved(connection)) {
        set_deadline(connection, g_get_monotonic_time(), limits->answer_timeout_ms);
        return;
    }
    if (reading && !sl_connection_has_begun(connection->stream)) {
        sl_limits_reached(limits, SL_LIMIT(first_byte_timeout_ms), whom);
    } else if (connection->place.state == SL_PLACE_ADMITTED) {
        sl_limits_reached(limits, SL_LIMIT(answer_timeout_ms), whom);
    } else if (!connection->refused) {
        sl_limits_reached(limits, SL_LIMIT(request_timeout_ms), whom);
        if (reading) {
            refuse(connection, "408 Request Timeout", "The request did not come in time.");
            return;
        }
    }
    connection_drop(connection);
}

/* Dropping a connection can change the table. */
static void
foreach_connection(SlListener *self, gint64 deadline_us, void (*func)(Connection *))
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, self->connections);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        Connection *connection = key;

        if (deadline_us == 0 ||
            (connection->deadline_us != 0 && connection->deadline_us < deadline_us))
            g_ptr_array_add(found, connection);
    }
    for (guint i = 0; i < found->len; i++)
        func(g_ptr_array_index(found, i));
}

static gboolean
on_sweep(gpointer user_data)
{
    SlListener *self = user_data;

    foreach_connection(self, g_get_monotonic_time(), expire);
    if (g_hash_table_size(self->connections) > 0)
        return G_SOURCE_CONTINUE;
    sl_clear_source(&self->sweeping);
    return G_SOURCE_REMOVE;
}

/* --- accepting --- */

static void
make_room(SlListener *self, const char *address)
{
    SlPlace *place = sl_admission_make_room(self->admission, address);

    if (place != NULL)
        connection_drop((Connection *)((guint8 *)place - G_STRUCT_OFFSET(Connection, place)));
}

static void
on_connection(GSocket *socket, gpointer data)
{
    SlListener *self = data;
    g_autoptr(GSocketAddress) local = g_socket_get_local_address(socket, NULL);
    g_autoptr(GSocketAddress) remote = g_socket_get_remote_address(socket, NULL);
    g_autofree char *address = NULL;
    Connection *connection;

    /* The peer may be gone already; then there is no address. */
    if (local == NULL || remote == NULL)
        return;
    g_socket_set_blocking(socket, FALSE);
    g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
    address = sl_address_to_key(remote, local);
    make_room(self, address);

    connection = g_new0(Connection, 1);
    connection->listener = self;
    connection->socket = g_object_ref(socket);
    connection->stream = sl_connection_new(socket, self->tls, self->context);
    connection->local = g_steal_pointer(&local);
    connection->remote = g_steal_pointer(&remote);
    connection->began_us = g_get_monotonic_time();
    set_deadline(connection, connection->began_us, self->limits.first_byte_timeout_ms);
    sl_admission_wait(self->admission, &connection->place, address);
    g_hash_table_add(self->connections, connection);
    g_object_set_data(G_OBJECT(connection->stream), "sl-connection", connection);
    g_object_weak_ref(G_OBJECT(connection->stream), on_stream_finalized, connection);

    if (self->sweeping == NULL)
        self->sweeping = sl_context_add_timeout(self->context, SWEEP_MS, on_sweep, self);
    read_header(connection);
}

gboolean
sl_listener_listen(SlListener *self, const char *address, guint16 port, GError **error)
{
    g_return_val_if_fail(self->socket == NULL, FALSE);

    self->socket = sl_server_socket_new(address, port, error);
    if (self->socket == NULL)
        return FALSE;
    self->acceptor =
        sl_acceptor_new(self->context, self->socket, PRIORITY, ACCEPTS_A_TURN, on_connection, self);
    return TRUE;
}

void
sl_listener_set_tls(SlListener *self, SlTls *tls)
{
    SlTls *former = self->tls;

    self->tls = tls != NULL ? sl_tls_ref(tls) : NULL;
    sl_tls_unref(former);
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

gboolean
sl_listener_admit(SoupServerMessage *msg, guint *ret_limit)
{
    Connection *connection = connection_of_message(msg);

    if (connection == NULL || connection->listener == NULL ||
        connection->place.state != SL_PLACE_WAITING)
        return TRUE;
    return sl_admission_admit(connection->listener->admission, &connection->place, ret_limit);
}

GSocket *
sl_listener_get_socket(SoupServerMessage *msg)
{
    Connection *connection = connection_of_message(msg);

    return connection != NULL ? connection->socket : NULL;
}

SlConnection *
sl_listener_release(SoupServerMessage *msg)
{
    g_autoptr(SlConnection) stream = stream_of_message(msg);
    Connection *connection = stream != NULL ? get_connection(stream) : NULL;

    if (connection == NULL)
        return NULL;
    connection->deadline_us = 0;
    return g_steal_pointer(&stream);
}

void
sl_listener_moved(SoupServerMessage *msg)
{
    Connection *connection = connection_of_message(msg);

    if (connection == NULL || connection->listener == NULL || connection->deadline_us == 0)
        return;
    connection->is_transfer = TRUE;
    set_deadline(connection, g_get_monotonic_time(),
                 connection->listener->limits.answer_timeout_ms);
}

/* libsoup looks at no connection whose message waits: it is taken from it. */
void
sl_listener_drop(SoupServerMessage *msg)
{
    g_autoptr(SlConnection) connection = sl_listener_release(msg);
    g_autoptr(GIOStream) stream = NULL;

    if (connection == NULL)
        return;
    g_socket_shutdown(g_socket_connection_get_socket(G_SOCKET_CONNECTION(connection)), TRUE, TRUE,
                      NULL);
    stream = soup_server_message_steal_connection(msg);
}

void
sl_listener_stop(SlListener *self)
{
    g_clear_pointer(&self->acceptor, sl_acceptor_free);
    if (self->socket != NULL)
        g_socket_close(self->socket, NULL);
    g_clear_object(&self->socket);
}

void
sl_listener_drop_all(SlListener *self)
{
    foreach_connection(self, 0, connection_drop);
}

static void
forget_listener(Connection *connection)
{
    sl_admission_leave(connection->listener->admission, &connection->place);
    connection->listener = NULL;
    connection_drop(connection);
}

static void
sl_listener_dispose(GObject *object)
{
    SlListener *self = SL_LISTENER(object);

    sl_listener_stop(self);
    sl_clear_source(&self->sweeping);
    if (self->connections != NULL)
        foreach_connection(self, 0, forget_listener);
    g_clear_pointer(&self->connections, g_hash_table_unref);
    g_clear_pointer(&self->admission, sl_admission_free);
    g_clear_pointer(&self->tls, sl_tls_unref);
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
}

SlListener *
sl_listener_new(GMainContext *context, SoupServer *server, const SlLimits *limits)
{
    SlListener *self = g_object_new(SL_TYPE_LISTENER, NULL);

    self->context =
        context != NULL ? g_main_context_ref(context) : g_main_context_ref_thread_default();
    self->server = g_object_ref(server);
    self->limits = *limits;
    self->admission = sl_admission_new(limits);
    g_signal_connect(server, "request-started", G_CALLBACK(on_server_request_started), self);
    g_signal_connect(server, "request-finished", G_CALLBACK(on_server_request_finished), self);
    g_signal_connect(server, "request-aborted", G_CALLBACK(on_server_request_finished), self);
    return self;
}
