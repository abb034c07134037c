#include <gst/gst.h>

#include "fake-camera.h"
#include "proc-fixture.h"
#include "sl-stream.h"
#include "sl-teardown.h"

/* A stream's camera comes, goes and misbehaves. */

#define CAPS FAKE_CAMERA_CAPS

static const char moving[] = FAKE_CAMERA_MOVING;
/* Thirty frames and then silence: the funnel's other input, on which nothing ever comes, keeps the
 * end away. */
static const char freezing[] = "udpsrc address=127.0.0.1 port=0 caps=\"" CAPS "\" ! funnel name=f "
                               "videotestsrc is-live=true num-buffers=30 ! " CAPS " ! f. f.";
/* The caps promise 30. */
static const char dropping[] =
    "videotestsrc is-live=true ! " CAPS " ! identity drop-probability=0.6";

typedef struct {
    SlCameraMonitor *monitor;
    SlStream *stream;
    guint n_frozen; /* how often it was told: its frames may stay away on a machine that stands */
} Fixture;

static void
count_frozen(SlStream *stream, Fixture *fixture)
{
    if (sl_stream_get_state(stream) == SL_STREAM_LOST &&
        g_str_has_prefix(sl_stream_get_detail(stream), "The camera is frozen"))
        fixture->n_frozen++;
}

/* @input: (transfer full) */
static void
set_up_lingering(Fixture *fixture, SlInput *input, guint linger_ms)
{
    static const char text[] = "[source]\n${capture} ! vp8enc deadline=1 ! appsink name=video\n"
                               "[viewer video]\nrtpvp8pay\n";
    g_autoptr(SlInput) owned = input;
    g_autoptr(SlProblems) problems = sl_problems_new("test.pipeline");
    g_autoptr(SlDescription) description =
        sl_description_parse("test", text, strlen(text), problems);
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);
    SlLimits limits;

    sl_limits_init(&limits);
    limits.linger_ms = linger_ms;
    fake_camera_forget_asked();
    fixture->n_frozen = 0;
    fixture->monitor = sl_camera_monitor_new(g_main_context_default());
    fixture->stream =
        sl_stream_new(g_main_context_default(), &(SlStreamConfig){ .name = "door",
                                                                   .input = input,
                                                                   .description = description,
                                                                   .values = values,
                                                                   .limits = &limits,
                                                                   .monitor = fixture->monitor });
    g_signal_connect(fixture->stream, "state-changed", G_CALLBACK(count_frozen), fixture);
}

static void
set_up(Fixture *fixture, SlInput *input)
{
    set_up_lingering(fixture, input, 1);
}

static void
on_stopped(GObject *stream, GAsyncResult *result, gpointer data)
{
    *(gboolean *)data = sl_stream_stop_finish(SL_STREAM(stream), result, NULL);
}

static void
tear_down(Fixture *fixture)
{
    gboolean stopped = FALSE;
    gpointer stream = fixture->stream, monitor = fixture->monitor;

    if (sl_stream_get_n_viewers(fixture->stream) > 0)
        sl_stream_release(fixture->stream);
    sl_stream_stop_async(fixture->stream, on_stopped, &stopped);
    PROC_WAIT_UNTIL(stopped);
    g_object_add_weak_pointer(stream, &stream);
    g_object_unref(fixture->stream);
    PROC_WAIT_UNTIL(stream == NULL && sl_teardown_get_n_pending() == 0);
    g_object_add_weak_pointer(monitor, &monitor);
    g_object_unref(fixture->monitor);
    g_assert_null(monitor);
}

static const char *
get_node(Fixture *fixture)
{
    SlInput *found = sl_stream_get_camera(fixture->stream);

    return found != NULL ? found->location : NULL;
}

