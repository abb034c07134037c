#include "sl-relay-transport.h"

G_DEFINE_INTERFACE(SlRelayTransport, sl_relay_transport, G_TYPE_OBJECT)

enum { SIGNAL_RECEIVED, SIGNAL_DRAINED, SIGNAL_ENDED, SIGNAL_CLOSED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
sl_relay_transport_default_init(SlRelayTransportInterface *iface)
{
    signals[SIGNAL_RECEIVED] =
        g_signal_new("received", SL_TYPE_RELAY_TRANSPORT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                     G_TYPE_NONE, 2, G_TYPE_BYTES, G_TYPE_BOOLEAN);
    signals[SIGNAL_DRAINED] = g_signal_new("drained", SL_TYPE_RELAY_TRANSPORT, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[SIGNAL_ENDED] = g_signal_new("ended", SL_TYPE_RELAY_TRANSPORT, G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 0);
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
sl_relay_transport_send_bytes(SlRelayTransport *self, GBytes *message)
{
    SlRelayTransportInterface *iface;

    g_return_if_fail(SL_IS_RELAY_TRANSPORT(self) && message != NULL);
    iface = SL_RELAY_TRANSPORT_GET_IFACE(self);
    g_return_if_fail(iface->send_bytes != NULL);
    iface->send_bytes(self, message);
}

void
sl_relay_transport_close(SlRelayTransport *self, const char *reason)
{
    g_return_if_fail(SL_IS_RELAY_TRANSPORT(self));
    SL_RELAY_TRANSPORT_GET_IFACE(self)->close(self, reason);
}

gboolean
sl_relay_transport_is_acknowledging(SlRelayTransport *self)
{
    SlRelayTransportInterface *iface;

    g_return_val_if_fail(SL_IS_RELAY_TRANSPORT(self), FALSE);
    iface = SL_RELAY_TRANSPORT_GET_IFACE(self);
    return iface->is_acknowledging != NULL && iface->is_acknowledging(self);
}

gboolean
sl_relay_transport_is_congested(SlRelayTransport *self)
{
    SlRelayTransportInterface *iface;

    g_return_val_if_fail(SL_IS_RELAY_TRANSPORT(self), FALSE);
    iface = SL_RELAY_TRANSPORT_GET_IFACE(self);
    return iface->is_congested != NULL && iface->is_congested(self);
}

guint
sl_relay_transport_get_pause_ms(SlRelayTransport *self)
{
    SlRelayTransportInterface *iface;

    g_return_val_if_fail(SL_IS_RELAY_TRANSPORT(self), 0);
    iface = SL_RELAY_TRANSPORT_GET_IFACE(self);
    return iface->get_pause_ms != NULL ? iface->get_pause_ms(self) : 0;
}

void
sl_relay_transport_emit_received(SlRelayTransport *self, GBytes *message, gboolean is_binary)
{
    g_return_if_fail(SL_IS_RELAY_TRANSPORT(self));
    g_signal_emit(self, signals[SIGNAL_RECEIVED], 0, message, is_binary);
}

void
sl_relay_transport_emit_drained(SlRelayTransport *self)
{
    g_return_if_fail(SL_IS_RELAY_TRANSPORT(self));
    g_signal_emit(self, signals[SIGNAL_DRAINED], 0);
}

void
sl_relay_transport_emit_ended(SlRelayTransport *self)
{
    g_return_if_fail(SL_IS_RELAY_TRANSPORT(self));
    g_signal_emit(self, signals[SIGNAL_ENDED], 0);
}

void
sl_relay_transport_emit_closed(SlRelayTransport *self)
{
    g_return_if_fail(SL_IS_RELAY_TRANSPORT(self));
    g_signal_emit(self, signals[SIGNAL_CLOSED], 0);
}
