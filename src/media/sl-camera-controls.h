#pragma once

#include "sl-camera-control.h"
#include "sl-camera-probe.h"

G_BEGIN_DECLS

/*
 * A camera's controls, asked for and set. Every call of the device may block for seconds (a UVC
 * camera's take a transfer each), so none of this belongs on the main loop.
 */

/**
 * sl_camera_controls_read:
 *
 * Those of V4L2's classes user, camera, image source and image processing whose type a person can
 * set. What belongs to codecs, tuners and the like is left out, and so is what makes no sense.
 *
 * Returns: (transfer full) (nullable) (element-type SlCameraControl): maybe empty;
 *   SL_MEDIA_ERROR_DEVICE where the device is gone or does not answer
 */
GPtrArray *sl_camera_controls_read(SlCameraIoctl func, gpointer device, GError **error);

/** sl_camera_controls_find: (nullable) (transfer none) */
SlCameraControl *sl_camera_controls_find(GPtrArray *controls, const char *name);

/** SlControlChange: a value that was checked. */
typedef struct {
    const SlCameraControl *control; /* borrowed from the list */
    gint64 value;
} SlControlChange;

/**
 * sl_camera_controls_plan:
 * @controls: (element-type SlCameraControl):
 * @settings: (element-type SlControlSetting):
 *
 * Returns: (transfer full) (nullable) (element-type SlControlChange): in the order in which they
 *   are to be set; SL_MEDIA_ERROR_VALUE if any of them is not to be had
 */
GArray *sl_camera_controls_plan(GPtrArray *controls, GPtrArray *settings, GError **error);

/**
 * sl_camera_controls_apply:
 * @changes: (element-type SlControlChange):
 * @ret_n_applied: how many of them were set, from the first; always set
 *
 * Stops at the first that the device refuses. Returns: FALSE with SL_MEDIA_ERROR_REFUSED, or
 * SL_MEDIA_ERROR_DEVICE where it is gone; the message says which were set and which were not
 */
gboolean sl_camera_controls_apply(SlCameraIoctl func, gpointer device, GArray *changes,
                                  guint *ret_n_applied, GError **error);

/**
 * sl_camera_controls_set_again:
 *
 * Gives one control a value that it had. One that is inactive by now is left alone, which is no
 * error. Errors as sl_camera_controls_apply().
 */
gboolean sl_camera_controls_set_again(SlCameraIoctl func, gpointer device,
                                      const SlCameraControl *control, gint64 value, GError **error);

G_END_DECLS
