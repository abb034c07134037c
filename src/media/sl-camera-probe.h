#pragma once

#include <gio/gio.h>

#include "sl-camera-mode.h"

G_BEGIN_DECLS

/**
 * SlCameraIoctl: ioctl() on an open device; tests put a device of their own behind it.
 * Returns: 0, or -1 with errno
 */
typedef int (*SlCameraIoctl)(gpointer device, gulong request, gpointer arg);

/** SlCameraProbe: what a device said, checked and bounded. */
typedef struct {
    char *name;    /* UTF-8 without control characters; never empty */
    GArray *modes; /* (element-type SlCameraMode): never empty; ranges are represented by the size
                    * and rate nearest to the wish */
    guint pixel_width, pixel_height; /* the shape of a pixel; 1, 1 where it is square or unknown */
    gboolean is_television;          /* of an analogue standard, and so interlaced */
} SlCameraProbe;
void sl_camera_probe_free(SlCameraProbe *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlCameraProbe, sl_camera_probe_free)

/**
 * sl_camera_probe_new:
 * @node: for messages
 *
 * Returns: (transfer full) (nullable): SL_MEDIA_ERROR_DEVICE where it is no camera that can be
 * shown, and why
 */
SlCameraProbe *sl_camera_probe_new(SlCameraIoctl func, gpointer device, const char *node,
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
