#include "proc-fixture.h"
#include "sl-auto.h"
#include "sl-capture.h"
#include "sl-file-loop.h"
#include "sl-rtsp-picture.h"
#include "sl-sound.h"

#include <glib/gstdio.h>
#include <gst/app/gstappsink.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

/* Every kind of input as ${capture}, ${capture:h264} and ${audio} give it: pictures come, and sound
 * does, in time, whatever the input has of it. */

#define SOUND_RATE 48000
#define SOUND_CHANNELS 2

#define PICTURE                                   \
    "videotestsrc num-buffers=50 pattern=ball ! " \
    "video/x-raw,format=I420,width=160,height=120,framerate=25/1"
#define TONE(n) "audiotestsrc num-buffers=" n " samplesperbuffer=960 ! audio/x-raw,rate=48000"
#define H264 " ! x264enc tune=zerolatency speed-preset=ultrafast ! h264parse"

static const char both[] = "[source]\n${capture} ! videoconvert ! appsink name=video\n"
                           "${audio} ! appsink name=audio\n";
static const char both_turned[] = "[source]\n${audio} ! appsink name=audio\n"
                                  "${capture:h264} ! appsink name=video\n";
static const char encoded[] = "[source]\n${capture:h264} ! appsink name=video\n";
static const char sound_alone[] = "[source]\n${audio} ! appsink name=audio\n";

typedef struct {
    const char *name;
    const char *device; /* "file": what @file makes; "/MOUNT": of the RTSP camera */
    const char *file;   /* launch text; the filesink "out" stands behind it */
    const char *description;
    gboolean is_silent;
} Case;

static const Case cases[] = {
    { "test", "test", NULL, both, FALSE },
    { "test as H.264", "test", NULL, both_turned, FALSE },
    { "test, sound alone", "test", NULL, sound_alone, FALSE },
    { "file", "file",
      "webmmux name=mux ! out. " PICTURE
      " ! vp8enc deadline=1 ! mux. " TONE("100") " ! opusenc ! mux.",
      both, FALSE },
    { "file, sound alone", "file",
      "webmmux name=mux ! out. " PICTURE
      " ! vp8enc deadline=1 ! mux. " TONE("100") " ! opusenc ! mux.",
      sound_alone, FALSE },
    { "file without sound", "file", PICTURE " ! vp8enc deadline=1 ! webmmux ! out.", both, TRUE },
    { "file as H.264", "file", PICTURE H264 " ! mp4mux ! out.", encoded, TRUE },
    { "file as H.264 with sound", "file",
      "mp4mux name=mux ! out. " PICTURE H264
      " ! mux. " TONE("100") " ! avenc_aac ! aacparse ! mux.",
      both_turned, FALSE },
    { "rtsp", "/sound", NULL, both, FALSE },
    { "rtsp as H.264", "/sound", NULL, both_turned, FALSE },
    { "rtsp, sound alone", "/sound", NULL, sound_alone, FALSE },
    { "rtsp without sound", "/camera", NULL, both, TRUE },
    { "rtsp, sound that nothing decodes", "/gibberish", NULL, both, TRUE },
};

/* --- inputs --- */

static GSubprocess *camera;
static char *camera_port;
static char *camera_missing; /* why there is none */

/* A test that fails ends at once. */
static void
end_with_parent(gpointer unused)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void
start_camera(void)
{
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDataInputStream) lines = NULL;
    g_autofree char *line = NULL;

    g_subprocess_launcher_set_child_setup(launcher, end_with_parent, NULL, NULL);
    camera =
        g_subprocess_launcher_spawn(launcher, &error, "/usr/bin/python3", RTSP_CAMERA, "0", NULL);
    if (camera == NULL) {
        camera_missing = g_strdup(error->message);
        return;
    }
    lines = g_data_input_stream_new(g_subprocess_get_stdout_pipe(camera));
    g_filter_input_stream_set_close_base_stream(G_FILTER_INPUT_STREAM(lines), FALSE);
    line = g_data_input_stream_read_line(lines, NULL, NULL, NULL);
    if (line != NULL && g_str_has_prefix(line, "port "))
        camera_port = g_strdup(line + strlen("port "));
    else
        camera_missing = g_strdup(line != NULL ? line : "it ended");
}