static void
assert_told(Fixture *fixture, SlStreamState state, const char *detail, const char *title,
            const char *device)
{
    g_assert_cmpint(sl_stream_get_state(fixture->stream), ==, state);
    g_assert_cmpstr(sl_stream_get_detail(fixture->stream), ==, detail);
    g_assert_cmpstr(sl_stream_get_title(fixture->stream), ==, title);
    g_assert_cmpstr(get_node(fixture), ==, device);
}

static void
wait_for(Fixture *fixture, SlStreamState state)
{
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture->stream) == state);
}

/* The same camera as another node, for the same viewers. */
static void
test_unplugged(void)
{
    g_autoptr(GPtrArray) codecs = NULL;
    Fixture fixture;

    fake_camera_set("video0", 0, moving);
    set_up(&fixture, sl_input_new_awaited("/dev/video0"));
    assert_told(&fixture, SL_STREAM_IDLE, "", "door", NULL);
    sl_stream_acquire(fixture.stream);
    wait_for(&fixture, SL_STREAM_LIVE);
    assert_told(&fixture, SL_STREAM_LIVE, "", "Camera (2.0)", "/dev/video0");
    g_assert_cmpstr(sl_stream_get_mode(fixture.stream), ==, "I420 64x64 at 30");
    codecs = g_ptr_array_ref(sl_stream_get_codecs(fixture.stream));

    fake_camera_set(NULL, 0, NULL);
    sl_camera_monitor_report(fixture.monitor, "video7", FALSE);
    assert_told(&fixture, SL_STREAM_LIVE, "", "Camera (2.0)", "/dev/video0");
    sl_camera_monitor_report(fixture.monitor, "video0", FALSE);
    assert_told(&fixture, SL_STREAM_LOST, "Camera unplugged, waiting for it", "Camera (2.0)", NULL);
    g_assert_cmpstr(sl_stream_get_fault(fixture.stream)->message, ==,
                    "Camera (2.0) (/dev/video0) is unplugged, waiting for it");

    PROC_WAIT_UNTIL(fake_camera_count_asked() >= 3); /* in vain */
    fake_camera_set("video1", 0, moving);
    sl_camera_monitor_report(fixture.monitor, "video1", TRUE);
    wait_for(&fixture, SL_STREAM_LIVE);
    assert_told(&fixture, SL_STREAM_LIVE, "", "Camera (2.0)", "/dev/video1");
    g_assert_true(sl_stream_get_codecs(fixture.stream) == codecs); /* so nobody needs a new peer */
    tear_down(&fixture);
}

/* What comes while the old pipeline still stops is not missed. */
static void
test_back_at_once(void)
{
    Fixture fixture;

    fake_camera_set("video0", 0, moving);
    set_up(&fixture, sl_input_new_awaited(NULL));
    sl_stream_acquire(fixture.stream);
    wait_for(&fixture, SL_STREAM_LIVE);
    sl_camera_monitor_report(fixture.monitor, "video0", FALSE);
    fake_camera_set("video1", 0, moving);
    sl_camera_monitor_report(fixture.monitor, "video1", TRUE);
    wait_for(&fixture, SL_STREAM_LIVE);
    g_assert_cmpuint(fake_camera_count_asked(), ==, 2 + fixture.n_frozen);
    assert_told(&fixture, SL_STREAM_LIVE, "", "Camera (2.0)", "/dev/video1");
    tear_down(&fixture);
}

static void
test_takes_over_from_the_pattern(void)
{
    Fixture fixture;

    fake_camera_set(NULL, 0, NULL);
    set_up(&fixture, sl_input_new_no_camera());
    sl_stream_acquire(fixture.stream);
    wait_for(&fixture, SL_STREAM_LIVE);
    assert_told(&fixture, SL_STREAM_LIVE, "No camera: plug one in", "Test pattern", NULL);

    /* The pattern stays for as long as it can't be opened, and gives way when it can. */
    fake_camera_set("video0", SL_MEDIA_ERROR_BUSY, moving);
    sl_camera_monitor_report(fixture.monitor, "video0", TRUE);
    PROC_WAIT_UNTIL(fake_camera_count_asked() >= 3);
    assert_told(&fixture, SL_STREAM_LIVE, "No camera: plug one in", "Test pattern", NULL);
    fake_camera_set("video0", 0, moving);
    PROC_WAIT_UNTIL(get_node(&fixture) != NULL);
    wait_for(&fixture, SL_STREAM_LIVE);
    assert_told(&fixture, SL_STREAM_LIVE, "", "Camera (2.0)", "/dev/video0");
    tear_down(&fixture);
}

