#include "sl-pipeline-switch.h"

#include <string.h>

#include "sl-census.h"
#include "sl-context.h"
#include "sl-file-watch.h"
#include "sl-live-setting.h"
#include "sl-log.h"
#include "sl-pipeline-former.h"
#include "sl-source-fault.h"
#include "sl-variables.h"
#include "sl-worker.h"

#define SUFFIX ".pipeline"
/* What a description that stands in no file is called. */
#define TEXT_NAME "edited"

struct _SlPipelineSwitch {
    GObject parent_instance;

    GMainContext *context;
    SlWeak *weak;
    SlStream *stream;
    char *installed_dir; /* nullable */
    SlPipelineChooseFunc choose;
    gboolean may_edit;

    SlPipelineChoice *configured; /* the last of the command line and the configuration */
    SlPipelineChoice *present;    /* what is in force was made of */
    char *chosen;                 /* nullable: what SL_PIPELINE_AUTO stands for */
    char *problem;                /* nullable */
    SlFileWatch *watch;           /* nullable: a text */
    SlPipelineFormer *former;     /* nullable: what was in force before */
    GError *fault;                /* nullable: what it is to come back for */

    gboolean is_busy;
    GTask *task; /* nullable: whom the end of it is told */
    guint due;   /* SlSwitchDue */
};

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(SlPipelineSwitch, sl_pipeline_switch, G_TYPE_OBJECT)

/* A change that is being tried; on its way to its thread and back it is nobody else's. */
typedef struct {
    SlPipelineSwitch *self; /* nullable: on its thread; main thread only */
    GMainContext *context;
    SlWeak *object;
    char *installed_dir;
    SlPipelineChooseFunc choose;
    SlInput *input;

    SlPipelineChoice *choice;
    char **kept; /* settings that go on as far as they fit */

    /* What comes of it. */
    char *chosen, *why; /* of SL_PIPELINE_AUTO */
    char *instead;      /* nullable: why it is another than the one that was named */
    char *left_out;     /* nullable: of kept */
    SlDescription *description;
    SlValues *values;
    SlPipelineFormer *former; /* nullable: what it is tried in the place of */
    gboolean comes_back;      /* it was in force before, and what took its place broke */
    GError *error;
} Attempt;

static void
attempt_clear(gpointer data)
{
    Attempt *attempt = data;

    g_main_context_unref(attempt->context);
    sl_weak_unref(attempt->object);
    g_free(attempt->installed_dir);
    sl_input_unref(attempt->input);
    sl_pipeline_choice_free(attempt->choice);
    g_strfreev(attempt->kept);
    g_free(attempt->chosen);
    g_free(attempt->why);
    g_free(attempt->instead);
    g_free(attempt->left_out);
    g_clear_pointer(&attempt->description, sl_description_unref);
    g_clear_pointer(&attempt->values, sl_values_unref);
    g_clear_pointer(&attempt->former, sl_pipeline_former_free);
    g_clear_error(&attempt->error);
}

static void
attempt_unref(gpointer attempt)
{
    g_atomic_rc_box_release_full(attempt, attempt_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Attempt, attempt_unref)

/* @choice: (transfer full) */
static Attempt *
attempt_new(SlPipelineSwitch *self, SlPipelineChoice *choice)
{
    Attempt *attempt = g_atomic_rc_box_new0(Attempt);

    attempt->context = g_main_context_ref(self->context);
    attempt->object = sl_weak_ref(self->weak);
    attempt->installed_dir = g_strdup(self->installed_dir);
    attempt->choose = self->choose;
    attempt->input = sl_input_ref(sl_stream_get_input(self->stream));
    attempt->choice = choice;
    return attempt;
}

/* --- on a thread of its own: what is read and checked --- */

static gboolean
set_problems(SlProblems *problems, GError **error)
{
    g_autofree char *text = sl_problems_to_text(problems);

    if (sl_problems_get_count(problems) == 0)
        return TRUE;
    g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION, text);
    return FALSE;
}

static SlDescription *
parse_text(GBytes *text, GError **error)
{
    g_autoptr(SlProblems) problems = sl_problems_new(TEXT_NAME SUFFIX);
    gsize len;
    const char *data = g_bytes_get_data(text, &len);
    SlDescription *description =
        sl_description_parse(TEXT_NAME, data != NULL ? data : "", len, problems);

    set_problems(problems, error);
    return description;
}

