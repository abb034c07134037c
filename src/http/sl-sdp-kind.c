#include "sl-sdp-kind.h"

#include "sl-answer.h"
#include "sl-error.h"
#include "sl-stream-api.h"

#define RETRY_AFTER_S "5"

static guint
status_of_session_error(const SlSdpKind *self, SlSessionError code)
{
    switch (code) {
    case SL_SESSION_ERROR_BAD_SDP:
    case SL_SESSION_ERROR_BAD_CANDIDATE:
        return SOUP_STATUS_BAD_REQUEST;
    case SL_SESSION_ERROR_CODEC_UNSUPPORTED:
        return self->codec_status;
    case SL_SESSION_ERROR_SIMULCAST:
        return SOUP_STATUS_UNPROCESSABLE_ENTITY; /* RFC 9725, section 4.4.2 */
    case SL_SESSION_ERROR_BUSY:
    case SL_SESSION_ERROR_REPLACED:
        return SOUP_STATUS_CONFLICT;
    case SL_SESSION_ERROR_TOO_MANY:
        return SL_STATUS_TOO_MANY_REQUESTS;
    case SL_SESSION_ERROR_FULL:
    case SL_SESSION_ERROR_FULL_ADDRESS:
    case SL_SESSION_ERROR_NO_PORT:
    case SL_SESSION_ERROR_NO_PATH:
    case SL_SESSION_ERROR_NO_PICTURE:
    case SL_SESSION_ERROR_CODECS_CHANGED:
    case SL_SESSION_ERROR_LOST:
        return SOUP_STATUS_SERVICE_UNAVAILABLE;
    case SL_SESSION_ERROR_INTERNAL:
        break;
    }
    return SOUP_STATUS_INTERNAL_SERVER_ERROR;
}

/* Nothing is wrong but that nobody publishes (draft-ietf-wish-whep-03, "Session Management"). */
static gboolean
awaits_publisher(SlStream *stream, const GError *error)
{
    return g_error_matches(error, SL_SESSION_ERROR, SL_SESSION_ERROR_NO_PICTURE) &&
           sl_stream_get_state(stream) == SL_STREAM_WAITING;
}

static guint
status_of(const SlSdpKind *self, SlStream *stream, const GError *error)
{
    if (awaits_publisher(stream, error))
        return SOUP_STATUS_CONFLICT;
    if (error->domain == SL_SESSION_ERROR)
        return status_of_session_error(self, (SlSessionError)error->code);
    if (g_error_matches(error, SL_BASE_ERROR, SL_BASE_ERROR_TOO_LARGE))
        return SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE;
    if (error->domain == SL_BASE_ERROR)
        return SOUP_STATUS_BAD_REQUEST;
    return SOUP_STATUS_INTERNAL_SERVER_ERROR;
}

void
sl_sdp_kind_answer_error(const SlSdpKind *self, SoupServerMessage *msg, SlStream *stream,
                         const GError *error)
{
    guint status = status_of(self, stream, error);

    if (status == SOUP_STATUS_SERVICE_UNAVAILABLE || awaits_publisher(stream, error))
        soup_message_headers_replace(soup_server_message_get_response_headers(msg), "Retry-After",
                                     RETRY_AFTER_S);
    sl_stream_api_answer_error(msg, status, error);
}
