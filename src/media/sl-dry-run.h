#pragma once

#include "sl-description.h"

G_BEGIN_DECLS

#define SL_DRY_RUN_MS 10000

/**
 * sl_dry_run:
 * @context: of this thread; it is run until this returns
 * @cancellable: (nullable): ends it; cancelled in @context
 *
 * Runs a description with the test picture and the test tone until each track has given a frame and
 * each `[viewer TRACK]` has made RTP of it, for SL_DRY_RUN_MS at most. Nothing of it runs when this
 * returns (a device whose driver does not answer is left behind).
 *
 * Returns: with a line for each problem: SL_MEDIA_ERROR_DESCRIPTION where it is the description's;
 *   SL_MEDIA_ERROR_DEVICE where it asks for what the test picture is not; SL_MEDIA_ERROR_NOT_FOUND
 *   where it needs what is not here: a device, a program, an address;
 *   G_IO_ERROR_CANCELLED
 */
gboolean sl_dry_run(SlDescription *description, SlValues *values, GMainContext *context,
                    GCancellable *cancellable, GError **error);

G_END_DECLS
