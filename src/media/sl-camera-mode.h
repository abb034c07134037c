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

#define SL_CAMERA_MAX_EDGE 16384
#define SL_CAMERA_MAX_RATE 1000

/** SlCameraMode: one thing that a camera can do. */
typedef struct {
    const SlCameraFormat *format;
    guint width, height;
    guint fps_n, fps_d; /* 0/1 where the device does not say */
} SlCameraMode;

/* What is wanted where nothing is said. */
#define SL_CAMERA_DEFAULT_WIDTH 1280
#define SL_CAMERA_DEFAULT_HEIGHT 720
#define SL_CAMERA_DEFAULT_FRAMERATE 30

/** SlCameraWish: the most that is wanted. */
typedef struct {
    guint width, height;
    guint fps; /* frames a second */
} SlCameraWish;

/**
 * sl_camera_mode_choose:
 *
 * The largest picture within the wish (the smallest of all where none is within), at the highest
 * rate that is not above it. A mode that has less than half of the wanted rate stands behind every
 * mode within the wish that has it: MJPEG before raw at 5 frames a second, and a smaller picture
 * where there is no MJPEG.
 *
 * Returns: (transfer none) (nullable): %NULL if there are no modes
 */
const SlCameraMode *sl_camera_mode_choose(const SlCameraMode *modes, guint n_modes,
                                          const SlCameraWish *wish);

/** sl_camera_mode_to_caps: (transfer full): launch text, `video/x-raw,format=YUY2,width=…` */
char *sl_camera_mode_to_caps(const SlCameraMode *mode);

/** sl_camera_mode_to_text: (transfer full): for people, `YUY2 1280x720 at 30` */
char *sl_camera_mode_to_text(const SlCameraMode *mode);

/** SlCameraRange: sizes from a minimum to a maximum in steps, as stepwise and continuous devices
 * have them. */
typedef struct {
    guint min_width, max_width, step_width;
    guint min_height, max_height, step_height;
} SlCameraRange;

/**
 * sl_camera_range_fit:
 * @native_width, @native_height: what the sensor or signal has; 0 where that is not known
 *
 * The largest size within the wish, in the shape of the native picture and never larger than it: a
 * driver asked for more would scale up, asked for another shape it would stretch or cut.
 */
void sl_camera_range_fit(const SlCameraRange *range, guint native_width, guint native_height,
                         const SlCameraWish *wish, guint *ret_width, guint *ret_height);

G_END_DECLS
