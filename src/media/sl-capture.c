#include "sl-capture.h"

#include "sl-camera-capture.h"
#include "sl-camera-libcamera.h"

/* The jitter buffer's depth: what one reordered or retransmitted packet on a local network needs.
 */
#define RTSP_LATENCY_MS 100

static guint
bounded_int(SlValues *values, const char *name, gint64 fallback, guint max)
{
    return (guint)CLAMP(sl_values_get_int(values, name, fallback), 1, max);
}

static SlCameraWish
wish_from_values(SlValues *values, gboolean is_strict)
{
    return (SlCameraWish){
        .width = bounded_int(values, "width", SL_CAMERA_DEFAULT_WIDTH, SL_CAMERA_MAX_EDGE),
        .height = bounded_int(values, "height", SL_CAMERA_DEFAULT_HEIGHT, SL_CAMERA_MAX_EDGE),
        .fps = bounded_int(values, "framerate", SL_CAMERA_DEFAULT_FRAMERATE, SL_CAMERA_MAX_RATE),
        .is_strict = is_strict,
    };
}

/* Bars that move by a step a frame: every frame differs from the last one, and it costs next to
 * nothing. 16:9, as large as is wanted. */
static char *
pattern_text(const SlCameraWish *wish, gboolean is_no_camera)
{
    static const SlCameraRange any_size = { 16, SL_CAMERA_MAX_EDGE, 2, 16, SL_CAMERA_MAX_EDGE, 2 };
    guint width, height;
    sl_camera_range_fit(&any_size, SL_CAMERA_MAX_EDGE, SL_CAMERA_MAX_EDGE / 16 * 9, wish, &width,
                        &height);
    GString *text = g_string_new(NULL);
    g_string_append_printf(text,
                           "videotestsrc is-live=true pattern=smpte75 horizontal-speed=4 ! "
                           "video/x-raw,format=I420,width=%u,height=%u,framerate=%u/1",
                           width, height, wish->fps);
    if (sl_element_is_installed("timeoverlay"))
        g_string_append(text, " ! timeoverlay halignment=right valignment=bottom "
                              "shaded-background=true font-desc=\"Sans 12\"");
    if (is_no_camera && sl_element_is_installed("textoverlay"))
        g_string_append(text,
                        " ! textoverlay text=\"No camera: plug one in\" halignment=center "
                        "valignment=center shaded-background=true font-desc=\"Sans Bold 28\"");
    return g_string_free(text, FALSE);
}

static SlCapture *
capture_camera(SlInput *input, const char *codec, const SlCameraWish *wish, GError **error)
{
    g_autofree char *path = sl_input_find_node(input, error);
    g_autoptr(SlCamera) camera = path != NULL ? sl_camera_query(path, wish, error) : NULL;
    return camera != NULL ? sl_camera_capture(camera, input->spec, codec, wish, error) : NULL;
}

/* Stops at sound as it is in the file: what nobody takes must neither be decoded nor hold the
 * picture up. (Not expose-all-streams=false, with which decodebin 1.22 finds no decoder for H.264.)
 * The queue holds the frames that are shown while a file's decoder goes back to its beginning. */
static char *
uri_text(const char *uri)
{
    return g_strdup_printf(
        "uridecodebin uri=\"%s\" "
        "caps=\"video/x-raw;audio/mpeg;audio/x-opus;audio/x-vorbis;audio/x-ac3\" ! "
        "video/x-raw ! "
        "queue max-size-buffers=8 max-size-bytes=0 max-size-time=0 ! clocksync",
        uri);
}

static char *
rtsp_text(const char *uri)
{
    return g_strdup_printf("rtspsrc location=\"%s\" latency=%d drop-on-latency=true ! "
                           "application/x-rtp,media=video ! decodebin",
                           uri, RTSP_LATENCY_MS);
}

static SlCapture *
capture_sensor(SlInput *input, const char *codec, const SlCameraWish *wish, GError **error)
{
    g_autoptr(SlCamera) camera = sl_camera_libcamera_query(input->location, wish, error);
    return camera != NULL ? sl_camera_capture(camera, input->spec, codec, wish, error) : NULL;
}

SlCapture *
sl_capture_new(SlInput *input, SlDescription *description, SlValues *values, SlCaptureFlags flags,
               GError **error)
{
    SlCameraWish wish = wish_from_values(values, (flags & SL_CAPTURE_STRICT) != 0);
    const char *captured = sl_description_get_captured_codec(description);
    const char *codec = captured != NULL ? captured : SL_CODEC_RAW;
    g_autoptr(SlInput) found = sl_input_find(input, error);
    g_autofree char *raw = NULL;
    if (found == NULL)
        return NULL;
    switch (found->kind) {
    case SL_INPUT_CAMERA:
        return capture_camera(found, codec, &wish, error);
    case SL_INPUT_LIBCAMERA:
        return capture_sensor(found, codec, &wish, error);
    case SL_INPUT_TEST:
    case SL_INPUT_NO_CAMERA:
        raw = pattern_text(&wish, found->kind == SL_INPUT_NO_CAMERA);
        break;
    case SL_INPUT_FILE:
    case SL_INPUT_URI:
        raw = uri_text(found->location);
        break;
    case SL_INPUT_RTSP:
        raw = rtsp_text(found->location);
        break;
    }
    SlCapture *self = g_new0(SlCapture, 1);
    self->raw = g_steal_pointer(&raw);
    self->input = g_steal_pointer(&found);
    self->fps_d = 1;
    return self;
}
