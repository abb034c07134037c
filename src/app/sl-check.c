#include "sl-check.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>

#include "sl-app.h"
#include "sl-dry-run.h"

static gboolean
check_text(SlDescription *description, SlValues *values, GError **error)
{
    g_autoptr(SlProblems) problems = sl_problems_new(sl_description_get_file(description));
    g_autofree char *text = NULL;

    sl_description_check(description, values, NULL, problems);
    sl_description_check_otherwise(description, SL_PKGDATADIR "/pipelines", problems);
    if (sl_problems_get_count(problems) == 0)
        return TRUE;
    text = sl_problems_to_text(problems);
    g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION, text);
    return FALSE;
}

typedef struct {
    GCancellable *cancellable;
    int number; /* 0: none came */
} Signal;

static gboolean
on_interrupted(gpointer data)
{
    Signal *self = data;

    self->number = SIGINT;
    g_cancellable_cancel(self->cancellable);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_terminated(gpointer data)
{
    Signal *self = data;

    self->number = SIGTERM;
    g_cancellable_cancel(self->cancellable);
    return G_SOURCE_CONTINUE;
}

/* A signal ends the run first, then the program, as whoever sent it expects. */
static gboolean
run(SlDescription *description, SlValues *values, GError **error)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    Signal came = { cancellable, 0 };
    guint interrupt_id = g_unix_signal_add(SIGINT, on_interrupted, &came);
    guint terminate_id = g_unix_signal_add(SIGTERM, on_terminated, &came);
    gboolean ok = sl_dry_run(description, values, g_main_context_default(), cancellable, error);

    g_source_remove(interrupt_id);
    g_source_remove(terminate_id);
    if (came.number != 0) {
        signal(came.number, SIG_DFL);
        raise(came.number);
    }
    return ok;
}

int
sl_check(const char *name_or_file, const char *const *settings)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = sl_description_find(name_or_file, SL_PKGDATADIR "/pipelines", &error);
    g_autoptr(SlDescription) description = NULL;
    g_autoptr(SlValues) values = NULL;

    /* With the defaults first, which finds all mistakes of the file; then with what was set. */
    if (path != NULL && sl_description_check_file(path, &error))
        description = sl_description_load(path, &error);
    if (description != NULL)
        values = sl_values_new(description, settings, &error);
    if (values == NULL || !check_text(description, values, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return SL_EXIT_CONFIG;
    }
    if (run(description, values, &error)) {
        printf("%s: no mistakes found, and it runs with the test picture\n", path);
        return SL_EXIT_OK;
    }
    fprintf(stderr, "%s\n", error->message);
    if (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION))
        return SL_EXIT_CONFIG;
    if (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE))
        fprintf(stderr,
                "%s: no mistakes found, but the test picture is no such input; "
                "sightline --pipeline %s DEVICE tries it\n",
                path, path);
    else
        fprintf(stderr, "%s: no mistakes found, but it can't be run here without that\n", path);
    return SL_EXIT_UNAVAILABLE;
}
