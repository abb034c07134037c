#pragma once

#include <libsoup/soup.h>

#include "sl-sdp-offer.h"
#include "sl-session-pool.h"

G_BEGIN_DECLS

/** SlSdpHost: what sessions are made of. What it names outlives whoever has it. */
typedef struct {
    GMainContext *context;
    SlSessionPool *pool;
    SlIce *ice;
    const SlLimits *limits;
} SlSdpHost;

/**
 * SlSdpKind: what differs between WHEP and WHIP: who may, and what stands behind a resource. That
 * is a GObject with a signal `ended` (GError *reason), given once.
 */
typedef struct {
    const char *name;      /* the first part of the address */
    SlRoles role;          /* of whoever uses it */
    const char *forbidden; /* what is said to those who have it not */
    guint codec_status;    /* where the offer has no codec that could be agreed on */
    guint max_per_stream;  /* sessions at once; 0: they are limited elsewhere */

    /* Returns: (transfer full) (nullable) */
    GObject *(*create)(const SlSdpHost *host, SlStream *stream, SlGrant *grant, const char *address,
                       GError **error);
    const char *(*get_id)(GObject *session); /* nobody guesses it */
    void (*answer_async)(GObject *session, SlSdpOffer *offer, GAsyncReadyCallback callback,
                         gpointer user_data);
    /* Returns: (transfer full) (nullable) */
    char *(*answer_finish)(GObject *session, GAsyncResult *result, GError **error);
    gboolean (*add_candidate)(GObject *session, const char *mid, int mline, const char *candidate,
                              GError **error);
    void (*end)(GObject *session); /* idempotent */
} SlSdpKind;

/** sl_whep: watching (draft-ietf-wish-whep-03): an SlSession */
extern const SlSdpKind sl_whep;
/** sl_whip: publishing (RFC 9725): an SlPublisher */
extern const SlSdpKind sl_whip;

/** sl_sdp_kind_answer_error: @error as a problem with the status that it has in HTTP; with
 * Retry-After where another attempt may succeed. @stream: whose it is */
void sl_sdp_kind_answer_error(const SlSdpKind *self, SoupServerMessage *msg, SlStream *stream,
                              const GError *error);

G_END_DECLS
