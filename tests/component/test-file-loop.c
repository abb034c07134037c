#include "proc-fixture.h"
#include "sl-capture.h"
#include "sl-file-loop.h"

#include <glib/gstdio.h>
#include <gst/gst.h>

#define FRAMES_IN_FILE 30
#define ROUNDS 3
#define DEADLINE_S 60

typedef struct {
    const char *name;
    const char *launch; /* makes the file; the filesink "out" follows */
    const char *needs;  /* an element */
} FileCase;

#define VIDEO \
    "videotestsrc num-buffers=30 ! video/x-raw,format=I420,width=160,height=120,framerate=30/1"

static const FileCase file_cases[] = {
    { "webm", VIDEO " ! vp8enc deadline=1 ! webmmux ! ", "vp8enc" },
    { "webm with longer sound",
      "webmmux name=mux ! out. " VIDEO " ! vp8enc deadline=1 ! mux. "
      "audiotestsrc num-buffers=100 ! audioconvert ! opusenc ! mux. ",
      "opusenc" },
    { "webm with shorter sound",
      "webmmux name=mux ! out. " VIDEO " ! vp8enc deadline=1 ! mux. "
      "audiotestsrc num-buffers=10 ! audioconvert ! vorbisenc ! mux.",
      "vorbisenc" },
    { "mp4 with B-frames and sound",
      "mp4mux name=mux ! out. " VIDEO " ! x264enc bframes=2 ! h264parse ! mux. "
      "audiotestsrc num-buffers=40 ! audioconvert ! avenc_aac ! mux.",
      "x264enc" },
    { "matroska of JPEGs", VIDEO " ! jpegenc ! matroskamux ! ", "jpegenc" },
};

typedef struct {
    GMainLoop *loop; /* quit from the streaming thread */
    guint n_frames, n_eos, n_steps_back;
    GstClockTime last, longest_step;
} Watch;

static void
on_frame(GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer user_data)
{
    Watch *watch = user_data;
    g_autoptr(GstEvent) event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
    const GstSegment *segment;
    gst_event_parse_segment(event, &segment);
    GstClockTime time =
        gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    if (watch->n_frames > 0 && time <= watch->last)
        watch->n_steps_back++;
    else if (watch->n_frames > 0)
        watch->longest_step = MAX(watch->longest_step, time - watch->last);
    watch->last = time;
    if (++watch->n_frames == ROUNDS * FRAMES_IN_FILE)
        g_main_loop_quit(watch->loop);
}

static GstPadProbeReturn
on_event(GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS)
        ((Watch *)user_data)->n_eos++;
    return GST_PAD_PROBE_OK;
}

static gboolean
on_message(GstBus *bus, GstMessage *message, gpointer user_data)
{
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        g_autoptr(GError) error = NULL;
        gst_message_parse_error(message, &error, NULL);
        g_test_fail_printf("%s", error->message);
        g_main_loop_quit(((Watch *)user_data)->loop);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean
on_deadline(gpointer user_data)
{
    g_test_fail_printf("no end after %d s", DEADLINE_S);
    g_main_loop_quit(((Watch *)user_data)->loop);
    return G_SOURCE_CONTINUE;
}

static void
make_file(const FileCase *c, const char *path)
{
    g_autofree char *launch =
        g_strdup_printf("%s filesink name=out location=\"%s\"", c->launch, path);
    g_autoptr(GError) error = NULL;
    g_autoptr(GstElement) pipeline = gst_parse_launch(launch, &error);
    g_assert_no_error(error);
    gst_object_ref_sink(pipeline);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered(bus, DEADLINE_S * GST_SECOND,
                                                               GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    g_assert_nonnull(message);
    g_assert_cmpint(GST_MESSAGE_TYPE(message), ==, GST_MESSAGE_EOS);
    gst_element_set_state(pipeline, GST_STATE_NULL);
}

static char *
dup_capture_text(const char *path)
{
    static const char text[] = "[source]\n${capture} ! appsink name=video\n";
    g_autoptr(SlProblems) problems = sl_problems_new("x.pipeline");
    g_autoptr(SlDescription) description =
        sl_description_parse("x", text, sizeof text - 1, problems);
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);
    g_autofree char *uri = g_filename_to_uri(path, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(SlInput) input = sl_input_resolve(uri, &error);
    g_assert_no_error(error);
    g_autoptr(SlCapture) capture =
        sl_capture_new(input, description, values, SL_CAPTURE_DEFAULT, &error);
    g_assert_no_error(error);
    return g_strdup(capture->raw);
}

/* Plays until the file has been seen ROUNDS times, or something goes wrong. */
static void
watch_file(const char *path, Watch *watch)
{
    g_autofree char *capture = dup_capture_text(path);
    g_autofree char *text =
        g_strdup_printf("%s ! fakesink name=sink signal-handoffs=true", capture);
    g_autoptr(GError) error = NULL;
    GstElement *pipeline = gst_parse_launch(text, &error);
    g_assert_no_error(error);
    gst_object_ref_sink(pipeline);
    sl_file_loop_install(GST_BIN(pipeline));

    GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    g_signal_connect(sink, "handoff", G_CALLBACK(on_frame), watch);
    GstPad *pad = gst_element_get_static_pad(sink, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, watch, NULL);
    GstBus *bus = gst_element_get_bus(pipeline);
    gst_bus_add_watch(bus, on_message, watch);
    guint deadline = g_timeout_add_seconds(DEADLINE_S, on_deadline, watch);

    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_main_loop_run(watch->loop);
    g_source_remove(deadline);
    gst_bus_remove_watch(bus);
    gst_element_set_state(pipeline, GST_STATE_NULL);

    gst_object_unref(bus);
    gst_object_unref(pad);
    gst_object_unref(sink);
    g_object_add_weak_pointer(G_OBJECT(pipeline), (gpointer *)&pipeline);
    gst_object_unref(pipeline);
    /* A seek that was under way holds the decoder for as long as it takes. */
    for (guint i = 0; pipeline != NULL && i < DEADLINE_S * 100; i++)
        g_usleep(10000);
    g_assert_null(pipeline);
}

static void
test_loop(gconstpointer data)
{
    const FileCase *c = data;
    g_autoptr(GstElementFactory) factory = gst_element_factory_find(c->needs);
    if (factory == NULL) {
        g_test_skip_printf("%s is not installed", c->needs);
        return;
    }
    g_autofree char *dir = g_dir_make_tmp("sightline-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "a file", NULL);
    make_file(c, path);

    Watch watch = { .loop = g_main_loop_new(NULL, FALSE) };
    watch_file(path, &watch);
    g_assert_cmpuint(watch.n_frames, >=, ROUNDS * FRAMES_IN_FILE);
    g_assert_cmpuint(watch.n_steps_back, ==, 0);
    g_assert_cmpuint(watch.n_eos, ==, 0);
    /* One frame's time; muxers round it, a missing frame would be twice as much. */
    g_assert_cmpuint(watch.longest_step, <, GST_SECOND / 20);
    g_main_loop_unref(watch.loop);
    g_unlink(path);
    g_rmdir(dir);
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(file_cases); i++) {
        g_autofree char *path = g_strdup_printf("/file-loop/%s", file_cases[i].name);
        g_test_add_data_func(path, &file_cases[i], test_loop);
    }
    return proc_fixture_run();
}
