#include <gst/gst.h>

#include "proc-fixture.h"
#include "session-fixture.h"
#include "sl-census.h"
#include "sl-teardown.h"
#include "test-offerer.h"

/* Viewers that offer, as by WHEP. */

#define CAPTURE(width) "[source]\n${capture} ! videoscale ! video/x-raw,width=" #width ",height=96"
#define VP8 " ! vp8enc deadline=1 cpu-used=16 keyframe-max-dist=2000"
#define SOUND "audiotestsrc is-live=true ! opusenc ! appsink name=audio\n"

static const char vp8[] = CAPTURE(160) VP8 " ! appsink name=video\n";
static const char other_vp8[] = CAPTURE(176) VP8 " ! appsink name=video\n"
                                                 "[viewer video]\nrtpvp8pay mtu=300\n";
static const char vp8_with_sound[] = CAPTURE(160) VP8 " ! appsink name=video\n" SOUND;
static const char h264[] =
    CAPTURE(160) " ! videoconvert ! openh264enc ! video/x-h264,profile=constrained-baseline"
                 " ! h264parse ! appsink name=video\n";
static const char no_frames[] = CAPTURE(160) VP8 " ! valve drop=true ! appsink name=video\n";
#define TRANSPORT_CC "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
static const char with_extension[] =
    CAPTURE(160) VP8 " ! appsink name=video\n"
                     "[viewer video]\nrtpvp8pay ! capsfilter "
                     "caps=\"application/x-rtp,extmap-5=(string)" TRANSPORT_CC "\"\n";

/* Numbers that are not ours. */
#define VP8_120 "encoding-name=VP8,clock-rate=90000,payload=120"
#define OPUS_109 "encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,payload=109"
#define H264_125                                                                    \
    "encoding-name=H264,clock-rate=90000,payload=125,packetization-mode=(string)1," \
    "profile-level-id=(string)42e034,level-asymmetry-allowed=(string)1"

typedef struct {
    SlSession *session;
    TestOfferer *offerer;
    char *answer;
    GError *error;  /* of the answer */
    GError *reason; /* of the session's end */
    gboolean is_done;
    gboolean has_ended;
} Viewer;

static void
on_answered(GObject *session, GAsyncResult *result, gpointer data)
{
    Viewer *viewer = data;

    g_assert_false(viewer->is_done);
    viewer->answer = sl_session_answer_offer_finish(SL_SESSION(session), result, &viewer->error);
    g_assert_true((viewer->answer == NULL) == (viewer->error != NULL));
    viewer->is_done = TRUE;
}

static void
on_ended(SlSession *session, GError *reason, Viewer *viewer)
{
    g_assert_false(viewer->has_ended);
    viewer->has_ended = TRUE;
    viewer->reason = reason != NULL ? g_error_copy(reason) : NULL;
}

static SlSdpOffer *
parse_offer(const char *text)
{
    g_autoptr(GError) error = NULL;
    SlSdpOffer *offer = sl_sdp_offer_new(text, 20000, &error);

    g_assert_no_error(error);
    return offer;
}

static void
offer_text(SessionFixture *fixture, Viewer *viewer, const char *text)
{
    g_autoptr(SlSdpOffer) offer = parse_offer(text);

    viewer->session = session_fixture_create(fixture, NULL);
    g_signal_connect(viewer->session, "ended", G_CALLBACK(on_ended), viewer);
    sl_session_answer_offer_async(viewer->session, offer, on_answered, viewer);
}

static void
offer(SessionFixture *fixture, Viewer *viewer, const TestOffererConfig *config)
{
    g_autofree char *text = NULL;

    viewer->offerer = test_offerer_new(config);
    text = test_offerer_get_offer(viewer->offerer);
    offer_text(fixture, viewer, text);
}

/* Offers, and takes the answer. */
static void
connect_viewer(SessionFixture *fixture, Viewer *viewer, const TestOffererConfig *config)
{
    offer(fixture, viewer, config);
    PROC_WAIT_UNTIL(viewer->is_done);
    g_assert_no_error(viewer->error);
    test_offerer_take_answer(viewer->offerer, viewer->answer);
    if (config->trickles)
        test_offerer_trickle(viewer->offerer, viewer->session);
}

static void
clear_viewer(Viewer *viewer)
{
    session_fixture_end(viewer->session);
    g_assert_true(viewer->has_ended);
    g_clear_pointer(&viewer->offerer, test_offerer_free);
    g_clear_error(&viewer->error);
    g_clear_error(&viewer->reason);
    g_free(viewer->answer);
}

