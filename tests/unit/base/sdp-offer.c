#include "sl-error.h"
#include "sl-sdp-offer.h"

#include <string.h>

#define MAX_BYTES 60000

static char *
load(const char *name)
{
    g_autofree char *path =
        g_test_build_filename(G_TEST_DIST, "fixtures", "sdp", "offers", name, NULL);
    g_autoptr(GError) error = NULL;
    char *text;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

static void
describe_format(GString *out, const SlSdpFormat *format)
{
    g_string_append_printf(out, "  %u %s/%u", format->payload_type, format->encoding_name,
                           format->clock_rate);
    if (format->channels != 1)
        g_string_append_printf(out, "/%u", format->channels);
    if (format->fmtp != NULL)
        g_string_append_printf(out, " {%s}", format->fmtp);
    if (format->rtx >= 0)
        g_string_append_printf(out, " rtx %d", format->rtx);
    g_string_append_printf(out, "%s%s%s%s\n", format->nack ? " nack" : "",
                           format->pli ? " pli" : "", format->fir ? " fir" : "",
                           format->transport_cc ? " transport-cc" : "");
}

/* What was read of an offer, for a person to look through. */
static char *
describe(SlSdpOffer *offer)
{
    static const char *const directions[] = { "sendrecv", "sendonly", "recvonly", "inactive" };
    GString *out = g_string_new(NULL);
    GPtrArray *medias = sl_sdp_offer_get_medias(offer);
    g_auto(GStrv) lines = g_strsplit(sl_sdp_offer_get_text(offer), "\r\n", -1);

    g_string_append_printf(out, "ice %s %s\n", sl_sdp_offer_get_ufrag(offer),
                           sl_sdp_offer_get_pwd(offer));
    for (guint i = 0; i < medias->len; i++) {
        const SlSdpMedia *media = medias->pdata[i];

        g_string_append_printf(out, "%s %s %s%s%s%s, %u extensions\n", media->kind, media->mid,
                               directions[media->direction], media->is_rejected ? ", rejected" : "",
                               media->has_simulcast ? ", simulcast" : "",
                               media->has_ssrc ? ", ssrc" : "", media->extensions->len);
        for (guint j = 0; j < media->formats->len; j++)
            describe_format(out, media->formats->pdata[j]);
    }
    for (guint i = 0; lines[i] != NULL; i++) {
        if (g_str_has_prefix(lines[i], "a=group:") || g_str_has_prefix(lines[i], "a=candidate:"))
            g_string_append_printf(out, "%s\n", lines[i] + 2);
    }
    return g_string_free(out, FALSE);
}

/* What NAME.sdp is read to stands in NAME.expected, or why it is refused. What is normal stays so.
 */
static void
test_real(void)
{
    g_autofree char *folder = g_test_build_filename(G_TEST_DIST, "fixtures", "sdp", "offers", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    guint n = 0;

    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *stem = g_strndup(name, strcspn(name, "."));
        g_autofree char *expected_name = g_strconcat(stem, ".expected", NULL);
        g_autofree char *text = NULL;
        g_autofree char *found = NULL;
        g_autofree char *expected = NULL;
        g_autoptr(SlSdpOffer) offer = NULL;
        g_autoptr(GError) error = NULL;

        if (!g_str_has_suffix(name, ".sdp"))
            continue;
        g_test_message("%s", name);
        n++;
        text = load(name);
        offer = sl_sdp_offer_new(text, MAX_BYTES, &error);
        found = offer != NULL ? describe(offer) : g_strdup_printf("%s\n", error->message);
        expected = load(expected_name);
        g_assert_cmpstr(found, ==, expected);
        if (offer != NULL) {
            g_autoptr(SlSdpOffer) again =
                sl_sdp_offer_new(sl_sdp_offer_get_text(offer), MAX_BYTES, &error);

            g_assert_no_error(error);
            g_assert_cmpstr(sl_sdp_offer_get_text(again), ==, sl_sdp_offer_get_text(offer));
        }
    }
    g_assert_cmpuint(n, >, 25);
}

/* What OBS offers, with every occurrence of a text replaced. */
typedef struct {
    const char *find, *replacement;
    const char *error; /* NULL: it is read */
} Change;

#define FINGERPRINT                                                                              \
    "a=fingerprint:sha-256 4E:7F:77:DB:7E:A3:A6:4E:5D:27:EB:39:D2:1B:96:9F:91:C9:58:8B:30:B4:AA" \
    ":0F:77:60:5A:F3:86:60:03:F3\r\n"
#define UFRAG "a=ice-ufrag:nxcM\r\n"
#define PWD "a=ice-pwd:ezjAjgSSLLvbRhUA1zc6Se\r\n"
#define AUDIO "m=audio 57249 UDP/TLS/RTP/SAVPF 111\r\n"
#define VIDEO "m=video 57249 UDP/TLS/RTP/SAVPF 96\r\n"

static const Change changes[] = {
    { "\r\n", "\n", NULL },
    { "allowed=1\r\n", "allowed=1\r\n\r\n\n", NULL },
    { "v=0", "v=1", "SDP line 1: expected “v=0”" },
    { "s=-", "s=\xff", "SDP is not UTF-8" },
    { "s=-\r\n", "s=-\r\nk=clear:x\r\n",
      "SDP line 4: expected a type that an SDP has here, and “=”" },
    { "m=", "i=", "SDP line 1: no “m=” line follows" },
    { "57249 UDP", "0 UDP", "SDP line 1: no m-line that could be accepted" },
    { "RTP/SAVPF 111", "RTP/SAVPF 0\r\na=bundle-only", NULL },

    { "UDP/TLS/RTP/SAVPF 111", "RTP/AVP 111",
      "SDP line 13: protocol “RTP/AVP”, expected “UDP/TLS/RTP/SAVPF”" },
    { "UDP/TLS/RTP/SAVPF 111", "TCP/DTLS/RTP/SAVPF 111",
      "SDP line 13: protocol “TCP/DTLS/RTP/SAVPF”, expected “UDP/TLS/RTP/SAVPF”" },
    { "UDP/TLS/RTP/SAVPF", "RTP/SAVPF", NULL },
    { VIDEO, "m=video 57249 UDP/TLS/RTP/SAVPF 96 x\r\n",
      "SDP line 26: “x”, expected a payload type from 0 to 127" },
    { VIDEO, "m=video 57249 UDP/TLS/RTP/SAVPF 96 128\r\n",
      "SDP line 26: “128”, expected a payload type from 0 to 127" },
    { VIDEO, "m=video 57249 UDP/TLS/RTP/SAVPF 96 96\r\n", "SDP line 26: payload type 96 twice" },
    { VIDEO, "m=video 57249 UDP/TLS/RTP/SAVPF 96 97\r\n", "SDP line 26: no “a=rtpmap:97”" },
    { VIDEO, "m=video 57249 UDP/TLS/RTP/SAVPF 34\r\n", NULL },
    { "H264/90000", "H264", "SDP line 26: “a=rtpmap:96”: expected “PT NAME/CLOCK”" },
    { "H264/90000", "H264/0", "SDP line 26: “a=rtpmap:96”: expected “PT NAME/CLOCK”" },
    { "opus/48000/2", "opus/48000/9", "SDP line 13: “a=rtpmap:111”: expected “PT NAME/CLOCK”" },
    { "42e01f", "42e01",
      "SDP line 26: “a=fmtp:96”: the profile-level-id is not six hexadecimal digits" },

    { "a=mid:1", "a=mid:0", "SDP line 26: “a=mid:0” is that of another m-line, too" },
    { "a=mid:1",
      "a=mid:", "SDP line 26: expected one “a=mid” of 1 to 32 letters, digits and signs" },
    { "a=mid:1", "a=mid:1\r\na=mid:2",
      "SDP line 26: expected one “a=mid” of 1 to 32 letters, digits and signs" },
    { "a=mid:1", "a=mid:a b",
      "SDP line 26: expected one “a=mid” of 1 to 32 letters, digits and signs" },
    { "a=mid:1\r\n", "",
      "SDP line 26: not in “a=group:BUNDLE”, expected all m-lines to be bundled" },
    { "BUNDLE 0 1", "BUNDLE 0",
      "SDP line 26: not in “a=group:BUNDLE”, expected all m-lines to be bundled" },
    { "BUNDLE 0 1", "BUNDLE",
      "SDP line 13: not in “a=group:BUNDLE”, expected all m-lines to be bundled" },
    { "BUNDLE 0 1", "BUNDLE 0 1 0", "SDP line 1: “a=group:BUNDLE” names “0” twice" },
    { "BUNDLE 0 1", "BUNDLE 0 1 2", NULL },
    { "group:LS 0 1", "group:BUNDLE 0", "SDP line 1: several “a=group:BUNDLE”, one is expected" },

    { UFRAG, "", "SDP line 12: no “a=ice-ufrag” and “a=ice-pwd”" },
    { PWD, "", "SDP line 1: “a=ice-ufrag” without “a=ice-pwd”" },
    { "ufrag:nxcM", "ufrag:nxc",
      "SDP line 9: “a=ice-ufrag”: expected 4 to 256 letters, digits, “+” or “/”" },
    { "pwd:ezjA", "pwd:e z",
      "SDP line 10: “a=ice-pwd”: expected 22 to 256 letters, digits, “+” or “/”" },
    { FINGERPRINT, "", "SDP line 12: no “a=fingerprint”" },
    { "sha-256", "sha-1",
      "SDP line 12: “a=fingerprint”: expected “sha-256”, “sha-384” or “sha-512” and a digest of "
      "that length" },
    { FINGERPRINT, "a=fingerprint:md5 00\r\n" FINGERPRINT, NULL },
    { "a=setup:actpass\r\n", "", "SDP line 12: no “a=setup”" },
    { "a=setup:actpass", "a=setup:holdconn",
      "SDP line 1: “a=setup:holdconn”, expected “actpass”, “active” or “passive”" },
    { "a=rtcp-mux\r\n", "", "SDP line 13: no “a=rtcp-mux”, without which it can't be received" },
    { "a=sendonly", "a=sendonly\r\na=inactive",
      "SDP line 13: several directions, expected “a=sendrecv” or another" },

    { "a=msid:", "a=extmap:1 urn:x\r\na=extmap:1 urn:y\r\na=msid:",
      "SDP line 13: “a=extmap:1” twice" },
    { "a=msid:", "a=extmap:1\r\na=msid:", "SDP line 13: “a=extmap:1”: expected “ID URI”" },
    { "a=msid:", "a=extmap:0 urn:x\r\na=msid:",
      "SDP line 13: “a=extmap:0 urn:x”: expected “ID URI”" },
    { "a=ssrc:3388068600", "a=ssrc:4294967296",
      "SDP line 13: “a=ssrc:4294967296”: expected a number from 1 to 4294967295" },
    { "a=ssrc:3388068600", "a=ssrc:0",
      "SDP line 13: “a=ssrc:0”: expected a number from 1 to 4294967295" },
    { "candidate:1 1 UDP", "candidate:1 0 UDP",
      "SDP line 23: candidate: the component is not 1 to 256" },
    { "a=msid:", "a=crypto:1 x\r\na=framesize:96 1-1\r\na=key-mgmt:x\r\na=msid:", NULL },

    { VIDEO, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=sctp-port:0\r\n",
      "SDP line 26: the SCTP port “0” is not 1 to 65535" },
    { VIDEO,
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=sctp-port:5000\r\n"
      "a=max-message-size:x\r\n",
      "SDP line 26: “a=max-message-size”: expected a number" },
    { VIDEO, "m=application 9 TCP/DTLS/SCTP webrtc-datachannel\r\na=sctp-port:5000\r\n", NULL },
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
    g_autofree char *text = load("obs.sdp");

    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autofree char *changed = replace(text, changes[i].find, changes[i].replacement);
        g_autoptr(GError) error = NULL;
        g_autoptr(SlSdpOffer) offer = sl_sdp_offer_new(changed, MAX_BYTES, &error);

        g_test_message("change %u: %s", i, changes[i].find);
        g_assert_cmpstr(error != NULL ? error->message : NULL, ==, changes[i].error);
        g_assert_cmpint(offer != NULL, ==, changes[i].error == NULL);
        if (error != NULL)
            g_assert_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID);
    }
}

