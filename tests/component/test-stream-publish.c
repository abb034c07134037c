#include <gst/gst.h>

#include "fake-publisher.h"
#include "proc-fixture.h"
#include "session-fixture.h"
#include "sl-census.h"
#include "sl-codec-probe.h"
#include "sl-feed.h"
#include "sl-teardown.h"
#include "test-viewer.h"

/* A publisher's source in the place of a stream's own picture. */

/* So small that a trial has a picture in time also on a machine that is busy with other tests. */
#define CAPTURE "[source]\n${capture} ! video/x-raw,width=${width},height=${height}"
#define SIZE "[variables]\nwidth = 64\nheight = 36\n"

static const char own_vp8[] =
    CAPTURE " ! vp8enc deadline=1 cpu-used=16 ! appsink name=video\n" SIZE;
static const char own_vp9[] = CAPTURE " ! vp9enc deadline=1 cpu-used=8 ! appsink name=video\n" SIZE;
static const char broken[] =
    CAPTURE " ! vp8enc ! identity error-after=1 ! appsink name=video\n" SIZE;
static const char slate[] =
    "[source]\nvideotestsrc is-live=true pattern=blue ! video/x-raw,width=80,height=60 ! vp8enc "
    "deadline=1 cpu-used=16 ! appsink name=video\n";

#define VP9_AND_SOUND                                                                            \
    "videotestsrc is-live=true ! video/x-raw,width=48,height=48 ! vp9enc deadline=1 cpu-used=8 " \
    "! appsink name=video audiotestsrc is-live=true ! opusenc ! appsink name=audio"
#define VP8_AND_SOUND                                                                      \
    "videotestsrc is-live=true ! video/x-raw,width=48,height=48 ! vp8enc deadline=1 "      \
    "cpu-used=16 keyframe-max-dist=2000 ! appsink name=video audiotestsrc is-live=true ! " \
    "opusenc ! appsink name=audio"
#define NOTHING "appsrc is-live=true caps=video/x-vp8 ! appsink name=video"

typedef struct {
    SlStream *stream;
    guint n_codecs, n_tracks, n_descriptions;
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
    g_autofree char *said = sl_problems_to_text(problems);

    g_assert_cmpstr(said, ==, "");
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

static SlDescription *
make_description(const char *text)
{
    static const char *const none[] = { NULL };

    return text != NULL ? parse(text) : sl_description_new_published(none);
}

/* @text: NULL: the stream has nothing of its own */
static void
set_up(Fixture *fixture, const char *text, SlPublishPolicy policy)
{
    g_autoptr(SlDescription) description = make_description(text);
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);
    g_autoptr(SlInput) input = sl_input_resolve(text != NULL ? "test" : SL_INPUT_PUBLISH, NULL);
    SlLimits limits;

    *fixture = (Fixture){ 0 };
    sl_limits_init(&limits);
    limits.linger_ms = 1;
    fixture->stream =
        sl_stream_new(g_main_context_default(), &(SlStreamConfig){ .name = "camera",
                                                                   .input = input,
                                                                   .description = description,
                                                                   .values = values,
                                                                   .publish = policy,
                                                                   .limits = &limits });
    g_signal_connect(fixture->stream, "codecs-changed", G_CALLBACK(count), &fixture->n_codecs);
    g_signal_connect(fixture->stream, "tracks-changed", G_CALLBACK(count), &fixture->n_tracks);
    g_signal_connect(fixture->stream, "description-changed", G_CALLBACK(count),
                     &fixture->n_descriptions);
    g_signal_connect(fixture->stream, "state-changed", G_CALLBACK(note_state), fixture);
}

