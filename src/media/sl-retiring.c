#include "sl-retiring.h"

#include "sl-census.h"
#include "sl-context.h"

/* A viewer whose page changes over to another peer may need as long as that peer has to connect. */
#define MAX_US (20 * G_USEC_PER_SEC)
#define LOOK_MS 250
#define MAX_RUNNING 2
/* That wait for a driver, each with a thread. */
#define MAX_STUCK 4

struct _SlRetiring {
    GObject parent_instance;

    GMainContext *context;
    GPtrArray *leavers; /* of Leaver: the oldest first */
    GSource *timer;     /* runs while there are any */
};

typedef struct {
    SlRetiring *owner; /* not owned: it owns this */
    SlSetup *setup;
    gint64 since_us;
} Leaver;

G_DEFINE_FINAL_TYPE(SlRetiring, sl_retiring, G_TYPE_OBJECT)

enum { STOPPED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
leaver_free(gpointer data)
{
    Leaver *leaver = data;

    g_signal_handlers_disconnect_by_data(leaver->setup, leaver->owner);
    g_object_unref(leaver->setup);
    g_free(leaver);
}

static gboolean
is_needed(const Leaver *leaver)
{
    return sl_setup_count_feeds(leaver->setup) > 0 &&
           g_get_monotonic_time() - leaver->since_us < MAX_US;
}

static gboolean
on_look(gpointer data)
{
    SlRetiring *self = data;

    for (guint i = self->leavers->len; i > 0; i--) {
        Leaver *leaver = g_ptr_array_index(self->leavers, i - 1);

        if (sl_setup_is_gone(leaver->setup))
            g_ptr_array_remove_index(self->leavers, i - 1);
        else if (sl_setup_is_running(leaver->setup) && !is_needed(leaver))
            sl_setup_stop(leaver->setup);
    }
    if (self->leavers->len > 0)
        return G_SOURCE_CONTINUE;
    sl_clear_source(&self->timer);
    return G_SOURCE_REMOVE;
}

static void
on_setup_stopped(SlSetup *setup, SlRetiring *self)
{
    g_signal_emit(self, signals[STOPPED], 0);
}

static void
on_setup_broke(SlSetup *setup, GError *error, SlRetiring *self)
{
    if (sl_setup_is_running(setup))
        sl_setup_stop(setup);
}

static void
bound_running(SlRetiring *self)
{
    guint n_running = 0;

    for (guint i = self->leavers->len; i > 0; i--) {
        Leaver *leaver = g_ptr_array_index(self->leavers, i - 1);

        if (sl_setup_is_running(leaver->setup) && ++n_running > MAX_RUNNING)
            sl_setup_stop(leaver->setup);
    }
}

void
sl_retiring_add(SlRetiring *self, SlSetup *setup)
{
    Leaver *leaver = g_new0(Leaver, 1);

    leaver->owner = self;
    leaver->setup = g_object_ref(setup);
    leaver->since_us = g_get_monotonic_time();
    g_signal_connect(setup, "stopped", G_CALLBACK(on_setup_stopped), self);
    g_signal_connect(setup, "broke", G_CALLBACK(on_setup_broke), self);
    g_ptr_array_add(self->leavers, leaver);
    bound_running(self);
    if (self->timer == NULL)
        self->timer = sl_context_add_timeout(self->context, LOOK_MS, on_look, self);
}

SlSetup *
sl_retiring_find(SlRetiring *self, SlTrack *track)
{
    for (guint i = 0; i < self->leavers->len; i++) {
        Leaver *leaver = g_ptr_array_index(self->leavers, i);

        if (g_ptr_array_find(sl_setup_get_tracks(leaver->setup), track, NULL))
            return leaver->setup;
    }
    return NULL;
}

void
sl_retiring_stop(SlRetiring *self)
{
    for (guint i = 0; i < self->leavers->len; i++) {
        Leaver *leaver = g_ptr_array_index(self->leavers, i);

        if (sl_setup_is_running(leaver->setup))
            sl_setup_stop(leaver->setup);
    }
}

gboolean
sl_retiring_make_way(SlRetiring *self, SlSetup *setup)
{
    gboolean is_held = FALSE;

    for (guint i = 0; i < self->leavers->len; i++) {
        SlSetup *leaver = ((Leaver *)g_ptr_array_index(self->leavers, i))->setup;

        if (sl_setup_is_stopped(leaver) || !sl_setup_excludes(leaver, setup))
            continue;
        if (sl_setup_is_running(leaver))
            sl_setup_stop(leaver);
        is_held = TRUE;
    }
    return is_held;
}

gboolean
sl_retiring_is_stopped(SlRetiring *self)
{
    for (guint i = 0; i < self->leavers->len; i++) {
        if (!sl_setup_is_stopped(((Leaver *)g_ptr_array_index(self->leavers, i))->setup))
            return FALSE;
    }
    return TRUE;
}

gboolean
sl_retiring_is_full(SlRetiring *self)
{
    guint n_stuck = 0;

    for (guint i = 0; i < self->leavers->len; i++) {
        SlSetup *setup = ((Leaver *)g_ptr_array_index(self->leavers, i))->setup;

        n_stuck += !sl_setup_is_running(setup) && !sl_setup_is_gone(setup);
    }
    return n_stuck >= MAX_STUCK;
}

/* --- the object --- */

static void
sl_retiring_dispose(GObject *object)
{
    SlRetiring *self = SL_RETIRING(object);

    sl_clear_source(&self->timer);
    g_clear_pointer(&self->leavers, g_ptr_array_unref);
    G_OBJECT_CLASS(sl_retiring_parent_class)->dispose(object);
}

static void
sl_retiring_finalize(GObject *object)
{
    g_main_context_unref(SL_RETIRING(object)->context);
    G_OBJECT_CLASS(sl_retiring_parent_class)->finalize(object);
}

static void
sl_retiring_class_init(SlRetiringClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_retiring_dispose;
    object_class->finalize = sl_retiring_finalize;
    signals[STOPPED] = g_signal_new("stopped", SL_TYPE_RETIRING, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                    NULL, G_TYPE_NONE, 0);
}

static void
sl_retiring_init(SlRetiring *self)
{
    sl_census_add_object(self);
    self->leavers = g_ptr_array_new_with_free_func(leaver_free);
}

SlRetiring *
sl_retiring_new(GMainContext *context)
{
    SlRetiring *self = g_object_new(SL_TYPE_RETIRING, NULL);

    self->context = g_main_context_ref(context);
    return self;
}