static SlSdpOffer *
read_offer(const char *name, const char *find, const char *replacement)
{
    g_autofree char *text = load(name);
    g_autofree char *changed = find != NULL ? replace(text, find, replacement) : g_strdup(text);
    g_autoptr(GError) error = NULL;
    SlSdpOffer *offer = sl_sdp_offer_new(changed, MAX_BYTES, &error);

    g_assert_no_error(error);
    return offer;
}

static void
test_bounds(void)
{
    g_autofree char *text = load("obs.sdp");
    g_autofree char *many = NULL;
    GString *lines = g_string_new(NULL);
    g_autoptr(SlSdpOffer) offer = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_null(sl_sdp_offer_new(text, 100, &error));
    g_assert_error(error, SL_BASE_ERROR, SL_BASE_ERROR_TOO_LARGE);
    g_assert_cmpstr(error->message, ==, "SDP of 1266 bytes, at most 100 are allowed");
    g_clear_error(&error);

    g_string_append_printf(lines, "sprop-parameter-sets=%02048d;packetization-mode=", 0);
    many = replace(text, "packetization-mode=", lines->str);
    offer = sl_sdp_offer_new(many, MAX_BYTES, &error);
    g_assert_no_error(error);
    g_assert_null(strstr(sl_sdp_offer_get_text(offer), "sprop-parameter-sets"));
    g_assert_nonnull(strstr(sl_sdp_offer_get_text(offer), "42e01f;packetization-mode=1;level"));
    g_string_truncate(lines, 0);
    g_free(many);

    for (guint i = 0; i < 101; i++)
        g_string_append_printf(lines, "a=candidate:%u 1 udp 1 192.0.2.1 9 typ host\r\n", i);
    g_string_append(lines, "a=mid:0\r\n");
    many = replace(text, "a=mid:0\r\n", lines->str);
    g_assert_null(sl_sdp_offer_new(many, MAX_BYTES, &error));
    g_assert_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID);
    g_assert_cmpstr(error->message, ==, "SDP line 13: more than 100 candidates follow");
    g_clear_error(&error);

    for (guint i = 0; i < 600; i++)
        g_string_append(lines, "a=x\r\n");
    g_free(many);
    many = replace(text, "a=mid:0\r\n", lines->str);
    g_assert_null(sl_sdp_offer_new(many, MAX_BYTES, &error));
    g_assert_cmpstr(error->message, ==, "SDP line 13: more than 500 attributes follow");
    g_string_free(lines, TRUE);
}

