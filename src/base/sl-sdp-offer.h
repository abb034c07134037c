#pragma once

#include "sl-sdp-fragment.h"

G_BEGIN_DECLS

/* An SDP offer from outside (WHEP, WHIP), normalised and checked, so that webrtcbin can take it. */

/**
 * SlSdpFormat: a payload type that carries media (RTX, RED and the like are no formats of their
 * own).
 */
typedef struct {
    guint payload_type;
    char *encoding_name; /* in capitals: VP8, H264, OPUS */
    guint clock_rate;
    guint channels; /* 1 where nothing is said */
    char *fmtp;     /* (nullable): as it stands behind the payload type */
    int rtx;        /* payload type of its RTX, -1: none */
    gboolean nack, pli, fir, transport_cc;
} SlSdpFormat;

typedef struct {
    guint id;
    char *uri;
} SlSdpExtension;

typedef enum {
    SL_SDP_SENDRECV,
    SL_SDP_SENDONLY,
    SL_SDP_RECVONLY,
    SL_SDP_INACTIVE,
} SlSdpDirection;

typedef struct {
    char *kind;               /* "video", "audio", "application" */
    char *mid;                /* made up where the offer has none */
    SlSdpDirection direction; /* the offerer's; SL_SDP_SENDRECV for "application" */
    gboolean is_rejected;     /* port 0 without bundle-only: nothing is to be done with it */
    GPtrArray *formats;       /* of SlSdpFormat, in order */
    GPtrArray *extensions;    /* of SlSdpExtension */
    gboolean has_simulcast; /* it would send several encodings; the text doesn't say so any more */
    gboolean has_ssrc;      /* it says which SSRC it will send */
} SlSdpMedia;

/** SlSdpOffer: immutable and counted. Any thread. */
typedef struct _SlSdpOffer SlSdpOffer;

/**
 * sl_sdp_offer_new:
 * @text: terminated; it needs not be sound UTF-8
 *
 * Normalises @text, then checks it.
 *
 * Returns: (transfer full) (nullable): NULL with SL_BASE_ERROR_INVALID (“SDP line N: what was
 * found, what was expected”) or SL_BASE_ERROR_TOO_LARGE, whose message can be shown to whoever sent
 * it
 */
SlSdpOffer *sl_sdp_offer_new(const char *text, gsize max_bytes, GError **error);
SlSdpOffer *sl_sdp_offer_ref(SlSdpOffer *self);
void sl_sdp_offer_unref(SlSdpOffer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlSdpOffer, sl_sdp_offer_unref)

/**
 * sl_sdp_offer_get_text:
 *
 * All m-lines but the rejected ones, bundled, in the offer's order: the transport (the candidates
 * included, those of no use not) is always that of webrtcbin's m-line 0, and trickled candidates go
 * there, too.
 *
 * Returns: (transfer none): what webrtcbin may see
 */
const char *sl_sdp_offer_get_text(SlSdpOffer *self);

/**
 * SlSdpChoice: an m-line of an offer that is to be answered.
 *
 * @media: not rejected
 * @format: (nullable): the only one that webrtcbin is to see, with its RTX; NULL: all
 */
typedef struct {
    const SlSdpMedia *media;
    const SlSdpFormat *format;
} SlSdpChoice;

/**
 * sl_sdp_offer_make_text:
 * @choices: at least one, in the offer's order
 *
 * As sl_sdp_offer_get_text(), but only the m-lines and formats that were chosen, so that webrtcbin
 * need not be brought to leave the others out. sl_sdp_clean_local_answer() answers those: media is
 * “inactive” within the bundle (to reject the first of a bundle would move its transport, which not
 * everybody follows), “application” is rejected.
 *
 * Returns: (transfer full): what webrtcbin may see
 */
char *sl_sdp_offer_make_text(SlSdpOffer *self, const SlSdpChoice *choices, guint n_choices);

/** sl_sdp_offer_get_medias: Returns: (transfer none): of SlSdpMedia, one for each m-line, at least
 * one, in order */
GPtrArray *sl_sdp_offer_get_medias(SlSdpOffer *self);
/** sl_sdp_offer_get_ufrag: the offerer's ICE credentials, one pair for all: another pair in a
 * fragment asks for an ICE restart (RFC 9725, section 4.3.2) */
const char *sl_sdp_offer_get_ufrag(SlSdpOffer *self);
const char *sl_sdp_offer_get_pwd(SlSdpOffer *self);

/**
 * sl_sdp_media_find_format:
 * @encoding_name: in any case
 * @profile: (nullable): for H264 a profile-level-id (six hexadecimal digits): the first format of
 *   packetization-mode 1 and a profile that has what @profile has, whatever its level; for VP9 a
 *   profile-id; NULL: any profile (but still packetization-mode 1)
 *
 * Returns: (nullable): the first format that fits
 */
const SlSdpFormat *sl_sdp_media_find_format(const SlSdpMedia *self, const char *encoding_name,
                                            guint clock_rate, const char *profile);

/** sl_sdp_media_find_extension: Returns: the id of the extension with this URI, 0: none */
guint sl_sdp_media_find_extension(const SlSdpMedia *self, const char *uri);

/**
 * sl_sdp_clean_local_answer:
 * @answer: webrtcbin's answer to a text of @offer
 * @candidates: (nullable): of SlSdpCandidate: our own that are to be in it; those that are there
 *   already are not added twice
 * @is_end: no more will follow: `a=end-of-candidates`
 *
 * Makes what webrtcbin answered fit to be sent: every m-line of the offer has its answer, mids and
 * a BUNDLE group are there where the offer has them, and all candidates stand in the m-line whose
 * transport is used (RFC 8843, section 10). Any thread.
 *
 * Returns: (transfer full): the answer, in lines that end in CRLF
 */
char *sl_sdp_clean_local_answer(const char *answer, SlSdpOffer *offer, GPtrArray *candidates,
                                gboolean is_end);

G_END_DECLS
