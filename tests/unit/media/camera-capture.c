#include "sl-camera-capture.h"

#include <gst/gst.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>

/* `YUYV 1280x720@30/1;MJPG …` */
static SlCamera *
make_camera(const char *modes)
{
    SlCamera *self = g_new0(SlCamera, 1);
    g_auto(GStrv) texts = g_strsplit(modes, ";", -1);
    self->node = g_strdup("/dev/video0");
    self->name = g_strdup("C920");
    self->pixel_width = self->pixel_height = 1;
    self->modes = g_array_new(FALSE, FALSE, sizeof(SlCameraMode));
    for (guint i = 0; texts[i] != NULL; i++) {
        char f[5];
        SlCameraMode mode = { 0 };
        g_assert_cmpint(sscanf(texts[i], "%4s %ux%u@%u/%u", f, &mode.width, &mode.height,
                               &mode.fps_n, &mode.fps_d),
                        ==, 5);
        mode.format = sl_camera_format_lookup(v4l2_fourcc(f[0], f[1], f[2], f[3]));
        g_assert_nonnull(mode.format);
        g_array_append_val(self->modes, mode);
    }
    return self;
}

static const SlCameraWish wish = { .width = 1280, .height = 720, .fps = 30 };
static const SlCameraWish strict_wish = { 1280, 720, 30, .is_strict = TRUE };

#define SOURCE "v4l2src device=\"/dev/video0\" do-timestamp=true ! "
#define H264 "video/x-h264,stream-format=byte-stream,alignment=au"

static const struct {
    const char *name;
    const char *modes, *codec;
    const char *raw, *encoded;
    const char *mode, *wanted;
    guint fps_n, fps_d;
} cases[] = {
    { "raw", "YUYV 1280x720@30/1;MJPG 1280x720@30/1", "raw",
      SOURCE "video/x-raw,format=YUY2,width=1280,height=720,framerate=30/1", NULL,
      "YUY2 1280x720 at 30", NULL, 30, 1 },
    { "raw from MJPEG", "YUYV 1280x720@10/1;MJPG 1280x720@30/1", "raw",
      SOURCE "image/jpeg,width=1280,height=720,framerate=30/1 ! jpegdec", NULL,
      "MJPEG 1280x720 at 30", NULL, 30, 1 },
    { "raw from H.264", "H264 1280x720@30/1", "raw",
      SOURCE H264 ",width=1280,height=720,framerate=30/1 ! h264parse ! avdec_h264", NULL,
      "H.264 1280x720 at 30", NULL, 30, 1 },
    { "near", "YUYV 640x480@25/1", "raw",
      SOURCE "video/x-raw,format=YUY2,width=640,height=480,framerate=25/1", NULL,
      "YUY2 640x480 at 25", "1280x720 at 30", 25, 1 },
    { "NTSC is no other rate", "YUYV 1280x720@30000/1001", "raw",
      SOURCE "video/x-raw,format=YUY2,width=1280,height=720,framerate=30000/1001", NULL,
      "YUY2 1280x720 at 29.97", NULL, 30000, 1001 },
    { "above: the description drops frames", "YUYV 1280x720@60/1", "raw",
      SOURCE "video/x-raw,format=YUY2,width=1280,height=720,framerate=60/1", NULL,
      "YUY2 1280x720 at 60", "1280x720 at 30", 30, 1 },
    { "an unknown rate", "YUYV 1280x720@0/1", "raw",
      SOURCE "video/x-raw,format=YUY2,width=1280,height=720", NULL, "YUY2 1280x720",
      "1280x720 at 30", 0, 1 },
    { "its own H.264", "YUYV 1280x720@30/1;H264 1920x1080@30/1;H264 1280x720@30/1", "h264", NULL,
      SOURCE H264 ",width=1280,height=720,framerate=30/1 ! " SL_CAPTURE_H264,
      "H.264 1280x720 at 30", NULL, 30, 1 },
    { "its own H.264, too fast: nothing drops its frames", "H264 1280x720@60/1", "h264", NULL,
      SOURCE H264 ",width=1280,height=720,framerate=60/1 ! " SL_CAPTURE_H264,
      "H.264 1280x720 at 60", "1280x720 at 30", 60, 1 },
    { "its own JPEG", "YUYV 1280x720@30/1;MJPG 640x480@30/1", "jpeg", NULL,
      SOURCE "image/jpeg,width=640,height=480,framerate=30/1", "MJPEG 640x480 at 30",
      "1280x720 at 30", 30, 1 },
};