static void
stop_camera(void)
{
    if (camera != NULL) {
        g_subprocess_force_exit(camera);
        g_subprocess_wait(camera, NULL, NULL);
    }
    g_clear_object(&camera);
    g_free(camera_port);
    g_free(camera_missing);
}

static void
make_file(const char *launch, const char *path)
{
    g_autofree char *text = g_strdup_printf("%s filesink name=out location=\"%s\"", launch, path);
    g_autoptr(GError) error = NULL;
    g_autoptr(GstElement) pipeline = gst_parse_launch(text, &error);
    g_assert_no_error(error);
    gst_object_ref_sink(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) message =
        gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    g_assert_nonnull(message);
    g_assert_cmpint(GST_MESSAGE_TYPE(message), ==, GST_MESSAGE_EOS);
    gst_element_set_state(pipeline, GST_STATE_NULL);
}

/* --- what comes of them --- */

typedef struct {
    GMutex lock;
    guint n_frames, n_steps_back;
    GstClockTime last, longest_step; /* running time of the latest, and between two */
    double peak;                     /* of sound */
} Output;

typedef struct {
    GstElement *pipeline;
    Output video, audio;
    char *fault;
} Run;

static double
find_peak(GstBuffer *buffer)
{
    GstMapInfo map;
    double peak = 0;

    if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
        return 0;
    for (gsize i = 0; i + 1 < map.size; i += 2)
        peak = MAX(peak, abs((gint16)GST_READ_UINT16_LE(map.data + i)) / 32768.0);
    gst_buffer_unmap(buffer, &map);
    return peak;
}

static gboolean
is_sound(GstSample *sample)
{
    return gst_structure_has_name(gst_caps_get_structure(gst_sample_get_caps(sample), 0),
                                  "audio/x-raw");
}

static GstFlowReturn
on_new_sample(GstAppSink *appsink, gpointer data)
{
    Output *output = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(appsink);
    GstBuffer *buffer;
    GstClockTime time;

    if (sample == NULL)
        return GST_FLOW_OK;
    buffer = gst_sample_get_buffer(sample);
    time = gst_segment_to_running_time(gst_sample_get_segment(sample), GST_FORMAT_TIME,
                                       GST_BUFFER_PTS(buffer));
    g_mutex_lock(&output->lock);
    /* The mixer of 1.22 may begin twice, when what is mixed in comes with its first block. */
    if (output->n_frames == 1 && time == 0 && output->last == 0 && is_sound(sample))
        ;
    else if (output->n_frames > 0 && time <= output->last)
        output->n_steps_back++;
    else if (output->n_frames > 0)
        output->longest_step = MAX(output->longest_step, time - output->last);
    output->last = time;
    output->n_frames++;
    if (is_sound(sample))
        output->peak = MAX(output->peak, find_peak(buffer));
    g_mutex_unlock(&output->lock);
    return GST_FLOW_OK;
}

static void
watch_output(Run *run, const char *name, Output *output)
{
    GstAppSinkCallbacks callbacks = { .new_sample = on_new_sample };
    g_autoptr(GstElement) appsink = gst_bin_get_by_name(GST_BIN(run->pipeline), name);

    g_mutex_init(&output->lock);
    if (appsink == NULL)
        return;
    gst_app_sink_set_callbacks(GST_APP_SINK(appsink), &callbacks, output, NULL);
    g_object_set(appsink, "sync", FALSE, NULL);
}

static gboolean
on_message(GstBus *bus, GstMessage *message, gpointer data)
{
    Run *run = data;

    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY)
        gst_bin_recalculate_latency(GST_BIN(run->pipeline));
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR && run->fault == NULL) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(message, &error, NULL);
        run->fault = g_strdup(error->message);
    }
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS && run->fault == NULL)
        run->fault = g_strdup("it ended");
    return G_SOURCE_CONTINUE;
}

