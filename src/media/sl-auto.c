#include "sl-auto.h"

#include <gst/app/gstappsink.h>
#include <string.h>

#include "sl-camera-libcamera.h"
#include "sl-capture.h"
#include "sl-log.h"
#include "sl-pass-through.h"
#include "sl-rtsp-picture.h"
#include "sl-teardown.h"
#include "sl-worker.h"

#define ENCODED SL_AUTO_FALLBACK
/* Pictures among which B-frames would have shown. */
#define LOOK_FRAMES 24
/* Some cameras give few: then so long after the first. */
#define LOOK_SHORT_MS 2000
/* What does not stop within this is left. */
#define LOOK_STOP_MS 2000

/* --- what the settings want --- */

/* The name of a setting that only a description which encodes has; NULL: there is none. */
static char *
find_encoders_setting(const char *const *settings, gboolean is_camera)
{
    static const char *const modes[] = { "width", "height", "framerate", NULL };

    for (guint i = 0; settings != NULL && settings[i] != NULL; i++) {
        g_autofree char *name = g_strndup(settings[i], strcspn(settings[i], "="));
        if (!is_camera || !g_strv_contains(modes, name))
            return g_steal_pointer(&name);
    }
    return NULL;
}

static guint
find_number(const char *const *settings, const char *name, guint fallback, guint max)
{
    for (guint i = 0; settings != NULL && settings[i] != NULL; i++) {
        gsize len = strlen(name);
        if (strncmp(settings[i], name, len) == 0 && settings[i][len] == '=')
            fallback = (guint)CLAMP(g_ascii_strtoll(settings[i] + len + 1, NULL, 10), 1, max);
    }
    return fallback;
}

/* --- cameras --- */

/* NULL: there is none */
static const SlCameraMode *
choose_mode(const SlCamera *camera, const SlCameraWish *wish, gboolean is_h264, GArray *modes)
{
    for (guint i = 0; i < camera->modes->len; i++) {
        SlCameraMode *mode = &g_array_index(camera->modes, SlCameraMode, i);
        if ((mode->format->coding == SL_CAMERA_H264) == is_h264)
            g_array_append_val(modes, *mode);
    }
    return sl_camera_mode_choose((const SlCameraMode *)modes->data, modes->len, wish);
}

static gboolean
is_as_good(const SlCameraMode *mode, const SlCameraMode *other)
{
    return other == NULL ||
           ((guint64)mode->width * mode->height >= (guint64)other->width * other->height &&
            (guint64)mode->fps_n * other->fps_d >= (guint64)other->fps_n * mode->fps_d);
}

/* Whether what it sends is what browsers play shows only when it sends: that is not worth the wait,
 * and its light, at each start. */
static char *
choose_of_camera(const SlCamera *camera, const char *const *settings, char **ret_why)
{
    SlCameraWish wish = {
        .width = find_number(settings, "width", SL_CAMERA_DEFAULT_WIDTH, SL_CAMERA_MAX_EDGE),
        .height = find_number(settings, "height", SL_CAMERA_DEFAULT_HEIGHT, SL_CAMERA_MAX_EDGE),
        .fps = find_number(settings, "framerate", SL_CAMERA_DEFAULT_FRAMERATE, SL_CAMERA_MAX_RATE),
    };
    g_autoptr(GArray) own = g_array_new(FALSE, FALSE, sizeof(SlCameraMode));
    g_autoptr(GArray) rest = g_array_new(FALSE, FALSE, sizeof(SlCameraMode));
    const SlCameraMode *h264 = choose_mode(camera, &wish, TRUE, own);
    const SlCameraMode *other = choose_mode(camera, &wish, FALSE, rest);
    g_autofree char *text = h264 != NULL ? sl_camera_mode_to_text(h264) : NULL;

    if (h264 != NULL && is_as_good(h264, other)) {
        *ret_why = g_strdup_printf("h264-camera, since the camera has %s", text);
        return g_strdup("h264-camera");
    }
    *ret_why = h264 != NULL ? g_strdup_printf(ENCODED ", since the camera has more without H.264 "
                                                      "than in %s",
                                              text)
                            : g_strdup(ENCODED ", since the camera has no H.264");
    return g_strdup(ENCODED);
}

static SlCamera *
query_camera(SlInput *input)
{
    SlCameraWish wish = { SL_CAMERA_DEFAULT_WIDTH, SL_CAMERA_DEFAULT_HEIGHT,
                          SL_CAMERA_DEFAULT_FRAMERATE };
    g_autofree char *node = NULL;

    if (input->kind == SL_INPUT_LIBCAMERA)
        return sl_camera_libcamera_query(input->location, &wish, NULL);
    node = sl_input_find_node(input, NULL);
    return node != NULL ? sl_camera_query(node, &wish, NULL) : NULL;
}

