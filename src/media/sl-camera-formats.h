#pragma once

#include "sl-camera-mode.h"

G_BEGIN_DECLS

/** SlCameraFormatGroup: formats that a camera has in the same sizes at the same rates. */
typedef struct {
    GPtrArray *names; /* (element-type utf8): not owned: `YUY2`, `MJPEG` */
    GPtrArray *sizes; /* (element-type utf8): `1280x720, 640x480 at 30, 15`, the largest first */
} SlCameraFormatGroup;

/**
 * sl_camera_formats_describe:
 * @modes: (element-type SlCameraMode): in any order
 * @width: characters, the most that one of the sizes' lines has
 * @max_sizes: the most lines of sizes in a group: the last says what was left out
 *
 * Returns: (transfer full) (element-type SlCameraFormatGroup): in the order of @modes
 */
GPtrArray *sl_camera_formats_describe(GArray *modes, guint width, guint max_sizes);

/**
 * sl_camera_formats_to_sentence:
 *
 * Returns: (transfer full): for the end of a message, bounded:
 * `YUY2 (640x480 at 30), MJPEG (1280x720, 640x480 at 30, 15)`
 */
char *sl_camera_formats_to_sentence(GArray *modes);

/**
 * sl_camera_formats_sort:
 *
 * Returns: (transfer full) (element-type SlCameraMode): what @modes has of a format of this name:
 * the largest and fastest first, each once
 */
GArray *sl_camera_formats_sort(GArray *modes, const char *name);

/** sl_camera_formats_list_names: (transfer container) (element-type utf8): each once, in the order
 * of @modes; several pixel formats of V4L2 may be one to GStreamer */
GPtrArray *sl_camera_formats_list_names(GArray *modes);

/** sl_camera_mode_has_size_of: whether both have the same size or range of sizes */
gboolean sl_camera_mode_has_size_of(const SlCameraMode *a, const SlCameraMode *b);

G_END_DECLS
