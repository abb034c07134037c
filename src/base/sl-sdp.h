#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The one place that reads SDP from outside before webrtcbin does: webrtcbin 1.22 has assertions
 * and NULL dereferences behind texts that a browser never writes but anybody can send. */

#define SL_SDP_MAX_BYTES (60 * 1024)
#define SL_SDP_MAX_CANDIDATE_BYTES 1024

/**
 * sl_sdp_check_answer:
 * @answer: SDP (RFC 8866) as a viewer sent it, terminated
 * @offer: the SDP that it answers, which we made
 *
 * Checks that @answer can be handed to webrtcbin: syntax, size, as many m-lines as the offer has,
 * in its order and of its kinds, mids equal to the offer's, ice-ufrag, ice-pwd, a SHA-256 (or
 * longer) fingerprint, setup active or passive, the BUNDLE group (RFC 9143) covering what is
 * accepted, payload types that the offer had, directions that answer a sendonly offer, no malformed
 * attribute that webrtcbin parses.
 *
 * A rejected m-line (port 0) is no error. Any thread.
 *
 * Returns: FALSE with SL_BASE_ERROR set, whose message can be shown to the viewer
 */
gboolean sl_sdp_check_answer(const char *answer, const char *offer, GError **error);

/**
 * sl_sdp_clean_answer:
 *
 * Leaves out of an answer what webrtcbin has no use for and would be better off without: candidates
 * that are of no use (sl_sdp_check_candidate()), and attributes, parameters and feedback that it
 * does not act upon but whose names it would keep for good. To be called before
 * sl_sdp_check_answer(), which refuses such candidates; takes any text. Any thread.
 *
 * Returns: (transfer full): the rest
 */
char *sl_sdp_clean_answer(const char *answer);

/**
 * SlSdpMediaResult: what an answer says to one m-line of the offer.
 */
typedef enum {
    SL_SDP_MEDIA_ACCEPTED,
    SL_SDP_MEDIA_REJECTED, /* port 0 without bundle-only, or inactive: nothing in common */
} SlSdpMediaResult;

/**
 * sl_sdp_get_media_result:
 * @answer: an SDP that has passed sl_sdp_check_answer()
 * @mid: the m-line's identification
 */
SlSdpMediaResult sl_sdp_get_media_result(const char *answer, const char *mid);

/**
 * sl_sdp_check_candidate:
 * @candidate: `candidate:…` (RFC 8839, section 5.1) as a viewer sent it; a leading `a=` is an error
 * @ret_usable: (out): FALSE for what is well-formed but of no use to us: a name instead of an
 *   address (mDNS `.local`; webrtcbin 1.22 resolves it in ways that crash), TCP, component other
 * than 1, an address family or candidate type we do not know
 *
 * Any thread. Returns: FALSE with SL_BASE_ERROR set where it is malformed
 */
gboolean sl_sdp_check_candidate(const char *candidate, gboolean *ret_usable, GError **error);

G_END_DECLS
