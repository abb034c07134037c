#include "sl-camera-owner.h"
#include "sl-camera-probe.h"
#include "sl-camera.h"
#include "sl-description.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <linux/videodev2.h>
#include <string.h>
#include <unistd.h>

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

/* A device that says what a test wants it to say. */
typedef struct {
    guint32 caps;
    const guint32 *formats; /* ends with 0; NULL: says YUYV for ever */
    guint width, height;    /* 0: no list of sizes */
    gboolean is_stepwise;
    struct v4l2_fract interval; /* 0/0: no list of rates */
    v4l2_std_id std;
    gboolean is_busy, has_no_input;
    guint n_calls, n_buffers;
} FakeDevice;

static int
refuse(int code)
{
    errno = code;
    return -1;
}

static int
fake_enum_size(FakeDevice *device, struct v4l2_frmsizeenum *size)
{
    if (device->width == 0)
        return refuse(ENOTTY);
    if (device->is_stepwise) {
        size->type = V4L2_FRMSIZE_TYPE_STEPWISE;
        size->stepwise =
            (struct v4l2_frmsize_stepwise){ 16, device->width, 2, 16, device->height, 2 };
        return 0;
    }
    if (size->index > 0 && device->formats != NULL)
        return refuse(EINVAL);
    size->type = V4L2_FRMSIZE_TYPE_DISCRETE;
    size->discrete.width = device->width;
    size->discrete.height = device->height;
    return 0;
}

static int
fake_ioctl(gpointer data, gulong request, gpointer arg)
{
    FakeDevice *device = data;
    device->n_calls++;
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *cap = arg;
        /* As with bcm2835-isp: of the whole device, not of this node. */
        cap->capabilities = V4L2_CAP_DEVICE_CAPS | V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_OUTPUT;
        cap->device_caps = device->caps;
        memset(cap->card, 'x', sizeof cap->card);
        memcpy(cap->card, "A\x01\xff\"", 4);
        return 0;
    }
    case VIDIOC_ENUM_FMT: {
        struct v4l2_fmtdesc *desc = arg;
        desc->pixelformat =
            device->formats != NULL ? device->formats[desc->index] : V4L2_PIX_FMT_YUYV;
        return desc->pixelformat != 0 ? 0 : refuse(EINVAL);
    }
    case VIDIOC_ENUMINPUT:
        return device->has_no_input ? refuse(ENOTTY) : 0;
    case VIDIOC_ENUM_FRAMESIZES:
        return fake_enum_size(device, arg);
    case VIDIOC_ENUM_FRAMEINTERVALS: {
        struct v4l2_frmivalenum *interval = arg;
        if (device->interval.numerator == 0 && device->interval.denominator == 0)
            return refuse(ENOTTY);
        if (interval->index > 0 && device->formats != NULL)
            return refuse(EINVAL);
        interval->type = V4L2_FRMIVAL_TYPE_DISCRETE;
        interval->discrete = device->interval;
        return 0;
    }
    case VIDIOC_TRY_FMT: {
        struct v4l2_format *format = arg;
        format->fmt.pix.width = 352;
        format->fmt.pix.height = 288;
        return 0;
    }
    case VIDIOC_G_STD:
        *(v4l2_std_id *)arg = device->std;
        return device->std != 0 ? 0 : refuse(ENODATA);
    case VIDIOC_REQBUFS:
        if (device->is_busy)
            return refuse(EBUSY);
        device->n_buffers = ((struct v4l2_requestbuffers *)arg)->count;
        return 0;
    default:
        return refuse(ENOTTY);
    }
}

#define CAPTURE (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING)
static const guint32 yuyv[] = { V4L2_PIX_FMT_YUYV, 0 };
static const guint32 bayer[] = { V4L2_PIX_FMT_SRGGB10, V4L2_PIX_FMT_SBGGR8, 0 };
static const guint32 none[] = { 0 };

