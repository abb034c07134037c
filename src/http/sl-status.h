#pragma once

#include <libsoup/soup.h>

#include "sl-relay.h"
#include "sl-session-pool.h"

G_BEGIN_DECLS

typedef struct {
    gint64 started_us;  /* g_get_monotonic_time() */
    GPtrArray *streams; /* of SlStream */
    SlSessionPool *pool;
    SlRelay *relay;
} SlStatus;

/**
 * sl_status_to_text:
 * @with_inputs: names the cameras and files too
 *
 * Returns: (transfer full): what `/api/status` says
 */
char *sl_status_to_text(const SlStatus *status, gboolean with_inputs);

G_END_DECLS
