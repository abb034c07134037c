#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "fake-controls.h"
#include "sl-context.h"
#include "sl-description.h"

#define WAIT_UNTIL(condition)                                    \
    while (!(condition)) {                                       \
        g_assert_cmpint(g_get_monotonic_time(), <, deadline_us); \
        g_main_context_iteration(NULL, FALSE);                   \
        g_usleep(500);                                           \
    }

static gint64 deadline_us;
static SlInput *camera;

typedef struct {
    guint n;
    gint64 brightness; /* of the last answer */
    guint n_controls;
    GError *error;
} Answers;

static void
on_controls(GPtrArray *controls, const GError *error, gpointer user_data)
{
    Answers *answers = user_data;

    g_assert_true((controls == NULL) != (error == NULL));
    answers->n++;
    g_clear_error(&answers->error);
    if (error != NULL)
        answers->error = g_error_copy(error);
    if (controls == NULL)
        return;
    answers->n_controls = controls->len;
    answers->brightness = sl_camera_controls_find(controls, "brightness")->value;
}

static GPtrArray *
one_setting(const char *name, SlControlSettingKind kind, gint64 number)
{
    GPtrArray *settings = g_ptr_array_new_with_free_func((GDestroyNotify)sl_control_setting_free);

    g_ptr_array_add(settings, sl_control_setting_new(name, kind, number, NULL));
    return settings;
}

static SlControlKeeper *
keeper_new(void)
{
    deadline_us = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    fake_controls_reset(FAKE_CONTROLS, FAKE_N_CONTROLS);
    return sl_control_keeper_new(g_main_context_default(), "front", &FAKE_CONTROL_DEVICE);
}

static void
keeper_end(SlControlKeeper *keeper)
{
    gpointer gone = keeper;

    g_object_add_weak_pointer(G_OBJECT(keeper), &gone);
    g_object_unref(keeper);
    WAIT_UNTIL(gone == NULL);
}

/* Sets one and waits for the answer. */
static void
set(SlControlKeeper *keeper, const char *name, SlControlSettingKind kind, gint64 number,
    Answers *answers)
{
    g_autoptr(GPtrArray) settings = one_setting(name, kind, number);
    g_autoptr(GError) error = NULL;
    guint n = answers->n;

    g_assert_true(sl_control_keeper_set(keeper, camera, settings, on_controls, answers, &error));
    g_assert_no_error(error);
    WAIT_UNTIL(answers->n == n + 1);
}

/* What else was asked for before is done when this has been answered. */
static void
settle(SlControlKeeper *keeper)
{
    Answers answers = { 0 };

    g_assert_true(sl_control_keeper_read(keeper, camera, on_controls, &answers, NULL));
    WAIT_UNTIL(answers.n == 1);
    g_clear_error(&answers.error);
}

static void
test_answers(void)
{
    SlControlKeeper *keeper = keeper_new();
    Answers answers = { 0 };

    g_assert_true(sl_control_keeper_read(keeper, camera, on_controls, &answers, NULL));
    g_assert_cmpuint(answers.n, ==, 0);
    WAIT_UNTIL(answers.n == 1);
    g_assert_no_error(answers.error);
    g_assert_cmpint(answers.brightness, ==, 10);
    g_assert_cmpuint(answers.n_controls, ==, 7);

    set(keeper, "brightness", SL_SETTING_INTEGER, -3, &answers);
    g_assert_no_error(answers.error);
    g_assert_cmpint(answers.brightness, ==, -3);

    set(keeper, "brightness", SL_SETTING_INTEGER, 1000, &answers);
    g_assert_error(answers.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE);

    fake_controls_reset(NULL, 0);
    set(keeper, "brightness", SL_SETTING_INTEGER, 1, &answers);
    g_assert_error(answers.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND);
    g_assert_cmpstr(answers.error->message, ==, "/dev/fake is not there");
    g_clear_error(&answers.error);
    keeper_end(keeper);
}

