/* Offers, as browsers and encoders made them and tampered with, go into a real webrtcbin where they
 * are read at all, with criticals fatal: it answers each, and the answer is fit to be sent. */

#include "proc-fixture.h"
#include "sdp-mutation.h"
#include "sl-sdp-offer.h"
#include "sl-sdp.h"

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>
#include <string.h>

#define MAX_BYTES 60000
#define N_MUTATIONS 500

typedef struct {
    GstElement *pipeline, *webrtcbin;
    SlSdpOffer *offer;
    SlSdpChoice *choices; /* of all m-lines that can be answered, the first format each */
    guint n_choices;
} Peer;

static void
make_webrtcbin(Peer *self)
{
    g_autoptr(GObject) ice = NULL;
    g_autoptr(GObject) agent = NULL;

    self->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    self->webrtcbin = gst_element_factory_make("webrtcbin", NULL);
    g_object_get(self->webrtcbin, "ice-agent", &ice, NULL);
    g_object_get(ice, "agent", &agent, NULL);
    g_object_set(agent, "upnp", FALSE, "ice-tcp", FALSE, NULL);
    g_object_set(self->webrtcbin, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
    gst_bin_add(GST_BIN(self->pipeline), self->webrtcbin);
    gst_element_set_state(self->pipeline, GST_STATE_READY);
}

/* As who answers does: the parameters are the offer's. */
static GstCaps *
make_caps(const SlSdpMedia *media, const SlSdpFormat *format)
{
    GstCaps *caps = gst_caps_new_simple("application/x-rtp", "media", G_TYPE_STRING, media->kind,
                                        "payload", G_TYPE_INT, (int)format->payload_type,
                                        "encoding-name", G_TYPE_STRING, format->encoding_name,
                                        "clock-rate", G_TYPE_INT, (int)format->clock_rate, NULL);

    if (format->pli)
        gst_caps_set_simple(caps, "rtcp-fb-nack-pli", G_TYPE_BOOLEAN, TRUE, NULL);
    return caps;
}

static void
add_transceiver(Peer *self, const SlSdpMedia *media, const SlSdpFormat *format)
{
    g_autoptr(GstWebRTCRTPTransceiver) transceiver = NULL;
    g_autoptr(GstCaps) caps = make_caps(media, format);
    GstWebRTCRTPTransceiverDirection direction = GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY;

    if (media->direction == SL_SDP_RECVONLY || media->direction == SL_SDP_INACTIVE)
        direction = GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY;
    g_signal_emit_by_name(self->webrtcbin, "add-transceiver", direction, caps, &transceiver);
    g_object_set(transceiver, "do-nack", TRUE, NULL);
}

/* The first video and the first audio, and the data channels. */
static void
choose(Peer *self)
{
    GPtrArray *medias = sl_sdp_offer_get_medias(self->offer);
    g_autoptr(GHashTable) kinds = g_hash_table_new(g_str_hash, g_str_equal);

    self->choices = g_new0(SlSdpChoice, medias->len);
    for (guint i = 0; i < medias->len; i++) {
        const SlSdpMedia *media = medias->pdata[i];
        SlSdpChoice *choice = &self->choices[self->n_choices];

        if (media->is_rejected || !g_hash_table_add(kinds, media->kind))
            continue;
        self->n_choices++;
        choice->media = media;
        choice->format = media->formats->len > 0 ? media->formats->pdata[0] : NULL;
        if (choice->format != NULL)
            add_transceiver(self, media, choice->format);
    }
}

static GstWebRTCSessionDescription *
ask(Peer *self, const char *signal, GstWebRTCSessionDescription *description)
{
    g_autoptr(GstPromise) promise = gst_promise_new();
    GstWebRTCSessionDescription *answer = NULL;
    const GstStructure *reply;
    g_autoptr(GError) error = NULL;

    g_signal_emit_by_name(self->webrtcbin, signal, description, promise);
    gst_promise_wait(promise);
    reply = gst_promise_get_reply(promise);
    if (reply != NULL && gst_structure_has_field(reply, "error"))
        gst_structure_get(reply, "error", G_TYPE_ERROR, &error, NULL);
    g_assert_no_error(error);
    if (description == NULL)
        gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, NULL);
    return answer;
}

