#pragma once

#include "sl-message.h"
#include "sl-relay-namespace.h"

G_BEGIN_DECLS

/**
 * SlHistory: the newest messages of a channel, bounded by count, bytes and age. What the mode says
 * is for newcomers; who is there finds here what it has not read yet. So where slow ones get the
 * latest only, one message is all there is, and else as many as the bounds allow, in each mode.
 * Pure data.
 */
typedef struct {
    SlHistoryMode mode;
    guint max_messages;
    gsize max_bytes;
    gint64 max_age_us; /* 0: any age */
    SlMessage **ring;  /* offset O, if it is kept, stands at O modulo size */
    guint size;        /* a power of two; grows as needed */
    guint64 first_offset, last_offset;
    gsize bytes;
} SlHistory;

void sl_history_init(SlHistory *self, const SlRelayNamespace *namespace_);
void sl_history_clear(SlHistory *self);

guint sl_history_get_length(const SlHistory *self);

/** sl_history_get: Returns: (transfer none): @offset is from first_offset to last_offset */
SlMessage *sl_history_get(const SlHistory *self, guint64 offset);

/**
 * sl_history_append:
 * @message: (transfer full): its offset is last_offset + 1. It is kept however large it is: who
 * publishes bounds that
 */
void sl_history_append(SlHistory *self, SlMessage *message);

/** sl_history_expire: drops what is older than the age; @now_us: as SlMessage.made_us */
void sl_history_expire(SlHistory *self, gint64 now_us);

/**
 * sl_history_start_after:
 * @known: (nullable): the last message that somebody has, who has been here before
 * @ret_cursor: the message after which he begins
 *
 * Returns: whether he then misses nothing
 */
gboolean sl_history_start_after(const SlHistory *self, const guint64 *known, guint64 *ret_cursor);

/** sl_history_holds: whether there is something for newcomers */
gboolean sl_history_holds(const SlHistory *self);

G_END_DECLS
