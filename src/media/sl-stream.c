#include "sl-stream.h"

#include "sl-camera-wait.h"
#include "sl-census.h"
#include "sl-context.h"
#include "sl-log.h"
#include "sl-setup.h"
#include "sl-source-fault.h"
#include "sl-stream-state.h"
#include "sl-teardown.h"

/* Different faults in the log without a picture between them. */
#define MAX_FAULTS_SAID 16
/* A picture that lasted this long ends a series of failures. */
#define STEADY_US (10 * G_USEC_PER_SEC)

struct _SlStream {
    GObject parent_instance;

    GMainContext *context;
    SlWeak *weak;
    char *name;
    char *title;
    SlInput *input; /* as it was last found */
    SlCaptureFlags flags;
    guint linger_ms;

    SlSetup *present;
    SlControlKeeper *controls;
    SlCameraWait *wait;
    guint n_viewers;
    SlStreamPhase phase;
    GSource *timer; /* lingering, or backing off */
    guint attempt;  /* failures in a row */

    gint64 live_since_us; /* every track gave a frame, and its codec is known; 0: not yet */
    GError *fault;        /* the last one; cleared by the first picture */
    GPtrArray *said;      /* of char: faults that the log has had since there was a picture */
    char *mode;           /* of the camera, as it was last found; nullable */
    char *found_said;     /* what the log has had of camera and mode */
    char *slow;           /* how slow it is, in words; NULL: it is not */
    gboolean slow_said;   /* in the log, of this run */

    SlStreamState reported;
    char *reported_detail;
    char *reported_title;
    gboolean stopping_for_good;
    GTask *stop_task;
};

G_DEFINE_FINAL_TYPE(SlStream, sl_stream, G_TYPE_OBJECT)

enum {
    STATE_CHANGED,
    CODECS_CHANGED,
    TRACKS_CHANGED,
    VALUES_CHANGED,
    DESCRIPTION_CHANGED,
    INPUT_CHANGED,
    N_SIGNALS
};
static guint signals[N_SIGNALS];

static void handle_event(SlStream *self, SlStreamEvent event);
static void update_wait(SlStream *self);

/* --- what viewers are told --- */

const char *
sl_stream_state_to_string(SlStreamState state)
{
    switch (state) {
    case SL_STREAM_IDLE:
        return "idle";
    case SL_STREAM_STARTING:
        return "starting";
    case SL_STREAM_LIVE:
        return "live";
    case SL_STREAM_LOST:
        return "camera-lost";
    case SL_STREAM_FAILED:
        return "failed";
    }
    return "?";
}

SlStreamState
sl_stream_get_state(SlStream *self)
{
    if (self->fault != NULL)
        return sl_source_fault_is_pipelines(self->fault) ? SL_STREAM_FAILED : SL_STREAM_LOST;
    if (!sl_stream_phase_has_source(self->phase))
        return self->phase == SL_STREAM_PHASE_IDLE ? SL_STREAM_IDLE : SL_STREAM_STARTING;
    return self->live_since_us != 0 ? SL_STREAM_LIVE : SL_STREAM_STARTING;
}

const char *
sl_stream_get_detail(SlStream *self)
{
    if (self->fault != NULL)
        return sl_source_fault_for_viewers(self->fault, self->input->kind);
    if (self->slow != NULL)
        return self->slow;
    return self->input->kind == SL_INPUT_NO_CAMERA ? "No camera: plug one in" : "";
}

const GError *
sl_stream_get_fault(SlStream *self)
{
    return self->fault;
}

static void
report_state(SlStream *self)
{
    SlStreamState state = sl_stream_get_state(self);
    const char *detail = sl_stream_get_detail(self);

    if (state == self->reported && g_strcmp0(detail, self->reported_detail) == 0 &&
        g_strcmp0(self->title, self->reported_title) == 0)
        return;
    self->reported = state;
    g_free(self->reported_title);
    self->reported_title = g_strdup(self->title);
    g_free(self->reported_detail);
    self->reported_detail = g_strdup(detail);
    g_signal_emit(self, signals[STATE_CHANGED], 0);
}

