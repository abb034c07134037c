#include "sl-object-pool.h"

#include "sl-context.h"

/* Hashing takes a processor, 300 MB/s of it: two for the many leave the picture the others. */
#define N_BYTES_THREADS 2

struct _SlObjectPool {
    GMainContext *context;
    GThreadPool *lanes[SL_OBJECT_LANE_NAMES + 1];
    GMutex lock; /* no thread pushes to a lane that ends */
    gboolean closing;
};

typedef struct {
    SlObjectWork work;
    SlObjectDone done;
    gpointer job;
    GDestroyNotify destroy;
} Item;

static void
item_free(gpointer data)
{
    Item *item = data;

    item->destroy(item->job);
    g_free(item);
}

static void
item_done(gpointer object, gpointer data)
{
    Item *item = data;

    if (item->done != NULL)
        item->done(item->job);
}

static void
run_item(gpointer data, gpointer user_data)
{
    Item *item = data;
    SlObjectPool *self = user_data;
    gboolean again = item->work(item->job);

    g_mutex_lock(&self->lock);
    again = again && !self->closing;
    /* The pieces of one job take turns with other jobs: always in the lane whose order is free. */
    if (again)
        g_thread_pool_push(self->lanes[SL_OBJECT_LANE_BYTES], item, NULL);
    g_mutex_unlock(&self->lock);
    if (!again)
        sl_context_post(self->context, NULL, item_done, item, item_free);
}

SlObjectPool *
sl_object_pool_new(GMainContext *context)
{
    SlObjectPool *self = g_new0(SlObjectPool, 1);

    g_mutex_init(&self->lock);
    self->context = g_main_context_ref(context);
    self->lanes[SL_OBJECT_LANE_BYTES] =
        g_thread_pool_new(run_item, self, N_BYTES_THREADS, FALSE, NULL);
    self->lanes[SL_OBJECT_LANE_NAMES] = g_thread_pool_new(run_item, self, 1, FALSE, NULL);
    return self;
}

void
sl_object_pool_push(SlObjectPool *self, SlObjectLane lane, SlObjectWork work, SlObjectDone done,
                    gpointer job, GDestroyNotify destroy)
{
    Item *item = g_new0(Item, 1);

    item->work = work;
    item->done = done;
    item->job = job;
    item->destroy = destroy;
    if (self->closing)
        sl_context_post(self->context, NULL, item_done, item, item_free);
    else
        g_thread_pool_push(self->lanes[lane], item, NULL);
}

void
sl_object_pool_close(SlObjectPool *self)
{
    if (self->closing)
        return;
    g_mutex_lock(&self->lock);
    self->closing = TRUE;
    g_mutex_unlock(&self->lock);
    for (guint i = 0; i < G_N_ELEMENTS(self->lanes); i++)
        g_thread_pool_free(g_steal_pointer(&self->lanes[i]), FALSE, TRUE);
}

void
sl_object_pool_free(SlObjectPool *self)
{
    sl_object_pool_close(self);
    g_main_context_unref(self->context);
    g_mutex_clear(&self->lock);
    g_free(self);
}
