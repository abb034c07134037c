#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Numbers for SCTP associations, unique among the live ones. Main thread only. */

/** Returns: 1 to 65535, or 0 if all are taken */
guint sl_sctp_id_take(void);
/** @id: from sl_sctp_id_take(); 0 is ignored */
void sl_sctp_id_release(guint id);

G_END_DECLS
