#include "sl-websocket-watch.h"

#include <string.h>

#include "sl-census.h"
#include "sl-context.h"
#include "sl-meters.h"
#include "sl-websocket-limit.h"

#define CLOSE_TIMEOUT_MS 2000

struct _SlWebsocketWatch {
    GObject parent_instance;

    GMainContext *context;
    SoupWebsocketConnection *websocket; /* nullable: gone */
    SlConnection *connection;
    SlWebsocketLimit *limit;
    SlLimits limits;
    GObject *handler; /* nullable */
    gboolean closing;
    gboolean sending;        /* libsoup may find the connection broken inside a send */
    gboolean close_deferred; /* until that send has returned */
    gint64 last_sign_us;
    GSource *pong_deadline;
    GSource *close_deadline;
};

enum { TEXT, BINARY, CLOSING, GONE, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(SlWebsocketWatch, sl_websocket_watch, G_TYPE_OBJECT)

void
sl_websocket_watch_drop(SlWebsocketWatch *self)
{
    GSocket *socket = g_socket_connection_get_socket(G_SOCKET_CONNECTION(self->connection));

    /* libsoup's source sees the end of the stream, closes it and says so. */
    g_socket_shutdown(socket, TRUE, TRUE, NULL);
}

static gboolean
on_close_deadline(gpointer user_data)
{
    SlWebsocketWatch *self = user_data;

    sl_clear_source(&self->close_deadline);
    sl_websocket_watch_drop(self);
    return G_SOURCE_REMOVE;
}

static void
begin_closing(SlWebsocketWatch *self)
{
    if (self->closing)
        return;
    /* Who sends is in the middle of something, and `closing` ends whom it is for. */
    if (self->sending) {
        self->close_deferred = TRUE;
        return;
    }
    self->closing = TRUE;
    sl_clear_source(&self->pong_deadline);
    self->close_deadline =
        sl_context_add_timeout(self->context, CLOSE_TIMEOUT_MS, on_close_deadline, self);
    g_signal_emit(self, signals[CLOSING], 0);
}

void
sl_websocket_watch_close(SlWebsocketWatch *self, gushort code, const char *reason)
{
    gboolean sending = self->sending;

    if (self->closing || self->close_deferred)
        return;
    if (soup_websocket_connection_get_state(self->websocket) == SOUP_WEBSOCKET_STATE_OPEN) {
        self->sending = TRUE;
        soup_websocket_connection_close(self->websocket, code, reason);
        self->sending = sending;
    }
    begin_closing(self);
}

static void
on_deferred_close(gpointer object, gpointer unused)
{
    begin_closing(object);
}

static void
send_message(SlWebsocketWatch *self, SoupWebsocketDataType type, GBytes *message)
{
    g_autoptr(SlWeak) weak = NULL;

    /* libsoup notices an end without a close frame before it says so, and then takes no more. */
    if (self->closing || self->close_deferred ||
        soup_websocket_connection_get_state(self->websocket) != SOUP_WEBSOCKET_STATE_OPEN)
        return;
    self->sending = TRUE;
    soup_websocket_connection_send_message(self->websocket, type, message);
    self->sending = FALSE;
    if (self->close_deferred) {
        weak = sl_weak_new(self);
        sl_context_post(self->context, weak, on_deferred_close, NULL, NULL);
    }
}

void
sl_websocket_watch_send(SlWebsocketWatch *self, const char *text)
{
    g_autoptr(GBytes) message = g_bytes_new_static(text, strlen(text));

    send_message(self, SOUP_WEBSOCKET_DATA_TEXT, message);
}

void
sl_websocket_watch_send_bytes(SlWebsocketWatch *self, GBytes *message)
{
    send_message(self, SOUP_WEBSOCKET_DATA_BINARY, message);
}

static gboolean
on_pong_deadline(gpointer user_data)
{
    SlWebsocketWatch *self = user_data;
    gint64 silent_ms = (g_get_monotonic_time() - self->last_sign_us) / 1000;

    sl_clear_source(&self->pong_deadline);
    if (silent_ms >= self->limits.pong_timeout_ms) {
        sl_limits_reached(&self->limits, SL_LIMIT(pong_timeout_ms), NULL);
        sl_websocket_watch_close(self, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, "no answer to pings");
        sl_websocket_watch_drop(self);
    } else {
        self->pong_deadline = sl_context_add_timeout(
            self->context, self->limits.pong_timeout_ms - (guint)silent_ms, on_pong_deadline, self);
    }
    return G_SOURCE_REMOVE;
}

static void
on_websocket_pong(SoupWebsocketConnection *websocket, GBytes *data, SlWebsocketWatch *self)
{
    self->last_sign_us = g_get_monotonic_time();
}

static void
on_websocket_message(SoupWebsocketConnection *websocket, gint type, GBytes *message,
                     SlWebsocketWatch *self)
{
    self->last_sign_us = g_get_monotonic_time();
    if (self->closing)
        return;
    if (type == SOUP_WEBSOCKET_DATA_TEXT)
        g_signal_emit(self, signals[TEXT], 0, message);
    else if (g_signal_has_handler_pending(self, signals[BINARY], 0, FALSE))
        g_signal_emit(self, signals[BINARY], 0, message);
    else
        sl_websocket_watch_close(self, SOUP_WEBSOCKET_CLOSE_UNSUPPORTED_DATA, "text expected");
}

/* What the other side reads beside the code; libsoup's own words are for whoever debugs libsoup. */
static const char *
words_of(int code)
{
    switch (code) {
    case SOUP_WEBSOCKET_CLOSE_PROTOCOL_ERROR:
        return "not as RFC 6455 has it";
    case SOUP_WEBSOCKET_CLOSE_BAD_DATA:
        return "a text that is not UTF-8";
    case SOUP_WEBSOCKET_CLOSE_TOO_BIG:
        return "a frame of more than twice what a message may have";
    }
    return NULL;
}

/*
 * Comes before libsoup closes, or gives up without a close frame (a frame beyond its own bound).
 * Closing here first lets the other side read why.
 */
static void
on_websocket_error(SoupWebsocketConnection *websocket, GError *error, SlWebsocketWatch *self)
{
    /* A broken connection takes no close frame. */
    if (error->domain != SOUP_WEBSOCKET_ERROR) {
        sl_websocket_watch_drop(self);
        begin_closing(self);
    } else if (error->code >= SOUP_WEBSOCKET_CLOSE_NORMAL) {
        /* What it goes on sending is read and thrown away until the deadline, for its sake: what
         * is not read when a connection ends takes the reason with it. */
        const char *refusal = sl_websocket_limit_get_refusal(self->limit);

        sl_websocket_watch_close(self, (gushort)error->code,
                                 refusal != NULL ? refusal : words_of(error->code));
    } else {
        begin_closing(self);
    }
}

static void
on_websocket_closing(SoupWebsocketConnection *websocket, SlWebsocketWatch *self)
{
    begin_closing(self);
}

static void
clear_websocket(SlWebsocketWatch *self)
{
    if (self->websocket == NULL)
        return;
    g_signal_handlers_disconnect_by_data(self->websocket, self);
    /* libsoup asserts that this timer is gone when a WebSocket is. */
    soup_websocket_connection_set_keepalive_interval(self->websocket, 0);
    g_clear_object(&self->websocket);
}

static void
on_websocket_closed(SoupWebsocketConnection *websocket, SlWebsocketWatch *self)
{
    g_object_ref(self);
    begin_closing(self);
    sl_clear_source(&self->close_deadline);
    clear_websocket(self);
    g_clear_object(&self->handler);
    g_signal_emit(self, signals[GONE], 0);
    g_object_unref(self);
}

void
sl_websocket_watch_set_handler(SlWebsocketWatch *self, GObject *handler)
{
    g_return_if_fail(self->handler == NULL);
    self->handler = handler;
}

static void
sl_websocket_watch_dispose(GObject *object)
{
    SlWebsocketWatch *self = SL_WEBSOCKET_WATCH(object);

    self->closing = TRUE;
    sl_clear_source(&self->pong_deadline);
    sl_clear_source(&self->close_deadline);
    if (self->websocket != NULL)
        sl_websocket_watch_drop(self);
    clear_websocket(self);
    g_clear_object(&self->handler);
    g_clear_object(&self->limit);
    g_clear_object(&self->connection);
    g_clear_pointer(&self->context, g_main_context_unref);

    G_OBJECT_CLASS(sl_websocket_watch_parent_class)->dispose(object);
}

static void
sl_websocket_watch_class_init(SlWebsocketWatchClass *klass)
{
    GType type = G_TYPE_FROM_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = sl_websocket_watch_dispose;
    signals[TEXT] = g_signal_new("text", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                 1, G_TYPE_BYTES);
    signals[BINARY] = g_signal_new("binary", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_BYTES);
    signals[CLOSING] =
        g_signal_new("closing", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[GONE] =
        g_signal_new("gone", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
sl_websocket_watch_init(SlWebsocketWatch *self)
{
    sl_census_add_object(self);
}

SlWebsocketWatch *
sl_websocket_watch_new(GMainContext *context, GIOStream *stream, SlConnection *connection,
                       GUri *uri, const SlLimits *limits)
{
    SlWebsocketWatch *self = g_object_new(SL_TYPE_WEBSOCKET_WATCH, NULL);
    GList *extensions;

    self->context = g_main_context_ref(context);
    self->connection = g_object_ref(connection);
    self->limits = *limits;
    self->limit = sl_websocket_limit_new(connection, limits);
    extensions = g_list_prepend(NULL, g_object_ref(self->limit));
    self->websocket = soup_websocket_connection_new(stream, uri, SOUP_WEBSOCKET_CONNECTION_SERVER,
                                                    NULL, NULL, extensions);
    /* Twice what is allowed, so that what is a little too long is read, refused and closed in
     * order. */
    soup_websocket_connection_set_max_incoming_payload_size(self->websocket,
                                                            2 * limits->max_message_bytes);
    soup_websocket_connection_set_keepalive_interval(self->websocket,
                                                     MAX(1, limits->ping_interval_ms / 1000));
    g_signal_connect(self->websocket, "message", G_CALLBACK(on_websocket_message), self);
    g_signal_connect(self->websocket, "pong", G_CALLBACK(on_websocket_pong), self);
    g_signal_connect(self->websocket, "error", G_CALLBACK(on_websocket_error), self);
    g_signal_connect(self->websocket, "closing", G_CALLBACK(on_websocket_closing), self);
    g_signal_connect(self->websocket, "closed", G_CALLBACK(on_websocket_closed), self);

    self->last_sign_us = g_get_monotonic_time();
    self->pong_deadline =
        sl_context_add_timeout(self->context, self->limits.pong_timeout_ms, on_pong_deadline, self);
    return self;
}
