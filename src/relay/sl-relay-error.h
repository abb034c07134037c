#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** SL_RELAY_ERROR: the protocol's error codes (docs/relay.md, "Errors"). */
#define SL_RELAY_ERROR (sl_relay_error_quark())
GQuark sl_relay_error_quark(void);

typedef enum {
    SL_RELAY_ERROR_BAD_MESSAGE,
    SL_RELAY_ERROR_UNKNOWN_TYPE,
    SL_RELAY_ERROR_UNKNOWN_CHANNEL,
    SL_RELAY_ERROR_NOT_ALLOWED,
    SL_RELAY_ERROR_TOO_LARGE,
    SL_RELAY_ERROR_TOO_MANY,
    SL_RELAY_ERROR_TOO_FAST,
    SL_RELAY_ERROR_ALREADY_SUBSCRIBED,
    SL_RELAY_ERROR_NOT_SUBSCRIBED,
    SL_RELAY_ERROR_BAD_NAME,
    SL_RELAY_ERROR_HELD,
    SL_RELAY_ERROR_NOT_HOLDER,
    SL_RELAY_ERROR_STALE,
    SL_RELAY_ERROR_SLOW,
} SlRelayError;

/** sl_relay_error_to_code: its word; any but SL_RELAY_ERROR counts as `bad-message` */
const char *sl_relay_error_to_code(const GError *error);

G_END_DECLS