static SlDescription *
load(Attempt *attempt, GError **error)
{
    const char *name = attempt->choice->name;

    if (attempt->choice->text != NULL)
        return parse_text(attempt->choice->text, error);
    if (sl_pipeline_choice_is_auto(attempt->choice)) {
        g_auto(GStrv) settings = sl_settings_merge((const char *const *)attempt->kept,
                                                   (const char *const *)attempt->choice->settings);

        if (attempt->chosen == NULL)
            attempt->chosen = attempt->choose(attempt->input, (const char *const *)settings,
                                              &attempt->why, error);
        if (attempt->chosen == NULL)
            return NULL;
        name = attempt->chosen;
    }
    return sl_description_load_available(name, attempt->installed_dir, &attempt->instead, error);
}

static SlValues *
make_values(Attempt *attempt, GError **error)
{
    SlPipelineChoice *choice = attempt->choice;
    g_auto(GStrv) kept = sl_settings_keep((const char *const *)attempt->kept, attempt->description,
                                          &attempt->left_out);
    g_auto(GStrv) all =
        sl_settings_merge((const char *const *)kept, (const char *const *)choice->settings);
    g_autoptr(GError) fault = NULL;
    SlValues *values = sl_values_new(attempt->description, (const char *const *)all, &fault);

    if (values == NULL) {
        g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE, fault->message);
        return NULL;
    }
    g_strfreev(choice->settings);
    choice->settings = g_steal_pointer(&all);
    return values;
}

static void
prepare(Attempt *attempt)
{
    g_autoptr(SlProblems) problems = NULL;

    attempt->description = load(attempt, &attempt->error);
    if (attempt->description != NULL)
        attempt->values = make_values(attempt, &attempt->error);
    if (attempt->values == NULL)
        return;
    problems = sl_problems_new(sl_description_get_file(attempt->description));
    sl_description_check(attempt->description, attempt->values, NULL, problems);
    set_problems(problems, &attempt->error);
}

static void on_prepared(gpointer object, gpointer data);

static void
post_prepared(Attempt *attempt)
{
    sl_context_post(attempt->context, attempt->object, on_prepared, attempt, attempt_unref);
}

static gpointer
run_preparation(gpointer data)
{
    prepare(data);
    post_prepared(data);
    return NULL;
}

/* --- what came of it --- */

static void watch_file(SlPipelineSwitch *self);

/* With the stream's name before each of its lines. */
static void
log_problem(SlPipelineSwitch *self)
{
    const char *name = sl_stream_get_name(self->stream);
    g_auto(GStrv) lines = g_strsplit(self->problem, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++)
        sl_log_warning("%s: %s%s", name, lines[i],
                       lines[i + 1] == NULL ? "; the former one goes on" : "");
}

static void
set_problem(SlPipelineSwitch *self, const GError *error)
{
    g_autofree char *valid = g_utf8_make_valid(error->message, -1);

    g_free(self->problem);
    self->problem = sl_log_redact_text(valid);
}

static void
log_success(SlPipelineSwitch *self, const Attempt *attempt)
{
    const char *name = sl_stream_get_name(self->stream);
    g_autofree char *file = g_path_get_basename(sl_description_get_file(attempt->description));

    if (attempt->instead != NULL)
        sl_log_info("%s: %s", name, attempt->instead);
    if (attempt->left_out != NULL) {
        g_autofree char *left_out = sl_log_redact_text(attempt->left_out);
        sl_log_info("%s: %s does not go with %s and is left out", name, left_out, file);
    }
    if (attempt->why != NULL)
        sl_log_info("%s: %s", name, attempt->why);
    else
        sl_log_info("%s: %s is in force%s", name, file,
                    sl_stream_is_published(self->stream) ? " once the publisher has left" : "");
}

