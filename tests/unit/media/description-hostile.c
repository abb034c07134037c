#include "sl-description.h"
#include "sl-live-setting.h"

#include <gst/gst.h>
#include <string.h>

/*
 * Whatever a variable is set to, by --set, the API or a config file: either it is refused, or the
 * pipeline has the elements that the file names and no others, and the text arrives as it was
 * given.
 */

static const char text[] = "[variable title]\n"
                           "type = string\n"
                           "default = Front door\n"
                           "live = title.text\n"
                           "[variable width]\n"
                           "type = int\n"
                           "default = 640\n"
                           "[variable alpha]\n"
                           "type = number\n"
                           "default = 0.5\n"
                           "[variable mode]\n"
                           "type = enum\n"
                           "default = ball\n"
                           "values = ball, snow\n"
                           "[variable silent]\n"
                           "type = bool\n"
                           "default = false\n"
                           "[source]\n"
                           "videotestsrc pattern=${mode} ! video/x-raw,width=${width} ! alpha "
                           "alpha=${alpha}\n"
                           "  ! textoverlay name=title text=${title} silent=${silent} ! appsink "
                           "name=video\n"
                           "[viewer video]\n"
                           "textoverlay name=title text=${title} ! vp8enc ! rtpvp8pay\n";

#define N_SOURCE_ELEMENTS 5 /* capsfilter with them */
#define N_VIEWER_ELEMENTS 3

static const char *const values[] = {
    "",
    " ",
    "plain",
    "Tür 3 — カメラ",
    "\"",
    "\"\"",
    "a\" ! fakesink name=\"b",
    "\" ! filesink location=\"/tmp/x",
    "x\" text=\"y",
    "\\",
    "\\\"",
    "a\\",
    "\\\" ! identity ! \\\"",
    "\\x22 ! identity",
    "\\n",
    "'",
    "' ! identity ! '",
    "!",
    " ! identity ! ",
    "! identity",
    "a ! b",
    "( identity )",
    "t. ! identity",
    "name=other",
    "text=other",
    "a\nb",
    "a\n! identity\n",
    "a\r\n! identity",
    "a\tb",
    "[source]",
    "\n[source]\nidentity",
    "# comment",
    "${title}",
    "${width}",
    "${capture}",
    "${device}",
    "${title",
    "$title",
    "%s%n%d",
    "<b>&amp;</b>",
    "<span><b>unclosed",
    "[1,2]",
    "{a,b}",
    "(string)a",
    "640,height=1 ! identity",
    "640 ! identity",
    "640\" ! identity ! video/x-raw,width=\"640",
    "640;audio/x-raw",
    "0x280",
    "640.0",
    "-640",
    "+640",
    " 640",
    "640 ",
    "1e3",
    "nan",
    "inf",
    "-0",
    "99999999999999999999",
    "ball ! identity",
    "ball\n",
    "BALL",
    "true ! identity",
    "TRUE",
    "yes",
    "\x01",
    "\x1b[31m",
    "\x7f",
    "\xc2\x85",               /* a control character of Unicode's */
    "\xe2\x80\xae reversed",  /* right-to-left override */
    "\xe2\x80\xa8! identity", /* line separator */
    "\xff\xfe",
    "\xc3",
    "\xc0\xa2", /* an overlong `"` */
    "\xed\xa0\x80",
    "\xf4\x90\x80\x80",
};

static const char *const variables[] = { "title", "width", "alpha", "mode", "silent" };

static SlDescription *
parse(void)
{
    g_autoptr(SlProblems) problems = sl_problems_new("t.pipeline");
    SlDescription *description = sl_description_parse("t", text, strlen(text), problems);
    g_autofree char *all = sl_problems_to_text(problems);

    g_assert_cmpstr(all, ==, "");
    return description;
}

static guint
count_elements(GstElement *bin)
{
    return g_list_length(GST_BIN_CHILDREN(bin));
}

static void
assert_title(GstElement *bin, SlValues *set)
{
    g_autoptr(GstElement) title = gst_bin_get_by_name(GST_BIN(bin), "title");
    g_autofree char *wanted = sl_values_get_text(set, "title");
    g_autofree char *shown = NULL;

    g_object_get(title, "text", &shown, NULL);
    g_assert_cmpstr(shown, ==, wanted);
}

static void
assert_built(SlLaunch *launch, SlValues *set, guint n_elements)
{
    g_autoptr(GError) error = NULL;
    GstElement *built = gst_parse_bin_from_description(sl_launch_get_text(launch), FALSE, &error);
    g_autoptr(GstElement) bin = built != NULL ? gst_object_ref_sink(built) : NULL;

    g_assert_no_error(error);
    g_assert_cmpuint(count_elements(bin), ==, n_elements);
    assert_title(bin, set);
}

