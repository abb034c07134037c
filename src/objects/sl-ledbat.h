#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SlLedbat: how much may be under way at once, so that a path that others use too has little to
 * queue: as much as it takes until the acknowledgements come some 25 ms later than they need to
 * (RFC 6817, with round trips for its one-way delays; shrinking in proportion and a slow start, as
 * its successor LEDBAT++ has them). Pure.
 */
#define SL_LEDBAT_N_BASE 6 /* the delay without queues is the least in so many minutes */
#define SL_LEDBAT_N_CURRENT 4

typedef struct {
    double window; /* bytes */
    gboolean is_starting;
    gint64 base_us[SL_LEDBAT_N_BASE]; /* of one minute each, the latest first; G_MAXINT64: none */
    gint64 minute_us;                 /* when the latest began */
    gint64 current_us[SL_LEDBAT_N_CURRENT]; /* the latest first; G_MAXINT64: none */
} SlLedbat;

void sl_ledbat_init(SlLedbat *self, gint64 now_us);

/** sl_ledbat_get_window: in bytes: 16 KiB to 1 MiB */
gsize sl_ledbat_get_window(const SlLedbat *self);

/**
 * sl_ledbat_acked:
 * @bytes: that were acknowledged now
 * @under_way: bytes sent and not acknowledged before
 * @delay_us: since the last of them was sent; -1: not known
 */
void sl_ledbat_acked(SlLedbat *self, gsize bytes, gsize under_way, gint64 delay_us, gint64 now_us);

G_END_DECLS
