#include "sl-camera-capture.h"

#include "sl-camera-formats.h"

/* NULL where nothing installed decodes it. */
static const char *
find_decoder(SlCameraCoding coding)
{
    switch (coding) {
    case SL_CAMERA_RAW:
        return "";
    case SL_CAMERA_JPEG:
        return sl_element_is_installed("jpegdec") ? " ! jpegdec" : NULL;
    case SL_CAMERA_H264:
        if (sl_element_is_installed("avdec_h264"))
            return " ! h264parse ! avdec_h264";
        return sl_element_is_installed("openh264dec") ? " ! h264parse ! openh264dec" : NULL;
    }
    return NULL;
}

/* Of what a camera has, what can be made into the codec (SL_CODEC_RAW: what can be decoded). */
static GArray *
select_modes(const SlCamera *camera, const char *codec)
{
    GArray *selected = g_array_new(FALSE, FALSE, sizeof(SlCameraMode));
    for (guint i = 0; i < camera->modes->len; i++) {
        SlCameraMode *mode = &g_array_index(camera->modes, SlCameraMode, i);
        SlCameraCoding coding = mode->format->coding;
        if (g_str_equal(codec, SL_CODEC_RAW)
                ? find_decoder(coding) != NULL
                : g_str_equal(codec, sl_camera_coding_get_codec(coding)))
            g_array_append_val(selected, *mode);
    }
    return selected;
}

/* Scaling a picture woven of two fields makes a mess of it. At the rate of pictures, not of fields.
 */
static const char *
deinterlacer_text(const SlCamera *camera)
{
    return camera->is_television && sl_element_is_installed("deinterlace")
               ? " ! deinterlace fields=top"
               : "";
}

static gboolean
check_strictly(const SlCamera *camera, const SlCameraMode *mode, const SlCameraWish *wish,
               GError **error)
{
    if (!wish->is_strict || sl_camera_mode_is_exact(mode, wish))
        return TRUE;
    g_autofree char *label = sl_camera_get_label(camera);
    g_autofree char *offers = sl_camera_formats_to_sentence(camera->modes);
    g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                "%s does not give exactly %ux%u at %u (--strict); it has %s", label, wish->width,
                wish->height, wish->fps, offers);
    return FALSE;
}

static char *
camera_text(const SlCamera *camera, const SlCameraMode *mode)
{
    g_autofree char *caps = sl_camera_mode_to_caps(mode);
    if (camera->api == SL_CAMERA_LIBCAMERA)
        return g_strdup_printf("libcamerasrc camera-name=\"%s\" ! %s", camera->bus, caps);
    /* 1.22's v4l2src reads the device's pixel aspect, which is height to width, upside down. */
    g_autofree char *shape = camera->pixel_width != camera->pixel_height
                                 ? g_strdup_printf(" pixel-aspect-ratio=%u/%u", camera->pixel_width,
                                                   camera->pixel_height)
                                 : g_strdup("");
    return g_strdup_printf("v4l2src device=\"%s\" do-timestamp=true%s ! %s", camera->node, shape,
                           caps);
}

static void
set_texts(SlCapture *self, const SlCamera *camera, const SlCameraMode *mode, const char *codec)
{
    SlCameraCoding coding = mode->format->coding;
    g_autofree char *text = camera_text(camera, mode);
    if (g_str_equal(codec, SL_CODEC_RAW)) {
        self->raw = g_strconcat(text, find_decoder(coding), deinterlacer_text(camera), NULL);
    } else {
        self->encoded =
            g_strconcat(text, coding == SL_CAMERA_H264 ? " ! " SL_CAPTURE_H264 : "", NULL);
        self->encoded_codec = g_strdup(codec);
    }
}

/* Of raw frames, the description lets through no more than are wanted. */
static void
set_mode(SlCapture *self, const SlCameraMode *mode, const SlCameraWish *wish)
{
    gboolean is_dropping =
        self->raw != NULL && (guint64)mode->fps_n > (guint64)wish->fps * mode->fps_d;
    self->mode = sl_camera_mode_to_text(mode);
    if (!sl_camera_mode_is_exact(mode, wish))
        self->wanted = g_strdup_printf("%ux%u at %u", wish->width, wish->height, wish->fps);
    self->fps_n = is_dropping ? wish->fps : mode->fps_n;
    self->fps_d = is_dropping ? 1 : mode->fps_d;
}

SlCapture *
sl_camera_capture(const SlCamera *camera, const char *spec, const char *codec,
                  const SlCameraWish *wish, GError **error)
{
    g_autoptr(GArray) modes = select_modes(camera, codec);
    const SlCameraMode *mode =
        sl_camera_mode_choose((const SlCameraMode *)modes->data, modes->len, wish);
    if (mode == NULL && g_str_equal(codec, SL_CODEC_RAW)) {
        g_autofree char *offers = sl_camera_formats_to_sentence(camera->modes);
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_MISSING_ELEMENT,
                    "the camera gives %s, which nothing installed decodes: install "
                    "gstreamer1.0-libav",
                    offers);
        return NULL;
    }
    if (mode != NULL && !check_strictly(camera, mode, wish, error))
        return NULL;
    SlCapture *self = g_new0(SlCapture, 1);
    self->device = camera->api == SL_CAMERA_V4L2 ? g_strdup(camera->node) : NULL;
    self->input = sl_input_new_camera(spec, camera);
    self->fps_d = 1; /* none known */
    if (mode != NULL) {
        set_texts(self, camera, mode, codec);
        set_mode(self, mode, wish);
    } else {
        self->offers = sl_camera_formats_to_sentence(camera->modes);
    }
    return self;
}
