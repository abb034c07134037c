#include <gst/gst.h>

#include "fake-camera.h"
#include "fake-publisher.h"
#include "proc-fixture.h"
#include "sl-census.h"
#include "sl-feed.h"
#include "sl-stream.h"
#include "sl-teardown.h"

/* A camera opens once: who shall try another description on it has to let it go first, and gets it
 * back. */

static const char vp8[] = "[source]\n${capture} ! vp8enc deadline=1 ! appsink name=video\n"
                          "[viewer video]\nrtpvp8pay\n";
static const char other_vp8[] = "[source]\n${capture} ! vp8enc deadline=1 cpu-used=8"
                                " ! appsink name=video\n[viewer video]\nrtpvp8pay mtu=900\n";
static const char vp9[] = "[source]\n${capture} ! vp9enc deadline=1 cpu-used=8"
                          " ! appsink name=video\n[viewer video]\nrtpvp9pay\n";
static const char fails[] =
    "[source]\n${capture}\n ! identity error-after=1 ! vp8enc ! appsink name=video\n";
static const char gives_nothing[] =
    "[source]\n${capture} ! valve drop=true ! vp8enc\n ! appsink name=video\n";
static const char own_source[] = "[source]\nvideotestsrc is-live=true ! " FAKE_CAMERA_CAPS
                                 " ! vp8enc deadline=1 ! appsink name=video\n"
                                 "[viewer video]\nrtpvp8pay\n";

typedef struct {
    SlCameraMonitor *monitor;
    SlStream *stream;
    guint n_codecs, n_tracks, n_inputs;
    guint states; /* that were reported: a bit each */
} Fixture;

typedef struct {
    gboolean ended;
    GError *error;
} Outcome;

static SlDescription *
parse(const char *text)
{
    g_autoptr(SlProblems) problems = sl_problems_new("test.pipeline");
    SlDescription *description = sl_description_parse("test", text, strlen(text), problems);

    g_assert_nonnull(description);
    return description;
}

static void
count(SlStream *stream, guint *n)
{
    (*n)++;
}

static void
note_state(SlStream *stream, Fixture *fixture)
{
    fixture->states |= 1u << sl_stream_get_state(stream);
}

/* @input: (transfer full) */
static void
set_up_from(Fixture *fixture, SlInput *input)
{
    g_autoptr(SlInput) owned = input;
    g_autoptr(SlDescription) description = parse(vp8);
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);
    SlLimits limits;

    sl_limits_init(&limits);
    limits.linger_ms = 1;
    fake_camera_forget_asked();
    *fixture = (Fixture){ .monitor = sl_camera_monitor_new(g_main_context_default()) };
    fixture->stream =
        sl_stream_new(g_main_context_default(), &(SlStreamConfig){ .name = "door",
                                                                   .input = input,
                                                                   .description = description,
                                                                   .values = values,
                                                                   .limits = &limits,
                                                                   .monitor = fixture->monitor });
    g_signal_connect(fixture->stream, "codecs-changed", G_CALLBACK(count), &fixture->n_codecs);
    g_signal_connect(fixture->stream, "tracks-changed", G_CALLBACK(count), &fixture->n_tracks);
    g_signal_connect(fixture->stream, "input-changed", G_CALLBACK(count), &fixture->n_inputs);
    g_signal_connect(fixture->stream, "state-changed", G_CALLBACK(note_state), fixture);
}

static void
wait_for(Fixture *fixture, SlStreamState state)
{
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture->stream) == state);
}

/* With a viewer, and a picture. What was reported on the way is forgotten. */
static void
set_up(Fixture *fixture)
{
    fake_camera_set("video0", 0, FAKE_CAMERA_ONCE);
    set_up_from(fixture, sl_input_new_awaited("/dev/video0"));
    sl_stream_acquire(fixture->stream);
    wait_for(fixture, SL_STREAM_LIVE);
    fixture->n_codecs = 0;
    fixture->n_inputs = 0;
    fixture->states = 0;
}

static void
on_stopped(GObject *stream, GAsyncResult *result, gpointer data)
{
    *(gboolean *)data = sl_stream_stop_finish(SL_STREAM(stream), result, NULL);
}

