#include "sl-relay-transport.h"

G_DEFINE_INTERFACE(SlRelayTransport, sl_relay_transport, G_TYPE_OBJECT)

enum { SIGNAL_RECEIVED, SIGNAL_CLOSED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
sl_relay_transport_default_init(SlRelayTransportInterface *iface)
{
    signals[SIGNAL_RECEIVED] = g_signal_new("received", SL_TYPE_RELAY_TRANSPORT, G_SIGNAL_RUN_LAST,
                                            0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BYTES);
    signals[SIGNAL_CLOSED] = g_signal_new("closed", SL_TYPE_RELAY_TRANSPORT, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

void
sl_relay_transport_send(SlRelayTransport *self, const char *text)
{
    g_return_if_fail(SL_IS_RELAY_TRANSPORT(self));
    SL_RELAY_TRANSPORT_GET_IFACE(self)->send(self, text);
}

void
sl_relay_transport_close(SlRelayTransport *self, const char *reason)
{
    g_return_if_fail(SL_IS_RELAY_TRANSPORT(self));
    SL_RELAY_TRANSPORT_GET_IFACE(self)->close(self, reason);
}

void
sl_relay_transport_emit_received(SlRelayTransport *self, GBytes *message)
{
    g_return_if_fail(SL_IS_RELAY_TRANSPORT(self));
    g_signal_emit(self, signals[SIGNAL_RECEIVED], 0, message);
}

void
sl_relay_transport_emit_closed(SlRelayTransport *self)
{
    g_return_if_fail(SL_IS_RELAY_TRANSPORT(self));
    g_signal_emit(self, signals[SIGNAL_CLOSED], 0);
}
