#include "sl-camera-owner.h"
#include "sl-camera-probe.h"
#include "sl-camera.h"
#include "sl-description.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <linux/videodev2.h>
#include <string.h>
#include <unistd.h>

static const SlCameraWish hd = { .width = 1280, .height = 720, .fps = 30 };

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
    g_autoptr(GError) error = NULL;
    g_autoptr(SlCamera) camera = sl_camera_probe(fake_ioctl, &device, "/dev/x", &hd, &error);
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
    g_autoptr(GError) error = NULL;
    g_autoptr(SlCamera) camera = sl_camera_query_first(nodes, &hd, query_fake, &error);
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
    g_autoptr(GError) error = NULL;
    g_assert_null(sl_camera_query_first(nodes, &hd, query_busy, &error));
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_BUSY);
}

static void
test_endless_device(void)
{
    FakeDevice device = { CAPTURE, NULL, 640, 480, .interval = { 1, 30 } };
    g_autoptr(SlCamera) camera = sl_camera_probe(fake_ioctl, &device, "/dev/x", &hd, NULL);
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
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(sl_camera_query(cases[i].path, &hd, &error));
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
    for (gsize i = 0; i < G_N_ELEMENTS(probe_cases); i++) {
        g_autofree char *path = g_strdup_printf("/camera/probe/%s", probe_cases[i].name);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_probe);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(machines); i++) {
        g_autofree char *path = g_strdup_printf("/camera/first/%s", machines[i].name);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_first);
    }
    g_test_add_func("/camera/first-is-busy", test_first_is_busy);
    g_test_add_func("/camera/endless-device", test_endless_device);
    g_test_add_func("/camera/busy", test_busy);
    g_test_add_func("/camera/nodes", test_nodes);
    g_test_add_func("/camera/permission-advice", test_permission_advice);
    g_test_add_func("/camera/no-camera", test_what_is_no_camera);
    return g_test_run();
}
