#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * GLib's thread pools without threads: what they are given waits until it is told to run, here and
 * now. As many as the pool has threads may run in any order, so everything that could happen is a
 * matter of which is told to, and happens again the same way.
 */

/** fuzz_pool_run: runs one job; @which: any: one of those that threads could have in hand
 * Returns: FALSE: there is none */
gboolean fuzz_pool_run(guint which);

G_END_DECLS
