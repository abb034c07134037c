#include "sl-teardown.h"

#include "sl-census.h"
#include "sl-context.h"
#include "sl-worker.h"

/* Enough that one pipeline that hangs for a while does not hold up the others. */
#define MAX_THREADS 4
#define MAX_ATTEMPTS 10

/* Whoever waits for the end. Counted: he may have given up. */
typedef struct {
    GMutex lock;
    GCond cond;
    gboolean has_ended;
} Waiter;

typedef struct {
    GstElement *element;
    SlTeardownPrepare prepare;
    Waiter *waiter; /* or NULL, and then: */
    GMainContext *context;
    SlTeardownDone done;
    gpointer user_data;
} Teardown;

/* Main thread only, all of it. */
static guint n_pending;
static GSList *drains; /* of Teardown, without an element */

static void
waiter_clear(gpointer data)
{
    Waiter *self = data;

    g_mutex_clear(&self->lock);
    g_cond_clear(&self->cond);
}

static void
waiter_unref(Waiter *self)
{
    g_atomic_rc_box_release_full(self, waiter_clear);
}

static void
waiter_tell(Waiter *self)
{
    g_mutex_lock(&self->lock);
    self->has_ended = TRUE;
    g_cond_signal(&self->cond);
    g_mutex_unlock(&self->lock);
}

static gboolean
waiter_wait(Waiter *self, guint timeout_ms)
{
    gint64 end_us = g_get_monotonic_time() + timeout_ms * G_TIME_SPAN_MILLISECOND;
    gboolean is_late = FALSE;
    gboolean has_ended;

    g_mutex_lock(&self->lock);
    while (!self->has_ended && !is_late)
        is_late = !g_cond_wait_until(&self->cond, &self->lock, end_us);
    has_ended = self->has_ended;
    g_mutex_unlock(&self->lock);
    return has_ended;
}

static void
teardown_free(gpointer data)
{
    Teardown *self = data;

    g_clear_pointer(&self->waiter, waiter_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_free(self);
}

static void
on_drained(gpointer object, gpointer data)
{
    Teardown *self = data;

    /* Something may have begun since this was posted. */
    if (n_pending > 0) {
        sl_teardown_drain_async(self->context, self->done, self->user_data);
        return;
    }
    self->done(self->user_data);
}

static void
on_teardown_ended(gpointer object, gpointer data)
{
    Teardown *self = data;

    g_assert(n_pending > 0);
    n_pending--;
    sl_census_leave("teardown");
    if (self->done != NULL)
        self->done(self->user_data);

    if (n_pending == 0) {
        g_autoptr(GSList) waiting = g_steal_pointer(&drains);
        for (GSList *l = waiting; l != NULL; l = l->next) {
            Teardown *drain = l->data;
            sl_context_post(drain->context, NULL, on_drained, drain, teardown_free);
        }
    }
}

/* A bin stops half-way where one of its elements fails on the way down, which happens inside
 * uridecodebin when its source gives up at that moment. The next attempt goes on from there. */
static void
set_to_null(GstElement *element)
{
    guint n_attempts = 1;

    while (gst_element_set_state(element, GST_STATE_NULL) == GST_STATE_CHANGE_FAILURE) {
        if (n_attempts++ == MAX_ATTEMPTS) {
            g_warning("%s can't be ended", GST_OBJECT_NAME(element));
            return;
        }
    }
}

static void
run_teardown(gpointer data, gpointer unused)
{
    Teardown *self = data;

    if (self->prepare != NULL)
        self->prepare(self->element);
    set_to_null(self->element);
    g_clear_pointer(&self->element, gst_object_unref);
    if (self->waiter == NULL) {
        sl_context_post(self->context, NULL, on_teardown_ended, self, teardown_free);
        return;
    }
    waiter_tell(self->waiter);
    teardown_free(self);
    sl_worker_end();
}

static GThreadPool *
get_pool(void)
{
    static GThreadPool *pool;

    if (g_once_init_enter(&pool))
        g_once_init_leave(&pool, g_thread_pool_new(run_teardown, NULL, MAX_THREADS, FALSE, NULL));
    return pool;
}

static Teardown *
teardown_new(GMainContext *context, SlTeardownDone done, gpointer user_data)
{
    Teardown *self = g_new0(Teardown, 1);

    self->context = g_main_context_ref(context);
    self->done = done;
    self->user_data = user_data;
    return self;
}

void
sl_teardown_element(GstElement *element, SlTeardownPrepare prepare, GMainContext *context,
                    SlTeardownDone done, gpointer user_data)
{
    Teardown *self = teardown_new(context, done, user_data);

    sl_context_assert(context);
    sl_census_enter("teardown");
    self->element = element;
    self->prepare = prepare;
    n_pending++;
    g_thread_pool_push(get_pool(), self, NULL);
}

gboolean
sl_teardown_element_within(GstElement *element, guint timeout_ms)
{
    Waiter *waiter = g_atomic_rc_box_new0(Waiter);
    Teardown *self = g_new0(Teardown, 1);
    gboolean has_ended;

    g_mutex_init(&waiter->lock);
    g_cond_init(&waiter->cond);
    self->element = element;
    self->waiter = g_atomic_rc_box_acquire(waiter);
    sl_worker_begin(); /* he who waits may go first */
    g_thread_pool_push(get_pool(), self, NULL);
    has_ended = waiter_wait(waiter, timeout_ms);
    waiter_unref(waiter);
    return has_ended;
}

guint
sl_teardown_get_n_pending(void)
{
    return n_pending;
}

void
sl_teardown_drain_async(GMainContext *context, SlTeardownDone done, gpointer user_data)
{
    Teardown *self = teardown_new(context, done, user_data);

    sl_context_assert(context);
    if (n_pending == 0)
        sl_context_post(context, NULL, on_drained, self, teardown_free);
    else
        drains = g_slist_prepend(drains, self);
}
