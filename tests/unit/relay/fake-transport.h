#pragma once

#include "sl-relay-transport.h"

/* A client's end of a relay connection, in memory: keeps what was sent until it is taken. */
#define FAKE_TYPE_TRANSPORT (fake_transport_get_type())
G_DECLARE_FINAL_TYPE(FakeTransport, fake_transport, FAKE, TRANSPORT, GObject)

FakeTransport *fake_transport_new(void);

/** fake_transport_say: what the client sends, as printf */
void fake_transport_say(FakeTransport *self, const char *format, ...) G_GNUC_PRINTF(2, 3);
/** fake_transport_say_bytes: @message: (transfer full): binary */
void fake_transport_say_bytes(FakeTransport *self, GBytes *message);
/** fake_transport_take_bytes: Returns: (transfer full) (nullable): the next binary message */
GBytes *fake_transport_take_bytes(FakeTransport *self);
/** fake_transport_take: Returns: (transfer full) (nullable): the next line from the server */
char *fake_transport_take(FakeTransport *self);
/** fake_transport_get_n_sent: lines that were not taken */
guint fake_transport_get_n_sent(FakeTransport *self);
/** fake_transport_get_n_texts: how many the server has sent, and the bytes of the @ret_longest */
guint fake_transport_get_n_texts(FakeTransport *self, gsize *ret_longest);
gboolean fake_transport_is_closed(FakeTransport *self);
const char *fake_transport_get_reason(FakeTransport *self);
void fake_transport_set_congested(FakeTransport *self, gboolean congested);
/** fake_transport_set_acknowledging: what was taken counts as acknowledged */
void fake_transport_set_acknowledging(FakeTransport *self);
/** fake_transport_break: the connection ends without the server's doing */
void fake_transport_break(FakeTransport *self);
/** fake_transport_break_after: it ends inside the sending of the @n-th text from now */
void fake_transport_break_after(FakeTransport *self, guint n);
/** fake_transport_set_pause_ms: between its texts; 0 at first */
void fake_transport_set_pause_ms(FakeTransport *self, guint pause_ms);
