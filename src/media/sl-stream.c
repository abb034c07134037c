#include "sl-stream-private.h"

#include "sl-census.h"
#include "sl-context.h"
#include "sl-log.h"
#include "sl-source-fault.h"

/* A picture that lasted this long ends a series of failures. */
#define STEADY_US (10 * G_USEC_PER_SEC)

G_DEFINE_FINAL_TYPE(SlStream, sl_stream, G_TYPE_OBJECT)

enum {
    STATE_CHANGED,
    CODECS_CHANGED,
    TRACKS_CHANGED,
    VALUES_CHANGED,
    DESCRIPTION_CHANGED,
    INPUT_CHANGED,
    BROKE,
    N_SIGNALS
};
static guint signals[N_SIGNALS];

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
    case SL_STREAM_WAITING:
        return "waiting";
    }
    return "?";
}

SlStreamState
sl_stream_get_state(SlStream *self)
{
    const GError *fault = sl_fault_log_get(self->faults);

    if (g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PUBLISHER_LEFT))
        return SL_STREAM_WAITING;
    if (fault != NULL)
        return sl_source_fault_is_pipelines(fault) ? SL_STREAM_FAILED : SL_STREAM_LOST;
    if (!sl_stream_phase_has_source(self->phase))
        return self->phase == SL_STREAM_PHASE_IDLE ? SL_STREAM_IDLE : SL_STREAM_STARTING;
    if (sl_setup_get_tracks(self->present)->len == 0)
        return SL_STREAM_WAITING;
    return self->live_since_us != 0 ? SL_STREAM_LIVE : SL_STREAM_STARTING;
}

const char *
sl_stream_get_detail(SlStream *self)
{
    const GError *fault = sl_fault_log_get(self->faults);
    SlInputKind kind = sl_stream_get_input(self)->kind;
    SlDescription *description = sl_setup_get_description(self->present);

    if (fault != NULL)
        return sl_source_fault_for_viewers(fault, kind);
    if (self->slow != NULL)
        return self->slow;
    if (sl_setup_get_tracks(self->present)->len == 0)
        return "Waiting for somebody to publish";
    return kind == SL_INPUT_NO_CAMERA && sl_description_get_captured_codec(description) != NULL
               ? "No camera: plug one in"
               : "";
}

void
sl_stream_report(SlStream *self)
{
    SlStreamState state = sl_stream_get_state(self);
    const char *detail = sl_stream_get_detail(self);
    const char *title = sl_stream_get_title(self);

    if (state == self->reported && g_strcmp0(detail, self->reported_detail) == 0 &&
        g_strcmp0(title, self->reported_title) == 0)
        return;
    self->reported = state;
    g_free(self->reported_title);
    self->reported_title = g_strdup(title);
    g_free(self->reported_detail);
    self->reported_detail = g_strdup(detail);
    g_signal_emit(self, signals[STATE_CHANGED], 0);
}

void
sl_stream_tell_awaited(SlStream *self, const GError *reason)
{
    sl_fault_log_say(self->faults, reason->message, "; waiting for it");
}

void
sl_stream_break(SlStream *self, const GError *error)
{
    g_autoptr(SlStream) alive = g_object_ref(self);
    g_autoptr(GError) fault = g_error_copy(error);

    if (!sl_stream_phase_has_source(self->phase))
        return;
    sl_fault_log_set(self->faults, error);
    sl_stream_handle_event(self, SL_STREAM_EVENT_BROKE);
    g_signal_emit(self, signals[BROKE], 0, fault);
}

/* --- the picture --- */

void
sl_stream_note_live(SlStream *self)
{
    self->live_since_us = g_get_monotonic_time();
    if (sl_fault_log_get(self->faults) != NULL)
        sl_log_info("%s: the picture is back", self->name);
    sl_fault_log_clear(self->faults);
}

/* It can be given to viewers. */
void
sl_stream_become_live(SlStream *self)
{
    sl_stream_note_live(self);
    /* Only now it is sure that the node is this camera's, and that the driver has reset what it
     * resets. */
    if (sl_stream_get_camera(self) != NULL && self->own == NULL)
        sl_control_keeper_restore(self->controls, sl_stream_get_input(self));
    sl_stream_update_wait(self);
    sl_stream_report(self);
}

static void
on_setup_complete(SlSetup *setup, SlStream *self)
{
    sl_stream_become_live(self);
}

void
sl_stream_tell_codecs(SlStream *self)
{
    GPtrArray *codecs = sl_setup_get_codecs(self->present);
    gboolean is_same = sl_track_codecs_are_equal(self->told, codecs);

    if (codecs == NULL)
        return;
    g_clear_pointer(&self->told, g_ptr_array_unref);
    self->told = sl_track_codecs_without_tracks(codecs);
    g_signal_emit(self, signals[is_same ? TRACKS_CHANGED : CODECS_CHANGED], 0);
}

static void
on_setup_codecs_changed(SlSetup *setup, SlStream *self)
{
    sl_stream_tell_codecs(self);
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
        sl_log_warning("%s: %s gives %s", self->name, sl_stream_get_input_label(self), self->slow);
        self->slow_said = TRUE;
    } else if (was_slow && !is_slow) {
        sl_log_info("%s: the frames come as they should again", self->name);
    }
    sl_stream_report(self);
}

