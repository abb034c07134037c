#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * sl_caps_find_fault:
 * @text: caps, or anything of that syntax
 *
 * What GStreamer 1.22's reader answers with a critical warning instead of an error: an empty or
 * backward range, a media type that is no name; and values of types that are themselves caps or
 * structures.
 *
 * Returns: (transfer none) (nullable): what is expected instead; %NULL: it can be given to
 * gst_caps_from_string()
 */
const char *sl_caps_find_fault(const char *text);

/**
 * sl_caps_find_odd_field:
 *
 * GStreamer reads `width=100x` as a string and `framerate=30` as a whole number, with which nothing
 * can then be linked.
 * Returns: (transfer full) (nullable): what was found, and what is expected instead
 */
char *sl_caps_find_odd_field(GstCaps *caps);

/** sl_ranges_are_sound: whether each `[…]` in @text is a range of numbers with its lower end first
 */
gboolean sl_ranges_are_sound(const char *text);

G_END_DECLS
