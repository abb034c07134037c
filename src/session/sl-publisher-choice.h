#pragma once

#include <gst/gst.h>

#include "sl-sdp-offer.h"

G_BEGIN_DECLS

/**
 * sl_publisher_choose:
 *
 * What of a publisher's offer is received: the first picture and the first sound that can be.
 *
 * The picture's codec is the first of VP8, VP9 (profile 0) and H.264 that the offer names: every
 * browser plays these three, they are passed on as they come, and whoever offers knows which of
 * them its device makes in hardware. Of H.264 it is the format of the plainest profile, which most
 * browsers take: Constrained Baseline, Baseline, Main, High. Sound is Opus.
 *
 * Returns: (transfer full) (nullable) (element-type SlSdpChoice): one or two, in the offer's order.
 *   SL_SESSION_ERROR_BAD_SDP: it sends nothing; _SIMULCAST; _CODEC_UNSUPPORTED: says what it has
 *   and what is taken, also where only the picture can't be received
 */
GArray *sl_publisher_choose(SlSdpOffer *offer, GError **error);

/**
 * sl_publisher_get_profile: (transfer full) (nullable): H.264's profile-level-id as viewers are to
 * be offered it: @format's own, which the stream need not keep to (encoders offer Baseline and send
 * High, and all browsers play that); Main for High, which no browser lists. %NULL: it is no H.264
 */
char *sl_publisher_get_profile(const SlSdpFormat *format);

/** By which a publisher learns how fast it may send (draft-holmer-rmcat-transport-wide-cc-01). */
#define SL_PUBLISHER_TRANSPORT_CC \
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

/** sl_publisher_make_preferences: for webrtcbin's transceiver: what is received of @format */
GstCaps *sl_publisher_make_preferences(const SlSdpMedia *media, const SlSdpFormat *format);

G_END_DECLS
