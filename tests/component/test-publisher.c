#include <string.h>

#include <gst/gst.h>
#include <gst/rtp/rtp.h>

#include "proc-fixture.h"
#include "session-fixture.h"
#include "sl-codec-probe.h"
#include "sl-receiver.h"
#include "sl-rtp-guard.h"
#include "sl-teardown.h"
#include "test-sender.h"
#include "test-viewer.h"

#define VP9                                                                           \
    "vp9enc name=frames deadline=1 cpu-used=8 lag-in-frames=0 keyframe-max-dist=2000" \
    " ! rtpvp9pay picture-id-mode=15-bit"
#define VP8 "vp8enc name=frames deadline=1 cpu-used=16 keyframe-max-dist=2000 ! rtpvp8pay"
#define OPUS "opusenc name=sound ! rtpopuspay"

/* What runs while nobody publishes: of another size than what is published. */
static const char small_vp8[] =
    "[source]\n${capture} ! videoscale ! video/x-raw,width=160,height=96"
    " ! vp8enc deadline=1 cpu-used=16 keyframe-max-dist=2000 ! appsink name=video\n"
    "[viewer video]\nrtpvp8pay picture-id-mode=15-bit mtu=1200\n";

typedef struct {
    SlPublisher *publisher;
    gboolean has_ended;
    GError *reason;
} Publishing;

static void
on_ended(SlPublisher *publisher, GError *reason, gpointer data)
{
    Publishing *self = data;

    g_assert_false(self->has_ended);
    self->has_ended = TRUE;
    self->reason = reason != NULL ? g_error_copy(reason) : NULL;
}

static void
publishing_init(Publishing *self, SessionFixture *fixture)
{
    *self = (Publishing){ 0 };
    self->publisher = sl_publisher_new(g_main_context_default(), fixture->ice, fixture->stream,
                                       fixture->grant, "192.0.2.7", &fixture->limits);
    g_signal_connect(self->publisher, "ended", G_CALLBACK(on_ended), self);
}

/* Ends it, and waits until nothing of it is left. */
static void
publishing_clear(Publishing *self)
{
    gpointer weak = self->publisher;

    g_object_add_weak_pointer(weak, &weak);
    sl_publisher_end(self->publisher, NULL);
    g_assert_true(self->has_ended);
    g_clear_object(&self->publisher);
    PROC_WAIT_UNTIL(weak == NULL && sl_teardown_get_n_pending() == 0);
    g_clear_error(&self->reason);
}

/* --- what is published --- */

static void
test_viewers_see_it(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *session = session_fixture_create(fixture, "page-one");
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);
    TestSender *sender = test_sender_new(VP8, NULL);
    Publishing publishing;

    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_width(viewer) == 160);
    publishing_init(&publishing, fixture);
    test_sender_publish(sender, publishing.publisher);
    PROC_WAIT_UNTIL(sl_stream_is_published(fixture->stream));
    g_assert_true(sl_publisher_is_connected(publishing.publisher));
    PROC_WAIT_UNTIL(test_viewer_get_width(viewer) == 320);
    g_assert_cmpuint(test_viewer_get_n_broken(viewer), ==, 0);

    /* It is gone: the former picture comes back. */
    test_sender_free(sender);
    PROC_WAIT_UNTIL(publishing.has_ended);
    PROC_WAIT_UNTIL(!sl_stream_is_published(fixture->stream));
    PROC_WAIT_UNTIL(test_viewer_get_width(viewer) == 160);

    publishing_clear(&publishing);
    session_fixture_end(session);
    test_viewer_free(viewer);
}

static SlTrack *
find_track(SessionFixture *fixture, const char *name)
{
    GPtrArray *codecs = sl_stream_get_codecs(fixture->stream);

    for (guint i = 0; codecs != NULL && i < codecs->len; i++) {
        SlTrackCodec *codec = g_ptr_array_index(codecs, i);
        if (g_str_equal(sl_track_get_name(codec->track), name))
            return codec->track;
    }
    return NULL;
}

static const char *
get_codec(SessionFixture *fixture, guint i)
{
    GPtrArray *codecs = sl_stream_get_codecs(fixture->stream);

    return sl_codec_get_name(((SlTrackCodec *)g_ptr_array_index(codecs, i))->rtp_caps);
}

