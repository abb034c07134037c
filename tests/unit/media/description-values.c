#include "sl-description.h"

#include <string.h>

static const char text[] = "[variables]\n"
                           "width = 1280\n"
                           "title = Front door\n"
                           "mirror = false\n"
                           "[variable bitrate]\n"
                           "type = int\n"
                           "default = 2000000\n"
                           "min = 1000\n"
                           "max = 9000000\n"
                           "unit = bit/s\n"
                           "[variable ratio]\n"
                           "type = number\n"
                           "default = 0.5\n"
                           "max = 1\n"
                           "[variable mode]\n"
                           "type = enum\n"
                           "default = fast\n"
                           "values = fast, slow\n"
                           "[source]\n"
                           "a w=${width} t=${title} m=${mirror} b=${bitrate} k=${bitrate/1000}\n"
                           "  r=${ratio} e=${mode} d=${device} ! appsink name=video\n"
                           "[viewer video]\n"
                           "b t=${title}\n";

static SlDescription *
parse(const char *from, gsize len)
{
    g_autoptr(SlProblems) problems = sl_problems_new("t.pipeline");
    SlDescription *description = sl_description_parse("t", from, len, problems);
    g_autofree char *all = sl_problems_to_text(problems);

    g_assert_cmpstr(all, ==, "");
    g_assert_nonnull(description);
    return description;
}

typedef struct {
    const char *settings[4];
    const char *error; /* or NULL, and: */
    const char *source;
} Case;

#define REST " ! appsink name=video"

static const Case cases[] = {
    { { NULL },
      NULL,
      "a w=1280 t=\"Front door\" m=false b=2000000 k=2000\n  r=0.5 e=fast d=\"/dev/video0\"" REST },
    { { "bitrate=1500", "title=a=b ${width} ! c", "mode=slow" },
      NULL,
      "a w=1280 t=\"a=b ${width} ! c\" m=false b=1500 k=1\n  r=0.5 e=slow d=\"/dev/video0\"" REST },
    { { "width=1", "width=2", "width=-3" },
      NULL,
      "a w=-3 t=\"Front door\" m=false b=2000000 k=2000\n  r=0.5 e=fast d=\"/dev/video0\"" REST },
    { { "title=" },
      NULL,
      "a w=1280 t=\"\" m=false b=2000000 k=2000\n  r=0.5 e=fast d=\"/dev/video0\"" REST },
    { { "bitrat=1" },
      "t has no variable 'bitrat', expected width, title, mirror, bitrate, ratio, mode; did you "
      "mean "
      "'bitrate'?",
      NULL },
    { { "zzzzzz=1" },
      "t has no variable 'zzzzzz', expected width, title, mirror, bitrate, ratio, mode",
      NULL },
    { { "bitrate" }, "found 'bitrate', expected NAME=VALUE", NULL },
    { { "=1" }, "found '=1', expected NAME=VALUE", NULL },
    { { "bitrate=x" }, "bitrate is 'x', expected a whole number (bit/s)", NULL },
    { { "bitrate= 1" }, "bitrate is ' 1', expected a whole number (bit/s)", NULL },
    { { "bitrate=0x10" }, "bitrate is '0x10', expected a whole number (bit/s)", NULL },
    { { "bitrate=99999999999999999999" },
      "bitrate is '99999999999999999999', expected a whole number (bit/s)",
      NULL },
    { { "bitrate=999" }, "bitrate is '999', expected 1000 or more (bit/s)", NULL },
    { { "bitrate=9000001" }, "bitrate is '9000001', expected 9000000 or less (bit/s)", NULL },
    { { "ratio=nan" }, "ratio is 'nan', expected a number", NULL },
    { { "ratio=1.5" }, "ratio is '1.5', expected 1 or less", NULL },
    { { "mirror=yes" }, "mirror is 'yes', expected true or false", NULL },
    { { "mode=medium" }, "mode is 'medium', expected one of fast, slow", NULL },
    { { "title=\" ! identity name=\"" },
      "title is '\" ! identity name=\"', expected text without '\"', '\\' and control characters, "
      "of 1024 "
      "bytes at most",
      NULL },
    { { "title=a\\" },
      "title is 'a\\', expected text without '\"', '\\' and control characters, of 1024 bytes at "
      "most",
      NULL },
    { { "title=a\nb" },
      "title is 'a b', expected text without '\"', '\\' and control characters, of 1024 bytes at "
      "most",
      NULL },
};

