#pragma once

#include <glib.h>

#include "sl-limits.h"

G_BEGIN_DECLS

/**
 * sl_descriptors_fit:
 * @n_local: how many of them are for programs of this machine
 * @n_available: how many file descriptors the system lets the program have
 *
 * GLib ends the program where it can't make a descriptor for a thread of a viewer's, so no more
 * viewers and connections may come than there are descriptors for: lowers @limits, and says so.
 * Returns: FALSE with SL_OPTIONS_ERROR_CONFIG where there are not enough for one viewer
 */
gboolean sl_descriptors_fit(SlLimits *limits, guint n_local, guint64 n_available, GError **error);

G_END_DECLS