static gboolean
has_frames(SessionFixture *fixture, const char *name, guint n)
{
    SlTrack *track = find_track(fixture, name);

    return track != NULL && sl_track_get_n_frames(track) >= n;
}

static void
test_picture_and_sound(SessionFixture *fixture, gconstpointer unused)
{
    TestSender *sender = test_sender_new(VP8, OPUS);
    Publishing publishing;

    sl_stream_acquire(fixture->stream);
    publishing_init(&publishing, fixture);
    test_sender_publish(sender, publishing.publisher);
    PROC_WAIT_UNTIL(sl_stream_is_published(fixture->stream));
    PROC_WAIT_UNTIL(has_frames(fixture, "video", 20) && has_frames(fixture, "audio", 20));
    g_assert_cmpuint(sl_stream_get_codecs(fixture->stream)->len, ==, 2);

    publishing_clear(&publishing);
    g_assert_false(sl_stream_is_published(fixture->stream));
    sl_stream_release(fixture->stream);
    test_sender_free(sender);
}

static const char *
get_profile(SessionFixture *fixture)
{
    GPtrArray *codecs = sl_stream_get_codecs(fixture->stream);
    SlTrackCodec *codec = g_ptr_array_index(codecs, 0);

    return gst_structure_get_string(gst_caps_get_structure(codec->rtp_caps, 0), "profile-level-id");
}

static TestSender *
new_x264_sender(const char *settings, const char *profile)
{
    g_autofree char *video =
        g_strdup_printf("x264enc name=frames %s speed-preset=ultrafast key-int-max=20 ! "
                        "video/x-h264,profile=%s ! "
                        "rtph264pay aggregate-mode=zero-latency config-interval=-1",
                        settings, profile);

    return test_sender_new(video, NULL);
}

static gboolean
has_x264(void)
{
    g_autoptr(GstElementFactory) factory = gst_element_factory_find("x264enc");

    if (factory == NULL)
        g_test_skip("x264enc is missing (package gstreamer1.0-plugins-ugly)");
    return factory != NULL;
}

static void
test_h264(SessionFixture *fixture, gconstpointer unused)
{
    static const struct {
        const char *profile, *settings, *offered;
    } cases[] = {
        { "constrained-baseline", "tune=zerolatency", "42c01f" },
        { "main", "tune=zerolatency cabac=true", "4d401f" },
        { "high", "tune=zerolatency dct8x8=true", "4d001f" },
    };

    if (!has_x264())
        return;
    sl_stream_acquire(fixture->stream);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        TestSender *sender = new_x264_sender(cases[i].settings, cases[i].profile);
        Publishing publishing;

        publishing_init(&publishing, fixture);
        test_sender_publish(sender, publishing.publisher);
        PROC_WAIT_UNTIL(sl_stream_is_published(fixture->stream));
        PROC_WAIT_UNTIL(has_frames(fixture, "video", 20));
        g_assert_cmpstr(get_codec(fixture, 0), ==, "H264");
        g_assert_cmpstr(get_profile(fixture), ==, cases[i].offered);
        publishing_clear(&publishing);
        test_sender_free(sender);
    }
    sl_stream_release(fixture->stream);
}

static void
test_b_frames(SessionFixture *fixture, gconstpointer unused)
{
    TestSender *sender;
    Publishing publishing;

    if (!has_x264())
        return;
    sender = new_x264_sender("bframes=2 b-adapt=false rc-lookahead=0 sync-lookahead=0", "main");
    publishing_init(&publishing, fixture);
    test_sender_publish(sender, publishing.publisher);
    PROC_WAIT_UNTIL(publishing.has_ended);
    g_assert_error(publishing.reason, SL_SESSION_ERROR, SL_SESSION_ERROR_LOST);
    g_assert_nonnull(strstr(publishing.reason->message, "B-frames"));
    publishing_clear(&publishing);
    test_sender_free(sender);
}

/* --- keyframes --- */

