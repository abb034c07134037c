#include "sl-live-setting.h"

#include <string.h>

static const char text[] = "[variables]\n"
                           "width = 640\n"
                           "[variable bitrate]\n"
                           "type = int\n"
                           "default = 2000000\n"
                           "min = 1000\n"
                           "unit = bit/s\n"
                           "live = encoder.bitrate\n"
                           "[variable title]\n"
                           "type = string\n"
                           "default = Front door\n"
                           "live = title.text\n"
                           "[variable alpha]\n"
                           "type = number\n"
                           "default = 0.5\n"
                           "live = mix.alpha\n"
                           "[source]\n"
                           "videotestsrc ! video/x-raw,width=${width} ! alpha name=mix "
                           "alpha=${alpha}\n"
                           "  ! x264enc name=encoder\n"
                           "  bitrate=${bitrate/1000} ! appsink name=video\n"
                           "[viewer video]\n"
                           "textoverlay name=title text=${title} ! x264enc name=encoder\n"
                           "  bitrate=${bitrate/1000} ! rtph264pay\n";

static SlDescription *
parse(void)
{
    g_autoptr(SlProblems) problems = sl_problems_new("t.pipeline");
    SlDescription *description = sl_description_parse("t", text, strlen(text), problems);
    g_autofree char *all = sl_problems_to_text(problems);

    g_assert_cmpstr(all, ==, "");
    return description;
}

static char *
describe(GPtrArray *settings)
{
    GString *all = g_string_new(NULL);

    for (guint i = 0; i < settings->len; i++) {
        const SlLiveSetting *setting = g_ptr_array_index(settings, i);

        g_string_append_printf(all, "%s:%u %s %s.%s=%s\n", setting->file, setting->line,
                               setting->track != NULL ? setting->track : "-", setting->element,
                               setting->property, setting->text);
    }
    return g_string_free(all, FALSE);
}

typedef struct {
    const char *settings[3];
    const char *found, *error;
} Case;

static const Case cases[] = {
    { { NULL }, "", NULL },
    { { "bitrate=2000000" }, "", NULL },
    { { "bitrate=1500999" },
      "t.pipeline:20 - encoder.bitrate=1500\nt.pipeline:23 video encoder.bitrate=1500\n",
      NULL },
    { { "title=a ! ${width}", "alpha=1" },
      "t.pipeline:22 video title.text=a ! ${width}\nt.pipeline:18 - mix.alpha=1\n",
      NULL },
    { { "width=320" }, NULL, "width is not live: it takes another pipeline" },
    { { "alpha=1", "width=320" }, NULL, "width is not live: it takes another pipeline" },
};

static void
test_settings(gconstpointer data)
{
    const Case *c = data;
    g_autoptr(SlDescription) description = parse();
    g_autoptr(SlValues) from = sl_values_new(description, NULL, NULL);
    g_autoptr(SlValues) to = sl_values_new_changed(from, c->settings, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) settings = sl_description_get_live_settings(description, from, to, &error);
    g_autofree char *found = NULL;

    if (c->error != NULL) {
        g_assert_null(settings);
        g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE);
        g_assert_cmpstr(error->message, ==, c->error);
        return;
    }
    g_assert_no_error(error);
    found = describe(settings);
    g_assert_cmpstr(found, ==, c->found);
}

/* --- values --- */

static void
test_changed(void)
{
    g_autoptr(SlDescription) description = parse();
    g_autoptr(SlDescription) again = parse();
    const char *const first[] = { "width=320", "bitrate=5000", NULL };
    const char *const second[] = { "bitrate=6000", NULL };
    const char *const back[] = { "width=640", "bitrate=2000000", NULL };
    const char *const bad[] = { "alpha=1", "bitrate=1", NULL };
    g_autoptr(GError) error = NULL;
    g_autoptr(SlValues) defaults = sl_values_new(description, NULL, NULL);
    g_autoptr(SlValues) elsewhere = sl_values_new(again, NULL, NULL);
    g_autoptr(SlValues) a = sl_values_new(description, first, NULL);
    g_autoptr(SlValues) b = sl_values_new_changed(a, second, NULL);
    g_autoptr(SlValues) c = sl_values_new_changed(b, back, NULL);
    g_autofree char *bitrate = sl_values_get_text(b, "bitrate");

    g_assert_cmpstr(bitrate, ==, "6000");
    g_assert_cmpint(sl_values_get_int(b, "width", 0), ==, 320);
    g_assert_cmpint(sl_values_get_int(a, "bitrate", 0), ==, 5000);
    g_assert_null(sl_values_get_text(a, "nothing"));
    g_assert_true(sl_values_get_description(b) == description);
    g_assert_false(sl_values_equal(a, b));
    g_assert_false(sl_values_equal(defaults, b));
    g_assert_true(sl_values_equal(defaults, c));
    g_assert_true(sl_values_equal(defaults, elsewhere));

    g_assert_null(sl_values_new_changed(a, bad, &error));
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION);
    g_assert_cmpstr(error->message, ==, "bitrate is '1', expected 1000 or more (bit/s)");
}

