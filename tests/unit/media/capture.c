#include "sl-capture.h"

#include <glib/gstdio.h>
#include <gst/gst.h>

static SlCapture *
make_capture(SlInputKind kind, const char *location, const char *const *settings, GError **error)
{
    static const char text[] = "[variables]\nwidth = 640\nheight = 360\nframerate = 25\n"
                               "[source]\n${capture} ! appsink name=video\n";
    g_autoptr(SlProblems) problems = sl_problems_new("x.pipeline");
    g_autoptr(SlDescription) description =
        sl_description_parse("x", text, sizeof text - 1, problems);
    g_assert_cmpuint(sl_problems_get_count(problems), ==, 0);
    g_autoptr(SlValues) values = sl_values_new(description, settings, NULL);
    g_assert_nonnull(values);
    g_autoptr(SlInput) input = sl_input_new(kind, location, "It");
    return sl_capture_new(input, description, values, SL_CAPTURE_DEFAULT, error);
}

static void
test_uris(void)
{
    static const struct {
        const char *device;
        SlInputKind kind;
        const char *label;
    } cases[] = {
        { "test", SL_INPUT_TEST, "Test pattern" },
        { "rtsp://camera/1", SL_INPUT_RTSP, "rtsp://camera/1" },
        { "rtsp://user:geheim@camera/1", SL_INPUT_RTSP, "rtsp://user:***@camera/1" },
        { "rtsps://camera/1", SL_INPUT_RTSP, "rtsps://camera/1" },
        { "udp://127.0.0.1:5000", SL_INPUT_URI, "udp://127.0.0.1:5000" },
        { "publish", SL_INPUT_PUBLISHER, "A publisher" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SlInput) input = sl_input_resolve(cases[i].device, &error);
        g_assert_no_error(error);
        g_assert_cmpint(input->kind, ==, cases[i].kind);
        g_assert_cmpstr(input->label, ==, cases[i].label);
        g_assert_cmpstr(input->location, ==,
                        strstr(cases[i].device, "://") != NULL ? cases[i].device : NULL);
    }
}

