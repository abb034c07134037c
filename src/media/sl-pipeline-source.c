#include "sl-pipeline-source.h"

#include <gio/gio.h>
#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

#include "sl-capture-ask.h"
#include "sl-census.h"
#include "sl-context.h"
#include "sl-file-loop.h"
#include "sl-launch-elements.h"
#include "sl-log.h"
#include "sl-microphone.h"
#include "sl-pass-through.h"
#include "sl-rtsp-picture.h"
#include "sl-shm-sender.h"
#include "sl-sound.h"
#include "sl-source-fault.h"
#include "sl-teardown.h"
#include "sl-videorate-guard.h"

GST_DEBUG_CATEGORY_STATIC(sightline_source);
#define GST_CAT_DEFAULT sightline_source

struct _SlPipelineSource {
    GObject parent_instance;

    GMainContext *context;
    SlWeak *weak;
    SlInput *input; /* as it was last found */
    SlDescription *description;
    SlValues *values;
    SlCaptureFlags flags;
    GPtrArray *tracks; /* of SlTrack */

    SlCapture *capture;   /* of the latest start */
    GstElement *pipeline; /* NULL while stopped */
    GPtrArray *appsinks;  /* of GstAppSink, as tracks */
    gboolean started;     /* and not asked to stop */
    gboolean asking;      /* another thread asks the input, maybe for an earlier start */
    gboolean starting;    /* another thread is changing the pipeline's state */
    gboolean stop_wanted; /* as soon as that has ended */
    gboolean broke;       /* said so, for this start */
    gboolean lost_sound;  /* said so */
    guint run;            /* counts starts: what an older pipeline posted is ignored */
};

enum { FOUND, N_SIGNALS };
static guint signals[N_SIGNALS];

static void pipeline_source_iface_init(SlSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(SlPipelineSource, sl_pipeline_source, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(SL_TYPE_SOURCE, pipeline_source_iface_init))

/* What a pipeline's threads tell the main thread. */
typedef struct {
    guint run;
    GstMessageType type;
    GError *error;
    char *debug;
    SlPlace *place;     /* nullable: what complained */
    gboolean is_sounds; /* it is of the sound's way alone */
} BusNews;

/* What a pipeline's bus handler needs; it outlives the source. */
typedef struct {
    GMainContext *context;
    SlWeak *source;
    guint run;
} BusLink;

typedef struct {
    guint run;
    GstElement *pipeline;
    GPtrArray *appsinks;
    char *microphone; /* nullable */
    GMainContext *context;
    SlWeak *source;
} StartJob;

static void
bus_news_free(gpointer data)
{
    BusNews *news = data;

    g_clear_error(&news->error);
    g_free(news->debug);
    sl_place_free(news->place);
    g_free(news);
}

static void
bus_link_free(gpointer data)
{
    BusLink *link = data;

    g_main_context_unref(link->context);
    sl_weak_unref(link->source);
    g_free(link);
}

static void
start_job_free(gpointer data)
{
    StartJob *job = data;

    g_clear_pointer(&job->appsinks, g_ptr_array_unref);
    g_clear_object(&job->pipeline);
    g_free(job->microphone);
    g_main_context_unref(job->context);
    sl_weak_unref(job->source);
    g_free(job);
}

static void
break_with(SlPipelineSource *self, const GError *error)
{
    if (self->broke)
        return;
    self->broke = TRUE;
    sl_source_emit_broke(SL_SOURCE(self), error);
}

/* --- the bus --- */

/* The picture goes on, with silence. */
static void
lose_sound(SlPipelineSource *self, const GError *error)
{
    g_autofree char *reason = NULL;

    if (self->lost_sound)
        return;
    self->lost_sound = TRUE;
    reason = sl_log_redact_text(error->message);
    sl_log_warning("%s: its sound can't be had, silence instead (%s)", self->input->label, reason);
}

/* While it starts, on another thread, each look at its latency would wait until it has started. */
static void
on_bus_news(gpointer object, gpointer data)
{
    SlPipelineSource *self = object;
    BusNews *news = data;
    SlFaultScene scene = { self->input, self->description, news->place };
    g_autoptr(GError) error = NULL;

    if (self->pipeline == NULL || news->run != self->run)
        return;

    if (news->is_sounds) {
        lose_sound(self, news->error);
    } else if (news->type == GST_MESSAGE_ERROR && news->error->domain == SL_MEDIA_ERROR) {
        break_with(self, news->error);
    } else if (news->type == GST_MESSAGE_ERROR) {
        GST_WARNING("%s: %s (%s)", sl_description_get_name(self->description), news->error->message,
                    news->debug);
        error = sl_source_fault_new(&scene, news->error, news->debug);
        break_with(self, error);
    } else if (news->type == GST_MESSAGE_EOS) {
        error = sl_source_fault_new_ended(&scene);
        break_with(self, error);
    } else if (news->type == GST_MESSAGE_LATENCY && !self->starting) {
        gst_bin_recalculate_latency(GST_BIN(self->pipeline));
    }
}

/* GStreamer's own are not for people. */
static gboolean
is_sounds_warning(GstMessage *message)
{
    g_autoptr(GError) error = NULL;

    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_WARNING)
        return FALSE;
    gst_message_parse_warning(message, &error, NULL);
    return error->domain == SL_MEDIA_ERROR;
}