/* The transport of all is that of the bundle's first, wherever it stands. */
static void
test_normal_text(void)
{
    g_autoptr(SlSdpOffer) least = read_offer("least.sdp", NULL, NULL);
    g_autoptr(SlSdpOffer) odd = read_offer("odd.sdp", NULL, NULL);
    const char *text = sl_sdp_offer_get_text(odd);

    g_assert_cmpstr(sl_sdp_offer_get_text(least), ==,
                    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
                    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n"
                    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n" FINGERPRINT
                    "a=setup:active\r\na=rtpmap:96 VP8/90000\r\na=rtcp-mux\r\na=recvonly\r\n");
    g_assert_null(strstr(text, "other"));
    g_assert_null(strstr(text, "x-made-up"));
    g_assert_null(strstr(text, "m=text"));
    g_assert_null(strstr(text, "192.0.2.77"));
    g_assert_nonnull(strstr(text, "192.0.2.78"));
    g_assert_true(strstr(text, "192.0.2.78") < strstr(text, "m=video"));
    g_assert_nonnull(strstr(text, "o=- 0 0 "));
}

static void
test_choices(void)
{
    g_autoptr(SlSdpOffer) offer = read_offer("safari-recvonly.sdp", NULL, NULL);
    const SlSdpMedia *video = sl_sdp_offer_get_medias(offer)->pdata[1];
    const SlSdpChoice choice = { video, sl_sdp_media_find_format(video, "vp8", 90000, NULL) };
    g_autofree char *text = sl_sdp_offer_make_text(offer, &choice, 1);

    g_assert_null(strstr(text, "m=audio"));
    g_assert_null(strstr(text, "H264"));
    g_assert_nonnull(strstr(text, "a=group:BUNDLE 1\r\nm=video 9 UDP/TLS/RTP/SAVPF 106 107\r\n"));
    g_assert_nonnull(strstr(text, "a=fmtp:107 apt=106\r\n"));
    g_assert_cmpuint(sl_sdp_media_find_extension(video, "urn:3gpp:video-orientation"), ==, 13);
    g_assert_cmpuint(sl_sdp_media_find_extension(video, "urn:none"), ==, 0);
}