static const struct {
    const char *name;
    FakeDevice device;
    const char *mode; /* the first */
    const char *error;
} probe_cases[] = {
    { "discrete", { CAPTURE, yuyv, 640, 480, .interval = { 1, 30 } }, "YUY2 640x480 at 30", NULL },
    { "stepwise",
      { CAPTURE, yuyv, 4096, 2160, .is_stepwise = TRUE, .interval = { 1000, 25000 } },
      "YUY2 1280x720 at 25",
      NULL },
    { "no list of sizes",
      { CAPTURE, yuyv, .interval = { 1001, 30000 } },
      "YUY2 352x288 at 29.97",
      NULL },
    { "PAL without a list of rates",
      { CAPTURE, yuyv, 720, 576, .std = V4L2_STD_PAL_B },
      "YUY2 720x576 at 25",
      NULL },
    { "NTSC without a list of rates",
      { CAPTURE, yuyv, 720, 480, .std = V4L2_STD_NTSC_M },
      "YUY2 720x480 at 29.97",
      NULL },
    { "no rate at all", { CAPTURE, yuyv, 640, 480 }, "YUY2 640x480", NULL },
    { "a rate of nothing",
      { CAPTURE, yuyv, 640, 480, .interval = { 0, 30 } },
      "YUY2 640x480",
      NULL },
    { "an absurd rate",
      { CAPTURE, yuyv, 640, 480, .interval = { 1, G_MAXUINT32 } },
      "YUY2 640x480",
      NULL },
    { "an absurd size",
      { CAPTURE, yuyv, G_MAXUINT32, 480, .interval = { 1, 30 } },
      NULL,
      "/dev/x is a capture device, but lists no picture format" },
    { "Bayer only",
      { CAPTURE, bayer, 640, 480 },
      NULL,
      "/dev/x has only formats that can't be shown (RG10, BA81): a sensor's raw data, or a "
      "vendor's own" },
    { "no formats",
      { CAPTURE, none, 640, 480 },
      NULL,
      "/dev/x is a capture device, but lists no picture format" },
    { "codec", { CAPTURE | V4L2_CAP_VIDEO_M2M, yuyv }, NULL, "/dev/x is a codec or converter" },
    { "metadata",
      { V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING, yuyv },
      NULL,
      "/dev/x is a camera's metadata, not its picture" },
    { "output", { V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_STREAMING, yuyv }, NULL, "/dev/x is an output" },
    { "radio", { V4L2_CAP_RADIO, yuyv }, NULL, "/dev/x is no video capture device" },
    { "a converter's output",
      { CAPTURE, yuyv, 640, 480, .has_no_input = TRUE },
      NULL,
      "/dev/x is a converter's output, with no camera behind it" },
    { "read() only",
      { V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_READWRITE, yuyv },
      NULL,
      "/dev/x is a capture device without streaming I/O" },
};

static void
test_probe(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    FakeDevice device = probe_cases[i].device;
    SlCameraWish wish = HD;
    g_autoptr(GError) error = NULL;
    g_autoptr(SlCamera) camera = sl_camera_probe(fake_ioctl, &device, "/dev/x", &wish, &error);
    if (probe_cases[i].error != NULL) {
        g_assert_null(camera);
        g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE);
        g_assert_cmpstr(error->message, ==, probe_cases[i].error);
        return;
    }
    g_assert_no_error(error);
    g_assert_cmpuint(camera->modes->len, ==, 1);
    g_autofree char *mode = sl_camera_mode_to_text(&g_array_index(camera->modes, SlCameraMode, 0));
    g_assert_cmpstr(mode, ==, probe_cases[i].mode);
    g_assert_true(g_utf8_validate(camera->name, -1, NULL));
    g_assert_true(g_str_has_prefix(camera->name, "A "));
}

/* What stands in /dev of machines that people have. */
#define MPLANE (V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_STREAMING)
#define OUTPUT (V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_STREAMING)
#define METADATA (V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING)
static const guint32 nv12[] = { V4L2_PIX_FMT_NV12, 0 };
static const guint32 grey[] = { V4L2_PIX_FMT_GREY, 0 };
static const guint32 webcam[] = { V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_YUYV, 0 };
static const guint32 isp[] = { V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_RGB24, 0 };

