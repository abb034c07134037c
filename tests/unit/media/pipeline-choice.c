#include <gst/gst.h>

#include "sl-pipeline-choice.h"

static char *
join(char **settings)
{
    return g_strjoinv(" ", settings);
}

/* --- settings --- */

static const struct {
    const char *settings, *over, *merged;
} MERGES[] = {
    { "", "", "" },
    { "a=1 b=2", "", "a=1 b=2" },
    { "", "a=1 a=2", "a=2" },
    { "a=1 b=2", "a=3", "b=2 a=3" },
    { "a=1 b=2", "c=3 b=4", "a=1 c=3 b=4" },
    { "ab=1", "a=2", "ab=1 a=2" },
    { "a=b=c", "a=", "a=" },
    { "a", "a=1", "a=1" },
};

static void
test_merge(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(MERGES); i++) {
        g_auto(GStrv) settings =
            *MERGES[i].settings != '\0' ? g_strsplit(MERGES[i].settings, " ", -1) : NULL;
        g_auto(GStrv) over = *MERGES[i].over != '\0' ? g_strsplit(MERGES[i].over, " ", -1) : NULL;
        g_auto(GStrv) merged =
            sl_settings_merge((const char *const *)settings, (const char *const *)over);
        g_autofree char *text = join(merged);

        g_assert_cmpstr(text, ==, MERGES[i].merged);
    }
}

static const struct {
    const char *settings, *kept, *left_out;
} KEPT[] = {
    { "width=320", "width=320", NULL },
    { "width=320 bitrate=5", "width=320", "bitrate=5" },
    { "width=wide depth=2", "", "width=wide, depth=2" },
    { "width=9", "", "width=9" },
    { "height", "", "height" },
};

static void
test_keep(void)
{
    static const char text[] = "[variable width]\ntype = int\ndefault = 640\nmin = 16\n"
                               "[source]\nvideotestsrc ! video/x-raw,width=${width} ! vp8enc ! "
                               "appsink name=video\n";
    g_autoptr(SlProblems) problems = sl_problems_new("test");
    g_autoptr(SlDescription) description =
        sl_description_parse("test", text, strlen(text), problems);

    g_assert_nonnull(description);
    for (guint i = 0; i < G_N_ELEMENTS(KEPT); i++) {
        g_auto(GStrv) settings = g_strsplit(KEPT[i].settings, " ", -1);
        g_autofree char *left_out = NULL;
        g_auto(GStrv) kept =
            sl_settings_keep((const char *const *)settings, description, &left_out);
        g_autofree char *joined = join(kept);

        g_assert_cmpstr(joined, ==, KEPT[i].kept);
        g_assert_cmpstr(left_out, ==, KEPT[i].left_out);
    }
}

static void
test_equal(void)
{
    static const char *const some[] = { "a=1", NULL };
    static const char *const repeated[] = { "a=2", "a=1", NULL };
    g_autoptr(SlPipelineChoice) a = sl_pipeline_choice_new("vp8", some);
    g_autoptr(SlPipelineChoice) b = sl_pipeline_choice_new("vp8", repeated);
    g_autoptr(SlPipelineChoice) without = sl_pipeline_choice_new("vp8", NULL);
    g_autoptr(SlPipelineChoice) other = sl_pipeline_choice_new("vp9", some);
    g_autoptr(SlPipelineChoice) text = sl_pipeline_choice_new(NULL, some);
    g_autoptr(SlPipelineChoice) copy = NULL;

    text->text = g_bytes_new_static("x", 1);
    copy = sl_pipeline_choice_copy(text);
    g_assert_true(sl_pipeline_choice_equal(a, b));
    g_assert_false(sl_pipeline_choice_equal(a, without));
    g_assert_false(sl_pipeline_choice_equal(a, other));
    g_assert_false(sl_pipeline_choice_equal(a, text));
    g_assert_true(sl_pipeline_choice_equal(text, copy));
}

/* --- what is next --- */

#define CHOICE SL_SWITCH_DUE_CHOICE
#define INPUT SL_SWITCH_DUE_INPUT
#define FILE_ SL_SWITCH_DUE_FILE

static const struct {
    const char *name; /* NULL: a text */
    gboolean is_busy;
    guint due, taken, left;
} NEXT[] = {
    { "vp8", FALSE, 0, 0, 0 },
    { "vp8", FALSE, FILE_, FILE_, 0 },
    { "vp8", FALSE, CHOICE, CHOICE, 0 },
    { "vp8", FALSE, CHOICE | FILE_, CHOICE, 0 },
    /* It is kept for later. */
    { "vp8", TRUE, CHOICE | FILE_, 0, CHOICE | FILE_ },
    { "auto", TRUE, INPUT, 0, INPUT },
    /* Only what was chosen for the input follows it. */
    { "vp8", FALSE, INPUT, 0, 0 },
    { "vp8", FALSE, INPUT | FILE_, FILE_, 0 },
    { "auto", FALSE, INPUT, INPUT, 0 },
    { "auto", FALSE, INPUT | FILE_, INPUT, 0 },
    { "auto", FALSE, CHOICE | INPUT | FILE_, CHOICE, 0 },
    { "auto", FALSE, FILE_, FILE_, 0 },
    /* A text has no file. */
    { NULL, FALSE, FILE_, 0, 0 },
    { NULL, FALSE, INPUT, 0, 0 },
    { NULL, FALSE, CHOICE, CHOICE, 0 },
};

static void
test_next(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(NEXT); i++) {
        g_autoptr(SlPipelineChoice) choice = sl_pipeline_choice_new(NEXT[i].name, NULL);
        guint due = NEXT[i].due;

        if (NEXT[i].name == NULL)
            choice->text = g_bytes_new_static("x", 1);
        g_test_message("row %u", i);
        g_assert_cmpuint(sl_switch_take(&due, choice, NEXT[i].is_busy), ==, NEXT[i].taken);
        g_assert_cmpuint(due, ==, NEXT[i].left);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pipeline-choice/merge", test_merge);
    g_test_add_func("/pipeline-choice/keep", test_keep);
    g_test_add_func("/pipeline-choice/equal", test_equal);
    g_test_add_func("/pipeline-choice/next", test_next);
    return g_test_run();
}
