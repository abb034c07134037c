#include "sl-pipeline-former.h"

/* Longer than a source may be silent before that counts as a fault. */
#define PROBATION_US (15 * G_USEC_PER_SEC)

SlPipelineFormer *
sl_pipeline_former_new(const SlPipelineChoice *choice, const char *chosen,
                       SlDescription *description, SlValues *values)
{
    SlPipelineFormer *self = g_new0(SlPipelineFormer, 1);

    self->choice = sl_pipeline_choice_copy(choice);
    self->chosen = g_strdup(chosen);
    self->description = sl_description_ref(description);
    self->values = sl_values_ref(values);
    self->made_us = g_get_monotonic_time();
    return self;
}

void
sl_pipeline_former_free(SlPipelineFormer *self)
{
    sl_pipeline_choice_free(self->choice);
    g_free(self->chosen);
    sl_description_unref(self->description);
    sl_values_unref(self->values);
    g_free(self);
}

static gboolean
is_of_the_input(const GError *fault)
{
    return g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND) ||
           g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_BUSY) ||
           g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PERMISSION) ||
           g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NO_SENDER);
}

gboolean
sl_pipeline_former_is_better(const SlPipelineFormer *self, const GError *fault, gint64 now_us)
{
    return now_us - self->made_us < PROBATION_US && !is_of_the_input(fault);
}
