#pragma once

#include "sl-camera.h"

G_BEGIN_DECLS

/** What stands before a camera's ID where one is named, and in SlCamera.node */
#define SL_CAMERA_LIBCAMERA_PREFIX "libcamera:"

/**
 * sl_camera_libcamera_list:
 * @wish: cameras with ranges are described near it
 *
 * Cameras that V4L2 alone can't show: a sensor on a CSI port whose raw data libcamera develops.
 * What libcamera sees on USB is V4L2's. None where gstreamer1.0-libcamera is not installed. May
 * block. Any thread.
 * Returns: (transfer full) (element-type SlCamera)
 */
GPtrArray *sl_camera_libcamera_list(const SlCameraWish *wish);

/**
 * sl_camera_libcamera_query:
 * @node: SlCamera.node of one of these
 *
 * Returns: (transfer full) (nullable): SL_MEDIA_ERROR_NOT_FOUND, or _DEVICE where its ID can't
 * stand in launch text
 */
SlCamera *sl_camera_libcamera_query(const char *node, const SlCameraWish *wish, GError **error);

/**
 * sl_camera_modes_from_caps:
 * @caps: (type GstCaps): what an element's pad may give
 *
 * Returns: (transfer full) (element-type SlCameraMode): may be empty; bounded
 */
GArray *sl_camera_modes_from_caps(gconstpointer caps, const SlCameraWish *wish);

G_END_DECLS