static void
test_keyframes(SessionFixture *fixture, gconstpointer unused)
{
    SlSession *session = session_fixture_create(fixture, "page-one");
    TestViewer *viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);
    TestSender *sender = test_sender_new(VP8, NULL);
    Publishing publishing;
    guint n_asked, n_keyframes;

    sl_session_start(session);
    publishing_init(&publishing, fixture);
    test_sender_publish(sender, publishing.publisher);
    PROC_WAIT_UNTIL(test_viewer_get_width(viewer) == 320);

    n_asked = test_sender_get_n_asked(sender);
    n_keyframes = test_viewer_get_n_keyframes(viewer);
    test_viewer_ask_for_keyframe(viewer);
    PROC_WAIT_UNTIL(test_viewer_get_n_keyframes(viewer) > n_keyframes);
    g_assert_cmpuint(test_sender_get_n_asked(sender), >, n_asked);

    /* However often a track is asked, it is one question at once, and one after 250 ms. */
    n_asked = test_sender_get_n_asked(sender);
    n_keyframes = test_sender_get_n_keyframes(sender);
    for (guint i = 0; i < 100; i++)
        sl_track_request_keyframe(find_track(fixture, "video"));
    PROC_WAIT_UNTIL(test_sender_get_n_keyframes(sender) > n_keyframes);
    g_assert_cmpuint(test_sender_get_n_asked(sender) - n_asked, <=, 3);

    publishing_clear(&publishing);
    session_fixture_end(session);
    test_viewer_free(viewer);
    test_sender_free(sender);
}

/* Nobody watches: the connection goes on, and nothing is handed on. Who comes gets a picture. */
static void
test_nobody_watches(SessionFixture *fixture, gconstpointer unused)
{
    TestSender *sender = test_sender_new(VP8, NULL);
    Publishing publishing;
    SlSession *session;
    TestViewer *viewer;
    guint n_asked;

    publishing_init(&publishing, fixture);
    test_sender_publish(sender, publishing.publisher);
    PROC_WAIT_UNTIL(sl_stream_is_published(fixture->stream));
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture->stream) == SL_STREAM_IDLE);
    g_assert_true(sl_publisher_is_connected(publishing.publisher));

    n_asked = test_sender_get_n_asked(sender);
    session = session_fixture_create(fixture, "page-one");
    viewer = test_viewer_new(session, TEST_VIEWER_ANSWERS);
    sl_session_start(session);
    PROC_WAIT_UNTIL(test_viewer_get_width(viewer) == 320);
    g_assert_cmpuint(test_sender_get_n_asked(sender), >, n_asked);

    publishing_clear(&publishing);
    session_fixture_end(session);
    test_viewer_free(viewer);
    test_sender_free(sender);
}

/* --- leaving --- */

/* The bound that is promised. It takes 7.6 s on a machine that does nothing else. */
#define FOUND_WITHIN_US (10 * G_USEC_PER_SEC)

/* Returns: after how long that was found */
static gint64
kill_one(SessionFixture *fixture)
{
    TestSender *sender = test_sender_new(VP8, OPUS);
    Publishing publishing;
    gint64 cut_off_us, found_us;

    publishing_init(&publishing, fixture);
    test_sender_publish(sender, publishing.publisher);
    PROC_WAIT_UNTIL(sl_stream_is_published(fixture->stream));
    test_sender_cut_off(sender);
    cut_off_us = g_get_monotonic_time();
    PROC_WAIT_UNTIL(publishing.has_ended);
    found_us = g_get_monotonic_time() - cut_off_us;
    g_assert_error(publishing.reason, SL_SESSION_ERROR, SL_SESSION_ERROR_LOST);
    g_assert_false(sl_stream_is_published(fixture->stream));

    publishing_clear(&publishing);
    test_sender_free(sender);
    return found_us;
}

/* A machine may stand still meanwhile: one of three is found in time. */
static void
test_killed(SessionFixture *fixture, gconstpointer unused)
{
    gint64 found_us = kill_one(fixture);

    for (guint i = 1; i < 3 && found_us >= FOUND_WITHIN_US; i++)
        found_us = kill_one(fixture);
    g_assert_cmpint(found_us, <, FOUND_WITHIN_US);
}

