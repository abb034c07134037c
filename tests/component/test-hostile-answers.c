/* Answers that were tampered with and pass the check go into a real webrtcbin, with criticals
 * fatal. Without the check in between, it is dead within a hundred. */

#include "proc-fixture.h"
#include "sl-sdp.h"

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>
#include <string.h>

#define N_ANSWERS 60

#define CAPS                                                                               \
    "application/x-rtp, media=(string)video, encoding-name=(string)VP8, payload=(int)96, " \
    "clock-rate=(int)90000, ssrc=(uint)1234567, rtcp-fb-nack-pli=(boolean)true, "          \
    "rtcp-fb-ccm-fir=(boolean)true, rtcp-fb-transport-cc=(boolean)true"

/* Lines that no browser writes. */
static const char *const strange[] = {
    "a=sendrecv",
    "a=inactive",
    "a=bundle-only",
    "a=ice-lite",
    "a=ice-ufrag:other",
    "a=ice-pwd:0123456789012345678901",
    "a=foo:1",
    "a=fmtp:96 a-foo=2",
    "a=fmtp:96 apt=96",
    "a=fmtp:96 a=1;media=x;payload=9;seqnum-base=z;ssrc=1",
    "a=rtcp-fb:* nack",
    "a=ssrc:4294967295 msid:a b",
    "a=ssrc:1234567 cname:x",
    "a=msid:",
    "a=candidate:1 1 udp 1 127.0.0.1 9 typ host",
    "a=candidate:1 1 udp 1 x.local 9 typ host",
    "a=candidate:1 0 udp 1 127.0.0.1 9 typ host",
    "a=framesize:96 1-1",
    "a=max-message-size:0",
    "a=sctp-port:70000",
    "a=rtpmap:0 PCMU/8000",
    "b=AS:x",
    "c=IN IP4 1.2.3.4/x/y",
    "a=group:BUNDLE application1",
    "a=setup:passive",
    "m=video 0 UDP/TLS/RTP/SAVPF 0 1 2",
    "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
    "m=video 9 UDP/TLS/RTP/SAVPF 96 96",
    "a=x-google-flag:conference",
    "a=mid",
    "k=clear:x",
};

typedef struct {
    char *offer;
    GPtrArray *answers; /* of real lines' arrays */
    GPtrArray *lines;   /* all there are, to choose from */
    GRand *random;
} Fixture;

static char *
load(const char *folder, const char *name)
{
    g_autofree char *path =
        g_test_build_filename(G_TEST_DIST, "fixtures", "sdp", folder, name, NULL);
    g_autoptr(GError) error = NULL;
    char *text;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    static const char *const names[] = { "chromium.sdp", "firefox.sdp", "aiortc.sdp",
                                         "libwebrtc-gathered.sdp" };

    fixture->offer = load(".", "offer.sdp");
    fixture->answers = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    fixture->lines = g_ptr_array_new();
    fixture->random = g_rand_new_with_seed(1);
    for (guint i = 0; i < G_N_ELEMENTS(strange); i++)
        g_ptr_array_add(fixture->lines, (gpointer)strange[i]);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *text = load("answers", names[i]);
        char **lines = g_strsplit(g_strchomp(text), "\r\n", -1);

        g_ptr_array_add(fixture->answers, lines);
        for (guint j = 0; lines[j] != NULL; j++)
            g_ptr_array_add(fixture->lines, lines[j]);
    }
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_free(fixture->offer);
    g_ptr_array_unref(fixture->lines);
    g_ptr_array_unref(fixture->answers);
    g_rand_free(fixture->random);
}

static guint
choose(Fixture *fixture, guint first, guint end)
{
    return g_rand_int_range(fixture->random, first, end);
}

static char *
join(GPtrArray *lines)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf(text, "%s\r\n", (char *)lines->pdata[i]);
    return g_string_free(text, FALSE);
}

/* Lines taken out, repeated, brought in from elsewhere or exchanged. */
static char *
tamper(Fixture *fixture)
{
    char **answer = fixture->answers->pdata[choose(fixture, 0, fixture->answers->len)];
    g_autoptr(GPtrArray) lines = g_ptr_array_new();

    for (guint i = 0; answer[i] != NULL; i++)
        g_ptr_array_add(lines, answer[i]);
    for (guint n = choose(fixture, 1, 7); n > 0; n--) {
        guint i = choose(fixture, 1, lines->len);
        guint j = choose(fixture, 1, lines->len);
        gpointer line = lines->pdata[i];

        switch (choose(fixture, 0, 4)) {
        case 0:
            g_ptr_array_remove_index(lines, i);
            break;
        case 1:
            g_ptr_array_insert(lines, i, lines->pdata[j]);
            break;
        case 2:
            lines->pdata[i] = lines->pdata[j];
            lines->pdata[j] = line;
            break;
        default:
            g_ptr_array_insert(lines, i,
                               fixture->lines->pdata[choose(fixture, 0, fixture->lines->len)]);
        }
    }
    return join(lines);
}

