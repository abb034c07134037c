#include "sl-description.h"

#include <glib/gstdio.h>
#include <string.h>

/* Folders of this test alone; the search's own variables are set before GLib reads them. */
typedef struct {
    char *root;
    char *own[2];
    char *user;
    char *system;
    char *installed;
} Folders;

static Folders folders;

static char *
make_folder(const char *name)
{
    char *path = g_build_filename(folders.root, name, NULL);

    g_assert_cmpint(g_mkdir_with_parents(path, 0700), ==, 0);
    return path;
}

static void
put(const char *folder, const char *file)
{
    g_autofree char *path = g_build_filename(folder, file, NULL);

    g_assert_true(g_file_set_contents(path, "[source]\n", -1, NULL));
}

static void
set_up(void)
{
    g_autofree char *searched = NULL;
    g_autofree char *user_data = NULL;
    g_autofree char *system_data = NULL;

    folders.root = g_dir_make_tmp("sightline-test-XXXXXX", NULL);
    folders.own[0] = make_folder("own-1");
    folders.own[1] = make_folder("own-2");
    folders.user = make_folder("user/sightline/pipelines");
    folders.system = make_folder("system/sightline/pipelines");
    folders.installed = make_folder("installed");
    user_data = g_build_filename(folders.root, "user", NULL);
    system_data = g_build_filename(folders.root, "system", NULL);
    searched = g_strdup_printf("%s::%s", folders.own[0], folders.own[1]);
    g_setenv("SIGHTLINE_PIPELINES", searched, TRUE);
    g_setenv("XDG_DATA_HOME", user_data, TRUE);
    g_setenv("XDG_DATA_DIRS", system_data, TRUE);

    put(folders.own[1], "vp8.pipeline");
    put(folders.user, "vp8.pipeline");
    put(folders.user, "mine.pipeline");
    put(folders.user, "Not-A-Name.pipeline");
    put(folders.user, "notes.txt");
    put(folders.system, "site.pipeline");
    put(folders.installed, "vp8.pipeline");
    put(folders.installed, "vp8-per-viewer.pipeline");
    g_free(make_folder("installed/folder.pipeline"));
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        remove_tree(child);
    }
    g_remove(path);
}

static void
tear_down(void)
{
    remove_tree(folders.root);
    g_free(folders.root);
    g_free(folders.own[0]);
    g_free(folders.own[1]);
    g_free(folders.user);
    g_free(folders.system);
    g_free(folders.installed);
}

static void
assert_found(const char *name, const char *folder, const char *file)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *expected = g_build_filename(folder, file, NULL);
    g_autofree char *path = sl_description_find(name, folders.installed, &error);

    g_assert_no_error(error);
    g_assert_cmpstr(path, ==, expected);
}

static void
assert_not_found(const char *name, const char *message)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(sl_description_find(name, folders.installed, &error));
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND);
    g_assert_cmpstr(error->message, ==, message);
}

static void
test_find(void)
{
    g_autofree char *file = g_build_filename(folders.user, "notes.txt", NULL);

    assert_found("vp8", folders.own[1], "vp8.pipeline");
    assert_found("mine", folders.user, "mine.pipeline");
    assert_found("site", folders.system, "site.pipeline");
    assert_found("vp8-per-viewer", folders.installed, "vp8-per-viewer.pipeline");
    assert_found(file, folders.user, "notes.txt");
}

static void
test_not_found(void)
{
    g_autofree char *looked_in = g_strdup_printf(
        "no description 'vp-8' in %s, %s, %s, %s, %s; did you mean 'vp8'?", folders.own[0],
        folders.own[1], folders.user, folders.system, folders.installed);
    g_autofree char *folder = g_strconcat(folders.installed, "/folder.pipeline", NULL);
    g_autofree char *no_file =
        g_strdup_printf("%s: not a regular file, expected a description", folder);

    assert_not_found("vp-8", looked_in);
    assert_not_found("nothing.pipeline", "nothing.pipeline: no such file");
    assert_not_found("./vp8", "./vp8: no such file");
    assert_not_found(folder, no_file);
    assert_not_found(
        "Vp8", "found description 'Vp8', expected a name of a-z, 0-9, '_' and '-' that begins "
               "with a letter, or a file with '/' or ending in .pipeline");
    assert_not_found(
        "", "found description '', expected a name of a-z, 0-9, '_' and '-' that begins with a "
            "letter, or a file with '/' or ending in .pipeline");
}

static void
test_list(void)
{
    g_autoptr(GPtrArray) paths = sl_description_list(folders.installed);
    const char *expected[][2] = {
        { folders.user, "mine.pipeline" },
        { folders.system, "site.pipeline" },
        { folders.installed, "vp8-per-viewer.pipeline" },
        { folders.own[1], "vp8.pipeline" },
    };

    g_assert_cmpuint(paths->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < paths->len; i++) {
        g_autofree char *path = g_build_filename(expected[i][0], expected[i][1], NULL);

        g_assert_cmpstr(g_ptr_array_index(paths, i), ==, path);
    }
}

static void
assert_not_loaded(const char *path, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *expected = g_strdup_printf("%s: %s", path, message);

    g_assert_null(sl_description_load(path, &error));
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND);
    g_assert_cmpstr(error->message, ==, expected);
}

static void
test_load(void)
{
    g_autofree char *path = g_build_filename(folders.installed, "vp8.pipeline", NULL);
    g_autofree char *expected =
        g_strdup_printf("%s:1: [source] is empty, expected launch text", path);
    g_autoptr(GError) error = NULL;

    assert_not_loaded("/nowhere/x.pipeline", "No such file or directory");
    assert_not_loaded(folders.installed, "not a regular file, expected a description");
    assert_not_loaded("/dev/null", "not a regular file, expected a description");
    g_assert_null(sl_description_load(path, &error));
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION);
    g_assert_cmpstr(error->message, ==, expected);
}

static void
test_package_hints(void)
{
    g_assert_cmpstr(sl_element_package_hint("vp8enc"), ==, "gstreamer1.0-plugins-good");
    g_assert_cmpstr(sl_element_package_hint("x264enc"), ==, "gstreamer1.0-plugins-ugly");
    g_assert_cmpstr(sl_element_package_hint("textoverlay"), ==, "gstreamer1.0-x");
    g_assert_cmpstr(sl_element_package_hint("webrtcbin"), ==, "gstreamer1.0-plugins-bad");
    g_assert_cmpstr(sl_element_package_hint("nicesrc"), ==, "gstreamer1.0-nice");
    g_assert_cmpstr(sl_element_package_hint("adder"), ==, "gstreamer1.0-plugins-base");
    g_assert_cmpstr(sl_element_package_hint("ximagesrc"), ==, "gstreamer1.0-plugins-good");
    g_assert_cmpstr(sl_element_package_hint("zbar"), ==, "gstreamer1.0-plugins-bad");
    g_assert_null(sl_element_package_hint("nosuchelement"));
    g_assert_null(sl_element_package_hint(""));
}

int
main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    set_up();
    g_test_add_func("/description/find", test_find);
    g_test_add_func("/description/not-found", test_not_found);
    g_test_add_func("/description/list", test_list);
    g_test_add_func("/description/load", test_load);
    g_test_add_func("/description/package-hints", test_package_hints);
    status = g_test_run();
    tear_down();
    return status;
}
