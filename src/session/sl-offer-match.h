#pragma once

#include "sl-sdp-offer.h"
#include "sl-stream-codecs.h"

G_BEGIN_DECLS

/** SlOfferMatch: an m-line of a viewer's offer, and what it gets. */
typedef struct {
    SlSdpChoice choice; /* borrowed from the offer */
    guint track;        /* index among the stream's codecs */
    GstCaps *caps;      /* (nullable): RTP as it is sent there; NULL: data channels */
} SlOfferMatch;

/**
 * sl_offer_match:
 * @offer: of a viewer; outlives what is returned
 * @codecs: (element-type SlTrackCodec)
 *
 * The first picture and the first sound that the offer would receive get the first such tracks of
 * the stream; data channels are taken. The rest is left out. Pure.
 *
 * Returns: (transfer full) (nullable) (element-type SlOfferMatch): in the offer's order, at least
 *   one with caps. SL_SESSION_ERROR_BAD_SDP: it would receive nothing;
 *   SL_SESSION_ERROR_CODEC_UNSUPPORTED: nothing that the stream has, or no picture where both have
 *   one
 */
GPtrArray *sl_offer_match(SlSdpOffer *offer, GPtrArray *codecs, GError **error);

G_END_DECLS