static GstElement *
make_peer(GstElement **ret_webrtcbin)
{
    GstElement *pipeline = gst_pipeline_new(NULL);
    GstElement *webrtcbin = gst_element_factory_make("webrtcbin", NULL);
    GstElement *source = gst_element_factory_make("appsrc", NULL);
    g_autoptr(GstCaps) caps = gst_caps_from_string(CAPS);
    g_autoptr(GstWebRTCRTPTransceiver) transceiver = NULL;
    g_autoptr(GstWebRTCDataChannel) channel = NULL;
    g_autoptr(GObject) ice = NULL;
    g_autoptr(GObject) agent = NULL;
    g_autoptr(GstPad) pad = NULL;

    g_object_get(webrtcbin, "ice-agent", &ice, NULL);
    g_object_get(ice, "agent", &agent, NULL);
    g_object_set(agent, "upnp", FALSE, "ice-tcp", FALSE, NULL);
    g_object_set(webrtcbin, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
    g_object_set(source, "caps", caps, "format", GST_FORMAT_TIME, "is-live", TRUE, NULL);
    gst_bin_add_many(GST_BIN(pipeline), source, webrtcbin, NULL);
    g_assert_true(gst_element_link_pads(source, "src", webrtcbin, "sink_0"));
    pad = gst_element_get_static_pad(webrtcbin, "sink_0");
    g_object_get(pad, "transceiver", &transceiver, NULL);
    g_object_set(transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
                 "codec-preferences", caps, NULL);
    gst_element_set_state(pipeline, GST_STATE_READY);
    g_signal_emit_by_name(webrtcbin, "create-data-channel", "relay", NULL, &channel);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    *ret_webrtcbin = webrtcbin;
    return pipeline;
}

static GstWebRTCSessionDescription *
set_description(GstElement *webrtcbin, const char *signal, GstWebRTCSessionDescription *description)
{
    g_autoptr(GstPromise) promise = gst_promise_new();
    GstWebRTCSessionDescription *offer = NULL;

    g_signal_emit_by_name(webrtcbin, signal, description, promise);
    gst_promise_wait(promise);
    if (description == NULL)
        gst_structure_get(gst_promise_get_reply(promise), "offer",
                          GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &offer, NULL);
    return offer;
}

static void
feed_to_webrtcbin(const char *text)
{
    GstElement *webrtcbin;
    g_autoptr(GstElement) pipeline = make_peer(&webrtcbin);
    g_autoptr(GstWebRTCSessionDescription) offer = NULL;
    g_autoptr(GstWebRTCSessionDescription) answer = NULL;
    GstSDPMessage *message;

    offer = set_description(webrtcbin, "create-offer", NULL);
    g_assert_nonnull(offer);
    set_description(webrtcbin, "set-local-description", offer);
    g_assert_cmpint(gst_sdp_message_new_from_text(text, &message), ==, GST_SDP_OK);
    answer = gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, message);
    set_description(webrtcbin, "set-remote-description", answer);
    gst_element_set_state(pipeline, GST_STATE_NULL);
}

static void
test_survives(Fixture *fixture, gconstpointer data)
{
    guint passed = 0;

    for (guint tried = 0; passed < N_ANSWERS && tried < 100 * N_ANSWERS; tried++) {
        g_autofree char *answer = tamper(fixture);
        g_autofree char *clean =
            choose(fixture, 0, 2) ? sl_sdp_clean_answer(answer) : g_strdup(answer);

        if (!sl_sdp_check_answer(clean, fixture->offer, NULL))
            continue;
        g_test_message("answer %u:\n%s", ++passed, clean);
        feed_to_webrtcbin(clean);
    }
    g_assert_cmpuint(passed, ==, N_ANSWERS);
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_test_add("/hostile-answers/survives", Fixture, NULL, set_up, test_survives, tear_down);
    return proc_fixture_run();
}