/* --- files and addresses --- */

typedef struct {
    gint *n_frames; /* atomic; counted: a pipeline that does not stop in time has it for longer */
    GstElement *pipeline;
    GstElement *appsink;
} Look;

static GstFlowReturn
on_new_sample(GstAppSink *appsink, gpointer data)
{
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(appsink);

    if (sample != NULL)
        g_atomic_int_inc((gint *)data);
    return GST_FLOW_OK;
}

static void
hurry(const GValue *value, gpointer unused)
{
    g_object_set(g_value_get_object(value), "sync", FALSE, NULL);
}

/* A film need not be seen in its own time. */
static void
hurry_all(GstBin *bin)
{
    g_autoptr(GstIterator) elements = gst_bin_iterate_all_by_element_factory_name(bin, "clocksync");

    while (gst_iterator_foreach(elements, hurry, NULL) == GST_ITERATOR_RESYNC)
        gst_iterator_resync(elements);
}

static gboolean
begin_look(Look *self, SlInput *input, GError **error)
{
    static const char text[] = "[source]\n${capture:h264} ! appsink name=video\n";
    GstAppSinkCallbacks callbacks = { .new_sample = on_new_sample };
    g_autoptr(SlProblems) problems = sl_problems_new("auto");
    g_autoptr(SlDescription) description =
        sl_description_parse("auto", text, sizeof text - 1, problems);
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);
    g_autoptr(SlCapture) capture =
        sl_capture_new(input, description, values, SL_CAPTURE_DEFAULT, error);
    g_autoptr(SlLaunch) launch = NULL;
    g_autoptr(GstPad) pad = NULL;

    if (capture == NULL)
        return FALSE;
    launch = sl_description_expand_source(description, values, capture, problems);
    if (launch == NULL) {
        g_autofree char *said = sl_problems_to_text(problems);
        g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION, said);
        return FALSE;
    }
    self->pipeline =
        gst_parse_launch_full(sl_launch_get_text(launch), NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
    if (self->pipeline == NULL)
        return FALSE;
    gst_object_ref_sink(self->pipeline);
    hurry_all(GST_BIN(self->pipeline));
    self->appsink = gst_bin_get_by_name(GST_BIN(self->pipeline), "video");
    g_object_set(self->appsink, "sync", FALSE, "enable-last-sample", FALSE, NULL);
    self->n_frames = g_atomic_rc_box_new0(gint);
    gst_app_sink_set_callbacks(GST_APP_SINK(self->appsink), &callbacks,
                               g_atomic_rc_box_acquire(self->n_frames), g_atomic_rc_box_release);
    pad = gst_element_get_static_pad(self->appsink, "sink");
    sl_pass_through_watch(pad, "", FALSE);
    sl_pass_through_watch_input(GST_BIN(self->pipeline), "");
    sl_rtsp_picture_install(GST_BIN(self->pipeline));
    gst_element_set_state(self->pipeline, GST_STATE_PLAYING);
    return TRUE;
}

/* One of a profile that has no B-frames is enough. */
static gboolean
has_seen_enough(Look *self, gint64 first_us)
{
    g_autoptr(GstPad) pad = gst_element_get_static_pad(self->appsink, "sink");
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    const char *profile =
        caps != NULL ? gst_structure_get_string(gst_caps_get_structure(caps, 0), "profile") : NULL;

    return g_atomic_int_get(self->n_frames) >= LOOK_FRAMES ||
           (profile != NULL && g_str_has_suffix(profile, "baseline")) ||
           g_get_monotonic_time() - first_us > LOOK_SHORT_MS * G_TIME_SPAN_MILLISECOND;
}

/* FALSE: it is not to be passed on, as *error says. */
static gboolean
wait_for_look(Look *self, GError **error)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(self->pipeline);
    gint64 end_us = g_get_monotonic_time() + SL_AUTO_LOOK_MS * G_TIME_SPAN_MILLISECOND;
    gint64 first_us = 0;

    while (g_get_monotonic_time() < end_us) {
        g_autoptr(GstMessage) message =
            gst_bus_timed_pop_filtered(bus, 20 * GST_MSECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);

        if (message != NULL && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
            gst_message_parse_error(message, error, NULL);
            return FALSE;
        }
        if (first_us == 0 && g_atomic_int_get(self->n_frames) > 0)
            first_us = g_get_monotonic_time();
        if (first_us != 0 && (message != NULL || has_seen_enough(self, first_us)))
            return TRUE;
        if (message != NULL)
            break;
    }
    g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE, "no H.264 came from it within %d s",
                SL_AUTO_LOOK_MS / 1000);
    return FALSE;
}