static void
tear_down(Fixture *fixture)
{
    gpointer stream = fixture->stream, monitor = fixture->monitor;
    gboolean stopped = FALSE;

    while (sl_stream_get_n_viewers(fixture->stream) > 0)
        sl_stream_release(fixture->stream);
    sl_stream_stop_async(fixture->stream, on_stopped, &stopped);
    PROC_WAIT_UNTIL(stopped);
    g_object_add_weak_pointer(stream, &stream);
    g_object_unref(fixture->stream);
    PROC_WAIT_UNTIL(stream == NULL && sl_teardown_get_n_pending() == 0);
    g_object_add_weak_pointer(monitor, &monitor);
    g_object_unref(fixture->monitor);
    g_assert_null(monitor);
    g_assert_cmpuint(sl_census_get("SlSetup"), ==, 0);
    g_assert_cmpuint(sl_census_get("SlSwap"), ==, 0);
    g_assert_cmpuint(fake_camera_count_open(), ==, 0);
}

static void
on_swapped(GObject *stream, GAsyncResult *result, gpointer data)
{
    Outcome *outcome = data;

    g_assert_false(outcome->ended);
    sl_stream_swap_finish(SL_STREAM(stream), result, &outcome->error);
    outcome->ended = TRUE;
}

static void
begin_swap(Fixture *fixture, const char *text, Outcome *outcome)
{
    g_autoptr(SlDescription) description = parse(text);
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);

    *outcome = (Outcome){ 0 };
    sl_stream_swap_async(fixture->stream, description, values, on_swapped, outcome);
}

static void
assert_undone(Outcome *outcome, SlMediaError code, const char *pattern)
{
    PROC_WAIT_UNTIL(outcome->ended);
    g_assert_error(outcome->error, SL_MEDIA_ERROR, (gint)code);
    if (!g_pattern_match_simple(pattern, outcome->error->message))
        g_assert_cmpstr(outcome->error->message, ==, pattern);
    g_clear_error(&outcome->error);
}

static void
swap(Fixture *fixture, const char *text)
{
    Outcome outcome;

    begin_swap(fixture, text, &outcome);
    PROC_WAIT_UNTIL(outcome.ended);
    g_assert_no_error(outcome.error);
    g_assert_cmpint(sl_stream_get_state(fixture->stream), ==, SL_STREAM_LIVE);
}

static SlTrack *
get_track(Fixture *fixture)
{
    return ((SlTrackCodec *)g_ptr_array_index(sl_stream_get_codecs(fixture->stream), 0))->track;
}

static void
wait_for_frames(SlTrack *track)
{
    guint64 n_frames = sl_track_get_n_frames(track);

    PROC_WAIT_UNTIL(sl_track_get_n_frames(track) > n_frames + 5);
}

#define BIT(state) (1u << (state))

static void
test_takes_the_camera_over(void)
{
    guint n_refused = fake_camera_count_refused();
    Fixture fixture;

    set_up(&fixture);
    swap(&fixture, other_vp8);
    g_assert_cmpuint(fixture.n_tracks, ==, 1);
    g_assert_cmpuint(fixture.n_codecs, ==, 0);
    g_assert_cmpuint(fixture.n_inputs, ==, 0);
    g_assert_cmpuint(fixture.states, ==, BIT(SL_STREAM_STARTING) | BIT(SL_STREAM_LIVE));
    wait_for_frames(get_track(&fixture));
    swap(&fixture, vp9);
    g_assert_cmpuint(fixture.n_codecs, ==, 1);
    g_assert_cmpstr(sl_stream_get_title(fixture.stream), ==, "Camera (2.0)");
    g_assert_cmpstr(sl_stream_get_mode(fixture.stream), ==, "I420 64x64 at 30");
    g_assert_cmpuint(fake_camera_count_refused(), ==, n_refused);
    tear_down(&fixture);
}

