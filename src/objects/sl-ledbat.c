#include "sl-ledbat.h"

#define CHUNK_BYTES 16384.0 /* what stands for RFC 6817's MSS: nothing smaller is sent */
#define MIN_WINDOW CHUNK_BYTES
#define INITIAL_WINDOW (2 * CHUNK_BYTES)
#define MAX_WINDOW (64 * CHUNK_BYTES)
#define TARGET_US 25000.0
#define MINUTE_US (60 * G_USEC_PER_SEC)

void
sl_ledbat_init(SlLedbat *self, gint64 now_us)
{
    *self = (SlLedbat){ .window = INITIAL_WINDOW, .is_starting = TRUE, .minute_us = now_us };
    for (guint i = 0; i < SL_LEDBAT_N_BASE; i++)
        self->base_us[i] = G_MAXINT64;
    for (guint i = 0; i < SL_LEDBAT_N_CURRENT; i++)
        self->current_us[i] = G_MAXINT64;
}

gsize
sl_ledbat_get_window(const SlLedbat *self)
{
    return (gsize)self->window;
}

/* RFC 6817, section 3.4.2: paths change, so the least of long ago is forgotten. */
static void
begin_minutes(SlLedbat *self, gint64 now_us)
{
    while (now_us - self->minute_us >= MINUTE_US) {
        for (guint i = SL_LEDBAT_N_BASE - 1; i > 0; i--)
            self->base_us[i] = self->base_us[i - 1];
        self->base_us[0] = G_MAXINT64;
        self->minute_us += MINUTE_US;
        /* Who was silent for hours has forgotten everything. */
        if (now_us - self->minute_us >= SL_LEDBAT_N_BASE * MINUTE_US)
            self->minute_us = now_us - SL_LEDBAT_N_BASE * MINUTE_US;
    }
}

/* Returns: by how much acknowledgements come later than they need to: the least of the last few, of
 * no more than are under way at once */
static double
get_queueing_us(const SlLedbat *self)
{
    guint n = (guint)CLAMP(self->window / CHUNK_BYTES, 1, SL_LEDBAT_N_CURRENT);
    gint64 base = G_MAXINT64, current = G_MAXINT64;

    for (guint i = 0; i < SL_LEDBAT_N_BASE; i++)
        base = MIN(base, self->base_us[i]);
    for (guint i = 0; i < n; i++)
        current = MIN(current, self->current_us[i]);
    return current > base ? (double)(current - base) : 0;
}

static void
add_delay(SlLedbat *self, gint64 delay_us, gint64 now_us)
{
    begin_minutes(self, now_us);
    self->base_us[0] = MIN(self->base_us[0], delay_us);
    for (guint i = SL_LEDBAT_N_CURRENT - 1; i > 0; i--)
        self->current_us[i] = self->current_us[i - 1];
    self->current_us[0] = delay_us;
}

void
sl_ledbat_acked(SlLedbat *self, gsize bytes, gsize under_way, gint64 delay_us, gint64 now_us)
{
    double off, part = MIN((double)bytes / self->window, 1);
    /* Section 2.4.1: what is not used does not grow. */
    double most = (double)under_way + MAX((double)bytes, CHUNK_BYTES);

    if (delay_us < 0)
        return;
    add_delay(self, delay_us, now_us);
    off = 1 - get_queueing_us(self) / TARGET_US;
    self->is_starting = self->is_starting && off > 0.25;
    if (self->is_starting)
        self->window = MAX(self->window, MIN(self->window + (double)bytes, most));
    else if (off >= 0)
        self->window = MAX(self->window, MIN(self->window + off * part * CHUNK_BYTES, most));
    else
        self->window *= 1 - part * MIN(-off, 0.5);
    self->window = CLAMP(self->window, MIN_WINDOW, MAX_WINDOW);
}
