#include "sl-setup.h"

#include <string.h>

#include "sl-awaited-source.h"
#include "sl-census.h"
#include "sl-frame-watch.h"
#include "sl-live-setting.h"
#include "sl-pipeline-source.h"

/* A source that gives nothing for this long after its start is treated as broken. An IP camera may
 * take as long to its next keyframe. */
#define FIRST_FRAME_TIMEOUT_MS 10000
#define FIRST_FRAME_TIMEOUT_URI_MS 30000
/* So is one that gives nothing for this long later. */
#define SILENCE_MS 10000
#define SILENCE_CAMERA_MS 3000

struct _SlSetup {
    GObject parent_instance;

    SlDescription *description;
    SlValues *values;
    SlInput *input; /* as it was last found */

    SlSource *source;
    SlPipelineSource *pipeline; /* nullable: the same, where it is one */
    SlStreamCodecs *codecs;
    SlFrameWatch *watch;
    gboolean is_found;    /* its input, in this run */
    gboolean is_running;  /* started, and not asked to stop */
    gboolean is_stopping; /* asked to, and not stopped yet */
    gboolean is_complete; /* in this run */
};

G_DEFINE_FINAL_TYPE(SlSetup, sl_setup, G_TYPE_OBJECT)

enum { FOUND, COMPLETE, CODECS_CHANGED, MEASURED, BROKE, STOPPED, N_SIGNALS };
static guint signals[N_SIGNALS];

SlSource *
sl_setup_get_publisher(SlSetup *self)
{
    return self->pipeline == NULL && sl_setup_get_tracks(self)->len > 0 ? self->source : NULL;
}

static void
break_with(SlSetup *self, const GError *error)
{
    if (self->is_running || sl_setup_get_publisher(self) != NULL)
        g_signal_emit(self, signals[BROKE], 0, error);
}

/* --- codecs and frames --- */

static void
note_progress(SlSetup *self)
{
    if (self->is_complete || !self->is_running || !sl_frame_watch_is_complete(self->watch) ||
        !sl_stream_codecs_are_known(self->codecs))
        return;
    self->is_complete = TRUE;
    g_signal_emit(self, signals[COMPLETE], 0);
}

static void
on_codec_found(SlStreamCodecs *codecs, SlSetup *self)
{
    note_progress(self);
}

static void
on_codecs_changed(SlStreamCodecs *codecs, SlSetup *self)
{
    g_signal_emit(self, signals[CODECS_CHANGED], 0);
}

static void
on_codec_failed(SlStreamCodecs *codecs, GError *error, SlSetup *self)
{
    break_with(self, error);
}

static void
on_first_frame(SlFrameWatch *watch, guint index, GstSample *sample, SlSetup *self)
{
    g_autoptr(SlSetup) alive = g_object_ref(self);

    sl_stream_codecs_look(self->codecs, index, sample);
    note_progress(self);
}

static void
on_silent(SlFrameWatch *watch, guint silence_ms, SlSetup *self)
{
    g_autoptr(GError) error = NULL;

    if (silence_ms > 0 && sl_input_is_camera(self->input))
        error = g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_FROZEN,
                            "%s is frozen: no frame for %u s, starting it again",
                            self->input->label, silence_ms / 1000);
    else
        error = g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                            "%s gives no picture, trying again", self->input->label);
    break_with(self, error);
}

static void
on_measured(SlFrameWatch *watch, SlSetup *self)
{
    g_signal_emit(self, signals[MEASURED], 0);
}

/* --- the source --- */

static void
on_source_found(SlPipelineSource *source, SlSetup *self)
{
    const SlCapture *capture = sl_pipeline_source_get_capture(source);

    sl_input_unref(self->input);
    self->input = sl_input_ref(capture->input);
    self->is_found = TRUE;
    sl_frame_watch_expect(self->watch,
                          sl_input_is_camera(self->input) ? SILENCE_CAMERA_MS : SILENCE_MS,
                          capture->fps_n > 0 ? (double)capture->fps_n / capture->fps_d : 0);
    g_signal_emit(self, signals[FOUND], 0);
}