static void
adopt(SlPipelineSwitch *self, Attempt *attempt, gboolean is_news)
{
    if (!attempt->comes_back) {
        if (is_news || self->problem != NULL)
            log_success(self, attempt);
        g_clear_pointer(&self->problem, g_free);
    }
    if (is_news)
        g_clear_error(&self->fault);
    sl_pipeline_choice_free(self->present);
    self->present = g_steal_pointer(&attempt->choice);
    g_free(self->chosen);
    self->chosen = g_steal_pointer(&attempt->chosen);
    watch_file(self);
}

static void take_due(SlPipelineSwitch *self);

static void
end_attempt(SlPipelineSwitch *self, GError *error)
{
    g_autoptr(GTask) task = g_steal_pointer(&self->task);

    self->is_busy = FALSE;
    if (task != NULL && error != NULL)
        g_task_return_error(task, g_error_copy(error));
    else if (task != NULL)
        g_task_return_boolean(task, TRUE);
    g_signal_emit(self, signals[CHANGED], 0);
    take_due(self);
}

static void
fail_attempt(SlPipelineSwitch *self, GError *error)
{
    /* Who asks for what can't be is told; nothing was tried. */
    if (self->task == NULL || !g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE)) {
        set_problem(self, error);
        log_problem(self);
    }
    end_attempt(self, error);
}

/* One that came back has none: they would take turns. */
static void
keep_former(SlPipelineSwitch *self, Attempt *attempt)
{
    g_clear_pointer(&self->former, sl_pipeline_former_free);
    if (attempt->comes_back)
        return;
    self->former = g_steal_pointer(&attempt->former);
    self->former->made_us = g_get_monotonic_time();
}

static void
on_swapped(GObject *stream, GAsyncResult *result, gpointer data)
{
    g_autoptr(Attempt) attempt = data;
    g_autoptr(SlPipelineSwitch) self = g_steal_pointer(&attempt->self);
    g_autoptr(GError) error = NULL;

    if (sl_stream_swap_finish(SL_STREAM(stream), result, &error)) {
        keep_former(self, attempt);
        adopt(self, attempt, TRUE);
        end_attempt(self, NULL);
    } else {
        fail_attempt(self, error);
    }
}

static gboolean
is_in_force(SlPipelineSwitch *self, const Attempt *attempt)
{
    SlDescription *present = sl_stream_get_description(self->stream);

    return g_bytes_equal(sl_description_get_bytes(attempt->description),
                         sl_description_get_bytes(present)) &&
           g_str_equal(sl_description_get_file(attempt->description),
                       sl_description_get_file(present)) &&
           sl_values_equal(attempt->values, sl_stream_get_values(self->stream));
}

/* @attempt: (transfer full): read and checked */
static void
swap(SlPipelineSwitch *self, Attempt *attempt)
{
    if (is_in_force(self, attempt)) {
        adopt(self, attempt, FALSE);
        attempt_unref(attempt);
        end_attempt(self, NULL);
        return;
    }
    attempt->self = g_object_ref(self);
    attempt->former =
        sl_pipeline_former_new(self->present, self->chosen, sl_stream_get_description(self->stream),
                               sl_stream_get_values(self->stream));
    sl_stream_swap_async(self->stream, attempt->description, attempt->values, on_swapped, attempt);
}

static void
on_prepared(gpointer object, gpointer data)
{
    SlPipelineSwitch *self = object;
    Attempt *attempt = data;

    if (attempt->error != NULL)
        fail_attempt(self, attempt->error);
    else
        swap(self, g_atomic_rc_box_acquire(attempt));
}

static void
begin(SlPipelineSwitch *self)
{
    self->is_busy = TRUE;
    g_signal_emit(self, signals[CHANGED], 0);
}

/* @attempt: (transfer full) */
static void
begin_preparation(SlPipelineSwitch *self, Attempt *attempt)
{
    begin(self);
    if (!sl_worker_start("description", run_preparation, attempt, &attempt->error))
        post_prepared(attempt);
}

/* All that was set, also for descriptions before the one in force: that of the configuration may
 * fit again. */
static char **
list_settings(SlPipelineSwitch *self)
{
    return sl_settings_merge((const char *const *)self->configured->settings,
                             (const char *const *)self->present->settings);
}

/* --- changes of files, configuration, input --- */

