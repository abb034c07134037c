#include "sl-dry-run.h"

#include <gst/gst.h>
#include <string.h>
#include <unistd.h>

#include "proc-fixture.h"
#include "sl-census.h"

/*
 * Each tests/fixtures/dry-run/NAME.pipeline reads well, and does what NAME.expected says when it
 * runs. `UPDATE_EXPECTED=1 test-dry-run` writes them anew; read the difference.
 */

static SlDescription *
load(const char *file, SlValues **ret_values)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SlDescription) description = NULL;

    /* What it is checked for without running it is not what this is about. */
    sl_description_check_file(file, &error);
    g_assert_no_error(error);
    description = sl_description_load(file, &error);
    g_assert_no_error(error);
    *ret_values = sl_values_new(description, NULL, &error);
    g_assert_no_error(error);
    return g_steal_pointer(&description);
}

static char *
judge(const char *file, GCancellable *cancellable)
{
    g_autoptr(SlValues) values = NULL;
    g_autoptr(SlDescription) description = load(file, &values);
    g_autoptr(GError) error = NULL;

    if (sl_dry_run(description, values, g_main_context_default(), cancellable, &error))
        return g_strdup("It runs.\n");
    if (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION))
        return g_strdup_printf("%s\n", error->message);
    if (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND))
        return g_strdup_printf("%s\nThat is not here.\n", error->message);
    if (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE))
        return g_strdup_printf("%s\nThe test picture is no such input.\n", error->message);
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    return g_strdup("It was stopped.\n");
}

static void
assert_nothing_left(void)
{
    static const char *const kinds[] = { "SlSetup", "SlPipelineSource", "SlStreamCodecs",
                                         "SlTrack", "SlFrameWatch",     "SlCodecProbe" };

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        PROC_WAIT_UNTIL(sl_census_get(kinds[i]) == 0);
}

static void
test_file(gconstpointer data)
{
    const char *file = data;
    g_autofree char *found = judge(file, NULL);
    g_autofree char *name = g_strndup(file, strlen(file) - strlen(".pipeline"));
    g_autofree char *expected_file = g_strconcat(name, ".expected", NULL);
    g_autofree char *expected = NULL;
    g_autoptr(GError) error = NULL;

    if (g_getenv("UPDATE_EXPECTED") != NULL)
        g_file_set_contents(expected_file, found, -1, NULL);
    g_file_get_contents(expected_file, &expected, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(found, ==, expected);
    assert_nothing_left();
}

static gboolean
on_signal(gpointer cancellable)
{
    g_cancellable_cancel(cancellable);
    return G_SOURCE_REMOVE;
}

/* While it waits for a frame that does not come. */
static void
test_cancelled(void)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    gint64 start_us = g_get_monotonic_time();
    g_autofree char *found = NULL;

    g_timeout_add(200, on_signal, cancellable);
    found = judge("no-frame.pipeline", cancellable);
    g_assert_cmpstr(found, ==, "It was stopped.\n");
    g_assert_cmpint(g_get_monotonic_time() - start_us, <, SL_DRY_RUN_MS * (gint64)1000);
    assert_nothing_left();
}

static void
test_shipped(void)
{
    g_autofree char *folder = g_build_filename(g_getenv("G_TEST_SRCDIR"), "..", "pipelines", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *file;

    g_assert_nonnull(dir);
    while ((file = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, file, NULL);
        g_autofree char *found = NULL;

        if (!g_str_has_suffix(file, ".pipeline"))
            continue;
        found = judge(path, NULL);
        if (strstr(found, "\nThe test picture is no such input.\n") != NULL ||
            strstr(found, "\nThat is not here.\n") != NULL)
            g_test_message("%s", found);
        else
            g_assert_cmpstr(found, ==, "It runs.\n");
    }
    assert_nothing_left();
}

static void
add_files(void)
{
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "fixtures", "dry-run", NULL);
    g_autoptr(GDir) dir = NULL;
    const char *file;

    g_assert_no_errno(chdir(folder));
    dir = g_dir_open(".", 0, NULL);
    while ((file = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_strconcat("/dry-run/file/", file, NULL);

        if (g_str_has_suffix(file, ".pipeline"))
            g_test_add_data_func(path, g_intern_string(file), test_file);
    }
}

int
main(int argc, char **argv)
{
    /* GStreamer translates its messages. */
    g_setenv("LC_ALL", "C", TRUE);
    g_test_init(&argc, &argv, NULL);
    gst_init(NULL, NULL);
    g_main_context_acquire(g_main_context_default());
    add_files();
    g_test_add_func("/dry-run/cancelled", test_cancelled);
    g_test_add_func("/dry-run/shipped", test_shipped);
    return proc_fixture_run();
}
