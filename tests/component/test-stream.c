#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

#include "proc-fixture.h"
#include "sl-feed.h"
#include "sl-stream.h"
#include "sl-teardown.h"

/* A description as it would be in a file; the input is the test pattern unless said otherwise. */
#define PIPELINE_AT_FAULT "Its pipeline does not work here: the server's log says why"

static const char small_vp8[] =
    "[source]\n${capture} ! vp8enc deadline=1 keyframe-max-dist=2000 ! appsink name=video\n"
    "[viewer video]\nrtpvp8pay\n";

static SlStream *
make_stream(const char *text, const char *device, guint linger_ms)
{
    g_autoptr(SlProblems) problems = sl_problems_new("test.pipeline");
    g_autoptr(SlDescription) description =
        sl_description_parse("test", text, strlen(text), problems);
    g_autoptr(GError) error = NULL;
    g_autoptr(SlValues) values = NULL;
    g_autoptr(SlInput) input = NULL;
    SlLimits limits;

    g_assert_cmpuint(sl_problems_get_count(problems), ==, 0);
    values = sl_values_new(description, NULL, &error);
    g_assert_no_error(error);
    input = sl_input_resolve(device, &error);
    g_assert_no_error(error);
    sl_limits_init(&limits);
    limits.linger_ms = linger_ms;
    return sl_stream_new(g_main_context_default(), &(SlStreamConfig){ .name = "camera",
                                                                      .input = input,
                                                                      .description = description,
                                                                      .values = values,
                                                                      .limits = &limits });
}

static void
on_stopped(GObject *stream, GAsyncResult *result, gpointer data)
{
    *(gboolean *)data = sl_stream_stop_finish(SL_STREAM(stream), result, NULL);
}

static void
stop_and_drop(SlStream *stream)
{
    gboolean stopped = FALSE;
    gpointer weak = stream;

    sl_stream_stop_async(stream, on_stopped, &stopped);
    PROC_WAIT_UNTIL(stopped);
    g_assert_cmpint(sl_stream_get_state(stream), ==, SL_STREAM_IDLE);
    g_object_add_weak_pointer(weak, &weak);
    g_object_unref(stream);
    PROC_WAIT_UNTIL(weak == NULL && sl_teardown_get_n_pending() == 0);
}

static guint64
count_frames(SlStream *stream)
{
    SlTrackCodec *codec = g_ptr_array_index(sl_stream_get_codecs(stream), 0);

    return sl_track_get_n_frames(codec->track);
}

static void
test_runs_while_watched(void)
{
    SlStream *stream = make_stream(small_vp8, "test", 100);
    SlTrackCodec *codec;
    GstStructure *rtp;

    g_assert_cmpint(sl_stream_get_state(stream), ==, SL_STREAM_IDLE);
    g_assert_null(sl_stream_get_codecs(stream));

    sl_stream_acquire(stream);
    g_assert_cmpint(sl_stream_get_state(stream), ==, SL_STREAM_STARTING);
    PROC_WAIT_UNTIL(sl_stream_get_state(stream) == SL_STREAM_LIVE);
    PROC_WAIT_UNTIL(sl_stream_get_codecs(stream) != NULL);

    codec = g_ptr_array_index(sl_stream_get_codecs(stream), 0);
    rtp = gst_caps_get_structure(codec->rtp_caps, 0);
    g_assert_cmpstr(gst_structure_get_string(rtp, "encoding-name"), ==, "VP8");
    g_assert_false(gst_structure_has_field(rtp, "ssrc"));
    g_assert_false(gst_structure_has_field(rtp, "payload"));
    g_assert_false(gst_structure_has_field(rtp, "timestamp-offset"));

    sl_stream_release(stream);
    g_assert_cmpint(sl_stream_get_state(stream), ==, SL_STREAM_LIVE); /* it lingers */
    PROC_WAIT_UNTIL(sl_stream_get_state(stream) == SL_STREAM_IDLE);
    g_assert_nonnull(sl_stream_get_codecs(stream)); /* stays known */
    stop_and_drop(stream);
}

