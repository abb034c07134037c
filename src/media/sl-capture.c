#include "sl-capture.h"

#include "sl-camera-capture.h"
#include "sl-camera-libcamera.h"
#include "sl-microphone.h"
#include "sl-rtsp-picture.h"
#include "sl-sound.h"

/* The jitter buffer's depth: what one reordered or retransmitted packet on a local network needs.
 */
#define RTSP_LATENCY_MS 100
/* A microphone's sound comes in portions, some of them of tens of milliseconds. What is on time
 * does not wait for it. */
#define MICROPHONE_LATENCY_MS 80

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

/* What is encoded in one of many ways, as it is in files. */
#define ENCODED_VIDEO                                                                      \
    "video/x-h264;video/x-h265;video/x-vp8;video/x-vp9;video/x-av1;video/mpeg;image/jpeg;" \
    "video/x-raw"
#define ENCODED_AUDIO "audio/mpeg;audio/x-opus;audio/x-vorbis;audio/x-ac3"

/* Stops at what is taken as it is, and at sound that nobody takes: that must neither be decoded nor
 * hold the picture up. (Not expose-all-streams=false, with which decodebin 1.22 finds no decoder
 * for H.264.) */
static char *
uri_input_text(const char *uri, const char *codec, gboolean is_heard)
{
    gboolean is_raw = codec == NULL || g_str_equal(codec, SL_CODEC_RAW);

    return g_strdup_printf("uridecodebin name=" SL_SOUND_INPUT " uri=\"%s\" caps=\"%s;%s\"", uri,
                           is_raw ? "video/x-raw" : ENCODED_VIDEO,
                           is_heard ? "audio/x-raw" : ENCODED_AUDIO);
}

/* The queue holds the frames that are shown while a file's decoder goes back to its beginning. */
static char *
uri_text(const char *uri, const char *codec, gboolean is_heard)
{
    g_autofree char *input = uri_input_text(uri, codec, is_heard);

    return g_strdup_printf("%s ! %s ! queue max-size-buffers=8 max-size-bytes=0 max-size-time=0 ! "
                           "clocksync",
                           input,
                           g_str_equal(codec, SL_CODEC_RAW) ? "video/x-raw"
                                                            : "video/x-h264 ! " SL_CAPTURE_H264);
}

static char *
rtsp_input_text(const char *uri)
{
    return g_strdup_printf("rtspsrc name=" SL_SOUND_INPUT " location=\"%s\" latency=%d "
                           "drop-on-latency=true",
                           uri, RTSP_LATENCY_MS);
}

/* Not as a stream of bytes, in which the parser would look for the ends of pictures that the
 * packets have told already: it takes the first one apart, and is a picture late. */
#define DEPAYED_H264 "rtph264depay ! video/x-h264,stream-format=avc,alignment=au"

static char *
rtsp_text(const char *uri, const char *codec)
{
    g_autofree char *input = rtsp_input_text(uri);

    return g_strdup_printf("%s " SL_RTSP_PICTURE_TEXT " ! %s", input,
                           g_str_equal(codec, SL_CODEC_RAW) ? "decodebin"
                                                            : DEPAYED_H264 " ! " SL_CAPTURE_H264);
}

static SlCapture *
capture_sensor(SlInput *input, const char *codec, const SlCameraWish *wish, GError **error)
{
    g_autoptr(SlCamera) camera = sl_camera_libcamera_query(input->location, wish, error);
    return camera != NULL ? sl_camera_capture(camera, input->spec, codec, wish, error) : NULL;
}

/* For dry runs, and to try descriptions without such a camera. */
static char *
encode_pattern(const char *raw, const char *codec, GError **error)
{
    if (g_str_equal(codec, "jpeg"))
        return g_strconcat(raw, " ! jpegenc", NULL);
    if (sl_element_is_installed("x264enc"))
        return g_strconcat(raw,
                           " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! "
                           "video/x-h264,profile=constrained-baseline ! " SL_CAPTURE_H264,
                           NULL);
    if (sl_element_is_installed("openh264enc"))
        return g_strconcat(raw,
                           " ! openh264enc gop-size=30 ! "
                           "video/x-h264,profile=constrained-baseline ! " SL_CAPTURE_H264,
                           NULL);
    g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_MISSING_ELEMENT,
                        "the test pattern comes in H.264 only where an encoder for it is "
                        "installed: apt-get install gstreamer1.0-plugins-ugly");
    return NULL;
}

static SlCapture *
capture_pattern(SlInput *input, const char *codec, const SlCameraWish *wish, GError **error)
{
    g_autofree char *raw = pattern_text(wish, input->kind == SL_INPUT_NO_CAMERA);
    g_autofree char *encoded = NULL;
    SlCapture *self;

    if (!g_str_equal(codec, SL_CODEC_RAW) && (encoded = encode_pattern(raw, codec, error)) == NULL)
        return NULL;
    self = g_new0(SlCapture, 1);
    self->input = sl_input_ref(input);
    if (encoded == NULL)
        self->raw = g_steal_pointer(&raw);
    else
        self->encoded_codec = g_strdup(g_str_equal(codec, "jpeg") ? "jpeg" : "h264");
    self->encoded = g_steal_pointer(&encoded);
    self->fps_d = 1;
    return self;
}

