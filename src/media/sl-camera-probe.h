#pragma once

#include "sl-camera.h"

G_BEGIN_DECLS

/**
 * SlCameraIoctl: ioctl() on an open device; tests put a device of their own behind it.
 * Returns: 0, or -1 with errno
 */
typedef int (*SlCameraIoctl)(gpointer device, gulong request, gpointer arg);

/**
 * sl_camera_ask: @func, again where a signal interrupted it
 * Returns: 0, or an errno
 */
int sl_camera_ask(SlCameraIoctl func, gpointer device, gulong request, gpointer arg);

/**
 * sl_camera_probe:
 * @node: for messages
 *
 * What a device says, checked and bounded.
 *
 * Returns: (transfer full) (nullable): SL_MEDIA_ERROR_DEVICE where it is no camera that can be
 * shown, and why
 */
SlCamera *sl_camera_probe(SlCameraIoctl func, gpointer device, const char *node,
                          const SlCameraWish *wish, GError **error);

/**
 * sl_camera_probe_is_busy:
 *
 * Whether another program captures from the device. Asks for one buffer and gives it back, which a
 * device refuses with EBUSY while another descriptor owns its queue, and which that owner does not
 * notice.
 */
gboolean sl_camera_probe_is_busy(SlCameraIoctl func, gpointer device);

G_END_DECLS
