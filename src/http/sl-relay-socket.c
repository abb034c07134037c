#include "sl-relay-socket.h"

#include "sl-census.h"

#define MAX_REASON_BYTES 100 /* a close frame has room for 123 (RFC 6455, section 5.5) */

struct _SlRelaySocket {
    GObject parent_instance;

    SlWebsocketWatch *watch; /* nullable: closed */
};

static void sl_relay_socket_transport_init(SlRelayTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(SlRelaySocket, sl_relay_socket, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(SL_TYPE_RELAY_TRANSPORT,
                                                    sl_relay_socket_transport_init))

static void
on_watch_text(SlWebsocketWatch *watch, GBytes *text, SlRelaySocket *self)
{
    sl_relay_transport_emit_received(SL_RELAY_TRANSPORT(self), text, FALSE);
}

static void
on_watch_binary(SlWebsocketWatch *watch, GBytes *message, SlRelaySocket *self)
{
    sl_relay_transport_emit_received(SL_RELAY_TRANSPORT(self), message, TRUE);
}

static void
on_watch_closing(SlWebsocketWatch *watch, SlRelaySocket *self)
{
    g_object_ref(self);
    g_signal_handlers_disconnect_by_data(self->watch, self);
    self->watch = NULL;
    sl_relay_transport_emit_closed(SL_RELAY_TRANSPORT(self));
    g_object_unref(self);
}

static void
sl_relay_socket_send(SlRelayTransport *transport, const char *text)
{
    SlRelaySocket *self = SL_RELAY_SOCKET(transport);

    if (self->watch != NULL)
        sl_websocket_watch_send(self->watch, text);
}

static void
sl_relay_socket_send_bytes(SlRelayTransport *transport, GBytes *message)
{
    SlRelaySocket *self = SL_RELAY_SOCKET(transport);

    if (self->watch != NULL)
        sl_websocket_watch_send_bytes(self->watch, message);
}

static void
sl_relay_socket_close(SlRelayTransport *transport, const char *reason)
{
    SlRelaySocket *self = SL_RELAY_SOCKET(transport);
    g_autofree char *brief = NULL;

    if (self->watch == NULL)
        return;
    if (reason != NULL) {
        g_autofree char *valid = g_utf8_make_valid(reason, -1);
        char *end = valid + strlen(valid);
        while (end - valid > MAX_REASON_BYTES)
            end = g_utf8_find_prev_char(valid, end);
        brief = g_strndup(valid, (gsize)(end - valid));
    }
    sl_websocket_watch_close(self->watch, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION, brief);
}

static void
sl_relay_socket_transport_init(SlRelayTransportInterface *iface)
{
    iface->send = sl_relay_socket_send;
    iface->send_bytes = sl_relay_socket_send_bytes;
    iface->close = sl_relay_socket_close;
}

static void
sl_relay_socket_dispose(GObject *object)
{
    SlRelaySocket *self = SL_RELAY_SOCKET(object);

    if (self->watch != NULL)
        g_signal_handlers_disconnect_by_data(self->watch, self);
    self->watch = NULL;

    G_OBJECT_CLASS(sl_relay_socket_parent_class)->dispose(object);
}

static void
sl_relay_socket_class_init(SlRelaySocketClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = sl_relay_socket_dispose;
}

static void
sl_relay_socket_init(SlRelaySocket *self)
{
    sl_census_add_object(self);
}

SlRelaySocket *
sl_relay_socket_new(SlWebsocketWatch *watch, gboolean takes_binary)
{
    SlRelaySocket *self = g_object_new(SL_TYPE_RELAY_SOCKET, NULL);

    self->watch = watch;
    g_signal_connect(watch, "text", G_CALLBACK(on_watch_text), self);
    if (takes_binary)
        g_signal_connect(watch, "binary", G_CALLBACK(on_watch_binary), self);
    g_signal_connect(watch, "closing", G_CALLBACK(on_watch_closing), self);
    return self;
}
