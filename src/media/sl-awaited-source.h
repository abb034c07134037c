#pragma once

#include "sl-source.h"

G_BEGIN_DECLS

/** SlAwaitedSource: what a stream runs that has nothing of its own, until somebody publishes: no
 * tracks, no faults. Main thread. */
#define SL_TYPE_AWAITED_SOURCE (sl_awaited_source_get_type())
G_DECLARE_FINAL_TYPE(SlAwaitedSource, sl_awaited_source, SL, AWAITED_SOURCE, GObject)

SlSource *sl_awaited_source_new(GMainContext *context);

G_END_DECLS
