#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

#include "proc-fixture.h"
#include "sl-feed.h"
#include "sl-frame-group.h"
#include "sl-track.h"

typedef struct {
    SlTrack *track;
    guint n_keyframes; /* asked of the source */
} Fixture;

static void
on_keyframe_wanted(SlTrack *track, gpointer data)
{
    ((Fixture *)data)->n_keyframes++;
}

static void
set_up(Fixture *fixture, gconstpointer unused)
{
    fixture->track = sl_track_new(g_main_context_default(), "video");
    sl_track_set_keyframe_func(fixture->track, on_keyframe_wanted, fixture);
}

static void
tear_down(Fixture *fixture, gconstpointer unused)
{
    gpointer track = fixture->track;

    g_object_add_weak_pointer(track, &track);
    g_object_unref(fixture->track);
    PROC_WAIT_UNTIL(track == NULL);
}

static void
push(SlTrack *track, guint n, gboolean keyframe)
{
    g_autoptr(GstBuffer) buffer = gst_buffer_new_allocate(NULL, 100, NULL);
    g_autoptr(GstCaps) caps = gst_caps_new_empty_simple("video/x-vp8");
    g_autoptr(GstSample) sample = NULL;
    GstSegment segment;

    gst_segment_init(&segment, GST_FORMAT_TIME);
    GST_BUFFER_PTS(buffer) = n * GST_MSECOND;
    if (!keyframe)
        GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    sample = gst_sample_new(buffer, caps, &segment, NULL);
    sl_track_push(track, sample, 5 * GST_SECOND);
}

static GstPadProbeReturn
on_blocked(GstPad *pad, GstPadProbeInfo *info, gpointer n_blocked)
{
    g_atomic_int_inc((gint *)n_blocked);
    return GST_PAD_PROBE_OK;
}

/* An appsrc whose thread waits with the first frame in its hand: a viewer that has stalled. */
static GstElement *
make_appsrc(gint *n_blocked)
{
    GstElement *appsrc = gst_object_ref_sink(gst_element_factory_make("appsrc", NULL));
    g_autoptr(GstPad) pad = gst_element_get_static_pad(appsrc, "src");

    *n_blocked = 0;
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, on_blocked,
                      n_blocked, NULL);
    g_object_set(appsrc, "format", GST_FORMAT_TIME, "max-bytes", (guint64)0, NULL);
    gst_element_set_state(appsrc, GST_STATE_PAUSED);
    return appsrc;
}

static void
drop_appsrc(GstElement *appsrc)
{
    gst_element_set_state(appsrc, GST_STATE_NULL);
    gst_object_unref(appsrc);
}

static void
test_begins_with_a_keyframe(Fixture *fixture, gconstpointer unused)
{
    gint n_blocked;
    GstElement *appsrc = make_appsrc(&n_blocked);
    SlFeed *feed = sl_track_subscribe(fixture->track, GST_APP_SRC(appsrc));

    push(fixture->track, 0, FALSE);
    push(fixture->track, 1, FALSE);
    g_assert_cmpuint(sl_feed_get_stats(feed).frames, ==, 0);
    push(fixture->track, 2, TRUE);
    push(fixture->track, 3, FALSE);
    g_assert_cmpuint(sl_feed_get_stats(feed).frames, ==, 2);
    g_assert_cmpuint(sl_feed_get_stats(feed).dropped, ==, 2);
    g_assert_cmpuint(sl_track_get_n_frames(fixture->track), ==, 4);

    sl_feed_unsubscribe(feed);
    g_assert_cmpuint(sl_track_get_n_feeds(fixture->track), ==, 0);
    push(fixture->track, 4, TRUE); /* reaches nobody */
    drop_appsrc(appsrc);
}

/* A stalled viewer has its bound; the other one misses nothing; once there is room it goes on with
 * a keyframe. */