static SlCapture *
capture_address(SlInput *input, const char *codec, gboolean is_heard)
{
    char *text = input->kind == SL_INPUT_RTSP ? rtsp_text(input->location, codec)
                                              : uri_text(input->location, codec, is_heard);
    SlCapture *self = g_new0(SlCapture, 1);

    self->input = sl_input_ref(input);
    if (g_str_equal(codec, SL_CODEC_RAW)) {
        self->raw = text;
    } else {
        self->encoded = text;
        self->encoded_codec = g_strdup("h264");
    }
    self->fps_d = 1;
    return self;
}

static SlCapture *
capture_nothing(SlInput *input)
{
    SlCapture *self = g_new0(SlCapture, 1);

    self->input = sl_input_ref(input);
    self->fps_d = 1;
    return self;
}

static SlCapture *
capture_picture(SlInput *input, SlDescription *description, const SlCameraWish *wish,
                GError **error)
{
    const char *captured = sl_description_get_captured_codec(description);
    const char *codec = captured != NULL ? captured : SL_CODEC_RAW;

    switch (input->kind) {
    case SL_INPUT_CAMERA:
        return capture_camera(input, codec, wish, error);
    case SL_INPUT_LIBCAMERA:
        return capture_sensor(input, codec, wish, error);
    case SL_INPUT_TEST:
    case SL_INPUT_NO_CAMERA:
        return capture_pattern(input, codec, wish, error);
    case SL_INPUT_PUBLISHER:
        return capture_nothing(input);
    case SL_INPUT_FILE:
    case SL_INPUT_URI:
    case SL_INPUT_RTSP:
        break;
    }
    return capture_address(input, codec,
                           sl_description_captures_audio(description) && input->sound == NULL);
}

/* An address is opened once: what has the picture has the sound, too. */
static char *
address_audio_text(const SlInput *input, gboolean has_picture)
{
    gboolean is_rtsp = input->kind == SL_INPUT_RTSP;
    g_autofree char *mixed =
        sl_sound_mixed_text(SL_SOUND_LATENCY_MS + (is_rtsp ? RTSP_LATENCY_MS : 0));
    g_autofree char *opened = NULL;

    if (has_picture)
        return g_steal_pointer(&mixed);
    opened =
        is_rtsp ? rtsp_input_text(input->location) : uri_input_text(input->location, NULL, TRUE);
    return g_strdup_printf("%s %s", opened, mixed);
}

/* Where the sound comes from if nobody said. */
static const char *
get_own_sound(const SlInput *input)
{
    if (input->kind == SL_INPUT_TEST || input->kind == SL_INPUT_NO_CAMERA)
        return SL_INPUT_SOUND_TEST;
    if (input->kind == SL_INPUT_PUBLISHER)
        return SL_INPUT_SOUND_NONE;
    return sl_input_is_camera(input) ? SL_MICROPHONE_DEFAULT : NULL;
}

static void
capture_audio(SlCapture *self, SlDescription *description)
{
    gboolean has_picture = sl_description_get_captured_codec(description) != NULL;
    const char *sound =
        self->input->sound != NULL ? self->input->sound : get_own_sound(self->input);

    if (sound == NULL) {
        self->audio = address_audio_text(self->input, has_picture);
    } else if (g_str_equal(sound, SL_INPUT_SOUND_TEST)) {
        self->audio = sl_sound_tone_text();
    } else if (g_str_equal(sound, SL_INPUT_SOUND_NONE)) {
        self->audio = sl_sound_silence_text();
    } else {
        self->audio = sl_sound_mixed_text(SL_SOUND_LATENCY_MS + MICROPHONE_LATENCY_MS);
        if (sl_description_captures_audio(description))
            self->microphone = g_strdup(sound);
    }
}

/* What was found may be another object than what was asked for. */
static void
keep_sound(SlInput *found, const SlInput *asked)
{
    if (found != asked)
        sl_input_set_sound(found, asked->sound);
}

SlCapture *
sl_capture_new(SlInput *input, SlDescription *description, SlValues *values, SlCaptureFlags flags,
               GError **error)
{
    SlCameraWish wish = wish_from_values(values, (flags & SL_CAPTURE_STRICT) != 0);
    g_autoptr(SlInput) found = sl_input_find(input, error);
    SlCapture *self = found != NULL ? capture_picture(found, description, &wish, error) : NULL;

    if (self == NULL)
        return NULL;
    keep_sound(self->input, input);
    capture_audio(self, description);
    return self;
}