static char *
describe_look(Look *self)
{
    g_autoptr(GstPad) pad = gst_element_get_static_pad(self->appsink, "sink");
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    g_autofree char *profile = caps != NULL ? sl_pass_through_describe(caps) : NULL;

    return g_strdup_printf("H.264 (%s%sno B-frames)", profile != NULL ? profile : "",
                           profile != NULL ? ", " : "");
}

/* The first clause of what is wrong: what to do is done here. */
static char *
make_reason(const GError *error)
{
    g_autofree char *text = sl_log_redact_text(error->message);
    gsize len = strcspn(text, ";\n");

    while (len > 0 && text[len - 1] == '.')
        len--;
    return g_strndup(text, len);
}

static void
end_look(Look *self)
{
    g_clear_object(&self->appsink);
    g_clear_pointer(&self->n_frames, g_atomic_rc_box_release);
    if (self->pipeline != NULL)
        sl_teardown_element_within(g_steal_pointer(&self->pipeline), LOOK_STOP_MS);
}

static char *
choose_of_address(SlInput *input, char **ret_why)
{
    Look look = { 0 };
    g_autoptr(GError) error = NULL;
    gboolean is_passed = begin_look(&look, input, &error) && wait_for_look(&look, &error);

    if (is_passed) {
        g_autofree char *text = describe_look(&look);
        *ret_why = g_strdup_printf("h264-rtsp, since the input sends %s", text);
    } else {
        g_autofree char *reason = make_reason(error);
        gboolean is_judged = g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE);
        *ret_why = g_strdup_printf(is_judged ? ENCODED ", since %s"
                                             : ENCODED ", since what the input sends is not known "
                                                       "(%s)",
                                   reason);
    }
    end_look(&look);
    return g_strdup(is_passed ? "h264-rtsp" : ENCODED);
}

/* --- the choice --- */

char *
sl_auto_choose(SlInput *input, const char *const *settings, char **ret_why, GError **error)
{
    g_autoptr(SlInput) found = sl_input_find(input, NULL);
    gboolean is_camera = found != NULL && sl_input_is_camera(found);
    g_autofree char *setting = find_encoders_setting(settings, is_camera);
    g_autoptr(SlCamera) camera = is_camera && setting == NULL ? query_camera(found) : NULL;

    *ret_why = NULL;
    if (found == NULL || (is_camera && setting == NULL && camera == NULL))
        return g_strdup(ENCODED);
    if (found->kind == SL_INPUT_PUBLISHER)
        return g_strdup(SL_DESCRIPTION_PUBLISHED);
    if (found->kind == SL_INPUT_TEST || found->kind == SL_INPUT_NO_CAMERA) {
        *ret_why = g_strdup(ENCODED ", since the test pattern is not encoded");
        return g_strdup(ENCODED);
    }
    if (setting != NULL) {
        *ret_why = g_strdup_printf(ENCODED ", since %s is set", setting);
        return g_strdup(ENCODED);
    }
    return is_camera ? choose_of_camera(camera, settings, ret_why)
                     : choose_of_address(found, ret_why);
}

/* --- on a thread of its own --- */

typedef struct {
    SlAutoAnswer answer; /* first: it is what the asker sees of this */
    GMainContext *context;
    SlWeak *object;
    SlContextFunc on_answer;
    SlInput *input;
    char **settings;
} Question;

static void
question_free(gpointer data)
{
    Question *self = data;

    g_free(self->answer.name);
    g_free(self->answer.why);
    g_clear_error(&self->answer.error);
    g_main_context_unref(self->context);
    sl_weak_unref(self->object);
    sl_input_unref(self->input);
    g_strfreev(self->settings);
    g_free(self);
}

static gpointer
ask(gpointer data)
{
    Question *self = data;

    self->answer.name = sl_auto_choose(self->input, (const char *const *)self->settings,
                                       &self->answer.why, &self->answer.error);
    sl_context_post(self->context, self->object, self->on_answer, self, question_free);
    return NULL;
}

void
sl_auto_ask(GMainContext *context, SlWeak *object, SlContextFunc on_answer, SlInput *input,
            const char *const *settings)
{
    Question *self = g_new0(Question, 1);

    self->context = g_main_context_ref(context);
    self->object = sl_weak_ref(object);
    self->on_answer = on_answer;
    self->input = sl_input_ref(input);
    self->settings = g_strdupv((char **)settings);
    if (!sl_worker_start("auto", ask, self, &self->answer.error))
        sl_context_post(context, object, on_answer, self, question_free);
}
