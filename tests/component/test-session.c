#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#include "proc-fixture.h"
#include "session-fixture.h"
#include "sl-census.h"
#include "sl-object-wire.h"
#include "sl-teardown.h"
#include "sl-webrtcbin.h"
#include "test-viewer.h"

static const char small_vp8[] =
    "[variables]\nwidth = 160\nheight = 96\nframerate = 15\n"
    "[source]\n${capture} ! videoscale ! "
    "video/x-raw,width=${width},height=${height},framerate=${framerate}/1"
    " ! vp8enc deadline=1 cpu-used=16 keyframe-max-dist=2000 ! appsink name=video\n"
    "[viewer video]\nrtpvp8pay\n";

/* Packets are shared too, and the source ends again and again. */
#define N_UNTIL_END 12
static const char short_packets[] =
    "[source]\n${capture} ! videoscale ! video/x-raw,width=320,height=240 ! identity eos-after=" //
    G_STRINGIFY(N_UNTIL_END)                                                                     //
    " ! vp8enc deadline=1 cpu-used=16 keyframe-max-dist=2000 ! rtpvp8pay mtu=300"
    " ! appsink name=video\n";
static const char packets[] =
    "[source]\n${capture} ! videoscale ! video/x-raw,width=320,height=240"
    " ! vp8enc deadline=1 cpu-used=16 keyframe-max-dist=2000 ! rtpvp8pay mtu=300"
    " ! appsink name=video\n";
static const char filtered_packets[] =
    "[source]\n${capture} ! videoscale ! video/x-raw,width=320,height=240"
    " ! vp8enc deadline=1 cpu-used=16 keyframe-max-dist=2000 ! rtpvp8pay mtu=300"
    " ! appsink name=video\n"
    "[viewer video]\nqueue ! identity\n";

static const char large_frames[] =
    "[source]\n${capture} ! videoscale ! video/x-raw,width=320,height=240"
    " ! vp8enc deadline=1 cpu-used=16 target-bitrate=1000000 ! appsink name=video\n"
    "[viewer video]\nrtpvp8pay mtu=300\n";

static const char with_sound[] =
    "[source]\n${capture} ! videoscale ! video/x-raw,width=160,height=96 ! vp8enc deadline=1"
    " ! appsink name=video\n"
    "audiotestsrc is-live=true ! opusenc ! appsink name=audio\n";

static void
count_keys(GstDebugCategory *category, GstDebugLevel level, const char *file, const char *function,
           int line, GObject *object, GstDebugMessage *message, gpointer n_keys)
{
    if (strstr(gst_debug_message_get(message), "generated cert found, creating new") != NULL)
        g_atomic_int_inc((int *)n_keys);
}

/* What makes it says so once in a process: the first test to need it. */
static void
test_warm_up_makes_the_key(void)
{
    int n_keys = 0;
    SlIceSettings settings = { 0 };
    g_autoptr(SlIce) ice = sl_ice_new(&settings);

    gst_debug_remove_log_function(gst_debug_log_default);
    gst_debug_add_log_function(count_keys, &n_keys, NULL);
    gst_debug_set_threshold_for_name("dtlsdec", GST_LEVEL_DEBUG);

    sl_webrtcbin_warm_up(ice, g_main_context_default());
    PROC_WAIT_UNTIL(sl_teardown_get_n_pending() == 0);
    g_assert_cmpint(g_atomic_int_get(&n_keys), ==, 1);

    gst_debug_unset_threshold_for_name("dtlsdec");
    gst_debug_remove_log_function(count_keys);
    gst_debug_add_log_function(gst_debug_log_default, NULL, NULL);
}