static void
test_slow_feed_drops_to_the_next_keyframe(Fixture *fixture, gconstpointer unused)
{
    gint n_slow_blocked, n_quick_blocked;
    GstElement *slow_appsrc = make_appsrc(&n_slow_blocked);
    GstElement *quick_appsrc = make_appsrc(&n_quick_blocked);
    SlFeed *slow = sl_track_subscribe(fixture->track, GST_APP_SRC(slow_appsrc));
    SlFeed *quick;
    guint n_kept;

    push(fixture->track, 0, TRUE);
    PROC_WAIT_UNTIL(g_atomic_int_get(&n_slow_blocked) == 1);
    for (guint i = 1; i < 2 * SL_FEED_MAX_BUFFERS; i++)
        push(fixture->track, i, FALSE);
    n_kept = (guint)sl_feed_get_stats(slow).frames;
    g_assert_cmpuint(n_kept, ==, SL_FEED_MAX_BUFFERS + 1); /* the bound, and the one in hand */
    g_assert_cmpuint(sl_feed_get_stats(slow).dropped, ==, 2 * SL_FEED_MAX_BUFFERS - n_kept);

    quick = sl_track_subscribe(fixture->track, GST_APP_SRC(quick_appsrc));
    push(fixture->track, 200, TRUE);
    push(fixture->track, 201, FALSE);
    g_assert_cmpuint(sl_feed_get_stats(quick).frames, ==, 2);
    g_assert_cmpuint(sl_feed_get_stats(slow).frames, ==, n_kept);

    /* It has caught up: what was queued is gone. */
    gst_element_set_state(slow_appsrc, GST_STATE_READY);
    gst_element_set_state(slow_appsrc, GST_STATE_PAUSED);
    PROC_WAIT_UNTIL(gst_app_src_get_current_level_buffers(GST_APP_SRC(slow_appsrc)) == 0);
    push(fixture->track, 202, FALSE);
    g_assert_cmpuint(sl_feed_get_stats(slow).frames, ==, n_kept);
    push(fixture->track, 203, TRUE);
    push(fixture->track, 204, FALSE);
    g_assert_cmpuint(sl_feed_get_stats(slow).frames, ==, n_kept + 2);

    sl_feed_unsubscribe(slow);
    sl_feed_unsubscribe(quick);
    drop_appsrc(slow_appsrc);
    drop_appsrc(quick_appsrc);
}

static GstPadProbeReturn
on_given(GstPad *pad, GstPadProbeInfo *info, gpointer given)
{
    g_async_queue_push(given, gst_buffer_ref(GST_PAD_PROBE_INFO_BUFFER(info)));
    return GST_PAD_PROBE_DROP;
}

/* An appsrc whose frames are put into @given. */
static GstElement *
make_quick_appsrc(GAsyncQueue *given)
{
    GstElement *appsrc = gst_object_ref_sink(gst_element_factory_make("appsrc", NULL));
    g_autoptr(GstPad) pad = gst_element_get_static_pad(appsrc, "src");

    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_given, given, NULL);
    g_object_set(appsrc, "format", GST_FORMAT_TIME, "max-bytes", (guint64)0, NULL);
    gst_element_set_state(appsrc, GST_STATE_PAUSED);
    return appsrc;
}

/* Of a size, at a time of the clock. */
static void
push_at(SlTrack *track, GstClockTime time, gsize size, gboolean keyframe)
{
    g_autoptr(GstBuffer) buffer = gst_buffer_new_allocate(NULL, size, NULL);
    g_autoptr(GstCaps) caps = gst_caps_new_empty_simple("video/x-h264");
    g_autoptr(GstSample) sample = NULL;
    GstSegment segment;

    gst_segment_init(&segment, GST_FORMAT_TIME);
    GST_BUFFER_PTS(buffer) = time;
    if (!keyframe)
        GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    sample = gst_sample_new(buffer, caps, &segment, NULL);
    sl_track_push(track, sample, 0);
}

static GstClockTime
pop_time(GAsyncQueue *given)
{
    g_autoptr(GstBuffer) buffer = g_async_queue_timeout_pop(given, PROC_FIXTURE_TIMEOUT_US);

    g_assert_nonnull(buffer);
    return GST_BUFFER_PTS(buffer);
}

/* A new feed begins at once with what came since the last keyframe, quicker than it came; then it
 * goes on with what comes, with the times that this has. */
static void
test_kept_group(Fixture *fixture, gconstpointer unused)
{
    g_autoptr(GAsyncQueue) given = g_async_queue_new();
    GstElement *appsrc = make_quick_appsrc(given);
    GstClockTime began = gst_util_get_timestamp(), now, last;
    SlFeed *feed;

    sl_track_set_keep_group(fixture->track, TRUE);
    push_at(fixture->track, began - 9 * GST_SECOND, 1000, TRUE);
    for (guint i = 0; i < 90; i++)
        push_at(fixture->track, began - 3 * GST_SECOND + i * 33 * GST_MSECOND,
                i == 40 ? 40000 : 1000, i == 0);
    now = gst_util_get_timestamp();
    feed = sl_track_subscribe(fixture->track, GST_APP_SRC(appsrc));
    g_assert_cmpuint(sl_feed_get_stats(feed).frames, ==, 90);

    last = pop_time(given);
    g_assert_cmpuint(last, >=, now - 100 * GST_MSECOND);
    for (guint i = 1; i < 90; i++) {
        GstClockTime time = pop_time(given);
        g_assert_cmpuint(time - last, ==, i == 41 ? 10 * GST_MSECOND : 2 * GST_MSECOND);
        last = time;
    }
    push_at(fixture->track, last - 10 * GST_MSECOND, 1000, FALSE);
    g_assert_cmpuint(pop_time(given), ==, last + 2 * GST_MSECOND);
    push_at(fixture->track, last + 23 * GST_MSECOND, 1000, FALSE);
    g_assert_cmpuint(pop_time(given), ==, last + 23 * GST_MSECOND);
    push_at(fixture->track, last + 24 * GST_MSECOND, 1000, FALSE);
    g_assert_cmpuint(pop_time(given), ==, last + 24 * GST_MSECOND);

    g_main_context_iteration(NULL, FALSE);
    g_assert_cmpuint(fixture->n_keyframes, ==, 0); /* none had to be asked for */
    sl_feed_unsubscribe(feed);
    drop_appsrc(appsrc);
}

