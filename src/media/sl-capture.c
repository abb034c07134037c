#include "sl-capture.h"

#include "sl-camera.h"
#include "sl-log.h"

#include <errno.h>
#include <fcntl.h>
#include <gst/gst.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_WIDTH 1280
#define DEFAULT_HEIGHT 720
#define DEFAULT_FRAMERATE 30

/* The jitter buffer's depth: what one reordered or retransmitted packet on a local network needs.
 */
#define RTSP_LATENCY_MS 100

void
sl_input_free(SlInput *self)
{
    if (self == NULL)
        return;
    g_free(self->location);
    g_free(self->label);
    g_free(self);
}

static SlInput *
input_new(SlInputKind kind, const char *location, char *label)
{
    SlInput *self = g_new0(SlInput, 1);
    self->kind = kind;
    self->location = g_strdup(location);
    self->label = g_utf8_make_valid(label, -1); /* file names and cameras may say anything */
    g_free(label);
    return self;
}

static SlCameraWish
default_wish(void)
{
    return (SlCameraWish){ DEFAULT_WIDTH, DEFAULT_HEIGHT, DEFAULT_FRAMERATE };
}

static SlInput *
resolve_first_camera(GError **error)
{
    SlCameraWish wish = default_wish();
    g_autoptr(GError) local_error = NULL;
    g_autoptr(SlCamera) camera = sl_camera_query_first(&wish, &local_error);
    if (camera != NULL)
        return input_new(SL_INPUT_CAMERA, camera->node, sl_camera_get_label(camera));
    if (g_error_matches(local_error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND))
        return input_new(SL_INPUT_NO_CAMERA, NULL, g_strdup("Test pattern (no camera)"));
    g_propagate_error(error, g_steal_pointer(&local_error));
    return NULL;
}

static SlInput *
resolve_camera(const char *path, GError **error)
{
    SlCameraWish wish = default_wish();
    g_autoptr(SlCamera) camera = sl_camera_query(path, &wish, error);
    if (camera == NULL)
        return NULL;
    return input_new(SL_INPUT_CAMERA, camera->node, sl_camera_get_label(camera));
}

/* 0, or why not: an errno */
static int
try_reading(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    int code = 0;
    if (fd < 0)
        return errno;
    if (fstat(fd, &status) != 0)
        code = errno;
    else if (S_ISDIR(status.st_mode))
        code = EISDIR;
    close(fd);
    return code;
}

static SlInput *
resolve_file(const char *uri, GError **error)
{
    g_autofree char *path = g_filename_from_uri(uri, NULL, NULL);
    if (path == NULL) {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                    "%s names no file; expected file:///PATH", uri);
        return NULL;
    }
    int code = try_reading(path);
    if (code == 0)
        return input_new(SL_INPUT_FILE, uri, g_path_get_basename(path));
    g_set_error(error, SL_MEDIA_ERROR,
                code == EACCES ? SL_MEDIA_ERROR_PERMISSION : SL_MEDIA_ERROR_NOT_FOUND,
                "can't read %s: %s", path, g_strerror(code));
    return NULL;
}

/* Of SCHEME://[USER[:PASSWORD]@]HOST…; passwords with raw characters are let through. */
static gboolean
has_host(const char *uri)
{
    const char *authority = strstr(uri, "://");
    if (authority == NULL)
        return FALSE;
    authority += strlen("://");
    const char *end = authority + strcspn(authority, "/?#");
    return end > authority && end[-1] != '@';
}

static SlInput *
resolve_uri(const char *uri, GError **error)
{
    g_autofree char *protocol = gst_uri_get_protocol(uri);
    if (g_str_equal(protocol, "file"))
        return resolve_file(uri, error);
    if ((g_str_has_prefix(protocol, "rtsp") || g_str_has_prefix(protocol, "http")) &&
        !has_host(uri)) {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                    "there is no host in the address; expected %s://HOST/PATH or "
                    "%s://USER:PASSWORD@HOST/PATH",
                    protocol, protocol);
        return NULL;
    }
    if (g_str_has_prefix(protocol, "rtsp"))
        return input_new(SL_INPUT_RTSP, uri, sl_log_redact_uri(uri));
    if (gst_uri_protocol_is_supported(GST_URI_SRC, protocol))
        return input_new(SL_INPUT_URI, uri, sl_log_redact_uri(uri));
    g_set_error(
        error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
        "no installed GStreamer plugin plays %s:// (rtsp://, http://, https:// and file:// are "
        "expected to work)",
        protocol);
    return NULL;
}

/* Escapes inside quotes can't be trusted in GStreamer 1.22's launch text, so there must be nothing
 * to escape. */
static gboolean
check_text(const char *device, GError **error)
{
    if (*device != '\0' && g_utf8_validate(device, -1, NULL)) {
        const char *c = device;
        while (*c != '\0' && *c != '"' && *c != '\\' && !g_ascii_iscntrl(*c))
            c++;
        if (*c == '\0')
            return TRUE;
    }
    g_set_error_literal(
        error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
        "the device's name is empty or has a character that it must not have (\", \\, "
        "a control character, or not UTF-8); write such characters as %XX in a URI");
    return FALSE;
}

