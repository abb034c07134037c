#pragma once

#include <libsoup/soup.h>

#include "sl-object-store.h"
#include "sl-pipeline-switch.h"
#include "sl-relay.h"
#include "sl-session-pool.h"

G_BEGIN_DECLS

typedef struct {
    gint64 started_us;    /* g_get_monotonic_time() */
    GPtrArray *pipelines; /* of SlPipelineSwitch, one for each stream */
    SlSessionPool *pool;
    SlRelay *relay;
    SlObjectStore *store;
    const SlLimits *limits;
} SlStatus;

/**
 * sl_status_to_text:
 * @for_operator: names the cameras and files, too, and how often each limit was reached
 *
 * Returns: (transfer full): what `/api/status` says
 */
char *sl_status_to_text(const SlStatus *status, gboolean for_operator);

G_END_DECLS
