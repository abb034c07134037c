#include "sl-camera-probe.h"

#include "sl-description.h"

#include <errno.h>
#include <gst/gst.h>
#include <linux/videodev2.h>
#include <string.h>

/* Bounds on what a device may list. The longest lists seen: 83 formats (vivid), some 40 sizes and
 * 10 rates. */
#define MAX_FORMATS 128
#define MAX_SIZES 128
#define MAX_RATES 32

typedef struct {
    SlCameraIoctl ioctl;
    gpointer device;
    const SlCameraWish *wish;
    enum v4l2_buf_type type;
    guint native_width, native_height; /* 0 where the device does not say */
    guint pixel_width, pixel_height;
    v4l2_std_id std;     /* 0 where it is no television */
    SlCameraRange sizes; /* that the size now looked at stands for; max_width 0: for itself */
    GArray *modes;
} Probe;

int
sl_camera_ask(SlCameraIoctl func, gpointer device, gulong request, gpointer arg)
{
    int status;
    do
        status = func(device, request, arg);
    while (status < 0 && errno == EINTR);
    return status < 0 ? errno : 0;
}

static gboolean
ask(Probe *probe, gulong request, gpointer arg)
{
    return sl_camera_ask(probe->ioctl, probe->device, request, arg) == 0;
}

static char *
dup_text(const __u8 *text, gsize len, const char *fallback)
{
    char *name = sl_camera_clean_text((const char *)text, (gssize)len);
    if (*name == '\0') {
        g_free(name);
        return g_strdup(fallback);
    }
    return name;
}

static gboolean
is_edge(guint value)
{
    return value >= 1 && value <= SL_CAMERA_MAX_EDGE;
}

/* A frame interval as V4L2 gives it: seconds a frame. */
static gboolean
interval_to_rate(const struct v4l2_fract *interval, guint *ret_n, guint *ret_d)
{
    if (interval->numerator == 0 || interval->denominator == 0 || interval->numerator > G_MAXINT ||
        interval->denominator > G_MAXINT ||
        interval->denominator / interval->numerator > SL_CAMERA_MAX_RATE)
        return FALSE;
    gint n, d;
    if (!gst_util_fraction_multiply((gint)interval->denominator, (gint)interval->numerator, 1, 1,
                                    &n, &d))
        return FALSE;
    *ret_n = (guint)n;
    *ret_d = (guint)d;
    return TRUE;
}

/* @rates: (nullable): that this rate stands for */
static void
add_mode(Probe *probe, const SlCameraFormat *format, guint width, guint height, guint fps_n,
         guint fps_d, const SlCameraRates *rates)
{
    if (probe->modes->len >= SL_CAMERA_MAX_MODES || !is_edge(width) || !is_edge(height))
        return;
    SlCameraMode mode = { .format = format,
                          .width = width,
                          .height = height,
                          .fps_n = fps_n,
                          .fps_d = fps_d,
                          .sizes = probe->sizes };
    if (rates != NULL)
        mode.rates = *rates;
    g_array_append_val(probe->modes, mode);
}

/* What a device without a list of rates runs at: its television standard, or what it is set to. */
static void
add_current_rate(Probe *probe, const SlCameraFormat *format, guint width, guint height)
{
    guint n = 0, d = 1;
    struct v4l2_streamparm parm = { .type = probe->type };
    if ((probe->std & V4L2_STD_525_60) != 0)
        n = 30000, d = 1001;
    else if (probe->std != 0)
        n = 25;
    else if (!ask(probe, VIDIOC_G_PARM, &parm) ||
             !interval_to_rate(&parm.parm.capture.timeperframe, &n, &d))
        n = 0, d = 1;
    add_mode(probe, format, width, height, n, d, NULL);
}

static void
add_stepwise_rate(Probe *probe, const SlCameraFormat *format, guint width, guint height,
                  const struct v4l2_frmival_stepwise *stepwise)
{
    SlCameraRates rates;
    if (!interval_to_rate(&stepwise->min, &rates.fast_n, &rates.fast_d) ||
        !interval_to_rate(&stepwise->max, &rates.slow_n, &rates.slow_d))
        return;
    guint n, d;
    sl_camera_rates_fit(&rates, probe->wish, &n, &d);
    add_mode(probe, format, width, height, n, d, &rates);
}

