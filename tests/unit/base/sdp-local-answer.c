#include "sl-sdp-offer.h"

#include <string.h>

#define TRANSPORT                                              \
    "a=ice-ufrag:ours\r\na=ice-pwd:9876543210987654321098\r\n" \
    "a=fingerprint:sha-256 00:11\r\na=setup:active\r\n"
#define SESSION "v=0\r\no=- 7 8 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"

static SlSdpOffer *
read_offer(const char *name)
{
    g_autofree char *path =
        g_test_build_filename(G_TEST_DIST, "fixtures", "sdp", "offers", name, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    SlSdpOffer *offer;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    offer = sl_sdp_offer_new(text, 60000, &error);
    g_assert_no_error(error);
    return offer;
}

static void
assert_cleaned(const char *offer_name, const char *answer, GPtrArray *candidates, gboolean is_end,
               const char *expected)
{
    g_autoptr(SlSdpOffer) offer = read_offer(offer_name);
    g_autofree char *clean = sl_sdp_clean_local_answer(answer, offer, candidates, is_end);

    g_assert_cmpstr(clean, ==, expected);
}

/* The offer has neither mids nor a group; its lines end in LF. */
static void
test_least(void)
{
    g_autoptr(SlSdpCandidate) candidate =
        sl_sdp_candidate_new(NULL, 0, "candidate:1 1 UDP 1 192.0.2.1 9 typ host");
    g_autoptr(GPtrArray) candidates = g_ptr_array_new();

    g_ptr_array_add(candidates, candidate);
    assert_cleaned("least.sdp",
                   SESSION
                   "a=group:BUNDLE 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n" TRANSPORT
                   "a=rtpmap:96 VP8/90000\r\na=sendonly\r\n"
                   "a=candidate:1 1 UDP 1 192.0.2.1 9 typ host\r\n",
                   candidates, FALSE,
                   SESSION "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n" TRANSPORT
                           "a=rtpmap:96 VP8/90000\r\na=sendonly\r\n"
                           "a=candidate:1 1 UDP 1 192.0.2.1 9 typ host\r\n");
}

/* What was not chosen is inactive, what the offer did not want rejected, in the offer's order; the
 * bundle begins as the offer's, and there the candidates are, each once. */
static void
test_all_have_an_answer(void)
{
    g_autoptr(SlSdpCandidate) first =
        sl_sdp_candidate_new(NULL, 0, "candidate:1 1 UDP 1 192.0.2.1 9 typ host");
    g_autoptr(SlSdpCandidate) second =
        sl_sdp_candidate_new(NULL, 0, "candidate:2 1 UDP 1 192.0.2.2 9 typ host");
    g_autoptr(GPtrArray) candidates = g_ptr_array_new();

    g_ptr_array_add(candidates, first);
    g_ptr_array_add(candidates, second);
    assert_cleaned(
        "odd.sdp",
        SESSION "a=group:BUNDLE a\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\n" TRANSPORT
                "a=rtpmap:111 OPUS/48000/2\r\na=recvonly\r\n"
                "a=candidate:2 1 UDP 1 192.0.2.2 9 typ host\r\n",
        candidates, TRUE,
        SESSION "a=group:BUNDLE v a\r\n"
                "m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:gone\r\na=inactive\r\n"
                "m=text 0 UDP/TLS/RTP/SAVPF 98\r\nc=IN IP4 0.0.0.0\r\na=mid:t\r\na=inactive\r\n"
                "m=audio 9 RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:a\r\n" TRANSPORT
                "a=rtpmap:111 OPUS/48000/2\r\na=recvonly\r\n"
                "m=video 9 UDP/TLS/RTP/SAVP 96\r\nc=IN IP4 0.0.0.0\r\na=mid:v\r\n" TRANSPORT
                "a=rtpmap:96 VP9/90000\r\na=rtcp-mux\r\na=inactive\r\n"
                "a=candidate:2 1 UDP 1 192.0.2.2 9 typ host\r\n"
                "a=candidate:1 1 UDP 1 192.0.2.1 9 typ host\r\na=end-of-candidates\r\n"
                "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
                "a=mid:d\r\n");
}

/* Parameters that webrtcbin forgets, and data channels as aiortc has them. */
static void
test_particulars(void)
{
    assert_cleaned(
        "obs.sdp",
        SESSION "a=group:BUNDLE 0 1\r\n"
                "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n" TRANSPORT "a=recvonly\r\n"
                "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n" TRANSPORT
                "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=recvonly\r\n",
        NULL, TRUE,
        SESSION "a=ice-options:trickle\r\na=group:BUNDLE 0 1\r\n"
                "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n" TRANSPORT
                "a=recvonly\r\na=end-of-candidates\r\n"
                "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n" TRANSPORT
                "a=rtpmap:96 H264/90000\r\n"
                "a=fmtp:96 packetization-mode=1;profile-level-id=42e01f\r\na=recvonly\r\n");
    assert_cleaned(
        "aiortc-recvonly-data.sdp",
        SESSION "a=group:BUNDLE 2\r\n"
                "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n" TRANSPORT
                "a=sctp-port:5000\r\n",
        NULL, FALSE,
        SESSION "a=group:BUNDLE 0 1 2\r\n"
                "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n" TRANSPORT
                "a=rtpmap:96 OPUS/48000/2\r\na=rtcp-mux\r\na=inactive\r\n"
                "m=video 9 UDP/TLS/RTP/SAVPF 97\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n" TRANSPORT
                "a=rtpmap:97 VP8/90000\r\na=rtcp-mux\r\na=inactive\r\n"
                "m=application 9 DTLS/SCTP 5000\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\n" TRANSPORT
                "a=sctpmap:5000 webrtc-datachannel 1024\r\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdp-local-answer/least", test_least);
    g_test_add_func("/sdp-local-answer/all-have-an-answer", test_all_have_an_answer);
    g_test_add_func("/sdp-local-answer/particulars", test_particulars);
    return g_test_run();
}
