#include "sl-relay-window.h"

void
sl_relay_window_init(SlRelayWindow *self, guint max_messages, gsize max_bytes)
{
    *self = (SlRelayWindow){ .max_messages = MAX(max_messages, 1), .max_bytes = max_bytes };
    self->sizes = g_new0(gsize, self->max_messages);
}

void
sl_relay_window_clear(SlRelayWindow *self)
{
    g_clear_pointer(&self->sizes, g_free);
}

gboolean
sl_relay_window_fits(SlRelayWindow *self, gsize bytes)
{
    guint64 messages = self->sent - self->acked;

    return messages == 0 ||
           (messages < self->max_messages && self->bytes + bytes <= self->max_bytes);
}

void
sl_relay_window_add(SlRelayWindow *self, gsize bytes)
{
    g_return_if_fail(sl_relay_window_fits(self, bytes));
    self->sizes[self->sent++ % self->max_messages] = bytes;
    self->bytes += bytes;
}

guint
sl_relay_window_get_room(SlRelayWindow *self, gsize *ret_bytes)
{
    *ret_bytes = self->max_bytes - MIN(self->bytes, self->max_bytes);
    return self->max_messages - (self->sent - self->acked);
}

gboolean
sl_relay_window_ack(SlRelayWindow *self, guint64 received)
{
    if (received > self->sent)
        return FALSE;
    while (self->acked < received)
        self->bytes -= self->sizes[self->acked++ % self->max_messages];
    return TRUE;
}
