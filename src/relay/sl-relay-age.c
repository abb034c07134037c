#include "sl-relay-age.h"

/* One in so many: as much as NTP may set a clock's pace off by. */
#define DRIFT 2000

void
sl_relay_age_init(SlRelayAge *self)
{
    *self = (SlRelayAge){
        .seqs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
    };
}

void
sl_relay_age_clear(SlRelayAge *self)
{
    g_clear_pointer(&self->seqs, g_hash_table_unref);
}

/* Returns: by how much this way was longer than the quickest */
static gint64
measure(SlRelayAge *self, gint64 at_us, gint64 now_us)
{
    gint64 ahead_us = now_us - at_us;
    gint64 risen_us = self->quickest_us + (now_us - self->since_us) / DRIFT;

    if (self->known && ahead_us > risen_us)
        return ahead_us - risen_us;
    self->known = TRUE;
    self->quickest_us = ahead_us;
    self->since_us = now_us;
    return 0;
}

static gboolean
check_seq(SlRelayAge *self, const char *channel, guint64 seq, GError **error)
{
    guint64 *last = g_hash_table_lookup(self->seqs, channel);

    if (last == NULL && g_hash_table_size(self->seqs) >= SL_RELAY_MAX_SEQS) {
        g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_MANY,
                    "at most %d channels can be published on with “seq”", SL_RELAY_MAX_SEQS);
        return FALSE;
    }
    if (last == NULL) {
        last = g_new0(guint64, 1);
        g_hash_table_insert(self->seqs, g_strdup(channel), last);
    } else if (seq <= *last) {
        g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_STALE,
                    "“seq” is %" G_GUINT64_FORMAT ", but %" G_GUINT64_FORMAT " came before", seq,
                    *last);
        return FALSE;
    }
    *last = seq;
    return TRUE;
}

gboolean
sl_relay_age_check(SlRelayAge *self, const char *channel, guint64 seq, gint64 at_us, gint64 now_us,
                   guint max_age_ms, GError **error)
{
    gint64 late_us = measure(self, at_us, now_us);

    if (!check_seq(self, channel, seq, error))
        return FALSE;
    if (max_age_ms == 0 || late_us <= (gint64)max_age_ms * 1000)
        return TRUE;
    g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_STALE,
                "it took %" G_GINT64_FORMAT " ms longer than the quickest, expected at most %u",
                late_us / 1000, max_age_ms);
    return FALSE;
}
