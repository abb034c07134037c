#pragma once

#include <gio/gio.h>

#include "sl-camera-identity.h"
#include "sl-camera-mode.h"

G_BEGIN_DECLS

#define SL_CAMERA_CLASS_DIR "/sys/class/video4linux"

/** SlCameraApi: what a camera is asked and opened by. */
typedef enum {
    SL_CAMERA_V4L2,
    SL_CAMERA_LIBCAMERA,
} SlCameraApi;

/**
 * SlCamera: a camera as it was when it was asked.
 */
typedef struct {
    SlCameraApi api;
    char *node; /* as it was named: /dev/videoN or a stable path */
    char
        *name; /* these three are the device's own: UTF-8 without control characters; never empty */
    char *driver;
    char *bus;                       /* where it is plugged in: `usb-0000:00:14.0-1` */
    SlCameraIdentity *identity;      /* NULL where sysfs knows nothing of it */
    GArray *modes;                   /* (element-type SlCameraMode): never empty */
    guint pixel_width, pixel_height; /* the shape of a pixel; 1, 1 where it is square or unknown */
    gboolean is_television;          /* of an analogue standard, and so interlaced */
    gboolean is_part; /* of what has to be put together with the media controller, as an ISP is */
} SlCamera;
void sl_camera_free(SlCamera *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlCamera, sl_camera_free)

/**
 * sl_camera_query:
 * @path: a node or a link to one
 * @wish: devices with ranges are asked near it
 *
 * Opens the device, asks, closes it.
 * Returns: (transfer full) (nullable): SL_MEDIA_ERROR_NOT_FOUND lists what is there; _PERMISSION
 * names the group and the command; _BUSY the program that has it where that can be seen; _DEVICE:
 * it is no camera
 */
SlCamera *sl_camera_query(const char *path, const SlCameraWish *wish, GError **error);

/** sl_camera_query_shared: the same, also where another program captures from it */
SlCamera *sl_camera_query_shared(const char *path, const SlCameraWish *wish, GError **error);

/** sl_camera_may_be_behind: whether a camera may be there, to which sl_camera_query() did not get
 */
gboolean sl_camera_may_be_behind(const char *node, const GError *error);

/** sl_camera_clean_text: (transfer full): what a device says of itself, as UTF-8 on one line;
 * @len: -1: up to its end */
char *sl_camera_clean_text(const char *text, gssize len);

/** sl_camera_dup_system_name: (transfer full): the name of a node that can't be opened; may be
 * empty */
char *sl_camera_dup_system_name(const char *node);

/** SlCameraQuery: sl_camera_query(), or a test's own */
typedef SlCamera *(*SlCameraQuery)(const char *path, const SlCameraWish *wish, GError **error);

/**
 * sl_camera_query_first:
 * @nodes: (element-type filename): in order
 *
 * The first camera. Codec, metadata, ISP and raw-sensor nodes are passed over, and one without
 * colours (an infrared camera beside the ordinary one) where another follows. A node that can't be
 * opened or is in use is not passed over, since it may be the camera that is meant.
 * Returns: (transfer full) (nullable): as sl_camera_query(); SL_MEDIA_ERROR_NOT_FOUND if there is
 * none at all
 */
SlCamera *sl_camera_query_first(GPtrArray *nodes, const SlCameraWish *wish, SlCameraQuery func,
                                GError **error);

/** sl_camera_get_label: (transfer full): `Integrated Camera (/dev/video0)` */
char *sl_camera_get_label(const SlCamera *self);

#define SL_CAMERA_DEV_DIR "/dev"

/**
 * sl_camera_open:
 *
 * Returns: a descriptor, to be closed; -1 with an error of sl_camera_query()
 */
int sl_camera_open(const char *path, GError **error);

/** sl_camera_ioctl: an SlCameraIoctl; @device: a descriptor, as a pointer */
int sl_camera_ioctl(gpointer device, gulong request, gpointer arg);

/**
 * sl_camera_list_nodes:
 * @dir: SL_CAMERA_DEV_DIR
 *
 * Returns: (transfer full) (element-type filename): the paths videoN in @dir by N, at most 256
 */
GPtrArray *sl_camera_list_nodes(const char *dir);

G_END_DECLS
