#pragma once

#include <gst/gst.h>

#include "sl-description.h"

G_BEGIN_DECLS

/**
 * sl_launch_make_viewer_bin:
 * @launch: of sl_description_expand_viewer()
 *
 * Instead of gst_parse_bin_from_description()'s own ghost pads, which take any unlinked pad: that
 * of a textoverlay's text, for one.
 *
 * Returns: (transfer floating) (nullable): a bin with one ghost pad `sink` and one `src`;
 * SL_MEDIA_ERROR_PIPELINE
 */
GstElement *sl_launch_make_viewer_bin(SlLaunch *launch, GError **error);

/** SlViewerEnds: what is free in a bin. Its pads are borrowed, the first of each direction. */
typedef struct {
    guint n_sinks;
    guint n_sources;
    GstPad *sink;
    GstPad *source;
} SlViewerEnds;

/**
 * sl_viewer_ends_find:
 *
 * An input is free where no input of its element is linked; others, as a text beside the picture,
 * are optional.
 */
SlViewerEnds sl_viewer_ends_find(GstBin *bin);

G_END_DECLS