/* With a viewer, and the stream's own picture. */
static void
set_up_live(Fixture *fixture, SlPublishPolicy policy)
{
    set_up(fixture, own_vp8, policy);
    sl_stream_acquire(fixture->stream);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture->stream) == SL_STREAM_LIVE);
    fixture->n_codecs = 0;
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
    gpointer weak = fixture->stream;
    gboolean stopped = FALSE;

    while (sl_stream_get_n_viewers(fixture->stream) > 0)
        sl_stream_release(fixture->stream);
    sl_stream_stop_async(fixture->stream, on_stopped, &stopped);
    PROC_WAIT_UNTIL(stopped);
    g_object_add_weak_pointer(weak, &weak);
    g_object_unref(fixture->stream);
    PROC_WAIT_UNTIL(weak == NULL && sl_teardown_get_n_pending() == 0);
    g_assert_cmpuint(sl_census_get("SlSetup"), ==, 0);
    g_assert_cmpuint(sl_census_get("SlSwap"), ==, 0);
    g_assert_cmpuint(sl_census_get("SlAwaitedSource"), ==, 0);
}

/* Nothing else holds it. */
static void
drop(FakePublisher *publisher)
{
    gpointer weak = publisher;

    g_object_add_weak_pointer(weak, &weak);
    g_object_unref(publisher);
    PROC_WAIT_UNTIL(weak == NULL);
}

static void
on_published(GObject *stream, GAsyncResult *result, gpointer data)
{
    Outcome *outcome = data;

    g_assert_false(outcome->ended);
    sl_stream_publish_finish(SL_STREAM(stream), result, &outcome->error);
    outcome->ended = TRUE;
}

static void
begin_publish(Fixture *fixture, FakePublisher *publisher, Outcome *outcome)
{
    *outcome = (Outcome){ 0 };
    sl_stream_publish_async(fixture->stream, SL_SOURCE(publisher), "A phone", on_published,
                            outcome);
    g_assert_false(outcome->ended);
}

static void
publish(Fixture *fixture, FakePublisher *publisher)
{
    Outcome outcome;

    begin_publish(fixture, publisher, &outcome);
    PROC_WAIT_UNTIL(outcome.ended);
    g_assert_no_error(outcome.error);
    g_assert_true(sl_stream_is_published(fixture->stream));
    g_assert_cmpstr(sl_stream_get_source_word(fixture->stream), ==, "publisher");
    g_assert_cmpstr(sl_stream_get_title(fixture->stream), ==, "A phone");
}

static void
on_swapped(GObject *stream, GAsyncResult *result, gpointer data)
{
    Outcome *outcome = data;

    sl_stream_swap_finish(SL_STREAM(stream), result, &outcome->error);
    outcome->ended = TRUE;
}

static void
begin_swap(Fixture *fixture, const char *text, Outcome *outcome)
{
    g_autoptr(SlDescription) description = make_description(text);
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);

    *outcome = (Outcome){ 0 };
    sl_stream_swap_async(fixture->stream, description, values, on_swapped, outcome);
}

static SlTrack *
get_track(Fixture *fixture)
{
    GPtrArray *codecs = sl_stream_get_codecs(fixture->stream);

    return codecs != NULL ? ((SlTrackCodec *)g_ptr_array_index(codecs, 0))->track : NULL;
}

static const char *
get_codec_name(Fixture *fixture)
{
    GPtrArray *codecs = sl_stream_get_codecs(fixture->stream);

    return codecs != NULL
               ? sl_codec_get_name(((SlTrackCodec *)g_ptr_array_index(codecs, 0))->rtp_caps)
               : "";
}

/* More frames come in the stream's track. */
static void
watch(Fixture *fixture)
{
    guint64 n_frames = sl_track_get_n_frames(get_track(fixture));

    PROC_WAIT_UNTIL(sl_track_get_n_frames(get_track(fixture)) > n_frames + 5);
}

