#pragma once

#include "sl-ice.h"
#include "sl-rtc-state.h"
#include "sl-relay-transport.h"
#include "sl-sdp-offer.h"
#include "sl-settings.h"
#include "sl-stream.h"

G_BEGIN_DECLS

/**
 * SlPeer: one viewer's pipeline, `appsrc ! [viewer TRACK] ! webrtcbin` for each track, with a data
 * channel `relay`, and those called `control` and `objects` where the viewer makes them. It begins
 * with an offer of its own, or with an answer. The codecs that it sends are fixed for its life:
 * others need another peer; other tracks of the same codecs do not. Main thread only.
 *
 * Signals:
 *  - `offer` (const char *sdp): once, after sl_peer_start()
 *  - `answer` (const char *sdp): once, after sl_peer_answer(); with candidates
 *  - `candidate` (guint mline, const char *mid, const char *candidate): "" ends them
 *  - `connected` (): media flows from now on
 *  - `channel-opened` (SlRelayTransport *channel)
 *  - `unreliable-opened` (SlRelayTransport *channel): after that one, if at all
 *  - `objects-opened` (SlRelayTransport *channel)
 *  - `stuck` (): it should have switched to other tracks, and nothing comes of them
 *  - `ended` (GError *error): (nullable) once, last of all; the pipeline's teardown goes on behind
 * it
 */
#define SL_TYPE_PEER (sl_peer_get_type())
G_DECLARE_FINAL_TYPE(SlPeer, sl_peer, SL, PEER, GObject)

/** @stream: its codecs are known; @number: names it in messages and logs */
SlPeer *sl_peer_new(GMainContext *context, SlIce *ice, SlStream *stream, const SlLimits *limits,
                    guint number);

guint sl_peer_get_number(SlPeer *self);
SlRtcState sl_peer_get_state(SlPeer *self);

/** sl_peer_start: FALSE with SL_SESSION_ERROR_INTERNAL or SL_MEDIA_ERROR where the pipeline can't
 * be built; end it then. */
gboolean sl_peer_start(SlPeer *self, GError **error);

/** sl_peer_take_answer: FALSE with SL_SESSION_ERROR_BAD_SDP or _CODEC_UNSUPPORTED; the caller ends
 * the peer then. */
gboolean sl_peer_take_answer(SlPeer *self, const char *sdp, GError **error);

/**
 * sl_peer_answer: instead of sl_peer_start(): to a viewer's offer
 *
 * Returns: FALSE as sl_peer_start(), and with SL_SESSION_ERROR_BAD_SDP (it would receive nothing)
 * or _CODEC_UNSUPPORTED; end it then
 */
gboolean sl_peer_answer(SlPeer *self, SlSdpOffer *offer, GError **error);

/** sl_peer_add_candidate: FALSE with SL_SESSION_ERROR_BAD_CANDIDATE or _TOO_MANY; the peer goes on.
 */
gboolean sl_peer_add_candidate(SlPeer *self, const char *mid, int mline, const char *candidate,
                               GError **error);

/**
 * sl_peer_switch:
 *
 * The stream's tracks are others: goes over to them, each as soon as it can. A peer of other codecs
 * than the stream's present ones stays as it is.
 *
 * Returns: FALSE with SL_MEDIA_ERROR or SL_SESSION_ERROR_INTERNAL: offer another one
 */
gboolean sl_peer_switch(SlPeer *self, GError **error);

/** sl_peer_apply_live: @settings: (element-type SlLiveSetting): as of `values-changed` */
void sl_peer_apply_live(SlPeer *self, GPtrArray *settings);

/** sl_peer_end: @error: (nullable): what `ended` will carry. Idempotent. */
void sl_peer_end(SlPeer *self, const GError *error);

G_END_DECLS