/* --- the present setup's life: effects are only here --- */

static gboolean
on_timer(gpointer data)
{
    SlStream *self = data;

    sl_clear_source(&self->timer);
    sl_stream_handle_event(self, SL_STREAM_EVENT_TIMEOUT);
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
    const GError *fault = sl_fault_log_get(self->faults);
    gboolean is_forbidden = g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PERMISSION);
    gboolean has_ended = g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_ENDED);
    gboolean slow = (sl_source_fault_is_pipelines(fault) && !has_ended) ||
                    (is_forbidden && !sl_camera_wait_came_just_now(self->wait));
    /* To look for a program costs next to nothing, and it may be started at any time. */
    gboolean is_sender = g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NO_SENDER);
    guint delay_ms = sl_stream_backoff_ms(is_sender ? 0 : self->attempt++, slow);

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
        sl_fault_log_clear(self->faults);
        break;
    case SL_STREAM_PHASE_RUNNING:
        if (!sl_setup_is_running(self->present))
            start_present(self);
        else /* one may have come when nobody watched */
            sl_stream_look_behind_pattern(self);
        break;
    case SL_STREAM_PHASE_LINGERING:
        self->timer = sl_context_add_timeout(self->context, self->linger_ms, on_timer, self);
        break;
    case SL_STREAM_PHASE_STOPPING:
    case SL_STREAM_PHASE_BREAKING:
    case SL_STREAM_PHASE_RESTARTING:
    case SL_STREAM_PHASE_YIELDING:
        if (sl_setup_is_running(self->present))
            stop_present(self);
        else
            sl_stream_go_on(self);
        break;
    case SL_STREAM_PHASE_BACKOFF:
        start_backoff(self);
        break;
    case SL_STREAM_PHASE_AWAY:
        sl_stream_tell_if_free(self);
        break;
    }
}

void
sl_stream_finish_stop(SlStream *self)
{
    g_autoptr(GTask) task = NULL;

    if (self->stop_task == NULL || self->phase != SL_STREAM_PHASE_IDLE || self->swap != NULL ||
        !sl_retiring_is_stopped(self->retiring))
        return;
    task = g_steal_pointer(&self->stop_task);
    g_task_return_boolean(task, TRUE);
}

/* What another one of the stream's holds is waited for. */
static gboolean
is_held(SlStream *self)
{
    return (self->swap != NULL &&
            sl_setup_excludes(sl_swap_get_trial(self->swap), self->present)) ||
           sl_retiring_make_way(self->retiring, self->present);
}

void
sl_stream_go_on(SlStream *self)
{
    if (!sl_setup_is_stopped(self->present))
        return;
    switch (self->phase) {
    case SL_STREAM_PHASE_RESTARTING:
        if (!is_held(self))
            sl_stream_handle_event(self, SL_STREAM_EVENT_STOPPED);
        break;
    case SL_STREAM_PHASE_STOPPING:
    case SL_STREAM_PHASE_BREAKING:
    case SL_STREAM_PHASE_YIELDING:
        sl_stream_handle_event(self, SL_STREAM_EVENT_STOPPED);
        break;
    case SL_STREAM_PHASE_IDLE:
    case SL_STREAM_PHASE_RUNNING:
    case SL_STREAM_PHASE_LINGERING:
    case SL_STREAM_PHASE_BACKOFF:
    case SL_STREAM_PHASE_AWAY:
        break;
    }
}

void
sl_stream_handle_event(SlStream *self, SlStreamEvent event)
{
    g_autoptr(SlStream) alive = g_object_ref(self);
    SlStreamPhase next = sl_stream_phase_next(self->phase, event);

    if (next == self->phase)
        return;
    enter_phase(self, next);
    sl_stream_update_wait(self);
    sl_stream_report(self);
    sl_stream_finish_stop(self);
}

static void
on_setup_found(SlSetup *setup, SlStream *self)
{
    g_autoptr(SlStream) alive = g_object_ref(self);
    gboolean is_another = sl_found_input_take(self->found, sl_setup_get_capture(setup));

    sl_stream_update_wait(self);
    sl_stream_report(self);
    if (is_another)
        g_signal_emit(self, signals[INPUT_CHANGED], 0);
}

static void
on_setup_broke(SlSetup *setup, GError *error, SlStream *self)
{
    if (sl_setup_get_publisher(setup) != NULL)
        sl_stream_leave(self, error);
    else
        sl_stream_break(self, error);
}

static void
on_setup_stopped(SlSetup *setup, SlStream *self)
{
    sl_stream_go_on(self);
}

void
sl_stream_acquire(SlStream *self)
{
    if (self->n_viewers++ == 0 && !self->stopping_for_good)
        sl_stream_handle_event(self, SL_STREAM_EVENT_WATCHED);
}

void
sl_stream_release(SlStream *self)
{
    g_return_if_fail(self->n_viewers > 0);
    if (--self->n_viewers == 0)
        sl_stream_handle_event(self, SL_STREAM_EVENT_UNWATCHED);
}