#define MAX_NODES 10
static const struct {
    const char *name;
    FakeDevice nodes[MAX_NODES]; /* up to one without capabilities */
    int first;                   /* -1: there is none */
} machines[] = {
    { "nothing", { { 0 } }, -1 },
    { "a webcam and its metadata", { { CAPTURE, webcam, 1280, 720 }, { METADATA, NULL } }, 0 },
    { "metadata before the picture", { { METADATA, NULL }, { CAPTURE, webcam, 1280, 720 } }, 1 },
    { "a laptop's infrared camera before the ordinary one",
      { { CAPTURE, grey, 640, 360 },
        { METADATA, NULL },
        { CAPTURE, webcam, 1280, 720 },
        { METADATA, NULL } },
      2 },
    { "a grey camera alone", { { METADATA, NULL }, { CAPTURE, grey, 640, 360 } }, 1 },
    { "a Raspberry Pi with a sensor, which libcamera is for: unicam, codecs, ISP",
      { { CAPTURE | V4L2_CAP_IO_MC, bayer, 1920, 1080 },
        { METADATA | V4L2_CAP_IO_MC, NULL },
        { V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_STREAMING, yuyv },
        { V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_STREAMING, nv12 },
        { OUTPUT, bayer, .has_no_input = TRUE },
        { CAPTURE, isp, 4096, 4096, .is_stepwise = TRUE, .has_no_input = TRUE },
        { CAPTURE, isp, 4096, 4096, .is_stepwise = TRUE, .has_no_input = TRUE },
        { METADATA, NULL } },
      -1 },
    { "a Raspberry Pi with a webcam behind all that",
      { { CAPTURE, bayer, 1920, 1080 },
        { V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_STREAMING, yuyv },
        { CAPTURE, isp, 4096, 4096, .is_stepwise = TRUE, .has_no_input = TRUE },
        { CAPTURE, webcam, 1280, 720 } },
      3 },
    { "a Raspberry Pi 5: pispbe",
      { { V4L2_CAP_VIDEO_OUTPUT_MPLANE | V4L2_CAP_STREAMING | V4L2_CAP_IO_MC, bayer },
        { MPLANE | V4L2_CAP_IO_MC, isp, 4096, 4096, .is_stepwise = TRUE },
        { V4L2_CAP_META_OUTPUT | V4L2_CAP_STREAMING | V4L2_CAP_IO_MC, NULL } },
      -1 },
    { "HDMI on unicam", { { CAPTURE, isp, 1920, 1080 } }, 0 },
    { "rkisp1: paths, statistics, parameters, a decoder",
      { { MPLANE | V4L2_CAP_IO_MC, nv12, 4032, 3024, .is_stepwise = TRUE },
        { MPLANE | V4L2_CAP_IO_MC, nv12, 1920, 1920, .is_stepwise = TRUE },
        { METADATA | V4L2_CAP_IO_MC, NULL },
        { V4L2_CAP_META_OUTPUT | V4L2_CAP_STREAMING | V4L2_CAP_IO_MC, NULL },
        { V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_STREAMING, nv12 } },
      -1 },
    { "v4l2loopback that nobody writes to", { { OUTPUT, yuyv } }, -1 },
};

static FakeDevice machine[MAX_NODES];

static SlCamera *
query_fake(const char *path, const SlCameraWish *wish, GError **error)
{
    return sl_camera_probe(fake_ioctl, &machine[atoi(path)], path, wish, error);
}

static void
test_first(gconstpointer data)
{
    gsize m = GPOINTER_TO_SIZE(data);
    g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < MAX_NODES && machines[m].nodes[i].caps != 0; i++)
        g_ptr_array_add(nodes, g_strdup_printf("%u", i));
    memcpy(machine, machines[m].nodes, sizeof machine);
    SlCameraWish wish = HD;
    g_autoptr(GError) error = NULL;
    g_autoptr(SlCamera) camera = sl_camera_query_first(nodes, &wish, query_fake, &error);
    if (machines[m].first < 0) {
        g_assert_null(camera);
        g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND);
    } else {
        g_assert_no_error(error);
        g_assert_cmpint(atoi(camera->node), ==, machines[m].first);
    }
}

/* It may be the one that is meant. */
static SlCamera *
query_busy(const char *path, const SlCameraWish *wish, GError **error)
{
    if (atoi(path) != 1)
        return query_fake(path, wish, error);
    g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_BUSY, "busy");
    return NULL;
}

static void
test_first_is_busy(void)
{
    g_autoptr(GPtrArray) nodes = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < 3; i++)
        g_ptr_array_add(nodes, g_strdup_printf("%u", i));
    machine[0] = (FakeDevice){ CAPTURE, grey, 640, 480 };
    machine[2] = (FakeDevice){ CAPTURE, yuyv, 640, 480 };
    SlCameraWish wish = HD;
    g_autoptr(GError) error = NULL;
    g_assert_null(sl_camera_query_first(nodes, &wish, query_busy, &error));
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_BUSY);
}

static void
test_endless_device(void)
{
    FakeDevice device = { CAPTURE, NULL, 640, 480, .interval = { 1, 30 } };
    SlCameraWish wish = HD;
    g_autoptr(SlCamera) camera = sl_camera_probe(fake_ioctl, &device, "/dev/x", &wish, NULL);
    g_assert_nonnull(camera);
    g_assert_cmpuint(camera->modes->len, ==, 8192);
    g_assert_cmpuint(device.n_calls, <, 1000000);
}