/* In its place and back, with the same codec: viewers keep their peers. */
static void
test_comes_and_goes(void)
{
    FakePublisher *publisher = fake_publisher_new(NULL);
    Fixture fixture;

    set_up_live(&fixture, SL_PUBLISH_REPLACE);
    g_assert_cmpstr(sl_stream_get_source_word(fixture.stream), ==, "test");
    publish(&fixture, publisher);
    g_assert_cmpuint(fixture.n_tracks, ==, 1);
    g_assert_true(get_track(&fixture) == sl_source_get_tracks(SL_SOURCE(publisher))->pdata[0]);
    g_assert_cmpuint(fixture.states & ~(1u << SL_STREAM_LIVE), ==, 0);
    g_assert_cmpstr(sl_description_get_name(sl_stream_get_description(fixture.stream)), ==, "test");
    g_assert_cmpint(sl_stream_get_input(fixture.stream)->kind, ==, SL_INPUT_TEST);
    watch(&fixture);
    PROC_WAIT_UNTIL(sl_census_get("SlSetup") == 2); /* its own, which has stopped */

    fake_publisher_leave(publisher);
    g_assert_false(sl_stream_is_published(fixture.stream));
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_WAITING);
    g_assert_cmpstr(sl_stream_get_detail(fixture.stream), ==, "The publisher has left");
    g_assert_true((fixture.states & (1u << SL_STREAM_WAITING)) != 0);
    g_assert_cmpstr(sl_stream_get_title(fixture.stream), ==, "Test pattern");
    g_assert_cmpuint(fake_publisher_get_n_dismissals(publisher), ==, 1);
    g_assert_error(fake_publisher_get_reason(publisher), SL_MEDIA_ERROR,
                   SL_MEDIA_ERROR_PUBLISHER_LEFT);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_LIVE);
    g_assert_cmpuint(fixture.n_tracks, ==, 2);
    g_assert_cmpuint(fixture.n_codecs, ==, 0);
    g_assert_cmpuint(fixture.n_descriptions, ==, 0);
    g_assert_cmpstr(sl_stream_get_detail(fixture.stream), ==, "");
    watch(&fixture);
    drop(publisher);
    tear_down(&fixture);
}

static void
test_other_codecs(void)
{
    FakePublisher *publisher = fake_publisher_new(VP9_AND_SOUND);
    Fixture fixture;

    set_up_live(&fixture, SL_PUBLISH_REPLACE);
    publish(&fixture, publisher);
    g_assert_cmpuint(fixture.n_codecs, ==, 1);
    g_assert_cmpstr(get_codec_name(&fixture), ==, "VP9");
    g_assert_cmpuint(sl_stream_get_codecs(fixture.stream)->len, ==, 2);
    fake_publisher_leave(publisher);
    g_assert_null(sl_stream_get_codecs(fixture.stream));
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_LIVE);
    g_assert_cmpuint(fixture.n_codecs, ==, 2);
    g_assert_cmpuint(fixture.n_tracks, ==, 0);
    g_assert_cmpstr(get_codec_name(&fixture), ==, "VP8");
    drop(publisher);
    tear_down(&fixture);
}

/* Nobody watches: it is stopped, and started for who comes; it may leave meanwhile. */
static void
test_unwatched(void)
{
    FakePublisher *publisher = fake_publisher_new(NULL);
    Fixture fixture;

    set_up(&fixture, own_vp8, SL_PUBLISH_REPLACE);
    publish(&fixture, publisher);
    PROC_WAIT_UNTIL(!fake_publisher_is_started(publisher) &&
                    sl_stream_get_state(fixture.stream) == SL_STREAM_IDLE);
    g_assert_true(sl_stream_is_published(fixture.stream));
    g_assert_cmpuint(fake_publisher_get_n_dismissals(publisher), ==, 0);
    sl_stream_acquire(fixture.stream);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_LIVE);
    g_assert_cmpuint(fake_publisher_get_n_starts(publisher), ==, 2);
    watch(&fixture);
    sl_stream_release(fixture.stream);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_IDLE);

    fake_publisher_leave(publisher);
    g_assert_false(sl_stream_is_published(fixture.stream));
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_IDLE);
    g_assert_null(sl_stream_get_fault(fixture.stream));
    g_assert_cmpuint(fake_publisher_get_n_dismissals(publisher), ==, 1);
    sl_stream_acquire(fixture.stream);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_LIVE);
    drop(publisher);
    tear_down(&fixture);
}

