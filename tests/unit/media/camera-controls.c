#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>

#include "fake-controls.h"
#include "sl-description.h"

#define USER(n) (V4L2_CID_USER_BASE + 0x1000 + (n))
#define INTEGER V4L2_CTRL_TYPE_INTEGER
#define MENU V4L2_CTRL_TYPE_MENU

static GPtrArray *
read_controls(void)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *controls = sl_camera_controls_read(fake_controls_ioctl, NULL, &error);

    g_assert_no_error(error);
    g_assert_nonnull(controls);
    return controls;
}

/* One line a control: what of it matters. */
static char *
describe(GPtrArray *controls)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < controls->len; i++) {
        const SlCameraControl *c = g_ptr_array_index(controls, i);
        g_string_append_printf(text,
                               "%s '%s' %s %" G_GINT64_FORMAT "..%" G_GINT64_FORMAT
                               "/%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT,
                               c->name, c->label, sl_control_type_to_string(c->type), c->min,
                               c->max, c->step, c->initial);
        if (c->has_value)
            g_string_append_printf(text, " =%" G_GINT64_FORMAT, c->value);
        g_string_append_printf(text, "%s%s%s%s", c->is_read_only ? " read-only" : "",
                               c->is_inactive ? " inactive" : "", c->is_volatile ? " volatile" : "",
                               c->is_grabbed ? " grabbed" : "");
        for (guint j = 0; j < c->items->len; j++) {
            const SlControlItem *item = &g_array_index(c->items, SlControlItem, j);
            g_string_append_printf(text, " %" G_GINT64_FORMAT ":%s", item->value, item->label);
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

static const char WHAT_THERE_IS[] =
    "brightness 'Brightness' int -64..64/1 0 =10\n"
    "gamma 'Gamma' int 100..500/50 300 =300\n"
    "power_line_frequency 'Power Line Frequency' menu 0..3/1 1 =1 0:Disabled 1:50 Hz 3:Auto\n"
    "exposure_time_absolute 'Exposure Time, Absolute' int 3..2047/1 250 =250 inactive\n"
    "exposure_automatic 'Exposure, Automatic' bool 0..1/1 1 =1\n"
    "auto_focus_start 'Auto Focus, Start' button 0..0/1 0\n"
    "auto_focus_status 'Auto Focus, Status' int 0..4/1 0 =2 read-only volatile\n";

static void
test_read(void)
{
    for (guint is_old = 0; is_old < 2; is_old++) {
        g_autoptr(GPtrArray) controls = NULL;
        g_autofree char *text = NULL;

        fake_controls_reset(FAKE_CONTROLS, FAKE_N_CONTROLS);
        if (is_old)
            fake_controls_make_old();
        controls = read_controls();
        text = describe(controls);
        g_assert_cmpstr(text, ==, WHAT_THERE_IS);
    }
}

/* What a camera may say of one control, and what becomes of it; "": it is left out. */
static const struct {
    const char *name;
    FakeControl control;
    const char *expected;
} BOGUS[] = {
    { "a codec's", { V4L2_CID_MPEG_VIDEO_BITRATE, INTEGER, "Bitrate", 0, 9, 1 }, "" },
    { "a tuner's", { V4L2_CID_RF_TUNER_LNA_GAIN, INTEGER, "Gain", 0, 9, 1 }, "" },
    { "of another class", { 0x00f0f000, INTEGER, "Disconnect", 0, 9, 1 }, "" },
    { "a sensor's",
      { V4L2_CID_ANALOGUE_GAIN, INTEGER, "Analogue Gain", 0, 9, 1, 4, 5 },
      "analogue_gain 'Analogue Gain' int 0..9/1 4 =5\n" },
    { "an image processor's",
      { V4L2_CID_DIGITAL_GAIN, INTEGER, "Digital Gain", 0, 9, 1, 4, 5 },
      "digital_gain 'Digital Gain' int 0..9/1 4 =5\n" },
    { "a string", { USER(0), V4L2_CTRL_TYPE_STRING, "Text", 0, 9, 1 }, "" },
    { "a bit mask", { USER(0), V4L2_CTRL_TYPE_BITMASK, "Mask", 0, 9, 0 }, "" },
    { "an unknown type", { USER(0), 0x7fff, "Type", 0, 9, 1 }, "" },
    { "disabled", { USER(0), INTEGER, "Off", 0, 9, 1, .flags = V4L2_CTRL_FLAG_DISABLED }, "" },
    { "a payload", { USER(0), INTEGER, "Big", 0, 9, 1, .flags = V4L2_CTRL_FLAG_HAS_PAYLOAD }, "" },
    { "minimum above maximum", { USER(0), INTEGER, "Zoom", 10, 9, 1 }, "" },
    { "beyond 32 bits", { USER(0), INTEGER, "Wide", 0, G_MAXINT64, 1 }, "" },
    { "64 bits",
      { USER(0), V4L2_CTRL_TYPE_INTEGER64, "Wide", G_MININT64, G_MAXINT64, 1, 0, G_MININT64 },
      "wide 'Wide' int -9223372036854775808..9223372036854775807/1 0 =-9223372036854775808\n" },
    { "no step", { USER(0), INTEGER, "Pan", 0, 9, 0, 4, 5 }, "pan 'Pan' int 0..9/1 4 =5\n" },
    { "a step beyond the range",
      { USER(0), INTEGER, "Tilt", 0, 9, 100, 0, 0 },
      "tilt 'Tilt' int 0..9/100 0 =0\n" },
    { "a default out of range",
      { USER(0), INTEGER, "Hue", 0, 9, 1, 1000, 5 },
      "hue 'Hue' int 0..9/1 9 =5\n" },
    { "a value out of range",
      { USER(0), INTEGER, "Hue", 0, 9, 1, 4, -70 },
      "hue 'Hue' int 0..9/1 4 =-70\n" },
    { "a switch of more than two",
      { USER(0), V4L2_CTRL_TYPE_BOOLEAN, "Auto", -3, 77, 0, 12, 1 },
      "auto 'Auto' bool 0..1/1 1 =1\n" },
    { "not readable",
      { USER(0), INTEGER, "Iris", 0, 9, 1, 4, 5, .flags = V4L2_CTRL_FLAG_WRITE_ONLY },
      "iris 'Iris' int 0..9/1 4\n" },
    { "fails to be read",
      { USER(0), INTEGER, "Iris", 0, 9, 1, 4, 5, .get_errno = EIO },
      "iris 'Iris' int 0..9/1 4\n" },
    { "grabbed",
      { USER(0), INTEGER, "Flip", 0, 1, 1, 0, 0, .flags = V4L2_CTRL_FLAG_GRABBED },
      "flip 'Flip' int 0..1/1 0 =0 grabbed\n" },
    { "a menu without items", { USER(0), MENU, "Mode", 0, 3, 1 }, "" },
    { "a menu without an end",
      { USER(0), MENU, "Mode", 0, G_MAXINT64, 1, .items = { "A", "B" } },
      "" },
    { "a long menu",
      { USER(0), MENU, "Mode", 0, G_MAXINT32, 1, .items = { "A", "B" } },
      "mode 'Mode' menu 0..2147483647/1 0 =0 0:A 1:B\n" },
    { "a menu below 0", { USER(0), MENU, "Mode", -5, 3, 1, .items = { "A" } }, "" },
    { "a menu of numbers",
      { USER(0), V4L2_CTRL_TYPE_INTEGER_MENU, "ISO", 0, 2, 1, 1, 2,
        .items = { "100", "200", "400" } },
      "iso 'ISO' menu 0..2/1 1 =2 0:100 1:200 2:400\n" },
    { "an item without a name",
      { USER(0), MENU, "Mode", 0, 1, 1, .items = { "", "B" } },
      "mode 'Mode' menu 0..1/1 0 =0 0:? 1:B\n" },
    { "no name",
      { USER(7), INTEGER, "", 0, 9, 1 },
      "control_00981907 'control_00981907' int 0..9/1 0 =0\n" },
    { "a name of rubbish",
      { USER(7), INTEGER, "\x01\xff\n*", 0, 9, 1 },
      "control_00981907 '\xef\xbf\xbd *' int 0..9/1 0 =0\n" },
    { "a name without an end",
      { USER(0), INTEGER, "0123456789012345678901234567890123456789", 0, 9, 1 },
      "01234567890123456789012345678901 '01234567890123456789012345678901' int 0..9/1 0 =0\n" },
};

static void
test_bogus(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(GPtrArray) controls = NULL;
    g_autofree char *text = NULL;

    fake_controls_reset(&BOGUS[i].control, 1);
    controls = read_controls();
    text = describe(controls);
    g_assert_cmpstr(text, ==, BOGUS[i].expected);
    g_assert_cmpuint(fake_controls_get_n_calls(), <, 1000);
}

static void
test_names_are_unique(void)
{
    static const FakeControl controls[] = {
        { USER(0), INTEGER, "Gain", 0, 9, 1 },
        { USER(1), INTEGER, "gain!", 0, 9, 1 },
        { USER(2), INTEGER, "(GAIN)", 0, 9, 1 },
        { USER(3), INTEGER, "Gain 2", 0, 9, 1 },
    };
    g_autoptr(GPtrArray) found = NULL;
    static const char *const EXPECTED[] = { "gain", "gain_2", "gain_3", "gain_2_2" };

    fake_controls_reset(controls, G_N_ELEMENTS(controls));
    found = read_controls();
    for (guint i = 0; i < G_N_ELEMENTS(EXPECTED); i++)
        g_assert_cmpstr(((SlCameraControl *)g_ptr_array_index(found, i))->name, ==, EXPECTED[i]);
}

static void
test_endless(void)
{
    for (gboolean is_rising = FALSE; is_rising <= TRUE; is_rising++) {
        g_autoptr(GPtrArray) controls = NULL;

        fake_controls_reset(FAKE_CONTROLS, 1);
        fake_controls_make_endless(is_rising);
        controls = read_controls();
        g_assert_cmpuint(controls->len, ==, is_rising ? 128 : 1);
        g_assert_cmpuint(fake_controls_get_n_calls(), <, 3000);
    }
}

static void
test_dead(void)
{
    g_autoptr(GError) error = NULL;
    FakeControl controls[10];

    fake_controls_reset(FAKE_CONTROLS, FAKE_N_CONTROLS);
    fake_controls_unplug();
    g_assert_null(sl_camera_controls_read(fake_controls_ioctl, NULL, &error));
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE);
    g_assert_cmpstr(error->message, ==, "the camera is gone");
    g_clear_error(&error);

    for (guint i = 0; i < G_N_ELEMENTS(controls); i++)
        controls[i] =
            (FakeControl){ USER(i), INTEGER, "Slow", 0, 9, 1, 0, 0, .get_errno = ETIMEDOUT };
    fake_controls_reset(controls, G_N_ELEMENTS(controls));
    g_assert_null(sl_camera_controls_read(fake_controls_ioctl, NULL, &error));
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE);
    g_assert_cmpstr(error->message, ==,
                    "the camera does not answer when it is asked for its controls: Connection "
                    "timed out");
    g_assert_cmpuint(fake_controls_get_n_calls(), ==, 6);
}