/* --- what is sent --- */

static void
test_picture(SessionFixture *fixture, gconstpointer unused)
{
    Viewer viewer = { 0 };

    connect_viewer(fixture, &viewer, &(TestOffererConfig){ .video = VP8_120, .nacks = TRUE });
    g_test_message("%s", viewer.answer);
    g_assert_nonnull(strstr(viewer.answer, "a=rtpmap:120 VP8/90000\r\n"));
    g_assert_nonnull(strstr(viewer.answer, " apt=120\r\n"));
    g_assert_nonnull(strstr(viewer.answer, "a=sendonly\r\n"));
    g_assert_nonnull(strstr(viewer.answer, "a=candidate:"));
    g_assert_nonnull(strstr(viewer.answer, "a=ssrc:"));
    PROC_WAIT_UNTIL(test_offerer_get_n_frames(viewer.offerer) >= 10);
    g_assert_true(sl_session_is_connected(viewer.session));
    g_assert_cmpuint(sl_relay_get_n_clients(fixture->relay), ==, 0);
    clear_viewer(&viewer);
}

static void
test_all(SessionFixture *fixture, gconstpointer unused)
{
    Viewer viewer = { 0 };

    connect_viewer(fixture, &viewer,
                   &(TestOffererConfig){ .video = VP8_120, .audio = OPUS_109, .label = "relay" });
    PROC_WAIT_UNTIL(test_offerer_get_n_frames(viewer.offerer) >= 10);
    PROC_WAIT_UNTIL(test_offerer_get_n_sounds(viewer.offerer) >= 10);
    PROC_WAIT_UNTIL(test_offerer_has_text(viewer.offerer, "\"type\":\"welcome\""));
    test_offerer_send(viewer.offerer,
                      "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"talk:camera\"}");
    PROC_WAIT_UNTIL(test_offerer_has_text(viewer.offerer, "\"type\":\"subscribed\""));
    g_assert_cmpuint(test_offerer_get_n_broken(viewer.offerer), ==, 0);
    clear_viewer(&viewer);
    PROC_WAIT_UNTIL(sl_relay_get_n_clients(fixture->relay) == 0);
}

/* It asks for sound alone, or for sound that there isn't. */
static void
test_sound_alone(SessionFixture *fixture, gconstpointer unused)
{
    Viewer viewer = { 0 };

    connect_viewer(fixture, &viewer, &(TestOffererConfig){ .audio = OPUS_109 });
    PROC_WAIT_UNTIL(test_offerer_get_n_sounds(viewer.offerer) >= 10);
    clear_viewer(&viewer);
}

static void
test_no_sound(SessionFixture *fixture, gconstpointer unused)
{
    Viewer viewer = { 0 };

    connect_viewer(fixture, &viewer,
                   &(TestOffererConfig){ .video = VP8_120, .audio = OPUS_109, .label = "relay" });
    g_test_message("%s", viewer.answer);
    PROC_WAIT_UNTIL(test_offerer_get_n_frames(viewer.offerer) >= 10);
    PROC_WAIT_UNTIL(test_offerer_is_channel_open(viewer.offerer));
    clear_viewer(&viewer);
}

static void
test_trickle(SessionFixture *fixture, gconstpointer unused)
{
    Viewer viewer = { 0 };

    connect_viewer(fixture, &viewer,
                   &(TestOffererConfig){ .video = VP8_120, .label = "relay", .trickles = TRUE });
    PROC_WAIT_UNTIL(test_offerer_get_n_frames(viewer.offerer) >= 10);
    clear_viewer(&viewer);
}

static gboolean
has_element(const char *name)
{
    g_autoptr(GstElementFactory) factory = gst_element_factory_find(name);

    return factory != NULL;
}

static void
test_h264(SessionFixture *fixture, gconstpointer unused)
{
    Viewer viewer = { 0 };

    if (!has_element("openh264enc")) {
        g_test_skip("no openh264enc");
        return;
    }
    connect_viewer(fixture, &viewer, &(TestOffererConfig){ .video = H264_125 });
    g_test_message("%s", viewer.answer);
    g_assert_nonnull(strstr(viewer.answer, "profile-level-id=42e034"));
    PROC_WAIT_UNTIL(test_offerer_get_n_frames(viewer.offerer) >= 10);
    clear_viewer(&viewer);
}

