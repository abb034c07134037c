#include "sl-key-path.h"

#include <string.h>

#define KEY "0123456789abcdef-_ABCD"

typedef struct {
    const char *name;
    const char *path;
    const char *key; /* nullable */
    const char *rest;
} Case;

static const Case CASES[] = {
    { "page", "/key/" KEY "/", KEY, "/" },
    { "asset", "/key/" KEY "/player.js", KEY, "/player.js" },
    { "deeper", "/key/" KEY "/ws/camera", KEY, "/ws/camera" },
    { "anything is a key", "/key/ \"<\xff>/player.js", " \"<\xff>", "/player.js" },
    { "empty key", "/key//player.js", "", "/player.js" },
    { "slashes", "/key////", "", "///" },
    { "dots are a key", "/key/../player.js", "..", "/player.js" },
    { "dots after it stay", "/key/" KEY "/../etc/passwd", KEY, "/../etc/passwd" },
    { "only once", "/key/a/key/b/player.js", "a", "/key/b/player.js" },

    { "no path", "", NULL, "" },
    { "front page", "/", NULL, "/" },
    { "no slash after it", "/key/" KEY, NULL, "/key/" KEY },
    { "no key", "/key/", NULL, "/key/" },
    { "no prefix's slash", "/key", NULL, "/key" },
    { "longer name", "/keys/a/b", NULL, "/keys/a/b" },
    { "other case", "/Key/a/b", NULL, "/Key/a/b" },
    { "not at the start", "/x/key/a/b", NULL, "/x/key/a/b" },
    { "two slashes before", "//key/a/b", NULL, "//key/a/b" },
    { "relative", "key/a/b", NULL, "key/a/b" },
    { "asterisk", "*", NULL, "*" },
    { "still encoded", "/key%2fa/b", NULL, "/key%2fa/b" },
};

static void
test_case(gconstpointer data)
{
    const Case *test = data;
    g_autofree char *key = NULL;
    const char *rest = sl_key_path_split(test->path, &key);

    g_assert_cmpstr(key, ==, test->key);
    g_assert_cmpstr(rest, ==, test->rest);
    g_assert_true(rest >= test->path && rest <= test->path + strlen(test->path));
}

static void
test_long(void)
{
    const gsize LENGTHS[] = { SL_KEY_MAX_BYTES - 1, SL_KEY_MAX_BYTES, SL_KEY_MAX_BYTES + 1,
                              1000 * 1000 };

    for (guint i = 0; i < G_N_ELEMENTS(LENGTHS); i++) {
        g_autofree char *given = g_strnfill(LENGTHS[i], 'k');
        g_autofree char *path = g_strconcat("/key/", given, "/player.js", NULL);
        g_autofree char *key = NULL;

        g_assert_cmpstr(sl_key_path_split(path, &key), ==, "/player.js");
        g_assert_cmpuint(strlen(key), ==, MIN(LENGTHS[i], SL_KEY_MAX_BYTES));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *path = g_strconcat("/key-path/", CASES[i].name, NULL);
        g_test_add_data_func(path, &CASES[i], test_case);
    }
    g_test_add_func("/key-path-long", test_long);
    return g_test_run();
}
