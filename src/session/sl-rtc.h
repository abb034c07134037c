#pragma once

#include <gst/gst.h>

#include "sl-data-channel.h"
#include "sl-ice.h"
#include "sl-rtc-state.h"
#include "sl-sdp-offer.h"

G_BEGIN_DECLS

/**
 * SlRtc: a pipeline with one webrtcbin in it, and what everybody who has one needs: the clock, the
 * descriptions in webrtcbin's order, candidates, data channels, the end. What goes through it, its
 * owner puts in. Main thread only.
 *
 * Its life: sl_rtc_open(), then pads, transceivers and a channel, then sl_rtc_offer() and
 * sl_rtc_take_answer(), or sl_rtc_answer(); at last sl_rtc_end(). webrtcbin's signals come on its
 * own threads, where nothing may be asked of it: those that an owner connects itself copy and post.
 *
 * Signals:
 *  - `described` (const char *sdp): once; our offer, without candidates, or our answer, with all
 *    that were found until then
 *  - `candidate` (guint mline, const char *mid, const char *candidate): found after `described`
 *  - `gathered` (): no more candidates of our own are looked for; those there are have been told
 *  - `connected` (): ICE and DTLS are up: media may flow from now on
 *  - `data-channel` (SlDataChannel *channel): one is open: ours, or the first that the other side
 *    made with our label; its others are closed. Never twice
 *  - `unreliable-channel` (SlDataChannel *channel): after `data-channel`: the other side has made
 *    one, without order or retransmits. Never twice
 *  - `objects-channel` (SlDataChannel *channel): the other side has made that one. Never twice
 *  - `ended` (GError *error): (nullable) once, last of all. Whoever holds pads or elements of the
 *    pipeline lets go of them; its teardown begins then
 */
#define SL_TYPE_RTC (sl_rtc_get_type())
G_DECLARE_FINAL_TYPE(SlRtc, sl_rtc, SL, RTC, GObject)

/**
 * SlRtcConfig: copied, but for @who.
 * @who: static: who is at the other end, for messages: `viewer`, `publisher`
 * @channel: static (nullable): the label of the data channel that it has; %NULL: none
 * @unreliable_channel: static (nullable): the label of one that the other side may make beside it,
 *   whoever offers
 * @objects_channel: static (nullable): likewise, of one that is ordered and reliable
 * @number: names it in logs
 */
typedef struct {
    SlIce *ice;
    const SlLimits *limits;
    const char *who;
    const char *channel;
    const char *unreliable_channel;
    const char *objects_channel;
    guint number;
} SlRtcConfig;

SlRtc *sl_rtc_new(GMainContext *context, const SlRtcConfig *config);

SlRtcState sl_rtc_get_state(SlRtc *self);

/**
 * sl_rtc_open:
 *
 * Makes the pipeline, in READY: from then on pads and transceivers can be made.
 * Returns: FALSE with SL_SESSION_ERROR_INTERNAL; end it then
 */
gboolean sl_rtc_open(SlRtc *self, GError **error);

/** sl_rtc_get_pipeline, sl_rtc_get_webrtcbin: (transfer none) (nullable): between sl_rtc_open() and
 * its end. The pipeline's clock is the system's monotonic one and its base time 0: running time is
 * the clock's own. */
GstElement *sl_rtc_get_pipeline(SlRtc *self);
GstElement *sl_rtc_get_webrtcbin(SlRtc *self);

/**
 * sl_rtc_offer:
 *
 * Makes the data channel and an offer of what there is: `described`. Returns: FALSE as
 * sl_rtc_open()
 */
gboolean sl_rtc_offer(SlRtc *self, GError **error);

/**
 * sl_rtc_check_answer:
 * @sdp: what the other side answered
 *
 * Returns: (transfer full) (nullable): @sdp as it can be taken; SL_SESSION_ERROR_BAD_SDP, end it
 *   then
 */
char *sl_rtc_check_answer(SlRtc *self, const char *sdp, GError **error);

/**
 * sl_rtc_take_answer:
 * @sdp: from sl_rtc_check_answer()
 *
 * Returns: FALSE with SL_SESSION_ERROR_BAD_SDP; end it then
 */
gboolean sl_rtc_take_answer(SlRtc *self, const char *sdp, GError **error);

/**
 * sl_rtc_answer:
 * @choices: at least one, in the offer's order: each is answered by a transceiver that is there
 * already, whose codec preferences have the payload type of the choice; or is the data channels'
 *
 * `described` follows when no more candidates are looked for, or 500 ms have passed and there are
 * some: host candidates are there at once. Where webrtcbin refuses the offer: `ended` with
 * SL_SESSION_ERROR_BAD_SDP; where there is no port for it, _NO_PORT.
 * Returns: FALSE with SL_SESSION_ERROR_BAD_SDP; end it then
 */
gboolean sl_rtc_answer(SlRtc *self, SlSdpOffer *offer, const SlSdpChoice *choices, guint n_choices,
                       GError **error);

/** sl_rtc_get_mids: (transfer none) (nullable): of the offer's m-lines, whosever it is */
char **sl_rtc_get_mids(SlRtc *self);

/**
 * sl_rtc_add_candidate:
 * @mid: (nullable); @mline: -1 where it was not given; @candidate: "" ends them
 *
 * Returns: FALSE with SL_SESSION_ERROR_BAD_CANDIDATE or _TOO_MANY; it goes on
 */
gboolean sl_rtc_add_candidate(SlRtc *self, const char *mid, int mline, const char *candidate,
                              GError **error);

/** sl_rtc_end: @error: (nullable): what `ended` will carry. Idempotent; `ended` is
 * emitted before this returns. */
void sl_rtc_end(SlRtc *self, const GError *error);

G_END_DECLS