/* It is in the packets where the offer has it under the payloader's number, and else left out. */
static void
check_extension(SessionFixture *fixture, const char *video, gboolean is_kept)
{
    Viewer viewer = { 0 };

    connect_viewer(fixture, &viewer, &(TestOffererConfig){ .video = video });
    g_test_message("%s", viewer.answer);
    g_assert_true((strstr(viewer.answer, "a=extmap:") != NULL) == is_kept);
    PROC_WAIT_UNTIL(test_offerer_get_n_frames(viewer.offerer) >= 10);
    g_assert_true((test_offerer_get_n_extended(viewer.offerer) > 0) == is_kept);
    clear_viewer(&viewer);
}

static void
test_extensions(SessionFixture *fixture, gconstpointer unused)
{
    check_extension(fixture, VP8_120 ",extmap-5=(string)" TRANSPORT_CC, TRUE);
    check_extension(fixture, VP8_120 ",extmap-3=(string)" TRANSPORT_CC, FALSE);
    check_extension(fixture, VP8_120, FALSE);
}

/* --- changes --- */

static void
test_switch_in_place(SessionFixture *fixture, gconstpointer unused)
{
    Viewer viewer = { 0 };

    connect_viewer(fixture, &viewer, &(TestOffererConfig){ .video = VP8_120, .label = "relay" });
    PROC_WAIT_UNTIL(test_offerer_get_width(viewer.offerer) == 160);
    session_fixture_swap(fixture, other_vp8);
    PROC_WAIT_UNTIL(test_offerer_get_width(viewer.offerer) == 176);
    g_assert_cmpuint(test_offerer_get_n_broken(viewer.offerer), ==, 0);
    g_assert_false(viewer.has_ended);
    clear_viewer(&viewer);
}

static void
test_codecs_changed(SessionFixture *fixture, gconstpointer unused)
{
    Viewer viewer = { 0 };

    connect_viewer(fixture, &viewer, &(TestOffererConfig){ .video = VP8_120 });
    PROC_WAIT_UNTIL(test_offerer_get_n_frames(viewer.offerer) >= 3);
    session_fixture_swap(fixture, vp8_with_sound);
    PROC_WAIT_UNTIL(viewer.has_ended);
    g_assert_error(viewer.reason, SL_SESSION_ERROR, SL_SESSION_ERROR_CODECS_CHANGED);
    PROC_WAIT_UNTIL(test_offerer_is_told(viewer.offerer));
    clear_viewer(&viewer);
}

/* --- what can't be answered --- */

static void
refuse(SessionFixture *fixture, const char *text, int code, const char *message)
{
    Viewer viewer = { 0 };

    offer_text(fixture, &viewer, text);
    PROC_WAIT_UNTIL(viewer.is_done);
    g_assert_error(viewer.error, SL_SESSION_ERROR, code);
    g_assert_cmpstr(viewer.error->message, ==, message);
    g_assert_true(viewer.has_ended);
    g_assert_error(viewer.reason, SL_SESSION_ERROR, code);
    clear_viewer(&viewer);
}

#define SESSION "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
#define TRANSPORT                                                                                \
    "c=IN IP4 0.0.0.0\r\na=mid:0\r\na=rtcp-mux\r\na=setup:actpass\r\na=ice-ufrag:abcd\r\n"       \
    "a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 "                               \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:" \
    "EE:"                                                                                        \
    "FF\r\n"
#define VIDEO(formats) SESSION "m=video 9 UDP/TLS/RTP/SAVPF " formats "\r\n" TRANSPORT

static void
test_refused(SessionFixture *fixture, gconstpointer unused)
{
    refuse(fixture,
           VIDEO("98 99 100") "a=recvonly\r\na=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\n"
                              "a=rtpmap:100 VP9/90000\r\na=fmtp:100 profile-id=2\r\n"
                              "a=rtpmap:99 AV1/90000\r\n",
           SL_SESSION_ERROR_CODEC_UNSUPPORTED,
           "The stream is encoded in VP8; the offer has VP9 and AV1");
    refuse(fixture, VIDEO("96") "a=sendonly\r\na=rtpmap:96 VP8/90000\r\n", SL_SESSION_ERROR_BAD_SDP,
           "The offer would receive neither picture nor sound, expected “a=recvonly”");
    refuse(fixture,
           SESSION "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" TRANSPORT
                   "a=recvonly\r\na=rtpmap:111 opus/48000/2\r\n",
           SL_SESSION_ERROR_CODEC_UNSUPPORTED,
           "The stream has no sound, and the offer asks for nothing else");
}