/* A still screen: nothing comes for longer than any camera may be silent. */
static void
test_muted(void)
{
    FakePublisher *publisher = fake_publisher_new(NULL);
    gint64 begin_us;
    Fixture fixture;

    set_up_live(&fixture, SL_PUBLISH_REPLACE);
    publish(&fixture, publisher);
    fake_publisher_mute(publisher, TRUE);
    begin_us = g_get_monotonic_time();
    PROC_WAIT_UNTIL(g_get_monotonic_time() - begin_us > 12 * G_USEC_PER_SEC ||
                    sl_stream_get_state(fixture.stream) != SL_STREAM_LIVE);
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_LIVE);
    sl_stream_release(fixture.stream);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_IDLE);
    sl_stream_acquire(fixture.stream);
    begin_us = g_get_monotonic_time();
    PROC_WAIT_UNTIL(g_get_monotonic_time() - begin_us > 12 * G_USEC_PER_SEC);
    g_assert_true(sl_stream_is_published(fixture.stream));
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_STARTING);
    fake_publisher_mute(publisher, FALSE);
    sl_track_request_keyframe(get_track(&fixture));
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_LIVE);
    g_object_ref(publisher);
    tear_down(&fixture);
    g_assert_error(fake_publisher_get_reason(publisher), SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED);
    g_object_unref(publisher);
    drop(publisher);
}

/* The former one is told when nobody takes its frames any more. */
static void
test_replaced(void)
{
    FakePublisher *first = fake_publisher_new(NULL);
    FakePublisher *second = fake_publisher_new(NULL);
    g_autoptr(SlTrack) track = NULL;
    g_autoptr(GstElement) appsrc = gst_object_ref_sink(gst_element_factory_make("appsrc", NULL));
    Fixture fixture;
    SlFeed *feed;

    set_up_live(&fixture, SL_PUBLISH_REPLACE);
    publish(&fixture, first);
    track = g_object_ref(get_track(&fixture));
    gst_element_set_state(appsrc, GST_STATE_PAUSED);
    feed = sl_track_subscribe(track, GST_APP_SRC(appsrc));
    publish(&fixture, second);
    g_assert_cmpuint(fake_publisher_get_n_dismissals(first), ==, 0);
    watch(&fixture);
    g_assert_true(fake_publisher_is_started(first));
    sl_feed_unsubscribe(feed);
    PROC_WAIT_UNTIL(fake_publisher_get_n_dismissals(first) == 1);
    g_assert_no_error(fake_publisher_get_reason(first));
    fake_publisher_leave(first); /* whatever it does then */
    g_assert_true(sl_stream_is_published(fixture.stream));
    g_assert_cmpuint(fake_publisher_get_n_dismissals(first), ==, 1);
    g_clear_object(&track);
    drop(first);

    fake_publisher_leave(second);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_LIVE);
    g_assert_cmpstr(sl_stream_get_source_word(fixture.stream), ==, "test");
    g_assert_cmpuint(fixture.n_codecs, ==, 0);
    drop(second);
    gst_element_set_state(appsrc, GST_STATE_NULL);
    tear_down(&fixture);
}

/* While nobody watches. */
static void
test_replaced_unwatched(void)
{
    FakePublisher *first = fake_publisher_new(NULL);
    FakePublisher *second = fake_publisher_new(NULL);
    Fixture fixture;

    set_up(&fixture, own_vp8, SL_PUBLISH_REPLACE);
    publish(&fixture, first);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_IDLE);
    publish(&fixture, second);
    g_assert_cmpuint(fake_publisher_get_n_dismissals(first), ==, 1);
    drop(first);
    fake_publisher_leave(second);
    drop(second);
    tear_down(&fixture);
}

