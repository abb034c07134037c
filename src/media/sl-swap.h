#pragma once

#include "sl-setup.h"

G_BEGIN_DECLS

/**
 * SlSwap: one setup's trial for the place of a stream's present one, from its beginning to its end.
 * Main thread only.
 *
 * Signals:
 *  - `ended` (GError *error): once. %NULL: the trial runs, and has a picture that viewers can be
 *    given. Else it is undone: it has stopped, or was asked to so long ago that it is not waited
 *    for. Never from inside sl_swap_begin()
 */
#define SL_TYPE_SWAP (sl_swap_get_type())
G_DECLARE_FINAL_TYPE(SlSwap, sl_swap, SL, SWAP, GObject)

/** @trial: that has not been started */
SlSwap *sl_swap_new(GMainContext *context, SlSetup *trial);
SlSetup *sl_swap_get_trial(SlSwap *self);

/**
 * sl_swap_begin:
 * @waits: the trial needs what the present setup holds: sl_swap_tell_free() follows
 */
void sl_swap_begin(SlSwap *self, gboolean waits);
/** sl_swap_tell_free: the present setup is gone */
void sl_swap_tell_free(SlSwap *self);
/** sl_swap_cancel: undoes it; `ended` follows, maybe from inside the call */
void sl_swap_cancel(SlSwap *self, const GError *reason);

G_END_DECLS
