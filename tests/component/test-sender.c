#include "test-sender.h"

#include <gst/gst.h>
#include <gst/sdp/sdp.h>
#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>

#include "proc-fixture.h"
#include "sl-webrtcbin.h"

struct _TestSender {
    GstElement *pipeline;
    GstElement *webrtcbin; /* borrowed */
    char *offer;

    gint is_gathered;   /* atomic */
    gint n_asked;       /* atomic */
    gint n_keyframes;   /* atomic */
    gint is_muted;      /* atomic */
    gint lost_one_in;   /* atomic; 0: none; 1: all */
    gint n_packets;     /* atomic */
    gint n_answers_set; /* atomic */
};

/* --- what leaves it --- */

static GstPadProbeReturn
on_packet(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    TestSender *self = data;
    gint one_in = g_atomic_int_get(&self->lost_one_in);
    gint n = g_atomic_int_add(&self->n_packets, 1);

    return one_in > 0 && n % one_in == 0 ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

/* Encrypted, and one by one. */
static void
on_element_added(GstBin *webrtcbin, GstBin *parent, GstElement *element, gpointer self)
{
    GstElementFactory *factory = gst_element_get_factory(element);
    g_autoptr(GstPad) pad = NULL;

    if (factory == NULL || !g_str_equal(GST_OBJECT_NAME(factory), "nicesink"))
        return;
    pad = gst_element_get_static_pad(element, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_packet,
                      self, NULL);
}

static GstPadProbeReturn
on_frame(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    TestSender *self = data;

    if ((info->type & GST_PAD_PROBE_TYPE_EVENT_UPSTREAM) != 0) {
        if (gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info)))
            g_atomic_int_inc(&self->n_asked);
        return GST_PAD_PROBE_OK;
    }
    if (g_atomic_int_get(&self->is_muted))
        return GST_PAD_PROBE_DROP;
    if (!GST_BUFFER_FLAG_IS_SET(GST_PAD_PROBE_INFO_BUFFER(info), GST_BUFFER_FLAG_DELTA_UNIT))
        g_atomic_int_inc(&self->n_keyframes);
    return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_sound(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    return g_atomic_int_get(&((TestSender *)data)->is_muted) ? GST_PAD_PROBE_DROP
                                                             : GST_PAD_PROBE_OK;
}

static void
watch_frames(TestSender *self)
{
    g_autoptr(GstElement) frames = gst_bin_get_by_name(GST_BIN(self->pipeline), "frames");
    g_autoptr(GstElement) sound = gst_bin_get_by_name(GST_BIN(self->pipeline), "sound");
    g_autoptr(GstPad) pad = gst_element_get_static_pad(frames, "src");

    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_frame,
                      self, NULL);
    if (sound != NULL) {
        g_autoptr(GstPad) sound_pad = gst_element_get_static_pad(sound, "src");
        gst_pad_add_probe(sound_pad, GST_PAD_PROBE_TYPE_BUFFER, on_sound, self, NULL);
    }
}

/* --- descriptions --- */

static void
on_gathering(GstElement *webrtcbin, GParamSpec *pspec, TestSender *self)
{
    GstWebRTCICEGatheringState state;

    g_object_get(webrtcbin, "ice-gathering-state", &state, NULL);
    if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
        g_atomic_int_set(&self->is_gathered, TRUE);
}

static void
on_offer_created(GstPromise *promise, gpointer data)
{
    TestSender *self = data;
    g_autoptr(GstWebRTCSessionDescription) offer = NULL;

    gst_structure_get(gst_promise_get_reply(promise), "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                      &offer, NULL);
    g_signal_emit_by_name(self->webrtcbin, "set-local-description", offer, NULL);
    gst_promise_unref(promise);
}

/* webrtcbin knows what it sends when that has come. */
static gboolean
has_caps(TestSender *self, guint n)
{
    guint n_with = 0;

    GST_OBJECT_LOCK(self->webrtcbin);
    for (GList *l = self->webrtcbin->sinkpads; l != NULL; l = l->next)
        n_with += gst_pad_has_current_caps(l->data);
    GST_OBJECT_UNLOCK(self->webrtcbin);
    return n_with == n;
}

const char *
test_sender_get_offer(TestSender *self)
{
    g_autoptr(GstWebRTCSessionDescription) local = NULL;

    if (self->offer != NULL)
        return self->offer;
    PROC_WAIT_UNTIL(has_caps(self, self->webrtcbin->numsinkpads));
    g_signal_emit_by_name(self->webrtcbin, "create-offer", NULL,
                          gst_promise_new_with_change_func(on_offer_created, self, NULL));
    PROC_WAIT_UNTIL(g_atomic_int_get(&self->is_gathered));
    g_object_get(self->webrtcbin, "local-description", &local, NULL);
    self->offer = gst_sdp_message_as_text(local->sdp);
    return self->offer;
}

static void
on_answer_set(GstPromise *promise, gpointer data)
{
    g_atomic_int_inc(&((TestSender *)data)->n_answers_set);
    gst_promise_unref(promise);
}

void
test_sender_take_answer(TestSender *self, const char *sdp)
{
    g_autoptr(GstWebRTCSessionDescription) answer = NULL;
    GstSDPMessage *message = NULL;

    g_assert_cmpint(gst_sdp_message_new_from_text(sdp, &message), ==, GST_SDP_OK);
    answer = gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, message);
    g_signal_emit_by_name(self->webrtcbin, "set-remote-description", answer,
                          gst_promise_new_with_change_func(on_answer_set, self, NULL));
    PROC_WAIT_UNTIL(g_atomic_int_get(&self->n_answers_set) > 0);
}