/* Another one may have its node by now. */
static void
test_leaves_others_alone(void)
{
    SlControlKeeper *keeper = keeper_new();
    SlCameraIdentity identity = { .node = (char *)"fake",
                                  .model = (char *)"A camera that was unplugged",
                                  .port = (char *)"/sys/devices/none" };
    SlCamera seen = { .node = (char *)"/dev/fake", .name = (char *)"C", .identity = &identity };
    g_autoptr(SlInput) gone = sl_input_new_camera(NULL, &seen);
    g_autoptr(GPtrArray) settings = one_setting("brightness", SL_SETTING_INTEGER, 1);
    Answers answers = { 0 };

    g_assert_true(sl_control_keeper_set(keeper, gone, settings, on_controls, &answers, NULL));
    WAIT_UNTIL(answers.n == 1);
    g_assert_error(answers.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND);
    g_assert_cmpstr(answers.error->message, ==, "C (/dev/fake) is unplugged, waiting for it");
    g_assert_cmpuint(fake_controls_get_n_calls(), ==, 0);
    g_clear_error(&answers.error);
    keeper_end(keeper);
}

/* A camera that hangs: the main loop goes on, few wait, the others are told at once. */
static void
test_hangs(void)
{
    SlControlKeeper *keeper = keeper_new();
    Answers answers = { 0 };
    g_autoptr(GError) error = NULL;
    guint n_taken = 0;

    fake_controls_block(TRUE);
    while (sl_control_keeper_read(keeper, camera, on_controls, &answers, &error)) {
        n_taken++;
        g_assert_cmpuint(n_taken, <, 100);
    }
    g_assert_cmpuint(n_taken, ==, 5);
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED);
    WAIT_UNTIL(fake_controls_get_n_calls() == 1);
    g_assert_cmpuint(answers.n, ==, 0);

    fake_controls_block(FALSE);
    WAIT_UNTIL(answers.n == n_taken);
    g_assert_no_error(answers.error);
    g_assert_cmpuint(fake_controls_get_most_open(), ==, 1);
    g_assert_true(sl_control_keeper_read(keeper, camera, on_controls, &answers, NULL));
    WAIT_UNTIL(answers.n == n_taken + 1);
    keeper_end(keeper);
}

/* Whoever asked is answered, though the stream is gone meanwhile. */
static void
test_gone_meanwhile(void)
{
    SlControlKeeper *keeper = keeper_new();
    Answers answers = { 0 };

    fake_controls_block(TRUE);
    g_assert_true(sl_control_keeper_read(keeper, camera, on_controls, &answers, NULL));
    g_object_add_weak_pointer(G_OBJECT(keeper), (gpointer *)&keeper);
    g_object_unref(keeper);
    fake_controls_block(FALSE);
    WAIT_UNTIL(answers.n == 1 && keeper == NULL);
    g_assert_no_error(answers.error);
}

static void
restore(SlControlKeeper *keeper)
{
    fake_controls_reset(FAKE_CONTROLS, FAKE_N_CONTROLS);
    sl_control_keeper_restore(keeper, camera);
    settle(keeper);
}

static void
test_restore(void)
{
    SlControlKeeper *keeper = keeper_new();
    Answers answers = { 0 };

    sl_control_keeper_restore(keeper, camera);
    g_assert_cmpuint(fake_controls_get_n_calls(), ==, 0);
    set(keeper, "brightness", SL_SETTING_INTEGER, 5, &answers);
    set(keeper, "brightness", SL_SETTING_INTEGER, 7, &answers);
    set(keeper, "auto_focus_start", SL_SETTING_BOOLEAN, 1, &answers);
    set(keeper, "exposure_automatic", SL_SETTING_BOOLEAN, 0, &answers);
    set(keeper, "exposure_time_absolute", SL_SETTING_INTEGER, 99, &answers);
    set(keeper, "gamma", SL_SETTING_INTEGER, 1, &answers); /* refused: nothing to keep */
    g_clear_error(&answers.error);

    restore(keeper);
    g_autofree char *log = fake_controls_get_log();
    g_assert_cmpstr(log, ==, "Exposure, Automatic=0 Brightness=7 Exposure Time, Absolute=99 ");

    /* What an automatic rules again is left to it. */
    set(keeper, "exposure_automatic", SL_SETTING_BOOLEAN, 1, &answers);
    restore(keeper);
    g_autofree char *automatic = fake_controls_get_log();
    g_assert_cmpstr(automatic, ==, "Exposure, Automatic=1 Brightness=7 ");
    keeper_end(keeper);
}