static void
add_size(Probe *probe, const SlCameraFormat *format, guint width, guint height)
{
    if (!is_edge(width) || !is_edge(height))
        return;
    guint before = probe->modes->len;
    for (guint i = 0; i < MAX_RATES; i++) {
        struct v4l2_frmivalenum interval = {
            .index = i, .pixel_format = format->fourcc, .width = width, .height = height
        };
        if (!ask(probe, VIDIOC_ENUM_FRAMEINTERVALS, &interval))
            break;
        if (interval.type != V4L2_FRMIVAL_TYPE_DISCRETE) {
            add_stepwise_rate(probe, format, width, height, &interval.stepwise);
            break;
        }
        guint n, d;
        if (interval_to_rate(&interval.discrete, &n, &d))
            add_mode(probe, format, width, height, n, d, NULL);
    }
    if (probe->modes->len == before)
        add_current_rate(probe, format, width, height);
}

static void
add_range(Probe *probe, const SlCameraFormat *format, const struct v4l2_frmsize_stepwise *stepwise)
{
    SlCameraRange range = { stepwise->min_width,  stepwise->max_width,  stepwise->step_width,
                            stepwise->min_height, stepwise->max_height, stepwise->step_height };
    range.max_width = MIN(range.max_width, SL_CAMERA_MAX_EDGE);
    range.max_height = MIN(range.max_height, SL_CAMERA_MAX_EDGE);
    if (range.min_width > range.max_width || range.min_height > range.max_height)
        return;
    range.step_width = MIN(range.step_width, range.max_width - range.min_width);
    range.step_height = MIN(range.step_height, range.max_height - range.min_height);
    guint width, height;
    sl_camera_range_fit(&range, probe->native_width, probe->native_height, probe->wish, &width,
                        &height);
    probe->sizes = range;
    add_size(probe, format, width, height);
    probe->sizes = (SlCameraRange){ 0 };
}

/* For devices that list no sizes: what the driver would make of the wish. */
static void
add_tried_size(Probe *probe, const SlCameraFormat *format)
{
    guint width = MIN(probe->wish->width, SL_CAMERA_MAX_EDGE);
    guint height = MIN(probe->wish->height, SL_CAMERA_MAX_EDGE);
    struct v4l2_format try = { .type = probe->type };
    if (V4L2_TYPE_IS_MULTIPLANAR(probe->type)) {
        try.fmt.pix_mp.pixelformat = format->fourcc;
        try.fmt.pix_mp.width = width;
        try.fmt.pix_mp.height = height;
        if (ask(probe, VIDIOC_TRY_FMT, &try) && try.fmt.pix_mp.pixelformat == format->fourcc)
            add_size(probe, format, try.fmt.pix_mp.width, try.fmt.pix_mp.height);
    } else {
        try.fmt.pix.pixelformat = format->fourcc;
        try.fmt.pix.width = width;
        try.fmt.pix.height = height;
        if (ask(probe, VIDIOC_TRY_FMT, &try) && try.fmt.pix.pixelformat == format->fourcc)
            add_size(probe, format, try.fmt.pix.width, try.fmt.pix.height);
    }
}

static void
add_format(Probe *probe, const SlCameraFormat *format)
{
    for (guint i = 0; i < MAX_SIZES; i++) {
        struct v4l2_frmsizeenum size = { .index = i, .pixel_format = format->fourcc };
        if (!ask(probe, VIDIOC_ENUM_FRAMESIZES, &size)) {
            if (i == 0)
                add_tried_size(probe, format);
            return;
        }
        if (size.type != V4L2_FRMSIZE_TYPE_DISCRETE) {
            add_range(probe, format, &size.stepwise);
            return;
        }
        add_size(probe, format, size.discrete.width, size.discrete.height);
    }
}

static void
append_fourcc(GString *text, guint32 fourcc)
{
    g_string_append(text, text->len == 0 ? "" : ", ");
    for (guint shift = 0; shift < 32; shift += 8) {
        char c = (char)(fourcc >> shift);
        g_string_append_c(text, g_ascii_isprint(c) ? c : '?');
    }
}

static gboolean
add_formats(Probe *probe, const char *node, GError **error)
{
    g_autoptr(GString) others = g_string_new(NULL);
    for (guint i = 0; i < MAX_FORMATS; i++) {
        struct v4l2_fmtdesc desc = { .index = i, .type = probe->type };
        if (!ask(probe, VIDIOC_ENUM_FMT, &desc))
            break;
        const SlCameraFormat *format = sl_camera_format_lookup(desc.pixelformat);
        if (format != NULL)
            add_format(probe, format);
        else if (others->len < 60)
            append_fourcc(others, desc.pixelformat);
    }
    if (probe->modes->len > 0)
        return TRUE;
    if (others->len > 0)
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                    "%s has only formats that can't be shown (%s): a sensor's raw data, or a "
                    "vendor's own",
                    node, others->str);
    else
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                    "%s is a capture device, but lists no picture format", node);
    return FALSE;
}

