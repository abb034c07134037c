#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * sl_check: what `--check` does
 * @settings: (nullable) (array zero-terminated=1): of --set
 *
 * Reads a description, builds it and runs it with the test picture; prints each problem on standard
 * error as `FILE:LINE: …`. On the thread of the default main context. SIGINT and SIGTERM end it.
 *
 * Returns: an exit status: SL_EXIT_CONFIG where it has mistakes; SL_EXIT_UNAVAILABLE where it has
 *   none that can be seen, but could not be run for want of what it needs
 */
int sl_check(const char *name_or_file, const char *const *settings);

G_END_DECLS