static void
test_no_picture(SessionFixture *fixture, gconstpointer unused)
{
    Viewer viewer = { 0 };

    offer(fixture, &viewer, &(TestOffererConfig){ .video = VP8_120 });
    PROC_WAIT_UNTIL(viewer.is_done);
    g_assert_error(viewer.error, SL_SESSION_ERROR, SL_SESSION_ERROR_NO_PICTURE);
    g_test_message("%s", viewer.error->message);
    g_assert_true(
        g_str_has_prefix(viewer.error->message, "The stream gave no picture within 10 s"));
    clear_viewer(&viewer);
}

/* At each moment that it may be ended at. */
static void
test_ended_meanwhile(SessionFixture *fixture, gconstpointer unused)
{
    for (guint rounds = 0; rounds < 12; rounds++) {
        Viewer viewer = { 0 };

        offer(fixture, &viewer, &(TestOffererConfig){ .video = VP8_120, .label = "relay" });
        for (guint i = 0; i < rounds; i++)
            g_main_context_iteration(NULL, FALSE);
        sl_session_end(viewer.session, NULL);
        PROC_WAIT_UNTIL(viewer.is_done);
        if (viewer.error != NULL)
            g_assert_error(viewer.error, SL_SESSION_ERROR, SL_SESSION_ERROR_LOST);
        clear_viewer(&viewer);
    }
}

static void
test_bad_candidates(SessionFixture *fixture, gconstpointer unused)
{
    Viewer viewer = { 0 };
    g_autoptr(GError) error = NULL;

    connect_viewer(fixture, &viewer, &(TestOffererConfig){ .video = VP8_120 });
    g_assert_false(sl_session_add_candidate(viewer.session, 1, NULL, 0, "nonsense", &error));
    g_assert_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_CANDIDATE);
    g_clear_error(&error);
    g_assert_false(sl_session_add_candidate(viewer.session, 1, "other", -1,
                                            "candidate:1 1 UDP 1 127.0.0.1 9 typ host", &error));
    g_assert_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_CANDIDATE);
    g_assert_true(sl_session_add_candidate(viewer.session, 1, NULL, -1,
                                           "candidate:1 1 UDP 1 127.0.0.1 9 typ host", NULL));
    PROC_WAIT_UNTIL(test_offerer_get_n_frames(viewer.offerer) >= 3);
    clear_viewer(&viewer);
}

/* --- data channels --- */

static void
test_other_channels(SessionFixture *fixture, gconstpointer unused)
{
    Viewer viewer = { 0 };

    connect_viewer(fixture, &viewer, &(TestOffererConfig){ .video = VP8_120, .label = "relay" });
    /* Before that it is open for webrtcbin alone, and the other one may be there sooner. */
    PROC_WAIT_UNTIL(test_offerer_has_text(viewer.offerer, "\"type\":\"welcome\""));
    test_offerer_add_channel(viewer.offerer, "relay"); /* one is enough */
    PROC_WAIT_UNTIL(test_offerer_is_channel_closed(viewer.offerer));
    test_offerer_send(viewer.offerer,
                      "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"talk:camera\"}");
    PROC_WAIT_UNTIL(test_offerer_has_text(viewer.offerer, "\"type\":\"subscribed\""));
    g_assert_cmpuint(sl_relay_get_n_clients(fixture->relay), ==, 1);
    for (guint i = 0; i < 3; i++)
        test_offerer_add_channel(viewer.offerer, "other");
    PROC_WAIT_UNTIL(viewer.has_ended);
    g_assert_error(viewer.reason, SL_SESSION_ERROR, SL_SESSION_ERROR_TOO_MANY);
    clear_viewer(&viewer);
}

/* They open in any order. What is asked on the one is answered on the other. */
static void
test_unreliable_channel(SessionFixture *fixture, gconstpointer unused)
{
    Viewer viewer = { 0 };

    connect_viewer(
        fixture, &viewer,
        &(TestOffererConfig){ .video = VP8_120, .label = "relay", .unreliable_label = "control" });
    PROC_WAIT_UNTIL(test_offerer_has_text(viewer.offerer, "\"type\":\"welcome\""));
    PROC_WAIT_UNTIL(sl_census_get("SlDataChannel") == 2); /* the server has both */
    test_offerer_send_by(viewer.offerer, 0,
                         "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"talk:camera\"}");
    PROC_WAIT_UNTIL(test_offerer_has_text(viewer.offerer, "\"type\":\"subscribed\""));
    g_assert_cmpuint(sl_relay_get_n_clients(fixture->relay), ==, 1);
    clear_viewer(&viewer);
    PROC_WAIT_UNTIL(sl_relay_get_n_clients(fixture->relay) == 0);
}