/* No picture and no sound, for longer than a dead one would be taken for alive: RTCP goes on. */
static void
test_muted(SessionFixture *fixture, gconstpointer unused)
{
    TestSender *sender = test_sender_new(VP8, OPUS);
    Publishing publishing;
    gint64 muted_us;

    publishing_init(&publishing, fixture);
    test_sender_publish(sender, publishing.publisher);
    PROC_WAIT_UNTIL(sl_stream_is_published(fixture->stream));
    test_sender_mute(sender, TRUE);
    muted_us = g_get_monotonic_time();
    PROC_WAIT_UNTIL(g_get_monotonic_time() - muted_us > FOUND_WITHIN_US);
    g_assert_false(publishing.has_ended);
    g_assert_true(sl_stream_is_published(fixture->stream));

    publishing_clear(&publishing);
    test_sender_free(sender);
}

/* One packet in ten is lost on its way here: they are asked for again, and the picture goes on. */
static void
lose_some(SessionFixture *fixture, const char *codec)
{
    TestSender *sender = test_sender_new(codec, NULL);
    Publishing publishing;
    guint64 n_frames;

    sl_stream_acquire(fixture->stream);
    publishing_init(&publishing, fixture);
    test_sender_publish(sender, publishing.publisher);
    PROC_WAIT_UNTIL(sl_stream_is_published(fixture->stream));
    test_sender_lose(sender, 10);
    n_frames = sl_track_get_n_frames(find_track(fixture, "video"));
    PROC_WAIT_UNTIL(has_frames(fixture, "video", (guint)n_frames + 100));

    publishing_clear(&publishing);
    sl_stream_release(fixture->stream);
    test_sender_free(sender);
}

static void
test_losses_vp8(SessionFixture *fixture, gconstpointer unused)
{
    lose_some(fixture, VP8);
}

static void
test_losses_vp9(SessionFixture *fixture, gconstpointer unused)
{
    lose_some(fixture, VP9);
}

static void
test_replaced(SessionFixture *fixture, gconstpointer unused)
{
    TestSender *first = test_sender_new(VP8, NULL);
    TestSender *second = test_sender_new(VP8, NULL);
    Publishing former, newer;

    publishing_init(&former, fixture);
    test_sender_publish(first, former.publisher);
    PROC_WAIT_UNTIL(sl_stream_is_published(fixture->stream));
    publishing_init(&newer, fixture);
    test_sender_publish(second, newer.publisher);
    PROC_WAIT_UNTIL(former.has_ended);
    g_assert_error(former.reason, SL_SESSION_ERROR, SL_SESSION_ERROR_REPLACED);
    g_assert_false(newer.has_ended);
    g_assert_true(sl_stream_is_published(fixture->stream));

    publishing_clear(&former);
    publishing_clear(&newer);
    test_sender_free(first);
    test_sender_free(second);
}

#define N_TIMES 20

static void
test_come_and_go(SessionFixture *fixture, gconstpointer unused)
{
    guint n_threads = 0, n_fds = 0;

    for (guint i = 0; i <= N_TIMES; i++) {
        gboolean vanishes = i % 10 == 1; /* and is missed some seconds later; others are ended */
        TestSender *sender = test_sender_new(VP8, OPUS);
        Publishing publishing;

        publishing_init(&publishing, fixture);
        test_sender_publish(sender, publishing.publisher);
        PROC_WAIT_UNTIL(sl_stream_is_published(fixture->stream));
        if (!vanishes)
            publishing_clear(&publishing);
        test_sender_free(sender);
        if (vanishes) {
            PROC_WAIT_UNTIL(publishing.has_ended);
            publishing_clear(&publishing);
        }
        PROC_WAIT_UNTIL(sl_stream_get_state(fixture->stream) == SL_STREAM_IDLE);
        if (i > 0) { /* what is made once is there */
            PROC_WAIT_UNTIL(proc_fixture_count_threads() <= n_threads);
            PROC_WAIT_UNTIL(proc_fixture_count_fds() <= n_fds);
            continue;
        }
        n_threads = proc_fixture_count_threads();
        n_fds = proc_fixture_count_fds();
    }
}

/* --- what is refused --- */

static void
on_refused(GObject *publisher, GAsyncResult *result, gpointer data)
{
    g_autofree char *answer =
        sl_publisher_answer_offer_finish(SL_PUBLISHER(publisher), result, data);

    g_assert_null(answer);
}

