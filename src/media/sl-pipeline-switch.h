#pragma once

#include "sl-auto.h"
#include "sl-pipeline-choice.h"
#include "sl-stream.h"

G_BEGIN_DECLS

/**
 * SlPipelineSwitch: which description a stream has, and how it gets another: by name, by a text, by
 * other values, when its file is saved, when the configuration or (with SL_PIPELINE_AUTO) the input
 * is another. What does not work is undone, and the former one goes on. Main thread only.
 *
 * What SL_PIPELINE_AUTO chose to be passed on as it comes and then can't be gives way to
 * SL_AUTO_FALLBACK.
 *
 * While somebody publishes it is what the stream runs when the publisher leaves that is changed.
 *
 * Files are read and checked on a thread of their own; one change is tried at a time. Those of
 * files, configuration and input that come meanwhile are taken after it, the latest counts.
 *
 * Signals:
 *  - `changed` (): what is in force, the problem, or whether something is being tried
 */
#define SL_TYPE_PIPELINE_SWITCH (sl_pipeline_switch_get_type())
G_DECLARE_FINAL_TYPE(SlPipelineSwitch, sl_pipeline_switch, SL, PIPELINE_SWITCH, GObject)

/** SlPipelineChooseFunc: as sl_auto_choose(): the name of what fits @input; any thread, may take
 * seconds */
typedef char *(*SlPipelineChooseFunc)(SlInput *input, const char *const *settings, char **ret_why,
                                      GError **error);

/** SlPipelineSwitchConfig: it takes references and copies. */
typedef struct {
    SlStream *stream;               /* with the description that @choice led to */
    const SlPipelineChoice *choice; /* as it was started with */
    const char *installed_dir;      /* nullable: as sl_description_find() has it */
    SlPipelineChooseFunc choose;    /* nullable: there is no SL_PIPELINE_AUTO */
    gboolean may_edit;              /* texts are taken, and shown */
} SlPipelineSwitchConfig;
SlPipelineSwitch *sl_pipeline_switch_new(GMainContext *context,
                                         const SlPipelineSwitchConfig *config);

SlStream *sl_pipeline_switch_get_stream(SlPipelineSwitch *self);
/** sl_pipeline_switch_get_file: (nullable): what is read; NULL: a text that was sent, or
 * SL_DESCRIPTION_PUBLISHED */
const char *sl_pipeline_switch_get_file(SlPipelineSwitch *self);
gboolean sl_pipeline_switch_is_auto(SlPipelineSwitch *self);
/** sl_pipeline_switch_get_problem: (nullable): why the last change was undone: a line each, without
 * passwords; until one succeeds */
const char *sl_pipeline_switch_get_problem(SlPipelineSwitch *self);
gboolean sl_pipeline_switch_is_busy(SlPipelineSwitch *self);
gboolean sl_pipeline_switch_may_edit(SlPipelineSwitch *self);

/**
 * sl_pipeline_switch_find:
 * @name: a name of the library, of the file that the stream was started with, or SL_PIPELINE_AUTO;
 *   never a path
 *
 * Returns: (transfer full) (nullable): what a choice of it has as name; SL_MEDIA_ERROR_NOT_FOUND
 */
char *sl_pipeline_switch_find(SlPipelineSwitch *self, const char *name, GError **error);

/** sl_pipeline_switch_list: (transfer full) (element-type utf8): the paths of all that
 * sl_pipeline_switch_find() finds */
GPtrArray *sl_pipeline_switch_list(SlPipelineSwitch *self);

/**
 * sl_pipeline_switch_choose_async:
 * @choice: its settings count over those in force, which go on as far as they fit
 */
void sl_pipeline_switch_choose_async(SlPipelineSwitch *self, const SlPipelineChoice *choice,
                                     GAsyncReadyCallback callback, gpointer user_data);
/**
 * sl_pipeline_switch_set_async:
 * @settings: (array zero-terminated=1): NAME=VALUE over the values in force
 *
 * At once where all that differs is live, also in the middle of a film; else as a choice is tried.
 */
void sl_pipeline_switch_set_async(SlPipelineSwitch *self, const char *const *settings,
                                  GAsyncReadyCallback callback, gpointer user_data);
/**
 * sl_pipeline_switch_finish: of both
 *
 * Returns: FALSE: SL_MEDIA_ERROR_CROWDED: something is being tried already; _VALUE: the settings do
 *   not fit; with any other it was undone
 */
gboolean sl_pipeline_switch_finish(SlPipelineSwitch *self, GAsyncResult *result, GError **error);

/** sl_pipeline_switch_configure: takes @choice if it is another than that of the last time, else
 * reads its file again. */
void sl_pipeline_switch_configure(SlPipelineSwitch *self, const SlPipelineChoice *choice);

G_END_DECLS