static GstBusSyncReply
on_bus_message(GstBus *bus, GstMessage *message, gpointer data)
{
    BusLink *link = data;
    BusNews *news;

    if ((GST_MESSAGE_TYPE(message) & (GST_MESSAGE_ERROR | GST_MESSAGE_EOS | GST_MESSAGE_LATENCY)) !=
            0 ||
        is_sounds_warning(message)) {
        news = g_new0(BusNews, 1);
        news->run = link->run;
        news->type = GST_MESSAGE_TYPE(message);
        if (news->type == GST_MESSAGE_ERROR) {
            gst_message_parse_error(message, &news->error, &news->debug);
            news->place = sl_place_find(message);
        }
        if (news->type == GST_MESSAGE_WARNING) {
            gst_message_parse_warning(message, &news->error, &news->debug);
            news->is_sounds = TRUE;
        }
        sl_context_post(link->context, link->source, on_bus_news, news, bus_news_free);
    }
    gst_message_unref(message);
    return GST_BUS_DROP;
}

/* --- building --- */

static GstFlowReturn
on_new_sample(GstAppSink *appsink, gpointer data)
{
    SlTrack *track = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(appsink);

    if (sample != NULL)
        sl_track_push(track, sample, gst_element_get_base_time(GST_ELEMENT(appsink)));
    return GST_FLOW_OK;
}

/* A track of what the input itself encoded has to be what browsers play. */
static gboolean
passes_through(SlPipelineSource *self)
{
    const char *codec = sl_description_get_captured_codec(self->description);

    return codec != NULL && !g_str_equal(codec, SL_CODEC_RAW);
}

static char *
make_where(SlPipelineSource *self, SlTrack *track)
{
    return g_strdup_printf(
        "%s:%u: ", sl_description_get_file(self->description),
        sl_description_get_track_line(self->description, sl_track_get_name(track)));
}

static void
watch_order(SlPipelineSource *self, SlTrack *track, GstElement *appsink)
{
    g_autofree char *where = make_where(self, track);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(appsink, "sink");

    sl_pass_through_watch(pad, where, !passes_through(self));
}

static gboolean
connect_track(SlPipelineSource *self, SlTrack *track, GError **error)
{
    GstAppSinkCallbacks callbacks = { .new_sample = on_new_sample };
    g_autoptr(GstElement) appsink =
        gst_bin_get_by_name(GST_BIN(self->pipeline), sl_track_get_name(track));

    if (!GST_IS_APP_SINK(appsink)) {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION, "%s:%u: no appsink named %s",
                    sl_description_get_file(self->description),
                    sl_description_get_track_line(self->description, sl_track_get_name(track)),
                    sl_track_get_name(track));
        return FALSE;
    }
    g_object_set(appsink, "max-buffers", 4, "enable-last-sample", FALSE, "wait-on-eos", FALSE,
                 "sync", TRUE, "qos", FALSE, NULL);
    gst_app_sink_set_callbacks(GST_APP_SINK(appsink), &callbacks, g_object_ref(track),
                               g_object_unref);
    watch_order(self, track, appsink);
    g_ptr_array_add(self->appsinks, g_steal_pointer(&appsink));
    return TRUE;
}