static char *
answer(Peer *self, const char *text)
{
    g_autoptr(GstWebRTCSessionDescription) offered = NULL;
    g_autoptr(GstWebRTCSessionDescription) answered = NULL;
    GstSDPMessage *message;

    g_assert_cmpint(gst_sdp_message_new_from_text(text, &message), ==, GST_SDP_OK);
    offered = gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, message);
    ask(self, "set-remote-description", offered);
    answered = ask(self, "create-answer", NULL);
    g_assert_nonnull(answered);
    ask(self, "set-local-description", answered);
    return gst_sdp_message_as_text(answered->sdp);
}

/* Every m-line that was chosen is accepted, on one transport. */
static void
check_answer(Peer *self, const char *local)
{
    g_autoptr(SlSdpCandidate) candidate =
        sl_sdp_candidate_new(NULL, 0, "candidate:7 1 UDP 7 192.0.2.7 7777 typ host");
    g_autoptr(GPtrArray) candidates = g_ptr_array_new();
    g_autofree char *clean = NULL;
    GPtrArray *medias = sl_sdp_offer_get_medias(self->offer);

    g_ptr_array_add(candidates, candidate);
    clean = sl_sdp_clean_local_answer(local, self->offer, candidates, TRUE);
    g_test_message("answer:\n%s", clean);
    g_auto(GStrv) sections = g_strsplit(clean, "\r\nm=", -1);
    g_assert_cmpuint(g_strv_length(sections) - 1, ==, medias->len);
    g_auto(GStrv) parts = g_strsplit(clean, "candidate:7 1 UDP 7 192.0.2.7 7777 typ host", -1);
    g_assert_cmpuint(g_strv_length(parts), ==, 2);
    for (guint i = 0; i < medias->len; i++) {
        const SlSdpMedia *media = medias->pdata[i];
        gboolean is_chosen = FALSE;

        for (guint j = 0; j < self->n_choices; j++)
            is_chosen |= self->choices[j].media == media;
        g_assert_true(g_str_has_prefix(sections[i + 1], media->kind));
        if (is_chosen)
            g_assert_nonnull(strstr(sections[i + 1], " 9 "));
    }
}

/* Returns: FALSE where it is refused before webrtcbin sees it */
static gboolean
feed(const char *text, GHashTable *seen)
{
    Peer peer = { .offer = sl_sdp_offer_new(text, MAX_BYTES, NULL) };
    g_autofree char *chosen = NULL;
    g_autofree char *local = NULL;

    if (peer.offer == NULL)
        return FALSE;
    if (!g_hash_table_add(seen, g_strdup(sl_sdp_offer_get_text(peer.offer)))) {
        sl_sdp_offer_unref(peer.offer);
        return TRUE;
    }
    make_webrtcbin(&peer);
    choose(&peer);
    chosen = sl_sdp_offer_make_text(peer.offer, peer.choices, peer.n_choices);
    g_test_message("offer:\n%s", chosen);
    local = answer(&peer, chosen);
    check_answer(&peer, local);
    gst_element_set_state(peer.pipeline, GST_STATE_NULL);
    g_assert_cmpuint(GST_OBJECT_REFCOUNT_VALUE(peer.pipeline), ==, 1);
    gst_object_unref(peer.pipeline);
    g_free(peer.choices);
    sl_sdp_offer_unref(peer.offer);
    return TRUE;
}

static void
test_real(void)
{
    g_autoptr(SdpCorpus) corpus = sdp_corpus_load("offers", ".sdp");
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < corpus->texts->len; i++) {
        const char *name = corpus->names->pdata[i];

        g_test_message("%s", name);
        g_assert_cmpint(feed(corpus->texts->pdata[i], seen), ==,
                        !g_str_equal(name, "gstreamer-recvonly-unbundled.sdp"));
    }
}

static void
test_mutations(void)
{
    g_autoptr(SdpCorpus) corpus = sdp_corpus_load("offers", ".sdp");
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint n_fed = 0;

    for (guint seed = 0; seed < N_MUTATIONS; seed++) {
        g_autofree char *text = sdp_corpus_mutate(corpus, seed);

        g_test_message("mutation %u", seed);
        n_fed += feed(text, seen);
    }
    g_test_message("%u of %d were read, %u different ones answered", n_fed, N_MUTATIONS,
                   g_hash_table_size(seen));
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hostile-offers/real", test_real);
    g_test_add_func("/hostile-offers/mutations", test_mutations);
    return proc_fixture_run();
}
