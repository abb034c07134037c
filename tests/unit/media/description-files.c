#include "sl-description.h"

#include <gst/gst.h>
#include <string.h>
#include <unistd.h>

/*
 * Each tests/fixtures/descriptions/NAME.pipeline becomes what NAME.expected says: all its problems,
 * or the launch text that it expands to. `UPDATE_EXPECTED=1 test-description-files` writes them
 * anew; read the difference.
 */

static const SlCapture input = {
    .raw = (char *)"v4l2src device=\"/dev/video0\" ! image/jpeg ! jpegdec",
    .encoded = (char *)"v4l2src device=\"/dev/video0\" ! video/x-h264",
    .encoded_codec = (char *)"h264",
    .audio = (char *)"audiotestsrc is-live=true",
    .device = (char *)"/dev/video0",
};

static char *
expand(const char *file)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SlDescription) description = sl_description_load(file, &error);
    g_autoptr(SlValues) values = NULL;
    g_autoptr(SlProblems) problems = sl_problems_new(file);
    g_autoptr(SlLaunch) source = NULL;
    GString *text;

    g_assert_no_error(error);
    values = sl_values_new(description, NULL, &error);
    g_assert_no_error(error);
    source = sl_description_expand_source(description, values, &input, problems);
    g_assert_cmpuint(sl_problems_get_count(problems), ==, 0);
    sl_description_check(description, values, &input, problems);
    g_assert_cmpuint(sl_problems_get_count(problems), ==, 0);

    text = g_string_new(sl_description_get_title(description));
    g_string_append_printf(text, "\n[source]\n%s\n", sl_launch_get_text(source));
    for (const char *const *track = sl_description_get_tracks(description); *track != NULL;
         track++) {
        g_autoptr(SlLaunch) viewer =
            sl_description_expand_viewer(description, values, *track, problems);

        g_string_append_printf(text, "[viewer %s] line %u\n%s\n", *track,
                               sl_description_get_track_line(description, *track),
                               viewer != NULL ? sl_launch_get_text(viewer) : "(standard)");
    }
    return g_string_free(text, FALSE);
}

static char *
judge(const char *file)
{
    g_autoptr(GError) error = NULL;

    if (sl_description_check_file(file, &error))
        return expand(file);
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION);
    return g_strconcat(error->message, "\n", NULL);
}

static void
test_file(gconstpointer data)
{
    const char *file = data;
    g_autofree char *found = judge(file);
    g_autofree char *name = g_strndup(file, strlen(file) - strlen(".pipeline"));
    g_autofree char *expected_file = g_strconcat(name, ".expected", NULL);
    g_autofree char *expected = NULL;
    g_autoptr(GError) error = NULL;

    if (g_getenv("UPDATE_EXPECTED") != NULL)
        g_file_set_contents(expected_file, found, -1, NULL);
    g_file_get_contents(expected_file, &expected, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(found, ==, expected);
}

/* What the program brings with it must not only read well. */
static void
test_shipped(void)
{
    g_autofree char *folder = g_build_filename(g_getenv("G_TEST_SRCDIR"), "..", "pipelines", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *file;
    guint n_files = 0;

    g_assert_nonnull(dir);
    while ((file = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, file, NULL);
        g_autoptr(GError) error = NULL;

        if (!g_str_has_suffix(file, ".pipeline"))
            continue;
        sl_description_check_file(path, &error);
        g_assert_no_error(error);
        n_files++;
    }
    g_assert_cmpuint(n_files, >=, 2);
}

/* An element that is known and not there, whatever this machine has. */
static void
hide_element(const char *name)
{
    g_autoptr(GstPluginFeature) feature =
        gst_registry_find_feature(gst_registry_get(), name, GST_TYPE_ELEMENT_FACTORY);

    if (feature != NULL)
        gst_registry_remove_feature(gst_registry_get(), feature);
}

int
main(int argc, char **argv)
{
    g_autofree char *folder = NULL;
    g_autoptr(GDir) dir = NULL;
    const char *file;

    /* GStreamer translates its messages. */
    g_setenv("LC_ALL", "C", TRUE);
    g_test_init(&argc, &argv, NULL);
    gst_init(NULL, NULL);
    hide_element("theoraenc");
    folder = g_test_build_filename(G_TEST_DIST, "fixtures", "descriptions", NULL);
    g_assert_no_errno(chdir(folder));
    dir = g_dir_open(".", 0, NULL);
    while ((file = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(file, ".pipeline")) {
            g_autofree char *path = g_strconcat("/description/file/", file, NULL);

            g_test_add_data_func(path, g_intern_string(file), test_file);
        }
    }
    g_test_add_func("/description/shipped", test_shipped);
    return g_test_run();
}