/* `NAME=VALUE`s as JSON would have them: 5, true, "text", [] */
static SlControlSetting *
parse_setting(const char *name, const char *value)
{
    gint64 number;

    if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
        return sl_control_setting_new(name, SL_SETTING_BOOLEAN, *value == 't', NULL);
    if (g_ascii_string_to_signed(value, 10, G_MININT64, G_MAXINT64, &number, NULL))
        return sl_control_setting_new(name, SL_SETTING_INTEGER, number, NULL);
    if (strcmp(value, "[]") == 0)
        return sl_control_setting_new(name, SL_SETTING_OTHER, 0, "an array");
    return sl_control_setting_new(name, SL_SETTING_TEXT, 0, value);
}

static GPtrArray *
parse_settings(const char *text)
{
    GPtrArray *settings = g_ptr_array_new_with_free_func((GDestroyNotify)sl_control_setting_free);
    g_auto(GStrv) parts = g_strsplit(text, ";", -1);

    for (guint i = 0; parts[i] != NULL; i++) {
        g_auto(GStrv) pair = g_strsplit(parts[i], "=", 2);
        g_ptr_array_add(settings, parse_setting(pair[0], pair[1]));
    }
    return settings;
}

static const struct {
    const char *settings;
    const char *error; /* NULL: none */
    const char *log;   /* what reached the device */
} SET_CASES[] = {
    { "brightness=-64", NULL, "Brightness=-64 " },
    { "brightness=64", NULL, "Brightness=64 " },
    { "brightness=65", "“brightness” is 65, expected -64 to 64", "" },
    { "brightness=-65", "“brightness” is -65, expected -64 to 64", "" },
    { "brightness=9223372036854775807", "“brightness” is 9223372036854775807, expected -64 to 64",
      "" },
    { "brightness=bright", "“brightness” is “bright”, expected -64 to 64", "" },
    { "brightness=true", "“brightness” is true, expected -64 to 64", "" },
    { "brightness=[]", "“brightness” is an array, expected -64 to 64", "" },
    { "gamma=150", NULL, "Gamma=150 " },
    { "gamma=500", NULL, "Gamma=500 " },
    { "gamma=151", "“gamma” is 151, expected 100 to 500 in steps of 50", "" },
    { "power_line_frequency=3", NULL, "Power Line Frequency=3 " },
    { "power_line_frequency=50 Hz", NULL, "Power Line Frequency=1 " },
    { "power_line_frequency=2",
      "“power_line_frequency” is 2, expected 0 (Disabled), 1 (50 Hz), 3 (Auto)", "" },
    { "power_line_frequency=60 Hz",
      "“power_line_frequency” is “60 Hz”, expected 0 (Disabled), 1 (50 Hz), 3 (Auto)", "" },
    { "exposure_automatic=false", NULL, "Exposure, Automatic=0 " },
    { "exposure_automatic=0", "“exposure_automatic” is 0, expected true or false", "" },
    { "auto_focus_start=true", NULL, "Auto Focus, Start=1 " },
    { "auto_focus_start=false", "“auto_focus_start” is false, expected true, which presses it",
      "" },
    { "auto_focus_status=1", "“auto_focus_status” can only be read", "" },
    { "zoom=1", "the camera has no control “zoom”", "" },
    { "brightness=5;zoom=1", "the camera has no control “zoom”", "" },
    { "brightness=5;gamma=1", "“gamma” is 1, expected 100 to 500 in steps of 50", "" },
    { "exposure_time_absolute=100",
      "“exposure_time_absolute” can't be set while another control, such as an automatic, rules "
      "it. Set: nothing. Not set: exposure_time_absolute",
      "" },
    { "auto_focus_start=true;exposure_time_absolute=100;exposure_automatic=false", NULL,
      "Exposure, Automatic=0 Exposure Time, Absolute=100 Auto Focus, Start=1 " },
    { "brightness=5;exposure_time_absolute=100;gamma=100",
      "“exposure_time_absolute” can't be set while another control, such as an automatic, rules "
      "it. Set: brightness. Not set: exposure_time_absolute, gamma",
      "Brightness=5 " },
};

