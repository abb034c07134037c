#include "sl-limits.h"

#include <string.h>

#include "sl-error.h"

#define KIB 1024u
#define MIB (1024u * 1024u)
#define DAY_MS (24u * 3600u * 1000u)
#define YEAR (366u * 24u * 3600u)

/* In the order of SlLimits: SL_LIMIT() is the index. */
static const SlLimitInfo INFOS[] = {
#define SETTING(name, member, min, max, initial)                    \
    {                                                               \
        name, SL_LIMIT(member), min, max, initial, SL_LIMIT_SETTING \
    }
#define COUNTED(name, member, min, max, initial)                    \
    {                                                               \
        name, SL_LIMIT(member), min, max, initial, SL_LIMIT_COUNTED \
    }
#define LOGGED(name, member, min, max, initial)                    \
    {                                                              \
        name, SL_LIMIT(member), min, max, initial, SL_LIMIT_LOGGED \
    }
    LOGGED("max-sessions", max_sessions, 1, 10000, 200),
    LOGGED("max-sessions-per-address", max_sessions_per_address, 1, 10000, 64),
    SETTING("linger-ms", linger_ms, 1, DAY_MS, 5000),
    COUNTED("hello-timeout-ms", hello_timeout_ms, 10, DAY_MS, 10000),
    SETTING("ping-interval-ms", ping_interval_ms, 1000, DAY_MS, 5000),
    COUNTED("pong-timeout-ms", pong_timeout_ms, 10, DAY_MS, 12000),
    COUNTED("ice-timeout-ms", ice_timeout_ms, 10, DAY_MS, 20000),

    LOGGED("max-connections", max_connections, 1, 100000, 1024),
    LOGGED("max-connections-per-address", max_connections_per_address, 1, 100000, 256),
    LOGGED("max-waiting", max_waiting, 1, 100000, 512),
    LOGGED("max-waiting-per-address", max_waiting_per_address, 1, 100000, 128),
    COUNTED("first-byte-timeout-ms", first_byte_timeout_ms, 10, DAY_MS, 5000),
    COUNTED("request-timeout-ms", request_timeout_ms, 10, DAY_MS, 10000),
    COUNTED("answer-timeout-ms", answer_timeout_ms, 10, DAY_MS, 60000),
    LOGGED("max-header-bytes", max_header_bytes, KIB, 60 * KIB, 16 * KIB),
    LOGGED("max-body-bytes", max_body_bytes, 0, MIB, 64 * KIB),

    LOGGED("max-message-bytes", max_message_bytes, KIB, 64 * KIB, 64 * KIB),
    LOGGED("max-queue-bytes", max_queue_bytes, 64 * KIB, 1024 * MIB, 4 * MIB),
    LOGGED("pings-per-second", pings_per_second, 1, 10000, 5),
    SETTING("ping-burst", ping_burst, 1, 10000, 50),
    LOGGED("signals-per-second", signals_per_second, 1, 100000, 20),
    SETTING("signal-burst", signal_burst, 1, 100000, 200),
    LOGGED("offers-per-second", offers_per_second, 1, 10000, 4),
    SETTING("offer-burst", offer_burst, 1, 100000, 64),
    LOGGED("max-sdp-bytes", max_sdp_bytes, KIB, 60 * KIB, 60 * KIB),
    LOGGED("max-candidates", max_candidates, 1, 10000, 100),

    LOGGED("max-local-clients", max_local_clients, 1, 10000, 64),
    SETTING("relay-window-messages", relay_window_messages, 1, 100000, 256),
    SETTING("relay-window-bytes", relay_window_bytes, KIB, 1024 * MIB, MIB),
    LOGGED("relay-requests-per-second", relay_requests_per_second, 1, 100000, 50),
    SETTING("relay-request-burst", relay_request_burst, 1, 100000, 200),
    LOGGED("relay-bytes-per-second", relay_bytes_per_second, KIB, 1024 * MIB, 256 * KIB),
    SETTING("relay-byte-burst", relay_byte_burst, 64 * KIB, 1024 * MIB, MIB),

    LOGGED("cache-mib", cache_mib, 1, MIB, 256),
    LOGGED("max-object-mib", max_object_mib, 1, MIB, 256),
    COUNTED("max-objects", max_objects, 1, 1000000, 4096),
    SETTING("object-seconds", object_seconds, 0, YEAR * 100, 24 * 3600),
    COUNTED("partial-seconds", partial_seconds, 1, YEAR, 600),
    LOGGED("address-cache-mib", address_cache_mib, 0, MIB, 0),
    LOGGED("max-puts", max_puts, 1, 1000, 4),
    LOGGED("max-gets", max_gets, 1, 1000, 8),
    SETTING("put-bytes-per-second", put_bytes_per_second, 0, G_MAXUINT, 0),
    SETTING("get-bytes-per-second", get_bytes_per_second, 0, G_MAXUINT, 0),
    LOGGED("object-requests-per-second", object_requests_per_second, 1, 100000, 50),
    SETTING("object-request-burst", object_request_burst, 1, 100000, 200),
#undef SETTING
#undef COUNTED
#undef LOGGED
};

G_STATIC_ASSERT(G_N_ELEMENTS(INFOS) == SL_N_LIMITS);

static guint *
value_of(SlLimits *limits, guint limit)
{
    return &((guint *)limits)[limit];
}

void
sl_limits_init(SlLimits *limits)
{
    for (guint i = 0; i < SL_N_LIMITS; i++)
        *value_of(limits, INFOS[i].limit) = INFOS[i].initial;
    limits->meters = NULL;
}

guint
sl_limits_get(const SlLimits *limits, guint limit)
{
    return *value_of((SlLimits *)limits, limit);
}

gboolean
sl_limits_set(SlLimits *limits, const char *name, const char *value, GError **error)
{
    guint64 number;

    for (guint i = 0; i < SL_N_LIMITS; i++) {
        const SlLimitInfo *info = &INFOS[i];

        if (strcmp(name, info->name) != 0)
            continue;
        if (!g_ascii_string_to_unsigned(value, 10, info->min, info->max, &number, NULL)) {
            g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID,
                        "expected a number from %u to %u", info->min, info->max);
            return FALSE;
        }
        *value_of(limits, info->limit) = (guint)number;
        return TRUE;
    }
    g_set_error_literal(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID, "there is no such limit");
    return FALSE;
}

const SlLimitInfo *
sl_limits_get_infos(guint *ret_n)
{
    *ret_n = SL_N_LIMITS;
    return INFOS;
}
