#include "sl-dry-run.h"

#include <stdlib.h>
#include <string.h>

#include "sl-context.h"
#include "sl-setup.h"
#include "sl-source-fault.h"
#include "sl-teardown.h"

/* After the first problem: other sections may have theirs. After the first frames: they may have
 * been the last. */
#define OTHERS_MS 300
#define STEADY_MS 700
/* What does not stop within this is left. */
#define STOP_MS 3000

typedef struct {
    GMainContext *context;
    SlSetup *setup;
    SlProblems *mistakes; /* the description's */
    SlProblems *lacks;    /* of what is not here */
    GSource *timer;
    gboolean is_over;
} DryRun;

/* --- what comes of it --- */

/* @message: lines, of which some begin with `FILE:LINE: ` */
static void
add_lines(SlProblems *problems, const char *file, const char *message)
{
    g_auto(GStrv) lines = g_strsplit(message, "\n", -1);
    g_autofree char *prefix = g_strconcat(file, ":", NULL);

    for (guint i = 0; lines[i] != NULL; i++) {
        const char *text = lines[i];
        char *end = NULL;
        gulong line = 0;

        if (g_str_has_prefix(text, prefix)) {
            line = strtoul(text + strlen(prefix), &end, 10);
            text = *end == ':' ? end + 1 : text + strlen(prefix);
            text += strspn(text, " ");
        }
        sl_problems_add(problems, line, "%s", text);
    }
}

static void
add_fault(DryRun *self, const GError *fault)
{
    const char *file = sl_description_get_file(sl_setup_get_description(self->setup));

    add_lines(sl_source_fault_is_pipelines(fault) ? self->mistakes : self->lacks, file,
              fault->message);
}

static gboolean
set_error(SlProblems *problems, SlMediaError code, GError **error)
{
    g_autofree char *text = sl_problems_to_text(problems);

    g_set_error_literal(error, SL_MEDIA_ERROR, code, text);
    return FALSE;
}

/* --- the run --- */

static gboolean
on_waited(gpointer data)
{
    DryRun *self = data;

    self->is_over = TRUE;
    sl_clear_source(&self->timer);
    return G_SOURCE_REMOVE;
}

static void
wait_for(DryRun *self, guint ms, GSourceFunc func)
{
    sl_clear_source(&self->timer);
    self->timer = sl_context_add_timeout(self->context, ms, func, self);
}

static void
on_broke(SlSetup *setup, const GError *error, DryRun *self)
{
    add_fault(self, error);
    wait_for(self, OTHERS_MS, on_waited);
}

static void
on_complete(SlSetup *setup, DryRun *self)
{
    wait_for(self, STEADY_MS, on_waited);
}

static gboolean
on_late(gpointer data)
{
    DryRun *self = data;
    g_autoptr(GError) delay = sl_setup_new_delay(self->setup, SL_DRY_RUN_MS);

    add_fault(self, delay);
    return on_waited(self);
}

static gboolean
on_stop_late(gpointer data)
{
    *(gboolean *)data = TRUE;
    return G_SOURCE_CONTINUE;
}

static void
stop(DryRun *self)
{
    gboolean is_late = FALSE;
    GSource *timer = sl_context_add_timeout(self->context, STOP_MS, on_stop_late, &is_late);

    sl_clear_source(&self->timer);
    g_signal_handlers_disconnect_by_data(self->setup, self);
    if (sl_setup_is_running(self->setup))
        sl_setup_stop(self->setup);
    while (!sl_setup_is_stopped(self->setup) && !is_late)
        g_main_context_iteration(self->context, TRUE);
    while (sl_teardown_get_n_pending() > 0 && !is_late)
        g_main_context_iteration(self->context, TRUE);
    sl_clear_source(&timer);
}

static void
run(DryRun *self, GCancellable *cancellable)
{
    g_signal_connect(self->setup, "broke", G_CALLBACK(on_broke), self);
    g_signal_connect(self->setup, "complete", G_CALLBACK(on_complete), self);
    wait_for(self, SL_DRY_RUN_MS, on_late);
    sl_setup_start(self->setup);
    while (!self->is_over && !g_cancellable_is_cancelled(cancellable))
        g_main_context_iteration(self->context, TRUE);
    stop(self);
}

/* What the test picture is not: a device, or in some codec. */
static gboolean
check_input(SlDescription *description, SlValues *values, SlInput *input, GError **error)
{
    const char *file = sl_description_get_file(description);
    g_autoptr(SlProblems) found = sl_problems_new(file);
    g_autoptr(GError) reason = NULL;
    g_autoptr(SlCapture) capture =
        sl_capture_new(input, description, values, SL_CAPTURE_DEFAULT, &reason);
    g_autoptr(SlLaunch) launch = NULL;
    g_autofree char *text = NULL;

    if (capture != NULL)
        launch = sl_description_expand_source(description, values, capture, found);
    else
        add_lines(found, file, reason->message);
    if (launch != NULL)
        return TRUE;
    return set_error(found, SL_MEDIA_ERROR_DEVICE, error);
}

gboolean
sl_dry_run(SlDescription *description, SlValues *values, GMainContext *context,
           GCancellable *cancellable, GError **error)
{
    const char *file = sl_description_get_file(description);
    g_autoptr(SlInput) input = sl_input_new(SL_INPUT_TEST, NULL, "the test picture");
    g_autoptr(SlProblems) mistakes = sl_problems_new(file);
    g_autoptr(SlProblems) lacks = sl_problems_new(file);
    g_autoptr(SlSetup) setup = NULL;
    DryRun self = { .context = context, .mistakes = mistakes, .lacks = lacks };

    if (!check_input(description, values, input, error))
        return FALSE;
    setup = sl_setup_new(context, input, description, values, SL_CAPTURE_DEFAULT);
    self.setup = setup;
    run(&self, cancellable);
    if (g_cancellable_set_error_if_cancelled(cancellable, error))
        return FALSE;
    if (sl_problems_get_count(mistakes) > 0)
        return set_error(mistakes, SL_MEDIA_ERROR_DESCRIPTION, error);
    if (sl_problems_get_count(lacks) > 0)
        return set_error(lacks, SL_MEDIA_ERROR_NOT_FOUND, error);
    return TRUE;
}
