#include "sl-camera-wait.h"

#include "sl-census.h"
#include "sl-stream-state.h"

#define SETTLE_US (10 * G_USEC_PER_SEC)

struct _SlCameraWait {
    GObject parent_instance;

    GMainContext *context;
    SlWeak *weak;
    SlCameraMonitor *monitor; /* nullable */
    SlDescription *description;
    SlValues *values;
    SlCaptureFlags flags;

    gboolean waits;      /* the monitor is held */
    gint64 came_us;      /* when something came last; 0: never */
    gboolean wants_look; /* to know whether there is a camera */
    gboolean looking;    /* another thread asks */
    GSource *timer;      /* to ask again */
    guint attempt;
};

G_DEFINE_FINAL_TYPE(SlCameraWait, sl_camera_wait, G_TYPE_OBJECT)

enum { CAME, WENT, REFUSED, THERE, N_SIGNALS };
static guint signals[N_SIGNALS];

void
sl_camera_wait_set(SlCameraWait *self, gboolean waits)
{
    if (self->monitor == NULL || waits == self->waits)
        return;
    self->waits = waits;
    if (waits)
        sl_camera_monitor_hold(self->monitor);
    else
        sl_camera_monitor_release(self->monitor);
}

void
sl_camera_wait_set_wish(SlCameraWait *self, SlDescription *description, SlValues *values)
{
    sl_description_ref(description);
    sl_description_unref(self->description);
    self->description = description;
    sl_values_ref(values);
    sl_values_unref(self->values);
    self->values = values;
}

gboolean
sl_camera_wait_came_just_now(SlCameraWait *self)
{
    return self->came_us != 0 && g_get_monotonic_time() - self->came_us < SETTLE_US;
}

static void ask(SlCameraWait *self);

static gboolean
on_timer(gpointer data)
{
    SlCameraWait *self = data;

    sl_clear_source(&self->timer);
    ask(self);
    return G_SOURCE_REMOVE;
}

static void
ask_later(SlCameraWait *self)
{
    sl_clear_source(&self->timer);
    self->timer = sl_context_add_timeout(
        self->context, sl_stream_backoff_ms(self->attempt++, FALSE), on_timer, self);
}

static gboolean
may_come_free(const GError *error)
{
    return g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_BUSY) ||
           g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PERMISSION);
}

static void
on_answer(gpointer object, gpointer data)
{
    SlCameraWait *self = object;
    const SlCaptureAnswer *answer = data;

    self->looking = FALSE;
    if (!self->wants_look)
        return;
    if (answer->capture != NULL) {
        self->wants_look = FALSE;
        g_signal_emit(self, signals[THERE], 0);
        return;
    }
    if (may_come_free(answer->error) || sl_camera_wait_came_just_now(self))
        ask_later(self);
    if (!g_error_matches(answer->error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND))
        g_signal_emit(self, signals[REFUSED], 0, answer->error);
}

static void
ask(SlCameraWait *self)
{
    g_autoptr(SlInput) first = sl_input_new_awaited(NULL);

    if (self->looking)
        return;
    self->looking = TRUE;
    sl_capture_ask(self->context, self->weak, on_answer, 0, first, self->description, self->values,
                   self->flags);
}

void
sl_camera_wait_look(SlCameraWait *self)
{
    self->wants_look = TRUE;
    self->attempt = 0;
    ask(self);
}

void
sl_camera_wait_stop_looking(SlCameraWait *self)
{
    self->wants_look = FALSE;
    sl_clear_source(&self->timer);
}

static void
on_came(SlCameraMonitor *monitor, const char *node, SlCameraWait *self)
{
    self->came_us = g_get_monotonic_time();
    g_signal_emit(self, signals[CAME], 0);
}

static void
on_went(SlCameraMonitor *monitor, const char *node, SlCameraWait *self)
{
    g_signal_emit(self, signals[WENT], 0, node);
}

static void
sl_camera_wait_dispose(GObject *object)
{
    SlCameraWait *self = SL_CAMERA_WAIT(object);

    sl_camera_wait_stop_looking(self);
    sl_camera_wait_set(self, FALSE);
    if (self->monitor != NULL)
        g_signal_handlers_disconnect_by_data(self->monitor, self);
    g_clear_object(&self->monitor);
    G_OBJECT_CLASS(sl_camera_wait_parent_class)->dispose(object);
}

static void
sl_camera_wait_finalize(GObject *object)
{
    SlCameraWait *self = SL_CAMERA_WAIT(object);

    sl_values_unref(self->values);
    sl_description_unref(self->description);
    sl_weak_unref(self->weak);
    g_main_context_unref(self->context);
    G_OBJECT_CLASS(sl_camera_wait_parent_class)->finalize(object);
}

static void
sl_camera_wait_class_init(SlCameraWaitClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_camera_wait_dispose;
    object_class->finalize = sl_camera_wait_finalize;
    signals[CAME] = g_signal_new("came", SL_TYPE_CAMERA_WAIT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
    signals[WENT] = g_signal_new("went", SL_TYPE_CAMERA_WAIT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
    signals[REFUSED] = g_signal_new("refused", SL_TYPE_CAMERA_WAIT, G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
    signals[THERE] = g_signal_new("there", SL_TYPE_CAMERA_WAIT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 0);
}

static void
sl_camera_wait_init(SlCameraWait *self)
{
    sl_census_add_object(self);
    self->weak = sl_weak_new(self);
}

SlCameraWait *
sl_camera_wait_new(GMainContext *context, SlCameraMonitor *monitor, SlDescription *description,
                   SlValues *values, SlCaptureFlags flags)
{
    SlCameraWait *self = g_object_new(SL_TYPE_CAMERA_WAIT, NULL);

    self->context = g_main_context_ref(context);
    self->description = sl_description_ref(description);
    self->values = sl_values_ref(values);
    self->flags = flags;
    if (monitor == NULL)
        return self;
    self->monitor = g_object_ref(monitor);
    g_signal_connect(monitor, "came", G_CALLBACK(on_came), self);
    g_signal_connect(monitor, "went", G_CALLBACK(on_went), self);
    return self;
}
