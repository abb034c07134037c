#include "sl-object-error.h"

G_DEFINE_QUARK(sl_object_error, sl_object_error)

static const char *const WORDS[] = {
    [SL_OBJECT_ERROR_BAD_MESSAGE] = "bad-message",
    [SL_OBJECT_ERROR_UNKNOWN_TYPE] = "unknown-type",
    [SL_OBJECT_ERROR_NOT_ALLOWED] = "not-allowed",
    [SL_OBJECT_ERROR_UNKNOWN_OBJECT] = "unknown-object",
    [SL_OBJECT_ERROR_UNKNOWN_TRANSFER] = "unknown-transfer",
    [SL_OBJECT_ERROR_BAD_OFFSET] = "bad-offset",
    [SL_OBJECT_ERROR_TOO_LARGE] = "too-large",
    [SL_OBJECT_ERROR_NO_ROOM] = "no-room",
    [SL_OBJECT_ERROR_TOO_MANY] = "too-many",
    [SL_OBJECT_ERROR_TOO_FAST] = "too-fast",
    [SL_OBJECT_ERROR_HASH_MISMATCH] = "hash-mismatch",
    [SL_OBJECT_ERROR_TAKEN_OVER] = "taken-over",
    [SL_OBJECT_ERROR_EXPIRED] = "expired",
    [SL_OBJECT_ERROR_STALLED] = "stalled",
    [SL_OBJECT_ERROR_FAILED] = "failed",
};

const char *
sl_object_error_get_word(const GError *error)
{
    if (error->domain != SL_OBJECT_ERROR || error->code < 0 ||
        (guint)error->code >= G_N_ELEMENTS(WORDS))
        return WORDS[SL_OBJECT_ERROR_FAILED];
    return WORDS[error->code];
}
