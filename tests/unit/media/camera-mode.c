#include "sl-camera-mode.h"

#include <linux/videodev2.h>
#include <stdio.h>

/* A mode as the tables below write it: `YUYV 1280x720@30/1`. */
static SlCameraMode
parse_mode(const char *text)
{
    char fourcc[5];
    SlCameraMode mode = { 0 };
    g_assert_cmpint(sscanf(text, "%4s %ux%u@%u/%u", fourcc, &mode.width, &mode.height, &mode.fps_n,
                           &mode.fps_d),
                    ==, 5);
    mode.format = sl_camera_format_lookup(v4l2_fourcc(fourcc[0], fourcc[1], fourcc[2], fourcc[3]));
    g_assert_nonnull(mode.format);
    return mode;
}

typedef struct {
    const char *name;
    SlCameraWish wish;
    const char *modes; /* `;` between them */
    guint chosen;      /* counted from 0 */
} ChoiceCase;

#define HD            \
    {                 \
        1280, 720, 30 \
    }

#define VGA          \
    {                \
        640, 480, 30 \
    }

/* clang-format off */
static const ChoiceCase choice_cases[] = {
    { "the only one", HD, "YUYV 320x240@15/1", 0 },
    { "exact", HD, "YUYV 640x480@30/1;YUYV 1280x720@30/1;YUYV 1920x1080@30/1", 1 },
    { "never 4K by accident", HD, "YUYV 3840x2160@30/1;YUYV 640x360@30/1", 1 },
    { "never MJPEG 4K by accident", HD, "MJPG 3840x2160@30/1;YUYV 640x360@15/1", 1 },
    { "one edge too long is too large", HD, "YUYV 1280x960@30/1;YUYV 640x480@30/1", 1 },
    { "everything too large: the smallest", HD, "YUYV 3840x2160@30/1;YUYV 1920x1080@5/1", 1 },
    { "1080p only: where raw is slow, MJPEG", HD, "YUYV 1920x1080@5/1;MJPG 1920x1080@30/1", 1 },
    { "1080p only, at rates: the one that is wanted", HD,
      "MJPG 1920x1080@60/1;MJPG 1920x1080@30/1;MJPG 1920x1080@15/1", 1 },
    { "4:3 only: the largest that is not too high", HD,
      "YUYV 1600x1200@30/1;YUYV 1024x768@30/1;YUYV 800x600@30/1;YUYV 640x480@30/1", 2 },
    { "4:3 only, one fits exactly in height", HD, "YUYV 1280x960@30/1;YUYV 960x720@30/1", 1 },
    { "4:3 wanted of a wide camera", VGA, "YUYV 1280x720@30/1;YUYV 640x360@30/1;YUYV 424x240@30/1", 1 },
    { "highest rate that is not above", HD, "YUYV 640x480@15/1;YUYV 640x480@25/1;YUYV 640x480@60/1", 1 },
    { "all above: the lowest", HD, "YUYV 640x480@120/1;YUYV 640x480@60/1;YUYV 640x480@90/1", 1 },
    { "above in the wanted size, within it in a smaller one", HD, "YUYV 1280x720@60/1;YUYV 640x480@30/1", 1 },
    { "above rather than a crawl", HD, "YUYV 1280x720@60/1;YUYV 640x480@5/1", 0 },
    { "25 for 30", HD, "YUYV 1280x720@25/1;YUYV 640x480@25/1", 0 },
    { "25 for 30, by raw rather than MJPEG", HD, "MJPG 1280x720@25/1;YUYV 1280x720@25/1", 1 },
    { "25 or 50 for 30", HD, "YUYV 1280x720@50/1;YUYV 1280x720@25/1", 1 },
    { "NTSC's rate is within 30", HD, "YUYV 640x480@25/1;YUYV 640x480@30000/1001", 1 },
    { "NTSC's rate is 30: raw need not give way", HD, "MJPG 640x480@30/1;YUYV 640x480@30000/1001", 1 },
    { "a rate that was rounded is within", HD, "YUYV 640x480@15/1;YUYV 640x480@1000000/33333", 1 },
    { "raw at half of the rate gives way to MJPEG that reaches it", HD, "MJPG 1280x720@30/1;YUYV 1280x720@15/1", 0 },
    { "raw below it gives way to MJPEG that is faster", HD, "YUYV 1280x720@10/1;MJPG 1280x720@25/1", 1 },
    { "raw at 5 to 10, in both sizes", HD,
      "YUYV 1280x720@10/1;YUYV 1280x720@5/1;MJPG 640x480@30/1;MJPG 1280x720@30/1;YUYV 640x480@30/1", 3 },
    { "raw 15 in 720p, raw 30 in 480p, MJPEG 30 in 720p", HD,
      "YUYV 1280x720@15/1;YUYV 640x480@30/1;MJPG 1280x720@30/1", 2 },
    { "raw 15 in 720p, raw 30 in 480p", HD, "YUYV 640x480@30/1;YUYV 1280x720@15/1", 1 },
    { "a smaller picture where there is no MJPEG", HD, "YUYV 1280x720@10/1;YUYV 640x480@30/1", 1 },
    { "nothing is fast: the largest", HD, "YUYV 640x480@7/1;YUYV 1280x720@5/1", 1 },
    { "a larger picture by MJPEG", HD, "YUYV 640x480@30/1;MJPG 1280x720@30/1", 1 },
    { "MJPEG before H.264", HD, "H264 1280x720@30/1;MJPG 1280x720@30/1", 1 },
    { "H.264 where nothing else reaches the rate", HD, "YUYV 1280x720@10/1;MJPG 1280x720@15/1;H264 1280x720@30/1", 2 },
    { "H.264 only", HD, "H264 1920x1080@30/1;H264 1280x720@30/1;H264 640x360@30/1", 1 },
    { "NV12 before YUYV before MJPEG", HD, "MJPG 1280x720@30/1;YUYV 1280x720@30/1;NV12 1280x720@30/1", 2 },
    { "YUYV before MJPEG", HD, "MJPG 1280x720@30/1;YUYV 1280x720@30/1", 1 },
    { "YUYV before RGB", HD, "RGB3 1280x720@30/1;YUYV 1280x720@30/1", 1 },
    { "colour before grey", HD, "GREY 1280x720@30/1;RGB3 1280x720@30/1", 1 },
    { "rate before format", HD, "NV12 1280x720@20/1;YUYV 1280x720@30/1", 1 },
    { "an unknown rate is taken", HD, "YUYV 640x480@5/1;YUYV 640x480@0/1", 1 },
    { "a known rate is taken before it", HD, "YUYV 640x480@0/1;YUYV 640x480@30/1", 1 },
    { "unknown rates: the largest that fits", HD, "YUYV 640x480@0/1;YUYV 1280x720@0/1;YUYV 1920x1080@0/1", 1 },
    { "PAL", HD, "YUYV 720x576@25/1", 0 },
};
/* clang-format on */

