#include "sl-camera-mode.h"

#include <linux/videodev2.h>
#include <string.h>

#define RAW(fourcc, name)                          \
    {                                              \
        fourcc, SL_CAMERA_RAW, "video/x-raw", name \
    }

/* The order is the preference among raw formats: what encoders take as it is, then what converts
 * fastest and loses least. */
static const SlCameraFormat formats[] = {
    RAW(V4L2_PIX_FMT_NV12, "NV12"),
    RAW(V4L2_PIX_FMT_NV12M, "NV12"),
    RAW(V4L2_PIX_FMT_YUV420, "I420"),
    RAW(V4L2_PIX_FMT_YUV420M, "I420"),
    RAW(V4L2_PIX_FMT_YUYV, "YUY2"),
    RAW(V4L2_PIX_FMT_UYVY, "UYVY"),
    RAW(V4L2_PIX_FMT_YVYU, "YVYU"),
    RAW(V4L2_PIX_FMT_YVU420, "YV12"),
    RAW(V4L2_PIX_FMT_NV21, "NV21"),
    RAW(V4L2_PIX_FMT_NV21M, "NV21"),
    RAW(V4L2_PIX_FMT_NV16, "NV16"),
    RAW(V4L2_PIX_FMT_NV16M, "NV16"),
    RAW(V4L2_PIX_FMT_NV61, "NV61"),
    RAW(V4L2_PIX_FMT_NV61M, "NV61"),
    RAW(V4L2_PIX_FMT_YUV422P, "Y42B"),
    RAW(V4L2_PIX_FMT_NV24, "NV24"),
    RAW(V4L2_PIX_FMT_YUV411P, "Y41B"),
    RAW(V4L2_PIX_FMT_XBGR32, "BGRx"),
    RAW(V4L2_PIX_FMT_RGBX32, "RGBx"),
    RAW(V4L2_PIX_FMT_XRGB32, "xRGB"),
    RAW(V4L2_PIX_FMT_BGRX32, "xBGR"),
    RAW(V4L2_PIX_FMT_RGB24, "RGB"),
    RAW(V4L2_PIX_FMT_BGR24, "BGR"),
    RAW(V4L2_PIX_FMT_BGR32, "BGRx"),
    RAW(V4L2_PIX_FMT_RGB32, "xRGB"),
    RAW(V4L2_PIX_FMT_ABGR32, "BGRA"),
    RAW(V4L2_PIX_FMT_RGBA32, "RGBA"),
    RAW(V4L2_PIX_FMT_ARGB32, "ARGB"),
    RAW(V4L2_PIX_FMT_BGRA32, "ABGR"),
    RAW(V4L2_PIX_FMT_RGB565, "RGB16"),
    RAW(V4L2_PIX_FMT_XRGB555, "RGB15"),
    RAW(V4L2_PIX_FMT_RGB555, "RGB15"),
    RAW(V4L2_PIX_FMT_YVU410, "YVU9"),
    RAW(V4L2_PIX_FMT_YUV410, "YUV9"),
    RAW(V4L2_PIX_FMT_GREY, "GRAY8"),
    RAW(V4L2_PIX_FMT_Y16, "GRAY16_LE"),
    RAW(V4L2_PIX_FMT_Y16_BE, "GRAY16_BE"),
    { V4L2_PIX_FMT_MJPEG, SL_CAMERA_JPEG, "image/jpeg", "MJPEG" },
    { V4L2_PIX_FMT_JPEG, SL_CAMERA_JPEG, "image/jpeg", "MJPEG" },
    { V4L2_PIX_FMT_PJPG, SL_CAMERA_JPEG, "image/jpeg", "MJPEG" },
    { V4L2_PIX_FMT_H264, SL_CAMERA_H264, "video/x-h264,stream-format=byte-stream,alignment=au",
      "H.264" },
};

const SlCameraFormat *
sl_camera_format_lookup(guint32 fourcc)
{
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++)
        if (formats[i].fourcc == fourcc)
            return &formats[i];
    return NULL;
}

const SlCameraFormat *
sl_camera_format_lookup_caps(const char *media_type, const char *name)
{
    gsize len = strlen(media_type);
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++)
        if (strcspn(formats[i].media_type, ",") == len &&
            strncmp(formats[i].media_type, media_type, len) == 0 &&
            (formats[i].coding != SL_CAMERA_RAW || g_strcmp0(formats[i].name, name) == 0))
            return &formats[i];
    return NULL;
}

/* Sizes and rates are bounded where they are read, so the products stay far below 64 bits. */
static int
compare(guint64 a, guint64 b)
{
    return (a > b) - (a < b);
}

static guint64
area(const SlCameraMode *mode)
{
    return (guint64)mode->width * mode->height;
}

static gboolean
fits(const SlCameraMode *mode, const SlCameraWish *wish)
{
    return mode->width <= wish->width && mode->height <= wish->height;
}

static gboolean
is_rate_known(const SlCameraMode *mode)
{
    return mode->fps_n > 0;
}

static gboolean
is_rate_within(const SlCameraMode *mode, const SlCameraWish *wish)
{
    return (guint64)mode->fps_n * 1000 <= (guint64)wish->fps * mode->fps_d * 1001;
}

static gboolean
is_rate_reached(const SlCameraMode *mode, const SlCameraWish *wish)
{
    return (guint64)mode->fps_n * 1001 >= (guint64)wish->fps * mode->fps_d * 1000;
}

static gboolean
is_rate_usable(const SlCameraMode *mode, const SlCameraWish *wish)
{
    return !is_rate_known(mode) || (is_rate_within(mode, wish) &&
                                    (guint64)mode->fps_n * 2 >= (guint64)wish->fps * mode->fps_d);
}