static void
bring_former_back(SlPipelineSwitch *self)
{
    g_autoptr(GError) fault = g_steal_pointer(&self->fault);
    g_autoptr(SlPipelineFormer) former = g_steal_pointer(&self->former);
    Attempt *attempt = attempt_new(self, sl_pipeline_choice_copy(former->choice));

    set_problem(self, fault);
    sl_log_warning("%s: that was soon; the former pipeline comes back",
                   sl_stream_get_name(self->stream));
    attempt->chosen = g_strdup(former->chosen);
    attempt->description = sl_description_ref(former->description);
    attempt->values = sl_values_ref(former->values);
    attempt->comes_back = TRUE;
    begin(self);
    swap(self, attempt);
}

/* What is in force, as its file is now, with what was set.
 * @chosen: (nullable): what SL_PIPELINE_AUTO stands for; NULL: it looks again */
static void
begin_anew(SlPipelineSwitch *self, const char *chosen)
{
    Attempt *attempt = attempt_new(self, sl_pipeline_choice_copy(self->present));

    attempt->kept = list_settings(self);
    g_strfreev(attempt->choice->settings);
    attempt->choice->settings = g_new0(char *, 1);
    attempt->chosen = g_strdup(chosen);
    begin_preparation(self, attempt);
}

static void
take_due(SlPipelineSwitch *self)
{
    guint due;

    if (self->fault != NULL && !self->is_busy) {
        bring_former_back(self);
        return;
    }
    due = sl_switch_take(&self->due, self->present, self->is_busy);
    if (due == SL_SWITCH_DUE_CHOICE)
        begin_preparation(self, attempt_new(self, sl_pipeline_choice_copy(self->configured)));
    else if (due != 0)
        begin_anew(self, due == SL_SWITCH_DUE_FILE ? self->chosen : NULL);
}

static void
set_due(SlPipelineSwitch *self, SlSwitchDue due)
{
    self->due |= due;
    take_due(self);
}

/* B-frames, say, may show only when somebody watches. Returns: whether something else is tried */
static gboolean
fall_back(SlPipelineSwitch *self, const GError *error)
{
    if (self->is_busy || !sl_source_fault_is_pipelines(error) ||
        !sl_pipeline_choice_is_auto(self->present) || self->chosen == NULL ||
        g_str_equal(self->chosen, SL_AUTO_FALLBACK))
        return FALSE;
    sl_log_info("%s: " SL_AUTO_FALLBACK ", since %s can't be used with this input",
                sl_stream_get_name(self->stream), self->chosen);
    begin_anew(self, SL_AUTO_FALLBACK);
    return TRUE;
}

/* Some pipelines give a picture, and break soon after. */
static void
on_stream_broke(SlStream *stream, GError *error, SlPipelineSwitch *self)
{
    if (fall_back(self, error) || self->former == NULL ||
        !sl_pipeline_former_is_better(self->former, error, g_get_monotonic_time()))
        return;
    g_clear_error(&self->fault);
    self->fault = g_error_copy(error);
    take_due(self);
}

static void
on_file_changed(SlFileWatch *watch, SlPipelineSwitch *self)
{
    set_due(self, SL_SWITCH_DUE_FILE);
}

static void
on_input_changed(SlStream *stream, SlPipelineSwitch *self)
{
    set_due(self, SL_SWITCH_DUE_INPUT);
}

static void
drop_watch(SlPipelineSwitch *self)
{
    if (self->watch != NULL)
        g_signal_handlers_disconnect_by_data(self->watch, self);
    g_clear_object(&self->watch);
}

static void
watch_file(SlPipelineSwitch *self)
{
    SlDescription *description = sl_stream_get_description(self->stream);
    const char *path = sl_description_get_file(description);
    g_autofree char *absolute = g_canonicalize_filename(path, NULL);

    if (self->present->text != NULL || g_str_equal(path, SL_DESCRIPTION_PUBLISHED)) {
        drop_watch(self);
        return;
    }
    if (self->watch != NULL && g_str_equal(absolute, sl_file_watch_get_path(self->watch)))
        return;
    drop_watch(self);
    self->watch = sl_file_watch_new(self->context, path, sl_description_get_bytes(description),
                                    SL_DESCRIPTION_MAX_BYTES);
    g_signal_connect(self->watch, "changed", G_CALLBACK(on_file_changed), self);
}