/* The same tracks as before, so nobody has to change anything. */
static void
test_gives_it_back(void)
{
    guint n_refused = fake_camera_count_refused();
    Fixture fixture;
    Outcome outcome;
    SlTrack *track;

    set_up(&fixture);
    track = get_track(&fixture);
    begin_swap(&fixture, fails, &outcome);
    assert_undone(&outcome, SL_MEDIA_ERROR_PIPELINE, "test.pipeline:3: 'identity' failed (*");
    wait_for(&fixture, SL_STREAM_LIVE);
    wait_for_frames(track);
    begin_swap(&fixture, gives_nothing, &outcome);
    assert_undone(&outcome, SL_MEDIA_ERROR_PIPELINE,
                  "test.pipeline:3: track video gave no frame within 5 s");
    wait_for(&fixture, SL_STREAM_LIVE);
    wait_for_frames(track);
    g_assert_true(get_track(&fixture) == track);
    g_assert_cmpuint(fixture.n_tracks + fixture.n_codecs, ==, 0);
    g_assert_cmpuint(fixture.states, ==, BIT(SL_STREAM_STARTING) | BIT(SL_STREAM_LIVE));
    g_assert_cmpuint(fake_camera_count_refused(), ==, n_refused);
    tear_down(&fixture);
}

/* Its own source does not need the camera, which stays open for who has it. */
static void
test_beside_the_camera(void)
{
    Fixture fixture;
    Outcome outcome;

    set_up(&fixture);
    begin_swap(&fixture,
               "[source]\nvideotestsrc is-live=true ! valve drop=true ! vp8enc"
               " ! appsink name=video\n",
               &outcome);
    wait_for_frames(get_track(&fixture));
    g_assert_cmpuint(fake_camera_count_open(), ==, 1);
    assert_undone(&outcome, SL_MEDIA_ERROR_PIPELINE, "test.pipeline:2: track video *");
    g_assert_cmpuint(fixture.states, ==, 0);

    swap(&fixture, own_source);
    PROC_WAIT_UNTIL(fake_camera_count_open() == 0);
    swap(&fixture, vp8);
    g_assert_cmpuint(fake_camera_count_open(), ==, 1);
    tear_down(&fixture);
}

/* A former setup keeps the camera for a viewer who has not changed over, until it is asked for. */
static void
test_from_one_that_retires(void)
{
    guint n_refused = fake_camera_count_refused();
    Fixture fixture;
    GstElement *appsrc = gst_object_ref_sink(gst_element_factory_make("appsrc", NULL));
    SlFeed *feed;

    set_up(&fixture);
    feed = sl_track_subscribe(get_track(&fixture), GST_APP_SRC(appsrc));
    swap(&fixture, own_source);
    g_assert_cmpuint(fake_camera_count_open(), ==, 1);
    swap(&fixture, vp8);
    g_assert_cmpuint(fake_camera_count_open(), ==, 1);
    g_assert_cmpuint(fake_camera_count_refused(), ==, n_refused);
    sl_feed_unsubscribe(feed);
    gst_object_unref(appsrc);
    tear_down(&fixture);
}

static void
test_idle(void)
{
    guint n_refused = fake_camera_count_refused();
    Fixture fixture;
    Outcome outcome;

    fake_camera_set("video0", 0, FAKE_CAMERA_ONCE);
    set_up_from(&fixture, sl_input_new_awaited("/dev/video0"));
    swap(&fixture, other_vp8);
    wait_for(&fixture, SL_STREAM_IDLE);

    /* Who comes while it is tried waits for what comes of it. */
    begin_swap(&fixture, fails, &outcome);
    sl_stream_acquire(fixture.stream);
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_STARTING);
    assert_undone(&outcome, SL_MEDIA_ERROR_PIPELINE, "test.pipeline:3: *");
    wait_for(&fixture, SL_STREAM_LIVE);

    /* And for who went nothing is begun again. */
    begin_swap(&fixture, fails, &outcome);
    sl_stream_release(fixture.stream);
    assert_undone(&outcome, SL_MEDIA_ERROR_PIPELINE, "test.pipeline:3: *");
    wait_for(&fixture, SL_STREAM_IDLE);
    g_assert_cmpuint(fake_camera_count_open(), ==, 0);
    g_assert_cmpuint(fake_camera_count_refused(), ==, n_refused);
    tear_down(&fixture);
}

