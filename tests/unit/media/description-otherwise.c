#include "sl-description.h"

#include <glib/gstdio.h>
#include <gst/gst.h>

/* Descriptions that name another one, for where their elements are not installed. */

static char *folder;

static void
write_file(const char *name, const char *about, const char *element)
{
    g_autofree char *file = g_strconcat(name, ".pipeline", NULL);
    g_autofree char *path = g_build_filename(folder, file, NULL);
    g_autofree char *text = g_strdup_printf("[about]\ntitle = %s\n%s[source]\nfakesrc ! %s ! "
                                            "appsink name=video\n",
                                            name, about, element);
    g_autoptr(GError) error = NULL;

    g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
}

static void
write_files(void)
{
    g_autoptr(GError) error = NULL;

    folder = g_dir_make_tmp("sightline-otherwise-XXXXXX", &error);
    g_assert_no_error(error);
    g_setenv("SIGHTLINE_PIPELINES", folder, TRUE);
    write_file("here", "otherwise = plain\n", "queue");
    write_file("plain", "", "identity");
    write_file("lacks", "", "nosuchenc");
    write_file("one", "otherwise = plain\n", "nosuchenc ! nosuchpay");
    write_file("two", "otherwise = one\n", "nosuchenc");
    write_file("round", "otherwise = about\n", "nosuchenc");
    write_file("about", "otherwise = round\n", "nosuchpay");
    write_file("self", "otherwise = self\n", "queue");
    write_file("nowhere", "otherwise = plane\n", "nosuchenc");
    write_file("none", "otherwise = lacks\n", "rtpnosuchpay");
    write_file("broken", "otherwise = mistaken\n", "nosuchenc");
    write_file("mistaken", "otherwise = two words\n", "queue");
    write_file("deep", "otherwise = deep2\n", "nosuchenc");
    write_file("deep2", "otherwise = deep3\n", "nosuchenc");
    write_file("deep3", "otherwise = deep4\n", "nosuchenc");
    write_file("deep4", "otherwise = deep5\n", "nosuchenc");
    write_file("deep5", "", "queue");
}

static void
remove_files(void)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *file;

    while ((file = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, file, NULL);

        g_remove(path);
    }
    g_rmdir(folder);
    g_free(folder);
}

typedef struct {
    const char *name;
    const char *taken; /* NULL: none */
    const char *words; /* of `instead` or of the error; $ is the folder */
    const char *check; /* what --check says of it; NULL: nothing */
} Case;

static const Case cases[] = {
    { "here", "here", NULL, NULL },
    { "lacks", "lacks", NULL, NULL },
    { "one", "plain", "one needs nosuchenc, nosuchpay, which this machine lacks: plain instead",
      NULL },
    { "two", "plain", "two needs nosuchenc, which this machine lacks: plain instead", NULL },
    { "none", NULL,
      "$/none.pipeline:5: element 'rtpnosuchpay' is not installed, expected it to be\n"
      "$/lacks.pipeline:4: element 'nosuchenc' is not installed, expected it to be",
      NULL },
    { "round", NULL,
      "$/round.pipeline:5: element 'nosuchenc' is not installed, expected it to be\n"
      "$/about.pipeline:3: otherwise is 'round', which leads back to it; expected one that does "
      "not\n"
      "$/about.pipeline:5: element 'nosuchpay' is not installed, expected it to be",
      "$/round.pipeline:3: otherwise is 'about', but $/about.pipeline:3: otherwise is 'round', "
      "which leads back to it; expected one that does not" },
    { "self", "self", NULL,
      "$/self.pipeline:3: otherwise is 'self', which leads back to it; expected one that does "
      "not" },
    { "nowhere", NULL,
      "$/nowhere.pipeline:3: otherwise: no description 'plane' in $LOOKED; did you mean 'plain'?\n"
      "$/nowhere.pipeline:5: element 'nosuchenc' is not installed, expected it to be",
      "$/nowhere.pipeline:3: otherwise: no description 'plane' in $LOOKED; did you mean 'plain'?" },
    { "broken", NULL,
      "$/broken.pipeline:3: otherwise is 'mistaken', which has mistakes: sightline --check "
      "mistaken\n"
      "$/broken.pipeline:5: element 'nosuchenc' is not installed, expected it to be",
      "$/broken.pipeline:3: otherwise is 'mistaken', which has mistakes: sightline --check "
      "mistaken" },
    { "mistaken", NULL,
      "$/mistaken.pipeline:3: otherwise is 'two words', expected a name that --list-pipelines "
      "lists",
      NULL },
    { "deep", NULL,
      "$/deep.pipeline:5: element 'nosuchenc' is not installed, expected it to be\n"
      "$/deep2.pipeline:5: element 'nosuchenc' is not installed, expected it to be\n"
      "$/deep3.pipeline:5: element 'nosuchenc' is not installed, expected it to be\n"
      "$/deep4.pipeline:3: otherwise is the 4th in a row, expected 3 at most\n"
      "$/deep4.pipeline:5: element 'nosuchenc' is not installed, expected it to be",
      "$/deep.pipeline:3: otherwise is 'deep2', but $/deep4.pipeline:3: otherwise is the 4th in a "
      "row, expected 3 at most" },
};

/* The folders that were searched depend on the machine. */
static char *
make_readable(const char *text)
{
    g_autoptr(GRegex) searched = g_regex_new(" in [^;\n]*(?=; did you)", 0, 0, NULL);
    g_autofree char *looked =
        g_regex_replace_literal(searched, text, -1, 0, " in $LOOKED", 0, NULL);
    g_auto(GStrv) parts = g_strsplit(looked, folder, -1);

    return g_strjoinv("$", parts);
}

static void
test_case(gconstpointer data)
{
    const Case *c = data;
    g_autofree char *instead = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(SlDescription) found = sl_description_load_available(c->name, NULL, &instead, &error);
    g_autofree char *words = NULL;

    if (c->taken != NULL) {
        g_assert_no_error(error);
        g_assert_cmpstr(sl_description_get_name(found), ==, c->taken);
        g_assert_cmpstr(instead, ==, c->words);
        return;
    }
    g_assert_null(found);
    g_assert_null(instead);
    words = make_readable(error->message);
    g_assert_cmpstr(words, ==, c->words);
}

static void
test_check(gconstpointer data)
{
    const Case *c = data;
    g_autofree char *path = sl_description_find(c->name, NULL, NULL);
    g_autoptr(SlProblems) problems = sl_problems_new(path);
    g_autoptr(SlDescription) description = sl_description_load(path, NULL);
    g_autofree char *text = NULL;
    g_autofree char *words = NULL;

    if (description == NULL) /* said when it is read */
        return;
    sl_description_check_otherwise(description, NULL, problems);
    text = sl_problems_to_text(problems);
    words = make_readable(text);
    g_assert_cmpstr(words, ==, c->check != NULL ? c->check : "");
}

int
main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    gst_init(NULL, NULL);
    write_files();
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *load = g_strconcat("/description/otherwise/load/", cases[i].name, NULL);
        g_autofree char *check = g_strconcat("/description/otherwise/check/", cases[i].name, NULL);

        g_test_add_data_func(load, &cases[i], test_case);
        g_test_add_data_func(check, &cases[i], test_check);
    }
    status = g_test_run();
    remove_files();
    return status;
}