static void
on_answered(GObject *publisher, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;

    *(char **)data = sl_publisher_answer_offer_finish(SL_PUBLISHER(publisher), result, &error);
    g_assert_no_error(error);
}

void
test_sender_publish(TestSender *self, SlPublisher *publisher)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SlSdpOffer) offer = sl_sdp_offer_new(test_sender_get_offer(self), 60000, &error);
    g_autofree char *answer = NULL;

    g_assert_no_error(error);
    sl_publisher_answer_offer_async(publisher, offer, on_answered, &answer);
    PROC_WAIT_UNTIL(answer != NULL);
    test_sender_take_answer(self, answer);
}

/* --- what tests ask for --- */

guint
test_sender_get_n_asked(TestSender *self)
{
    return (guint)g_atomic_int_get(&self->n_asked);
}

guint
test_sender_get_n_keyframes(TestSender *self)
{
    return (guint)g_atomic_int_get(&self->n_keyframes);
}

void
test_sender_mute(TestSender *self, gboolean is_muted)
{
    g_atomic_int_set(&self->is_muted, is_muted);
}

void
test_sender_cut_off(TestSender *self)
{
    g_atomic_int_set(&self->lost_one_in, 1);
}

void
test_sender_lose(TestSender *self, guint n)
{
    g_atomic_int_set(&self->lost_one_in, (gint)n);
}

/* --- life --- */

static void
configure(TestSender *self)
{
    g_autoptr(GstObject) ice = NULL;
    g_autoptr(GObject) agent = NULL;
    g_autoptr(GArray) transceivers = NULL;

    g_object_get(self->webrtcbin, "ice-agent", &ice, NULL);
    g_object_set(ice, "ice-tcp", FALSE, NULL);
    g_object_get(ice, "agent", &agent, NULL);
    g_object_set(agent, "upnp", FALSE, NULL);
    g_signal_emit_by_name(self->webrtcbin, "get-transceivers", &transceivers);
    for (guint i = 0; i < transceivers->len; i++) {
        GstWebRTCRTPTransceiver *transceiver =
            g_array_index(transceivers, GstWebRTCRTPTransceiver *, i);
        g_object_set(transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, NULL);
        g_object_set(transceiver, "do-nack", i == 0, NULL);
    }
}

TestSender *
test_sender_new(const char *video, const char *audio)
{
    TestSender *self = g_new0(TestSender, 1);
    g_autoptr(GError) error = NULL;
    g_autofree char *sound =
        audio != NULL
            ? g_strdup_printf("audiotestsrc is-live=true ! %s ! "
                              "application/x-rtp,payload=111,ssrc=(uint)2222 ! " SL_WEBRTCBIN_NAME
                              ".",
                              audio)
            : g_strdup("");
    g_autofree char *text = g_strdup_printf(
        "webrtcbin name=" SL_WEBRTCBIN_NAME " bundle-policy=max-bundle "
        "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=20/1 ! %s ! "
        "application/x-rtp,payload=96,ssrc=(uint)1111 ! " SL_WEBRTCBIN_NAME ". %s",
        video, sound);

    self->pipeline = gst_parse_launch(text, &error);
    g_assert_no_error(error);
    gst_object_ref_sink(self->pipeline);
    self->webrtcbin = gst_bin_get_by_name(GST_BIN(self->pipeline), SL_WEBRTCBIN_NAME);
    gst_object_unref(self->webrtcbin); /* the pipeline has it */
    g_signal_connect(self->webrtcbin, "deep-element-added", G_CALLBACK(on_element_added), self);
    g_signal_connect(self->webrtcbin, "notify::ice-gathering-state", G_CALLBACK(on_gathering),
                     self);
    watch_frames(self);
    configure(self);
    gst_element_set_state(self->pipeline, GST_STATE_PLAYING);
    return self;
}

void
test_sender_free(TestSender *self)
{
    sl_webrtcbin_release(self->pipeline);
    gst_element_set_state(self->pipeline, GST_STATE_NULL);
    gst_object_unref(self->pipeline);
    g_free(self->offer);
    g_free(self);
}