static char *
make_launch(const char *device, const char *text)
{
    g_autoptr(SlProblems) problems = sl_problems_new("x.pipeline");
    g_autoptr(SlDescription) description = sl_description_parse("x", text, strlen(text), problems);
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(SlInput) input = sl_input_resolve(device, &error);
    g_assert_no_error(error);
    g_autoptr(SlCapture) capture =
        sl_capture_new(input, description, values, SL_CAPTURE_DEFAULT, &error);
    g_assert_no_error(error);
    sl_description_check(description, values, capture, problems);
    g_autoptr(SlLaunch) launch =
        sl_description_expand_source(description, values, capture, problems);
    g_autofree char *said = sl_problems_to_text(problems);
    g_assert_cmpstr(said, ==, "");
    return g_strdup(sl_launch_get_text(launch));
}

static Output
look_at(Output *output)
{
    Output copy;

    g_mutex_lock(&output->lock);
    copy = *output;
    g_mutex_unlock(&output->lock);
    return copy;
}

static void
begin(Run *run, const char *device, const char *text)
{
    g_autofree char *launch = make_launch(device, text);
    g_autoptr(GError) error = NULL;
    g_autoptr(GstBus) bus = NULL;

    run->pipeline = gst_parse_launch_full(launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    g_assert_no_error(error);
    gst_object_ref_sink(run->pipeline);
    sl_file_loop_install(GST_BIN(run->pipeline));
    sl_sound_install(GST_BIN(run->pipeline));
    sl_rtsp_picture_install(GST_BIN(run->pipeline));
    watch_output(run, "video", &run->video);
    watch_output(run, "audio", &run->audio);
    bus = gst_element_get_bus(run->pipeline);
    gst_bus_add_watch(bus, on_message, run);
    gst_element_set_state(run->pipeline, GST_STATE_PLAYING);
}

static void
end(Run *run)
{
    g_autoptr(GstBus) bus = gst_element_get_bus(run->pipeline);

    gst_bus_remove_watch(bus);
    gst_element_set_state(run->pipeline, GST_STATE_NULL);
    g_object_add_weak_pointer(G_OBJECT(run->pipeline), (gpointer *)&run->pipeline);
    gst_object_unref(run->pipeline);
    /* A seek that was under way holds the decoder for as long as it takes. */
    PROC_WAIT_UNTIL(run->pipeline == NULL);
    g_mutex_clear(&run->video.lock);
    g_mutex_clear(&run->audio.lock);
    g_free(run->fault);
}

/* --- --pipeline auto --- */

static const struct {
    const char *device; /* as Case's */
    const char *setting;
    const char *name, *why;
} choices[] = {
    { "test", NULL, "vp8", "vp8, since the test pattern is not encoded" },
    { "publish", NULL, "published", NULL },
    { "/camera", NULL, "h264-rtsp",
      "h264-rtsp, since the input sends H.264 (Constrained baseline, no B-frames)" },
    { "/main", NULL, "h264-rtsp", "h264-rtsp, since the input sends H.264 (Main, no B-frames)" },
    { "/camera", "bitrate=500000", "vp8", "vp8, since bitrate is set" },
    { "/b-frames", NULL, "vp8",
      "vp8, since the input sends H.264 with B-frames, which WebRTC does not show in order" },
    { "/high", NULL, "vp8",
      "vp8, since the input sends H.264 of profile High, which browsers don't take" },
    { "/high-4-2-2", NULL, "vp8",
      "vp8, since the input sends H.264 of profile High 4:2:2, which browsers don't take" },
    { "/interlaced", NULL, "vp8",
      "vp8, since the input sends interlaced H.264 (fields, as in television), which browsers "
      "don't show as pictures" },
    { "/vp8", NULL, "vp8", "vp8, since the input sends VP8, not H.264" },
    { "/nothing", NULL, "vp8", "vp8, since what the input sends is not known (Not found)" },
};

static void
test_choices(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(choices); i++) {
        const char *settings[] = { choices[i].setting, NULL };
        g_autofree char *device =
            *choices[i].device == '/'
                ? g_strdup_printf("rtsp://127.0.0.1:%s%s", camera_port, choices[i].device)
                : g_strdup(choices[i].device);
        g_autoptr(GError) error = NULL;
        g_autoptr(SlInput) input = sl_input_resolve(device, &error);
        g_autofree char *why = NULL;
        g_autofree char *name = NULL;

        g_assert_no_error(error);
        if (*choices[i].device == '/' && camera_port == NULL) {
            g_test_skip(camera_missing);
            return;
        }
        name = sl_auto_choose(input, settings, &why, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(name, ==, choices[i].name);
        g_assert_cmpstr(why, ==, choices[i].why);
    }
}

/* --- a film with ticks, over and over --- */

/* Ticks at the beginning of each half second, and a picture that begins anew each two seconds:
 * their times must stay where they were in the first round. */
#define TICKS                                                                                  \
    "audiotestsrc wave=ticks tick-interval=500000000 sine-periods-per-tick=40 num-buffers=%u " \
    "samplesperbuffer=480 ! audio/x-raw,rate=48000"
#define ROUNDS 4
#define ROUND (2 * GST_SECOND)
#define STEP_TOLERANCE (12 * GST_MSECOND)

typedef struct {
    const char *name;
    guint n_sounds; /* of 10 ms */
} LoopCase;

static const LoopCase loop_cases[] = {
    { "as long as the picture", 200 },
    { "longer", 290 },
    { "shorter", 130 },
};

static GstPadProbeReturn
on_sound(GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
    GArray *ticks = user_data;
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    GstClockTime time = GST_BUFFER_PTS(buffer); /* of a live mixer: running time */
    GstClockTime last = ticks->len > 0 ? g_array_index(ticks, GstClockTime, ticks->len - 1) : 0;

    if (find_peak(buffer) > 0.2 && (ticks->len == 0 || time - last > 200 * GST_MSECOND))
        g_array_append_val(ticks, time);
    return GST_PAD_PROBE_OK;
}

static void
test_step(gconstpointer data)
{
    const LoopCase *c = data;
    g_autofree char *dir = g_dir_make_tmp("sightline-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "file", NULL);
    g_autofree char *uri = g_filename_to_uri(path, NULL, NULL);
    g_autofree char *sounds = g_strdup_printf(TICKS, c->n_sounds);
    g_autofree char *launch = g_strdup_printf(
        "matroskamux name=mux ! out. " PICTURE " ! jpegenc ! mux. %s ! mux.", sounds);
    g_autoptr(GArray) ticks = g_array_new(FALSE, FALSE, sizeof(GstClockTime));
    g_autoptr(GstElement) appsink = NULL;
    g_autoptr(GstPad) pad = NULL;
    guint n_late = 0, n_rounds[ROUNDS] = { 0 };
    Run run = { NULL };

    make_file(launch, path);
    begin(&run, uri, both);
    appsink = gst_bin_get_by_name(GST_BIN(run.pipeline), "audio");
    pad = gst_element_get_static_pad(appsink, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_sound, ticks, NULL);
    PROC_WAIT_UNTIL(run.fault != NULL || look_at(&run.audio).last >= ROUNDS * ROUND);
    g_assert_cmpstr(run.fault, ==, NULL);
    g_assert_cmpuint(look_at(&run.video).n_steps_back, ==, 0);
    g_assert_cmpuint(look_at(&run.video).longest_step, <, 60 * GST_MSECOND);
    end(&run);
    for (guint i = 0; i < ticks->len; i++) {
        GstClockTime time = g_array_index(ticks, GstClockTime, i);
        GstClockTime off = (time + GST_SECOND / 4) % (GST_SECOND / 2);
        if (time < ROUNDS * ROUND)
            n_rounds[time / ROUND]++;
        if (off + STEP_TOLERANCE < GST_SECOND / 4 || off > GST_SECOND / 4 + STEP_TOLERANCE)
            n_late++;
        g_test_message("tick at %.3f s", time / (double)GST_SECOND);
    }
    g_assert_cmpuint(n_late, ==, 0);
    for (guint i = 1; i < ROUNDS; i++)
        g_assert_cmpuint(n_rounds[i], >=, MIN(c->n_sounds, 200) / 50);
    g_unlink(path);
    g_rmdir(dir);
}

/* A camera's sound may come when the mixer has long begun without it, on a slow machine or under
 * the address sanitizer: what counts is what comes from half a second later on. */
static void
await_late_sound(Run *run)
{
    GstClockTime came;

    PROC_WAIT_UNTIL(run->fault != NULL || look_at(&run->audio).peak >= 0.01);
    came = look_at(&run->audio).last;
    PROC_WAIT_UNTIL(run->fault != NULL || look_at(&run->audio).last >= came + GST_SECOND / 2);
    g_mutex_lock(&run->audio.lock);
    run->audio.n_steps_back = 0;
    run->audio.longest_step = 0;
    g_mutex_unlock(&run->audio.lock);
}

static char *
find_device(const Case *c, const char *path)
{
    if (g_str_equal(c->device, "file"))
        return g_filename_to_uri(path, NULL, NULL);
    if (*c->device == '/')
        return g_strdup_printf("rtsp://127.0.0.1:%s%s", camera_port, c->device);
    return g_strdup(c->device);
}

static void
test_input(gconstpointer data)
{
    const Case *c = data;
    g_autofree char *dir = g_dir_make_tmp("sightline-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "file", NULL);
    gboolean has_sound = strstr(c->description, "${audio}") != NULL;
    Run run = { NULL };
    Output video, audio;
    GstClockTime from;

    if (*c->device == '/' && camera_port == NULL) {
        g_test_skip(camera_missing);
        g_rmdir(dir);
        return;
    }
    if (c->file != NULL)
        make_file(c->file, path);
    g_autofree char *device = find_device(c, path);
    begin(&run, device, c->description);
    if (*c->device == '/' && !c->is_silent && has_sound)
        await_late_sound(&run);
    from = look_at(&run.audio).last;
    /* More than a file has, and as much of sound. */
    if (strstr(c->description, "${capture") != NULL)
        PROC_WAIT_UNTIL(run.fault != NULL || look_at(&run.video).n_frames >= 60);
    if (has_sound)
        PROC_WAIT_UNTIL(run.fault != NULL || look_at(&run.audio).last >= from + 2500 * GST_MSECOND);
    g_assert_cmpstr(run.fault, ==, NULL);
    video = look_at(&run.video);
    audio = look_at(&run.audio);
    g_test_message("%u frames, longest step %" G_GUINT64_FORMAT " ms; %u of sound, peak %.3f, "
                   "longest step %" G_GUINT64_FORMAT " ms",
                   video.n_frames, video.longest_step / GST_MSECOND, audio.n_frames, audio.peak,
                   audio.longest_step / GST_MSECOND);
    g_assert_cmpuint(video.n_steps_back, ==, 0);
    g_assert_cmpuint(audio.n_steps_back, ==, 0);
    g_assert_cmpuint(audio.longest_step, <=, 25 * GST_MSECOND);
    if (has_sound)
        g_assert_true(c->is_silent == (audio.peak < 0.01));
    end(&run);
    g_unlink(path);
    g_rmdir(dir);
}

int
main(int argc, char **argv)
{
    int status;

    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    start_camera();
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/inputs/%s", cases[i].name);
        g_test_add_data_func(path, &cases[i], test_input);
    }
    g_test_add_func("/inputs/auto", test_choices);
    for (gsize i = 0; i < G_N_ELEMENTS(loop_cases); i++) {
        g_autofree char *path = g_strdup_printf("/inputs/in-step/sound %s", loop_cases[i].name);
        g_test_add_data_func(path, &loop_cases[i], test_step);
    }
    status = proc_fixture_run();
    stop_camera();
    return status;
}
