#pragma once

#include "sl-limits.h"

G_BEGIN_DECLS

/**
 * SlIceSettings: how media find their way.
 */
typedef struct {
    char *
        *servers; /* (array zero-terminated=1): stun:, turn:, turns: URLs, checked; may be empty */
    guint16 port_min, port_max; /* UDP; both 0: any */
} SlIceSettings;

/**
 * sl_ice_server_check:
 * @url: `stun:HOST[:PORT]`, `turn:USER:PASSWORD@HOST[:PORT][?transport=udp|tcp]` or `turns:…`
 *
 * User and password are percent-encoded where they hold `:`, `@` or `/` (RFC 7064 and 7065 have no
 * place for them; this is the form webrtcbin reads, less the slashes).
 * Returns: FALSE with SL_BASE_ERROR_INVALID; the message names no password
 */
gboolean sl_ice_server_check(const char *url, GError **error);

G_END_DECLS
