#include <gst/gst.h>

#include "sl-offer-match.h"
#include "sl-session.h"

#define SESSION(mids) \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE " mids "\r\n"
#define TRANSPORT                                                                                \
    "c=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=setup:actpass\r\na=ice-ufrag:abcd\r\n"                  \
    "a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 "                               \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:" \
    "EE:"                                                                                        \
    "FF\r\n"
#define MEDIA(kind, mid, direction, formats) \
    "m=" kind " 9 UDP/TLS/RTP/SAVPF " formats "\r\na=mid:" mid "\r\na=" direction "\r\n" TRANSPORT
#define VP8 "a=rtpmap:120 VP8/90000\r\n"
#define VP9 "a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\n"
#define OPUS "a=rtpmap:109 opus/48000/2\r\n"
#define H264(number, profile)                          \
    "a=rtpmap:" number " H264/90000\r\na=fmtp:" number \
    " level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=" profile "\r\n"
#define CHANNEL                      \
    "m=application 9 UDP/DTLS/SCTP " \
    "webrtc-datachannel\r\na=mid:d\r\na=sctp-port:5000\r\n" TRANSPORT

#define VP8_CAPS "application/x-rtp,media=video,clock-rate=90000,encoding-name=VP8"
#define VP9_CAPS "application/x-rtp,media=video,clock-rate=90000,encoding-name=VP9,profile-id=\"0\""
#define OPUS_CAPS "application/x-rtp,media=audio,clock-rate=48000,encoding-name=OPUS"
#define H264_CAPS(profile)                                               \
    "application/x-rtp,media=video,clock-rate=90000,encoding-name=H264," \
    "packetization-mode=(string)1,profile-level-id=(string)" profile

typedef struct {
    const char *name;
    const char *codecs[3]; /* caps */
    const char *offer;
    const char *expected; /* `mid track payload` for each match; or the error */
    int code;             /* of the error; -1: none */
} Case;

static const Case cases[] = {
    { "picture",
      { VP8_CAPS },
      SESSION("v") MEDIA("video", "v", "recvonly", "120") VP8,
      "v 0 120;",
      -1 },
    { "offer's order",
      { VP8_CAPS, OPUS_CAPS },
      SESSION("d a v") CHANNEL MEDIA("audio", "a", "recvonly", "109")
          OPUS MEDIA("video", "v", "sendrecv", "98 120") VP9 VP8,
      "d -;a 1 109;v 0 120;",
      -1 },
    { "the first of several",
      { OPUS_CAPS, VP8_CAPS, VP8_CAPS },
      SESSION("u v w") MEDIA("video", "u", "sendonly", "120")
          VP8 MEDIA("video", "v", "recvonly", "120") VP8 MEDIA("video", "w", "recvonly", "120") VP8,
      "v 1 120;",
      -1 },
    { "sound that there isn't",
      { VP8_CAPS },
      SESSION("a v") MEDIA("audio", "a", "recvonly", "109")
          OPUS MEDIA("video", "v", "recvonly", "120") VP8,
      "v 0 120;",
      -1 },
    { "picture that there isn't",
      { OPUS_CAPS },
      SESSION("a v") MEDIA("audio", "a", "recvonly", "109")
          OPUS MEDIA("video", "v", "recvonly", "120") VP8,
      "a 0 109;",
      -1 },
    { "H.264 of another level",
      { H264_CAPS("42c01f") },
      SESSION("v") MEDIA("video", "v", "recvonly", "98 102 127") VP9 H264("102", "640034")
          H264("127", "42e034"),
      "v 0 127;",
      -1 },
    { "H.264 of another profile",
      { H264_CAPS("640c1f"), OPUS_CAPS },
      SESSION("v a") MEDIA("video", "v", "recvonly", "127") H264("127", "42e01f")
          MEDIA("audio", "a", "recvonly", "109") OPUS,
      "The stream is encoded in H264 of profile 640c1f; the offer has H264 of others",
      SL_SESSION_ERROR_CODEC_UNSUPPORTED },
    { "another codec, with sound in common",
      { H264_CAPS("42e01f"), OPUS_CAPS },
      SESSION("v a") MEDIA("video", "v", "recvonly", "98 120")
          VP8 VP9 MEDIA("audio", "a", "recvonly", "109") OPUS,
      "The stream is encoded in H264; the offer has VP9 and VP8",
      SL_SESSION_ERROR_CODEC_UNSUPPORTED },
    { "another codec of the sound, alone",
      { VP8_CAPS, OPUS_CAPS },
      SESSION("a") MEDIA("audio", "a", "recvonly", "0") "a=rtpmap:0 PCMU/8000\r\n",
      "The sound of the stream is encoded in OPUS; the offer has PCMU",
      SL_SESSION_ERROR_CODEC_UNSUPPORTED },
    { "no sound",
      { VP8_CAPS },
      SESSION("a") MEDIA("audio", "a", "recvonly", "109") OPUS,
      "The stream has no sound, and the offer asks for nothing else",
      SL_SESSION_ERROR_CODEC_UNSUPPORTED },
    { "sends",
      { VP8_CAPS },
      SESSION("v d") MEDIA("video", "v", "sendonly", "120") VP8 CHANNEL,
      "The offer would receive neither picture nor sound, expected “a=recvonly”",
      SL_SESSION_ERROR_BAD_SDP },
    { "inactive",
      { VP8_CAPS },
      SESSION("v") MEDIA("video", "v", "inactive", "120") VP8,
      "The offer would receive neither picture nor sound, expected “a=recvonly”",
      SL_SESSION_ERROR_BAD_SDP },
};