static void
test_lingers_for_who_comes_back(void)
{
    SlStream *stream = make_stream(small_vp8, "test", 60 * 1000);
    guint64 n_frames;

    sl_stream_acquire(stream);
    PROC_WAIT_UNTIL(sl_stream_get_codecs(stream) != NULL);
    sl_stream_release(stream);
    n_frames = count_frames(stream);
    sl_stream_acquire(stream);
    g_assert_cmpint(sl_stream_get_state(stream), ==, SL_STREAM_LIVE);
    PROC_WAIT_UNTIL(count_frames(stream) > n_frames + 5);
    sl_stream_release(stream);
    stop_and_drop(stream);
}

/* One source however many watch, and each gets every frame by reference. */
static void
test_one_source_for_many(void)
{
    SlStream *stream = make_stream(small_vp8, "test", 100);
    GstElement *appsrcs[5];
    SlFeed *feeds[5];
    SlTrackCodec *codec;

    for (guint i = 0; i < G_N_ELEMENTS(feeds); i++)
        sl_stream_acquire(stream);
    PROC_WAIT_UNTIL(sl_stream_get_codecs(stream) != NULL);
    codec = g_ptr_array_index(sl_stream_get_codecs(stream), 0);
    for (guint i = 0; i < G_N_ELEMENTS(feeds); i++) {
        appsrcs[i] = gst_object_ref_sink(gst_element_factory_make("appsrc", NULL));
        g_object_set(appsrcs[i], "format", GST_FORMAT_TIME, "max-bytes", (guint64)0, NULL);
        gst_element_set_state(appsrcs[i], GST_STATE_PAUSED);
        feeds[i] = sl_track_subscribe(codec->track, GST_APP_SRC(appsrcs[i]));
    }
    g_assert_cmpuint(sl_track_get_n_feeds(codec->track), ==, G_N_ELEMENTS(feeds));
    for (guint i = 0; i < G_N_ELEMENTS(feeds); i++)
        PROC_WAIT_UNTIL(sl_feed_get_stats(feeds[i]).frames >= 3);

    for (guint i = 0; i < G_N_ELEMENTS(feeds); i++) {
        sl_feed_unsubscribe(feeds[i]);
        gst_element_set_state(appsrcs[i], GST_STATE_NULL);
        gst_object_unref(appsrcs[i]);
        sl_stream_release(stream);
    }
    stop_and_drop(stream);
}

/* A source that can't be had is a state with words, is tried again, and ends when nobody waits for
 * it. */
static void
test_absent_source_is_retried(void)
{
    SlStream *stream = make_stream(small_vp8, "rtsp://127.0.0.1:9/none", 100);

    sl_stream_acquire(stream);
    PROC_WAIT_UNTIL(sl_stream_get_state(stream) == SL_STREAM_LOST);
    g_assert_cmpstr(sl_stream_get_detail(stream), ==, "The camera can't be reached");
    sl_stream_release(stream);
    stop_and_drop(stream);
}

static void
test_pipeline_at_fault(void)
{
    /* I420 by the pattern, refused behind it. */
    SlStream *stream = make_stream(
        "[source]\n${capture} ! video/x-raw,format=GRAY8 ! appsink name=video\n", "test", 100);

    sl_stream_acquire(stream);
    PROC_WAIT_UNTIL(sl_stream_get_state(stream) == SL_STREAM_FAILED);
    g_assert_cmpstr(sl_stream_get_detail(stream), ==, PIPELINE_AT_FAULT);
    g_assert_cmpstr(
        sl_stream_get_fault(stream)->message, ==,
        "test.pipeline:2: GStreamer: could not link the input to video, the input "
        "can't handle caps video/x-raw, format=(string)GRAY8; expected caps that both can "
        "handle; videoconvert and videoscale make pictures fit");
    sl_stream_release(stream);
    stop_and_drop(stream);
}

static void
note_state(SlStream *stream, guint *seen)
{
    *seen |= 1u << sl_stream_get_state(stream);
}

