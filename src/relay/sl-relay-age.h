#pragma once

#include "sl-relay-error.h"

G_BEGIN_DECLS

/**
 * SlRelayAge: which of one client's commands come too late, or after a newer one (docs/relay.md,
 * "Control"). The two clocks have nothing in common but their pace: of each command it knows by how
 * much ours is ahead when it comes, and the least of these stands for the quickest way. That one
 * rises by half a millisecond a second, since clocks differ a little.
 */
typedef struct {
    gboolean known;
    gint64 quickest_us; /* our clock less the client's */
    gint64 since_us;    /* our clock, when that was so */
    GHashTable *seqs;   /* channel's name → guint64 */
} SlRelayAge;

#define SL_RELAY_MAX_SEQS 64

void sl_relay_age_init(SlRelayAge *self);
void sl_relay_age_clear(SlRelayAge *self);

/**
 * sl_relay_age_check:
 * @at_us: the client's clock when it sent the command
 * @now_us: g_get_monotonic_time()
 * @max_age_ms: 0: any age will do
 *
 * Returns: FALSE with SL_RELAY_ERROR_STALE, or _TOO_MANY after SL_RELAY_MAX_SEQS channels
 */
gboolean sl_relay_age_check(SlRelayAge *self, const char *channel, guint64 seq, gint64 at_us,
                            gint64 now_us, guint max_age_ms, GError **error);

G_END_DECLS
