#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SlRelayWindow: what was sent to a client and not acknowledged, in messages and bytes. Keeps a
 * size for each message that is out, hence never more than @max_messages.
 */
typedef struct {
    guint max_messages;
    gsize max_bytes;
    gsize *sizes; /* a ring, by count of messages */
    gsize bytes;
    guint64 sent, acked; /* messages since the connection began */
} SlRelayWindow;

void sl_relay_window_init(SlRelayWindow *self, guint max_messages, gsize max_bytes);
void sl_relay_window_clear(SlRelayWindow *self);

/** sl_relay_window_fits: a message larger than the window fits into an empty one. */
gboolean sl_relay_window_fits(SlRelayWindow *self, gsize bytes);
void sl_relay_window_add(SlRelayWindow *self, gsize bytes);
guint sl_relay_window_get_room(SlRelayWindow *self, gsize *ret_bytes);

/**
 * sl_relay_window_ack:
 * @received: of all that was sent; less than before is stale and changes nothing
 *
 * Returns: FALSE if it is more than was sent
 */
gboolean sl_relay_window_ack(SlRelayWindow *self, guint64 received);

G_END_DECLS
