#include <gst/gst.h>

#include "proc-fixture.h"
#include "session-fixture.h"
#include "sl-census.h"
#include "sl-teardown.h"
#include "test-viewer.h"

#define CAPTURE(width) "[source]\n${capture} ! videoscale ! video/x-raw,width=" #width ",height=96"
#define VP8 " ! vp8enc deadline=1 cpu-used=16 keyframe-max-dist=2000"

/* The same codec, cut in different places. */
static const char small_frames[] = CAPTURE(160) VP8 " ! appsink name=video\n";
static const char frames[] = CAPTURE(176) VP8 " ! appsink name=video\n"
                                              "[viewer video]\nrtpvp8pay mtu=300\n";
static const char packets[] = CAPTURE(192) VP8 " ! rtpvp8pay mtu=300 ssrc=1 ! appsink name=video\n";
static const char other_packets[] =
    CAPTURE(208) VP8 " ! rtpvp8pay mtu=300 ssrc=1 ! appsink name=video\n"
                     "[viewer video]\nqueue ! identity\n";
static const char raw[] =
    CAPTURE(224) " ! videoconvert ! video/x-raw,format=I420"
                 " ! appsink name=video\n"
                 "[viewer video]\nvp8enc deadline=1 cpu-used=16 ! rtpvp8pay\n";

static const char with_sound[] =
    CAPTURE(160) VP8 " ! appsink name=video\n"
                     "audiotestsrc is-live=true ! opusenc ! appsink name=audio\n";
static const char with_other_sound[] = CAPTURE(176) VP8
    " ! appsink name=video\n"
    "audiotestsrc is-live=true freq=1000 ! opusenc bitrate=32000 ! appsink name=audio\n";

static const char stoppable[] =
    "[variable stop]\ntype = bool\ndefault = false\nlive = gate.drop\n" CAPTURE(160) VP8
    " ! valve name=gate drop=${stop} ! appsink name=video\n";
static const char stoppable_viewers[] =
    "[variable stop]\ntype = bool\ndefault = false\nlive = gate.drop\n" CAPTURE(160) VP8
    " ! appsink name=video\n"
    "[viewer video]\nvalve name=gate drop=${stop} ! rtpvp8pay\n";

static guint
count_branches(void)
{
    return sl_census_get("SlBranch");
}

static void
swap_and_watch(SessionFixture *fixture, const char *text, guint width, TestViewer *viewer)
{
    guint n_frames;

    session_fixture_swap(fixture, text);
    PROC_WAIT_UNTIL(test_viewer_get_width(viewer) == width);
    n_frames = test_viewer_get_n_frames(viewer);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= n_frames + 5);
    g_assert_cmpuint(test_viewer_get_peer(viewer), ==, 1);
    g_assert_cmpuint(test_viewer_get_n_broken(viewer), ==, 0);
}

/* From each of them to each other one: in the same peer, without a gap in what it gets. */
static void
test_in_place(SessionFixture *fixture, gconstpointer unused)
{
    static const struct {
        const char *text;
        guint width;
    } kinds[] = {
        { small_frames, 160 },  { frames, 176 }, { packets, 192 },
        { other_packets, 208 }, { raw, 224 },
    };
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= 3);
    for (guint step = 1; step < G_N_ELEMENTS(kinds); step++) {
        for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
            guint next = (i + 1) * step % G_N_ELEMENTS(kinds);
            swap_and_watch(fixture, kinds[next].text, kinds[next].width, viewer);
        }
    }
    session_fixture_end(session);
    test_viewer_free(viewer);
}

static void
test_sound(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= 3);
    swap_and_watch(fixture, with_other_sound, 176, viewer);
    swap_and_watch(fixture, with_sound, 160, viewer);
    session_fixture_end(session);
    test_viewer_free(viewer);
}

/* Tells peers that the tracks are others, which are the present ones again. */
static void
switch_peers(SessionFixture *fixture)
{
    g_signal_emit_by_name(fixture->stream, "tracks-changed");
}

/* Of raw frames, each of which will do to begin with. */
static void
test_nothing_is_left(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);
    guint n_threads = 0, n_fds = 0;

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= 3);
    for (guint round = 0; round < 210; round++) {
        guint n_frames = test_viewer_get_n_frames(viewer);

        switch_peers(fixture);
        g_assert_cmpuint(count_branches(), ==, 2);
        PROC_WAIT_UNTIL(count_branches() == 1 && sl_teardown_get_n_pending() == 0);
        PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) > n_frames);
        if (round < 105) { /* the connection takes what it needs when it needs it */
            n_threads = MAX(n_threads, proc_fixture_count_threads());
            n_fds = MAX(n_fds, proc_fixture_count_fds());
        }
    }
    g_assert_cmpuint(test_viewer_get_n_broken(viewer), ==, 0);
    g_assert_cmpuint(test_viewer_get_peer(viewer), ==, 1);
    PROC_WAIT_UNTIL(proc_fixture_count_threads() <= n_threads);
    PROC_WAIT_UNTIL(proc_fixture_count_fds() <= n_fds);
    session_fixture_end(session);
    test_viewer_free(viewer);
    PROC_WAIT_UNTIL(count_branches() == 0);
}