/* A value of the right type may still be none that an element takes; then it is not built. */
static void
try_values(SlDescription *description, SlValues *set)
{
    SlCapture capture = { 0 };
    g_autoptr(SlProblems) problems = sl_problems_new("t.pipeline");
    g_autoptr(SlLaunch) source = sl_description_expand_source(description, set, &capture, problems);
    g_autoptr(SlLaunch) viewer = sl_description_expand_viewer(description, set, "video", problems);

    sl_description_check(description, set, &capture, problems);
    if (sl_problems_get_count(problems) > 0)
        return;
    assert_built(source, set, N_SOURCE_ELEMENTS);
    assert_built(viewer, set, N_VIEWER_ELEMENTS);
}

/* The same value, while it runs. */
static void
try_live(SlDescription *description, SlValues *set)
{
    g_autoptr(SlValues) defaults = sl_values_new(description, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) settings =
        sl_description_get_live_settings(description, defaults, set, &error);
    SlCapture capture = { 0 };
    g_autoptr(SlProblems) problems = sl_problems_new("t.pipeline");
    g_autoptr(SlLaunch) source =
        sl_description_expand_source(description, defaults, &capture, problems);
    g_autoptr(GstElement) bin = NULL;

    if (settings == NULL) /* another variable than the title was set */
        return;
    bin = gst_object_ref_sink(
        gst_parse_bin_from_description(sl_launch_get_text(source), FALSE, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(settings->len, ==, 2);
    g_assert_true(sl_live_setting_apply(g_ptr_array_index(settings, 0), GST_BIN(bin), &error));
    g_assert_no_error(error);
    assert_title(bin, set);
    g_assert_cmpuint(count_elements(bin), ==, N_SOURCE_ELEMENTS);
}

static guint
try_value(SlDescription *description, const char *name, const char *value)
{
    g_autofree char *setting = g_strdup_printf("%s=%s", name, value);
    const char *const settings[] = { setting, NULL };
    g_autoptr(GError) error = NULL;
    g_autoptr(SlValues) set = sl_values_new(description, settings, &error);

    if (set == NULL) {
        g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_cmpuint(strlen(error->message), <, 1024);
        g_assert_null(strpbrk(error->message, "\n\x1b\x01"));
        return 0;
    }
    try_values(description, set);
    try_live(description, set);
    return 1;
}

static void
test_values(void)
{
    g_autoptr(SlDescription) description = parse();
    guint n_taken = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
        for (gsize j = 0; j < G_N_ELEMENTS(values); j++)
            n_taken += try_value(description, variables[i], values[j]);
    }
    /* Some are only strange: a test that takes none would show nothing. */
    g_assert_cmpuint(n_taken, >, 30);
}

static void
test_long_values(void)
{
    g_autoptr(SlDescription) description = parse();
    g_autofree char *longest = g_strnfill(1024, 'a');
    g_autofree char *too_long = g_strnfill(1025, 'a');
    g_autofree char *huge = g_strnfill((gsize)64 * 1024, '!');

    g_assert_cmpuint(try_value(description, "title", longest), ==, 1);
    g_assert_cmpuint(try_value(description, "title", too_long), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++)
        g_assert_cmpuint(try_value(description, variables[i], huge), ==, 0);
}

/* Names are no better than values. */
static void
test_names(void)
{
    g_autoptr(SlDescription) description = parse();

    for (gsize j = 0; j < G_N_ELEMENTS(values); j++)
        g_assert_cmpuint(try_value(description, values[j], "1"), ==, 0);
}

/* A NUL ends a setting: what stands behind it is not read, here or there. */
static void
test_nul(void)
{
    g_autoptr(SlDescription) description = parse();
    static const char setting[] = "title=a\0\" ! identity";
    const char *const settings[] = { setting, NULL };
    g_autoptr(SlValues) set = sl_values_new(description, settings, NULL);
    g_autofree char *title = sl_values_get_text(set, "title");

    g_assert_cmpstr(title, ==, "a");
    try_values(description, set);
}

int
main(int argc, char **argv)
{
    g_setenv("LC_ALL", "C", TRUE);
    g_test_init(&argc, &argv, NULL);
    gst_init(NULL, NULL);
    g_test_add_func("/description/hostile/values", test_values);
    g_test_add_func("/description/hostile/long-values", test_long_values);
    g_test_add_func("/description/hostile/names", test_names);
    g_test_add_func("/description/hostile/nul", test_nul);
    return g_test_run();
}