static void
test_picture_and_messages(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *session = session_fixture_create(fixture, "page-one");
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= 10);
    g_assert_true(sl_session_is_connected(session));
    PROC_WAIT_UNTIL(test_viewer_has_text(viewer, "\"type\":\"welcome\""));

    test_viewer_send(viewer, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"talk:camera\"}");
    PROC_WAIT_UNTIL(test_viewer_has_text(viewer, "\"type\":\"subscribed\""));
    test_viewer_send(
        viewer,
        "{\"type\":\"publish\",\"id\":2,\"channel\":\"talk:camera\",\"data\":{\"text\":\"hi\"}}");
    PROC_WAIT_UNTIL(test_viewer_has_text(viewer, "\"type\":\"published\""));
    PROC_WAIT_UNTIL(test_viewer_has_text(viewer, "\"text\":\"hi\""));

    session_fixture_end(session);
    PROC_WAIT_UNTIL(sl_relay_get_n_clients(fixture->relay) == 0);
    test_viewer_free(viewer);
}

/* What is asked on the one that the viewer makes is answered on ours. One that is ordered, or sends
 * again, is closed; so is another. */
static void
test_unreliable_channel(SessionFixture *fixture, gconstpointer unused)
{
    static const char *const wrong[] = { "options,ordered=(boolean)false",
                                         "options,max-retransmits=(int)0" };
    SlSession *session = session_fixture_create(fixture, "page-one");
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_has_text(viewer, "\"type\":\"welcome\""));
    for (guint i = 0; i < 2; i++) {
        test_viewer_add_channel(viewer, "control", wrong[i]);
        PROC_WAIT_UNTIL(test_viewer_is_own_closed(viewer));
    }
    test_viewer_add_channel(viewer, "control", TEST_UNRELIABLE);
    PROC_WAIT_UNTIL(test_viewer_is_own_open(viewer));
    PROC_WAIT_UNTIL(sl_census_get("SlDataChannel") == 2); /* the server has both */
    test_viewer_send_by_own(viewer,
                            "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"talk:camera\"}");
    PROC_WAIT_UNTIL(test_viewer_has_text(viewer, "\"type\":\"subscribed\""));
    test_viewer_add_channel(viewer, "control", TEST_UNRELIABLE);
    PROC_WAIT_UNTIL(test_viewer_is_own_closed(viewer));
    g_assert_cmpuint(sl_relay_get_n_clients(fixture->relay), ==, 1);
    g_assert_true(sl_session_is_connected(session));

    session_fixture_end(session);
    PROC_WAIT_UNTIL(sl_relay_get_n_clients(fixture->relay) == 0);
    test_viewer_free(viewer);
}

/* It is put and got by the channel that the viewer makes. One that may lose something is closed; so
 * is another. */
static void
test_objects_channel(SessionFixture *fixture, gconstpointer unused)
{
    static const char words[] = "hello, world";
    static const char *const wrong[] = { "options,ordered=(boolean)false",
                                         "options,max-retransmits=(int)3" };
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, words, -1);
    g_autofree char *put = g_strdup_printf(
        "{\"type\":\"put\",\"id\":1,\"hash\":\"%s\",\"size\":12,\"key\":\"k\"}", hash);
    g_autofree char *get = g_strdup_printf("{\"type\":\"get\",\"id\":2,\"hash\":\"%s\"}", hash);
    g_autoptr(GBytes) bytes = g_bytes_new_static(words, strlen(words));
    g_autoptr(GBytes) chunk = sl_object_chunk_to_bytes(&(SlObjectChunk){ 1, 0, 12 }, bytes, 0);
    SlSession *session = session_fixture_create(fixture, "page-one");
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_has_text(viewer, "\"type\":\"welcome\""));
    for (guint i = 0; i < 2; i++) {
        test_viewer_add_channel(viewer, "objects", wrong[i]);
        PROC_WAIT_UNTIL(test_viewer_is_own_closed(viewer));
    }
    test_viewer_add_channel(viewer, "objects", NULL);
    PROC_WAIT_UNTIL(test_viewer_has_text(viewer, "\"max-object-bytes\":"));
    g_assert_cmpuint(sl_object_exchange_get_n_clients(fixture->exchange), ==, 1);
    test_viewer_send_by_own(viewer, put);
    PROC_WAIT_UNTIL(test_viewer_has_text(viewer, "\"type\":\"putting\",\"id\":1,\"offset\":0"));
    test_viewer_send_bytes_by_own(viewer, chunk);
    PROC_WAIT_UNTIL(test_viewer_has_text(viewer, "\"type\":\"stored\",\"id\":1"));
    test_viewer_send_by_own(viewer, get);
    PROC_WAIT_UNTIL(test_viewer_has_text(viewer, words));
    test_viewer_send_by_own(viewer, "{\"type\":\"ack\",\"id\":2,\"offset\":12}");
    test_viewer_add_channel(viewer, "objects", NULL);
    PROC_WAIT_UNTIL(test_viewer_is_own_closed(viewer));
    g_assert_true(sl_session_is_connected(session));

    session_fixture_end(session);
    PROC_WAIT_UNTIL(sl_object_exchange_get_n_clients(fixture->exchange) == 0);
    test_viewer_free(viewer);
}