static void
on_source_broke(SlSource *source, GError *error, SlSetup *self)
{
    break_with(self, error);
}

static void
on_source_stopped(SlSource *source, SlSetup *self)
{
    self->is_stopping = FALSE;
    g_signal_emit(self, signals[STOPPED], 0);
}

void
sl_setup_start(SlSetup *self)
{
    gboolean is_far = self->input->kind == SL_INPUT_RTSP || self->input->kind == SL_INPUT_URI;
    guint first_ms = is_far ? FIRST_FRAME_TIMEOUT_URI_MS : FIRST_FRAME_TIMEOUT_MS;

    g_return_if_fail(sl_setup_is_stopped(self));
    self->is_running = TRUE;
    self->is_found = self->pipeline == NULL;
    self->is_complete = FALSE;
    sl_frame_watch_begin(self->watch, self->pipeline != NULL ? first_ms : 0);
    sl_source_start(self->source);
}

void
sl_setup_stop(SlSetup *self)
{
    g_return_if_fail(self->is_running);
    self->is_running = FALSE;
    self->is_stopping = TRUE;
    sl_frame_watch_end(self->watch);
    sl_stream_codecs_cancel(self->codecs);
    sl_source_stop(self->source);
}

gboolean
sl_setup_is_running(SlSetup *self)
{
    return self->is_running;
}

gboolean
sl_setup_is_stopped(SlSetup *self)
{
    return !self->is_running && !self->is_stopping;
}

gboolean
sl_setup_is_gone(SlSetup *self)
{
    return sl_setup_is_stopped(self) &&
           (self->pipeline == NULL || !sl_pipeline_source_is_asking(self->pipeline));
}

/* --- trials --- */

/* What the whole waits for; -1: nothing */
static int
find_laggard(SlSetup *self)
{
    int laggard = -1;

    for (guint i = 0; i < sl_setup_get_tracks(self)->len; i++) {
        if (sl_frame_watch_has_begun(self->watch, i))
            continue;
        if (self->pipeline != NULL && !sl_pipeline_source_has_caps(self->pipeline, i))
            return (int)i;
        if (laggard < 0)
            laggard = (int)i;
    }
    return laggard;
}

static GError *
new_frame_delay(SlSetup *self, guint index, guint ms)
{
    const char *track = sl_track_get_name(g_ptr_array_index(sl_setup_get_tracks(self), index));

    if (self->pipeline == NULL)
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                           "the publisher sent no %s that can be played within %u s", track,
                           ms / 1000);
    return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE,
                       "%s:%u: track %s gave no frame within %u s",
                       sl_description_get_file(self->description),
                       sl_description_get_track_line(self->description, track), track, ms / 1000);
}

static GError *
new_codec_delay(SlSetup *self, guint index, guint ms)
{
    const char *track = sl_track_get_name(g_ptr_array_index(sl_setup_get_tracks(self), index));

    return g_error_new(
        SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE,
        "%s:%u: [viewer %s]: it gave nothing for a frame within %u s; does it end in a payloader?",
        sl_description_get_file(self->description),
        sl_description_get_viewer_line(self->description, track), track, ms / 1000);
}

GError *
sl_setup_new_delay(SlSetup *self, guint ms)
{
    int laggard;

    if (!self->is_found)
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE, "%s does not answer within %u s",
                           self->input->label, ms / 1000);
    laggard = find_laggard(self);
    if (laggard >= 0)
        return new_frame_delay(self, (guint)laggard, ms);
    for (guint i = 0; i < sl_setup_get_tracks(self)->len; i++) {
        if (!sl_stream_codecs_is_known(self->codecs, i))
            return new_codec_delay(self, i, ms);
    }
    return new_frame_delay(self, 0, ms);
}

