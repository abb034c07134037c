#pragma once

#include "sl-setup.h"

G_BEGIN_DECLS

/**
 * SlRetiring: a stream's setups that lost their place: each goes on while viewers take its frames,
 * until they have changed over, at most for 20 s; then it is stopped, and forgotten. Main thread.
 *
 * Signals:
 *  - `stopped` (): of one more nothing runs any more; read sl_retiring_is_stopped()
 */
#define SL_TYPE_RETIRING (sl_retiring_get_type())
G_DECLARE_FINAL_TYPE(SlRetiring, sl_retiring, SL, RETIRING, GObject)

SlRetiring *sl_retiring_new(GMainContext *context);

/** sl_retiring_add: @setup: running, stopping or stopped. Of those that run, two stay at the most:
 * the oldest is stopped. */
void sl_retiring_add(SlRetiring *self, SlSetup *setup);
/** sl_retiring_find: (transfer none) (nullable): the setup that @track belongs to */
SlSetup *sl_retiring_find(SlRetiring *self, SlTrack *track);
/** sl_retiring_stop: all that run, at once */
void sl_retiring_stop(SlRetiring *self);
/** sl_retiring_make_way: stops those that can't run beside @setup.
 * Returns: whether one of them still does */
gboolean sl_retiring_make_way(SlRetiring *self, SlSetup *setup);
/** sl_retiring_is_stopped: nothing of any of them runs */
gboolean sl_retiring_is_stopped(SlRetiring *self);
/** sl_retiring_is_full: so many don't come to an end that there should not be more */
gboolean sl_retiring_is_full(SlRetiring *self);

G_END_DECLS
