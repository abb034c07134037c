#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * A clock that stands still until it is told: for GLib's timers, and for what the code itself asks
 * (g_get_monotonic_time(), g_get_real_time()). libFuzzer's own stays real.
 */

/** fuzz_clock_reset: the same time for every input */
void fuzz_clock_reset(void);
void fuzz_clock_advance(gint64 us);

G_END_DECLS
