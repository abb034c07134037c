#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * SlRelayTransport: a way for relay messages to one client: a data channel (session/), a WebSocket
 * (http/), later a Unix socket. The relay knows nothing else of them. Main thread only.
 *
 * Signals, emitted by implementations:
 *  - `received` (GBytes *message): one message, text as it came in, of any content
 *  - `closed` (): it can neither send nor receive any more; emitted at most once, also after
 * close(). After it nothing is emitted.
 */
#define SL_TYPE_RELAY_TRANSPORT (sl_relay_transport_get_type())
G_DECLARE_INTERFACE(SlRelayTransport, sl_relay_transport, SL, RELAY_TRANSPORT, GObject)

struct _SlRelayTransportInterface {
    GTypeInterface parent_iface;

    /* Sends one text message, or does nothing if the transport is closed. Never blocks. What may be
     * outstanding is bounded by the relay's window, not by the transport. */
    void (*send)(SlRelayTransport *self, const char *text);
    /* Closes it; `closed` follows, possibly before this returns. */
    void (*close)(SlRelayTransport *self, const char *reason);
};

void sl_relay_transport_send(SlRelayTransport *self, const char *text);
void sl_relay_transport_close(SlRelayTransport *self, const char *reason);

/* For implementations. */
void sl_relay_transport_emit_received(SlRelayTransport *self, GBytes *message);
void sl_relay_transport_emit_closed(SlRelayTransport *self);

G_END_DECLS
