#include "sl-stream.h"

#include "sl-census.h"
#include "sl-codec-probe.h"
#include "sl-context.h"
#include "sl-log.h"
#include "sl-pipeline-source.h"
#include "sl-source-fault.h"
#include "sl-stream-state.h"
#include "sl-teardown.h"

/* A source that gives nothing for this long after its start is treated as broken. An IP camera may
 * take as long to its next keyframe. */
#define FIRST_FRAME_TIMEOUT_MS 10000
#define FIRST_FRAME_TIMEOUT_URI_MS 30000
/* So is one that gives nothing for two of these later. */
#define STALL_CHECK_MS 5000
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
    SlInput *input;
    SlDescription *description;
    SlValues *values;
    guint linger_ms;

    SlControlKeeper *controls;

    SlSource *source;
    guint n_viewers;
    SlStreamPhase phase;
    GSource *timer;       /* lingering, or backing off */
    GSource *frame_timer; /* waits for the first frames, then sees that there are more */
    guint attempt;        /* failures in a row */
    guint run;            /* counts starts */

    guint n_tracks_seen;  /* of this run: those that gave a frame */
    gint64 live_since_us; /* every track gave one, and its codec is known; 0: not yet */
    GError *fault;        /* the last one; cleared by the first picture */
    GPtrArray *said;      /* of char: faults that the log has had since there was a picture */

    GPtrArray *outputs; /* of Output, as the source's tracks */
    GPtrArray *codecs;  /* of SlTrackCodec; NULL until all are known */

    SlStreamState reported;
    char *reported_detail;
    gboolean stopping_for_good;
    GTask *stop_task;
};

/* A track and what is known of its codec. */
typedef struct {
    SlStream *stream; /* not owned: it owns this */
    SlTrack *track;
    GstCaps *caps;       /* what the track carried when its codec was last looked for */
    GstCaps *rtp_caps;   /* what became of that; NULL while not known */
    SlCodecProbe *probe; /* under way */
    guint64 n_frames;    /* when it was last looked at */
    guint n_stalled;     /* looks in a row that found no more */
} Output;

typedef struct {
    guint run;
    guint index;
    GstSample *sample;
} FirstFrame;

typedef struct {
    GMainContext *context;
    SlWeak *stream;
    guint run;
    guint index;
} FirstFrameLink;

G_DEFINE_FINAL_TYPE(SlStream, sl_stream, G_TYPE_OBJECT)

enum { STATE_CHANGED, CODECS_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void handle_event(SlStream *self, SlStreamEvent event);

static GPtrArray *
get_tracks(SlStream *self)
{
    return sl_source_get_tracks(self->source);
}

static void
track_codec_free(gpointer data)
{
    SlTrackCodec *codec = data;

    g_clear_object(&codec->track);
    gst_clear_caps(&codec->rtp_caps);
    g_free(codec);
}

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

    if (state == self->reported && g_strcmp0(detail, self->reported_detail) == 0)
        return;
    self->reported = state;
    g_free(self->reported_detail);
    self->reported_detail = g_strdup(detail);
    g_signal_emit(self, signals[STATE_CHANGED], 0);
}

/* Once each, however often it is tried again and whichever fault comes in turn with which. */
static void
log_fault(SlStream *self, const char *message)
{
    if (self->said->len >= MAX_FAULTS_SAID ||
        g_ptr_array_find_with_equal_func(self->said, message, g_str_equal, NULL))
        return;
    sl_log_warning("%s: %s", self->name, message);
    g_ptr_array_add(self->said, g_strdup(message));
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

    log_fault(self, fault->message);
    g_clear_error(&self->fault);
    self->fault = g_error_new_literal(fault->domain, fault->code, text);
}

/* --- codecs --- */

static void
cancel_probe(Output *output)
{
    g_clear_pointer(&output->probe, sl_codec_probe_cancel);
}

static void
output_free(gpointer data)
{
    Output *output = data;

    cancel_probe(output);
    gst_clear_caps(&output->caps);
    gst_clear_caps(&output->rtp_caps);
    g_clear_object(&output->track);
    g_free(output);
}

static gboolean
codecs_are_equal(GPtrArray *a, GPtrArray *b)
{
    if (a == NULL || a->len != b->len)
        return FALSE;
    for (guint i = 0; i < a->len; i++) {
        SlTrackCodec *codec_a = g_ptr_array_index(a, i);
        SlTrackCodec *codec_b = g_ptr_array_index(b, i);
        if (!gst_caps_is_equal(codec_a->rtp_caps, codec_b->rtp_caps))
            return FALSE;
    }
    return TRUE;
}