/* Also where it opens twice, it may not give its data to both. */
static gboolean
holds_device(SlSetup *self)
{
    static const char *const elements[] = {
        "alsasrc",          "aravissrc",    "dc1394src",    "decklinkaudiosrc",
        "decklinkvideosrc", "fdsrc",        "libcamerasrc", "nvarguscamerasrc",
        "rpicamsrc",        "tcpserversrc", "udpsrc",       "uvch264src",
        "v4l2src",          NULL,
    };
    gboolean captures = sl_description_get_captured_codec(self->description) != NULL;

    return (captures && sl_input_is_camera(self->input)) ||
           sl_description_names_any(self->description, elements);
}

/* A microphone by ALSA; those who share it come in between as something else. */
static gboolean
holds_microphone(SlSetup *self)
{
    const SlCapture *capture = sl_setup_get_capture(self);

    return sl_description_captures_audio(self->description) && capture != NULL &&
           capture->audio != NULL && strstr(capture->audio, "alsasrc") != NULL;
}

gboolean
sl_setup_excludes(SlSetup *self, SlSetup *other)
{
    return (holds_device(self) && holds_device(other)) ||
           (holds_microphone(self) && sl_description_captures_audio(other->description));
}

/* --- what is known of it --- */

SlDescription *
sl_setup_get_description(SlSetup *self)
{
    return self->description;
}

SlValues *
sl_setup_get_values(SlSetup *self)
{
    return self->values;
}