void
sl_stream_stop_async(SlStream *self, GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(self->stop_task == NULL);

    self->stopping_for_good = TRUE;
    self->stop_task = g_task_new(self, NULL, callback, user_data);
    sl_stream_call_off_swap(self);
    sl_retiring_stop(self->retiring);
    sl_stream_handle_event(self, SL_STREAM_EVENT_UNWATCHED);
    if (self->phase == SL_STREAM_PHASE_LINGERING)
        sl_stream_handle_event(self, SL_STREAM_EVENT_TIMEOUT);
    sl_stream_dismiss(self);
    sl_stream_finish_stop(self);
}

gboolean
sl_stream_stop_finish(SlStream *self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
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
    const char *title = self->own != NULL ? sl_setup_get_input(self->present)->location : NULL;

    if (self->own != NULL)
        return title != NULL ? title : self->name;
    return sl_found_input_get_title(self->found);
}

SlDescription *
sl_stream_get_description(SlStream *self)
{
    return sl_setup_get_description(sl_stream_get_own(self));
}

SlValues *
sl_stream_get_values(SlStream *self)
{
    return sl_setup_get_values(sl_stream_get_own(self));
}

SlInput *
sl_stream_get_input(SlStream *self)
{
    return sl_found_input_get(self->found);
}

const SlCapture *
sl_stream_get_capture(SlStream *self)
{
    return sl_setup_get_capture(sl_stream_get_own(self));
}

gboolean
sl_stream_has_track(SlStream *self, SlTrack *track)
{
    return g_ptr_array_find(sl_setup_get_tracks(self->present), track, NULL);
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
    SlSetup *setup =
        sl_stream_has_track(self, track) ? self->present : sl_retiring_find(self->retiring, track);

    if (setup == NULL) {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE,
                    "track %s has given way to another pipeline's", sl_track_get_name(track));
        return NULL;
    }
    return sl_setup_make_viewer_bin(setup, track, error);
}

const char *
sl_stream_get_input_label(SlStream *self)
{
    return sl_stream_get_input(self)->label;
}

SlInput *
sl_stream_get_camera(SlStream *self)
{
    SlInput *input = sl_stream_get_input(self);
    gboolean is_gone =
        g_error_matches(sl_fault_log_get(self->faults), SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND);

    return input->kind == SL_INPUT_CAMERA && input->location != NULL && !is_gone ? input : NULL;
}

SlControlKeeper *
sl_stream_get_controls(SlStream *self)
{
    return sl_stream_get_input(self)->kind == SL_INPUT_CAMERA ? self->controls : NULL;
}

const GError *
sl_stream_get_fault(SlStream *self)
{
    return sl_fault_log_get(self->faults);
}

const char *
sl_stream_get_mode(SlStream *self)
{
    return self->own == NULL ? sl_found_input_get_mode(self->found) : NULL;
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
    g_clear_object(&self->own);
    g_clear_pointer(&self->told, g_ptr_array_unref);
    g_clear_pointer(&self->waiting, g_ptr_array_unref);
    if (self->retiring != NULL)
        g_signal_handlers_disconnect_by_data(self->retiring, self);
    g_clear_object(&self->retiring);
    g_clear_object(&self->controls);
    G_OBJECT_CLASS(sl_stream_parent_class)->dispose(object);
}

static void
sl_stream_finalize(GObject *object)
{
    SlStream *self = SL_STREAM(object);

    g_clear_pointer(&self->faults, sl_fault_log_free);
    g_clear_pointer(&self->found, sl_found_input_free);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_free(self->reported_detail);
    g_free(self->reported_title);
    g_free(self->slow);
    g_free(self->name);
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
    signals[BROKE] = g_signal_new("broke", SL_TYPE_STREAM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_ERROR);
    signals[VALUES_CHANGED] = g_signal_new("values-changed", SL_TYPE_STREAM, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_PTR_ARRAY);
}

static void
sl_stream_init(SlStream *self)
{
    sl_census_add_object(self);
    self->waiting = g_ptr_array_new_with_free_func(g_object_unref);
}

static void
on_retiring_stopped(SlRetiring *retiring, SlStream *self)
{
    sl_stream_tell_if_free(self);
    sl_stream_go_on(self);
    sl_stream_finish_stop(self);
}

void
sl_stream_connect_setup(SlStream *self, SlSetup *setup)
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
    self->found = sl_found_input_new(config->name, config->input);
    self->faults = sl_fault_log_new(config->name);
    self->flags = config->flags;
    self->publish = config->publish;
    self->linger_ms = config->limits->linger_ms;
    self->controls = sl_control_keeper_new(context, config->name, sl_control_device_get_real());
    self->present =
        sl_setup_new(context, config->input, config->description, config->values, config->flags);
    sl_stream_connect_setup(self, self->present);
    self->retiring = sl_retiring_new(context);
    g_signal_connect(self->retiring, "stopped", G_CALLBACK(on_retiring_stopped), self);
    self->wait = sl_camera_wait_new(context, config->monitor, config->description, config->values,
                                    config->flags);
    sl_stream_connect_wait(self);
    return self;
}