static void
test_policy(void)
{
    FakePublisher *first = fake_publisher_new(NULL);
    FakePublisher *second = fake_publisher_new(NULL);
    g_autoptr(GError) error = NULL;
    Outcome outcome, other;
    Fixture fixture;

    set_up_live(&fixture, SL_PUBLISH_REFUSE);
    g_assert_true(sl_stream_may_publish(fixture.stream, NULL));
    begin_publish(&fixture, first, &outcome);
    begin_publish(&fixture, second, &other); /* is about to */
    PROC_WAIT_UNTIL(outcome.ended && other.ended);
    g_assert_no_error(outcome.error);
    g_assert_error(other.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED);
    g_assert_cmpstr(other.error->message, ==, "the stream camera has a publisher already");
    g_clear_error(&other.error);
    g_assert_false(sl_stream_may_publish(fixture.stream, NULL));

    sl_stream_set_publish_policy(fixture.stream, SL_PUBLISH_OFF);
    begin_publish(&fixture, second, &other);
    PROC_WAIT_UNTIL(other.ended);
    g_assert_error(other.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_UNSUPPORTED);
    g_assert_cmpstr(other.error->message, ==, "nobody may publish in the stream camera");
    g_clear_error(&other.error);
    g_assert_true(sl_stream_is_published(fixture.stream));
    g_assert_cmpuint(fake_publisher_get_n_starts(second), ==, 0);

    fake_publisher_leave(first);
    sl_stream_set_publish_policy(fixture.stream, SL_PUBLISH_REFUSE);
    g_assert_true(sl_stream_may_publish(fixture.stream, &error));
    drop(first);
    drop(second);
    tear_down(&fixture);
}

/* One that sends nothing; one that comes while that is being tried. */
static void
test_nothing_sent(void)
{
    FakePublisher *silent = fake_publisher_new(NOTHING);
    FakePublisher *other = fake_publisher_new(NOTHING);
    FakePublisher *publisher = fake_publisher_new(NULL);
    Outcome outcome, second, third;
    Fixture fixture;

    set_up_live(&fixture, SL_PUBLISH_REPLACE);
    begin_publish(&fixture, silent, &outcome);
    PROC_WAIT_UNTIL(outcome.ended);
    g_assert_error(outcome.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE);
    g_assert_cmpstr(outcome.error->message, ==,
                    "the publisher sent no video that can be played within 5 s");
    g_clear_error(&outcome.error);
    g_assert_cmpuint(fixture.states & ~(1u << SL_STREAM_LIVE), ==, 0);

    begin_publish(&fixture, silent, &outcome);
    begin_publish(&fixture, other, &second);
    begin_publish(&fixture, publisher, &third);
    PROC_WAIT_UNTIL(outcome.ended && second.ended && third.ended);
    g_assert_error(outcome.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_REPLACED);
    g_assert_error(second.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_REPLACED);
    g_assert_no_error(third.error);
    g_assert_cmpuint(fake_publisher_get_n_starts(other), ==, 0);
    g_clear_error(&outcome.error);
    g_clear_error(&second.error);
    fake_publisher_leave(publisher);
    drop(silent);
    drop(other);
    drop(publisher);
    tear_down(&fixture);
}

/* What the stream is to run by itself is changed meanwhile. */
static void
test_pipelines_meanwhile(void)
{
    FakePublisher *publisher = fake_publisher_new(NULL);
    const char *settings[] = { "width=32", NULL };
    g_autoptr(SlValues) values = NULL;
    Outcome outcome;
    Fixture fixture;

    set_up_live(&fixture, SL_PUBLISH_REPLACE);
    publish(&fixture, publisher);
    begin_swap(&fixture, broken, &outcome);
    PROC_WAIT_UNTIL(outcome.ended);
    g_assert_error(outcome.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE);
    g_clear_error(&outcome.error);
    begin_swap(&fixture, own_vp9, &outcome);
    PROC_WAIT_UNTIL(outcome.ended);
    g_assert_no_error(outcome.error);
    g_assert_cmpuint(fixture.n_descriptions, ==, 1);
    g_assert_true(sl_stream_is_published(fixture.stream));
    g_assert_cmpstr(get_codec_name(&fixture), ==, "VP8");
    g_assert_cmpuint(fixture.n_codecs, ==, 0);
    watch(&fixture);

    values = sl_values_new_changed(sl_stream_get_values(fixture.stream), settings, NULL);
    begin_swap(&fixture, own_vp8, &outcome);
    fake_publisher_leave(publisher); /* while it is tried */
    PROC_WAIT_UNTIL(outcome.ended && sl_stream_get_state(fixture.stream) == SL_STREAM_LIVE);
    g_assert_no_error(outcome.error);
    watch(&fixture);
    g_assert_cmpstr(get_codec_name(&fixture), ==, "VP8");
    drop(publisher);
    tear_down(&fixture);
}

