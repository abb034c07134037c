#pragma once

#include "sl-sdp-address.h"

G_BEGIN_DECLS

/**
 * SlSdpEndpoint: WHEP and WHIP: `/whep/STREAM` and `/whip/STREAM`, where offers are posted, and
 * below each address of an own for every session that came of one. Main thread only.
 */
typedef struct _SlSdpEndpoint SlSdpEndpoint;

/** sl_sdp_endpoint_new: @host: copied */
SlSdpEndpoint *sl_sdp_endpoint_new(const SlSdpHost *host);
/** sl_sdp_endpoint_free: closes it */
void sl_sdp_endpoint_free(SlSdpEndpoint *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlSdpEndpoint, sl_sdp_endpoint_free)

/** sl_sdp_endpoint_close: ends all sessions, takes no more. Idempotent. */
void sl_sdp_endpoint_close(SlSdpEndpoint *self);

/**
 * sl_sdp_endpoint_answer:
 * @msg: complete, of one of the methods, and let in (but for preflights)
 * @stream: (nullable): the address's, where there is one
 */
void sl_sdp_endpoint_answer(SlSdpEndpoint *self, SoupServerMessage *msg,
                            const SlSdpAddress *address, SlStream *stream);

G_END_DECLS
