#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SlObjectPool: where objects are hashed, read and written. A few threads in two lanes: in
 * SL_OBJECT_LANE_BYTES jobs run at the same time, in SL_OBJECT_LANE_NAMES, which changes what files
 * there are, in the order in which they were pushed.
 */
typedef struct _SlObjectPool SlObjectPool;

typedef enum {
    SL_OBJECT_LANE_BYTES,
    SL_OBJECT_LANE_NAMES,
} SlObjectLane;

/** SlObjectWork: in a thread. Returns: TRUE: call it again, after what waits: long work is done in
 * pieces */
typedef gboolean (*SlObjectWork)(gpointer job);
/** SlObjectDone: in the pool's context, always, and never from inside push() */
typedef void (*SlObjectDone)(gpointer job);

SlObjectPool *sl_object_pool_new(GMainContext *context);

/**
 * sl_object_pool_push:
 * @done: (nullable)
 * @job: (transfer full): one at a time has it: thread or context
 *
 * Main thread. In a closed pool @done is called without @work.
 */
void sl_object_pool_push(SlObjectPool *self, SlObjectLane lane, SlObjectWork work,
                         SlObjectDone done, gpointer job, GDestroyNotify destroy);

/** sl_object_pool_close: waits for what was pushed, but leaves out the pieces that are left.
 * Idempotent. */
void sl_object_pool_close(SlObjectPool *self);

/** sl_object_pool_free: a closed one; what is still to be done is, without it */
void sl_object_pool_free(SlObjectPool *self);

G_END_DECLS