/* It is gone before there is a client: what is for it goes by the other. */
static void
test_unreliable_channel_closed(SessionFixture *fixture, gconstpointer unused)
{
    Viewer viewer = { 0 };

    connect_viewer(fixture, &viewer,
                   &(TestOffererConfig){ .video = VP8_120, .unreliable_label = "control" });
    PROC_WAIT_UNTIL(test_offerer_is_open(viewer.offerer, 0));
    PROC_WAIT_UNTIL(sl_census_get("SlDataChannel") == 1); /* the server has it */
    test_offerer_close_channel(viewer.offerer, 0);
    PROC_WAIT_UNTIL(test_offerer_is_channel_closed(viewer.offerer));
    test_offerer_add_channel(viewer.offerer, "relay");
    PROC_WAIT_UNTIL(test_offerer_has_text(viewer.offerer, "\"type\":\"welcome\""));
    test_offerer_send_by(viewer.offerer, 1,
                         "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"loose:camera\"}\n"
                         "{\"type\":\"publish\",\"id\":2,\"channel\":\"loose:camera\",\"data\":1}");
    PROC_WAIT_UNTIL(test_offerer_has_text(viewer.offerer, "\"type\":\"message\""));
    clear_viewer(&viewer);
}

/* --- nothing is left --- */

/* With a channel that is closed: in 1.22 the thread of one is left behind until its webrtcbin goes.
 */
static void
come_and_go(SessionFixture *fixture)
{
    Viewer viewer = { 0 };

    connect_viewer(fixture, &viewer,
                   &(TestOffererConfig){ .video = VP8_120, .audio = OPUS_109, .label = "relay" });
    PROC_WAIT_UNTIL(test_offerer_get_n_frames(viewer.offerer) >= 2);
    PROC_WAIT_UNTIL(test_offerer_is_channel_open(viewer.offerer));
    test_offerer_add_unreliable_channel(viewer.offerer, "control");
    PROC_WAIT_UNTIL(test_offerer_is_open(viewer.offerer, 1));
    test_offerer_add_channel(viewer.offerer, "other");
    PROC_WAIT_UNTIL(test_offerer_is_channel_closed(viewer.offerer));
    clear_viewer(&viewer);
    PROC_WAIT_UNTIL(sl_teardown_get_n_pending() == 0);
}

static void
test_nothing_is_left(SessionFixture *fixture, gconstpointer unused)
{
    guint n_threads, n_fds;

    come_and_go(fixture);
    come_and_go(fixture);
    g_thread_pool_stop_unused_threads();
    n_threads = proc_fixture_count_threads();
    n_fds = proc_fixture_count_fds();
    for (guint i = 0; i < 20; i++)
        come_and_go(fixture);
    g_thread_pool_stop_unused_threads();
    PROC_WAIT_UNTIL(proc_fixture_count_threads() <= n_threads);
    PROC_WAIT_UNTIL(proc_fixture_count_fds() <= n_fds);
    PROC_WAIT_UNTIL(sl_census_get("SlPeer") == 0);
    PROC_WAIT_UNTIL(sl_census_get("SlRtc") == 0);
    PROC_WAIT_UNTIL(sl_census_get("SlChannelTaker") == 0);
    PROC_WAIT_UNTIL(sl_census_get("SlDataChannel") == 0);
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_main_context_acquire(NULL);
#define ADD(name, text, func)                                                              \
    g_test_add("/session-offer/" name, SessionFixture, text, session_fixture_set_up, func, \
               session_fixture_tear_down)
    ADD("picture", vp8, test_picture);
    ADD("all", vp8_with_sound, test_all);
    ADD("sound-alone", vp8_with_sound, test_sound_alone);
    ADD("no-sound", vp8, test_no_sound);
    ADD("trickle", vp8, test_trickle);
    ADD("h264", h264, test_h264);
    ADD("extensions", with_extension, test_extensions);
    ADD("switch-in-place", vp8, test_switch_in_place);
    ADD("codecs-changed", vp8, test_codecs_changed);
    ADD("refused", vp8, test_refused);
    ADD("no-picture", no_frames, test_no_picture);
    ADD("ended-meanwhile", vp8, test_ended_meanwhile);
    ADD("bad-candidates", vp8, test_bad_candidates);
    ADD("other-channels", vp8, test_other_channels);
    ADD("unreliable-channel", vp8, test_unreliable_channel);
    ADD("unreliable-channel-closed", vp8, test_unreliable_channel_closed);
    ADD("nothing-is-left", vp8_with_sound, test_nothing_is_left);
    return proc_fixture_run();
}