static void
assert_refused(SessionFixture *fixture, const char *text, SlSessionError code, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) refused = NULL;
    g_autoptr(SlSdpOffer) offer = sl_sdp_offer_new(text, 60000, &error);
    Publishing publishing;

    g_assert_no_error(error);
    publishing_init(&publishing, fixture);
    sl_publisher_answer_offer_async(publishing.publisher, offer, on_refused, &refused);
    g_assert_true(publishing.has_ended);
    g_assert_no_error(refused); /* in a later turn */
    PROC_WAIT_UNTIL(refused != NULL);
    g_assert_error(refused, SL_SESSION_ERROR, (int)code);
    g_assert_cmpstr(refused->message, ==, message);
    g_assert_error(publishing.reason, SL_SESSION_ERROR, (int)code);
    publishing_clear(&publishing);
}

static char *
replace(const char *text, const char *what, const char *by)
{
    g_auto(GStrv) parts = g_strsplit(text, what, -1);

    return g_strjoinv(by, parts);
}

static void
test_refused(SessionFixture *fixture, gconstpointer unused)
{
    TestSender *sender = test_sender_new(VP8, NULL);
    const char *offer = test_sender_get_offer(sender);
    g_autofree char *receives = replace(offer, "sendonly", "recvonly");
    g_autofree char *av1 = replace(offer, "VP8", "AV1");
    g_autofree char *twice = replace(offer, "a=sendonly\r\n",
                                     "a=sendonly\r\na=rid:h send\r\na=rid:l send\r\n"
                                     "a=simulcast:send h;l\r\n");

    assert_refused(fixture, receives, SL_SESSION_ERROR_BAD_SDP,
                   "The offer sends nothing: a publisher's m-lines are “a=sendonly”");
    assert_refused(fixture, av1, SL_SESSION_ERROR_CODEC_UNSUPPORTED,
                   "The offer has AV1; what is taken is VP8, VP9 (profile 0), H264 "
                   "(packetization-mode 1; Baseline, Main or High) and OPUS");
    assert_refused(fixture, twice, SL_SESSION_ERROR_SIMULCAST,
                   "The offer has one picture in several encodings (simulcast), of which none is "
                   "chosen here; send one");
    sl_stream_set_publish_policy(fixture->stream, SL_PUBLISH_OFF);
    {
        g_autoptr(GError) off = NULL;
        g_assert_false(sl_stream_may_publish(fixture->stream, &off));
        assert_refused(fixture, offer, SL_SESSION_ERROR_BUSY, off->message);
    }
    test_sender_free(sender);
}

/* Ended before the answer was there: who waits for it is told, once. */
static void
test_ended_meanwhile(SessionFixture *fixture, gconstpointer unused)
{
    TestSender *sender = test_sender_new(VP8, NULL);
    g_autoptr(SlSdpOffer) offer = sl_sdp_offer_new(test_sender_get_offer(sender), 60000, NULL);
    g_autoptr(GError) refused = NULL;
    Publishing publishing;

    publishing_init(&publishing, fixture);
    sl_publisher_answer_offer_async(publishing.publisher, offer, on_refused, &refused);
    g_assert_false(publishing.has_ended);
    publishing_clear(&publishing);
    PROC_WAIT_UNTIL(refused != NULL);
    g_assert_error(refused, SL_SESSION_ERROR, SL_SESSION_ERROR_LOST);
    test_sender_free(sender);
}

/* --- what the guard lets in --- */

typedef struct {
    GstElement *bin; /* stands for webrtcbin */
    GstPad *src;
    SlRtpGuard *guard;
    guint n_passed;
} Gate;

static GstPadProbeReturn
count_passed(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    ((Gate *)data)->n_passed++;
    return GST_PAD_PROBE_DROP;
}

#define TRANSPORT_CC_ID 3

