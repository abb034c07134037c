#pragma once

#include "sl-sdp-kind.h"

G_BEGIN_DECLS

/**
 * SlSdpResource: one session of WHEP or WHIP as HTTP has it: what is at the address that
 * `Location` named (RFC 9725, section 4.2). Main thread only.
 */
typedef struct {
    const SlSdpKind *kind;
    GObject *session;
    gboolean has_ended; /* the session */
    GHashTable *table;  /* nullable: of its ID to it, where it is found until the session ends */
    SlStream *stream;
    SlGrant *grant; /* of whoever made it */
    char *ufrag;    /* of the offer */
    char *etag;
    guint max_sdp_bytes, max_candidates;
} SlSdpResource;

SlSdpResource *sl_sdp_resource_new(const SlSdpKind *kind, GObject *session, SlStream *stream,
                                   SlGrant *grant, SlSdpOffer *offer, const SlLimits *limits);
void sl_sdp_resource_free(SlSdpResource *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlSdpResource, sl_sdp_resource_free)

/** sl_sdp_resource_patch: candidates (RFC 9725, section 4.3) */
void sl_sdp_resource_patch(SlSdpResource *self, SoupServerMessage *msg);

/**
 * sl_sdp_read_body:
 * @expected: the media type
 *
 * Returns: (transfer full) (nullable): the body as text; NULL: it has been answered why not
 */
char *sl_sdp_read_body(SoupServerMessage *msg, const char *expected);

#define SL_SDP_TYPE "application/sdp"
#define SL_SDP_FRAGMENT_TYPE "application/trickle-ice-sdpfrag"

G_END_DECLS
