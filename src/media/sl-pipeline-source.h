#pragma once

#include "sl-capture.h"
#include "sl-description.h"
#include "sl-source.h"

G_BEGIN_DECLS

/**
 * SlPipelineSource: the SlSource that runs a description's `[source]`. Its errors are of
 * SL_MEDIA_ERROR, in words that a viewer understands: PIPELINE and DESCRIPTION are the file's
 * fault, the others the device's.
 */
#define SL_TYPE_PIPELINE_SOURCE (sl_pipeline_source_get_type())
G_DECLARE_FINAL_TYPE(SlPipelineSource, sl_pipeline_source, SL, PIPELINE_SOURCE, GObject)

/** @input, @values: (transfer none): must outlive the source */
SlPipelineSource *sl_pipeline_source_new(GMainContext *context, SlInput *input,
                                         SlDescription *description, SlValues *values);

G_END_DECLS
