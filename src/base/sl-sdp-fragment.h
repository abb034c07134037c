#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SlSdpCandidate: an ICE candidate and where it belongs.
 */
typedef struct {
    char *mid;       /* (nullable) */
    int mline;       /* from 0; -1 where it is not known */
    char *candidate; /* `candidate:…`, without `a=` */
} SlSdpCandidate;

/** sl_sdp_candidate_new: @mid: (nullable) */
SlSdpCandidate *sl_sdp_candidate_new(const char *mid, int mline, const char *candidate);
void sl_sdp_candidate_free(SlSdpCandidate *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlSdpCandidate, sl_sdp_candidate_free)

/**
 * SlSdpFragment: an `application/trickle-ice-sdpfrag` (RFC 8840, section 9).
 */
typedef struct {
    char *ufrag, *pwd;     /* (nullable): both or none */
    GPtrArray *candidates; /* of SlSdpCandidate, usable ones only, each with its mid */
    gboolean is_end;       /* no candidates will follow */
} SlSdpFragment;

/**
 * sl_sdp_fragment_new:
 * @text: terminated; it needs not be sound UTF-8
 * @max_candidates: more than these are an error, usable or not
 *
 * Candidates of no use (sl_sdp_check_candidate()) are left out, malformed ones are an error. Where
 * a candidate stands before any m-line its mid is NULL: it belongs to the only transport there is.
 * Any thread.
 *
 * Returns: (nullable): NULL with SL_BASE_ERROR_INVALID or SL_BASE_ERROR_TOO_LARGE, whose message
 * can be shown to whoever sent it
 */
SlSdpFragment *sl_sdp_fragment_new(const char *text, gsize max_bytes, guint max_candidates,
                                   GError **error);
void sl_sdp_fragment_free(SlSdpFragment *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlSdpFragment, sl_sdp_fragment_free)

G_END_DECLS