/* Once each, however often it is tried again and whichever fault comes in turn with which. */
static void
log_fault(SlStream *self, const char *message, const char *ending)
{
    if (self->said->len >= MAX_FAULTS_SAID ||
        g_ptr_array_find_with_equal_func(self->said, message, g_str_equal, NULL))
        return;
    sl_log_warning("%s: %s%s", self->name, message, ending);
    g_ptr_array_add(self->said, g_strdup(message));
}

void
sl_stream_tell_awaited(SlStream *self, const GError *reason)
{
    log_fault(self, reason->message, "; waiting for it");
}

static void
clear_fault(SlStream *self)
{
    g_clear_error(&self->fault);
    g_ptr_array_set_size(self->said, 0);
}

static void
set_fault(SlStream *self, const GError *fault)
{
    g_autofree char *text = g_utf8_make_valid(fault->message, -1); /* it may hold a file name */

    log_fault(self, fault->message, "");
    g_clear_error(&self->fault);
    self->fault = g_error_new_literal(fault->domain, fault->code, text);
}

static void
break_with(SlStream *self, const GError *error)
{
    if (!sl_stream_phase_has_source(self->phase))
        return;
    set_fault(self, error);
    handle_event(self, SL_STREAM_EVENT_BROKE);
}

/* --- the picture --- */

/* It can be given to viewers. */
static void
become_live(SlStream *self)
{
    self->live_since_us = g_get_monotonic_time();
    if (self->fault != NULL)
        sl_log_info("%s: the picture is back", self->name);
    clear_fault(self);
    /* Only now it is sure that the node is this camera's, and that the driver has reset what it
     * resets. */
    if (sl_stream_get_camera(self) != NULL)
        sl_control_keeper_restore(self->controls, self->input);
    update_wait(self);
    report_state(self);
}

static void
on_setup_complete(SlSetup *setup, SlStream *self)
{
    become_live(self);
}

static void
on_setup_codecs_changed(SlSetup *setup, SlStream *self)
{
    g_signal_emit(self, signals[CODECS_CHANGED], 0);
}

static void
on_setup_measured(SlSetup *setup, SlStream *self)
{
    const SlFrameRate *rate = sl_setup_get_rate(setup);
    gboolean is_slow = rate != NULL && rate->is_slow;
    gboolean was_slow = self->slow != NULL;

    g_clear_pointer(&self->slow, g_free);
    if (is_slow)
        self->slow = sl_frame_rate_to_text(rate);
    if (is_slow && !self->slow_said) {
        sl_log_warning("%s: %s gives %s", self->name, self->input->label, self->slow);
        self->slow_said = TRUE;
    } else if (was_slow && !is_slow) {
        sl_log_info("%s: the frames come as they should again", self->name);
    }
    report_state(self);
}

/* --- cameras that come and go --- */

/* Whether what comes might end what is wrong. */
static gboolean
waits_for_camera(SlStream *self)
{
    if (self->phase == SL_STREAM_PHASE_IDLE)
        return FALSE;
    return self->input->kind == SL_INPUT_NO_CAMERA ||
           (sl_input_is_camera(self->input) && self->fault != NULL &&
            !sl_source_fault_is_pipelines(self->fault));
}

static void
update_wait(SlStream *self)
{
    sl_camera_wait_set(self->wait, waits_for_camera(self));
}

static void
meet_others(SlStream *self)
{
    g_autoptr(GPtrArray) list = sl_camera_identity_list(SL_CAMERA_CLASS_DIR);
    SlInput *input = sl_input_meet(self->input, list);

    sl_setup_set_input(self->present, input);
    sl_input_unref(self->input);
    self->input = input;
}

static void
look_behind_pattern(SlStream *self)
{
    if (self->input->kind == SL_INPUT_NO_CAMERA)
        sl_camera_wait_look(self->wait);
}

/* What is being tried is not begun anew: a camera has several nodes, and others may come, too. */
static void
on_camera_came(SlCameraWait *wait, SlStream *self)
{
    meet_others(self);
    if (!waits_for_camera(self))
        return;
    self->attempt = 0;
    if (self->phase != SL_STREAM_PHASE_RUNNING)
        handle_event(self, SL_STREAM_EVENT_CAME);
    else
        look_behind_pattern(self);
}