static void
test_unplugged_during_trial(void)
{
    Fixture fixture;
    Outcome outcome;

    set_up(&fixture);
    begin_swap(&fixture, gives_nothing, &outcome);
    PROC_WAIT_UNTIL(fake_camera_count_asked() == 2 && fake_camera_count_open() == 1);
    fake_camera_set(NULL, 0, NULL);
    sl_camera_monitor_report(fixture.monitor, "video0", FALSE);
    assert_undone(&outcome, SL_MEDIA_ERROR_NOT_FOUND, "Camera (2.0) (/dev/video0) is unplugged");
    wait_for(&fixture, SL_STREAM_LOST);

    fake_camera_set("video1", 0, FAKE_CAMERA_ONCE);
    sl_camera_monitor_report(fixture.monitor, "video1", TRUE);
    wait_for(&fixture, SL_STREAM_LIVE);
    tear_down(&fixture);
}

static void
test_camera_is_not_there(void)
{
    Fixture fixture;
    Outcome outcome;

    fake_camera_set(NULL, 0, NULL);
    set_up_from(&fixture, sl_input_new_awaited("/dev/video0"));
    sl_stream_acquire(fixture.stream);
    wait_for(&fixture, SL_STREAM_LOST);
    begin_swap(&fixture, other_vp8, &outcome);
    assert_undone(&outcome, SL_MEDIA_ERROR_NOT_FOUND, "not to be had");
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_LOST);

    fake_camera_set("video0", 0, FAKE_CAMERA_ONCE);
    sl_camera_monitor_report(fixture.monitor, "video0", TRUE);
    wait_for(&fixture, SL_STREAM_LIVE);
    g_assert_cmpuint(fixture.n_inputs, ==, 1);
    tear_down(&fixture);
}

/* A driver that does not answer. */
static void
test_hanging_question(void)
{
    Fixture fixture;
    Outcome outcome;

    set_up(&fixture);
    fake_camera_set_hangs(TRUE);
    begin_swap(&fixture, other_vp8, &outcome);
    assert_undone(&outcome, SL_MEDIA_ERROR_DEVICE,
                  "Camera (2.0) (/dev/video0) does not answer within 5 s");
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_STARTING);
    fake_camera_set_hangs(FALSE);
    wait_for(&fixture, SL_STREAM_LIVE);
    PROC_WAIT_UNTIL(sl_census_get("SlSetup") == 1);
    tear_down(&fixture);
}

/* Each trial leaves a thread in the driver: there are not many of them. */
static void
test_hanging_questions(void)
{
    Fixture fixture;
    Outcome outcome;

    fake_camera_set("video0", 0, FAKE_CAMERA_ONCE);
    set_up_from(&fixture, sl_input_new_awaited("/dev/video0"));
    fake_camera_set_hangs(TRUE);
    for (guint i = 0; i < 4; i++) {
        begin_swap(&fixture, other_vp8, &outcome);
        assert_undone(&outcome, SL_MEDIA_ERROR_DEVICE, "* does not answer within 5 s");
    }
    begin_swap(&fixture, other_vp8, &outcome);
    assert_undone(&outcome, SL_MEDIA_ERROR_CROWDED, "earlier pipelines have not stopped yet; *");
    g_assert_cmpuint(fake_camera_count_waiting(), ==, 4);
    fake_camera_set_hangs(FALSE);
    PROC_WAIT_UNTIL(sl_census_get("SlSetup") == 1);
    swap(&fixture, other_vp8);
    tear_down(&fixture);
}

/* A driver that does not come back from opening, and one that does not from closing. */
static void
test_hanging_device(void)
{
    Fixture fixture;
    Outcome outcome;

    set_up(&fixture);
    fake_camera_set_open_hangs(TRUE);
    begin_swap(&fixture, other_vp8, &outcome);
    assert_undone(&outcome, SL_MEDIA_ERROR_PIPELINE, "test.pipeline:2: track video gave no frame*");
    fake_camera_set_open_hangs(FALSE);
    wait_for(&fixture, SL_STREAM_LIVE);
    PROC_WAIT_UNTIL(sl_census_get("SlSetup") == 1);

    fake_camera_set_close_hangs(TRUE);
    begin_swap(&fixture, other_vp8, &outcome);
    assert_undone(&outcome, SL_MEDIA_ERROR_BUSY,
                  "Camera (2.0) (/dev/video0) was not let go by the pipeline before within 5 s");
    fake_camera_set_close_hangs(FALSE);
    wait_for(&fixture, SL_STREAM_LIVE);
    tear_down(&fixture);
}