static void
count_problem(SlSession *session, guint number, GError *reason, guint *n)
{
    (*n)++;
}

/* Each refused answer costs the sender its peer; another viewer's frames go on meanwhile. */
static void
test_bad_answers(SessionFixture *fixture, gconstpointer unused)
{
    static char large[20002];
    static const char *const answers[] = { "", "hello", "v=0\r\n", "v=0\r\nm=video 9 X 96\r\n",
                                           large };
    SlSession *good = session_fixture_create(fixture, "page-good");
    TestViewer *good_viewer = test_viewer_new(good, TEST_VIEWER_ANSWERS);
    SlSession *bad = session_fixture_create(fixture, "page-bad");
    TestViewer *bad_viewer = test_viewer_new(bad, TEST_VIEWER_SILENT);
    guint n_ended = 0;

    memset(large, 'x', sizeof(large) - 1);
    g_signal_connect(bad, "peer-ended", G_CALLBACK(count_problem), &n_ended);
    sl_session_start(good);
    sl_session_start(bad);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(good_viewer) >= 3);

    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_autoptr(GError) error = NULL;
        guint n_frames = test_viewer_get_n_frames(good_viewer);

        PROC_WAIT_UNTIL(test_viewer_get_peer(bad_viewer) == i + 1);
        g_assert_false(sl_session_answer(bad, i + 1, answers[i], &error));
        g_assert_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_SDP);
        if (answers[i] == large)
            g_assert_cmpstr(error->message, ==, "SDP of 20001 bytes, at most 20000 are allowed");
        g_assert_cmpuint(n_ended, ==, i + 1);
        g_assert_true(sl_session_answer(bad, i + 1, answers[i], NULL)); /* gone: ignored */
        sl_session_restart(bad);
        PROC_WAIT_UNTIL(test_viewer_get_n_frames(good_viewer) > n_frames + 3);
    }
    session_fixture_end(bad);
    session_fixture_end(good);
    test_viewer_free(bad_viewer);
    test_viewer_free(good_viewer);
}

static void
test_bad_candidates(SessionFixture *fixture, gconstpointer unused)
{
    static const struct {
        const char *mid;
        int mline;
        const char *candidate;
    } cases[] = {
        { NULL, 0, "nonsense" },
        { NULL, 0, "a=candidate:1 1 UDP 1 127.0.0.1 9 typ host" },
        { "no-such-mid", 0, "candidate:1 1 UDP 2130706431 127.0.0.1 9999 typ host" },
        { NULL, 99, "candidate:1 1 UDP 2130706431 127.0.0.1 9999 typ host" },
        { NULL, -1, "candidate:1 1 UDP 2130706431 127.0.0.1 9999 typ host" },
    };
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);
    g_autoptr(GError) too_many = NULL;
    guint n_frames;

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= 3);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(sl_session_add_candidate(session, 1, cases[i].mid, cases[i].mline,
                                                cases[i].candidate, &error));
        g_assert_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_CANDIDATE);
    }
    for (guint i = 0; i < 200 && too_many == NULL; i++)
        sl_session_add_candidate(session, 1, NULL, 0,
                                 "candidate:1 1 UDP 2130706431 192.0.2.1 9999 typ host", &too_many);
    g_assert_error(too_many, SL_SESSION_ERROR, SL_SESSION_ERROR_TOO_MANY);
    n_frames = test_viewer_get_n_frames(viewer);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) > n_frames + 5);
    session_fixture_end(session);
    test_viewer_free(viewer);
}

