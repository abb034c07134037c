#include "sl-error.h"
#include "sl-sdp.h"

#include <string.h>

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

typedef struct {
    const char *offer, *answer;
    SlSdpMediaResult video;
    gboolean passes_uncleaned; /* has no candidates that are of no use */
} Real;

static const Real reals[] = {
    { "offer.sdp", "chromium.sdp", SL_SDP_MEDIA_ACCEPTED, TRUE },
    { "offer.sdp", "chromium-gathered.sdp", SL_SDP_MEDIA_ACCEPTED, FALSE },
    { "offer.sdp", "firefox.sdp", SL_SDP_MEDIA_ACCEPTED, TRUE },
    { "offer.sdp", "firefox-gathered.sdp", SL_SDP_MEDIA_ACCEPTED, FALSE },
    { "offer.sdp", "libwebrtc.sdp", SL_SDP_MEDIA_ACCEPTED, TRUE },
    { "offer.sdp", "libwebrtc-gathered.sdp", SL_SDP_MEDIA_ACCEPTED, FALSE },
    { "offer.sdp", "aiortc.sdp", SL_SDP_MEDIA_ACCEPTED, TRUE },
    { "offer-h264.sdp", "chromium-h264.sdp", SL_SDP_MEDIA_ACCEPTED, TRUE },
    { "offer-h264.sdp", "firefox-h264.sdp", SL_SDP_MEDIA_REJECTED, TRUE },
};

static void
test_real(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(reals); i++) {
        g_autofree char *offer = load(".", reals[i].offer);
        g_autofree char *answer = load("answers", reals[i].answer);
        g_autofree char *clean = sl_sdp_clean_answer(answer);
        g_autoptr(GError) error = NULL;

        g_test_message("%s", reals[i].answer);
        g_assert_true(sl_sdp_check_answer(clean, offer, &error));
        g_assert_no_error(error);
        g_assert_cmpint(sl_sdp_check_answer(answer, offer, NULL), ==, reals[i].passes_uncleaned);
        g_assert_cmpint(sl_sdp_get_media_result(clean, "video0"), ==, reals[i].video);
        g_assert_cmpint(sl_sdp_get_media_result(clean, "application1"), ==, SL_SDP_MEDIA_ACCEPTED);
        g_assert_cmpint(sl_sdp_get_media_result(clean, "other"), ==, SL_SDP_MEDIA_REJECTED);
        g_assert_null(strstr(clean, ".local"));
        g_assert_null(strstr(clean, "a=ssrc"));
    }
}

/* Chromium's answer, with every occurrence of a text replaced. */
typedef struct {
    const char *find, *replacement;
    const char *error; /* NULL: it passes */
} Change;

#define PWD "a=ice-pwd:IUhzxSprRuSmUn+ETMxCYaqx\r\n"
#define UFRAG "a=ice-ufrag:1yKL\r\n"
#define VIDEO "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
#define DATA "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"

