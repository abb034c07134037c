#include "sl-teardown.h"

#include "sl-census.h"
#include "sl-context.h"

/* Enough that one pipeline that hangs for a while does not hold up the others. */
#define MAX_THREADS 4
#define MAX_ATTEMPTS 10

typedef struct {
    GstElement *element;
    SlTeardownPrepare prepare;
    GMainContext *context;
    SlTeardownDone done;
    gpointer user_data;
} Teardown;

/* Main thread only, all of it. */
static guint n_pending;
static GSList *drains; /* of Teardown, without an element */

static void
teardown_free(gpointer data)
{
    Teardown *self = data;

    g_main_context_unref(self->context);
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
    sl_context_post(self->context, NULL, on_teardown_ended, self, teardown_free);
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
