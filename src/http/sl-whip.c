#include "sl-publisher.h"
#include "sl-sdp-kind.h"

static GObject *
create(const SlSdpHost *host, SlStream *stream, SlGrant *grant, const char *address, GError **error)
{
    return G_OBJECT(
        sl_publisher_new(host->context, host->ice, stream, grant, address, host->limits));
}

static const char *
get_id(GObject *session)
{
    return sl_publisher_get_id(SL_PUBLISHER(session));
}

static void
answer_async(GObject *session, SlSdpOffer *offer, GAsyncReadyCallback callback, gpointer user_data)
{
    sl_publisher_answer_offer_async(SL_PUBLISHER(session), offer, callback, user_data);
}

static char *
answer_finish(GObject *session, GAsyncResult *result, GError **error)
{
    return sl_publisher_answer_offer_finish(SL_PUBLISHER(session), result, error);
}

static gboolean
add_candidate(GObject *session, const char *mid, int mline, const char *candidate, GError **error)
{
    return sl_publisher_add_candidate(SL_PUBLISHER(session), mid, mline, candidate, error);
}

static void
end(GObject *session)
{
    sl_publisher_end(SL_PUBLISHER(session), NULL);
}

/* One of them is the source; the others are about to be, or to be found gone. */
#define MAX_PER_STREAM 8

/* Section 4.4.3: an offer that can't be taken whole is refused with 422 or 400. */
const SlSdpKind sl_whip = {
    .name = "whip",
    .role = SL_ROLE_INGEST,
    .forbidden = "This key does not allow to publish to this stream.",
    .codec_status = SOUP_STATUS_UNPROCESSABLE_ENTITY,
    .max_per_stream = MAX_PER_STREAM,
    .create = create,
    .get_id = get_id,
    .answer_async = answer_async,
    .answer_finish = answer_finish,
    .add_candidate = add_candidate,
    .end = end,
};
