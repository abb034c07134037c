#include "sl-frame-rate.h"

#include <math.h>

#define SETTLE_US (2 * G_USEC_PER_SEC)
#define WINDOW_US (4 * G_USEC_PER_SEC)
/* One frame more or less must not matter. */
#define WINDOW_FRAMES 20
#define ENOUGH 0.8
#define WINDOWS_IN_A_ROW 2

void
sl_frame_rate_begin(SlFrameRate *self, double expected, gint64 now_us, guint64 n_frames)
{
    *self = (SlFrameRate){ .expected = expected,
                           .window_us = now_us + SETTLE_US,
                           .window_n_frames = n_frames };
}

static double
window_length_us(const SlFrameRate *self)
{
    return self->expected > 0 ? MAX(WINDOW_US, WINDOW_FRAMES / self->expected * G_USEC_PER_SEC)
                              : WINDOW_US;
}

gboolean
sl_frame_rate_update(SlFrameRate *self, gint64 now_us, guint64 n_frames)
{
    gint64 passed_us = now_us - self->window_us;
    gboolean is_below;

    if (passed_us <= 0) {
        self->window_n_frames = n_frames;
        return FALSE;
    }
    if ((double)passed_us < window_length_us(self))
        return FALSE;
    self->measured =
        (double)(n_frames - self->window_n_frames) * G_USEC_PER_SEC / (double)passed_us;
    self->window_us = now_us;
    self->window_n_frames = n_frames;

    is_below = self->measured < self->expected * ENOUGH;
    self->n_against = is_below != self->is_slow ? self->n_against + 1 : 0;
    if (self->n_against >= WINDOWS_IN_A_ROW) {
        self->is_slow = is_below;
        self->n_against = 0;
    }
    return TRUE;
}

/* Whole ones, unless few are expected. */
static char *
rate_to_text(const SlFrameRate *self, double rate)
{
    double tenths = round(rate * 10) / 10;

    return self->expected >= 10 || tenths == floor(tenths) ? g_strdup_printf("%.0f", rate)
                                                           : g_strdup_printf("%.1f", tenths);
}

char *
sl_frame_rate_to_text(const SlFrameRate *self)
{
    g_autofree char *measured = rate_to_text(self, self->measured);
    g_autofree char *expected = rate_to_text(self, self->expected);

    return g_strdup_printf("%s of %s frames a second", measured, expected);
}