static guint
count_kept(SlTrack *track)
{
    g_autoptr(GAsyncQueue) given = g_async_queue_new_full((GDestroyNotify)gst_buffer_unref);
    GstElement *appsrc = make_quick_appsrc(given);
    SlFeed *feed = sl_track_subscribe(track, GST_APP_SRC(appsrc));
    guint n_kept = (guint)sl_feed_get_stats(feed).frames;

    sl_feed_unsubscribe(feed);
    drop_appsrc(appsrc);
    return n_kept;
}

static void
test_kept_group_is_bounded(Fixture *fixture, gconstpointer unused)
{
    GstClockTime now = gst_util_get_timestamp();

    push_at(fixture->track, now, 10, TRUE);
    g_assert_cmpuint(count_kept(fixture->track), ==, 0); /* nobody said so */
    sl_track_set_keep_group(fixture->track, TRUE);
    push_at(fixture->track, now, 10, FALSE);
    g_assert_cmpuint(count_kept(fixture->track), ==, 0);

    push_at(fixture->track, now, 10, TRUE);
    for (guint i = 1; i < SL_FRAME_GROUP_MAX_FRAMES; i++)
        push_at(fixture->track, now, 10, FALSE);
    g_assert_cmpuint(count_kept(fixture->track), ==, SL_FRAME_GROUP_MAX_FRAMES);
    push_at(fixture->track, now, 10, FALSE);
    g_assert_cmpuint(count_kept(fixture->track), ==, 0);
    push_at(fixture->track, now, 10, FALSE);
    g_assert_cmpuint(count_kept(fixture->track), ==, 0);

    push_at(fixture->track, now, SL_FRAME_GROUP_MAX_BYTES, TRUE);
    g_assert_cmpuint(count_kept(fixture->track), ==, 1);
    push_at(fixture->track, now, 1, FALSE);
    g_assert_cmpuint(count_kept(fixture->track), ==, 0);

    push_at(fixture->track, now, 10, TRUE);
    g_assert_cmpuint(count_kept(fixture->track), ==, 1);
    push(fixture->track, 0, FALSE); /* of other caps */
    g_assert_cmpuint(count_kept(fixture->track), ==, 0);
    push_at(fixture->track, now, 10, TRUE);
    sl_track_drop_group(fixture->track);
    g_assert_cmpuint(count_kept(fixture->track), ==, 0);
}

/* Of VP8, as a payloader gives it that flags nothing. */
static void
push_packet(SlTrack *track, guint16 n, gboolean begins, gboolean keyframe)
{
    static guint32 timestamp = 0;
    guint8 bytes[14] = { 0x80, 96 };
    g_autoptr(GstBuffer) buffer = NULL;
    g_autoptr(GstCaps) caps =
        gst_caps_new_simple("application/x-rtp", "encoding-name", G_TYPE_STRING, "VP8", NULL);
    g_autoptr(GstSample) sample = NULL;
    GstSegment segment;

    timestamp += begins ? 3000 : 0;
    GST_WRITE_UINT16_BE(bytes + 2, n);
    GST_WRITE_UINT32_BE(bytes + 4, timestamp);
    bytes[12] = begins ? 0x10 : 0x00;
    bytes[13] = keyframe ? 0x00 : 0x01;
    buffer = gst_buffer_new_memdup(bytes, sizeof bytes);
    GST_BUFFER_PTS(buffer) = n * GST_MSECOND;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    sample = gst_sample_new(buffer, caps, &segment, NULL);
    sl_track_push(track, sample, 0);
}

/* A viewer begins, and goes on, with the first packet of a keyframe; its bound is one of packets.
 */
