#pragma once

#include "sl-sdp-offer.h"
#include "sl-sdp-text.h"

G_BEGIN_DECLS

typedef struct {
    SlSdpMedia media; /* what others see of it */
    char *proto;
    char **words; /* the formats as they were offered */
    gboolean has_mid;
    GArray *ssrcs; /* of guint32 */
    guint sctp_port, max_message_size;
    gboolean has_sctpmap; /* and no “a=sctp-port” */
} SlSdpOfferMedia;

struct _SlSdpOffer {
    char *text;
    char *origin;      /* session's id and version */
    GPtrArray *medias; /* of SlSdpOfferMedia */
    char **bundle;     /* (nullable): mids of those that are not rejected, in the offer's order */
    char *ufrag, *pwd, *fingerprint, *setup;
    gboolean is_lite, is_trickle;
    GPtrArray *candidates; /* of char *, with “candidate:” */
};

/**
 * sl_sdp_offer_media_read:
 *
 * Returns: (transfer full) (nullable): NULL with SL_BASE_ERROR_INVALID
 */
SlSdpOfferMedia *sl_sdp_offer_media_read(const SlSdpSection *section, const SlSdpSection *session,
                                         GError **error);
void sl_sdp_offer_media_free(SlSdpOfferMedia *self);

G_END_DECLS