/* Each waits for the other's trial. */
static void
test_at_the_same_time(void)
{
    FakePublisher *publisher = fake_publisher_new(NULL);
    Outcome swapped, published, another;
    Fixture fixture;

    set_up_live(&fixture, SL_PUBLISH_REPLACE);
    begin_swap(&fixture, own_vp9, &swapped);
    begin_publish(&fixture, publisher, &published);
    begin_swap(&fixture, own_vp8, &another);
    PROC_WAIT_UNTIL(another.ended);
    g_assert_error(another.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED);
    g_clear_error(&another.error);
    PROC_WAIT_UNTIL(swapped.ended && published.ended);
    g_assert_no_error(swapped.error);
    g_assert_no_error(published.error);
    g_assert_true(sl_stream_is_published(fixture.stream));

    fake_publisher_leave(publisher);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_LIVE);
    g_assert_cmpstr(get_codec_name(&fixture), ==, "VP9");
    drop(publisher);
    tear_down(&fixture);
}

/* A stream without anything of its own. */
static void
test_awaited(void)
{
    FakePublisher *publisher = fake_publisher_new(NULL);
    FakePublisher *next = fake_publisher_new(NULL);
    Outcome outcome;
    Fixture fixture;

    set_up(&fixture, NULL, SL_PUBLISH_REPLACE);
    g_assert_cmpstr(sl_stream_get_source_word(fixture.stream), ==, "none");
    sl_stream_acquire(fixture.stream);
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_WAITING);
    g_assert_cmpstr(sl_stream_get_detail(fixture.stream), ==, "Waiting for somebody to publish");
    g_assert_null(sl_stream_get_codecs(fixture.stream));
    publish(&fixture, publisher);
    g_assert_cmpuint(fixture.n_codecs, ==, 1);
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_LIVE);
    fake_publisher_leave(publisher);
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_WAITING);
    g_assert_cmpstr(sl_stream_get_detail(fixture.stream), ==,
                    "The publisher has left, waiting for another");
    drop(publisher);

    publish(&fixture, next);
    g_assert_cmpuint(fixture.n_tracks, ==, 1);
    g_assert_cmpuint(fixture.n_codecs, ==, 1);
    fake_publisher_leave(next);
    drop(next);

    begin_swap(&fixture, slate, &outcome); /* what is shown meanwhile */
    PROC_WAIT_UNTIL(outcome.ended);
    g_assert_no_error(outcome.error);
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_LIVE);
    g_assert_cmpstr(sl_stream_get_source_word(fixture.stream), ==, "pipeline");
    begin_swap(&fixture, NULL, &outcome);
    PROC_WAIT_UNTIL(outcome.ended);
    g_assert_no_error(outcome.error);
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_WAITING);
    sl_stream_release(fixture.stream);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_IDLE);
    tear_down(&fixture);
}

/* In the middle of a trial, of a publisher's and of a pipeline's that waits. */
static void
test_stops(void)
{
    FakePublisher *publisher = fake_publisher_new(NOTHING);
    Outcome published, swapped;
    Fixture fixture;

    set_up_live(&fixture, SL_PUBLISH_REPLACE);
    begin_publish(&fixture, publisher, &published);
    begin_swap(&fixture, own_vp9, &swapped);
    tear_down(&fixture);
    PROC_WAIT_UNTIL(published.ended && swapped.ended);
    g_assert_error(published.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED);
    g_assert_error(swapped.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED);
    g_clear_error(&published.error);
    g_clear_error(&swapped.error);
    g_assert_false(fake_publisher_is_started(publisher));
    drop(publisher);
}

