#include "sl-publisher-choice.h"
#include "sl-session.h"

/* What is received of the offers in tests/fixtures/sdp/offers: `video codec payload-type rtx`. */
static const struct {
    const char *name, *chosen; /* NULL: refused with @code */
    SlSessionError code;
} cases[] = {
    { "aiortc-sendonly", "video VP8 97 98", 0 },
    { "chromium-sendonly", "audio OPUS 111, video VP8 96 97", 0 },
    { "chromium-sendrecv", "audio OPUS 111, video VP8 96 97", 0 },
    { "firefox-sendonly", "audio OPUS 109, video VP8 120 124", 0 },
    { "libwebrtc-sendonly", "video VP8 96 97, audio OPUS 111", 0 },
    { "gstreamer-sendrecv-h264", "video H264 96", 0 },
    { "obs", "audio OPUS 111, video H264 96", 0 },
    { "ffmpeg", "audio OPUS 111, video H264 106", 0 },
    { "pion", "video H264 125 107, audio OPUS 111", 0 },
    { "safari-sendonly", "audio OPUS 111, video H264 98 99", 0 },
    { "chromium-video-recvonly", NULL, SL_SESSION_ERROR_BAD_SDP },
    { "safari-recvonly", NULL, SL_SESSION_ERROR_BAD_SDP },
    { "chromium-simulcast", NULL, SL_SESSION_ERROR_SIMULCAST },
    { "firefox-simulcast", NULL, SL_SESSION_ERROR_SIMULCAST },
};

static char *
describe(GArray *choices)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < choices->len; i++) {
        const SlSdpChoice *choice = &g_array_index(choices, SlSdpChoice, i);

        g_string_append_printf(text, "%s%s %s %u", i > 0 ? ", " : "", choice->media->kind,
                               choice->format->encoding_name, choice->format->payload_type);
        if (choice->format->rtx >= 0)
            g_string_append_printf(text, " %d", choice->format->rtx);
    }
    return g_string_free(text, FALSE);
}

static void
test_corpus(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *name = g_strdup_printf("%s.sdp", cases[i].name);
        g_autofree char *path =
            g_test_build_filename(G_TEST_DIST, "fixtures", "sdp", "offers", name, NULL);
        g_autofree char *text = NULL;
        g_autofree char *chosen = NULL;
        g_autoptr(SlSdpOffer) offer = NULL;
        g_autoptr(GArray) choices = NULL;
        g_autoptr(GError) error = NULL;

        g_test_message("%s", cases[i].name);
        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        offer = sl_sdp_offer_new(text, 60000, &error);
        g_assert_no_error(error);
        choices = sl_publisher_choose(offer, &error);
        if (cases[i].chosen == NULL) {
            g_assert_error(error, SL_SESSION_ERROR, (int)cases[i].code);
            g_assert_null(choices);
            continue;
        }
        g_assert_no_error(error);
        chosen = describe(choices);
        g_assert_cmpstr(chosen, ==, cases[i].chosen);
    }
}

static char *
make_offer(const char *formats, const char *attributes)
{
    return g_strdup_printf(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF %s\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\n"
        "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=setup:actpass\r\n"
        "a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:"
        "16:17:18:19:1A:1B:1C:1D:1E:1F\r\na=rtcp-mux\r\n%s",
        formats, attributes);
}

/* The codec is the first that is known, the profile of H.264 the plainest. */
static void
test_formats(void)
{
    static const struct {
        const char *formats, *attributes, *chosen, *profile;
    } rows[] = {
        { "98 96", "a=rtpmap:98 AV1/90000\r\na=rtpmap:96 VP8/90000\r\n", "video VP8 96", NULL },
        { "98 96", "a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=2\r\na=rtpmap:96 VP8/90000\r\n",
          "video VP8 96", NULL },
        { "98 96", "a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\na=rtpmap:96 VP8/90000\r\n",
          "video VP9 98", NULL },
        { "98 96 97",
          "a=rtpmap:98 H264/90000\r\na=fmtp:98 packetization-mode=1;profile-level-id=640c1f\r\n"
          "a=rtpmap:96 VP8/90000\r\n"
          "a=rtpmap:97 H264/90000\r\na=fmtp:97 profile-level-id=42E01F;packetization-mode=1\r\n",
          "video H264 97", "42e01f" },
        { "98",
          "a=rtpmap:98 H264/90000\r\na=fmtp:98 packetization-mode=1;profile-level-id=640028\r\n",
          "video H264 98", "4d001f" },
        { "98",
          "a=rtpmap:98 H264/90000\r\na=fmtp:98 packetization-mode=1;profile-level-id=42e034\r\n",
          "video H264 98", "42e01f" },
        { "98 96",
          "a=rtpmap:98 H264/90000\r\na=fmtp:98 packetization-mode=1;profile-level-id=42001f\r\n"
          "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;profile-level-id=42e01f\r\n",
          "video H264 96", "42e01f" },
        { "98 96",
          "a=rtpmap:98 H264/90000\r\na=fmtp:98 packetization-mode=0;profile-level-id=42e01f\r\n"
          "a=rtpmap:96 VP8/90000\r\n",
          "video VP8 96", NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = make_offer(rows[i].formats, rows[i].attributes);
        g_autofree char *chosen = NULL;
        g_autofree char *profile = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(SlSdpOffer) offer = sl_sdp_offer_new(text, 60000, &error);
        g_autoptr(GArray) choices = NULL;

        g_assert_no_error(error);
        choices = sl_publisher_choose(offer, &error);
        g_assert_no_error(error);
        chosen = describe(choices);
        g_assert_cmpstr(chosen, ==, rows[i].chosen);
        profile = sl_publisher_get_profile(g_array_index(choices, SlSdpChoice, 0).format);
        g_assert_cmpstr(profile, ==, rows[i].profile);
    }
}

/* RFC 9725, sections 4.4.2 and 4.4.3: all of an offer is taken, or nothing. */
static void
test_whole(void)
{
    static const struct {
        const char *other;
        SlSessionError code;
    } rows[] = {
        { "m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:1\r\na=sendonly\r\na=rtpmap:97 VP8/90000\r\n",
          SL_SESSION_ERROR_BAD_SDP },
        { "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\na=sendonly\r\na=rtpmap:0 PCMU/8000\r\n",
          SL_SESSION_ERROR_CODEC_UNSUPPORTED },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *first = make_offer("96", "a=rtpmap:96 VP8/90000\r\n");
        g_autofree char *text = g_strconcat(
            first, rows[i].other,
            "c=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
            "a=setup:actpass\r\na=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:"
            "0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\na=rtcp-mux\r\n",
            NULL);
        g_autoptr(GString) bundled = g_string_new(text);
        g_autoptr(GError) error = NULL;
        g_autoptr(SlSdpOffer) offer = NULL;

        g_string_replace(bundled, "t=0 0\r\n", "t=0 0\r\na=group:BUNDLE 0 1\r\n", 1);
        offer = sl_sdp_offer_new(bundled->str, 60000, &error);
        g_assert_no_error(error);
        g_assert_null(sl_publisher_choose(offer, &error));
        g_assert_error(error, SL_SESSION_ERROR, (int)rows[i].code);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/publisher-choice/corpus", test_corpus);
    g_test_add_func("/publisher-choice/formats", test_formats);
    g_test_add_func("/publisher-choice/whole", test_whole);
    return g_test_run();
}
