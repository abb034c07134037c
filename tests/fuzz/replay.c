#include "fuzz.h"

#include <gio/gio.h>

/* The kept inputs once more, one test for all of them, where there is no libFuzzer: with other
 * compilers, and as fast as a unit test. argv[1]: the folder. */

static char *folder;

static void
replay_file(const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *data = NULL;
    g_autoptr(GError) error = NULL;
    gsize len;

    if (!g_file_get_contents(path, &data, &len, &error))
        g_error("%s", error->message);
    g_test_message("%s", name);
    LLVMFuzzerTestOneInput((const guint8 *)data, len);
}

static void
test_corpus(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
    const char *name;
    guint n = 0;

    g_assert_no_error(error);
    while ((name = g_dir_read_name(dir)) != NULL) {
        replay_file(name);
        n++;
    }
    g_assert_cmpuint(n, >, 0);
}

int
main(int argc, char **argv)
{
    g_autofree char *name = NULL;

    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(argc, ==, 2);
    folder = argv[1];
    LLVMFuzzerInitialize(&argc, &argv);
    name = g_path_get_basename(folder);
    g_test_add_func(g_strconcat("/corpus/", name, NULL), test_corpus);
    return g_test_run();
}
