#include "sl-relay-error.h"

G_DEFINE_QUARK(sl_relay_error, sl_relay_error)

static const char *const codes[] = {
    [SL_RELAY_ERROR_BAD_MESSAGE] = "bad-message",
    [SL_RELAY_ERROR_UNKNOWN_TYPE] = "unknown-type",
    [SL_RELAY_ERROR_UNKNOWN_CHANNEL] = "unknown-channel",
    [SL_RELAY_ERROR_NOT_ALLOWED] = "not-allowed",
    [SL_RELAY_ERROR_TOO_LARGE] = "too-large",
    [SL_RELAY_ERROR_TOO_MANY] = "too-many",
    [SL_RELAY_ERROR_TOO_FAST] = "too-fast",
    [SL_RELAY_ERROR_ALREADY_SUBSCRIBED] = "already-subscribed",
    [SL_RELAY_ERROR_NOT_SUBSCRIBED] = "not-subscribed",
    [SL_RELAY_ERROR_BAD_NAME] = "bad-name",
    [SL_RELAY_ERROR_HELD] = "held",
    [SL_RELAY_ERROR_NOT_HOLDER] = "not-holder",
    [SL_RELAY_ERROR_STALE] = "stale",
    [SL_RELAY_ERROR_SLOW] = "slow",
};

const char *
sl_relay_error_to_code(const GError *error)
{
    if (error->domain != SL_RELAY_ERROR || error->code < 0 ||
        (guint)error->code >= G_N_ELEMENTS(codes))
        return codes[SL_RELAY_ERROR_BAD_MESSAGE];
    return codes[error->code];
}
