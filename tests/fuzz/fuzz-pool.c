#include "fuzz-pool.h"
#include "fuzz.h"

/* Libraries and the program look these up in the program first, as they do with the clock. */

typedef struct {
    GThreadPool public;
    guint max_threads;
    GQueue jobs;
} Pool;

static GQueue pools = G_QUEUE_INIT;

GThreadPool *
g_thread_pool_new(GFunc func, gpointer user_data, gint max_threads, gboolean exclusive,
                  GError **error)
{
    Pool *pool = g_new0(Pool, 1);

    fuzz_check(max_threads > 0, "a pool of as many threads as there are jobs");
    pool->public = (GThreadPool){ func, user_data, exclusive };
    pool->max_threads = (guint)max_threads;
    g_queue_push_tail(&pools, pool);
    return &pool->public;
}

gboolean
g_thread_pool_push(GThreadPool *pool, gpointer data, GError **error)
{
    g_queue_push_tail(&((Pool *)pool)->jobs, data);
    return TRUE;
}

guint
g_thread_pool_unprocessed(GThreadPool *pool)
{
    return ((Pool *)pool)->jobs.length;
}

/* GTask's own, in which nothing of ours runs. */
void
g_thread_pool_set_sort_function(GThreadPool *pool, GCompareDataFunc func, gpointer user_data)
{
}

static void
run_job(Pool *pool, guint which)
{
    gpointer job = g_queue_pop_nth(&pool->jobs, which % MIN(pool->jobs.length, pool->max_threads));

    pool->public.func(job, pool->public.user_data);
}

void
g_thread_pool_free(GThreadPool *pool, gboolean immediate, gboolean wait)
{
    Pool *self = (Pool *)pool;

    fuzz_check(!immediate && wait, "a pool whose jobs are left");
    while (self->jobs.length > 0)
        run_job(self, 0);
    g_queue_remove(&pools, self);
    g_free(self);
}

gboolean
fuzz_pool_run(guint which)
{
    for (GList *item = pools.head; item != NULL; item = item->next) {
        Pool *pool = item->data;

        if (pool->jobs.length == 0)
            continue;
        run_job(pool, which);
        return TRUE;
    }
    return FALSE;
}