static const Change changes[] = {
    { "\r\n", "\n", NULL },
    { "v=0", "v=1", "SDP line 1: expected “v=0”" },
    { "s=-\r\n", "s=-\r\nk=clear:x\r\n",
      "SDP line 4: expected a type that an SDP has here, and “=”" },
    { "s=-\r\n", "s=-\r\n\r\n", "SDP line 4: expected a type that an SDP has here, and “=”" },
    { "s=-\r\n", "s=-\r\n a=x\r\n", "SDP line 4: expected a type that an SDP has here, and “=”" },
    { "s=-", "s=-\tx", "SDP line 3: a control character" },
    { "s=-", "s=a\rb", "SDP line 3: a control character" },
    { "s=-", "s=\xff", "SDP is not UTF-8" },
    { "a=recvonly", "a= recvonly", "SDP line 16: expected “a=NAME” or “a=NAME:VALUE”" },
    { "a=recvonly", "a=recvonly ", "SDP line 16: expected “a=NAME” or “a=NAME:VALUE”" },
    { "a=recvonly", "a=", "SDP line 16: expected “a=NAME” or “a=NAME:VALUE”" },

    { VIDEO, "", "SDP line 1: 1 “m=” lines, the offer has 2" },
    { VIDEO, "m=video 9\r\n", "SDP line 7: expected “m=KIND PORT PROTOCOL FORMAT …”" },
    { VIDEO, "m=video 9 UDP/TLS/RTP/SAVPF \r\n", "SDP line 7: more than one space in “m=”" },
    { VIDEO, "m=video 9/2 UDP/TLS/RTP/SAVPF 96\r\n",
      "SDP line 7: the port of “m=” is not 0 to 65535" },
    { VIDEO, "m=video -1 UDP/TLS/RTP/SAVPF 96\r\n",
      "SDP line 7: the port of “m=” is not 0 to 65535" },
    { VIDEO, "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\n",
      "SDP line 7: “m=audio”, the offer has “m=video” there" },
    { VIDEO, "m=video 9 RTP/AVP 96\r\n",
      "SDP line 7: protocol “RTP/AVP”, the offer has “UDP/TLS/RTP/SAVPF” there" },
    { VIDEO, "m=video 9 UDP/TLS/RTP/SAVPF 97\r\n", "SDP line 7: the offer has no format “97”" },
    { "a=rtpmap:96 VP8/90000\r\n", "", "SDP line 7: no “a=rtpmap:96”" },
    { DATA, "m=application 9 UDP/DTLS/SCTP 5000\r\n",
      "SDP line 23: the formats of “m=application” are not the offer's" },
    { DATA, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel webrtc-datachannel\r\n",
      "SDP line 23: the formats of “m=application” are not the offer's" },

    { "a=mid:video0\r\n", "", "SDP line 7: no “a=mid”" },
    { "a=mid:video0", "a=mid", "SDP line 7: “a=mid:”, the offer has “a=mid:video0” there" },
    { "a=mid:video0", "a=mid:application1",
      "SDP line 7: “a=mid:application1”, the offer has “a=mid:video0” there" },
    { "a=mid:video0", "a=mid:video0\r\na=mid:x", "SDP line 15: “a=mid”: repeated" },

    { "a=group:BUNDLE video0 application1\r\n", "",
      "SDP line 6: not in “a=group:BUNDLE”, the only group expected" },
    { "a=group:BUNDLE video0 application1", "a=group:BUNDLE",
      "SDP line 7: not in “a=group:BUNDLE”, the only group expected" },
    { "a=group:BUNDLE video0 application1", "a=group:LS x\r\na=group:BUNDLE video0 application1",
      "SDP line 8: not in “a=group:BUNDLE”, the only group expected" },
    { "a=group:BUNDLE video0 application1", "a=group:BUNDLE video0",
      "SDP line 23: not in “a=group:BUNDLE”, the only group expected" },
    { "a=group:BUNDLE video0 application1", "a=group:BUNDLE video0 application1 x",
      "SDP line 1: “a=group:BUNDLE” names “x”, which is not accepted" },
    { "a=group:BUNDLE video0 application1", "a=group:BUNDLE video0  application1",
      "SDP line 1: “a=group:BUNDLE” names “”, which is not accepted" },
    { "a=group:BUNDLE video0 application1", "a=group:BUNDLE video0 application1 video0",
      "SDP line 1: “a=group:BUNDLE” names “video0” twice" },
    { "a=group:BUNDLE video0 application1", "a=group:BUNDLE application1 video0",
      "SDP line 1: “a=group:BUNDLE” begins with “application1”, expected “video0”" },
    { DATA, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n",
      "SDP line 1: “a=group:BUNDLE” names “application1”, which is not accepted" },
    { DATA, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\na=bundle-only\r\n", NULL },

    { UFRAG, "", "SDP line 7: “a=ice-pwd” without “a=ice-ufrag”" },
    { PWD, "", "SDP line 7: “a=ice-ufrag” without “a=ice-pwd”" },
    { UFRAG PWD, "", "SDP line 7: no “a=ice-ufrag” and “a=ice-pwd”" },
    { "t=0 0\r\n", "t=0 0\r\n" UFRAG, "SDP line 1: “a=ice-ufrag” without “a=ice-pwd”" },
    { "t=0 0\r\n", "t=0 0\r\n" UFRAG PWD, NULL },
    { "t=0 0\r\n", "t=0 0\r\n" UFRAG UFRAG PWD, "SDP line 5: “a=ice-ufrag”: repeated" },
    { UFRAG, UFRAG UFRAG, "SDP line 10: “a=ice-ufrag”: repeated" },
    { "a=ice-ufrag:1yKL", "a=ice-ufrag:abc",
      "SDP line 10: “a=ice-ufrag”: expected 4 to 256 letters, digits, “+” or “/”" },
    { "a=ice-ufrag:1yKL", "a=ice-ufrag",
      "SDP line 10: “a=ice-ufrag”: expected 4 to 256 letters, digits, “+” or “/”" },
    { "a=ice-pwd:IUhzxSprRuSmUn+ETMxCYaqx", "a=ice-pwd:IUhzxSprRuSmUn+ETMxCYaq?",
      "SDP line 11: “a=ice-pwd”: expected 22 to 256 letters, digits, “+” or “/”" },
    { "a=mid:application1\r\n", "a=mid:application1\r\na=x\r\n", NULL },
    { DATA "c=IN IP4 0.0.0.0\r\n" UFRAG, DATA "a=ice-ufrag:other\r\n",
      "SDP line 23: “a=ice-ufrag” differs from that of line 7, with which it is bundled" },

    { "a=fingerprint:sha-256 84", "a=x:", "SDP line 7: no “a=fingerprint”" },
    { "a=fingerprint:sha-256 84", "a=fingerprint:sha-1 84",
      "SDP line 13: “a=fingerprint”: expected “sha-256”, “sha-384” or “sha-512” and a digest of "
      "that "
      "length" },
    { "sha-256 84:", "sha-256 ",
      "SDP line 13: “a=fingerprint”: expected “sha-256”, “sha-384” or “sha-512” and a digest of "
      "that "
      "length" },
    { "sha-256 84:0F", "SHA-256 84:0f", NULL },
    { "t=0 0\r\n",
      "t=0 0\r\na=fingerprint:sha-256 84:0F:DB:0C:C2:0B:66:89:D4:B2:D0:18:90:4A:70:E0:2A:44:C4:6F:"
      "C1:A8:33:8E:CF:E1:B6:F5:CA:8B:A0:FE\r\n",
      "SDP line 8: “a=fingerprint” both here and for the session" },

    { "a=setup:active", "a=setup:actpass",
      "SDP line 14: “a=setup”: expected “active” or “passive”" },
    { "a=setup:active", "a=setup:holdconn",
      "SDP line 14: “a=setup”: expected “active” or “passive”" },
    { "a=setup:active", "a=setup:passive", NULL },
    { "a=setup:active\r\n", "", "SDP line 7: no “a=setup”" },
    { "a=setup:active\r\na=mid:application1", "a=setup:passive\r\na=mid:application1",
      "SDP line 23: “a=setup” differs from that of line 7, with which it is bundled" },

    { "a=recvonly\r\n", "", "SDP line 7: expected one direction, “a=recvonly” or another" },
    { "a=recvonly", "a=recvonly\r\na=inactive",
      "SDP line 7: expected one direction, “a=recvonly” or another" },
    { "a=recvonly", "a=sendonly",
      "SDP line 7: “a=sendonly” answers “a=sendonly”, expected “a=recvonly”" },
    { "a=recvonly", "a=sendrecv",
      "SDP line 7: “a=sendrecv” answers “a=sendonly”, expected “a=recvonly”" },
    { "a=recvonly", "a=recvonly:x", "SDP line 16: “a=recvonly”: expected no value" },
    { "a=recvonly", "a=inactive", NULL },

    { "a=rtpmap:96 VP8/90000", "a=rtpmap:96",
      "SDP line 19: “a=rtpmap”: expected a payload type from 0 to 127 and a space" },
    { "a=rtpmap:96 VP8/90000", "a=rtpmap:128 VP8/90000",
      "SDP line 19: “a=rtpmap”: expected a payload type from 0 to 127 and a space" },
    { "a=rtpmap:96 VP8/90000", "a=rtpmap:97 VP8/90000",
      "SDP line 19: “a=rtpmap”: a payload type that the offer does not have" },
    { "a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP8",
      "SDP line 19: “a=rtpmap”: expected “PT NAME/CLOCK”" },
    { "a=rtpmap:96 VP8/90000", "a=rtpmap:96 H264/90000",
      "SDP line 19: “a=rtpmap”: not what the offer calls this payload type" },
    { "a=rtpmap:96 VP8/90000", "a=rtpmap:96 vp8/90000", NULL },
    { "a=rtcp-mux", "a=fmtp:96 max-fs=12288;max-fr=60", NULL },
    { "a=rtcp-mux", "a=fmtp:97 apt=96",
      "SDP line 17: “a=fmtp”: a payload type that the offer does not have" },
    { "a=rtcp-mux", "a=fmtp:96 a-mid=1", "SDP line 17: “a=fmtp”: expected “PT NAME=VALUE;…”" },
    { "a=rtcp-mux", "a=fmtp:96 ok=1; SSRC-1-cname=x",
      "SDP line 17: “a=fmtp”: expected “PT NAME=VALUE;…”" },
    { "a=rtcp-mux", "a=fmtp:96 =x", "SDP line 17: “a=fmtp”: expected “PT NAME=VALUE;…”" },
    { "nack pli", "nack\"pli", "SDP line 22: “a=rtcp-fb”: expected “PT TYPE”" },
    { "a=rtcp-fb:96", "a=rtcp-fb:*", NULL },
    { "a=rtcp-mux", "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
      "SDP line 17: “a=extmap”: not in the offer" },
    { "a=rtcp-mux", "a=extmap:1", "SDP line 17: “a=extmap”: expected “ID URI”" },
    { "a=rtcp-mux", "a=ssrc:4294967295 cname:x", NULL },
    { "a=rtcp-mux", "a=ssrc:4294967296 cname:x",
      "SDP line 17: “a=ssrc”: expected a number from 0 to 4294967295 and a space" },
    { "a=rtcp-mux", "a=ssrc:1 :x", "SDP line 17: “a=ssrc”: expected “SSRC NAME:VALUE”" },
    { "a=rtcp-mux", "a=rid:h recv", "SDP line 17: “a=rid”: not supported here" },
    { "a=rtcp-mux", "a=simulcast:recv h", "SDP line 17: “a=simulcast”: not supported here" },
    { "a=rtcp-mux", "a=key-mgmt:mikey x", "SDP line 17: “a=key-mgmt”: not supported here" },
    { "a=rtcp-mux", "a=x-anything:1", "SDP line 17: “a=x-anything”: not supported here" },
    { "a=rtcp-mux", "a=x-google-flag:conference", NULL },
    { "a=sctp-port:5000", "a=sctp-port:-1",
      "SDP line 31: “a=sctp-port”: expected a number from 0 to 2147483647" },
    { "a=sctp-port:5000", "a=sctp-port:5000\r\na=max-message-size:99999999999",
      "SDP line 32: “a=max-message-size”: expected a number from 0 to 2147483647" },
    { "a=rtcp-mux", "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host", NULL },
    { "a=rtcp-mux", "a=candidate:1 1 udp 1 x.local 5000 typ host",
      "SDP line 17: “a=candidate”: of no use, should have been left out" },
    { "a=rtcp-mux", "a=candidate:1",
      "SDP line 17: “a=candidate”: candidate: expected “candidate:FOUNDATION COMPONENT TRANSPORT "
      "PRIORITY ADDRESS PORT typ TYPE …”" },
};

static char *
replace(const char *text, const char *find, const char *replacement)
{
    g_auto(GStrv) parts = g_strsplit(text, find, -1);

    g_assert_cmpuint(g_strv_length(parts), >=, 2);
    return g_strjoinv(replacement, parts);
}

static void
test_changes(void)
{
    g_autofree char *offer = load(".", "offer.sdp");
    g_autofree char *answer = load("answers", "chromium.sdp");

    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autofree char *changed = replace(answer, changes[i].find, changes[i].replacement);
        g_autoptr(GError) error = NULL;
        gboolean valid = sl_sdp_check_answer(changed, offer, &error);

        g_test_message("change %u: %s", i, changes[i].find);
        g_assert_cmpstr(error != NULL ? error->message : NULL, ==, changes[i].error);
        g_assert_cmpint(valid, ==, changes[i].error == NULL);
        if (error != NULL)
            g_assert_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID);
    }
}