SlInput *
sl_input_resolve(const char *device, GError **error)
{
    if (device == NULL)
        return resolve_first_camera(error);
    if (!check_text(device, error))
        return NULL;
    if (g_str_equal(device, "test"))
        return input_new(SL_INPUT_TEST, NULL, g_strdup("Test pattern"));
    if (g_path_is_absolute(device))
        return resolve_camera(device, error);
    if (g_str_has_prefix(device, "v4l2://"))
        return resolve_camera(device + strlen("v4l2://"), error);
    if (gst_uri_is_valid(device))
        return resolve_uri(device, error);
    if (g_file_test(device, G_FILE_TEST_IS_REGULAR)) {
        g_autofree char *path = g_canonicalize_filename(device, NULL);
        g_autofree char *file_uri = g_filename_to_uri(path, NULL, NULL);
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                    "%s is a file, no camera; a film is named by its URI: %s", device, file_uri);
        return NULL;
    }
    g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                "%s is no source; expected /dev/videoN, /dev/v4l/by-id/…, a URI (rtsp://…, "
                "file:///…), or test",
                device);
    return NULL;
}

static guint
bounded_int(SlValues *values, const char *name, gint64 fallback, guint max)
{
    return (guint)CLAMP(sl_values_get_int(values, name, fallback), 1, max);
}

static SlCameraWish
wish_from_values(SlValues *values)
{
    return (SlCameraWish){
        .width = bounded_int(values, "width", DEFAULT_WIDTH, SL_CAMERA_MAX_EDGE),
        .height = bounded_int(values, "height", DEFAULT_HEIGHT, SL_CAMERA_MAX_EDGE),
        .fps = bounded_int(values, "framerate", DEFAULT_FRAMERATE, SL_CAMERA_MAX_RATE),
    };
}

static gboolean
has_element(const char *name)
{
    g_autoptr(GstElementFactory) factory = gst_element_factory_find(name);
    return factory != NULL;
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
    if (has_element("timeoverlay"))
        g_string_append(text, " ! timeoverlay halignment=right valignment=bottom "
                              "shaded-background=true font-desc=\"Sans 12\"");
    if (is_no_camera && has_element("textoverlay"))
        g_string_append(text,
                        " ! textoverlay text=\"No camera: plug one in\" halignment=center "
                        "valignment=center shaded-background=true font-desc=\"Sans Bold 28\"");
    return g_string_free(text, FALSE);
}

static char *
decoder_text(const SlCameraMode *mode, GError **error)
{
    switch (mode->format->coding) {
    case SL_CAMERA_RAW:
        return g_strdup("");
    case SL_CAMERA_JPEG:
        return g_strdup(" ! jpegdec");
    case SL_CAMERA_H264:
        if (has_element("avdec_h264"))
            return g_strdup(" ! h264parse ! avdec_h264");
        if (has_element("openh264dec"))
            return g_strdup(" ! h264parse ! openh264dec");
        break;
    }
    g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_MISSING_ELEMENT,
                "the camera gives %s, which nothing installed decodes: install gstreamer1.0-libav",
                mode->format->name);
    return NULL;
}

/* Scaling a picture woven of two fields makes a mess of it. At the rate of pictures, not of fields.
 */
static const char *
deinterlacer_text(const SlCamera *camera)
{
    return camera->is_television && has_element("deinterlace") ? " ! deinterlace fields=top" : "";
}

static SlCapture *
capture_camera(const char *path, const SlCameraWish *wish, GError **error)
{
    g_autoptr(SlCamera) camera = sl_camera_query(path, wish, error);
    if (camera == NULL)
        return NULL;
    const SlCameraMode *mode =
        sl_camera_mode_choose((const SlCameraMode *)camera->modes->data, camera->modes->len, wish);
    g_autofree char *decoder = decoder_text(mode, error);
    if (decoder == NULL)
        return NULL;
    g_autofree char *caps = sl_camera_mode_to_caps(mode);
    /* 1.22's v4l2src reads the device's pixel aspect, which is height to width, upside down. */
    g_autofree char *shape = camera->pixel_width != camera->pixel_height
                                 ? g_strdup_printf(" pixel-aspect-ratio=%u/%u", camera->pixel_width,
                                                   camera->pixel_height)
                                 : g_strdup("");
    SlCapture *self = g_new0(SlCapture, 1);
    self->raw = g_strdup_printf("v4l2src device=\"%s\" do-timestamp=true%s ! %s%s%s", path, shape,
                                caps, decoder, deinterlacer_text(camera));
    self->device = g_strdup(path);
    return self;
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

SlCapture *
sl_capture_new(const SlInput *input, SlValues *values, GError **error)
{
    SlCameraWish wish = wish_from_values(values);
    g_autofree char *raw = NULL;
    switch (input->kind) {
    case SL_INPUT_CAMERA:
        return capture_camera(input->location, &wish, error);
    case SL_INPUT_TEST:
    case SL_INPUT_NO_CAMERA:
        raw = pattern_text(&wish, input->kind == SL_INPUT_NO_CAMERA);
        break;
    case SL_INPUT_FILE:
    case SL_INPUT_URI:
        raw = uri_text(input->location);
        break;
    case SL_INPUT_RTSP:
        raw = rtsp_text(input->location);
        break;
    }
    SlCapture *self = g_new0(SlCapture, 1);
    self->raw = g_steal_pointer(&raw);
    return self;
}
