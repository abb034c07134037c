#include "sl-camera-capture.h"
#include "sl-camera-list.h"
#include "sl-camera-probe.h"

#include <errno.h>
#include <gst/gst.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <string.h>

/* A device that answers anything: random bytes where it says something, now and then something that
 * gets further. */
typedef struct {
    GRand *random;
    guint n_calls;
} Device;

static guint32
pick(Device *device, const guint32 *values, guint n)
{
    guint32 wild = g_rand_int(device->random);
    return wild % 16 == 0 ? wild : values[wild % n];
}

static guint32
pick_number(Device *device)
{
    static const guint32 numbers[] = { 0, 1, 2, 15, 30, 480, 640, 720, 1280, 30000, G_MAXINT32 };
    return pick(device, numbers, G_N_ELEMENTS(numbers));
}

static void
fill_in(Device *device, gulong request, gpointer arg)
{
    static const guint32 formats[] = { V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_MJPEG,
                                       V4L2_PIX_FMT_H264, V4L2_PIX_FMT_GREY };
    static const guint32 types[] = { V4L2_FRMSIZE_TYPE_DISCRETE, V4L2_FRMSIZE_TYPE_CONTINUOUS,
                                     V4L2_FRMSIZE_TYPE_STEPWISE };
    static const guint32 caps[] = { V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING,
                                    V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_STREAMING };
    struct v4l2_frmsizeenum *size = arg;
    struct v4l2_frmivalenum *interval = arg;
    switch (request) {
    case VIDIOC_QUERYCAP:
        ((struct v4l2_capability *)arg)->capabilities |= V4L2_CAP_DEVICE_CAPS;
        ((struct v4l2_capability *)arg)->device_caps = pick(device, caps, G_N_ELEMENTS(caps));
        break;
    case VIDIOC_ENUM_FMT:
        ((struct v4l2_fmtdesc *)arg)->pixelformat = pick(device, formats, G_N_ELEMENTS(formats));
        break;
    case VIDIOC_ENUM_FRAMESIZES:
        size->type = pick(device, types, G_N_ELEMENTS(types));
        for (guint32 *n = &size->stepwise.min_width; n <= &size->stepwise.step_height; n++)
            *n = pick_number(device);
        break;
    case VIDIOC_ENUM_FRAMEINTERVALS:
        interval->type = pick(device, types, G_N_ELEMENTS(types));
        for (guint32 *n = &interval->stepwise.min.numerator;
             n <= &interval->stepwise.step.denominator; n++)
            *n = pick_number(device);
        break;
    default:
        break;
    }
}

static int
answer(gpointer data, gulong request, gpointer arg)
{
    Device *device = data;
    guint8 *bytes = arg;
    device->n_calls++;
    if (request != VIDIOC_QUERYCAP && g_rand_int_range(device->random, 0, 6) == 0) {
        errno = EINVAL;
        return -1;
    }
    for (guint i = 0; i < _IOC_SIZE(request); i++)
        bytes[i] = (guint8)g_rand_int(device->random);
    fill_in(device, request, arg);
    return 0;
}

static void
check_list(SlCamera *camera)
{
    g_autoptr(GPtrArray) entries =
        g_ptr_array_new_with_free_func((GDestroyNotify)sl_camera_entry_free);
    SlCameraEntry *entry = g_new0(SlCameraEntry, 1);
    entry->node = g_strdup(camera->node);
    entry->name = g_strdup(camera->name);
    entry->links = g_new0(char *, 1);
    entry->camera = camera;
    g_ptr_array_add(entries, entry);
    g_autofree char *text = sl_camera_list_to_text(entries);
    g_autofree char *json = sl_camera_list_to_json(entries);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), <, 100);
    for (guint i = 0; lines[i] != NULL; i++)
        g_assert_cmpint(g_utf8_strlen(lines[i], -1), <=, 100);
    g_assert_true(g_utf8_validate(text, -1, NULL));
    g_assert_true(g_utf8_validate(json, -1, NULL));
    entry->camera = NULL;
}

/* Whatever is chosen is launch text. */
static void
check_capture(const SlCamera *camera, const char *codec, const SlCameraWish *wish)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SlCapture) capture = sl_camera_capture(camera, NULL, codec, wish, &error);
    const char *text = NULL;
    if (capture == NULL) {
        g_assert_cmpuint(strlen(error->message), <, 2000);
        return;
    }
    if ((text = capture->raw != NULL ? capture->raw : capture->encoded) == NULL) {
        g_assert_cmpuint(strlen(capture->offers), <, 2000);
        return;
    }
    g_autofree char *pipeline_text = g_strdup_printf("%s ! fakesink", text);
    g_autoptr(GstElement) pipeline =
        gst_parse_launch_full(pipeline_text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    g_assert_no_error(error);
    gst_object_ref_sink(pipeline);
}

static void
test_answers(void)
{
    static const SlCameraWish wishes[] = {
        { .width = 1280, .height = 720, .fps = 30 },
        { .width = 1280, .height = 720, .fps = 30, .is_strict = TRUE },
        { .width = SL_CAMERA_MAX_EDGE, .height = SL_CAMERA_MAX_EDGE, .fps = SL_CAMERA_MAX_RATE },
        { .width = 1, .height = 1, .fps = 1 },
    };
    guint n_cameras = 0;
    for (guint32 seed = 0; seed < 400; seed++) {
        g_autoptr(GRand) random = g_rand_new_with_seed(seed);
        Device device = { random, 0 };
        const SlCameraWish *wish = &wishes[seed % G_N_ELEMENTS(wishes)];
        g_autoptr(GError) error = NULL;
        g_autoptr(SlCamera) camera = sl_camera_probe(answer, &device, "/dev/x", wish, &error);
        g_assert_cmpuint(device.n_calls, <, 1000000);
        if (camera == NULL) {
            g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE);
            continue;
        }
        n_cameras++;
        g_assert_cmpuint(camera->modes->len, <=, 8192);
        check_list(camera);
        check_capture(camera, SL_CODEC_RAW, wish);
        check_capture(camera, "h264", wish);
    }
    g_assert_cmpuint(n_cameras, >, 100); /* else it tries nothing */
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/camera-hostile/answers", test_answers);
    return g_test_run();
}