/* The test pattern stands in for it. */
static void
on_camera_there(SlCameraWait *wait, SlStream *self)
{
    handle_event(self, SL_STREAM_EVENT_CAME);
}

static void
on_camera_refused(SlCameraWait *wait, GError *error, SlStream *self)
{
    log_fault(self, error->message, "");
}

/* Nothing is heard of some drivers when their device goes, and something else of others. */
static void
on_camera_went(SlCameraWait *wait, const char *node, SlStream *self)
{
    const SlCameraIdentity *identity = self->input->identity;
    g_autoptr(GError) error = NULL;

    if (identity == NULL || !g_str_equal(identity->node, node) ||
        (self->fault != NULL && sl_source_fault_is_pipelines(self->fault)))
        return;
    error = sl_source_fault_new_unplugged(self->input);
    if (sl_stream_phase_has_source(self->phase)) {
        break_with(self, error);
    } else if (self->fault != NULL) {
        set_fault(self, error);
        report_state(self);
    }
}

/* --- the source's life: effects are only here --- */

static gboolean
on_timer(gpointer data)
{
    SlStream *self = data;

    sl_clear_source(&self->timer);
    handle_event(self, SL_STREAM_EVENT_TIMEOUT);
    return G_SOURCE_REMOVE;
}

static void
start_present(SlStream *self)
{
    self->slow_said = FALSE;
    sl_setup_start(self->present);
}

static void
stop_present(SlStream *self)
{
    if (self->live_since_us != 0 && g_get_monotonic_time() - self->live_since_us > STEADY_US)
        self->attempt = 0;
    self->live_since_us = 0;
    g_clear_pointer(&self->slow, g_free);
    sl_setup_stop(self->present);
}

/* What somebody has to change first is tried again slowly; cameras lock users out whose password is
 * wrong too often. */
static void
start_backoff(SlStream *self)
{
    gboolean is_forbidden = g_error_matches(self->fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PERMISSION);
    gboolean slow = sl_source_fault_is_pipelines(self->fault) ||
                    (is_forbidden && !sl_camera_wait_came_just_now(self->wait));
    guint delay_ms = sl_stream_backoff_ms(self->attempt++, slow);

    self->timer = sl_context_add_timeout(self->context, delay_ms, on_timer, self);
}

static void
enter_phase(SlStream *self, SlStreamPhase phase)
{
    self->phase = phase;
    sl_clear_source(&self->timer);
    sl_camera_wait_stop_looking(self->wait);

    switch (phase) {
    case SL_STREAM_PHASE_IDLE:
        self->attempt = 0;
        clear_fault(self);
        break;
    case SL_STREAM_PHASE_RUNNING:
        if (!sl_setup_is_running(self->present))
            start_present(self);
        else /* one may have come when nobody watched */
            look_behind_pattern(self);
        break;
    case SL_STREAM_PHASE_LINGERING:
        self->timer = sl_context_add_timeout(self->context, self->linger_ms, on_timer, self);
        break;
    case SL_STREAM_PHASE_STOPPING:
    case SL_STREAM_PHASE_BREAKING:
    case SL_STREAM_PHASE_RESTARTING:
        if (sl_setup_is_running(self->present))
            stop_present(self);
        break;
    case SL_STREAM_PHASE_BACKOFF:
        start_backoff(self);
        break;
    }
}

static void
finish_stop_if_idle(SlStream *self)
{
    g_autoptr(GTask) task = NULL;

    if (self->stop_task == NULL || self->phase != SL_STREAM_PHASE_IDLE)
        return;
    task = g_steal_pointer(&self->stop_task);
    g_task_return_boolean(task, TRUE);
}

static void
handle_event(SlStream *self, SlStreamEvent event)
{
    g_autoptr(SlStream) alive = g_object_ref(self);
    SlStreamPhase next = sl_stream_phase_next(self->phase, event);

    if (next == self->phase)
        return;
    enter_phase(self, next);
    update_wait(self);
    report_state(self);
    finish_stop_if_idle(self);
}

/* `camera: C920 (/dev/video0), MJPEG 640x480 at 25, nearest to 1280x720 at 30`, when that is news.
 */