static void
test_case(gconstpointer data)
{
    const Case *c = data;
    g_autoptr(SlDescription) description = parse(text, strlen(text));
    g_autoptr(SlProblems) problems = sl_problems_new("t.pipeline");
    g_autoptr(GError) error = NULL;
    g_autoptr(SlValues) values = sl_values_new(description, c->settings, &error);
    SlCapture capture = { .device = (char *)"/dev/video0" };
    g_autoptr(SlLaunch) launch = NULL;

    if (c->error != NULL) {
        g_assert_null(values);
        g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION);
        g_assert_cmpstr(error->message, ==, c->error);
        return;
    }
    g_assert_no_error(error);
    launch = sl_description_expand_source(description, values, &capture, problems);
    g_assert_cmpuint(sl_problems_get_count(problems), ==, 0);
    g_assert_cmpstr(sl_launch_get_text(launch), ==, c->source);
}

static void
test_get_int(void)
{
    const char *settings[] = { "bitrate=5000", NULL };
    g_autoptr(SlDescription) description = parse(text, strlen(text));
    g_autoptr(SlValues) values = sl_values_new(description, settings, NULL);

    g_assert_cmpint(sl_values_get_int(values, "bitrate", 7), ==, 5000);
    g_assert_cmpint(sl_values_get_int(values, "width", 7), ==, 1280);
    g_assert_cmpint(sl_values_get_int(values, "ratio", 7), ==, 7);
    g_assert_cmpint(sl_values_get_int(values, "height", 7), ==, 7);
}

/* What the input can't give is a problem only where it is asked for. */
static void
test_missing_inputs(void)
{
    static const char asks[] = "[source]\n${capture} ! appsink name=a\n\n"
                               "${audio} ! appsink name=b\n"
                               "x d=${device} ! appsink name=c\n";
    static const char encoded[] = "[source]\n\n${capture:h264} ! appsink name=a\n";
    g_autoptr(SlDescription) all = parse(asks, strlen(asks));
    g_autoptr(SlDescription) h264 = parse(encoded, strlen(encoded));
    g_autoptr(SlValues) all_values = sl_values_new(all, NULL, NULL);
    g_autoptr(SlValues) h264_values = sl_values_new(h264, NULL, NULL);
    g_autoptr(SlProblems) problems = sl_problems_new("t.pipeline");
    SlCapture nothing = { 0 };
    SlCapture jpeg = { .encoded = (char *)"x", .encoded_codec = (char *)"jpeg" };
    SlCapture strange = { .raw = (char *)"x", .audio = (char *)"y", .device = (char *)"a\"b" };
    g_autofree char *found = NULL;

    g_assert_null(sl_description_expand_source(all, all_values, &nothing, problems));
    g_assert_null(sl_description_expand_source(h264, h264_values, &nothing, problems));
    g_assert_null(sl_description_expand_source(h264, h264_values, &jpeg, problems));
    g_assert_null(sl_description_expand_source(all, all_values, &strange, problems));
    found = sl_problems_to_text(problems);
    g_assert_cmpstr(
        found, ==,
        "t.pipeline:2: found ${capture}, but this input has no picture that can be decoded\n"
        "t.pipeline:3: found ${capture:h264}, but this input does not come encoded; expected "
        "${capture} and "
        "an encoder\n"
        "t.pipeline:3: found ${capture:h264}, but this input comes as jpeg; expected "
        "${capture:jpeg} or "
        "${capture}\n"
        "t.pipeline:4: found ${audio}, but this input has no sound\n"
        "t.pipeline:5: found ${device}, but this input is no device\n"
        "t.pipeline:5: the device's name has '\"', '\\' or a control character, expected none");
}

