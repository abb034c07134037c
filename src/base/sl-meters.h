#pragma once

#include "sl-limits.h"

G_BEGIN_DECLS

/**
 * SlMeters: how often each of SlLimits was reached, and where it stands. Says in the log which ones
 * were, at once and then every 10 s with a count: a line for each would be a way to fill a disk.
 * Main thread only.
 */

/** @context: (nullable): where its timer runs */
SlMeters *sl_meters_new(GMainContext *context, const SlLimits *limits);
void sl_meters_free(SlMeters *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlMeters, sl_meters_free)

/**
 * sl_limits_reached:
 * @limit: SL_LIMIT(); somebody was refused by it
 * @whom: (nullable): the address, where it is known
 */
void sl_limits_reached(const SlLimits *limits, guint limit, const char *whom);

/** sl_limits_set_now: how much of @limit is used */
void sl_limits_set_now(const SlLimits *limits, guint limit, guint now);

guint64 sl_meters_get_refused(const SlMeters *self, guint limit);
/** sl_meters_get_now: Returns: -1: there is no such value */
gint64 sl_meters_get_now(const SlMeters *self, guint limit);

G_END_DECLS