/* Nobody watched when the camera came, and the pattern had not stopped yet. */
static void
test_takes_over_for_who_comes_back(void)
{
    Fixture fixture;

    fake_camera_set(NULL, 0, NULL);
    set_up_lingering(&fixture, sl_input_new_no_camera(), 60000);
    sl_stream_acquire(fixture.stream);
    wait_for(&fixture, SL_STREAM_LIVE);
    sl_stream_release(fixture.stream);
    fake_camera_set("video0", 0, moving);
    sl_camera_monitor_report(fixture.monitor, "video0", TRUE);
    sl_stream_acquire(fixture.stream);
    PROC_WAIT_UNTIL(get_node(&fixture) != NULL);
    wait_for(&fixture, SL_STREAM_LIVE);
    tear_down(&fixture);
}

/* A camera has several nodes, and there may be others that come and go: what is being tried is not
 * begun anew for each. */
static void
test_nodes_come_in_a_row(void)
{
    Fixture fixture;
    guint n_asked;

    fake_camera_set(NULL, 0, NULL);
    set_up(&fixture, sl_input_new_awaited("/dev/video0"));
    sl_stream_acquire(fixture.stream);
    wait_for(&fixture, SL_STREAM_LOST);
    fake_camera_set_hangs(TRUE);
    fake_camera_set("video0", 0, moving);
    sl_camera_monitor_report(fixture.monitor, "video0", TRUE);
    PROC_WAIT_UNTIL(fake_camera_count_waiting() == 1);
    n_asked = fake_camera_count_asked();
    sl_camera_monitor_report(fixture.monitor, "video1", TRUE);
    sl_camera_monitor_report(fixture.monitor, "video2", TRUE);
    fake_camera_set_hangs(FALSE);
    wait_for(&fixture, SL_STREAM_LIVE);
    g_assert_cmpuint(fake_camera_count_asked(), ==, n_asked);
    tear_down(&fixture);
}

static void
test_waits(void)
{
    Fixture fixture;

    fake_camera_set(NULL, 0, NULL);
    set_up(&fixture, sl_input_new_awaited(NULL));
    sl_stream_acquire(fixture.stream);
    wait_for(&fixture, SL_STREAM_LOST);
    assert_told(&fixture, SL_STREAM_LOST, "Camera unplugged, waiting for it", "door", NULL);
    fake_camera_set("video0", SL_MEDIA_ERROR_PERMISSION, moving);
    sl_camera_monitor_report(fixture.monitor, "video0", TRUE);
    PROC_WAIT_UNTIL(g_str_has_prefix(sl_stream_get_detail(fixture.stream), "The server may not"));
    fake_camera_set("video0", SL_MEDIA_ERROR_BUSY, moving);
    PROC_WAIT_UNTIL(g_str_has_suffix(sl_stream_get_detail(fixture.stream), "by another program"));
    fake_camera_set("video0", 0, moving);
    wait_for(&fixture, SL_STREAM_LIVE);
    assert_told(&fixture, SL_STREAM_LIVE, "", "Camera (2.0)", "/dev/video0");
    tear_down(&fixture);
}