/* The last one counts; the others leave nothing behind. */
static void
test_quicker_than_a_switch(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= 3);
    for (guint round = 0; round < 200; round++) {
        switch_peers(fixture);
        g_assert_cmpuint(count_branches(), <=, 3);
        for (guint i = 0; i < round % 20; i++)
            proc_fixture_iterate();
    }
    PROC_WAIT_UNTIL(count_branches() == 1 && sl_teardown_get_n_pending() == 0);
    swap_and_watch(fixture, frames, 176, viewer);
    session_fixture_end(session);
    test_viewer_free(viewer);
    PROC_WAIT_UNTIL(count_branches() == 0);
}

/* In whichever state of the peer, and of the switch, its end comes. */
static void
test_peer_ends_while_it_switches(SessionFixture *fixture, gconstpointer unused)
{
    for (guint round = 0; round < 24; round++) {
        SlSession *session = session_fixture_create(fixture, NULL);
        TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);

        sl_session_start(session);
        if (round % 3 == 1)
            PROC_WAIT_UNTIL(test_viewer_get_peer(viewer) == 1);
        else if (round % 3 == 2)
            PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= 2);
        switch_peers(fixture);
        for (guint i = 0; i < round / 3; i++)
            proc_fixture_iterate();
        session_fixture_end(session);
        test_viewer_free(viewer);
        PROC_WAIT_UNTIL(sl_teardown_get_n_pending() == 0 && count_branches() == 0);
    }
}

/* One that has not been connected yet when the tracks become others. */
static void
test_before_it_is_connected(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_LATE);

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_peer(viewer) == 1);
    session_fixture_swap(fixture, packets);
    session_fixture_swap(fixture, frames);
    PROC_WAIT_UNTIL(count_branches() == 1);
    test_viewer_answer(viewer);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= 10);
    g_assert_cmpuint(test_viewer_get_width(viewer), ==, 176);
    g_assert_cmpuint(test_viewer_get_peer(viewer), ==, 1);
    session_fixture_end(session);
    test_viewer_free(viewer);
}

static void
set_stop(SessionFixture *fixture, const char *setting)
{
    const char *settings[] = { setting, NULL };
    g_autoptr(GError) error = NULL;
    g_autoptr(SlValues) values =
        sl_values_new_changed(sl_stream_get_values(fixture->stream), settings, &error);

    g_assert_no_error(error);
    sl_stream_set_live(fixture->stream, values, &error);
    g_assert_no_error(error);
}

/* Then another peer is offered. */
static void
test_nothing_comes(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);
    guint n_frames;

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= 3);
    set_stop(fixture, "stop=true");
    switch_peers(fixture);
    PROC_WAIT_UNTIL(test_viewer_get_peer(viewer) == 2);
    n_frames = test_viewer_get_n_frames(viewer);
    set_stop(fixture, "stop=false");
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= n_frames + 3);
    session_fixture_end(session);
    test_viewer_free(viewer);
}

/* What the viewer has got, and what the track had given by then. */
typedef struct {
    guint n_frames;
    guint64 n_given;
    gint64 since_us;
} Stop;

/* A frame that was still under way may come later. */
static gboolean
has_stopped(Stop *stop, SlTrack *track, TestViewer *viewer)
{
    guint n_frames = test_viewer_get_n_frames(viewer);

    if (n_frames != stop->n_frames)
        *stop = (Stop){ n_frames, sl_track_get_n_frames(track), g_get_monotonic_time() };
    return sl_track_get_n_frames(track) >= stop->n_given + 10 &&
           g_get_monotonic_time() - stop->since_us >= G_USEC_PER_SEC;
}

/* Set in the bins of those who watch, and in that of one who comes. */
static void
test_live_values(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);
    Stop stop = { 0 };
    SlTrack *track;

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= 3);
    set_stop(fixture, "stop=true");
    track = ((SlTrackCodec *)g_ptr_array_index(sl_stream_get_codecs(fixture->stream), 0))->track;
    PROC_WAIT_UNTIL(has_stopped(&stop, track, viewer));
    set_stop(fixture, "stop=false");
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) > stop.n_frames);
    session_fixture_end(session);
    test_viewer_free(viewer);
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_main_context_acquire(NULL);
#define ADD(name, text, func)                                                             \
    g_test_add("/session-swap/" name, SessionFixture, text, session_fixture_set_up, func, \
               session_fixture_tear_down)
    ADD("in-place", small_frames, test_in_place);
    ADD("sound", with_sound, test_sound);
    ADD("nothing-is-left", raw, test_nothing_is_left);
    ADD("quicker-than-a-switch", small_frames, test_quicker_than_a_switch);
    ADD("peer-ends-while-it-switches", small_frames, test_peer_ends_while_it_switches);
    ADD("before-it-is-connected", small_frames, test_before_it_is_connected);
    ADD("nothing-comes", stoppable, test_nothing_comes);
    ADD("live-values", stoppable_viewers, test_live_values);
    return proc_fixture_run();
}
