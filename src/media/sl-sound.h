#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What every input's sound is, so that a track's codec does not depend on the input. */
#define SL_SOUND_CAPS "audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=2"

/* By which a microphone's sound is later than the clock, or a file's, which is given out in time.
 */
#define SL_SOUND_LATENCY_MS 20

/* The element of the picture's launch text that has the sound, too. */
#define SL_SOUND_INPUT "sl-input"

/** sl_sound_tone_text: launch text of a quiet tone, for what has no sound but should be heard */
char *sl_sound_tone_text(void);
/** sl_sound_silence_text: launch text of silence */
char *sl_sound_silence_text(void);
/**
 * sl_sound_mixed_text:
 * @latency_ms: by which what is mixed in is later than the clock: SL_SOUND_LATENCY_MS, or a
 * network's
 *
 * Launch text of silence into which sound is mixed as it comes: sl_sound_install(),
 * sl_sound_attach(). So there is sound in time whatever becomes of where it comes from, and the
 * picture need not wait for it.
 */
char *sl_sound_mixed_text(guint latency_ms);

/**
 * sl_sound_install:
 * @bin: a pipeline just parsed, in state NULL
 *
 * Where sl_sound_mixed_text() and an element SL_SOUND_INPUT stand in it, the sound that this has is
 * mixed in when it shows, and its end ends the silence. After sl_file_loop_install(). Any thread.
 */
void sl_sound_install(GstBin *bin);

/**
 * sl_sound_attach:
 * @bin: a pipeline with sl_sound_mixed_text(), in any state
 * @sound: (transfer floating): an element with one pad `src` that gives SL_SOUND_CAPS; maybe a
 * `sink`
 *
 * Mixes it in. Its errors come as warnings with SL_MEDIA_ERROR, and its state is nobody's concern:
 * the picture does not wait for it. Any thread. Returns: (transfer none) (nullable): what holds
 * @sound in @bin, with its pads; NULL: there is nothing to mix it into, and @sound is gone
 */
GstElement *sl_sound_attach(GstBin *bin, GstElement *sound);

G_END_DECLS