static void
test_set(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(GPtrArray) controls = NULL;
    g_autoptr(GPtrArray) settings = parse_settings(SET_CASES[i].settings);
    g_autoptr(GArray) changes = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *log = NULL;
    guint n_applied;

    fake_controls_reset(FAKE_CONTROLS, FAKE_N_CONTROLS);
    controls = read_controls();
    changes = sl_camera_controls_plan(controls, settings, &error);
    if (changes != NULL)
        sl_camera_controls_apply(fake_controls_ioctl, NULL, changes, &n_applied, &error);
    log = fake_controls_get_log();
    g_assert_cmpstr(log, ==, SET_CASES[i].log);
    if (SET_CASES[i].error == NULL) {
        g_assert_no_error(error);
    } else {
        g_assert_error(error, SL_MEDIA_ERROR,
                       (gint)(changes == NULL ? SL_MEDIA_ERROR_VALUE : SL_MEDIA_ERROR_REFUSED));
        g_assert_cmpstr(error->message, ==, SET_CASES[i].error);
    }
}

static const struct {
    int code;
    SlMediaError error;
    const char *message;
} REFUSALS[] = {
    { EBUSY, SL_MEDIA_ERROR_REFUSED,
      "“brightness” can't be set while the camera gives pictures. Set: nothing. Not set: "
      "brightness" },
    { ERANGE, SL_MEDIA_ERROR_REFUSED,
      "the camera refuses 5 for “brightness”: Numerical result out of range. Set: nothing. Not "
      "set: brightness" },
    { ENODEV, SL_MEDIA_ERROR_DEVICE, "the camera is gone. Set: nothing. Not set: brightness" },
};

