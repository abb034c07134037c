#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * SlRelayTransport: a way for messages to one client of the relay or of the objects: a data channel
 * (session/), a WebSocket (http/), a Unix socket. They know nothing else of it. Main thread only.
 *
 * Signals, emitted by implementations:
 *  - `received` (GBytes *message, gboolean is_binary): one message as it came in, of any content;
 * a text is not necessarily one
 *  - `drained` (): the system has taken what was sent, or so much of it that the transport is not
 * congested any more; never from inside send()
 *  - `ended` (): nothing more is `received`, but it can still send: who serves it closes it when
 * there is nothing left to say. At most once
 *  - `closed` (): it can neither send nor receive any more; emitted at most once, also after
 * close(). After it nothing is emitted.
 */
#define SL_TYPE_RELAY_TRANSPORT (sl_relay_transport_get_type())
G_DECLARE_INTERFACE(SlRelayTransport, sl_relay_transport, SL, RELAY_TRANSPORT, GObject)

struct _SlRelayTransportInterface {
    GTypeInterface parent_iface;

    /* Sends one text (one or more lines, without a line end at its end), or does nothing if the
     * transport is closed. Never blocks. What may be outstanding is bounded by the relay's window,
     * not by the transport. */
    void (*send)(SlRelayTransport *self, const char *text);
    /* Optional (then there are only texts): the same with a binary message. */
    void (*send_bytes)(SlRelayTransport *self, GBytes *message);
    /* Closes it; `closed` follows, possibly before this returns. */
    void (*close)(SlRelayTransport *self, const char *reason);
    /* Optional (FALSE): what the system took counts as acknowledged, which `drained` tells, until
     * the client acknowledges something itself. */
    gboolean (*is_acknowledging)(SlRelayTransport *self);
    /* Optional (FALSE): what is sent now would have to wait behind what was sent before. */
    gboolean (*is_congested)(SlRelayTransport *self);
    /* Optional (0): how long after a text the next one had better not come, because a text costs
     * much, whatever is in it. */
    guint (*get_pause_ms)(SlRelayTransport *self);
};

void sl_relay_transport_send(SlRelayTransport *self, const char *text);
/** sl_relay_transport_send_bytes: @message: (transfer none): binary; only where there is such */
void sl_relay_transport_send_bytes(SlRelayTransport *self, GBytes *message);
void sl_relay_transport_close(SlRelayTransport *self, const char *reason);
gboolean sl_relay_transport_is_acknowledging(SlRelayTransport *self);
gboolean sl_relay_transport_is_congested(SlRelayTransport *self);
guint sl_relay_transport_get_pause_ms(SlRelayTransport *self);

/* For implementations. */
void sl_relay_transport_emit_received(SlRelayTransport *self, GBytes *message, gboolean is_binary);
void sl_relay_transport_emit_drained(SlRelayTransport *self);
void sl_relay_transport_emit_ended(SlRelayTransport *self);
void sl_relay_transport_emit_closed(SlRelayTransport *self);

G_END_DECLS