static void
log_found(SlStream *self, const char *wanted)
{
    g_autofree char *text = NULL;

    if (self->mode == NULL)
        return;
    text = g_strdup_printf("%s, %s%s%s", self->input->label, self->mode,
                           wanted != NULL ? ", nearest to " : "", wanted != NULL ? wanted : "");
    if (g_strcmp0(text, self->found_said) == 0)
        return;
    sl_log_info("%s: %s", self->name, text);
    g_free(self->found_said);
    self->found_said = g_steal_pointer(&text);
}

static void
on_setup_found(SlSetup *setup, SlStream *self)
{
    const SlCapture *capture = sl_setup_get_capture(setup);

    sl_input_unref(self->input);
    self->input = sl_input_ref(capture->input);
    g_free(self->title);
    self->title = sl_input_make_title(self->input, self->name);
    g_free(self->mode);
    self->mode = g_strdup(capture->mode);
    log_found(self, capture->wanted);
    update_wait(self);
    report_state(self);
}

static void
on_setup_broke(SlSetup *setup, GError *error, SlStream *self)
{
    break_with(self, error);
}

static void
on_setup_stopped(SlSetup *setup, SlStream *self)
{
    handle_event(self, SL_STREAM_EVENT_STOPPED);
}

void
sl_stream_acquire(SlStream *self)
{
    if (self->n_viewers++ == 0 && !self->stopping_for_good)
        handle_event(self, SL_STREAM_EVENT_WATCHED);
}

void
sl_stream_release(SlStream *self)
{
    g_return_if_fail(self->n_viewers > 0);
    if (--self->n_viewers == 0)
        handle_event(self, SL_STREAM_EVENT_UNWATCHED);
}

void
sl_stream_stop_async(SlStream *self, GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(self->stop_task == NULL);

    self->stopping_for_good = TRUE;
    self->stop_task = g_task_new(self, NULL, callback, user_data);
    handle_event(self, SL_STREAM_EVENT_UNWATCHED);
    if (self->phase == SL_STREAM_PHASE_LINGERING)
        handle_event(self, SL_STREAM_EVENT_TIMEOUT);
    finish_stop_if_idle(self);
}

gboolean
sl_stream_stop_finish(SlStream *self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}

/* --- others in place of the present setup --- */

void
sl_stream_swap_async(SlStream *self, SlDescription *description, SlValues *values,
                     GAsyncReadyCallback callback, gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);

    g_task_return_new_error(task, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED,
                            "a running stream can't change its description yet");
}

gboolean
sl_stream_swap_finish(SlStream *self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}

gboolean
sl_stream_is_swapping(SlStream *self)
{
    return FALSE;
}

gboolean
sl_stream_set_live(SlStream *self, SlValues *values, GError **error)
{
    g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED,
                        "a running stream can't change its values yet");
    return FALSE;
}

/* --- the object --- */

guint
sl_stream_get_n_viewers(SlStream *self)
{
    return self->n_viewers;
}

const char *
sl_stream_get_name(SlStream *self)
{
    return self->name;
}

const char *
sl_stream_get_title(SlStream *self)
{
    return self->title;
}

SlDescription *
sl_stream_get_description(SlStream *self)
{
    return sl_setup_get_description(self->present);
}

SlValues *
sl_stream_get_values(SlStream *self)
{
    return sl_setup_get_values(self->present);
}

SlInput *
sl_stream_get_input(SlStream *self)
{
    return self->input;
}

const SlCapture *
sl_stream_get_capture(SlStream *self)
{
    return sl_setup_get_capture(self->present);
}

GPtrArray *
sl_stream_get_codecs(SlStream *self)
{
    return sl_setup_get_codecs(self->present);
}

const SlFrameRate *
sl_stream_get_rate(SlStream *self)
{
    return sl_setup_get_rate(self->present);
}

GstElement *
sl_stream_make_viewer_bin(SlStream *self, SlTrack *track, GError **error)
{
    return sl_setup_make_viewer_bin(self->present, track, error);
}

const char *
sl_stream_get_input_label(SlStream *self)
{
    return self->input->label;
}

