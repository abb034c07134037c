#pragma once

#include "sl-stream.h"

G_BEGIN_DECLS

/**
 * SlSender: one of the tracks that one viewer gets, on its way to a sink pad of webrtcbin. What
 * that pad sees never changes: payload type, SSRC, a sequence and timestamps that go on, whichever
 * SlTrack it comes from. Main thread.
 *
 * Signals:
 *  - `stuck` (): it was to switch and nothing came of the other track; the present one stays
 */
#define SL_TYPE_SENDER (sl_sender_get_type())
G_DECLARE_FINAL_TYPE(SlSender, sl_sender, SL, SENDER, GObject)

/**
 * sl_sender_new:
 * @pipeline: in READY; the elements are added to it. It outlives the sender
 * @webrtcbin: in @pipeline
 * @caps: RTP of @codec as webrtcbin is to send it, with a payload type of its own, without SSRC;
 * header extensions stay in packets where it has some, with the codec's numbers
 *
 * Returns: (transfer full) (nullable): SL_MEDIA_ERROR, or SL_SESSION_ERROR_INTERNAL. The elements
 * go with the pipeline, the feed with the last reference
 */
SlSender *sl_sender_new(GMainContext *context, GstElement *pipeline, GstElement *webrtcbin,
                        SlStream *stream, const SlTrackCodec *codec, GstCaps *caps, GError **error);

/** sl_sender_start: lets frames flow; once the peer is connected, since webrtcbin blocks before. */
void sl_sender_start(SlSender *self);

/** sl_sender_fits: whether it can switch to @codec */
gboolean sl_sender_fits(SlSender *self, const SlTrackCodec *codec);

/**
 * sl_sender_switch:
 * @codec: that fits: another track
 *
 * Goes over to another track as soon as that gives something that decoding can begin with; until
 * then the present one goes on. The last call counts. Where nothing comes within 5 s, `stuck`.
 *
 * Returns: FALSE as sl_sender_new(); it goes on as it is then
 */
gboolean sl_sender_switch(SlSender *self, SlStream *stream, const SlTrackCodec *codec,
                          GError **error);

/** sl_sender_apply_live: @settings: (element-type SlLiveSetting): of @stream's present description
 */
void sl_sender_apply_live(SlSender *self, SlStream *stream, GPtrArray *settings);

G_END_DECLS
