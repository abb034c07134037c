#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * sl_ranges_are_sound:
 *
 * GStreamer 1.22 answers an empty or backward range in caps with a critical warning instead of an
 * error.
 *
 * Returns: whether each `[…]` in @text is a range of integers or fractions with its lower end first
 */
gboolean sl_ranges_are_sound(const char *text);

G_END_DECLS
