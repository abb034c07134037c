#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** SL_OBJECT_ERROR: the words of the object protocol (docs/relay.md, "Errors"). */
#define SL_OBJECT_ERROR (sl_object_error_quark())
GQuark sl_object_error_quark(void);

typedef enum {
    SL_OBJECT_ERROR_BAD_MESSAGE,
    SL_OBJECT_ERROR_UNKNOWN_TYPE,
    SL_OBJECT_ERROR_NOT_ALLOWED,
    SL_OBJECT_ERROR_UNKNOWN_OBJECT,
    SL_OBJECT_ERROR_UNKNOWN_TRANSFER,
    SL_OBJECT_ERROR_BAD_OFFSET,
    SL_OBJECT_ERROR_TOO_LARGE,
    SL_OBJECT_ERROR_NO_ROOM,
    SL_OBJECT_ERROR_TOO_MANY,
    SL_OBJECT_ERROR_TOO_FAST,
    SL_OBJECT_ERROR_HASH_MISMATCH,
    SL_OBJECT_ERROR_TAKEN_OVER,
    SL_OBJECT_ERROR_EXPIRED,
    SL_OBJECT_ERROR_STALLED,
    SL_OBJECT_ERROR_FAILED,
} SlObjectError;

/** sl_object_error_get_word: Returns: (transfer none): any but SL_OBJECT_ERROR counts as `failed`
 */
const char *sl_object_error_get_word(const GError *error);

G_END_DECLS
