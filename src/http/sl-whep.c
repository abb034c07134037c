#include "sl-sdp-kind.h"

/* Of a session that answers there is one peer, ever. */
#define PEER 1

static GObject *
create(const SlSdpHost *host, SlStream *stream, SlGrant *grant, const char *address, GError **error)
{
    return (GObject *)sl_session_pool_create(host->pool, stream, NULL, grant, address, error);
}

static const char *
get_id(GObject *session)
{
    return sl_session_get_id(SL_SESSION(session));
}

static void
answer_async(GObject *session, SlSdpOffer *offer, GAsyncReadyCallback callback, gpointer user_data)
{
    sl_session_answer_offer_async(SL_SESSION(session), offer, callback, user_data);
}

static char *
answer_finish(GObject *session, GAsyncResult *result, GError **error)
{
    return sl_session_answer_offer_finish(SL_SESSION(session), result, error);
}

static gboolean
add_candidate(GObject *session, const char *mid, int mline, const char *candidate, GError **error)
{
    return sl_session_add_candidate(SL_SESSION(session), PEER, mid, mline, candidate, error);
}

static void
end(GObject *session)
{
    sl_session_end(SL_SESSION(session), NULL);
}

const SlSdpKind sl_whep = {
    .name = "whep",
    .role = SL_ROLE_WATCH,
    .forbidden = "This key does not allow to watch this stream.",
    .codec_status = SOUP_STATUS_NOT_ACCEPTABLE,
    .create = create,
    .get_id = get_id,
    .answer_async = answer_async,
    .answer_finish = answer_finish,
    .add_candidate = add_candidate,
    .end = end,
};
