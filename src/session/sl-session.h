#pragma once

#include "sl-grant.h"
#include "sl-ice.h"
#include "sl-object-exchange.h"
#include "sl-relay.h"
#include "sl-sdp-offer.h"
#include "sl-settings.h"
#include "sl-stream.h"

G_BEGIN_DECLS

/**
 * SL_SESSION_ERROR: what a viewer did wrong or can't have; the codes are those of
 * docs/signalling.md.
 */
#define SL_SESSION_ERROR (sl_session_error_quark())
GQuark sl_session_error_quark(void);

typedef enum {
    SL_SESSION_ERROR_BAD_SDP,
    SL_SESSION_ERROR_BAD_CANDIDATE,
    SL_SESSION_ERROR_CODEC_UNSUPPORTED,
    SL_SESSION_ERROR_TOO_MANY,
    SL_SESSION_ERROR_FULL,
    SL_SESSION_ERROR_FULL_ADDRESS,
    SL_SESSION_ERROR_REPLACED,
    SL_SESSION_ERROR_LOST, /* the viewer's network, or what it sent: its peer's end says it all */
    SL_SESSION_ERROR_NO_PATH, /* the same, but it never was connected */
    SL_SESSION_ERROR_NO_PORT,
    SL_SESSION_ERROR_NO_PICTURE,     /* the stream gave none in time: an offer can't be answered */
    SL_SESSION_ERROR_CODECS_CHANGED, /* what was answered can't be kept: post another offer */
    SL_SESSION_ERROR_SIMULCAST,      /* a publisher's offer of one picture in several sizes */
    SL_SESSION_ERROR_BUSY,           /* the stream has a publisher, or takes none */
    SL_SESSION_ERROR_INTERNAL,
} SlSessionError;

/** sl_session_error_to_code: the word of docs/signalling.md, for errors of SL_SESSION_ERROR */
const char *sl_session_error_to_code(const GError *error);

/**
 * SlSession: one viewer of one stream. It outlives its peers: one; two while a new one takes over;
 * none when only messages get through. Main thread only; made by SlSessionPool.
 *
 * Signals (all may be followed by `ended`):
 *  - `offer` (guint peer, const char *sdp)
 *  - `candidate` (guint peer, guint mline, const char *mid, const char *candidate)
 *  - `peer-ended` (guint peer, GError *reason): (nullable)
 *  - `problem` (GError *error): something the viewer should know; the session goes on
 *  - `ended` (GError *reason): (nullable) last of all, once
 */
#define SL_TYPE_SESSION (sl_session_get_type())
G_DECLARE_FINAL_TYPE(SlSession, sl_session, SL, SESSION, GObject)

/** sl_session_get_id: 128 random bits in hexadecimal; names it in logs and the API */
const char *sl_session_get_id(SlSession *self);
/** sl_session_get_page: the page load's ID from its hello */
const char *sl_session_get_page(SlSession *self);
SlStream *sl_session_get_stream(SlSession *self);
SlGrant *sl_session_get_grant(SlSession *self);

/** sl_session_start: connect the signals first: an offer may follow as soon as the stream's codec
 * is known. */
void sl_session_start(SlSession *self);

/**
 * sl_session_answer_offer_async:
 *
 * Instead of sl_session_start(): the viewer made the offer (WHEP), and gets an answer. Waits for
 * the stream's codecs, for 10 s. Done when there is an answer and no more candidates are looked
 * for, or 500 ms have passed (host candidates are there at once).
 *
 * Such a session has one peer, number 1, whose end is its own, and does not restart. Where the
 * stream's codecs become others it ends with SL_SESSION_ERROR_CODECS_CHANGED.
 */
void sl_session_answer_offer_async(SlSession *self, SlSdpOffer *offer, GAsyncReadyCallback callback,
                                   gpointer user_data);
/**
 * sl_session_answer_offer_finish:
 *
 * Returns: (transfer full) (nullable): the answer, candidates included. %NULL with
 *   SL_SESSION_ERROR, and the session has ended: _BAD_SDP (it sends, or asks for nothing),
 *   _CODEC_UNSUPPORTED (the message says what there is), _NO_PICTURE, _NO_PORT, _INTERNAL; _LOST
 *   where it was ended meanwhile
 */
char *sl_session_answer_offer_finish(SlSession *self, GAsyncResult *result, GError **error);

/*
 * What the viewer sent. Unknown peers are ignored (their end crosses with it) and give TRUE. FALSE
 * sets SL_SESSION_ERROR; the peer concerned is then ended where docs/signalling.md says so, the
 * session goes on.
 */
gboolean sl_session_answer(SlSession *self, guint peer, const char *sdp, GError **error);
/** @mid may be NULL; @mline is -1 where it was not given; an empty @candidate ends them */
gboolean sl_session_add_candidate(SlSession *self, guint peer, const char *mid, int mline,
                                  const char *candidate, GError **error);
void sl_session_end_peer(SlSession *self, guint peer);
void sl_session_restart(SlSession *self);

/**
 * sl_session_end:
 * @reason: (nullable): what `ended` will carry
 *
 * Ends the session and its peers. Idempotent; `ended` is emitted before this returns. Teardown of
 * the peers' pipelines goes on behind it: see sl_session_pool_close_async().
 */
void sl_session_end(SlSession *self, const GError *reason);

/** sl_session_is_connected: a peer of it has an ICE and DTLS connection now */
gboolean sl_session_is_connected(SlSession *self);

G_END_DECLS