static void
test_choice(gconstpointer data)
{
    const ChoiceCase *c = data;
    g_auto(GStrv) texts = g_strsplit(c->modes, ";", -1);
    g_autoptr(GArray) modes = g_array_new(FALSE, FALSE, sizeof(SlCameraMode));
    for (guint i = 0; texts[i] != NULL; i++) {
        SlCameraMode mode = parse_mode(texts[i]);
        g_array_append_val(modes, mode);
    }
    const SlCameraMode *first = (const SlCameraMode *)modes->data;
    g_assert_cmpint(sl_camera_mode_choose(first, modes->len, &c->wish) - first, ==, c->chosen);
}

static void
test_exact(void)
{
    static const struct {
        const char *mode;
        gboolean is_exact;
    } cases[] = {
        { "YUYV 1280x720@30/1", TRUE },       { "MJPG 1280x720@30/1", TRUE },
        { "YUYV 1280x720@30000/1001", TRUE }, { "YUYV 1280x720@25/1", FALSE },
        { "YUYV 1280x720@60/1", FALSE },      { "YUYV 1280x720@0/1", FALSE },
        { "YUYV 1280x718@30/1", FALSE },      { "YUYV 720x1280@30/1", FALSE },
    };
    SlCameraWish wish = HD;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SlCameraMode mode = parse_mode(cases[i].mode);
        g_assert_cmpint(sl_camera_mode_is_exact(&mode, &wish), ==, cases[i].is_exact);
    }
}

