#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** SlCameraCoding: in order of preference, everything else being equal. */
typedef enum {
    SL_CAMERA_RAW,
    SL_CAMERA_JPEG,
    SL_CAMERA_H264,
} SlCameraCoding;

/** SlCameraFormat: a V4L2 pixel format that v4l2src 1.22 reads and videoconvert or a decoder takes.
 */
typedef struct {
    guint32 fourcc;
    SlCameraCoding coding;
    const char *media_type; /* of the caps, with the fields that every mode has */
    const char *name;       /* video/x-raw's format, or what people call the codec */
} SlCameraFormat;

/**
 * sl_camera_format_lookup:
 *
 * Returns: (transfer none) (nullable): an entry of one static table, so that entries compare by
 * address and an earlier one is preferred; %NULL for formats that can't be shown (Bayer, vendors'
 * own)
 */
const SlCameraFormat *sl_camera_format_lookup(guint32 fourcc);

/** sl_camera_format_lookup_caps: (transfer none) (nullable): an entry of the same table
 * @name: (nullable): video/x-raw's format */
const SlCameraFormat *sl_camera_format_lookup_caps(const char *media_type, const char *name);

#define SL_CAMERA_MAX_EDGE 16384
#define SL_CAMERA_MAX_RATE 1000
/* What a camera may list. */
#define SL_CAMERA_MAX_MODES 8192

/** SlCameraRange: sizes from a minimum to a maximum in steps, as stepwise and continuous devices
 * have them. */
typedef struct {
    guint min_width, max_width, step_width;
    guint min_height, max_height, step_height;
} SlCameraRange;

/** SlCameraRates: frames a second from the slowest to the fastest, in any step. */
typedef struct {
    guint slow_n, slow_d;
    guint fast_n, fast_d;
} SlCameraRates;

/** SlCameraMode: one thing that a camera can do; of a range, what comes nearest to a wish. */
typedef struct {
    const SlCameraFormat *format;
    guint width, height;
    guint fps_n, fps_d;  /* 0/1 where the device does not say */
    SlCameraRange sizes; /* max_width 0: there is no range, the size is this one */
    SlCameraRates rates; /* fast_n 0: likewise */
} SlCameraMode;

/* What is wanted where nothing is said. */
#define SL_CAMERA_DEFAULT_WIDTH 1280
#define SL_CAMERA_DEFAULT_HEIGHT 720
#define SL_CAMERA_DEFAULT_FRAMERATE 30

/** SlCameraWish: the most that is wanted. */
typedef struct {
    guint width, height;
    guint fps; /* frames a second */
    gboolean
        is_strict; /* nothing else will do: of a range it is taken whatever the sensor's shape */
} SlCameraWish;

/**
 * sl_camera_mode_choose:
 *
 * What comes nearest to the wish without exceeding it, in this order:
 * - A picture within the wish; where none is, the smallest of all.
 * - A rate within the wish that is at least half of it, or not known. So a smaller picture at 30
 *   frames a second is taken before a larger one at 10; one at 15 is not worth a smaller picture.
 * - The largest picture.
 * - The highest rate within the wish, of whichever coding: MJPEG where raw can't reach the rate
 * that MJPEG reaches. (Where all rates are above the wish, the lowest; the description drops
 * frames.)
 * - Raw before MJPEG before H.264, then the order of sl_camera_format_lookup()'s table.
 *
 * Rates that differ by a thousandth are the same: NTSC's 29.97 is 30.
 *
 * Returns: (transfer none) (nullable): %NULL if there are no modes
 */
const SlCameraMode *sl_camera_mode_choose(const SlCameraMode *modes, guint n_modes,
                                          const SlCameraWish *wish);

/** sl_camera_mode_is_exact: whether it is the wanted size at the wanted rate */
gboolean sl_camera_mode_is_exact(const SlCameraMode *mode, const SlCameraWish *wish);

/** sl_camera_mode_to_caps: (transfer full): launch text, `video/x-raw,format=YUY2,width=…` */
char *sl_camera_mode_to_caps(const SlCameraMode *mode);

/** sl_camera_mode_to_text: (transfer full): for people, `YUY2 1280x720 at 30` */
char *sl_camera_mode_to_text(const SlCameraMode *mode);

/** sl_camera_rate_to_text: (transfer full): `30`, `7.5`, `29.97` */
char *sl_camera_rate_to_text(guint fps_n, guint fps_d);

/** sl_camera_coding_get_codec: `raw`, or as `${capture:CODEC}` names it: `jpeg`, `h264` */
const char *sl_camera_coding_get_codec(SlCameraCoding coding);

/** sl_camera_format_is_grey: it has no colours, as infrared cameras have none */
gboolean sl_camera_format_is_grey(const SlCameraFormat *format);

/**
 * sl_camera_range_fit:
 * @native_width, @native_height: what the sensor or signal has; 0 where that is not known
 *
 * The largest size within the wish, in the shape of the native picture and never larger than it: a
 * driver asked for more would scale up, asked for another shape it would stretch or cut.
 */
void sl_camera_range_fit(const SlCameraRange *range, guint native_width, guint native_height,
                         const SlCameraWish *wish, guint *ret_width, guint *ret_height);

/** sl_camera_rates_fit: the fastest rate within the wish, or the slowest that there is */
void sl_camera_rates_fit(const SlCameraRates *rates, const SlCameraWish *wish, guint *ret_fps_n,
                         guint *ret_fps_d);

G_END_DECLS