/* Television's pixels are not square. V4L2's pixel aspect is height to width: 54/59 for PAL. */
static gboolean
is_pixel_shape(const struct v4l2_fract *aspect)
{
    return aspect->numerator > 0 && aspect->denominator > 0 &&
           aspect->numerator <= SL_CAMERA_MAX_EDGE && aspect->denominator <= SL_CAMERA_MAX_EDGE &&
           aspect->numerator / aspect->denominator < 4 &&
           aspect->denominator / aspect->numerator < 4;
}

static void
find_native_shape(Probe *probe)
{
    struct v4l2_cropcap cap = { .type = probe->type };
    probe->pixel_width = probe->pixel_height = 1;
    if (!ask(probe, VIDIOC_CROPCAP, &cap))
        return;
    if (is_edge(cap.defrect.width) && is_edge(cap.defrect.height)) {
        probe->native_width = cap.defrect.width;
        probe->native_height = cap.defrect.height;
    }
    if (is_pixel_shape(&cap.pixelaspect)) {
        probe->pixel_width = cap.pixelaspect.denominator;
        probe->pixel_height = cap.pixelaspect.numerator;
    }
}

static guint32
get_capabilities(const struct v4l2_capability *cap)
{
    return (cap->capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? cap->device_caps : cap->capabilities;
}

/* Every driver of a camera or grabber lists at least one. One side of a converter that is no
 * memory-to-memory device (bcm2835-isp) has none. */
static gboolean
has_input(Probe *probe)
{
    struct v4l2_input input = { .index = 0 };
    return ask(probe, VIDIOC_ENUMINPUT, &input);
}

static gboolean
set_buffer_type(Probe *probe, const struct v4l2_capability *cap, const char *node, GError **error)
{
    guint32 caps = get_capabilities(cap);
    const char *what = NULL;
    if ((caps & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE)) != 0)
        what = "a codec or converter";
    else if ((caps & V4L2_CAP_VIDEO_CAPTURE) != 0)
        probe->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    else if ((caps & V4L2_CAP_VIDEO_CAPTURE_MPLANE) != 0)
        probe->type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
    else if ((caps & V4L2_CAP_META_CAPTURE) != 0)
        what = "a camera's metadata, not its picture";
    else if ((caps & (V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_VIDEO_OUTPUT_MPLANE)) != 0)
        what = "an output";
    else
        what = "no video capture device";
    if (what == NULL && (caps & V4L2_CAP_STREAMING) == 0)
        what = "a capture device without streaming I/O";
    if (what == NULL && !has_input(probe))
        what = "a converter's output, with no camera behind it";
    if (what != NULL)
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE, "%s is %s", node, what);
    return what == NULL;
}

SlCamera *
sl_camera_probe(SlCameraIoctl func, gpointer device, const char *node, const SlCameraWish *wish,
                GError **error)
{
    g_autoptr(GArray) modes = g_array_new(FALSE, FALSE, sizeof(SlCameraMode));
    Probe probe = { .ioctl = func, .device = device, .wish = wish, .modes = modes };
    struct v4l2_capability cap = { 0 };
    if (!ask(&probe, VIDIOC_QUERYCAP, &cap)) {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                    "%s is no camera; --list-devices shows what is one", node);
        return NULL;
    }
    if (!set_buffer_type(&probe, &cap, node, error))
        return NULL;
    find_native_shape(&probe);
    if (!ask(&probe, VIDIOC_G_STD, &probe.std))
        probe.std = 0;
    if (!add_formats(&probe, node, error))
        return NULL;

    SlCamera *self = g_new0(SlCamera, 1);
    self->node = g_strdup(node);
    self->name = dup_text(cap.card, sizeof cap.card, "Camera");
    self->driver = dup_text(cap.driver, sizeof cap.driver, "unknown");
    self->bus = dup_text(cap.bus_info, sizeof cap.bus_info, "unknown");
    self->is_part = (get_capabilities(&cap) & V4L2_CAP_IO_MC) != 0;
    self->modes = g_steal_pointer(&modes);
    self->pixel_width = probe.pixel_width;
    self->pixel_height = probe.pixel_height;
    self->is_television = probe.std != 0;
    return self;
}

gboolean
sl_camera_probe_is_busy(SlCameraIoctl func, gpointer device)
{
    struct v4l2_capability cap = { 0 };
    Probe probe = { .ioctl = func, .device = device };
    if (!ask(&probe, VIDIOC_QUERYCAP, &cap) || !set_buffer_type(&probe, &cap, "", NULL))
        return FALSE;
    struct v4l2_requestbuffers request = { .count = 1,
                                           .type = probe.type,
                                           .memory = V4L2_MEMORY_MMAP };
    if (!ask(&probe, VIDIOC_REQBUFS, &request))
        return errno == EBUSY;
    request.count = 0;
    ask(&probe, VIDIOC_REQBUFS, &request);
    return FALSE;
}