static void
publish_codecs_if_complete(SlStream *self)
{
    g_autoptr(GPtrArray) codecs = g_ptr_array_new_with_free_func(track_codec_free);

    for (guint i = 0; i < self->outputs->len; i++) {
        Output *output = g_ptr_array_index(self->outputs, i);
        SlTrackCodec *codec;

        if (output->rtp_caps == NULL)
            return;
        codec = g_new0(SlTrackCodec, 1);
        codec->track = g_object_ref(output->track);
        codec->rtp_caps = gst_caps_ref(output->rtp_caps);
        g_ptr_array_add(codecs, codec);
    }
    if (codecs_are_equal(self->codecs, codecs))
        return;
    g_clear_pointer(&self->codecs, g_ptr_array_unref);
    self->codecs = g_steal_pointer(&codecs);
    g_signal_emit(self, signals[CODECS_CHANGED], 0);
}

static void
break_with(SlStream *self, const GError *error)
{
    if (!sl_stream_phase_has_source(self->phase))
        return;
    set_fault(self, error);
    handle_event(self, SL_STREAM_EVENT_BROKE);
}

/* Its mistakes show when there is a frame to try it with. */
static void
break_with_viewers_section(SlStream *self, Output *output, const GError *error)
{
    const char *track = sl_track_get_name(output->track);
    g_autoptr(GError) fault = g_error_new(error->domain, error->code, "%s:%u: [viewer %s]: %s",
                                          sl_description_get_file(self->description),
                                          sl_description_get_viewer_line(self->description, track),
                                          track, error->message);

    break_with(self, fault);
}

/* A picture that viewers can be given: frames of every track, and what they are encoded in. */
static void
become_live_if_complete(SlStream *self)
{
    if (self->live_since_us != 0 || self->n_tracks_seen < self->outputs->len)
        return;
    for (guint i = 0; i < self->outputs->len; i++) {
        if (((Output *)g_ptr_array_index(self->outputs, i))->rtp_caps == NULL)
            return;
    }
    self->live_since_us = g_get_monotonic_time();
    if (self->fault != NULL)
        sl_log_info("%s: the picture is back", self->name);
    clear_fault(self);
    /* Only now it is sure that the node is this camera's, and that the driver has reset what it
     * resets. */
    if (sl_stream_get_device(self) != NULL)
        sl_control_keeper_restore(self->controls, sl_stream_get_device(self));
    report_state(self);
}

static void
on_codec_found(GstCaps *rtp_caps, const GError *error, gpointer user_data)
{
    Output *output = user_data;
    g_autoptr(SlStream) self = g_object_ref(output->stream);

    output->probe = NULL; /* it is over */
    gst_caps_replace(&output->rtp_caps, rtp_caps);
    if (rtp_caps == NULL) {
        break_with_viewers_section(self, output, error);
        return;
    }
    publish_codecs_if_complete(self);
    become_live_if_complete(self);
}

static void
find_codec(SlStream *self, Output *output, GstSample *sample)
{
    GstCaps *caps = gst_sample_get_caps(sample);
    g_autoptr(GError) error = NULL;
    GstElement *bin;

    if (output->rtp_caps != NULL && gst_caps_is_equal(output->caps, caps))
        return;
    cancel_probe(output);
    gst_caps_replace(&output->caps, caps);
    gst_clear_caps(&output->rtp_caps);

    bin = sl_stream_make_viewer_bin(self, output->track, &error);
    if (bin == NULL)
        break_with_viewers_section(self, output, error);
    else
        output->probe = sl_codec_probe(self->context, bin, sample, on_codec_found, output);
}

static Output *
find_output(SlStream *self, SlTrack *track)
{
    for (guint i = 0; i < self->outputs->len; i++) {
        Output *output = g_ptr_array_index(self->outputs, i);
        if (output->track == track)
            return output;
    }
    return NULL;
}

GPtrArray *
sl_stream_get_codecs(SlStream *self)
{
    return self->codecs;
}

GstElement *
sl_stream_make_viewer_bin(SlStream *self, SlTrack *track, GError **error)
{
    g_autoptr(SlProblems) problems = sl_problems_new(sl_description_get_file(self->description));
    g_autoptr(SlLaunch) launch = sl_description_expand_viewer(self->description, self->values,
                                                              sl_track_get_name(track), problems);
    Output *output = find_output(self, track);

    g_return_val_if_fail(output != NULL && output->caps != NULL, NULL);
    if (sl_problems_get_count(problems) > 0) {
        g_autofree char *text = sl_problems_to_text(problems);
        g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION, text);
        return NULL;
    }
    return sl_codec_make_viewer_bin(launch, output->caps, error);
}

/* --- the first frames --- */

static void
first_frame_free(gpointer data)
{
    FirstFrame *frame = data;

    gst_sample_unref(frame->sample);
    g_free(frame);
}

static void
first_frame_link_free(gpointer data)
{
    FirstFrameLink *link = data;

    g_main_context_unref(link->context);
    sl_weak_unref(link->stream);
    g_free(link);
}

