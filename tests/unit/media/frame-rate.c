#include "sl-frame-rate.h"

/* A camera's clock, in steps of 100 ms. */
typedef struct {
    SlFrameRate rate;
    gint64 now_us;
    double n_frames;
} Camera;

static void
begin(Camera *self, double expected)
{
    self->now_us = 1000 * G_USEC_PER_SEC;
    self->n_frames = 5;
    sl_frame_rate_begin(&self->rate, expected, self->now_us, (guint64)self->n_frames);
}

/* How many windows ended. */
static guint
run(Camera *self, double fps, double seconds)
{
    guint n_windows = 0;

    for (guint i = 0; i < (guint)(seconds * 10); i++) {
        self->now_us += G_USEC_PER_SEC / 10;
        self->n_frames += fps / 10;
        n_windows += (guint)sl_frame_rate_update(&self->rate, self->now_us,
                                                 (guint64)(self->n_frames + 0.001));
    }
    return n_windows;
}

static void
assert_text(const Camera *self, const char *expected)
{
    g_autofree char *text = sl_frame_rate_to_text(&self->rate);

    g_assert_cmpstr(text, ==, expected);
}

static void
test_two_windows_in_a_row(void)
{
    Camera camera;

    begin(&camera, 30);
    run(&camera, 2, 1.9); /* settling */
    g_assert_cmpuint(run(&camera, 12, 4.1), ==, 1);
    g_assert_false(camera.rate.is_slow);
    g_assert_cmpuint(run(&camera, 30, 4), ==, 1); /* a hiccup */
    g_assert_cmpuint(run(&camera, 12, 4), ==, 1);
    g_assert_false(camera.rate.is_slow);
    run(&camera, 12, 4);
    g_assert_true(camera.rate.is_slow);
    assert_text(&camera, "12 of 30 frames a second");

    run(&camera, 29, 4);
    g_assert_true(camera.rate.is_slow);
    run(&camera, 29, 4);
    g_assert_false(camera.rate.is_slow);
}

static void
test_enough(void)
{
    static const struct {
        double expected, fps;
        gboolean is_slow;
    } cases[] = {
        { 30, 30, FALSE }, { 30, 25, FALSE },   { 30, 23, TRUE }, { 29.97, 29.97, FALSE },
        { 1, 1, FALSE },   { 1, 0.5, TRUE },    { 5, 5, FALSE },  { 0.5, 0.5, FALSE },
        { 0, 3, FALSE },   { 1000, 500, TRUE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Camera camera;
        begin(&camera, cases[i].expected);
        run(&camera, cases[i].fps, 200);
        g_assert_cmpint(camera.rate.is_slow, ==, cases[i].is_slow);
        g_assert_cmpfloat_with_epsilon(camera.rate.measured, cases[i].fps, 1);
    }
}

static void
test_text(void)
{
    Camera camera = { .rate = { .expected = 29.97, .measured = 11.6 } };

    assert_text(&camera, "12 of 30 frames a second");
    camera.rate.measured = 9.6;
    assert_text(&camera, "10 of 30 frames a second");
    camera.rate = (SlFrameRate){ .expected = 7.5, .measured = 2.04 };
    assert_text(&camera, "2 of 7.5 frames a second");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/frame-rate/two-windows-in-a-row", test_two_windows_in_a_row);
    g_test_add_func("/frame-rate/enough", test_enough);
    g_test_add_func("/frame-rate/text", test_text);
    return g_test_run();
}