static void
test_stops_during_trial(void)
{
    Fixture fixture;
    Outcome outcome;

    set_up(&fixture);
    begin_swap(&fixture, gives_nothing, &outcome); /* while the camera is not free yet */
    tear_down(&fixture);
    assert_undone(&outcome, SL_MEDIA_ERROR_CROWDED, "the stream is being stopped");

    set_up(&fixture);
    begin_swap(&fixture, gives_nothing, &outcome);
    PROC_WAIT_UNTIL(fake_camera_count_asked() == 2 && fake_camera_count_open() == 1);
    tear_down(&fixture);
    assert_undone(&outcome, SL_MEDIA_ERROR_CROWDED, "the stream is being stopped");
}

/* The pattern stands in for a camera. */
static void
test_pattern(void)
{
    Fixture fixture;

    fake_camera_set(NULL, 0, NULL);
    set_up_from(&fixture, sl_input_new_no_camera());
    sl_stream_acquire(fixture.stream);
    wait_for(&fixture, SL_STREAM_LIVE);
    fixture.states = 0;
    swap(&fixture, other_vp8);
    g_assert_cmpuint(fixture.states, ==, 0);
    g_assert_cmpuint(fixture.n_inputs, ==, 0);

    /* It has come, and nobody said so. */
    fake_camera_set("video0", 0, FAKE_CAMERA_ONCE);
    swap(&fixture, vp8);
    g_assert_cmpuint(fixture.n_inputs, ==, 1);
    g_assert_cmpstr(sl_stream_get_title(fixture.stream), ==, "Camera (2.0)");
    g_assert_cmpuint(fake_camera_count_open(), ==, 1);
    tear_down(&fixture);
}

static void
test_nothing_is_left(void)
{
    static const char *const texts[] = { other_vp8, vp9, vp8, own_source };
    guint n_rounds = g_getenv("SIGHTLINE_TEST_LONG") != NULL ? 200 : 20;
    guint n_threads = 0, n_fds = 0;
    Fixture fixture;

    set_up(&fixture);
    for (guint round = 0; round < n_rounds; round++) {
        swap(&fixture, texts[round % G_N_ELEMENTS(texts)]);
        if (round % 4 == 3)
            PROC_WAIT_UNTIL(sl_census_get("SlSetup") == 1 && sl_teardown_get_n_pending() == 0);
        if (round == 7) { /* pools and libraries have what they keep */
            n_threads = proc_fixture_count_threads();
            n_fds = proc_fixture_count_fds();
        }
    }
    PROC_WAIT_UNTIL(proc_fixture_count_threads() <= n_threads);
    PROC_WAIT_UNTIL(proc_fixture_count_fds() <= n_fds);
    tear_down(&fixture);
}

/* --- somebody publishes meanwhile --- */

static void
on_published(GObject *stream, GAsyncResult *result, gpointer data)
{
    Outcome *outcome = data;

    sl_stream_publish_finish(SL_STREAM(stream), result, &outcome->error);
    outcome->ended = TRUE;
}

static FakePublisher *
publish(Fixture *fixture)
{
    FakePublisher *publisher = fake_publisher_new(NULL);
    Outcome outcome = { 0 };

    sl_stream_publish_async(fixture->stream, SL_SOURCE(publisher), NULL, on_published, &outcome);
    PROC_WAIT_UNTIL(outcome.ended);
    g_assert_no_error(outcome.error);
    g_assert_cmpstr(sl_stream_get_title(fixture->stream), ==, "door");
    g_assert_null(sl_stream_get_mode(fixture->stream));
    return publisher;
}

static void
leave(FakePublisher *publisher)
{
    gpointer weak = publisher;

    fake_publisher_leave(publisher);
    g_object_add_weak_pointer(weak, &weak);
    g_object_unref(publisher);
    PROC_WAIT_UNTIL(weak == NULL);
}

