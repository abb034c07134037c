#pragma once

#include "sl-relay-transport.h"

/* A client's end of a relay connection, in memory: keeps what was sent until it is taken. */
#define FAKE_TYPE_TRANSPORT (fake_transport_get_type())
G_DECLARE_FINAL_TYPE(FakeTransport, fake_transport, FAKE, TRANSPORT, GObject)

FakeTransport *fake_transport_new(void);

/** fake_transport_say: what the client sends, as printf */
void fake_transport_say(FakeTransport *self, const char *format, ...) G_GNUC_PRINTF(2, 3);
/** fake_transport_take: Returns: (transfer full) (nullable): the next message from the server */
char *fake_transport_take(FakeTransport *self);
guint fake_transport_get_n_sent(FakeTransport *self);
gboolean fake_transport_is_closed(FakeTransport *self);
const char *fake_transport_get_reason(FakeTransport *self);
/** fake_transport_break: the connection ends without the server's doing */
void fake_transport_break(FakeTransport *self);
/** fake_transport_break_after: it ends inside the sending of the @n-th message from now */
void fake_transport_break_after(FakeTransport *self, guint n);