/* Another peer takes over while the first one still plays. */
static void
test_restart_gives_a_new_peer(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);
    guint n_frames;

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= 3);
    sl_session_restart(session);
    PROC_WAIT_UNTIL(test_viewer_get_peer(viewer) == 2);
    n_frames = test_viewer_get_n_frames(viewer);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= n_frames + 5);
    session_fixture_end(session);
    test_viewer_free(viewer);
}

static void
on_ended(SlSession *session, GError *reason, GError **ret_reason)
{
    *ret_reason = reason != NULL ? g_error_copy(reason) : NULL;
}

static void
test_pool_limits(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *sessions[12];
    g_autoptr(GError) full = NULL;
    g_autoptr(GError) replaced = NULL;
    SlSession *again;

    for (guint i = 0; i < G_N_ELEMENTS(sessions); i++) {
        g_autofree char *page = g_strdup_printf("page-%u", i);
        sessions[i] = session_fixture_create(fixture, page);
    }
    g_assert_null(sl_session_pool_create(fixture->pool, fixture->stream, "page-new", fixture->grant,
                                         NULL, &full));
    g_assert_error(full, SL_SESSION_ERROR, SL_SESSION_ERROR_FULL);
    g_assert_cmpstr(full->message, ==,
                    "12 viewers are connected, which is as many as this server admits");

    /* The same page again takes its own place. */
    g_signal_connect(sessions[3], "ended", G_CALLBACK(on_ended), &replaced);
    again = session_fixture_create(fixture, "page-3");
    g_assert_error(replaced, SL_SESSION_ERROR, SL_SESSION_ERROR_REPLACED);
    g_assert_cmpuint(sl_session_pool_get_n_viewers(fixture->pool, fixture->stream), ==, 12);

    session_fixture_end(again);
    g_object_unref(sessions[3]);
    for (guint i = 0; i < G_N_ELEMENTS(sessions); i++) {
        if (i != 3)
            session_fixture_end(sessions[i]);
    }
}

static SlSession *
create_from(SessionFixture *fixture, const char *page, const char *address)
{
    g_autoptr(GError) error = NULL;
    SlSession *session = sl_session_pool_create(fixture->pool, fixture->stream, page,
                                                fixture->grant, address, &error);

    if (error != NULL) {
        g_assert_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_FULL_ADDRESS);
        g_assert_cmpstr(error->message, ==,
                        "2 viewers are connected from your address, which is as many as this "
                        "server admits from one");
    }
    return session;
}

static void
test_pool_addresses(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *first = create_from(fixture, "page-1", "192.0.2.1");
    SlSession *second = create_from(fixture, "page-2", "192.0.2.1");
    SlSession *again, *other, *local;

    g_assert_null(create_from(fixture, "page-3", "192.0.2.1"));
    other = create_from(fixture, "page-3", "192.0.2.2");
    local = create_from(fixture, "page-4", NULL);
    again = create_from(fixture, "page-1", "192.0.2.1"); /* in its own place */
    g_assert_true(other != NULL && local != NULL && again != NULL);
    session_fixture_end(second);
    second = create_from(fixture, "page-5", "192.0.2.1");
    g_assert_nonnull(second);
    g_object_unref(first);
    session_fixture_end(second);
    session_fixture_end(other);
    session_fixture_end(local);
    session_fixture_end(again);
}

