#pragma once

#include "sl-capture.h"
#include "sl-description.h"
#include "sl-source.h"

G_BEGIN_DECLS

/**
 * SlPipelineSource: the SlSource that runs a description's `[source]`. Its errors are of
 * SL_MEDIA_ERROR, in words that a viewer understands: PIPELINE and DESCRIPTION are the file's
 * fault, the others the device's.
 *
 * Each start looks for its input anew, on another thread: a camera may have become another node, or
 * have come where there was none.
 *
 * Signals:
 *  - `found` (): read sl_pipeline_source_get_capture(); frames or `broke` follow
 */
#define SL_TYPE_PIPELINE_SOURCE (sl_pipeline_source_get_type())
G_DECLARE_FINAL_TYPE(SlPipelineSource, sl_pipeline_source, SL, PIPELINE_SOURCE, GObject)

SlPipelineSource *sl_pipeline_source_new(GMainContext *context, SlInput *input,
                                         SlDescription *description, SlValues *values,
                                         SlCaptureFlags flags);
/** sl_pipeline_source_set_input: more is known of the same one; for the next start */
void sl_pipeline_source_set_input(SlPipelineSource *self, SlInput *input);
/** sl_pipeline_source_set_values: for the next start */
void sl_pipeline_source_set_values(SlPipelineSource *self, SlValues *values);
/** sl_pipeline_source_is_asking: its input has not answered yet, maybe to an earlier start */
gboolean sl_pipeline_source_is_asking(SlPipelineSource *self);
/** sl_pipeline_source_has_caps: something came as far as the track with this index. Where one track
 * gets nothing, GStreamer holds back what the others have got. */
gboolean sl_pipeline_source_has_caps(SlPipelineSource *self, guint index);
/** sl_pipeline_source_get_bin: (transfer none) (nullable): what runs; %NULL: nothing */
GstBin *sl_pipeline_source_get_bin(SlPipelineSource *self);
/** sl_pipeline_source_get_capture: (nullable): of the latest start that found its input */
const SlCapture *sl_pipeline_source_get_capture(SlPipelineSource *self);

G_END_DECLS