static void
break_for_want_of_frames(SlStream *self)
{
    g_autoptr(GError) error = g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                                          "%s gives no picture, trying again", self->input->label);

    sl_clear_source(&self->frame_timer);
    break_with(self, error);
}

static gboolean
on_no_first_frame(gpointer data)
{
    break_for_want_of_frames(data);
    return G_SOURCE_REMOVE;
}

/* Some cameras and servers fall silent without an error. */
static gboolean
on_stall_check(gpointer data)
{
    SlStream *self = data;

    for (guint i = 0; i < self->outputs->len; i++) {
        Output *output = g_ptr_array_index(self->outputs, i);
        guint64 n_frames = sl_track_get_n_frames(output->track);

        output->n_stalled = n_frames == output->n_frames ? output->n_stalled + 1 : 0;
        output->n_frames = n_frames;
        if (output->n_stalled == 2) {
            output->n_stalled = 0;
            break_for_want_of_frames(self);
            return G_SOURCE_REMOVE;
        }
    }
    return G_SOURCE_CONTINUE;
}

static void
on_first_frame(gpointer object, gpointer data)
{
    SlStream *self = object;
    FirstFrame *frame = data;

    if (frame->run != self->run || !sl_stream_phase_has_source(self->phase))
        return;
    self->n_tracks_seen++;
    if (self->n_tracks_seen == self->outputs->len) {
        sl_clear_source(&self->frame_timer);
        self->frame_timer =
            sl_context_add_timeout(self->context, STALL_CHECK_MS, on_stall_check, self);
    }
    find_codec(self, g_ptr_array_index(self->outputs, frame->index), frame->sample);
    become_live_if_complete(self);
}

/* The source's streaming thread. */
static void
on_track_first_frame(SlTrack *track, GstSample *sample, gpointer user_data)
{
    FirstFrameLink *link = user_data;
    FirstFrame *frame = g_new0(FirstFrame, 1);

    frame->run = link->run;
    frame->index = link->index;
    frame->sample = gst_sample_ref(sample);
    sl_context_post(link->context, link->stream, on_first_frame, frame, first_frame_free);
}

static void
await_first_frames(SlStream *self)
{
    self->n_tracks_seen = 0;
    for (guint i = 0; i < get_tracks(self)->len; i++) {
        FirstFrameLink *link = g_new0(FirstFrameLink, 1);
        link->context = g_main_context_ref(self->context);
        link->stream = sl_weak_ref(self->weak);
        link->run = self->run;
        link->index = i;
        sl_track_set_first_frame_func(g_ptr_array_index(get_tracks(self), i), on_track_first_frame,
                                      link, first_frame_link_free);
    }
}