typedef struct {
    const char *offer, *name, *profile;
    int payload_type; /* -1: none */
} Wanted;

static const Wanted wanted[] = {
    { "chromium-recvonly-data.sdp", "VP8", NULL, 96 },
    { "chromium-recvonly-data.sdp", "vp9", "0", 98 },
    { "chromium-recvonly-data.sdp", "VP9", "2", 100 },
    { "chromium-recvonly-data.sdp", "VP9", "1", 35 },
    { "chromium-recvonly-data.sdp", "VP9", "7", -1 },
    { "chromium-recvonly-data.sdp", "THEORA", NULL, -1 },
    { "chromium-recvonly-data.sdp", "H264", "42001f", 102 },
    { "chromium-recvonly-data.sdp", "H264", "42e034", 108 },
    { "chromium-recvonly-data.sdp", "H264", "42c015", 108 },
    { "chromium-recvonly-data.sdp", "H264", "4d0028", 116 },
    { "chromium-recvonly-data.sdp", "H264", "f40028", 41 },
    { "safari-recvonly.sdp", "H264", NULL, 96 },
    { "safari-recvonly.sdp", "H264", "42e01f", 98 },
    { "safari-recvonly.sdp", "H264", "42001f", 96 },
    { "safari-recvonly.sdp", "H264", "4d401f", 96 },
    { "safari-recvonly.sdp", "H264", "640c28", 96 },
    { "safari-recvonly.sdp", "H264", "640028", -1 },
    { "safari-recvonly.sdp", "H264", "f4001f", -1 },
    { "safari-recvonly.sdp", "VP9", "0", 108 },
    { "firefox-recvonly-data.sdp", "VP9", "0", 121 },
    { "odd.sdp", "VP9", "0", 97 },
    { "odd.sdp", "H264", NULL, -1 }, /* packetization-mode 0 */
};

static void
test_find_format(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
        g_autoptr(SlSdpOffer) offer = read_offer(wanted[i].offer, NULL, NULL);
        GPtrArray *medias = sl_sdp_offer_get_medias(offer);
        const SlSdpFormat *found = NULL;

        for (guint j = 0; found == NULL && j < medias->len; j++)
            found = sl_sdp_media_find_format(medias->pdata[j], wanted[i].name, 90000,
                                             wanted[i].profile);
        g_test_message("%s: %s %s", wanted[i].offer, wanted[i].name, wanted[i].profile);
        g_assert_cmpint(found != NULL ? (int)found->payload_type : -1, ==, wanted[i].payload_type);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdp-offer/real", test_real);
    g_test_add_func("/sdp-offer/changes", test_changes);
    g_test_add_func("/sdp-offer/bounds", test_bounds);
    g_test_add_func("/sdp-offer/normal-text", test_normal_text);
    g_test_add_func("/sdp-offer/choices", test_choices);
    g_test_add_func("/sdp-offer/find-format", test_find_format);
    return g_test_run();
}
