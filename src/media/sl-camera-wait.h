#pragma once

#include "sl-camera-monitor.h"
#include "sl-capture-ask.h"

G_BEGIN_DECLS

/**
 * SlCameraWait: a stream's waiting for a camera: the monitor is held while it does, and while the
 * test pattern stands in, the first camera is looked for. Main thread.
 *
 * Signals:
 *  - `came` (): something did; also while nobody waits
 *  - `went` (const char *node)
 *  - `refused` (GError *error): there is a camera, and it can't be had; it will be asked again
 *  - `there` (): there is a camera that can be had
 */
#define SL_TYPE_CAMERA_WAIT (sl_camera_wait_get_type())
G_DECLARE_FINAL_TYPE(SlCameraWait, sl_camera_wait, SL, CAMERA_WAIT, GObject)

/** @monitor: (nullable): nothing comes or goes */
SlCameraWait *sl_camera_wait_new(GMainContext *context, SlCameraMonitor *monitor,
                                 SlDescription *description, SlValues *values,
                                 SlCaptureFlags flags);

/** sl_camera_wait_set_wish: what a camera is looked for with from now on */
void sl_camera_wait_set_wish(SlCameraWait *self, SlDescription *description, SlValues *values);

/** sl_camera_wait_set: whether the stream waits */
void sl_camera_wait_set(SlCameraWait *self, gboolean waits);

/** sl_camera_wait_look: `there` follows, or `refused`, or nothing. */
void sl_camera_wait_look(SlCameraWait *self);
/** sl_camera_wait_stop_looking: neither `there` nor `refused` follow any more. */
void sl_camera_wait_stop_looking(SlCameraWait *self);

/**
 * sl_camera_wait_came_just_now:
 *
 * What is wrong with a camera that came this short ago may be its beginning: udev gives it to its
 * group, a driver is loaded.
 */
gboolean sl_camera_wait_came_just_now(SlCameraWait *self);

G_END_DECLS