/* In every state: before its offer, offered, connecting, playing. */
static void
join_and_leave(SessionFixture *fixture, guint round)
{
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer =
        test_viewer_new(session, round % 4 == 1 ? TEST_VIEWER_SILENT : TEST_VIEWER_ANSWERS);

    sl_session_start(session);
    if (round % 4 != 0)
        PROC_WAIT_UNTIL(test_viewer_get_peer(viewer) == 1);
    if (round % 4 == 3)
        PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= 2);
    session_fixture_end(session);
    test_viewer_free(viewer);
    PROC_WAIT_UNTIL(sl_teardown_get_n_pending() == 0);
}

static void
test_nothing_is_left(SessionFixture *fixture, gconstpointer unused)
{
    guint n_threads, n_fds;

    for (guint round = 0; round < 4; round++) /* libraries take what they keep */
        join_and_leave(fixture, round);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture->stream) == SL_STREAM_IDLE);
    n_threads = proc_fixture_count_threads();
    n_fds = proc_fixture_count_fds();
    for (guint round = 0; round < 16; round++)
        join_and_leave(fixture, round);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture->stream) == SL_STREAM_IDLE);
    PROC_WAIT_UNTIL(proc_fixture_count_threads() <= n_threads);
    PROC_WAIT_UNTIL(proc_fixture_count_fds() <= n_fds);
    /* Without a viewer too: it does not survive being ended and begun again. */
    g_assert_true(proc_fixture_has_thread("SCTP timer"));
}

/* What the viewers share ends in frames, or in packets that are made each one's own. */
static void
test_two_viewers(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *sessions[2];
    TestViewer *viewers[2];

    for (guint i = 0; i < 2; i++) {
        guint n_keyframes;

        sessions[i] = session_fixture_create(fixture, NULL);
        viewers[i] = test_viewer_new(sessions[i], TEST_VIEWER_ANSWERS);
        sl_session_start(sessions[i]);
        PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewers[i]) >= 10);

        /* The viewer's PLI reaches the encoder; one that follows another too soon is left out. */
        n_keyframes = test_viewer_get_n_keyframes(viewers[i]);
        g_assert_cmpuint(n_keyframes, >=, 1);
        g_assert_cmpuint(n_keyframes, <, 5);
        PROC_WAIT_UNTIL((test_viewer_ask_for_keyframe(viewers[i]),
                         test_viewer_get_n_keyframes(viewers[i]) > n_keyframes));
    }
    for (guint i = 0; i < 2; i++) {
        session_fixture_end(sessions[i]);
        test_viewer_free(viewers[i]);
    }
}

static void
keep_offer(SlSession *session, guint peer, const char *sdp, char **ret_sdp)
{
    *ret_sdp = g_strdup(sdp);
}

/* Chromium refuses retransmission of sound, and with it the whole offer. */
static void
test_sound_is_not_sent_again(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *session = session_fixture_create(fixture, NULL);
    g_autofree char *offer = NULL;
    const char *audio;

    g_signal_connect(session, "offer", G_CALLBACK(keep_offer), &offer);
    sl_session_start(session);
    PROC_WAIT_UNTIL(offer != NULL);
    audio = strstr(offer, "m=audio");
    g_assert_nonnull(audio);
    g_assert_nonnull(strstr(audio, "OPUS/48000"));
    g_assert_null(strstr(audio, " rtx/"));
    g_assert_nonnull(strstr(offer, " rtx/90000"));
    session_fixture_end(session);
}

typedef struct {
    gint n_with_fec;   /* atomic: packets or lists that elements for error correction got */
    gint n_sent_whole; /* atomic: lists of several packets that came to be sent */
} PacketCounts;