static gboolean
apply_to_source(SlSetup *self, GPtrArray *settings, GError **error)
{
    GstBin *bin = self->pipeline != NULL ? sl_pipeline_source_get_bin(self->pipeline) : NULL;

    for (guint i = 0; bin != NULL && i < settings->len; i++) {
        const SlLiveSetting *setting = g_ptr_array_index(settings, i);

        if (setting->track == NULL && !sl_live_setting_apply(setting, bin, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
sl_setup_set_live(SlSetup *self, SlValues *values, GPtrArray *settings, GError **error)
{
    if (!apply_to_source(self, settings, error)) {
        g_autoptr(GPtrArray) back =
            sl_description_get_live_settings(self->description, values, self->values, NULL);

        if (back != NULL)
            apply_to_source(self, back, NULL);
        return FALSE;
    }
    if (self->pipeline != NULL)
        sl_pipeline_source_set_values(self->pipeline, values);
    sl_stream_codecs_set_values(self->codecs, values);
    sl_values_ref(values);
    sl_values_unref(self->values);
    self->values = values;
    return TRUE;
}

SlInput *
sl_setup_get_input(SlSetup *self)
{
    return self->input;
}

void
sl_setup_set_input(SlSetup *self, SlInput *input)
{
    if (self->pipeline != NULL)
        sl_pipeline_source_set_input(self->pipeline, input);
    sl_input_ref(input);
    sl_input_unref(self->input);
    self->input = input;
}

const SlCapture *
sl_setup_get_capture(SlSetup *self)
{
    return self->pipeline != NULL ? sl_pipeline_source_get_capture(self->pipeline) : NULL;
}

GPtrArray *
sl_setup_get_tracks(SlSetup *self)
{
    return sl_source_get_tracks(self->source);
}

guint
sl_setup_count_feeds(SlSetup *self)
{
    GPtrArray *tracks = sl_setup_get_tracks(self);
    guint n_feeds = 0;

    for (guint i = 0; i < tracks->len; i++)
        n_feeds += sl_track_get_n_feeds(g_ptr_array_index(tracks, i));
    return n_feeds;
}

GPtrArray *
sl_setup_get_codecs(SlSetup *self)
{
    return sl_stream_codecs_get(self->codecs);
}

const SlFrameRate *
sl_setup_get_rate(SlSetup *self)
{
    const SlFrameRate *rate = sl_frame_watch_get_rate(self->watch);

    return rate->measured > 0 ? rate : NULL;
}

GstElement *
sl_setup_make_viewer_bin(SlSetup *self, SlTrack *track, GError **error)
{
    return sl_stream_codecs_make_viewer_bin(self->codecs, track, error);
}

/* --- the object --- */

static void
sl_setup_dispose(GObject *object)
{
    SlSetup *self = SL_SETUP(object);

    if (self->watch != NULL)
        sl_frame_watch_end(self->watch);
    g_clear_object(&self->watch);
    g_clear_object(&self->codecs);
    if (self->source != NULL)
        g_signal_handlers_disconnect_by_data(self->source, self);
    g_clear_object(&self->source);
    G_OBJECT_CLASS(sl_setup_parent_class)->dispose(object);
}

static void
sl_setup_finalize(GObject *object)
{
    SlSetup *self = SL_SETUP(object);

    g_clear_pointer(&self->values, sl_values_unref);
    g_clear_pointer(&self->description, sl_description_unref);
    g_clear_pointer(&self->input, sl_input_unref);
    G_OBJECT_CLASS(sl_setup_parent_class)->finalize(object);
}

static guint
add_signal(const char *name)
{
    return g_signal_new(name, SL_TYPE_SETUP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                        0);
}

static void
sl_setup_class_init(SlSetupClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_setup_dispose;
    object_class->finalize = sl_setup_finalize;
    signals[FOUND] = add_signal("found");
    signals[COMPLETE] = add_signal("complete");
    signals[CODECS_CHANGED] = add_signal("codecs-changed");
    signals[MEASURED] = add_signal("measured");
    signals[STOPPED] = add_signal("stopped");
    signals[BROKE] = g_signal_new("broke", SL_TYPE_SETUP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
sl_setup_init(SlSetup *self)
{
    sl_census_add_object(self);
}

/* What runs is known: @self has input, description, values, source. */
static void
connect_parts(SlSetup *self, GMainContext *context)
{
    GPtrArray *tracks = sl_source_get_tracks(self->source);

    g_signal_connect(self->source, "broke", G_CALLBACK(on_source_broke), self);
    g_signal_connect(self->source, "stopped", G_CALLBACK(on_source_stopped), self);
    self->codecs = sl_stream_codecs_new(context, self->description, self->values, tracks);
    g_signal_connect(self->codecs, "found", G_CALLBACK(on_codec_found), self);
    g_signal_connect(self->codecs, "changed", G_CALLBACK(on_codecs_changed), self);
    g_signal_connect(self->codecs, "failed", G_CALLBACK(on_codec_failed), self);
    self->watch = sl_frame_watch_new(context, tracks);
    g_signal_connect(self->watch, "first-frame", G_CALLBACK(on_first_frame), self);
    g_signal_connect(self->watch, "silent", G_CALLBACK(on_silent), self);
    g_signal_connect(self->watch, "measured", G_CALLBACK(on_measured), self);
}

SlSetup *
sl_setup_new(GMainContext *context, SlInput *input, SlDescription *description, SlValues *values,
             SlCaptureFlags flags)
{
    SlSetup *self = g_object_new(SL_TYPE_SETUP, NULL);

    self->input = sl_input_ref(input);
    self->description = sl_description_ref(description);
    self->values = sl_values_ref(values);
    if (*sl_description_get_tracks(description) != NULL) {
        self->pipeline = sl_pipeline_source_new(context, input, description, values, flags);
        self->source = SL_SOURCE(self->pipeline);
        g_signal_connect(self->source, "found", G_CALLBACK(on_source_found), self);
    } else {
        self->source = sl_awaited_source_new(context);
    }
    connect_parts(self, context);
    return self;
}

SlSetup *
sl_setup_new_published(GMainContext *context, SlSource *source, const char *title)
{
    SlSetup *self = g_object_new(SL_TYPE_SETUP, NULL);
    GPtrArray *tracks = sl_source_get_tracks(source);
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i < tracks->len; i++)
        g_ptr_array_add(names, (char *)sl_track_get_name(g_ptr_array_index(tracks, i)));
    g_ptr_array_add(names, NULL);
    self->input = sl_input_new_publisher(title);
    self->description = sl_description_new_published((const char *const *)names->pdata);
    self->values = sl_values_new(self->description, NULL, NULL);
    self->source = g_object_ref(source);
    connect_parts(self, context);
    return self;
}