/* Frames alone are no picture: nothing comes out of this section for a viewer. */
static void
test_live_means_that_a_codec_is_known(void)
{
    SlStream *stream = make_stream("[source]\n${capture} ! vp8enc deadline=1 ! appsink name=video\n"
                                   "[viewer video]\nrtpvp8pay ! valve drop=true\n",
                                   "test", 100);
    guint seen = 0;

    g_signal_connect(stream, "state-changed", G_CALLBACK(note_state), &seen);
    sl_stream_acquire(stream);
    PROC_WAIT_UNTIL(sl_stream_get_state(stream) == SL_STREAM_FAILED);
    g_assert_cmpstr(sl_stream_get_detail(stream), ==, PIPELINE_AT_FAULT);
    g_assert_cmpstr(
        sl_stream_get_fault(stream)->message, ==,
        "test.pipeline:3: [viewer video]: it gave nothing for a frame within 5 s; does it end "
        "in a payloader?");
    g_assert_cmpuint(seen & (1u << SL_STREAM_LIVE), ==, 0);
    sl_stream_release(stream);
    stop_and_drop(stream);
}

/* Thirty frames and then silence: the funnel's other input, on which nothing ever comes, keeps the
 * end away. */
static void
test_silent_source_is_started_again(void)
{
    SlStream *stream =
        make_stream("[source]\nvideotestsrc is-live=true num-buffers=30"
                    " ! video/x-raw,format=I420,width=64,height=64,framerate=30/1"
                    " ! funnel name=both ! vp8enc deadline=1 ! appsink name=video\n"
                    "udpsrc address=127.0.0.1 port=0"
                    " caps=\"video/x-raw,format=I420,width=64,height=64,framerate=30/1\" ! both.\n"
                    "[viewer video]\nrtpvp8pay\n",
                    "test", 100);

    sl_stream_acquire(stream);
    PROC_WAIT_UNTIL(sl_stream_get_state(stream) == SL_STREAM_LIVE);
    PROC_WAIT_UNTIL(sl_stream_get_state(stream) == SL_STREAM_LOST);
    g_assert_cmpstr(sl_stream_get_detail(stream), ==, "The camera gives no picture");
    PROC_WAIT_UNTIL(sl_stream_get_state(stream) == SL_STREAM_LIVE);
    sl_stream_release(stream);
    stop_and_drop(stream);
}

/* A frame without a duration at a variable rate is one that videorate 1.22 aborts at. videotestsrc
 * gives one such and ends; the funnel's other input keeps the end away. */
static void
test_frames_without_duration(void)
{
    SlStream *stream =
        make_stream("[source]\nvideotestsrc"
                    " ! video/x-raw,format=I420,width=64,height=64,framerate=0/1"
                    " ! funnel name=both ! videorate drop-only=true ! vp8enc deadline=1"
                    " ! appsink name=video\n"
                    "udpsrc address=127.0.0.1 port=0"
                    " caps=\"video/x-raw,format=I420,width=64,height=64,framerate=0/1\" ! both.\n",
                    "test", 100);

    sl_stream_acquire(stream);
    PROC_WAIT_UNTIL(sl_stream_get_codecs(stream) != NULL);
    sl_stream_release(stream);
    stop_and_drop(stream);
}

/* A raw track is an encoder for each viewer: what the [viewer] section makes of it is the codec. */
static void
test_raw_track(void)
{
    SlStream *stream = make_stream("[source]\n${capture} ! appsink name=video\n"
                                   "[viewer video]\nvp8enc deadline=1 ! rtpvp8pay\n",
                                   "test", 100);
    SlTrackCodec *codec;

    sl_stream_acquire(stream);
    PROC_WAIT_UNTIL(sl_stream_get_codecs(stream) != NULL);
    codec = g_ptr_array_index(sl_stream_get_codecs(stream), 0);
    g_assert_cmpstr(
        gst_structure_get_string(gst_caps_get_structure(codec->rtp_caps, 0), "encoding-name"), ==,
        "VP8");
    sl_stream_release(stream);
    stop_and_drop(stream);
}

/* A track of packets needs no [viewer] section; its caps are the codec, without what is each
 * start's own. */
