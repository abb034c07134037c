#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * sl_pass_through_check_caps:
 * @caps: of a track that is passed on as its input encoded it
 *
 * Returns: (transfer full) (nullable): why browsers don't play it, as a clause about what the input
 * sends; %NULL: nothing is known against it
 */
char *sl_pass_through_check_caps(const GstCaps *caps);

/**
 * sl_pass_through_describe:
 *
 * Returns: (transfer full) (nullable): H.264's profile for people: `constrained baseline`
 */
char *sl_pass_through_describe(const GstCaps *caps);

/**
 * sl_pass_through_watch:
 * @pad: an appsink's `sink`
 * @where: `FILE:LINE: ` of its track, or ""
 * @is_own: it is encoded here: of that only B-frames are looked for
 *
 * Looks at what comes there: where browsers don't play it (another profile, fields instead of
 * frames, B-frames), one SL_MEDIA_ERROR_PIPELINE says so on the bus, and what to do. Any thread.
 */
void sl_pass_through_watch(GstPad *pad, const char *where, gboolean is_own);

/**
 * sl_pass_through_watch_input:
 * @bin: a pipeline just parsed, in state NULL
 *
 * Likewise for an address whose picture is no H.264 at all, which would not be linked.
 */
void sl_pass_through_watch_input(GstBin *bin, const char *where);

G_END_DECLS
