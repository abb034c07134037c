#pragma once

#include <gst/gst.h>

#include "sl-description.h"

G_BEGIN_DECLS

/**
 * sl_codec_make_viewer_bin:
 * @launch: (nullable): a `[viewer TRACK]` section; %NULL: the standard payloader of @caps, nothing
 * for RTP
 * @caps: of the track
 *
 * Returns: (transfer floating) (nullable): a bin with the ghost pads `sink` and `src`;
 * SL_MEDIA_ERROR_PIPELINE
 */
GstElement *sl_codec_make_viewer_bin(SlLaunch *launch, GstCaps *caps, GError **error);

/**
 * sl_codec_clean_caps:
 * @rtp_caps: (transfer none)
 *
 * Returns: (transfer full): without what is one viewer's or one start's own (payload, ssrc, random
 * offsets, sprop) and what the same decoder takes: size, rate, H.264's level
 */
GstCaps *sl_codec_clean_caps(GstCaps *rtp_caps);

/** sl_codec_get_name: (transfer none) (nullable): RTP's name of it, as SDP has it: `VP8` */
const char *sl_codec_get_name(GstCaps *rtp_caps);

/**
 * SlCodecProbeDone:
 * @rtp_caps: (transfer none) (nullable): what comes out, cleaned; %NULL with @error set
 * @line: of the element that @error is of; 0 where that is not known
 */
typedef void (*SlCodecProbeDone)(GstCaps *rtp_caps, const GError *error, guint line,
                                 gpointer user_data);

/**
 * sl_codec_probe:
 * @viewer_bin: (transfer floating): from sl_codec_make_viewer_bin()
 * @sample: (transfer none): a frame that decoding can begin with
 *
 * Runs the frame once through the viewer's section, to know the codec that the browser will be
 * offered. @done is called once in @context, never from inside the call, after 5 s at the latest;
 * after sl_codec_probe_cancel() not at all. Main thread.
 *
 * Returns: (transfer full): a handle, freed by sl_codec_probe_cancel(), or by itself when @done has
 * returned
 */
typedef struct _SlCodecProbe SlCodecProbe;
SlCodecProbe *sl_codec_probe(GMainContext *context, GstElement *viewer_bin, GstSample *sample,
                             SlCodecProbeDone done, gpointer user_data);
void sl_codec_probe_cancel(SlCodecProbe *self);

G_END_DECLS