static void
test_track_of_packets(void)
{
    SlStream *stream = make_stream("[source]\n${capture} ! vp8enc deadline=1 ! rtpvp8pay mtu=300"
                                   " ! appsink name=video\n",
                                   "test", 100);
    static const char *const others[] = { "ssrc",          "payload",         "timestamp-offset",
                                          "seqnum-offset", "sprop-parameter", "a-framerate" };
    GstStructure *rtp;
    SlTrackCodec *codec;
    guint64 n_frames;
    gint64 began_us = g_get_monotonic_time();

    sl_stream_acquire(stream);
    PROC_WAIT_UNTIL(sl_stream_get_codecs(stream) != NULL);
    codec = g_ptr_array_index(sl_stream_get_codecs(stream), 0);
    rtp = gst_caps_get_structure(codec->rtp_caps, 0);
    g_assert_cmpstr(gst_structure_get_string(rtp, "encoding-name"), ==, "VP8");
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        g_assert_false(gst_structure_has_field(rtp, others[i]));

    /* Frames are counted, not packets: the pattern has 30 a second, some at once if it stood. */
    PROC_WAIT_UNTIL(count_frames(stream) >= 30);
    n_frames = count_frames(stream);
    g_assert_cmpfloat((double)n_frames, <=,
                      30.0 * (double)(g_get_monotonic_time() - began_us) / G_USEC_PER_SEC + 2);
    sl_stream_release(stream);
    stop_and_drop(stream);
}

static void
test_packets_must_stay_packets(void)
{
    /* So small that a keyframe is one packet. */
    SlStream *stream = make_stream("[source]\n${capture} ! videoscale"
                                   " ! video/x-raw,width=16,height=16 ! vp8enc deadline=1"
                                   " ! rtpvp8pay ! appsink name=video\n"
                                   "[viewer video]\nrtpvp8depay\n",
                                   "test", 100);

    sl_stream_acquire(stream);
    PROC_WAIT_UNTIL(sl_stream_get_state(stream) == SL_STREAM_FAILED);
    g_assert_cmpstr(sl_stream_get_detail(stream), ==, PIPELINE_AT_FAULT);
    g_assert_cmpstr(sl_stream_get_fault(stream)->message, ==,
                    "test.pipeline:3: [viewer video]: it ends in video/x-vp8, expected RTP, from a "
                    "payloader");
    sl_stream_release(stream);
    stop_and_drop(stream);
}

static void
test_nothing_is_left(void)
{
    guint n_threads = 0, n_fds = 0;

    for (guint round = 0; round < 6; round++) {
        SlStream *stream = make_stream(small_vp8, "test", 1);
        sl_stream_acquire(stream);
        if (round % 2 == 0) /* and once while it is starting */
            PROC_WAIT_UNTIL(sl_stream_get_codecs(stream) != NULL);
        sl_stream_release(stream);
        stop_and_drop(stream);
        if (round == 1) { /* pools and libraries have what they keep */
            n_threads = proc_fixture_count_threads();
            n_fds = proc_fixture_count_fds();
        }
    }
    PROC_WAIT_UNTIL(proc_fixture_count_threads() <= n_threads);
    PROC_WAIT_UNTIL(proc_fixture_count_fds() <= n_fds);
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_main_context_acquire(NULL);
    g_test_add_func("/stream/runs-while-watched", test_runs_while_watched);
    g_test_add_func("/stream/lingers-for-who-comes-back", test_lingers_for_who_comes_back);
    g_test_add_func("/stream/one-source-for-many", test_one_source_for_many);
    g_test_add_func("/stream/absent-source-is-retried", test_absent_source_is_retried);
    g_test_add_func("/stream/pipeline-at-fault", test_pipeline_at_fault);
    g_test_add_func("/stream/live-means-that-a-codec-is-known",
                    test_live_means_that_a_codec_is_known);
    g_test_add_func("/stream/silent-source-is-started-again", test_silent_source_is_started_again);
    g_test_add_func("/stream/frames-without-duration", test_frames_without_duration);
    g_test_add_func("/stream/raw-track", test_raw_track);
    g_test_add_func("/stream/track-of-packets", test_track_of_packets);
    g_test_add_func("/stream/packets-must-stay-packets", test_packets_must_stay_packets);
    g_test_add_func("/stream/nothing-is-left", test_nothing_is_left);
    return proc_fixture_run();
}