static void
test_text(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(SlCamera) camera = make_camera(cases[i].modes);
    g_autoptr(GError) error = NULL;
    g_autoptr(SlCapture) capture = sl_camera_capture(camera, "C920", cases[i].codec, &wish, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(capture->raw, ==, cases[i].raw);
    g_assert_cmpstr(capture->encoded, ==, cases[i].encoded);
    g_assert_cmpstr(capture->encoded_codec, ==, cases[i].encoded != NULL ? cases[i].codec : NULL);
    g_assert_cmpstr(capture->mode, ==, cases[i].mode);
    g_assert_cmpstr(capture->wanted, ==, cases[i].wanted);
    g_assert_null(capture->offers);
    g_assert_cmpuint(capture->fps_n, ==, cases[i].fps_n);
    g_assert_cmpuint(capture->fps_d, ==, cases[i].fps_d);
    g_assert_cmpstr(capture->device, ==, "/dev/video0");
    g_assert_cmpstr(capture->input->spec, ==, "C920");
    g_assert_cmpstr(capture->input->label, ==, "C920 (/dev/video0)");

    g_autofree char *text =
        g_strdup_printf("%s ! fakesink", capture->raw != NULL ? capture->raw : capture->encoded);
    g_autoptr(GstElement) pipeline =
        gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    g_assert_no_error(error);
    gst_object_ref_sink(pipeline);
}

static const struct {
    const char *name;
    const char *modes, *codec;
    const char *error; /* NULL: there is none */
} strict_cases[] = {
    { "exact", "YUYV 1280x720@30/1", "raw", NULL },
    { "exact by MJPEG", "YUYV 1280x720@10/1;MJPG 1280x720@30/1", "raw", NULL },
    { "NTSC", "YUYV 1280x720@30000/1001", "raw", NULL },
    { "another size", "YUYV 640x480@30/1", "raw",
      "C920 (/dev/video0) does not give exactly 1280x720 at 30 (--strict); it has "
      "YUY2 (640x480 at 30)" },
    { "another rate", "YUYV 1280x720@25/1;YUYV 1280x720@60/1;MJPG 640x480@30/1", "raw",
      "C920 (/dev/video0) does not give exactly 1280x720 at 30 (--strict); it has "
      "YUY2 (1280x720 at 60, 25), MJPEG (640x480 at 30)" },
    { "another codec", "YUYV 1280x720@30/1;H264 1920x1080@30/1", "h264",
      "C920 (/dev/video0) does not give exactly 1280x720 at 30 (--strict); it has "
      "YUY2 (1280x720 at 30), H.264 (1920x1080 at 30)" },
};

static void
test_strict(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(SlCamera) camera = make_camera(strict_cases[i].modes);
    g_autoptr(GError) error = NULL;
    g_autoptr(SlCapture) capture =
        sl_camera_capture(camera, NULL, strict_cases[i].codec, &strict_wish, &error);
    if (strict_cases[i].error == NULL) {
        g_assert_no_error(error);
        g_assert_null(capture->wanted);
        return;
    }
    g_assert_null(capture);
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE);
    g_assert_cmpstr(error->message, ==, strict_cases[i].error);
}

/* What the description makes of a camera that has it, or has not. */
static void
test_description(void)
{
    static const struct {
        const char *placeholder, *codec, *modes;
        const char *problem; /* NULL: there is none */
    } descriptions[] = {
        { "${capture}", "raw", "YUYV 1280x720@30/1", NULL },
        { "${capture:h264}", "h264", "H264 1280x720@30/1", NULL },
        { "${capture:jpeg}", "jpeg", "MJPG 1280x720@30/1;YUYV 1280x720@30/1", NULL },
        { "${capture:h264}", "h264", "MJPG 1280x720@30/1;YUYV 1280x720@10/1",
          "x.pipeline:2: found ${capture:h264}, but C920 (/dev/video0) has MJPEG (1280x720 at 30), "
          "YUY2 (1280x720 at 10); expected ${capture} and an encoder" },
        { "${capture:av1}", "av1", "YUYV 1280x720@10/1",
          "x.pipeline:2: found ${capture:av1}, but C920 (/dev/video0) has YUY2 (1280x720 at 10); "
          "expected ${capture} and an encoder" },
        { "# ${capture:h264}\nvideotestsrc", NULL, "YUYV 1280x720@10/1", NULL },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(descriptions); i++) {
        g_autofree char *text = g_strdup_printf("[source]\n%s ! queue ! appsink name=video\n",
                                                descriptions[i].placeholder);
        g_autoptr(SlProblems) problems = sl_problems_new("x.pipeline");
        g_autoptr(SlDescription) description =
            sl_description_parse("x", text, strlen(text), problems);
        g_assert_nonnull(description);
        const char *codec = sl_description_get_captured_codec(description);
        g_assert_cmpstr(codec, ==, descriptions[i].codec);
        g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);
        g_autoptr(SlCamera) camera = make_camera(descriptions[i].modes);
        g_autoptr(SlCapture) capture =
            sl_camera_capture(camera, NULL, codec != NULL ? codec : SL_CODEC_RAW, &wish, NULL);
        sl_description_check(description, values, capture, problems);
        g_autofree char *found = sl_problems_to_text(problems);
        g_assert_cmpstr(found, ==, descriptions[i].problem != NULL ? descriptions[i].problem : "");
    }
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/camera-capture/text/%s", cases[i].name);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_text);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(strict_cases); i++) {
        g_autofree char *path = g_strdup_printf("/camera-capture/strict/%s", strict_cases[i].name);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_strict);
    }
    g_test_add_func("/camera-capture/description", test_description);
    return g_test_run();
}
