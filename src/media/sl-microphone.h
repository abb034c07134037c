#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define SL_MICROPHONE_DEFAULT "default"

/**
 * sl_microphone_start:
 * @pipeline: that begins to play, with sl_sound_mixed_text()
 * @device: SL_MICROPHONE_DEFAULT, or what PulseAudio or ALSA calls it
 *
 * Opens it on a thread of its own and mixes it in: however long that takes, the picture does not
 * wait. Where it can't be had, or is lost later, a warning of SL_MEDIA_ERROR on the bus
 * says so, and the silence goes on. Any thread.
 */
void sl_microphone_start(GstElement *pipeline, const char *device);

G_END_DECLS