/* What is written to standard error goes to a file until end_log(). */
static int
begin_log(const char *path)
{
    int before = dup(STDERR_FILENO);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    g_assert_cmpint(file, >=, 0);
    dup2(file, STDERR_FILENO);
    close(file);
    return before;
}

/* Returns: (transfer full): what was written */
static char *
end_log(const char *path, int before)
{
    char *text = NULL;

    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_unlink(path);
    return text;
}

/* Each is said once, and the others are set all the same. */
static void
test_restore_refused(void)
{
    SlControlKeeper *keeper = keeper_new();
    Answers answers = { 0 };
    g_autofree char *path = g_strdup_printf("%s/keeper-%d.log", g_get_tmp_dir(), getpid());
    g_autofree char *log = NULL;
    g_auto(GStrv) said = NULL;
    int before;

    set(keeper, "brightness", SL_SETTING_INTEGER, 5, &answers);
    set(keeper, "gamma", SL_SETTING_INTEGER, 350, &answers);
    before = begin_log(path);
    for (guint i = 0; i < 3; i++) {
        fake_controls_reset(FAKE_CONTROLS, FAKE_N_CONTROLS);
        fake_controls_refuse("Brightness", EIO);
        sl_control_keeper_restore(keeper, camera);
        settle(keeper);
        g_assert_cmpint(fake_controls_get("Gamma"), ==, 350);
        g_assert_cmpint(fake_controls_get("Brightness"), ==, 10);
    }
    log = end_log(path, before);
    said =
        g_strsplit(log, "front: \"brightness\" could not be set again: the camera refuses 5", -1);
    g_assert_cmpuint(g_strv_length(said), ==, 2);
    keeper_end(keeper);
}

/* However often it comes and goes while one is under way, one more follows. */
static void
test_restores_are_one(void)
{
    SlControlKeeper *keeper = keeper_new();
    Answers answers = { 0 };
    g_autofree char *log = NULL;

    set(keeper, "brightness", SL_SETTING_INTEGER, 5, &answers);
    fake_controls_reset(FAKE_CONTROLS, FAKE_N_CONTROLS);
    fake_controls_block(TRUE);
    for (guint i = 0; i < 100; i++)
        sl_control_keeper_restore(keeper, camera);
    fake_controls_block(FALSE);
    settle(keeper);
    log = fake_controls_get_log();
    g_assert_cmpstr(log, ==, "Brightness=5 Brightness=5 ");
    keeper_end(keeper);
}

int
main(int argc, char **argv)
{
    g_autoptr(SlInput) fake = camera = sl_input_new(SL_INPUT_CAMERA, "/dev/fake", "/dev/fake");

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/control-keeper/answers", test_answers);
    g_test_add_func("/control-keeper/leaves-others-alone", test_leaves_others_alone);
    g_test_add_func("/control-keeper/hangs", test_hangs);
    g_test_add_func("/control-keeper/gone-meanwhile", test_gone_meanwhile);
    g_test_add_func("/control-keeper/restore", test_restore);
    g_test_add_func("/control-keeper/restore-refused", test_restore_refused);
    g_test_add_func("/control-keeper/restores-are-one", test_restores_are_one);
    return g_test_run();
}
