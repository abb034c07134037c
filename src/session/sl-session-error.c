#include "sl-session.h"

G_DEFINE_QUARK(sl_session_error, sl_session_error)

const char *
sl_session_error_to_code(const GError *error)
{
    if (error == NULL || error->domain != SL_SESSION_ERROR)
        return "internal";
    switch ((SlSessionError)error->code) {
    case SL_SESSION_ERROR_BAD_SDP:
        return "bad-sdp";
    case SL_SESSION_ERROR_BAD_CANDIDATE:
        return "bad-candidate";
    case SL_SESSION_ERROR_CODEC_UNSUPPORTED:
        return "codec-unsupported";
    case SL_SESSION_ERROR_TOO_MANY:
        return "too-many";
    case SL_SESSION_ERROR_FULL:
        return "full";
    case SL_SESSION_ERROR_FULL_ADDRESS:
        return "full-address";
    case SL_SESSION_ERROR_REPLACED:
        return "replaced";
    case SL_SESSION_ERROR_NO_PORT:
        return "no-port";
    case SL_SESSION_ERROR_NO_PICTURE:
        return "no-picture";
    case SL_SESSION_ERROR_CODECS_CHANGED:
        return "codecs-changed";
    case SL_SESSION_ERROR_SIMULCAST:
        return "simulcast";
    case SL_SESSION_ERROR_BUSY:
        return "busy";
    case SL_SESSION_ERROR_LOST:
        return "lost";
    case SL_SESSION_ERROR_NO_PATH:
        return "no-path";
    case SL_SESSION_ERROR_INTERNAL:
        break;
    }
    return "internal";
}