static void
test_size(void)
{
    g_autofree char *offer = load(".", "offer.sdp");
    g_autofree char *large = g_strnfill(SL_SDP_MAX_BYTES + 1, 'x');
    g_autofree char *line = g_strnfill(5000, 'x');
    g_autofree char *long_line = g_strconcat("v=0\r\ns=", line, "\r\n", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_false(sl_sdp_check_answer(large, offer, &error));
    g_assert_error(error, SL_BASE_ERROR, SL_BASE_ERROR_TOO_LARGE);
    g_assert_cmpstr(error->message, ==, "SDP of 61441 bytes, at most 61440 are allowed");
    g_clear_error(&error);
    g_assert_false(sl_sdp_check_answer(long_line, offer, &error));
    g_assert_cmpstr(error->message, ==, "SDP line 2: longer than 4096 bytes");
    g_clear_error(&error);
    g_assert_false(sl_sdp_check_answer("", offer, &error));
    g_assert_cmpstr(error->message, ==, "SDP line 1: the SDP is empty");
}

static void
test_clean(void)
{
    static const char *const cases[][2] = {
        { "", "" },
        { "anything\n\nat all", "anything\r\nat all\r\n" },
        { "a=mid:0\na=foo:1\na=ssrc:1 cname:x\na=recvonly", "a=mid:0\r\na=recvonly\r\n" },
        { "a=candidate:1 1 udp 1 x.local 1 typ host\na=candidate:broken",
          "a=candidate:broken\r\n" }, /* for the check to name */
        { "a=rtcp-fb:96 nack pli\na=rtcp-fb:96 strange\na=rtcp-fb", "a=rtcp-fb:96 nack pli\r\n" },
        { "a=fmtp:96 apt=97\na=fmtp:96 strange=1\na=fmtp:96 max-fs=1; max-fr=2",
          "a=fmtp:96 apt=97\r\na=fmtp:96 max-fs=1; max-fr=2\r\n" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *clean = sl_sdp_clean_answer(cases[i][0]);

        g_assert_cmpstr(clean, ==, cases[i][1]);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdp/real", test_real);
    g_test_add_func("/sdp/changes", test_changes);
    g_test_add_func("/sdp/size", test_size);
    g_test_add_func("/sdp/clean", test_clean);
    return g_test_run();
}