static SlLaunch *
make_launch(SlPipelineSource *self, GError **error)
{
    g_autoptr(SlProblems) problems = sl_problems_new(sl_description_get_file(self->description));
    SlLaunch *launch =
        sl_description_expand_source(self->description, self->values, self->capture, problems);

    if (launch == NULL) {
        g_autofree char *text = sl_problems_to_text(problems);
        g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION, text);
    }
    return launch;
}

static GstElement *
build_elements(SlPipelineSource *self, GError **error)
{
    const char *file = sl_description_get_file(self->description);
    g_autoptr(SlLaunch) launch = make_launch(self, error);
    g_autoptr(SlProblems) problems = sl_problems_new(file);
    g_autoptr(GPtrArray) tokens = NULL;
    g_autoptr(GError) fault = NULL;
    g_autoptr(GstElement) pipeline = NULL;
    guint line;

    if (launch == NULL)
        return NULL;
    GST_DEBUG("%s", sl_launch_get_text(launch));
    tokens = sl_launch_tokens_read(launch, "[source]", problems);
    pipeline = sl_launch_build(launch, tokens, FALSE, &line, &fault);
    if (GST_IS_PIPELINE(pipeline))
        return g_steal_pointer(&pipeline);
    g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION, "%s:%u: %s", file,
                line != 0 ? line : sl_description_get_source_line(self->description),
                fault != NULL ? fault->message : "[source] is no pipeline");
    return NULL;
}

static gboolean
build_pipeline(SlPipelineSource *self, GError **error)
{
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    g_autoptr(GstBus) bus = NULL;
    BusLink *link;

    self->pipeline = build_elements(self, error);
    if (self->pipeline == NULL)
        return FALSE;
    gst_pipeline_use_clock(GST_PIPELINE(self->pipeline), clock);
    sl_file_loop_install(GST_BIN(self->pipeline));
    sl_sound_install(GST_BIN(self->pipeline));
    sl_rtsp_picture_install(GST_BIN(self->pipeline));
    if (passes_through(self)) {
        g_autofree char *where = make_where(self, g_ptr_array_index(self->tracks, 0));
        sl_pass_through_watch_input(GST_BIN(self->pipeline), where);
    }
    sl_videorate_guard_install(GST_BIN(self->pipeline));

    link = g_new0(BusLink, 1);
    link->context = g_main_context_ref(self->context);
    link->source = sl_weak_ref(self->weak);
    link->run = self->run;
    bus = gst_pipeline_get_bus(GST_PIPELINE(self->pipeline));
    gst_bus_set_sync_handler(bus, on_bus_message, link, bus_link_free);

    for (guint i = 0; i < self->tracks->len; i++) {
        if (!connect_track(self, g_ptr_array_index(self->tracks, i), error))
            return FALSE;
    }
    return TRUE;
}

/* --- life --- */

static void
on_torn_down(gpointer data)
{
    g_autoptr(SlPipelineSource) self = data;

    for (guint i = 0; i < self->tracks->len; i++)
        sl_track_drop_group(g_ptr_array_index(self->tracks, i));
    sl_source_emit_stopped(SL_SOURCE(self));
}

static void
tear_down(SlPipelineSource *self)
{
    GstElement *pipeline = g_steal_pointer(&self->pipeline);

    self->stop_wanted = FALSE;
    for (guint i = 0; i < self->appsinks->len; i++) {
        GstAppSinkCallbacks none = { NULL };
        gst_app_sink_set_callbacks(g_ptr_array_index(self->appsinks, i), &none, NULL, NULL);
    }
    g_ptr_array_set_size(self->appsinks, 0);
    if (pipeline == NULL) /* it was not built */
        pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    sl_teardown_element(pipeline, NULL, self->context, on_torn_down, g_object_ref(self));
}

static void
on_started(gpointer object, gpointer data)
{
    SlPipelineSource *self = object;
    StartJob *job = data;

    if (job->run != self->run)
        return;
    self->starting = FALSE;
    if (self->stop_wanted)
        tear_down(self);
    else
        gst_bin_recalculate_latency(GST_BIN(self->pipeline)); /* see on_bus_news() */
}

