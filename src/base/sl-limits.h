#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _SlMeters SlMeters;

/**
 * SlLimits: every bound a deployment may want to change: the keys of `[limits]`, with `-` for `_`.
 * Counts unless named otherwise. A copy goes to everything that has a bound to keep.
 */
typedef struct {
    guint max_sessions; /* viewers at once, all streams together */
    guint max_sessions_per_address;
    guint linger_ms;        /* how long a source runs on after its last viewer */
    guint hello_timeout_ms; /* WebSocket opened, nothing said */
    guint ping_interval_ms;
    guint pong_timeout_ms; /* since the last sign of life */
    guint ice_timeout_ms;  /* a peer that has not connected by then has failed */

    guint max_connections; /* let in: with a request that may be answered */
    guint max_connections_per_address;
    guint max_waiting; /* not yet let in; then the oldest goes */
    guint max_waiting_per_address;
    guint first_byte_timeout_ms;
    guint request_timeout_ms; /* from the beginning of a connection to the end of its request */
    guint answer_timeout_ms;  /* to take the answer */
    guint max_header_bytes;
    guint max_body_bytes;

    guint max_message_bytes; /* a text on a WebSocket, a line on the Unix socket */
    guint max_queue_bytes;   /* written to one of them and not taken by the other side */
    guint pings_per_second;  /* pongs, too */
    guint ping_burst;
    guint signals_per_second; /* signalling messages from one viewer */
    guint signal_burst;
    guint offers_per_second; /* WHEP and WHIP, from one address */
    guint offer_burst;
    guint max_sdp_bytes;
    guint max_candidates; /* from one viewer, for one peer */

    guint max_local_clients;     /* connected to the Unix socket */
    guint relay_window_messages; /* sent and not acknowledged, a relay client */
    guint relay_window_bytes;
    guint relay_requests_per_second;
    guint relay_request_burst;
    guint relay_bytes_per_second;
    guint relay_byte_burst;

    guint cache_mib; /* objects, and what has come of unfinished ones */
    guint max_object_mib;
    guint max_objects;
    guint object_seconds;    /* since it was last put; 0: for good */
    guint partial_seconds;   /* an upload that nobody goes on with */
    guint address_cache_mib; /* how much of the cache one address may fill; 0: all */
    guint max_puts;          /* of one client, at once */
    guint max_gets;
    guint put_bytes_per_second; /* of one client; 0: any */
    guint get_bytes_per_second;
    guint object_requests_per_second;
    guint object_request_burst;

    SlMeters *meters; /* nullable; borrowed: outlives every copy */
} SlLimits;

/** SL_LIMIT: names a member of SlLimits */
#define SL_LIMIT(member) ((guint)(G_STRUCT_OFFSET(SlLimits, member) / sizeof(guint)))
#define SL_N_LIMITS (SL_LIMIT(object_request_burst) + 1)

typedef enum {
    SL_LIMIT_SETTING, /* nobody is refused by it */
    SL_LIMIT_COUNTED, /* reached in normal life: a browser's spare connection, a slow line */
    SL_LIMIT_LOGGED,
} SlLimitKind;

typedef struct {
    const char *name;
    guint limit; /* SL_LIMIT() */
    guint min, max, initial;
    SlLimitKind kind;
} SlLimitInfo;

/** sl_limits_init: fills in the defaults; nobody counts. */
void sl_limits_init(SlLimits *limits);

/**
 * sl_limits_set:
 * @name: as in `[limits]`
 * @value: a decimal number
 *
 * Returns: FALSE with SL_BASE_ERROR_INVALID; the message does not repeat @name
 */
gboolean sl_limits_set(SlLimits *limits, const char *name, const char *value, GError **error);

guint sl_limits_get(const SlLimits *limits, guint limit);

/** sl_limits_get_infos: @ret_n: SL_N_LIMITS; in the order of SlLimits */
const SlLimitInfo *sl_limits_get_infos(guint *ret_n);

G_END_DECLS
