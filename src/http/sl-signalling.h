#pragma once

#include "sl-pipeline-switch.h"
#include "sl-session-pool.h"
#include "sl-websocket-watch.h"

G_BEGIN_DECLS

/**
 * SlSignalling: one viewer's WebSocket and its session (docs/signalling.md). The end of either is
 * the end of the other. Main thread only.
 *
 * What it queues is bounded by the viewer's own messages (signals_per_second), the candidates of
 * its peers, at most five `viewers` a second, the stream's changes of state and pipeline, and
 * max_queue_bytes.
 */
#define SL_TYPE_SIGNALLING (sl_signalling_get_type())
G_DECLARE_FINAL_TYPE(SlSignalling, sl_signalling, SL, SIGNALLING, GObject)

typedef struct {
    GMainContext *context;
    SlSessionPool *pool;
    SlIce *ice;
    const SlLimits *limits;
    SlPipelineSwitch *pipeline; /* knows the stream */
    const char *const *channels;
    SlGrant *grant;
    const char *address; /* nullable: see sl_address_to_key() */
} SlSignallingConfig;

/**
 * sl_signalling_new:
 * @watch: (transfer none): it is to hold this as its handler
 * @config: what it names is referenced or copied
 */
SlSignalling *sl_signalling_new(SlWebsocketWatch *watch, const SlSignallingConfig *config);

G_END_DECLS