static void
gate_init(Gate *self)
{
    static const char offer_text[] =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\n"
        "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=setup:actpass\r\n"
        "a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:"
        "16:17:18:19:1A:1B:1C:1D:1E:1F\r\n"
        "a=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 transport-cc\r\n"
        "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=extmap:" //
        G_STRINGIFY(TRANSPORT_CC_ID)                             //
        " http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n";
    g_autoptr(GError) error = NULL;
    g_autoptr(SlSdpOffer) offer = sl_sdp_offer_new(offer_text, 60000, &error);
    g_autoptr(GstPad) sink = NULL;
    GstElement *rtpbin = gst_element_factory_make("rtpbin", "rtpbin");
    const SlSdpMedia *media;
    GstSegment segment;

    g_assert_no_error(error);
    media = g_ptr_array_index(sl_sdp_offer_get_medias(offer), 0);
    *self = (Gate){ .bin = gst_object_ref_sink(gst_bin_new(NULL)), .guard = sl_rtp_guard_new() };
    gst_bin_add(GST_BIN(self->bin), rtpbin);
    sl_rtp_guard_allow(self->guard, media, g_ptr_array_index(media->formats, 0));
    sl_rtp_guard_install(self->guard, self->bin);
    sink = gst_element_request_pad_simple(rtpbin, "recv_rtp_sink_0");
    gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER, count_passed, self, NULL);
    self->src = gst_object_ref_sink(gst_pad_new("src", GST_PAD_SRC));
    gst_pad_link(self->src, sink);
    gst_element_set_state(self->bin, GST_STATE_PAUSED);
    gst_pad_set_active(self->src, TRUE);
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(self->src, gst_event_new_stream_start("test"));
    gst_pad_push_event(self->src, gst_event_new_segment(&segment));
}

static void
gate_clear(Gate *self)
{
    gst_pad_set_active(self->src, FALSE);
    gst_element_set_state(self->bin, GST_STATE_NULL);
    gst_object_unref(self->src);
    gst_object_unref(self->bin);
    sl_rtp_guard_unref(self->guard);
}

/* @number: of transport-cc; -1: without. Returns: whether it passed */
static gboolean
gate_push(Gate *self, guint payload_type, guint32 ssrc, int number)
{
    GstBuffer *buffer = gst_rtp_buffer_new_allocate(20, 0, 0);
    GstRTPBuffer packet = GST_RTP_BUFFER_INIT;
    guint n_passed = self->n_passed;
    guint8 data[2];

    gst_rtp_buffer_map(buffer, GST_MAP_READWRITE, &packet);
    gst_rtp_buffer_set_payload_type(&packet, (guint8)payload_type);
    gst_rtp_buffer_set_ssrc(&packet, ssrc);
    GST_WRITE_UINT16_BE(data, (guint16)number);
    if (number >= 0)
        gst_rtp_buffer_add_extension_onebyte_header(&packet, TRANSPORT_CC_ID, data, sizeof data);
    gst_rtp_buffer_unmap(&packet);
    gst_pad_push(self->src, buffer);
    return self->n_passed > n_passed;
}

static void
test_guard(void)
{
    Gate gate;

    gate_init(&gate);
    g_assert_true(gate_push(&gate, 96, 1, -1));
    g_assert_true(gate_push(&gate, 97, 2, -1)); /* RTX */
    g_assert_false(gate_push(&gate, 98, 1, -1));
    g_assert_false(gate_push(&gate, 0, 3, -1));
    for (guint32 ssrc = 1; ssrc <= 1000; ssrc++)
        g_assert_cmpint(gate_push(&gate, 96, ssrc, -1), ==, ssrc <= 8);
    gate_clear(&gate);
}

static void
test_guard_doubles(void)
{
    Gate gate;

    gate_init(&gate);
    for (int round = 0; round < 3; round++) { /* the number wraps */
        for (int i = 0; i <= G_MAXUINT16; i++) {
            g_assert_true(gate_push(&gate, 96, 1, i));
            if (i % 1000 == 999) {
                g_assert_false(gate_push(&gate, 96, 1, i));
                g_assert_false(gate_push(&gate, 96, 1, i - 500));
            }
        }
    }
    /* What comes late, and once, is let in; so is what begins again elsewhere. */
    g_assert_true(gate_push(&gate, 96, 1, 20000));
    g_assert_true(gate_push(&gate, 96, 1, 20002));
    g_assert_true(gate_push(&gate, 96, 1, 20001));
    g_assert_false(gate_push(&gate, 96, 1, 20001));
    g_assert_false(gate_push(&gate, 96, 1, 20000));
    gate_clear(&gate);
}