static void
test_tracks(void)
{
    g_autoptr(SlDescription) description = parse(text, strlen(text));
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);
    g_autoptr(SlProblems) problems = sl_problems_new("t.pipeline");
    g_autoptr(SlLaunch) viewer =
        sl_description_expand_viewer(description, values, "video", problems);
    const char *const *tracks = sl_description_get_tracks(description);

    g_assert_cmpstr(tracks[0], ==, "video");
    g_assert_null(tracks[1]);
    g_assert_cmpuint(sl_description_get_track_line(description, "video"), ==, 21);
    g_assert_cmpuint(sl_description_get_track_line(description, "audio"), ==, 0);
    g_assert_cmpstr(sl_description_get_title(description), ==, "t");
    g_assert_cmpstr(sl_description_get_file(description), ==, "t.pipeline");
    g_assert_cmpstr(sl_launch_get_text(viewer), ==, "b t=\"Front door\"");
    g_assert_null(sl_description_expand_viewer(description, values, "audio", problems));
    g_assert_cmpuint(sl_problems_get_count(problems), ==, 0);
}

/* A range whose ends a value makes the same is that value, and an upper end is a multiple of the
 * step: 1.22 takes [1,1] and [2,5,2] for mistakes. */
static void
test_narrow_ranges(void)
{
    static const char ranges[] = "[variables]\nrate = 1\n[source]\n"
                                 "a p=[1,${rate}] ! v/x,r=[1/1,${rate}/1],w=[1,2] ! "
                                 "v/x,w=[2,5,2],h=[16,17,2],n=[8,1001,8] ! appsink name=v\n";
    g_autoptr(SlDescription) description = parse(ranges, strlen(ranges));
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);
    g_autoptr(SlProblems) problems = sl_problems_new("t.pipeline");
    SlCapture capture = { 0 };
    g_autoptr(SlLaunch) launch =
        sl_description_expand_source(description, values, &capture, problems);

    g_assert_cmpstr(sl_launch_get_text(launch), ==,
                    "a p=[1,1] ! v/x,r= 1/1     ,w=[1,2] ! v/x,w=[2,4,2],h= 16      ,n=[8,1000,8] "
                    "! appsink name=v");
}

static void
test_too_large(void)
{
    g_autoptr(SlProblems) problems = sl_problems_new("t.pipeline");
    g_autofree char *large = g_strnfill(SL_DESCRIPTION_MAX_BYTES + 1, '\n');
    g_autofree char *found = NULL;

    g_assert_null(sl_description_parse("t", large, SL_DESCRIPTION_MAX_BYTES + 1, problems));
    found = sl_problems_to_text(problems);
    g_assert_cmpstr(found, ==, "t.pipeline: more bytes than 65536, expected that at most");
}

static void
test_nul(void)
{
    static const char with_nul[] = "[source]\na\0b ! appsink name=v";
    g_autoptr(SlProblems) problems = sl_problems_new("t.pipeline");
    g_autofree char *found = NULL;

    g_assert_null(sl_description_parse("t", with_nul, sizeof with_nul - 1, problems));
    found = sl_problems_to_text(problems);
    g_assert_cmpstr(found, ==, "t.pipeline:2: found the byte 0x00, expected UTF-8 text");
}

static void
test_problems_are_bounded_and_sorted(void)
{
    g_autoptr(SlProblems) problems = sl_problems_new("f");
    g_autofree char *found = NULL;
    g_auto(GStrv) lines = NULL;

    for (guint line = 150; line > 0; line--)
        sl_problems_add(problems, line, "x");
    sl_problems_add(problems, 150, "x");
    g_assert_cmpuint(sl_problems_get_count(problems), ==, 150);
    found = sl_problems_to_text(problems);
    lines = g_strsplit(found, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 101);
    g_assert_cmpstr(lines[0], ==, "f:51: x");
    g_assert_cmpstr(lines[99], ==, "f:150: x");
    g_assert_cmpstr(lines[100], ==, "f: and 50 more");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/description/values/%" G_GSIZE_FORMAT, i);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    g_test_add_func("/description/get-int", test_get_int);
    g_test_add_func("/description/missing-inputs", test_missing_inputs);
    g_test_add_func("/description/tracks", test_tracks);
    g_test_add_func("/description/narrow-ranges", test_narrow_ranges);
    g_test_add_func("/description/too-large", test_too_large);
    g_test_add_func("/description/nul", test_nul);
    g_test_add_func("/description/problems", test_problems_are_bounded_and_sorted);
    return g_test_run();
}