static void
test_choice_of_nothing(void)
{
    SlCameraWish wish = HD;
    g_assert_null(sl_camera_mode_choose(NULL, 0, &wish));
}

static void
test_caps(void)
{
    static const char *const cases[][3] = {
        { "YUYV 1280x720@30/1", "video/x-raw,format=YUY2,width=1280,height=720,framerate=30/1",
          "YUY2 1280x720 at 30" },
        { "NV12 640x480@30000/1001",
          "video/x-raw,format=NV12,width=640,height=480,framerate=30000/1001",
          "NV12 640x480 at 29.97" },
        { "UYVY 720x576@0/1", "video/x-raw,format=UYVY,width=720,height=576", "UYVY 720x576" },
        { "MJPG 640x480@15/2", "image/jpeg,width=640,height=480,framerate=15/2",
          "MJPEG 640x480 at 7.5" },
        { "H264 640x480@30/1",
          "video/"
          "x-h264,stream-format=byte-stream,alignment=au,width=640,height=480,framerate=30/1",
          "H.264 640x480 at 30" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SlCameraMode mode = parse_mode(cases[i][0]);
        g_autofree char *caps = sl_camera_mode_to_caps(&mode);
        g_autofree char *text = sl_camera_mode_to_text(&mode);
        g_assert_cmpstr(caps, ==, cases[i][1]);
        g_assert_cmpstr(text, ==, cases[i][2]);
    }
}

static void
test_range(void)
{
    static const struct {
        SlCameraRange range;
        guint native_width, native_height, width, height;
    } cases[] = {
        { { 16, 4096, 2, 16, 2160, 2 }, 0, 0, 1280, 720 },
        { { 16, 4096, 2, 16, 2160, 2 }, 720, 576, 720, 576 },
        { { 16, 4096, 1, 16, 4096, 1 }, 2592, 1944, 960, 720 },
        { { 16, 4096, 1, 16, 4096, 1 }, 1080, 1920, 404, 720 },
        { { 48, 640, 16, 32, 480, 8 }, 0, 0, 640, 480 },
        { { 1920, 4096, 8, 1080, 2160, 8 }, 0, 0, 1920, 1080 },
        { { 100, 700, 64, 100, 700, 64 }, 0, 0, 676, 676 },
        { { 1, 1, 0, 1, 1, 0 }, 0, 0, 1, 1 },
    };
    SlCameraWish wish = HD;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint width, height;
        sl_camera_range_fit(&cases[i].range, cases[i].native_width, cases[i].native_height, &wish,
                            &width, &height);
        g_assert_cmpuint(width, ==, cases[i].width);
        g_assert_cmpuint(height, ==, cases[i].height);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(choice_cases); i++) {
        g_autofree char *path = g_strdup_printf("/camera-mode/choice/%s", choice_cases[i].name);
        g_test_add_data_func(path, &choice_cases[i], test_choice);
    }
    g_test_add_func("/camera-mode/choice-of-nothing", test_choice_of_nothing);
    g_test_add_func("/camera-mode/exact", test_exact);
    g_test_add_func("/camera-mode/caps", test_caps);
    g_test_add_func("/camera-mode/range", test_range);
    return g_test_run();
}
