#pragma once

#include <gst/gst.h>

#include "sl-track.h"

G_BEGIN_DECLS

/**
 * SlReceiver: one of the media that a publisher sends, from webrtcbin's pad to an SlTrack: packets
 * become frames as they were encoded, and nothing is decoded. Counted; made and ended on the main
 * thread, what comes is on webrtcbin's threads.
 */
typedef struct _SlReceiver SlReceiver;

/**
 * sl_receiver_new:
 * @pipeline: in READY, with base time 0; the elements are added to it
 * @encoding_name: VP8, VP9, H264 or OPUS
 *
 * Returns: (transfer full) (nullable): SL_SESSION_ERROR_INTERNAL
 */
SlReceiver *sl_receiver_new(GstElement *pipeline, const char *encoding_name, guint payload_type,
                            SlTrack *track, GError **error);
SlReceiver *sl_receiver_ref(SlReceiver *self);
void sl_receiver_unref(SlReceiver *self);

SlTrack *sl_receiver_get_track(SlReceiver *self);

/** sl_receiver_take_pad: @pad: webrtcbin's, where this payload type comes. The last one counts: a
 * publisher that sends it from another SSRC from now on. webrtcbin's thread, before data flows. */
void sl_receiver_take_pad(SlReceiver *self, GstPad *pad);
guint sl_receiver_get_payload_type(SlReceiver *self);

/** sl_receiver_set_open: whether frames go to the track; else they are dropped. At first not. */
void sl_receiver_set_open(SlReceiver *self, gboolean is_open);

/** sl_receiver_request_keyframe: nothing where no packet has come, or of sound */
void sl_receiver_request_keyframe(SlReceiver *self);

/** sl_receiver_end: lets go of the pipeline; nothing comes any more. Idempotent */
void sl_receiver_end(SlReceiver *self);

G_END_DECLS