static void
test_busy(void)
{
    FakeDevice device = { CAPTURE, yuyv, 640, 480 };
    g_assert_false(sl_camera_probe_is_busy(fake_ioctl, &device));
    g_assert_cmpuint(device.n_buffers, ==, 0);
    device.is_busy = TRUE;
    g_assert_true(sl_camera_probe_is_busy(fake_ioctl, &device));
}

static void
test_nodes(void)
{
    static const char *const names[] = { "video10", "video2",  "video0", "video",
                                         "videos",  "video-1", "vbi0",   "video1x" };
    g_autofree char *dir = g_dir_make_tmp("sightline-XXXXXX", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(dir, names[i], NULL);
        g_assert_true(g_file_set_contents(path, "", 0, NULL));
    }
    g_autoptr(GPtrArray) nodes = sl_camera_list_nodes(dir);
    static const char *const expected[] = { "video0", "video2", "video10" };
    g_assert_cmpuint(nodes->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < nodes->len; i++) {
        g_autofree char *name = g_path_get_basename(nodes->pdata[i]);
        g_assert_cmpstr(name, ==, expected[i]);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(dir, names[i], NULL);
        g_unlink(path);
    }
    g_rmdir(dir);
}

static void
test_what_is_no_camera(void)
{
    static const struct {
        const char *path;
        SlMediaError code;
        const char *message;
    } cases[] = {
        { "/dev/video250", SL_MEDIA_ERROR_NOT_FOUND, "/dev/video250 is not there; *" },
        { "/dev/null", SL_MEDIA_ERROR_DEVICE,
          "/dev/null is no camera; --list-devices shows what is one" },
        { "/proc/self/status/x", SL_MEDIA_ERROR_NOT_FOUND, "/proc/self/status/x is not there; *" },
    };
    SlCameraWish wish = HD;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(sl_camera_query(cases[i].path, &wish, &error));
        g_assert_error(error, SL_MEDIA_ERROR, (gint)cases[i].code);
        g_assert_true(g_pattern_match_simple(cases[i].message, error->message));
    }
}

static void
test_permission_advice(void)
{
    g_autofree char *dir = g_dir_make_tmp("sightline-XXXXXX", NULL);
    g_autofree char *node = g_build_filename(dir, "video0", NULL);
    g_assert_true(g_file_set_contents(node, "", 0, NULL));
    g_assert_cmpint(chown(node, (uid_t)-1, getgid()), ==, 0);
    g_assert_cmpint(g_chmod(node, 0660), ==, 0);
    g_autofree char *group = NULL;
    g_assert_true(g_spawn_command_line_sync("id -gn", &group, NULL, NULL, NULL));
    g_strchomp(group);

    g_autofree char *user = sl_camera_owner_permission_advice(node, FALSE);
    g_autofree char *user_expected = g_strdup_printf(
        "it belongs to the group %s; `sudo usermod -aG %s $USER`, then log in again", group, group);
    g_assert_cmpstr(user, ==, user_expected);

    g_autofree char *container = sl_camera_owner_permission_advice(node, TRUE);
    g_autofree char *container_expected =
        g_strdup_printf("it belongs to the group %s, and this is a container; "
                        "`docker run --device %s --group-add %s …`",
                        group, node, group);
    g_assert_cmpstr(container, ==, container_expected);

    g_assert_cmpint(g_chmod(node, 0600), ==, 0);
    g_autofree char *nobody = sl_camera_owner_permission_advice(node, TRUE);
    g_assert_cmpstr(nobody, ==, "its mode is 0600, which lets no group in");
    g_unlink(node);
    g_rmdir(dir);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(choice_cases); i++) {
        g_autofree char *path = g_strdup_printf("/camera/choice/%s", choice_cases[i].name);
        g_test_add_data_func(path, &choice_cases[i], test_choice);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(probe_cases); i++) {
        g_autofree char *path = g_strdup_printf("/camera/probe/%s", probe_cases[i].name);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_probe);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(machines); i++) {
        g_autofree char *path = g_strdup_printf("/camera/first/%s", machines[i].name);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_first);
    }
    g_test_add_func("/camera/first-is-busy", test_first_is_busy);
    g_test_add_func("/camera/choice-of-nothing", test_choice_of_nothing);
    g_test_add_func("/camera/exact", test_exact);
    g_test_add_func("/camera/caps", test_caps);
    g_test_add_func("/camera/range", test_range);
    g_test_add_func("/camera/endless-device", test_endless_device);
    g_test_add_func("/camera/busy", test_busy);
    g_test_add_func("/camera/nodes", test_nodes);
    g_test_add_func("/camera/permission-advice", test_permission_advice);
    g_test_add_func("/camera/no-camera", test_what_is_no_camera);
    return g_test_run();
}