static GstPadProbeReturn
count_with_fec(GstPad *pad, GstPadProbeInfo *info, gpointer counts)
{
    g_atomic_int_inc(&((PacketCounts *)counts)->n_with_fec);
    return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
count_sent_whole(GstPad *pad, GstPadProbeInfo *info, gpointer counts)
{
    if (gst_buffer_list_length(GST_PAD_PROBE_INFO_BUFFER_LIST(info)) > 1)
        g_atomic_int_inc(&((PacketCounts *)counts)->n_sent_whole);
    return GST_PAD_PROBE_OK;
}

static gboolean
on_any_element_added(GSignalInvocationHint *hint, guint n_values, const GValue *values,
                     gpointer counts)
{
    GstElement *element = g_value_get_object(&values[1]);
    GstElementFactory *factory = gst_element_get_factory(element);
    const char *name = factory != NULL ? GST_OBJECT_NAME(factory) : "";
    g_autoptr(GstPad) sink = gst_element_get_static_pad(element, "sink");

    if (g_str_equal(name, "rtpulpfecenc") || g_str_equal(name, "rtpredenc"))
        gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
                          count_with_fec, counts, NULL);
    else if (g_str_equal(name, "nicesink"))
        gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER_LIST, count_sent_whole, counts, NULL);
    return TRUE;
}

/* A frame's packets stay together on their way, which is what makes them cheap. */
static void
test_frames_are_sent_whole(SessionFixture *fixture, gconstpointer unused)
{
    static PacketCounts counts; /* threads that end later count on */
    guint signal = g_signal_lookup("element-added", GST_TYPE_BIN);
    gulong hook = g_signal_add_emission_hook(signal, 0, on_any_element_added, &counts, NULL);
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= 10);
    g_signal_remove_emission_hook(signal, hook);
    g_assert_cmpint(g_atomic_int_get(&counts.n_with_fec), ==, 0);
    g_assert_cmpint(g_atomic_int_get(&counts.n_sent_whole), >=, 5);

    session_fixture_end(session);
    test_viewer_free(viewer);
}

/* Of the first packet that is sent: how many SSRCs of our own with their clock rates the RTP
 * session knew. */
static GstPadProbeReturn
count_known_ssrcs(GstPad *pad, GstPadProbeInfo *info, gpointer ret_n_known)
{
    g_autoptr(GstElement) element = gst_pad_get_parent_element(pad);
    g_autoptr(GObject) session = NULL;
    g_autoptr(GstStructure) stats = NULL;
    GValueArray *sources;
    gint n_known = 0;

    g_object_get(element, "internal-session", &session, NULL);
    g_object_get(session, "stats", &stats, NULL);
    sources = g_value_get_boxed(gst_structure_get_value(stats, "source-stats"));
    for (guint i = 0; i < sources->n_values; i++) {
        const GstStructure *source = g_value_get_boxed(&sources->values[i]);
        gboolean is_internal = FALSE;
        gint clock_rate = -1;

        gst_structure_get(source, "internal", G_TYPE_BOOLEAN, &is_internal, "clock-rate",
                          G_TYPE_INT, &clock_rate, NULL);
        n_known += is_internal && clock_rate > 0;
    }
    g_atomic_int_set((gint *)ret_n_known, n_known);
    return GST_PAD_PROBE_REMOVE;
}

static void
on_session_pad_added(GstElement *session, GstPad *pad, gpointer ret_n_known)
{
    if (g_str_equal(GST_PAD_NAME(pad), "send_rtp_src"))
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
                          count_known_ssrcs, ret_n_known, NULL);
}

static gboolean
on_any_session_added(GSignalInvocationHint *hint, guint n_values, const GValue *values,
                     gpointer ret_n_known)
{
    GstElement *element = g_value_get_object(&values[1]);
    GstElementFactory *factory = gst_element_get_factory(element);

    if (factory != NULL && g_str_equal(GST_OBJECT_NAME(factory), "rtpsession"))
        g_signal_connect(element, "pad-added", G_CALLBACK(on_session_pad_added), ret_n_known);
    return TRUE;
}

