#pragma once

#include <gio/gio.h>

#include "sl-grant.h"
#include "sl-ice.h"
#include "sl-limits.h"
#include "sl-sdp-offer.h"
#include "sl-stream.h"

G_BEGIN_DECLS

/**
 * SlPublisher: somebody who sends pictures or sound for a stream by WebRTC, from his offer on: one
 * connection that receives, and the SlSource that the stream takes from it as soon as it is
 * connected. Main thread only.
 *
 * Signals:
 *  - `ended` (GError *reason): last of all, once; the pipeline's teardown goes on behind it. It has
 *    left by itself: %NULL; was lost: SL_SESSION_ERROR_LOST, _NO_PATH; another one took its place:
 *    _REPLACED; the stream can't use what it sends: SL_MEDIA_ERROR
 */
#define SL_TYPE_PUBLISHER (sl_publisher_get_type())
G_DECLARE_FINAL_TYPE(SlPublisher, sl_publisher, SL, PUBLISHER, GObject)

/** sl_publisher_new: @address: (nullable): for the log; @limits: copied */
SlPublisher *sl_publisher_new(GMainContext *context, SlIce *ice, SlStream *stream, SlGrant *grant,
                              const char *address, const SlLimits *limits);

/** sl_publisher_get_id: 128 random bits in hexadecimal */
const char *sl_publisher_get_id(SlPublisher *self);
SlStream *sl_publisher_get_stream(SlPublisher *self);
SlGrant *sl_publisher_get_grant(SlPublisher *self);
/** sl_publisher_get_address: (nullable): as it was given */
const char *sl_publisher_get_address(SlPublisher *self);
/** sl_publisher_is_connected: ICE and DTLS are up */
gboolean sl_publisher_is_connected(SlPublisher *self);

/**
 * sl_publisher_answer_offer_async:
 * @offer: (transfer none)
 *
 * Answers. Once. @callback is called when the answer is there with candidates: at the latest 500 ms
 * after the local description; always in a later turn of the main loop, also where it ended before.
 */
void sl_publisher_answer_offer_async(SlPublisher *self, SlSdpOffer *offer,
                                     GAsyncReadyCallback callback, gpointer user_data);
/**
 * sl_publisher_answer_offer_finish:
 *
 * Returns: (transfer full) (nullable): the answer. SL_SESSION_ERROR_BAD_SDP: there is nothing to
 *   receive in the offer; _CODEC_UNSUPPORTED: names what is taken; _SIMULCAST; _BUSY: the stream
 *   has a publisher, or takes none; _NO_PORT; _INTERNAL; _LOST: it was ended meanwhile. Such a
 *   publisher has ended
 */
char *sl_publisher_answer_offer_finish(SlPublisher *self, GAsyncResult *result, GError **error);

/**
 * sl_publisher_add_candidate:
 * @mid: (nullable)
 * @mline: -1 where it was not given
 * @candidate: empty: there are no more
 *
 * Returns: FALSE with SL_SESSION_ERROR_BAD_CANDIDATE or _TOO_MANY; the publisher goes on
 */
gboolean sl_publisher_add_candidate(SlPublisher *self, const char *mid, int mline,
                                    const char *candidate, GError **error);

/** sl_publisher_end: @reason: (nullable): what `ended` will carry. Idempotent; `ended` is emitted
 * before this returns. */
void sl_publisher_end(SlPublisher *self, const GError *reason);

G_END_DECLS
