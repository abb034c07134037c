#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * SlCameraMonitor: tells when video devices come and go. udev says so; where it does not run (in
 * most containers) the devices are looked at each second while somebody waits. Main thread only.
 *
 * Signals:
 *  - `came` (const char *node): `video0`; it may be no camera, and not usable at once
 *  - `went` (const char *node)
 */
#define SL_TYPE_CAMERA_MONITOR (sl_camera_monitor_get_type())
G_DECLARE_FINAL_TYPE(SlCameraMonitor, sl_camera_monitor, SL, CAMERA_MONITOR, GObject)

SlCameraMonitor *sl_camera_monitor_new(GMainContext *context);

/** sl_camera_monitor_hold, sl_camera_monitor_release: somebody waits for a camera, no longer */
void sl_camera_monitor_hold(SlCameraMonitor *self);
void sl_camera_monitor_release(SlCameraMonitor *self);

/** sl_camera_monitor_report: what udev or a look found out; for tests: what they would */
void sl_camera_monitor_report(SlCameraMonitor *self, const char *node, gboolean came);

G_END_DECLS