/* --- elements --- */

static GstElement *
launch(const char *from)
{
    g_autoptr(GError) error = NULL;
    GstElement *pipeline = gst_parse_launch(from, &error);

    g_assert_no_error(error);
    return gst_object_ref_sink(pipeline);
}

static gboolean
apply(GstElement *pipeline, const char *property, const char *value, GError **error)
{
    SlLiveSetting setting = { .file = (char *)"f",
                              .line = 7,
                              .element = (char *)"e",
                              .property = (char *)property,
                              .text = (char *)value };

    return sl_live_setting_apply(&setting, GST_BIN(pipeline), error);
}

static void
assert_refused(GstElement *pipeline, const char *property, const char *value, const char *words)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(apply(pipeline, property, value, &error));
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE);
    g_assert_cmpstr(error->message, ==, words);
}

static void
play(GstElement *pipeline)
{
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_assert_cmpint(gst_element_get_state(pipeline, NULL, NULL, 10 * GST_SECOND), ==,
                    GST_STATE_CHANGE_SUCCESS);
}

static void
test_apply(void)
{
    g_autoptr(GstElement) pipeline =
        launch("videotestsrc num-buffers=9 ! x264enc name=e bitrate=100 key-int-max=50 ! fakesink");
    g_autoptr(GstElement) encoder = gst_bin_get_by_name(GST_BIN(pipeline), "e");
    g_autoptr(GError) error = NULL;
    guint bitrate;

    play(pipeline);
    g_assert_true(apply(pipeline, "bitrate", "200", &error));
    g_assert_no_error(error);
    g_object_get(encoder, "bitrate", &bitrate, NULL);
    g_assert_cmpuint(bitrate, ==, 200);

    assert_refused(pipeline, "bitrate", "0",
                   "f:7: e.bitrate='0': expected a whole number from 1 to 2048000");
    assert_refused(pipeline, "bitrate", "fast",
                   "f:7: e.bitrate='fast': expected a whole number from 1 to 2048000");
    assert_refused(pipeline, "nothing", "1",
                   "f:7: e.nothing='1': nothing that runs has this property");
    assert_refused(pipeline, "key-int-max", "60",
                   "f:7: e.key-int-max='60': the element does not take it while it runs");
    g_object_get(encoder, "bitrate", &bitrate, NULL);
    g_assert_cmpuint(bitrate, ==, 200);
    gst_element_set_state(pipeline, GST_STATE_NULL);
}

/* Caps and numbers with fractions are compared as values, not as texts. */
static void
test_kinds(void)
{
    g_autoptr(GstElement) pipeline = launch("audiotestsrc ! volume name=e ! fakesink");
    g_autoptr(GstElement) caps = launch("videotestsrc ! capsfilter name=e ! fakesink");
    g_autoptr(GError) error = NULL;

    g_assert_true(apply(pipeline, "volume", "0.30", &error));
    g_assert_true(apply(pipeline, "mute", "true", &error));
    g_assert_true(apply(caps, "caps", "video/x-raw,width=320", &error));
    g_assert_true(apply(caps, "caps-change-mode", "delayed", &error));
    g_assert_no_error(error);
    assert_refused(caps, "caps", "video/x-raw,width=[2,1]",
                   "f:7: e.caps='video/x-raw,width=[2,1]': expected ranges [LOW,HIGH] with LOW "
                   "below HIGH");
}

int
main(int argc, char **argv)
{
    g_setenv("LC_ALL", "C", TRUE);
    g_test_init(&argc, &argv, NULL);
    gst_init(NULL, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/live-setting/settings/%" G_GSIZE_FORMAT, i);

        g_test_add_data_func(path, &cases[i], test_settings);
    }
    g_test_add_func("/live-setting/changed", test_changed);
    g_test_add_func("/live-setting/apply", test_apply);
    g_test_add_func("/live-setting/kinds", test_kinds);
    return g_test_run();
}