void
sl_pipeline_switch_configure(SlPipelineSwitch *self, const SlPipelineChoice *choice)
{
    gboolean is_news = !sl_pipeline_choice_equal(choice, self->configured);

    sl_pipeline_choice_free(self->configured);
    self->configured = sl_pipeline_choice_copy(choice);
    set_due(self, is_news ? SL_SWITCH_DUE_CHOICE : SL_SWITCH_DUE_FILE);
}

/* --- what operators ask for --- */

/* Returns: (transfer full) (nullable): NULL: it has been told that something is being tried */
static GTask *
make_task(SlPipelineSwitch *self, GAsyncReadyCallback callback, gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);

    if (!self->is_busy)
        return g_steal_pointer(&task);
    g_task_return_new_error(task, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED,
                            "another change of this pipeline is being tried");
    return NULL;
}

void
sl_pipeline_switch_choose_async(SlPipelineSwitch *self, const SlPipelineChoice *choice,
                                GAsyncReadyCallback callback, gpointer user_data)
{
    g_autoptr(GTask) task = make_task(self, callback, user_data);
    Attempt *attempt;

    if (task == NULL)
        return;
    self->task = g_steal_pointer(&task);
    attempt = attempt_new(self, sl_pipeline_choice_copy(choice));
    attempt->kept = list_settings(self);
    begin_preparation(self, attempt);
}

static void
keep_settings(SlPipelineSwitch *self, const char *const *settings)
{
    char **all = sl_settings_merge((const char *const *)self->present->settings, settings);

    g_strfreev(self->present->settings);
    self->present->settings = all;
}

/* As it is in force, but for its values. */
static void
begin_values(SlPipelineSwitch *self, const char *const *settings, SlValues *values)
{
    Attempt *attempt = attempt_new(self, sl_pipeline_choice_copy(self->present));
    char **all = sl_settings_merge((const char *const *)self->present->settings, settings);

    g_strfreev(attempt->choice->settings);
    attempt->choice->settings = all;
    attempt->chosen = g_strdup(self->chosen);
    attempt->description = sl_description_ref(sl_stream_get_description(self->stream));
    attempt->values = sl_values_ref(values);
    begin(self);
    swap(self, attempt);
}

void
sl_pipeline_switch_set_async(SlPipelineSwitch *self, const char *const *settings,
                             GAsyncReadyCallback callback, gpointer user_data)
{
    g_autoptr(GTask) task = make_task(self, callback, user_data);
    SlValues *former = sl_stream_get_values(self->stream);
    g_autoptr(SlValues) values = NULL;
    g_autoptr(GPtrArray) live = NULL;
    g_autoptr(GError) error = NULL;

    if (task == NULL)
        return;
    values = sl_values_new_changed(former, settings, &error);
    if (values == NULL) {
        g_task_return_new_error(task, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE, "%s", error->message);
        return;
    }
    live = sl_description_get_live_settings(sl_stream_get_description(self->stream), former, values,
                                            NULL);
    if (live == NULL) {
        self->task = g_steal_pointer(&task);
        begin_values(self, settings, values);
    } else if (sl_stream_set_live(self->stream, values, &error)) {
        keep_settings(self, settings);
        g_task_return_boolean(task, TRUE);
    } else {
        g_task_return_error(task, g_steal_pointer(&error));
    }
}

gboolean
sl_pipeline_switch_finish(SlPipelineSwitch *self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}

/* --- names --- */

/* The file that the stream was started with, by its name; NULL where it was a name already. */
static char *
name_of_configured_file(SlPipelineSwitch *self)
{
    const char *file = self->configured->name;
    char *name;

    if (strchr(file, '/') == NULL && !g_str_has_suffix(file, SUFFIX))
        return NULL;
    name = g_path_get_basename(file);
    if (g_str_has_suffix(name, SUFFIX))
        name[strlen(name) - strlen(SUFFIX)] = '\0';
    return name;
}