/* A former setup still has the camera that is wanted again. */
static void
test_publisher_leaves_soon(void)
{
    guint n_refused = fake_camera_count_refused();
    GstElement *appsrc = gst_object_ref_sink(gst_element_factory_make("appsrc", NULL));
    FakePublisher *publisher;
    Fixture fixture;
    guint n_asked;
    SlFeed *feed;

    set_up(&fixture);
    feed = sl_track_subscribe(get_track(&fixture), GST_APP_SRC(appsrc));
    publisher = publish(&fixture);
    g_assert_cmpuint(fake_camera_count_open(), ==, 1);
    n_asked = fake_camera_count_asked();
    fake_camera_set_close_hangs(TRUE);
    leave(publisher);
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_WAITING);
    g_assert_cmpuint(fake_camera_count_asked(), ==, n_asked);
    fake_camera_set_close_hangs(FALSE);
    wait_for(&fixture, SL_STREAM_LIVE);
    g_assert_cmpuint(fixture.states, ==, BIT(SL_STREAM_WAITING) | BIT(SL_STREAM_LIVE));
    g_assert_cmpuint(fixture.n_codecs + fixture.n_inputs, ==, 0);
    g_assert_cmpuint(fake_camera_count_refused(), ==, n_refused);
    g_assert_cmpstr(sl_stream_get_source_word(fixture.stream), ==, "camera");

    publisher = publish(&fixture); /* the same, and the last viewer goes before it is free */
    leave(publisher);
    sl_stream_release(fixture.stream);
    wait_for(&fixture, SL_STREAM_IDLE);
    g_assert_cmpuint(fake_camera_count_refused(), ==, n_refused);
    sl_feed_unsubscribe(feed);
    gst_object_unref(appsrc);
    tear_down(&fixture);
}

/* A trial has the camera, beside the publisher. */
static void
test_publisher_leaves_during_trial(void)
{
    guint n_refused = fake_camera_count_refused();
    FakePublisher *publisher;
    Fixture fixture;
    Outcome outcome;

    set_up(&fixture);
    publisher = publish(&fixture);
    PROC_WAIT_UNTIL(fake_camera_count_open() == 0);
    begin_swap(&fixture, other_vp8, &outcome);
    PROC_WAIT_UNTIL(fake_camera_count_open() == 1);
    leave(publisher);
    PROC_WAIT_UNTIL(outcome.ended);
    g_assert_no_error(outcome.error);
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_LIVE);
    wait_for_frames(get_track(&fixture));

    publisher = publish(&fixture);
    PROC_WAIT_UNTIL(fake_camera_count_open() == 0);
    begin_swap(&fixture, gives_nothing, &outcome);
    PROC_WAIT_UNTIL(fake_camera_count_open() == 1);
    leave(publisher);
    assert_undone(&outcome, SL_MEDIA_ERROR_PIPELINE,
                  "test.pipeline:3: track video gave no frame within 5 s");
    wait_for(&fixture, SL_STREAM_LIVE);
    wait_for_frames(get_track(&fixture));
    g_assert_cmpuint(fake_camera_count_refused(), ==, n_refused);
    g_assert_cmpuint(fixture.n_codecs, ==, 0);
    tear_down(&fixture);
}

/* The camera goes, and comes, while nobody needs it. */
static void
test_unplugged_while_published(void)
{
    FakePublisher *publisher;
    Fixture fixture;

    set_up(&fixture);
    publisher = publish(&fixture);
    PROC_WAIT_UNTIL(fake_camera_count_open() == 0);
    fixture.states = 0;
    fake_camera_set(NULL, 0, NULL);
    sl_camera_monitor_report(fixture.monitor, "video0", FALSE);
    wait_for_frames(get_track(&fixture));
    g_assert_cmpuint(fixture.states, ==, 0);
    leave(publisher);
    wait_for(&fixture, SL_STREAM_LOST);
    g_assert_cmpstr(sl_stream_get_detail(fixture.stream), ==, "Camera unplugged, waiting for it");

    publisher = publish(&fixture);
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_LIVE);
    fake_camera_set("video1", 0, FAKE_CAMERA_ONCE);
    sl_camera_monitor_report(fixture.monitor, "video1", TRUE);
    wait_for_frames(get_track(&fixture));
    g_assert_true(sl_stream_is_published(fixture.stream));
    leave(publisher);
    wait_for(&fixture, SL_STREAM_LIVE);
    g_assert_cmpstr(sl_stream_get_title(fixture.stream), ==, "Camera (2.0)");
    tear_down(&fixture);
}