static void
codec_free(gpointer data)
{
    SlTrackCodec *codec = data;

    gst_caps_unref(codec->rtp_caps);
    g_free(codec);
}

static GPtrArray *
make_codecs(const Case *c)
{
    GPtrArray *codecs = g_ptr_array_new_with_free_func(codec_free);

    for (guint i = 0; i < G_N_ELEMENTS(c->codecs) && c->codecs[i] != NULL; i++) {
        SlTrackCodec *codec = g_new0(SlTrackCodec, 1);

        codec->rtp_caps = gst_caps_from_string(c->codecs[i]);
        g_assert_nonnull(codec->rtp_caps);
        g_ptr_array_add(codecs, codec);
    }
    return codecs;
}

static char *
describe(GPtrArray *matches)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < matches->len; i++) {
        const SlOfferMatch *match = g_ptr_array_index(matches, i);
        gint payload_type;

        if (match->caps == NULL) {
            g_string_append_printf(text, "%s -;", match->choice.media->mid);
            continue;
        }
        gst_structure_get_int(gst_caps_get_structure(match->caps, 0), "payload", &payload_type);
        g_assert_cmpuint(match->choice.format->payload_type, ==, payload_type);
        g_string_append_printf(text, "%s %u %d;", match->choice.media->mid, match->track,
                               payload_type);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
test_match(gconstpointer data)
{
    const Case *c = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(SlSdpOffer) offer = sl_sdp_offer_new(c->offer, 20000, &error);
    g_autoptr(GPtrArray) codecs = make_codecs(c);
    g_autoptr(GPtrArray) matches = NULL;
    g_autofree char *found = NULL;

    g_assert_no_error(error);
    matches = sl_offer_match(offer, codecs, &error);
    if (c->code >= 0) {
        g_assert_null(matches);
        g_assert_error(error, SL_SESSION_ERROR, c->code);
        g_assert_cmpstr(error->message, ==, c->expected);
        return;
    }
    g_assert_no_error(error);
    found = describe(matches);
    g_assert_cmpstr(found, ==, c->expected);
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/offer-match/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], test_match);
    }
    return g_test_run();
}
