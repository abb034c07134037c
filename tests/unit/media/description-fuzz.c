#include "sl-description-viewer.h"

#include <gst/gst.h>
#include <stdlib.h>
#include <string.h>

/*
 * Descriptions changed at random: whatever they say, reading, expanding and checking them must end,
 * without a critical warning (fatal here) and without a warning of GStreamer's. The seed is fixed,
 * so that a failure repeats.
 */

#define SEED 20240229
#define N_PARSED 1500
#define N_CHECKED 500

static const char *const words[] = {
    "[",
    "]",
    "!",
    "!",
    "(",
    ")",
    "\"",
    "'",
    "\\",
    "${",
    "}",
    "${width}",
    "${capture}",
    "${device}",
    "=",
    ".",
    ":",
    "::",
    ",",
    ";",
    "\n",
    "#",
    "\n[source]\n",
    "\n[viewer video]\n",
    "name=",
    "name=video",
    "name=t",
    "t.",
    "tee",
    "queue",
    "vp8enc",
    "appsink",
    "video/x-raw",
    "[1,1]",
    "[5,1]",
    "{ 1, 2 }",
    "[1,10,3]",
    "width=",
    "(int)",
    "(fraction)",
    "1/0",
    "-1",
    "99999999999999999999",
    "NULL",
    "caps=",
    "\xc3\xa9",
    "\xff",
    "\x01",
    "compositor",
    "sink_0::",
    "identity",
    "fakesrc",
    "fakesink",
    "parent=",
    "video-sink=x",
    "bin",
    "pipeline",
    "webrtcbin",
    "capsfilter",
    "filter-caps=",
    "=\"[1,1]\"",
    "(memory:X)",
    "videotestsrc",
    "decodebin",
    "max-size-time=",
    "true",
};

static const SlCapture input = {
    .raw = (char *)"videotestsrc is-live=true ! video/x-raw,width=640",
    .encoded = (char *)"fakesrc",
    .encoded_codec = (char *)"h264",
    .audio = (char *)"audiotestsrc",
    .device = (char *)"/dev/video0",
};

typedef struct {
    GRand *rand;
    GPtrArray *seeds; /* GBytes */
    guint n_sound;
} Fuzz;

static gsize
pick(Fuzz *self, gsize n)
{
    return n > 0 ? g_rand_int_range(self->rand, 0, n) : 0;
}

static void
mutate_once(Fuzz *self, GString *text)
{
    gsize at = pick(self, text->len + 1);
    gsize n = pick(self, MIN(text->len - at, 20) + 1);
    gsize from = pick(self, text->len + 1);
    g_autofree char *copy = g_strndup(text->str + from, MIN(text->len - from, 30));

    switch (pick(self, 5)) {
    case 0:
        g_string_erase(text, at, n);
        break;
    case 1:
        g_string_insert(text, at, words[pick(self, G_N_ELEMENTS(words))]);
        break;
    case 2:
        g_string_insert(text, at, copy);
        break;
    case 3:
        if (at < text->len)
            text->str[at] = (char)pick(self, 256);
        break;
    default:
        g_string_erase(text, at, n);
        g_string_insert(text, at, words[pick(self, G_N_ELEMENTS(words))]);
        break;
    }
}

static GString *
mutate(Fuzz *self)
{
    GBytes *seed = g_ptr_array_index(self->seeds, pick(self, self->seeds->len));
    GString *text = g_string_new_len(g_bytes_get_data(seed, NULL), g_bytes_get_size(seed));
    gsize n = 1 + pick(self, 6);

    while (n-- > 0)
        mutate_once(self, text);
    return text;
}

static void
build_viewers(SlDescription *description, SlValues *values)
{
    for (const char *const *track = sl_description_get_tracks(description); *track != NULL;
         track++) {
        g_autoptr(SlProblems) problems = sl_problems_new("");
        g_autoptr(SlLaunch) launch =
            sl_description_expand_viewer(description, values, *track, problems);
        GstElement *bin = launch != NULL ? sl_launch_make_viewer_bin(launch, NULL) : NULL;

        if (bin != NULL) {
            gst_object_ref_sink(bin);
            gst_object_unref(bin);
        } else {
            g_assert_null(launch);
        }
    }
}

/* What was found sound must be sound. */
static void
check(Fuzz *self, SlDescription *description)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SlValues) values = sl_values_new(description, NULL, &error);
    g_autoptr(SlProblems) problems = sl_problems_new("");

    g_assert_no_error(error);
    sl_description_check(description, values, &input, problems);
    if (sl_problems_get_count(problems) > 0)
        return;
    self->n_sound++;
    build_viewers(description, values);
}

static void
run(Fuzz *self, guint n, gboolean with_check)
{
    for (guint i = 0; i < n; i++) {
        GString *text = mutate(self);
        g_autoptr(SlProblems) problems = sl_problems_new("");
        g_autoptr(SlDescription) description =
            sl_description_parse("x", text->str, text->len, problems);
        g_autofree char *all = sl_problems_to_text(problems);

        g_assert_true(g_utf8_validate(all, -1, NULL));
        g_assert_cmpint(description == NULL, ==, sl_problems_get_count(problems) > 0);
        if (g_test_verbose())
            g_test_message("%u: %s", i, text->str);
        if (description != NULL && with_check)
            check(self, description);
        g_string_free(text, TRUE);
    }
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_seeds(Fuzz *self, const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(name, ".pipeline"))
            g_ptr_array_add(names, g_build_filename(folder, name, NULL));
    }
    /* Folders have no order of their own; the seed is to repeat. */
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        char *contents;
        gsize len;

        g_assert_true(g_file_get_contents(g_ptr_array_index(names, i), &contents, &len, NULL));
        g_ptr_array_add(self->seeds, g_bytes_new_take(contents, len));
    }
}

static void
fuzz(const char *folder, guint n, gboolean with_check)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, folder, NULL);
    /* More, and others, on request: FUZZ_FACTOR=100. */
    int usual = g_getenv("SIGHTLINE_TEST_LONG") != NULL ? 10 : 1;
    guint factor = (guint)(g_getenv("FUZZ_FACTOR") != NULL ? atoi(g_getenv("FUZZ_FACTOR")) : usual);
    Fuzz self = { .rand = g_rand_new_with_seed(SEED + factor - 1),
                  .seeds = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref) };

    add_seeds(&self, path);
    run(&self, n * factor, with_check);
    if (with_check)
        g_assert_cmpuint(self.n_sound, >, 0);
    g_test_message("%u of %u were sound", self.n_sound, n * factor);
    g_ptr_array_unref(self.seeds);
    g_rand_free(self.rand);
}

static void
test_parse(void)
{
    fuzz("fixtures/descriptions", N_PARSED, FALSE);
}

static void
test_check(void)
{
    fuzz("../pipelines", N_CHECKED, TRUE);
}

static void
test_check_fixtures(void)
{
    fuzz("fixtures/descriptions", N_CHECKED, TRUE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    gst_init(NULL, NULL);
    g_test_add_func("/description/fuzz/parse", test_parse);
    g_test_add_func("/description/fuzz/check", test_check);
    g_test_add_func("/description/fuzz/check-fixtures", test_check_fixtures);
    return g_test_run();
}
