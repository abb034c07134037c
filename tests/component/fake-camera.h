#pragma once

#include "sl-description.h"

/* A camera that a test stands in for: its sl_capture_new() is linked in place of the real one. */

#define FAKE_CAMERA_CAPS "video/x-raw,format=I420,width=64,height=64,framerate=30/1"
#define FAKE_CAMERA_MOVING "videotestsrc is-live=true ! " FAKE_CAMERA_CAPS
/** As from a device that opens once: fake_camera_register() first. */
#define FAKE_CAMERA_ONCE "fakecamerasrc is-live=true ! " FAKE_CAMERA_CAPS

/**
 * fake_camera_set:
 * @node: `video0`; %NULL: there is none
 * @code: why it can't be had; 0: it can
 * @text: its pictures
 */
void fake_camera_set(const char *node, SlMediaError code, const char *text);

/** fake_camera_set_hangs: its driver does not answer questions */
void fake_camera_set_hangs(gboolean hangs);
guint fake_camera_count_asked(void);
guint fake_camera_count_waiting(void);
void fake_camera_forget_asked(void);

/** fake_camera_register: makes the element of FAKE_CAMERA_ONCE known */
void fake_camera_register(void);
/** fake_camera_count_open: by how many it is opened; more than one are refused */
guint fake_camera_count_open(void);
/** fake_camera_count_refused: how often it was to be opened while it was open */
guint fake_camera_count_refused(void);
/** fake_camera_set_open_hangs, fake_camera_set_close_hangs: its driver does not come back from that
 */
void fake_camera_set_open_hangs(gboolean hangs);
void fake_camera_set_close_hangs(gboolean hangs);
