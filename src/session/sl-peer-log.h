#pragma once

#include "sl-ice.h"

G_BEGIN_DECLS

/* What whoever runs the server can do something about, in the log. @address: (nullable): the
 * viewer's. Main thread. */

/** sl_peer_log_error: @error: (nullable): of a peer's end */
void sl_peer_log_error(SlIce *ice, const char *address, const GError *error);
void sl_peer_log_no_path(SlIce *ice, const char *address);

G_END_DECLS