/* Else a report that is being made is broken off when another sender's first packet comes. */
static void
test_ssrcs_are_known_at_once(SessionFixture *fixture, gconstpointer unused)
{
    static gint n_known;
    guint signal = g_signal_lookup("element-added", GST_TYPE_BIN);
    gulong hook = g_signal_add_emission_hook(signal, 0, on_any_session_added, &n_known, NULL);
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewer) >= 1);
    g_signal_remove_emission_hook(signal, hook);
    g_assert_cmpint(g_atomic_int_get(&n_known), ==, 2);

    session_fixture_end(session);
    test_viewer_free(viewer);
}

static gboolean
on_any_channel_prepared(GSignalInvocationHint *hint, guint n_values, const GValue *values,
                        gpointer ret_channel)
{
    if (g_value_get_boolean(&values[2])) /* its own: the session's */
        g_set_object((GObject **)ret_channel, g_value_get_object(&values[1]));
    return TRUE;
}

/* Returns: the session's data channel, once it is open */
static GstWebRTCDataChannel *
watch_and_get_channel(SlSession *session, TestViewer *viewer)
{
    g_autoptr(GstElement) any = gst_object_ref_sink(gst_element_factory_make("webrtcbin", NULL));
    guint signal = g_signal_lookup("prepare-data-channel", G_OBJECT_TYPE(any));
    GstWebRTCDataChannel *channel = NULL;
    gulong hook = g_signal_add_emission_hook(signal, 0, on_any_channel_prepared, &channel, NULL);

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_has_text(viewer, "welcome"));
    g_signal_remove_emission_hook(signal, hook);
    return channel;
}

/* The elements that its messages went through still point to it. */
static void
test_closed_channel_stays(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);
    gpointer channel = watch_and_get_channel(session, viewer);

    g_object_add_weak_pointer(channel, &channel);
    g_object_unref(channel);
    g_assert_cmpuint(sl_relay_get_n_clients(fixture->relay), ==, 1);
    test_viewer_close_channel(viewer);
    PROC_WAIT_UNTIL(sl_relay_get_n_clients(fixture->relay) == 0);
    g_assert_nonnull(channel);
    session_fixture_end(session);
    PROC_WAIT_UNTIL(channel == NULL);
    test_viewer_free(viewer);
}

#define MUCH_BYTES (64 * 1024)
#define N_MUCH 64
#define STUCK_US (G_USEC_PER_SEC / 2)

typedef struct {
    guint64 waiting_bytes;
    gint64 since_us;
} Stuck;

static gboolean
is_stuck(GstWebRTCDataChannel *channel, Stuck *stuck)
{
    guint64 waiting_bytes;

    g_object_get(channel, "buffered-amount", &waiting_bytes, NULL);
    if (waiting_bytes != stuck->waiting_bytes)
        *stuck = (Stuck){ waiting_bytes, g_get_monotonic_time() };
    return waiting_bytes < N_MUCH * MUCH_BYTES &&
           g_get_monotonic_time() - stuck->since_us > STUCK_US;
}

/* Whose page stands still, say: nothing of it waits until SCTP gives up. */
static void
test_viewer_takes_nothing(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);
    g_autoptr(GstWebRTCDataChannel) channel = watch_and_get_channel(session, viewer);
    g_autoptr(GBytes) much = g_bytes_new_take(g_malloc0(MUCH_BYTES), MUCH_BYTES);
    Stuck stuck = { 0 };

    test_viewer_deafen(viewer);
    for (guint i = 0; i < N_MUCH; i++)
        g_assert_true(gst_webrtc_data_channel_send_data_full(channel, much, NULL));
    PROC_WAIT_UNTIL(is_stuck(channel, &stuck));
    g_assert_cmpuint(stuck.waiting_bytes, >, 0);
    g_clear_object(&channel);
    session_fixture_end(session);
    PROC_WAIT_UNTIL(sl_teardown_get_n_pending() == 0);
    test_viewer_free(viewer);
}