/* On a thread of GStreamer's: opening a camera may take its time. */
static void
start_pipeline(GstElement *pipeline, gpointer data)
{
    StartJob *job = data;

    if (!sl_shm_sender_check(GST_BIN(pipeline)))
        return;
    /* A live pipeline's frames are late by nature: showing them at once is all that can be done. */
    if (gst_element_set_state(pipeline, GST_STATE_PAUSED) == GST_STATE_CHANGE_NO_PREROLL) {
        for (guint i = 0; i < job->appsinks->len; i++)
            g_object_set(g_ptr_array_index(job->appsinks, i), "sync", FALSE, NULL);
    }
    if (gst_element_set_state(pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
        GST_DEBUG("start failed; the bus says why");
    else if (job->microphone != NULL)
        sl_microphone_start(pipeline, job->microphone);
    GST_DEBUG_BIN_TO_DOT_FILE_WITH_TS(GST_BIN(pipeline), GST_DEBUG_GRAPH_SHOW_ALL, "source");
}

static void
start_job_done(gpointer data)
{
    StartJob *job = data;

    sl_context_post(job->context, job->source, on_started, job, start_job_free);
}

static void
start_built_pipeline(SlPipelineSource *self)
{
    StartJob *job = g_new0(StartJob, 1);

    self->starting = TRUE;
    job->run = self->run;
    job->pipeline = gst_object_ref(self->pipeline);
    job->appsinks = g_ptr_array_ref(self->appsinks);
    job->microphone = g_strdup(self->capture->microphone);
    job->context = g_main_context_ref(self->context);
    job->source = sl_weak_ref(self->weak);
    gst_element_call_async(self->pipeline, start_pipeline, job, start_job_done);
}

static void ask_input(SlPipelineSource *self);

static void
on_answer(gpointer object, gpointer data)
{
    SlPipelineSource *self = object;
    SlCaptureAnswer *answer = data;
    g_autoptr(GError) error = NULL;

    self->asking = FALSE;
    if (!self->started)
        return;
    if (answer->run != self->run) {
        ask_input(self);
        return;
    }
    if (answer->capture == NULL) {
        break_with(self, answer->error);
        return;
    }
    g_clear_pointer(&self->capture, sl_capture_free);
    self->capture = g_steal_pointer(&answer->capture);
    sl_pipeline_source_set_input(self, self->capture->input);
    g_signal_emit(self, signals[FOUND], 0);
    if (!self->started)
        return;
    if (build_pipeline(self, &error))
        start_built_pipeline(self);
    else
        break_with(self, error);
}

/* One question at a time: where a driver does not answer, no second thread waits for it. */
static void
ask_input(SlPipelineSource *self)
{
    if (self->asking)
        return;
    self->asking = TRUE;
    sl_capture_ask(self->context, self->weak, on_answer, self->run, self->input, self->description,
                   self->values, self->flags);
}

static void
sl_pipeline_source_start(SlSource *source)
{
    SlPipelineSource *self = SL_PIPELINE_SOURCE(source);

    g_return_if_fail(self->pipeline == NULL);

    self->run++;
    self->broke = FALSE;
    self->started = TRUE;
    ask_input(self);
}

static void
sl_pipeline_source_stop(SlSource *source)
{
    SlPipelineSource *self = SL_PIPELINE_SOURCE(source);

    self->started = FALSE;
    self->broke = TRUE; /* what it says from now on does not matter */
    if (self->starting)
        self->stop_wanted = TRUE;
    else
        tear_down(self);
}

static GPtrArray *
sl_pipeline_source_get_tracks(SlSource *source)
{
    return SL_PIPELINE_SOURCE(source)->tracks;
}

static void
sl_pipeline_source_request_keyframe(SlSource *source, SlTrack *track)
{
    SlPipelineSource *self = SL_PIPELINE_SOURCE(source);
    guint index;

    if (!g_ptr_array_find(self->tracks, track, &index) || index >= self->appsinks->len)
        return;

    g_autoptr(GstPad) pad =
        gst_element_get_static_pad(g_ptr_array_index(self->appsinks, index), "sink");
    /* Not with all headers: rtph264pay 1.22 would send them as a frame of their own, and encoders
     * and payloaders repeat by themselves what a keyframe needs. */
    gst_pad_push_event(pad,
                       gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, FALSE, 0));
}

static void
pipeline_source_iface_init(SlSourceInterface *iface)
{
    iface->start = sl_pipeline_source_start;
    iface->stop = sl_pipeline_source_stop;
    iface->get_tracks = sl_pipeline_source_get_tracks;
    iface->request_keyframe = sl_pipeline_source_request_keyframe;
}

static void
on_track_wants_keyframe(SlTrack *track, gpointer data)
{
    sl_source_request_keyframe(data, track);
}

static void
sl_pipeline_source_dispose(GObject *object)
{
    SlPipelineSource *self = SL_PIPELINE_SOURCE(object);

    for (guint i = 0; self->tracks != NULL && i < self->tracks->len; i++)
        sl_track_set_keyframe_func(g_ptr_array_index(self->tracks, i), NULL, NULL);
    g_clear_pointer(&self->tracks, g_ptr_array_unref);
    g_clear_pointer(&self->appsinks, g_ptr_array_unref);
    /* Its owner stops it first; what is left was never started. */
    g_clear_object(&self->pipeline);
    g_clear_pointer(&self->description, sl_description_unref);
    g_clear_pointer(&self->values, sl_values_unref);
    g_clear_pointer(&self->input, sl_input_unref);
    G_OBJECT_CLASS(sl_pipeline_source_parent_class)->dispose(object);
}

static void
sl_pipeline_source_finalize(GObject *object)
{
    SlPipelineSource *self = SL_PIPELINE_SOURCE(object);

    g_clear_pointer(&self->weak, sl_weak_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_clear_pointer(&self->capture, sl_capture_free);
    G_OBJECT_CLASS(sl_pipeline_source_parent_class)->finalize(object);
}

static void
sl_pipeline_source_class_init(SlPipelineSourceClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_pipeline_source_dispose;
    object_class->finalize = sl_pipeline_source_finalize;
    signals[FOUND] = g_signal_new("found", SL_TYPE_PIPELINE_SOURCE, G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 0);
    GST_DEBUG_CATEGORY_INIT(sightline_source, "sightline-source", 0, "Sightline sources");
}

static void
sl_pipeline_source_init(SlPipelineSource *self)
{
    sl_census_add_object(self);
    self->weak = sl_weak_new(self);
    self->tracks = g_ptr_array_new_with_free_func(g_object_unref);
    self->appsinks = g_ptr_array_new_with_free_func(gst_object_unref);
}

void
sl_pipeline_source_set_input(SlPipelineSource *self, SlInput *input)
{
    sl_input_ref(input);
    sl_input_unref(self->input);
    self->input = input;
}

void
sl_pipeline_source_set_values(SlPipelineSource *self, SlValues *values)
{
    sl_values_ref(values);
    sl_values_unref(self->values);
    self->values = values;
}

gboolean
sl_pipeline_source_is_asking(SlPipelineSource *self)
{
    return self->asking;
}

gboolean
sl_pipeline_source_has_caps(SlPipelineSource *self, guint index)
{
    g_autoptr(GstPad) pad = NULL;

    if (index >= self->appsinks->len)
        return FALSE;
    pad = gst_element_get_static_pad(g_ptr_array_index(self->appsinks, index), "sink");
    return gst_pad_has_current_caps(pad);
}

GstBin *
sl_pipeline_source_get_bin(SlPipelineSource *self)
{
    return self->pipeline != NULL ? GST_BIN(self->pipeline) : NULL;
}

const SlCapture *
sl_pipeline_source_get_capture(SlPipelineSource *self)
{
    return self->capture;
}

SlPipelineSource *
sl_pipeline_source_new(GMainContext *context, SlInput *input, SlDescription *description,
                       SlValues *values, SlCaptureFlags flags)
{
    SlPipelineSource *self = g_object_new(SL_TYPE_PIPELINE_SOURCE, NULL);
    const char *const *names = sl_description_get_tracks(description);
    const char *captured = sl_description_get_captured_codec(description);
    gboolean is_passed_through = captured != NULL && !g_str_equal(captured, SL_CODEC_RAW);

    self->context = g_main_context_ref(context);
    self->input = sl_input_ref(input);
    self->description = sl_description_ref(description);
    self->values = sl_values_ref(values);
    self->flags = flags;
    for (guint i = 0; names[i] != NULL; i++) {
        SlTrack *track = sl_track_new(context, names[i]);
        sl_track_set_keyframe_func(track, on_track_wants_keyframe, self);
        sl_track_set_keep_group(track, is_passed_through);
        g_ptr_array_add(self->tracks, track);
    }
    return self;
}