static void
test_refusals(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(REFUSALS); i++) {
        g_autoptr(GPtrArray) controls = NULL;
        g_autoptr(GPtrArray) settings = parse_settings("brightness=5");
        g_autoptr(GArray) changes = NULL;
        g_autoptr(GError) error = NULL;
        guint n_applied = 7;

        fake_controls_reset(FAKE_CONTROLS, FAKE_N_CONTROLS);
        fake_controls_refuse("Brightness", REFUSALS[i].code);
        controls = read_controls();
        changes = sl_camera_controls_plan(controls, settings, &error);
        g_assert_no_error(error);
        g_assert_false(
            sl_camera_controls_apply(fake_controls_ioctl, NULL, changes, &n_applied, &error));
        g_assert_error(error, SL_MEDIA_ERROR, (gint)REFUSALS[i].error);
        g_assert_cmpstr(error->message, ==, REFUSALS[i].message);
        g_assert_cmpuint(n_applied, ==, 0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/camera-controls/read", test_read);
    for (gsize i = 0; i < G_N_ELEMENTS(BOGUS); i++) {
        g_autofree char *path = g_strdup_printf("/camera-controls/bogus/%s", BOGUS[i].name);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_bogus);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(SET_CASES); i++) {
        g_autofree char *path = g_strdup_printf("/camera-controls/set/%s", SET_CASES[i].settings);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_set);
    }
    g_test_add_func("/camera-controls/unique-names", test_names_are_unique);
    g_test_add_func("/camera-controls/endless", test_endless);
    g_test_add_func("/camera-controls/dead", test_dead);
    g_test_add_func("/camera-controls/refusals", test_refusals);
    return g_test_run();
}