static void
test_frozen(void)
{
    Fixture fixture;

    fake_camera_set("video0", 0, freezing);
    set_up(&fixture, sl_input_new_awaited(NULL));
    sl_stream_acquire(fixture.stream);
    wait_for(&fixture, SL_STREAM_LIVE);
    wait_for(&fixture, SL_STREAM_LOST);
    assert_told(&fixture, SL_STREAM_LOST, "The camera is frozen, starting it again", "Camera (2.0)",
                "/dev/video0");
    g_assert_cmpstr(sl_stream_get_fault(fixture.stream)->message, ==,
                    "Camera (2.0) (/dev/video0) is frozen: no frame for 3 s, starting it again");
    fake_camera_set("video0", 0, moving);
    wait_for(&fixture, SL_STREAM_LIVE);
    tear_down(&fixture);
}

static void
test_slow(void)
{
    const SlFrameRate *rate;
    Fixture fixture;

    fake_camera_set("video0", 0, dropping);
    set_up(&fixture, sl_input_new_awaited(NULL));
    sl_stream_acquire(fixture.stream);
    PROC_WAIT_UNTIL(
        g_str_has_suffix(sl_stream_get_detail(fixture.stream), " of 30 frames a second"));
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_LIVE);
    rate = sl_stream_get_rate(fixture.stream);
    g_assert_cmpfloat(rate->expected, ==, 30);
    g_assert_cmpfloat(rate->measured, <, 24);
    g_assert_cmpuint(fake_camera_count_asked(), ==, 1 + fixture.n_frozen); /* it goes on */
    tear_down(&fixture);
}

/* A driver that does not answer holds nobody up, and is not asked again before it has. */
static void
test_hanging_driver(void)
{
    Fixture fixture;

    fake_camera_set("video0", 0, moving);
    set_up(&fixture, sl_input_new_awaited(NULL));
    fake_camera_set_hangs(TRUE);
    for (guint round = 0; round < 3; round++) {
        sl_stream_acquire(fixture.stream);
        PROC_WAIT_UNTIL(fake_camera_count_asked() == 1);
        g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_STARTING);
        sl_stream_release(fixture.stream);
        wait_for(&fixture, SL_STREAM_IDLE);
    }
    sl_stream_acquire(fixture.stream);
    fake_camera_set_hangs(FALSE);
    wait_for(&fixture, SL_STREAM_LIVE);
    g_assert_cmpuint(fake_camera_count_asked(), ==, 2 + fixture.n_frozen);
    tear_down(&fixture);
}

/* The answer comes when nobody is there any more. */
static void
test_ends_while_driver_hangs(void)
{
    Fixture fixture;

    fake_camera_set("video0", 0, moving);
    set_up(&fixture, sl_input_new_awaited(NULL));
    fake_camera_set_hangs(TRUE);
    sl_stream_acquire(fixture.stream);
    PROC_WAIT_UNTIL(fake_camera_count_asked() == 1);
    tear_down(&fixture);
    g_assert_cmpuint(fake_camera_count_waiting(), ==, 1);
    fake_camera_set_hangs(FALSE);
    PROC_WAIT_UNTIL(!proc_fixture_has_thread("camera"));
    proc_fixture_iterate();
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_main_context_acquire(NULL);
    g_test_add_func("/camera-life/unplugged", test_unplugged);
    g_test_add_func("/camera-life/back-at-once", test_back_at_once);
    g_test_add_func("/camera-life/takes-over-from-the-pattern", test_takes_over_from_the_pattern);
    g_test_add_func("/camera-life/takes-over-for-who-comes-back",
                    test_takes_over_for_who_comes_back);
    g_test_add_func("/camera-life/nodes-come-in-a-row", test_nodes_come_in_a_row);
    g_test_add_func("/camera-life/waits", test_waits);
    g_test_add_func("/camera-life/frozen", test_frozen);
    g_test_add_func("/camera-life/slow", test_slow);
    g_test_add_func("/camera-life/hanging-driver", test_hanging_driver);
    g_test_add_func("/camera-life/ends-while-driver-hangs", test_ends_while_driver_hangs);
    return proc_fixture_run();
}