static void
forget_first_frames(SlStream *self)
{
    sl_clear_source(&self->frame_timer);
    for (guint i = 0; i < get_tracks(self)->len; i++)
        sl_track_set_first_frame_func(g_ptr_array_index(get_tracks(self), i), NULL, NULL, NULL);
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
start_source(SlStream *self)
{
    self->run++;
    await_first_frames(self);
    self->frame_timer = sl_context_add_timeout(self->context,
                                               self->input->kind == SL_INPUT_RTSP ||
                                                       self->input->kind == SL_INPUT_URI
                                                   ? FIRST_FRAME_TIMEOUT_URI_MS
                                                   : FIRST_FRAME_TIMEOUT_MS,
                                               on_no_first_frame, self);
    sl_source_start(self->source);
}

static void
stop_source(SlStream *self)
{
    if (self->live_since_us != 0 && g_get_monotonic_time() - self->live_since_us > STEADY_US)
        self->attempt = 0;
    self->live_since_us = 0;
    self->n_tracks_seen = 0;
    forget_first_frames(self);
    for (guint i = 0; i < self->outputs->len; i++)
        cancel_probe(g_ptr_array_index(self->outputs, i));
    sl_source_stop(self->source);
}

/* What somebody has to change first is tried again slowly; cameras lock users out whose password is
 * wrong too often. */
static void
start_backoff(SlStream *self)
{
    gboolean slow = sl_source_fault_is_pipelines(self->fault) ||
                    g_error_matches(self->fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PERMISSION);
    guint delay_ms = sl_stream_backoff_ms(self->attempt++, slow);

    self->timer = sl_context_add_timeout(self->context, delay_ms, on_timer, self);
}

static void
enter_phase(SlStream *self, SlStreamPhase phase)
{
    gboolean had_source = sl_stream_phase_has_source(self->phase);

    self->phase = phase;
    sl_clear_source(&self->timer);

    switch (phase) {
    case SL_STREAM_PHASE_IDLE:
        self->attempt = 0;
        clear_fault(self);
        break;
    case SL_STREAM_PHASE_RUNNING:
        if (!had_source)
            start_source(self);
        break;
    case SL_STREAM_PHASE_LINGERING:
        self->timer = sl_context_add_timeout(self->context, self->linger_ms, on_timer, self);
        break;
    case SL_STREAM_PHASE_STOPPING:
    case SL_STREAM_PHASE_BREAKING:
        if (had_source)
            stop_source(self);
        break;
    case SL_STREAM_PHASE_RESTARTING:
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
    report_state(self);
    finish_stop_if_idle(self);
}

static void
on_source_broke(SlSource *source, GError *error, SlStream *self)
{
    break_with(self, error);
}

static void
on_source_stopped(SlSource *source, SlStream *self)
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
    return self->description;
}

const char *
sl_stream_get_input_label(SlStream *self)
{
    return self->input->label;
}

const char *
sl_stream_get_device(SlStream *self)
{
    gboolean is_gone = g_error_matches(self->fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND);

    return self->input->kind == SL_INPUT_CAMERA && !is_gone ? self->input->location : NULL;
}

SlControlKeeper *
sl_stream_get_controls(SlStream *self)
{
    return self->input->kind == SL_INPUT_CAMERA ? self->controls : NULL;
}

static void
sl_stream_dispose(GObject *object)
{
    SlStream *self = SL_STREAM(object);

    sl_clear_source(&self->timer);
    if (self->source != NULL) {
        forget_first_frames(self);
        g_signal_handlers_disconnect_by_data(self->source, self);
    }
    g_clear_pointer(&self->outputs, g_ptr_array_unref);
    g_clear_pointer(&self->codecs, g_ptr_array_unref);
    g_clear_object(&self->source);
    g_clear_object(&self->controls);
    G_OBJECT_CLASS(sl_stream_parent_class)->dispose(object);
}

static void
sl_stream_finalize(GObject *object)
{
    SlStream *self = SL_STREAM(object);

    g_clear_pointer(&self->said, g_ptr_array_unref);
    g_clear_error(&self->fault);
    g_clear_pointer(&self->values, sl_values_unref);
    g_clear_pointer(&self->description, sl_description_unref);
    g_clear_pointer(&self->input, sl_input_unref);
    g_clear_pointer(&self->weak, sl_weak_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_free(self->reported_detail);
    g_free(self->name);
    g_free(self->title);
    G_OBJECT_CLASS(sl_stream_parent_class)->finalize(object);
}

static void
sl_stream_class_init(SlStreamClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_stream_dispose;
    object_class->finalize = sl_stream_finalize;
    signals[STATE_CHANGED] = g_signal_new("state-changed", SL_TYPE_STREAM, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[CODECS_CHANGED] = g_signal_new("codecs-changed", SL_TYPE_STREAM, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
sl_stream_init(SlStream *self)
{
    sl_census_add_object(self);
    self->weak = sl_weak_new(self);
}

/* What a viewer is shown: nothing of where a source is found. */
static char *
make_title(const char *name, const SlInput *input)
{
    g_autofree char *path = NULL;

    switch (input->kind) {
    case SL_INPUT_CAMERA: /* `NAME (/dev/video0)` */
        return g_strchomp(g_strndup(input->label, strcspn(input->label, "(")));
    case SL_INPUT_FILE:
        path = g_filename_from_uri(input->location, NULL, NULL);
        return path != NULL ? g_filename_display_basename(path) : g_strdup(name);
    case SL_INPUT_TEST:
    case SL_INPUT_NO_CAMERA:
        return g_strdup("Test pattern");
    case SL_INPUT_RTSP:
    case SL_INPUT_URI:
        break;
    }
    return g_strdup(name);
}

SlStream *
sl_stream_new(GMainContext *context, const char *name, SlInput *input, SlDescription *description,
              SlValues *values, const SlLimits *limits)
{
    SlStream *self = g_object_new(SL_TYPE_STREAM, NULL);

    self->context = g_main_context_ref(context);
    self->name = g_strdup(name);
    self->title = make_title(name, input);
    self->input = input;
    self->description = description;
    self->values = values;
    self->linger_ms = limits->linger_ms;
    self->controls = sl_control_keeper_new(context, name, sl_control_device_get_real());
    self->source = SL_SOURCE(sl_pipeline_source_new(context, input, description, values));
    g_signal_connect(self->source, "broke", G_CALLBACK(on_source_broke), self);
    g_signal_connect(self->source, "stopped", G_CALLBACK(on_source_stopped), self);

    self->outputs = g_ptr_array_new_with_free_func(output_free);
    self->said = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < get_tracks(self)->len; i++) {
        Output *output = g_new0(Output, 1);
        output->stream = self;
        output->track = g_object_ref(g_ptr_array_index(get_tracks(self), i));
        g_ptr_array_add(self->outputs, output);
    }
    return self;
}
