#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SlFrameRate: how many frames a second come, against how many should. Pure: the caller has the
 * clock and the counter.
 *
 * It measures in windows of some seconds, longer where few frames are expected. Two in a row below
 * four fifths of what is expected are slow; two that are not end that. What a source gives while it
 * settles is left out.
 */
typedef struct {
    double expected; /* frames a second; 0: not known, and never slow */
    double measured; /* in the last window; 0: there was none yet */
    gboolean is_slow;

    gint64 window_us; /* when the present one began */
    guint64 window_n_frames;
    guint n_against; /* windows in a row that speak against is_slow */
} SlFrameRate;

/** sl_frame_rate_begin: a source that was started gives its first frames. */
void sl_frame_rate_begin(SlFrameRate *self, double expected, gint64 now_us, guint64 n_frames);

/**
 * sl_frame_rate_update: to be called several times a second
 *
 * Returns: whether a window ended
 */
gboolean sl_frame_rate_update(SlFrameRate *self, gint64 now_us, guint64 n_frames);

/** sl_frame_rate_to_text: (transfer full): `12 of 30 frames a second` */
char *sl_frame_rate_to_text(const SlFrameRate *self);

G_END_DECLS