/* A VP8 keyframe's packets (RFC 7741), of which only the last has a marker. */
static void
push_picture(GstPad *from, guint n_packets)
{
    static const guint8 head[] = { 0x10, 0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0 };
    static guint16 number;
    static guint32 time;

    time += 3000;
    for (guint i = 0; i < n_packets; i++) {
        GstRTPBuffer packet = GST_RTP_BUFFER_INIT;
        GstBuffer *buffer = gst_rtp_buffer_new_allocate(1000, 0, 0);

        gst_rtp_buffer_map(buffer, GST_MAP_WRITE, &packet);
        gst_rtp_buffer_set_payload_type(&packet, 96);
        gst_rtp_buffer_set_ssrc(&packet, 1);
        gst_rtp_buffer_set_seq(&packet, number++);
        gst_rtp_buffer_set_timestamp(&packet, time);
        gst_rtp_buffer_set_marker(&packet, i == n_packets - 1);
        memset(gst_rtp_buffer_get_payload(&packet), 0, 1000);
        if (i == 0)
            memcpy(gst_rtp_buffer_get_payload(&packet), head, sizeof head);
        gst_rtp_buffer_unmap(&packet);
        GST_BUFFER_PTS(buffer) = (GstClockTime)time * GST_SECOND / 90000;
        g_assert_cmpint(gst_pad_push(from, buffer), ==, GST_FLOW_OK);
    }
}

/* A picture without an end is dropped, and the next one is there. */
static void
test_endless_picture(void)
{
    g_autoptr(GstElement) pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    g_autoptr(SlTrack) track = sl_track_new(g_main_context_default(), "video");
    g_autoptr(GstPad) from = gst_object_ref_sink(gst_pad_new("src", GST_PAD_SRC));
    g_autoptr(GstCaps) caps = gst_caps_from_string(
        "application/x-rtp,media=video,clock-rate=90000,encoding-name=VP8,payload=96");
    GstSegment segment;
    SlReceiver *receiver;

    receiver = sl_receiver_new(pipeline, "VP8", 96, track, NULL);
    g_assert_nonnull(receiver);
    sl_receiver_set_open(receiver, TRUE);
    gst_pad_set_active(from, TRUE);
    gst_segment_init(&segment, GST_FORMAT_TIME);
    sl_receiver_take_pad(receiver, from);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    gst_pad_push_event(from, gst_event_new_stream_start("test"));
    gst_pad_push_event(from, gst_event_new_caps(caps));
    gst_pad_push_event(from, gst_event_new_segment(&segment));

    push_picture(from, 1000);
    g_assert_cmpuint(sl_track_get_n_frames(track), ==, 1);
    push_picture(from, 20000);
    g_assert_cmpuint(sl_track_get_n_frames(track), ==, 1);
    push_picture(from, 1000);
    g_assert_cmpuint(sl_track_get_n_frames(track), ==, 2);

    sl_receiver_end(receiver);
    sl_receiver_unref(receiver);
    gst_element_set_state(pipeline, GST_STATE_NULL);
}

int
main(int argc, char **argv)
{
#define ADD(name, func)                                                                     \
    g_test_add("/publisher/" name, SessionFixture, small_vp8, session_fixture_set_up, func, \
               session_fixture_tear_down)
    g_test_init(&argc, &argv, NULL);
    gst_init(&argc, &argv);
    g_assert_true(g_main_context_acquire(g_main_context_default()));
    ADD("viewers-see-it", test_viewers_see_it);
    ADD("picture-and-sound", test_picture_and_sound);
    ADD("h264", test_h264);
    ADD("b-frames", test_b_frames);
    ADD("keyframes", test_keyframes);
    ADD("nobody-watches", test_nobody_watches);
    ADD("killed", test_killed);
    ADD("muted", test_muted);
    ADD("losses-vp8", test_losses_vp8);
    ADD("losses-vp9", test_losses_vp9);
    ADD("replaced", test_replaced);
    ADD("come-and-go", test_come_and_go);
    ADD("refused", test_refused);
    ADD("ended-meanwhile", test_ended_meanwhile);
#undef ADD
    g_test_add_func("/publisher/guard", test_guard);
    g_test_add_func("/publisher/guard-doubles", test_guard_doubles);
    g_test_add_func("/publisher/endless-picture", test_endless_picture);
    return proc_fixture_run();
}
