#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SlLimits: every bound a deployment may want to change, with its default. Counts unless named
 * otherwise.
 */
typedef struct {
    guint max_sessions;     /* viewers at once, all streams together */
    guint linger_ms;        /* how long a source runs on after its last viewer */
    guint hello_timeout_ms; /* WebSocket opened, nothing said */
    guint ping_interval_ms;
    guint pong_timeout_ms;       /* since the last sign of life */
    guint ice_timeout_ms;        /* a peer that has not connected by then has failed */
    guint max_candidates;        /* from one viewer, for one peer */
    guint max_signals;           /* signalling messages from one viewer in 10 s */
    guint relay_window_messages; /* sent and not acknowledged, a relay client */
    gsize relay_window_bytes;
    guint relay_requests_per_second;
    guint relay_request_burst;
    guint history_messages; /* kept, a channel */
    gsize history_bytes;
    gsize max_publish_bytes;
} SlLimits;

/** sl_limits_init: fills in the defaults. */
void sl_limits_init(SlLimits *limits);

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
