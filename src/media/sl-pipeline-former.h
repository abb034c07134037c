#pragma once

#include "sl-pipeline-choice.h"

G_BEGIN_DECLS

/**
 * SlPipelineFormer: what a stream's pipeline was before its last change, for as long as that may
 * turn out to be a mistake: there are pipelines that give a picture, and break a little later.
 */
typedef struct {
    SlPipelineChoice *choice;
    char *chosen; /* nullable: what SL_PIPELINE_AUTO stood for */
    SlDescription *description;
    SlValues *values;
    gint64 made_us; /* when it gave its place, on the monotonic clock */
} SlPipelineFormer;

/** sl_pipeline_former_new: takes references and copies */
SlPipelineFormer *sl_pipeline_former_new(const SlPipelineChoice *choice, const char *chosen,
                                         SlDescription *description, SlValues *values);
void sl_pipeline_former_free(SlPipelineFormer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlPipelineFormer, sl_pipeline_former_free)

/**
 * sl_pipeline_former_is_better:
 * @fault: of what took its place
 * @now_us: on the monotonic clock
 *
 * Whether it is to come back: @fault came soon, and is none of a camera that is away, is held by
 * somebody else or may not be opened, nor of a program that ended.
 */
gboolean sl_pipeline_former_is_better(const SlPipelineFormer *self, const GError *fault,
                                      gint64 now_us);

G_END_DECLS
