#pragma once

#include "sl-description.h"

G_BEGIN_DECLS

/** SL_PIPELINE_AUTO: the name that stands for whatever fits the input */
#define SL_PIPELINE_AUTO "auto"

/** SlPipelineChoice: what was asked for: a description, and what is set of its variables. */
typedef struct {
    char *name;      /* SL_PIPELINE_AUTO, or as sl_description_find() takes it; NULL with a text */
    char **settings; /* NAME=VALUE, each name once */
    GBytes *text;    /* nullable: a description that stands in no file */
} SlPipelineChoice;

/** @settings: (nullable): as with --set: the last of a name counts */
SlPipelineChoice *sl_pipeline_choice_new(const char *name, const char *const *settings);
SlPipelineChoice *sl_pipeline_choice_copy(const SlPipelineChoice *self);
void sl_pipeline_choice_free(SlPipelineChoice *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlPipelineChoice, sl_pipeline_choice_free)

gboolean sl_pipeline_choice_is_auto(const SlPipelineChoice *self);
gboolean sl_pipeline_choice_equal(const SlPipelineChoice *a, const SlPipelineChoice *b);

/**
 * sl_settings_merge:
 * @settings, @over: (nullable) (array zero-terminated=1): NAME=VALUE
 *
 * Returns: (transfer full): each name once, @over's before those of @settings in force
 */
char **sl_settings_merge(const char *const *settings, const char *const *over);

/**
 * sl_settings_keep:
 * @ret_left_out: (transfer full) (nullable): those that do not fit, for people; NULL: all do
 *
 * What was set for one description and is to go on with another, or with another reading of it.
 *
 * Returns: (transfer full): those of @settings whose names @description has and whose values it
 * takes
 */
char **sl_settings_keep(const char *const *settings, SlDescription *description,
                        char **ret_left_out);

/* What a switch may have to do, the more urgent first. */
typedef enum {
    SL_SWITCH_DUE_CHOICE = 1 << 0, /* another choice, of the configuration */
    SL_SWITCH_DUE_INPUT = 1 << 1,  /* the input is another */
    SL_SWITCH_DUE_FILE = 1 << 2,   /* the file is another */
} SlSwitchDue;

/**
 * sl_switch_take:
 * @due: what has come up since; what the answer settles, too, is taken out
 *
 * Returns: what to do next, or 0
 */
guint sl_switch_take(guint *due, const SlPipelineChoice *present, gboolean is_busy);

G_END_DECLS
