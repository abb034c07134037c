#pragma once

#include "sl-camera-controls.h"
#include "sl-input.h"

G_BEGIN_DECLS

/** SlControlDevice: how a camera is reached; tests put one of their own behind it. Any thread. */
typedef struct {
    /** @ret_device: what the other two are given. Returns: FALSE with SL_MEDIA_ERROR_* */
    gboolean (*open)(const char *node, gpointer *ret_device, GError **error);
    SlCameraIoctl ioctl;
    void (*close)(gpointer device);
} SlControlDevice;

/** sl_control_device_get_real: (transfer none): V4L2 nodes */
const SlControlDevice *sl_control_device_get_real(void);

/**
 * SlControlKeeper: a stream's door to the controls of its camera. Devices are asked in a thread,
 * one request at a time; requests and results are of the main thread. It keeps what was set, and
 * sets it again when the camera comes back.
 */
#define SL_TYPE_CONTROL_KEEPER (sl_control_keeper_get_type())
G_DECLARE_FINAL_TYPE(SlControlKeeper, sl_control_keeper, SL, CONTROL_KEEPER, GObject)

/** sl_control_keeper_new: @name: the stream's, for the log; @device: (transfer none): stays alive
 */
SlControlKeeper *sl_control_keeper_new(GMainContext *context, const char *name,
                                       const SlControlDevice *device);

/**
 * SlControlsFunc:
 * @controls: (nullable) (transfer none) (element-type SlCameraControl): as they are now
 * @error: (nullable) (transfer none): why there are none: SL_MEDIA_ERROR_*
 *
 * Main thread, once for a request that was taken; never before the call that made it returns.
 */
typedef void (*SlControlsFunc)(GPtrArray *controls, const GError *error, gpointer user_data);

/**
 * sl_control_keeper_read, sl_control_keeper_set:
 * @camera: of SL_INPUT_CAMERA, as it was last found; another one in its place is left alone
 * @settings: (transfer none) (element-type SlControlSetting): all are checked before one is set
 *
 * Returns: FALSE with SL_MEDIA_ERROR_CROWDED where too many wait already; @func is not called then
 */
gboolean sl_control_keeper_read(SlControlKeeper *self, SlInput *camera, SlControlsFunc func,
                                gpointer user_data, GError **error);
gboolean sl_control_keeper_set(SlControlKeeper *self, SlInput *camera, GPtrArray *settings,
                               SlControlsFunc func, gpointer user_data, GError **error);

/**
 * sl_control_keeper_restore: the camera is there (again): gives it what was set before, if
 * anything was. What it refuses is logged, once for each control.
 */
void sl_control_keeper_restore(SlControlKeeper *self, SlInput *camera);

G_END_DECLS