static gboolean
is_rate_exact(const SlCameraMode *mode, const SlCameraWish *wish)
{
    return is_rate_within(mode, wish) && is_rate_reached(mode, wish);
}

/* These compare_…() are above zero where a is the better one. */
static int
compare_rates(const SlCameraMode *a, const SlCameraMode *b, const SlCameraWish *wish)
{
    if (is_rate_known(a) != is_rate_known(b))
        return is_rate_known(a) ? 1 : -1;
    gboolean a_within = is_rate_within(a, wish);
    if (a_within != is_rate_within(b, wish))
        return a_within ? 1 : -1;
    if (is_rate_exact(a, wish) && is_rate_exact(b, wish))
        return 0;
    int higher = compare((guint64)a->fps_n * b->fps_d, (guint64)b->fps_n * a->fps_d);
    return a_within ? higher : -higher;
}

static int
compare_modes(const SlCameraMode *a, const SlCameraMode *b, const SlCameraWish *wish)
{
    gboolean a_fits = fits(a, wish);
    int order = compare(a_fits, fits(b, wish));
    if (order == 0 && !a_fits)
        order = compare(area(b), area(a));
    if (order == 0)
        order = compare(is_rate_usable(a, wish), is_rate_usable(b, wish));
    if (order == 0)
        order = compare(area(a), area(b));
    if (order == 0)
        order = compare_rates(a, b, wish);
    if (order == 0)
        order = compare(b->format->coding, a->format->coding);
    if (order == 0)
        order = compare(b->format - formats, a->format - formats);
    return order;
}

const SlCameraMode *
sl_camera_mode_choose(const SlCameraMode *modes, guint n_modes, const SlCameraWish *wish)
{
    const SlCameraMode *best = NULL;
    for (guint i = 0; i < n_modes; i++)
        if (best == NULL || compare_modes(&modes[i], best, wish) > 0)
            best = &modes[i];
    return best;
}

gboolean
sl_camera_mode_is_exact(const SlCameraMode *mode, const SlCameraWish *wish)
{
    return mode->width == wish->width && mode->height == wish->height && is_rate_exact(mode, wish);
}

char *
sl_camera_mode_to_caps(const SlCameraMode *mode)
{
    GString *caps = g_string_new(mode->format->media_type);
    if (mode->format->coding == SL_CAMERA_RAW)
        g_string_append_printf(caps, ",format=%s", mode->format->name);
    g_string_append_printf(caps, ",width=%u,height=%u", mode->width, mode->height);
    if (is_rate_known(mode))
        g_string_append_printf(caps, ",framerate=%u/%u", mode->fps_n, mode->fps_d);
    return g_string_free(caps, FALSE);
}

char *
sl_camera_rate_to_text(guint fps_n, guint fps_d)
{
    guint64 hundredths = ((guint64)fps_n * 100 + fps_d / 2) / MAX(fps_d, 1);
    guint whole = (guint)(hundredths / 100), rest = (guint)(hundredths % 100);
    if (rest == 0)
        return g_strdup_printf("%u", whole);
    return rest % 10 == 0 ? g_strdup_printf("%u.%u", whole, rest / 10)
                          : g_strdup_printf("%u.%02u", whole, rest);
}

char *
sl_camera_mode_to_text(const SlCameraMode *mode)
{
    if (!is_rate_known(mode))
        return g_strdup_printf("%s %ux%u", mode->format->name, mode->width, mode->height);
    g_autofree char *rate = sl_camera_rate_to_text(mode->fps_n, mode->fps_d);
    return g_strdup_printf("%s %ux%u at %s", mode->format->name, mode->width, mode->height, rate);
}

const char *
sl_camera_coding_get_codec(SlCameraCoding coding)
{
    switch (coding) {
    case SL_CAMERA_RAW:
        return "raw";
    case SL_CAMERA_JPEG:
        return "jpeg";
    case SL_CAMERA_H264:
        return "h264";
    }
    return "";
}

gboolean
sl_camera_format_is_grey(const SlCameraFormat *format)
{
    return g_str_has_prefix(format->name, "GRAY");
}

/* Subsampled formats need even edges, whatever a device that counts in ones says. */
static guint
round_to_step(guint value, guint min, guint max, guint step)
{
    value = CLAMP(value, min, max);
    value = min + (value - min) / MAX(step, 1) * MAX(step, 1);
    return step <= 1 && value % 2 == 1 && value > min ? value - 1 : value;
}

void
sl_camera_range_fit(const SlCameraRange *range, guint native_width, guint native_height,
                    const SlCameraWish *wish, guint *ret_width, guint *ret_height)
{
    guint64 width = MIN(wish->width, range->max_width);
    guint64 height = MIN(wish->height, range->max_height);
    if (native_width > 0 && native_height > 0 && !wish->is_strict) {
        width = MIN(width, native_width);
        height = MIN(height, native_height);
        if (width * native_height > height * native_width)
            width = height * native_width / native_height;
        else
            height = width * native_height / native_width;
    }
    *ret_width = round_to_step((guint)width, range->min_width, range->max_width, range->step_width);
    *ret_height =
        round_to_step((guint)height, range->min_height, range->max_height, range->step_height);
}

void
sl_camera_rates_fit(const SlCameraRates *rates, const SlCameraWish *wish, guint *ret_fps_n,
                    guint *ret_fps_d)
{
    guint64 wanted = wish->fps;
    if (wanted * rates->fast_d > rates->fast_n) {
        *ret_fps_n = rates->fast_n;
        *ret_fps_d = rates->fast_d;
    } else if (wanted * rates->slow_d < rates->slow_n) {
        *ret_fps_n = rates->slow_n;
        *ret_fps_d = rates->slow_d;
    } else {
        *ret_fps_n = wish->fps;
        *ret_fps_d = 1;
    }
}