static void
test_refused(void)
{
    static const struct {
        const char *device;
        SlMediaError code;
        const char *message;
    } cases[] = {
        { "", SL_MEDIA_ERROR_NOT_FOUND, "the device's name is empty *" },
        { "rtsp://x\" ! filesink location=\"y", SL_MEDIA_ERROR_NOT_FOUND, "the device's name *" },
        { "rtsp://x\\", SL_MEDIA_ERROR_NOT_FOUND, "the device's name *" },
        { "rtsp://x\n", SL_MEDIA_ERROR_NOT_FOUND, "the device's name *" },
        { "rtsp://\xff", SL_MEDIA_ERROR_NOT_FOUND, "the device's name *" },
        { "video0", SL_MEDIA_ERROR_NOT_FOUND, "no camera is called \"video0\"; *" },
        { "gopher://x/", SL_MEDIA_ERROR_NOT_FOUND,
          "no installed GStreamer plugin plays gopher:// *" },
        { "file:///nowhere/x.webm", SL_MEDIA_ERROR_NOT_FOUND,
          "can't read /nowhere/x.webm: No such file or directory" },
        { "file:///proc", SL_MEDIA_ERROR_NOT_FOUND, "can't read /proc: Is a directory" },
        { "file://elsewhere/x", SL_MEDIA_ERROR_NOT_FOUND, "can't read /x: *" },
        { "/dev/video250", SL_MEDIA_ERROR_NOT_FOUND, "/dev/video250 is not there; *" },
        { "v4l2:///dev/null", SL_MEDIA_ERROR_DEVICE,
          "/dev/null is no camera; --list-devices shows what is one" },
        { "/proc", SL_MEDIA_ERROR_DEVICE, "/proc is no camera; --list-devices shows what is one" },
        { "/proc/self/stat", SL_MEDIA_ERROR_DEVICE,
          "/proc/self/stat is a file, no camera; a film is named by its URI: "
          "file:///proc/self/stat" },
        { "rtsp://", SL_MEDIA_ERROR_NOT_FOUND,
          "there is no host in the address; expected rtsp://HOST/PATH or "
          "rtsp://USER:PASSWORD@HOST/PATH" },
        { "rtsp:camera/1", SL_MEDIA_ERROR_NOT_FOUND, "there is no host in the address; *" },
        { "rtsp://user:geheim@/1", SL_MEDIA_ERROR_NOT_FOUND, "there is no host in the address; *" },
        { "http:///x", SL_MEDIA_ERROR_NOT_FOUND, "there is no host in the address; *" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(sl_input_resolve(cases[i].device, &error));
        g_assert_error(error, SL_MEDIA_ERROR, (gint)cases[i].code);
        if (!g_pattern_match_simple(cases[i].message, error->message))
            g_test_fail_printf("%s: %s", cases[i].device, error->message);
    }
}

static void
test_file(void)
{
    g_autofree char *dir = g_dir_make_tmp("sightline-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "Straße 1.webm", NULL);
    g_assert_true(g_file_set_contents(path, "x", 1, NULL));
    g_autofree char *uri = g_filename_to_uri(path, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(SlInput) input = sl_input_resolve(uri, &error);
    g_assert_no_error(error);
    g_assert_cmpint(input->kind, ==, SL_INPUT_FILE);
    g_assert_cmpstr(input->location, ==, uri);
    g_assert_cmpstr(input->label, ==, "Straße 1.webm");
    g_unlink(path);
    g_rmdir(dir);
}

/* Every kind of source is launch text that parses, with the elements that it must have. */
static void
test_launch_text(void)
{
    static const struct {
        SlInputKind kind;
        const char *location;
        const char *contains;
    } cases[] = {
        { SL_INPUT_TEST, NULL, "width=640,height=360,framerate=25/1" },
        { SL_INPUT_NO_CAMERA, NULL, "No camera: plug one in" },
        { SL_INPUT_FILE, "file:///x%20y.webm", "uri=\"file:///x%20y.webm\"" },
        { SL_INPUT_URI, "http://x/y?a=1&b=2", "uri=\"http://x/y?a=1&b=2\"" },
        { SL_INPUT_RTSP, "rtsp://u:p@x/y", "location=\"rtsp://u:p@x/y\"" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SlCapture) capture = make_capture(cases[i].kind, cases[i].location, NULL, &error);
        g_assert_no_error(error);
        g_assert_nonnull(strstr(capture->raw, cases[i].contains));
        g_assert_null(capture->encoded);
        g_assert_null(capture->device);
        g_autofree char *text = g_strdup_printf("%s ! fakesink", capture->raw);
        g_autoptr(GstElement) pipeline =
            gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
        g_assert_no_error(error);
        gst_object_ref_sink(pipeline);
    }
}

/* What the pattern is asked for may come from a description: whatever it says, there is a picture.
 */
static void
test_pattern_limits(void)
{
    static const char *const cases[][4] = {
        { "width=1", "height=1", "framerate=1", "width=16,height=16,framerate=1/1" },
        { "width=-5", "height=0", "framerate=-1", "width=16,height=16,framerate=1/1" },
        { "width=99999999", "height=99999999", "framerate=99999999",
          "width=16384,height=9216,framerate=1000/1" },
        { "width=320", "height=720", "framerate=30", "width=320,height=180,framerate=30/1" },
        { "width=1920", "height=361", "framerate=30", "width=640,height=360,framerate=30/1" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *settings[] = { cases[i][0], cases[i][1], cases[i][2], NULL };
        g_autoptr(SlCapture) capture = make_capture(SL_INPUT_TEST, NULL, settings, NULL);
        g_assert_nonnull(strstr(capture->raw, cases[i][3]));
    }
}

static void
test_camera_gone(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(make_capture(SL_INPUT_CAMERA, "/dev/video250", NULL, &error));
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND);
}

/* Another of its model is seen beside it: from now on it is known by its port only. */
static void
test_meet(void)
{
    SlCameraIdentity mine = { (char *)"video0", (char *)"A", (char *)"1", 0, TRUE };
    SlCameraIdentity other = { (char *)"video2", (char *)"A", (char *)"2", 0, FALSE };
    SlCamera seen = { .node = (char *)"/dev/video0", .name = (char *)"A", .identity = &mine };
    g_autoptr(SlInput) input = sl_input_new_camera("A", &seen);
    g_autoptr(GPtrArray) list = g_ptr_array_new();

    g_autoptr(SlInput) nobody = sl_input_meet(input, list);
    g_assert_true(nobody == input);
    g_ptr_array_add(list, &mine);
    g_autoptr(SlInput) alone = sl_input_meet(input, list);
    g_assert_true(alone == input);

    mine.alone = FALSE;
    g_ptr_array_add(list, &other);
    g_autoptr(SlInput) met = sl_input_meet(input, list);
    g_assert_false(met->identity->alone);
    g_assert_cmpstr(met->spec, ==, "A");
    g_assert_cmpstr(met->location, ==, "/dev/video0");
    g_assert_cmpstr(met->label, ==, "A (/dev/video0)");
    g_ptr_array_remove_index(list, 0);
    g_assert_null(sl_camera_identity_find(list, met->identity));
    g_autoptr(SlInput) test = sl_input_new(SL_INPUT_TEST, NULL, "Test pattern");
    g_autoptr(SlInput) same = sl_input_meet(test, list);
    g_assert_true(same == test);
}

static void
test_title(void)
{
    static const struct {
        SlInputKind kind;
        const char *location, *label, *title;
    } cases[] = {
        { SL_INPUT_CAMERA, "/dev/video0", "Cam (rev 2) (/dev/video0)", "Cam (rev 2)" },
        { SL_INPUT_CAMERA, NULL, "The first camera", "door" },
        { SL_INPUT_TEST, NULL, "Test pattern", "Test pattern" },
        { SL_INPUT_NO_CAMERA, NULL, "Test pattern (no camera)", "Test pattern" },
        { SL_INPUT_FILE, "file:///films/a%20b.webm", "a b.webm", "a b.webm" },
        { SL_INPUT_RTSP, "rtsp://10.0.0.1/x", "rtsp://10.0.0.1/x", "door" },
        { SL_INPUT_PUBLISHER, NULL, "A publisher", "door" },
        { SL_INPUT_PUBLISHER, "A phone", "A phone", "A phone" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SlInput) input = sl_input_new(cases[i].kind, cases[i].location, cases[i].label);
        g_autofree char *title = sl_input_make_title(input, "door");
        g_assert_cmpstr(title, ==, cases[i].title);
    }
}

/* It has nothing to capture, nor to hear. */
static void
test_publisher(void)
{
    static const char text[] = "[source]\n${capture} ! tee ! appsink name=video\n"
                               "${audio} ! appsink name=audio\n";
    g_autoptr(SlProblems) problems = sl_problems_new("x.pipeline");
    g_autoptr(SlDescription) description =
        sl_description_parse("x", text, sizeof text - 1, problems);
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);
    g_autoptr(SlInput) input = sl_input_resolve(SL_INPUT_PUBLISH, NULL);
    g_autoptr(SlCapture) capture =
        sl_capture_new(input, description, values, SL_CAPTURE_DEFAULT, NULL);
    g_autofree char *said = NULL;

    sl_description_check(description, values, capture, problems);
    said = sl_problems_to_text(problems);
    g_assert_cmpstr(said, ==,
                    "x.pipeline:2: found ${capture}, but this input has no picture that can be "
                    "decoded");
}

/* What stands for a publisher where a file would. */
static void
test_published(void)
{
    static const char *const tracks[] = { "video", "audio", NULL };
    g_autoptr(SlDescription) description = sl_description_new_published(tracks);
    g_autoptr(SlProblems) problems = sl_problems_new("");
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);
    g_autoptr(SlDescription) awaited = NULL;
    g_autofree char *instead = NULL;

    sl_description_check(description, values, NULL, problems);
    g_assert_cmpuint(sl_problems_get_count(problems), ==, 0);
    g_assert_true(g_strv_equal(sl_description_get_tracks(description), tracks));
    g_assert_null(sl_description_get_captured_codec(description));
    g_assert_false(sl_description_names_any(description, tracks));
    g_assert_null(sl_description_expand_viewer(description, values, "video", problems));
    g_assert_cmpuint(sl_problems_get_count(problems), ==, 0);
    awaited = sl_description_load_available(SL_DESCRIPTION_PUBLISHED, NULL, &instead, NULL);
    g_assert_null(*sl_description_get_tracks(awaited));
    g_assert_null(instead);
}

static void
test_can_be_awaited(void)
{
    static const struct {
        const char *device;
        SlMediaError code;
        gboolean expected;
    } cases[] = {
        { NULL, SL_MEDIA_ERROR_BUSY, TRUE },
        { "/dev/video9", SL_MEDIA_ERROR_NOT_FOUND, TRUE },
        { "/dev/v4l/by-id/x", SL_MEDIA_ERROR_PERMISSION, TRUE },
        { "C920", SL_MEDIA_ERROR_NOT_FOUND, TRUE },
        { "/dev/null", SL_MEDIA_ERROR_DEVICE, FALSE },
        { "", SL_MEDIA_ERROR_NOT_FOUND, FALSE },
        { "a\"b", SL_MEDIA_ERROR_NOT_FOUND, FALSE },
        { "publish", SL_MEDIA_ERROR_NOT_FOUND, FALSE },
        { "file:///x", SL_MEDIA_ERROR_NOT_FOUND, FALSE },
        { "gopher://x/", SL_MEDIA_ERROR_NOT_FOUND, FALSE },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = g_error_new(SL_MEDIA_ERROR, (gint)cases[i].code, "why");
        g_test_message("%s", cases[i].device);
        g_assert_cmpint(sl_input_can_be_awaited(cases[i].device, error), ==, cases[i].expected);
    }
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/capture/uris", test_uris);
    g_test_add_func("/capture/refused", test_refused);
    g_test_add_func("/capture/file", test_file);
    g_test_add_func("/capture/launch-text", test_launch_text);
    g_test_add_func("/capture/publisher", test_publisher);
    g_test_add_func("/capture/published", test_published);
    g_test_add_func("/capture/pattern-limits", test_pattern_limits);
    g_test_add_func("/capture/camera-gone", test_camera_gone);
    g_test_add_func("/capture/meet", test_meet);
    g_test_add_func("/capture/title", test_title);
    g_test_add_func("/capture/can-be-awaited", test_can_be_awaited);
    return g_test_run();
}