/* Again and again; what it was is gone each time. */
static void
test_nothing_is_left(void)
{
    guint n_threads = 0, n_fds = 0;
    Fixture fixture;

    set_up_live(&fixture, SL_PUBLISH_REPLACE);
    for (guint round = 0; round < 20; round++) {
        FakePublisher *publisher = fake_publisher_new(NULL);

        publish(&fixture, publisher);
        fake_publisher_leave(publisher);
        PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_LIVE);
        drop(publisher);
        PROC_WAIT_UNTIL(sl_census_get("SlSetup") == 1 && sl_teardown_get_n_pending() == 0);
        if (round < 10) {
            n_threads = MAX(n_threads, proc_fixture_count_threads());
            n_fds = MAX(n_fds, proc_fixture_count_fds());
        }
    }
    PROC_WAIT_UNTIL(proc_fixture_count_threads() <= n_threads);
    PROC_WAIT_UNTIL(proc_fixture_count_fds() <= n_fds);
    tear_down(&fixture);
}

/* --- with a viewer's connection --- */

static void
publish_in(SessionFixture *sessions, FakePublisher *publisher)
{
    Fixture fixture = { .stream = sessions->stream };

    publish(&fixture, publisher);
}

/* The same connection shows the publisher, and what comes after it. */
static void
test_viewer_stays(SessionFixture *fixture, gconstpointer unused)
{
    FakePublisher *publisher = fake_publisher_new(NULL);
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_width(viewer) == 64);
    publish_in(fixture, publisher);
    PROC_WAIT_UNTIL(test_viewer_get_width(viewer) == 48);
    fake_publisher_leave(publisher);
    PROC_WAIT_UNTIL(test_viewer_get_width(viewer) == 64);
    g_assert_cmpuint(test_viewer_get_peer(viewer), ==, 1);
    g_assert_cmpuint(test_viewer_get_n_broken(viewer), ==, 0);
    session_fixture_end(session);
    test_viewer_free(viewer);
    drop(publisher);
}

static void
test_viewer_changes_over(SessionFixture *fixture, gconstpointer unused)
{
    FakePublisher *publisher = fake_publisher_new(VP8_AND_SOUND);
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);
    guint n_frames;

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_width(viewer) == 64);
    publish_in(fixture, publisher);
    PROC_WAIT_UNTIL(test_viewer_get_peer(viewer) == 2);
    n_frames = test_viewer_get_n_frames(viewer);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) > n_frames + 10);
    fake_publisher_leave(publisher);
    sl_session_restart(session); /* nothing is known to offer */
    PROC_WAIT_UNTIL(test_viewer_get_peer(viewer) >= 3);
    PROC_WAIT_UNTIL(test_viewer_get_width(viewer) == 64);
    session_fixture_end(session);
    test_viewer_free(viewer);
    drop(publisher);
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_main_context_acquire(NULL);
    g_test_add_func("/stream-publish/comes-and-goes", test_comes_and_goes);
    g_test_add_func("/stream-publish/other-codecs", test_other_codecs);
    g_test_add_func("/stream-publish/unwatched", test_unwatched);
    g_test_add_func("/stream-publish/muted", test_muted);
    g_test_add_func("/stream-publish/replaced", test_replaced);
    g_test_add_func("/stream-publish/replaced-unwatched", test_replaced_unwatched);
    g_test_add_func("/stream-publish/policy", test_policy);
    g_test_add_func("/stream-publish/nothing-sent", test_nothing_sent);
    g_test_add_func("/stream-publish/pipelines-meanwhile", test_pipelines_meanwhile);
    g_test_add_func("/stream-publish/at-the-same-time", test_at_the_same_time);
    g_test_add_func("/stream-publish/awaited", test_awaited);
    g_test_add_func("/stream-publish/stops", test_stops);
    g_test_add_func("/stream-publish/nothing-is-left", test_nothing_is_left);
    g_test_add("/stream-publish/viewer-stays", SessionFixture, own_vp8, session_fixture_set_up,
               test_viewer_stays, session_fixture_tear_down);
    g_test_add("/stream-publish/viewer-changes-over", SessionFixture, own_vp8,
               session_fixture_set_up, test_viewer_changes_over, session_fixture_tear_down);
    return proc_fixture_run();
}