SlInput *
sl_stream_get_camera(SlStream *self)
{
    gboolean is_gone = g_error_matches(self->fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND);

    return self->input->kind == SL_INPUT_CAMERA && self->input->location != NULL && !is_gone
               ? self->input
               : NULL;
}

SlControlKeeper *
sl_stream_get_controls(SlStream *self)
{
    return self->input->kind == SL_INPUT_CAMERA ? self->controls : NULL;
}

const char *
sl_stream_get_mode(SlStream *self)
{
    return self->mode;
}

static void
sl_stream_dispose(GObject *object)
{
    SlStream *self = SL_STREAM(object);

    sl_clear_source(&self->timer);
    g_clear_object(&self->wait);
    if (self->present != NULL)
        g_signal_handlers_disconnect_by_data(self->present, self);
    g_clear_object(&self->present);
    g_clear_object(&self->controls);
    G_OBJECT_CLASS(sl_stream_parent_class)->dispose(object);
}

static void
sl_stream_finalize(GObject *object)
{
    SlStream *self = SL_STREAM(object);

    g_clear_pointer(&self->said, g_ptr_array_unref);
    g_clear_error(&self->fault);
    g_clear_pointer(&self->input, sl_input_unref);
    g_clear_pointer(&self->weak, sl_weak_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_free(self->reported_detail);
    g_free(self->reported_title);
    g_free(self->found_said);
    g_free(self->mode);
    g_free(self->slow);
    g_free(self->name);
    g_free(self->title);
    G_OBJECT_CLASS(sl_stream_parent_class)->finalize(object);
}

static guint
add_signal(const char *name)
{
    return g_signal_new(name, SL_TYPE_STREAM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                        0);
}

static void
sl_stream_class_init(SlStreamClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_stream_dispose;
    object_class->finalize = sl_stream_finalize;
    signals[STATE_CHANGED] = add_signal("state-changed");
    signals[CODECS_CHANGED] = add_signal("codecs-changed");
    signals[TRACKS_CHANGED] = add_signal("tracks-changed");
    signals[DESCRIPTION_CHANGED] = add_signal("description-changed");
    signals[INPUT_CHANGED] = add_signal("input-changed");
    signals[VALUES_CHANGED] = g_signal_new("values-changed", SL_TYPE_STREAM, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_PTR_ARRAY);
}

static void
sl_stream_init(SlStream *self)
{
    sl_census_add_object(self);
    self->weak = sl_weak_new(self);
    self->said = g_ptr_array_new_with_free_func(g_free);
}

static void
connect_setup(SlStream *self, SlSetup *setup)
{
    g_signal_connect(setup, "found", G_CALLBACK(on_setup_found), self);
    g_signal_connect(setup, "complete", G_CALLBACK(on_setup_complete), self);
    g_signal_connect(setup, "codecs-changed", G_CALLBACK(on_setup_codecs_changed), self);
    g_signal_connect(setup, "measured", G_CALLBACK(on_setup_measured), self);
    g_signal_connect(setup, "broke", G_CALLBACK(on_setup_broke), self);
    g_signal_connect(setup, "stopped", G_CALLBACK(on_setup_stopped), self);
}

SlStream *
sl_stream_new(GMainContext *context, const SlStreamConfig *config)
{
    SlStream *self = g_object_new(SL_TYPE_STREAM, NULL);

    self->context = g_main_context_ref(context);
    self->name = g_strdup(config->name);
    self->title = sl_input_make_title(config->input, config->name);
    self->input = sl_input_ref(config->input);
    self->flags = config->flags;
    self->linger_ms = config->limits->linger_ms;
    self->controls = sl_control_keeper_new(context, config->name, sl_control_device_get_real());
    self->present =
        sl_setup_new(context, config->input, config->description, config->values, config->flags);
    connect_setup(self, self->present);
    self->wait = sl_camera_wait_new(context, config->monitor, config->description, config->values,
                                    config->flags);
    g_signal_connect(self->wait, "came", G_CALLBACK(on_camera_came), self);
    g_signal_connect(self->wait, "went", G_CALLBACK(on_camera_went), self);
    g_signal_connect(self->wait, "there", G_CALLBACK(on_camera_there), self);
    g_signal_connect(self->wait, "refused", G_CALLBACK(on_camera_refused), self);
    return self;
}
