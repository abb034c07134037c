#pragma once

#include "sl-relay-transport.h"

G_BEGIN_DECLS

#define SL_RELAY_MAX_JOINED_BYTES (16 * 1024)

/**
 * SlRelayOutbox: the lines for one client that are ready in a turn of the main loop, sent in the
 * next one, or when the transport's pause is over, as texts of at most SL_RELAY_MAX_JOINED_BYTES (a
 * longer line goes alone): what a transport costs, it costs by the text. It is no queue: what stays
 * behind waits in the channels' histories.
 */
typedef struct {
    GMainContext *context;
    SlRelayTransport *transport; /* NULL: cleared */
    GString *text;               /* nullable */
    GSource *flushing;           /* nullable */
    gint64 flushed_us;
} SlRelayOutbox;

/** sl_relay_outbox_init: @context: (nullable); @transport: a reference is held until clear() */
void sl_relay_outbox_init(SlRelayOutbox *self, GMainContext *context, SlRelayTransport *transport);
/** sl_relay_outbox_clear: nothing is sent any more. Idempotent. */
void sl_relay_outbox_clear(SlRelayOutbox *self);

/** sl_relay_outbox_add: may send, and so close the transport. */
void sl_relay_outbox_add(SlRelayOutbox *self, const char *line);
/** sl_relay_outbox_flush: sends what is there now. */
void sl_relay_outbox_flush(SlRelayOutbox *self);

G_END_DECLS