/* On streams on which nothing else comes, so that it is the first that webrtcbin sees there. */
static void
test_cut_open_messages(SessionFixture *fixture, gconstpointer unused)
{
    static const char open[] = "\x03\x00\x01\x00\x00\x00\x00\x00\x00\x05\x00\x00relay";
    static const gsize lengths[] = { 1, 3, 11, 12, sizeof open - 2 };
    SlSession *session = session_fixture_create(fixture, NULL);
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_has_text(viewer, "welcome"));
    test_viewer_add_channel(viewer, "mute", "options,negotiated=(boolean)true,id=(int)0");
    PROC_WAIT_UNTIL(test_viewer_is_own_open(viewer));
    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autoptr(GBytes) message = g_bytes_new_static(open, lengths[i]);
        test_viewer_send_control(viewer, message);
    }
    test_viewer_send(viewer, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"talk:camera\"}");
    PROC_WAIT_UNTIL(test_viewer_has_text(viewer, "\"type\":\"subscribed\""));
    session_fixture_end(session);
    test_viewer_free(viewer);
}

/* The same peers go on: what another start of the source changes is not the viewers' to see. */
static void
test_source_begins_again(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *sessions[2];
    TestViewer *viewers[2];

    for (guint i = 0; i < 2; i++) {
        sessions[i] = session_fixture_create(fixture, NULL);
        viewers[i] = test_viewer_new(sessions[i], TEST_VIEWER_ANSWERS);
        sl_session_start(sessions[i]);
    }
    for (guint i = 0; i < 2; i++) {
        PROC_WAIT_UNTIL(test_viewer_get_n_frames(viewers[i]) >= 3 * N_UNTIL_END);
        g_assert_cmpuint(test_viewer_get_peer(viewers[i]), ==, 1);
        session_fixture_end(sessions[i]);
        test_viewer_free(viewers[i]);
    }
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_main_context_acquire(NULL);
#define ADD_WITH(name, text, func)                                                   \
    g_test_add("/session/" name, SessionFixture, text, session_fixture_set_up, func, \
               session_fixture_tear_down)
#define ADD(name, func) ADD_WITH(name, small_vp8, func)
    g_test_add_func("/session/warm-up-makes-the-key", test_warm_up_makes_the_key);
    ADD("picture-and-messages", test_picture_and_messages);
    ADD("unreliable-channel", test_unreliable_channel);
    ADD("objects-channel", test_objects_channel);
    ADD("closed-channel-stays", test_closed_channel_stays);
    ADD("viewer-takes-nothing", test_viewer_takes_nothing);
    ADD("cut-open-messages", test_cut_open_messages);
    ADD("pool-addresses", test_pool_addresses);
    ADD("bad-answers", test_bad_answers);
    ADD("bad-candidates", test_bad_candidates);
    ADD("restart-gives-a-new-peer", test_restart_gives_a_new_peer);
    ADD("pool-limits", test_pool_limits);
    ADD("nothing-is-left", test_nothing_is_left);
    ADD("two-viewers", test_two_viewers);
    ADD_WITH("frames-are-sent-whole", large_frames, test_frames_are_sent_whole);
    ADD_WITH("ssrcs-are-known-at-once", with_sound, test_ssrcs_are_known_at_once);
    ADD_WITH("sound-is-not-sent-again", with_sound, test_sound_is_not_sent_again);
    ADD_WITH("packets/picture-and-messages", packets, test_picture_and_messages);
    ADD_WITH("packets/two-viewers", packets, test_two_viewers);
    ADD_WITH("packets/two-viewers-filtered", filtered_packets, test_two_viewers);
    ADD_WITH("packets/source-begins-again", short_packets, test_source_begins_again);
    ADD_WITH("packets/nothing-is-left", packets, test_nothing_is_left);
    return proc_fixture_run();
}