/* The trial has it when a viewer comes to what nobody watched. */
static void
test_watched_during_trial(void)
{
    guint n_refused = fake_camera_count_refused();
    FakePublisher *publisher;
    Fixture fixture;
    Outcome outcome;

    set_up(&fixture);
    publisher = publish(&fixture);
    sl_stream_release(fixture.stream);
    wait_for(&fixture, SL_STREAM_IDLE);
    PROC_WAIT_UNTIL(fake_camera_count_open() == 0);
    begin_swap(&fixture, gives_nothing, &outcome);
    PROC_WAIT_UNTIL(fake_camera_count_open() == 1);
    leave(publisher);
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_IDLE);
    sl_stream_acquire(fixture.stream);
    assert_undone(&outcome, SL_MEDIA_ERROR_PIPELINE,
                  "test.pipeline:3: track video gave no frame within 5 s");
    wait_for(&fixture, SL_STREAM_LIVE);
    g_assert_cmpuint(fake_camera_count_refused(), ==, n_refused);
    tear_down(&fixture);
}

/* Whether there is a camera for the pattern's place is known only when somebody publishes. */
static void
test_camera_found_while_published(void)
{
    FakePublisher *publisher;
    Fixture fixture;

    fake_camera_set(NULL, 0, NULL);
    set_up_from(&fixture, sl_input_new_no_camera());
    sl_stream_acquire(fixture.stream);
    wait_for(&fixture, SL_STREAM_LIVE);
    fake_camera_set("video0", 0, FAKE_CAMERA_ONCE);
    fake_camera_set_hangs(TRUE);
    sl_camera_monitor_report(fixture.monitor, "video0", TRUE);
    PROC_WAIT_UNTIL(fake_camera_count_waiting() == 1);
    publisher = publish(&fixture);
    fixture.states = 0;
    fake_camera_set_hangs(FALSE);
    PROC_WAIT_UNTIL(fake_camera_count_waiting() == 0);
    wait_for_frames(get_track(&fixture));
    g_assert_cmpuint(fake_publisher_get_n_starts(publisher), ==, 1);
    g_assert_cmpuint(fixture.states, ==, 0);
    leave(publisher);
    PROC_WAIT_UNTIL(g_str_equal(sl_stream_get_title(fixture.stream), "Camera (2.0)"));
    wait_for(&fixture, SL_STREAM_LIVE);
    tear_down(&fixture);
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_main_context_acquire(NULL);
    fake_camera_register();
    g_test_add_func("/camera-swap/takes-the-camera-over", test_takes_the_camera_over);
    g_test_add_func("/camera-swap/gives-it-back", test_gives_it_back);
    g_test_add_func("/camera-swap/beside-the-camera", test_beside_the_camera);
    g_test_add_func("/camera-swap/from-one-that-retires", test_from_one_that_retires);
    g_test_add_func("/camera-swap/idle", test_idle);
    g_test_add_func("/camera-swap/unplugged-during-trial", test_unplugged_during_trial);
    g_test_add_func("/camera-swap/camera-is-not-there", test_camera_is_not_there);
    g_test_add_func("/camera-swap/hanging-question", test_hanging_question);
    g_test_add_func("/camera-swap/hanging-questions", test_hanging_questions);
    g_test_add_func("/camera-swap/hanging-device", test_hanging_device);
    g_test_add_func("/camera-swap/stops-during-trial", test_stops_during_trial);
    g_test_add_func("/camera-swap/pattern", test_pattern);
    g_test_add_func("/camera-swap/publisher-leaves-soon", test_publisher_leaves_soon);
    g_test_add_func("/camera-swap/publisher-leaves-during-trial",
                    test_publisher_leaves_during_trial);
    g_test_add_func("/camera-swap/unplugged-while-published", test_unplugged_while_published);
    g_test_add_func("/camera-swap/watched-during-trial", test_watched_during_trial);
    g_test_add_func("/camera-swap/camera-found-while-published", test_camera_found_while_published);
    g_test_add_func("/camera-swap/nothing-is-left", test_nothing_is_left);
    return proc_fixture_run();
}