char *
sl_pipeline_switch_find(SlPipelineSwitch *self, const char *name, GError **error)
{
    g_autofree char *configured = name_of_configured_file(self);
    g_autofree char *path = NULL;

    if (self->choose != NULL && g_str_equal(name, SL_PIPELINE_AUTO))
        return g_strdup(name);
    if (g_strcmp0(name, configured) == 0)
        return g_strdup(self->configured->name);
    if (!sl_name_is_valid(name)) {
        g_autofree char *found = sl_problems_quote(name);

        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                    "found %s, expected the name of a description of the library", found);
        return NULL;
    }
    path = sl_description_find(name, self->installed_dir, error);
    return path != NULL ? g_strdup(name) : NULL;
}

GPtrArray *
sl_pipeline_switch_list(SlPipelineSwitch *self)
{
    GPtrArray *paths = sl_description_list(self->installed_dir);
    g_autofree char *configured = name_of_configured_file(self);

    if (configured != NULL)
        g_ptr_array_insert(paths, 0, g_strdup(self->configured->name));
    return paths;
}

/* --- the object --- */

SlStream *
sl_pipeline_switch_get_stream(SlPipelineSwitch *self)
{
    return self->stream;
}

const char *
sl_pipeline_switch_get_file(SlPipelineSwitch *self)
{
    return self->watch != NULL ? sl_file_watch_get_path(self->watch) : NULL;
}

gboolean
sl_pipeline_switch_is_auto(SlPipelineSwitch *self)
{
    return sl_pipeline_choice_is_auto(self->present);
}

const char *
sl_pipeline_switch_get_problem(SlPipelineSwitch *self)
{
    return self->problem;
}

gboolean
sl_pipeline_switch_is_busy(SlPipelineSwitch *self)
{
    return self->is_busy;
}

gboolean
sl_pipeline_switch_may_edit(SlPipelineSwitch *self)
{
    return self->may_edit;
}

static void
sl_pipeline_switch_dispose(GObject *object)
{
    SlPipelineSwitch *self = SL_PIPELINE_SWITCH(object);

    drop_watch(self);
    if (self->stream != NULL)
        g_signal_handlers_disconnect_by_data(self->stream, self);
    g_clear_object(&self->stream);
    G_OBJECT_CLASS(sl_pipeline_switch_parent_class)->dispose(object);
}

static void
sl_pipeline_switch_finalize(GObject *object)
{
    SlPipelineSwitch *self = SL_PIPELINE_SWITCH(object);

    sl_pipeline_choice_free(self->configured);
    sl_pipeline_choice_free(self->present);
    g_free(self->chosen);
    g_free(self->problem);
    g_clear_pointer(&self->former, sl_pipeline_former_free);
    g_clear_error(&self->fault);
    g_free(self->installed_dir);
    g_clear_pointer(&self->weak, sl_weak_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    G_OBJECT_CLASS(sl_pipeline_switch_parent_class)->finalize(object);
}

static void
sl_pipeline_switch_class_init(SlPipelineSwitchClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_pipeline_switch_dispose;
    object_class->finalize = sl_pipeline_switch_finalize;
    signals[CHANGED] = g_signal_new("changed", SL_TYPE_PIPELINE_SWITCH, G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 0);
}

static void
sl_pipeline_switch_init(SlPipelineSwitch *self)
{
    sl_census_add_object(self);
    self->weak = sl_weak_new(self);
}

SlPipelineSwitch *
sl_pipeline_switch_new(GMainContext *context, const SlPipelineSwitchConfig *config)
{
    SlPipelineSwitch *self = g_object_new(SL_TYPE_PIPELINE_SWITCH, NULL);

    self->context =
        context != NULL ? g_main_context_ref(context) : g_main_context_ref_thread_default();
    self->stream = g_object_ref(config->stream);
    self->installed_dir = g_strdup(config->installed_dir);
    self->choose = config->choose;
    self->may_edit = config->may_edit;
    self->configured = sl_pipeline_choice_copy(config->choice);
    self->present = sl_pipeline_choice_copy(config->choice);
    if (sl_pipeline_choice_is_auto(self->present))
        self->chosen = g_strdup(sl_description_get_name(sl_stream_get_description(self->stream)));
    watch_file(self);
    g_signal_connect(self->stream, "input-changed", G_CALLBACK(on_input_changed), self);
    g_signal_connect(self->stream, "broke", G_CALLBACK(on_stream_broke), self);
    return self;
}