static void
test_packets(Fixture *fixture, gconstpointer unused)
{
    gint n_blocked;
    GstElement *appsrc = make_appsrc(&n_blocked);
    SlFeed *feed = sl_track_subscribe(fixture->track, GST_APP_SRC(appsrc));
    guint n_kept;

    push_packet(fixture->track, 0, FALSE, TRUE); /* the rest of a keyframe */
    push_packet(fixture->track, 1, TRUE, FALSE);
    g_assert_cmpuint(sl_feed_get_stats(feed).frames, ==, 0);
    push_packet(fixture->track, 2, TRUE, TRUE);
    push_packet(fixture->track, 3, FALSE, TRUE);
    g_assert_cmpuint(sl_feed_get_stats(feed).frames, ==, 2);
    g_assert_cmpuint(sl_track_get_n_frames(fixture->track), ==, 3);

    PROC_WAIT_UNTIL(g_atomic_int_get(&n_blocked) == 1);
    for (guint i = 0; i < 2 * SL_FEED_MAX_PACKETS; i++)
        push_packet(fixture->track, (guint16)(4 + i), i % 4 == 0, FALSE);
    n_kept = (guint)sl_feed_get_stats(feed).frames;
    g_assert_cmpuint(n_kept, ==, SL_FEED_MAX_PACKETS + 1);

    gst_element_set_state(appsrc, GST_STATE_READY);
    gst_element_set_state(appsrc, GST_STATE_PAUSED);
    PROC_WAIT_UNTIL(gst_app_src_get_current_level_buffers(GST_APP_SRC(appsrc)) == 0);
    push_packet(fixture->track, 5000, FALSE, TRUE);
    g_assert_cmpuint(sl_feed_get_stats(feed).frames, ==, n_kept);
    push_packet(fixture->track, 5001, TRUE, TRUE);
    push_packet(fixture->track, 5002, FALSE, TRUE);
    g_assert_cmpuint(sl_feed_get_stats(feed).frames, ==, n_kept + 2);

    sl_feed_unsubscribe(feed);
    drop_appsrc(appsrc);
}

static void
test_keyframe_requests_of_many_become_one(Fixture *fixture, gconstpointer unused)
{
    for (guint i = 0; i < 100; i++)
        sl_track_request_keyframe(fixture->track);
    PROC_WAIT_UNTIL(fixture->n_keyframes == 1);

    /* What comes while the interval runs is one more, at its end. */
    for (guint i = 0; i < 100; i++) {
        sl_track_request_keyframe(fixture->track);
        g_main_context_iteration(NULL, FALSE);
    }
    g_assert_cmpuint(fixture->n_keyframes, ==, 1);
    PROC_WAIT_UNTIL(fixture->n_keyframes == 2);
}

typedef struct {
    guint n_calls;
    GstClockTime pts;
    gboolean destroyed;
} First;

static void
on_first_frame(SlTrack *track, GstSample *sample, gpointer data)
{
    First *first = data;

    first->n_calls++;
    first->pts = GST_BUFFER_PTS(gst_sample_get_buffer(sample));
}

static void
on_first_destroyed(gpointer data)
{
    ((First *)data)->destroyed = TRUE;
}

/* Times in a track are the clock's: running time and base time together. */
static void
test_first_frame_and_clock_time(Fixture *fixture, gconstpointer unused)
{
    First first = { 0 };

    sl_track_set_first_frame_func(fixture->track, on_first_frame, &first, on_first_destroyed);
    push(fixture->track, 1, FALSE);
    g_assert_cmpuint(first.n_calls, ==, 0);
    push(fixture->track, 2, TRUE);
    push(fixture->track, 3, TRUE);
    g_assert_cmpuint(first.n_calls, ==, 1);
    g_assert_true(first.destroyed);
    g_assert_cmpuint(first.pts, ==, 5 * GST_SECOND + 2 * GST_MSECOND);

    first.destroyed = FALSE;
    sl_track_set_first_frame_func(fixture->track, on_first_frame, &first, on_first_destroyed);
    sl_track_set_first_frame_func(fixture->track, NULL, NULL, NULL);
    g_assert_true(first.destroyed);
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_main_context_acquire(NULL);
#define ADD(name, func) g_test_add("/track/" name, Fixture, NULL, set_up, func, tear_down)
    ADD("begins-with-a-keyframe", test_begins_with_a_keyframe);
    ADD("slow-feed-drops-to-the-next-keyframe", test_slow_feed_drops_to_the_next_keyframe);
    ADD("kept-group", test_kept_group);
    ADD("kept-group-is-bounded", test_kept_group_is_bounded);
    ADD("packets", test_packets);
    ADD("keyframe-requests-of-many-become-one", test_keyframe_requests_of_many_become_one);
    ADD("first-frame-and-clock-time", test_first_frame_and_clock_time);
    return proc_fixture_run();
}
