#include "test-offerer.h"

#include <gst/gst.h>
#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>

#include "proc-fixture.h"
#include "sl-sctp-id.h"
#include "sl-webrtcbin.h"

struct _TestOfferer {
    TestOffererConfig config;
    GstElement *pipeline;
    GstElement *webrtcbin; /* borrowed */
    guint sctp_id;
    GPtrArray *channels; /* of GstWebRTCDataChannel */

    gint n_frames;    /* atomic */
    gint n_sounds;    /* atomic */
    gint n_broken;    /* atomic */
    gint n_extended;  /* atomic */
    gint width;       /* atomic */
    gint is_open;     /* atomic: the first channel */
    gint is_told;     /* atomic */
    gint is_gathered; /* atomic */
    gint is_busy;     /* atomic: webrtcbin's thread is at work on a description */
    gint has_offer;   /* atomic */
    GMutex lock;
    GPtrArray *texts;      /* protected by lock */
    GPtrArray *candidates; /* of SlSdpCandidate; protected by lock */
};

static GstPadProbeReturn
on_frame(GstPad *pad, GstPadProbeInfo *info, gpointer counter)
{
    g_atomic_int_inc((gint *)counter);
    return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_frame_caps(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    TestOfferer *self = data;
    GstCaps *caps;
    gint width;

    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_CAPS)
        return GST_PAD_PROBE_OK;
    gst_event_parse_caps(GST_PAD_PROBE_INFO_EVENT(info), &caps);
    if (gst_structure_get_int(gst_caps_get_structure(caps, 0), "width", &width))
        g_atomic_int_set(&self->width, width);
    return GST_PAD_PROBE_OK;
}

typedef struct {
    TestOfferer *offerer;
    gboolean begun;
    guint8 payload_type;
    guint16 sequence;
    guint32 ssrc;
} Series;

static GstPadProbeReturn
on_rtp(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    Series *series = data;
    guint8 header[12];
    Series now = { .offerer = series->offerer, .begun = TRUE };

    gst_buffer_extract(GST_PAD_PROBE_INFO_BUFFER(info), 0, header, sizeof header);
    if ((header[0] & 0x10) != 0)
        g_atomic_int_inc(&series->offerer->n_extended);
    now.payload_type = header[1] & 0x7f;
    now.sequence = GST_READ_UINT16_BE(header + 2);
    now.ssrc = GST_READ_UINT32_BE(header + 8);
    if (series->begun && (now.sequence != (guint16)(series->sequence + 1) ||
                          now.ssrc != series->ssrc || now.payload_type != series->payload_type))
        g_atomic_int_inc(&series->offerer->n_broken);
    *series = now;
    return GST_PAD_PROBE_OK;
}

static GstElement *
make_depayloader(GstCaps *caps)
{
    static const char *const elements[][2] = { { "VP8", "rtpvp8depay" },
                                               { "H264", "rtph264depay" },
                                               { "OPUS", "rtpopusdepay" } };
    const char *name = gst_structure_get_string(gst_caps_get_structure(caps, 0), "encoding-name");

    for (guint i = 0; i < G_N_ELEMENTS(elements); i++) {
        if (g_strcmp0(name, elements[i][0]) == 0)
            return gst_element_factory_make(elements[i][1], NULL);
    }
    g_assert_not_reached();
}

static void
on_pad_added(GstElement *webrtcbin, GstPad *pad, TestOfferer *self)
{
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    GstElement *depay, *sink;
    g_autoptr(GstPad) depay_sink = NULL;
    g_autoptr(GstPad) sink_pad = NULL;
    gboolean is_sound;
    Series *series;

    if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC)
        return;
    is_sound =
        g_strcmp0(gst_structure_get_string(gst_caps_get_structure(caps, 0), "media"), "audio") == 0;
    depay = make_depayloader(caps);
    sink = gst_element_factory_make("fakesink", NULL);
    g_object_set(sink, "sync", FALSE, "async", FALSE, NULL);
    gst_bin_add_many(GST_BIN(self->pipeline), depay, sink, NULL);
    gst_element_link(depay, sink);
    sink_pad = gst_element_get_static_pad(sink, "sink");
    depay_sink = gst_element_get_static_pad(depay, "sink");
    gst_pad_add_probe(sink_pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame,
                      is_sound ? &self->n_sounds : &self->n_frames, NULL);
    if (!is_sound) {
        series = g_new0(Series, 1);
        series->offerer = self;
        gst_pad_add_probe(sink_pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_frame_caps, self, NULL);
        gst_pad_add_probe(depay_sink, GST_PAD_PROBE_TYPE_BUFFER, on_rtp, series, g_free);
    }
    gst_element_sync_state_with_parent(sink);
    gst_element_sync_state_with_parent(depay);
    gst_pad_link(pad, depay_sink);
}

/* --- data channels --- */

static void
on_message(GstWebRTCDataChannel *channel, const char *text, TestOfferer *self)
{
    g_mutex_lock(&self->lock);
    g_ptr_array_add(self->texts, g_strdup(text));
    g_mutex_unlock(&self->lock);
}

static void
on_open(GstWebRTCDataChannel *channel, TestOfferer *self)
{
    g_atomic_int_set(&self->is_open, TRUE);
}

/* Before anything can come by it. */
static void
on_prepare_channel(GstElement *webrtcbin, GstWebRTCDataChannel *channel, gboolean is_local,
                   TestOfferer *self)
{
    if (!is_local)
        return;
    g_signal_connect(channel, "on-open", G_CALLBACK(on_open), self);
    g_signal_connect(channel, "on-message-string", G_CALLBACK(on_message), self);
}

static void
add_channel(TestOfferer *self, const char *label, const char *options)
{
    g_autoptr(GstStructure) structure =
        options != NULL ? gst_structure_new_from_string(options) : NULL;
    GstWebRTCDataChannel *channel = NULL;

    g_signal_emit_by_name(self->webrtcbin, "create-data-channel", label, structure, &channel);
    g_assert_nonnull(channel);
    g_ptr_array_add(self->channels, channel);
}

void
test_offerer_add_channel(TestOfferer *self, const char *label)
{
    add_channel(self, label, NULL);
}

void
test_offerer_add_unreliable_channel(TestOfferer *self, const char *label)
{
    add_channel(self, label, "options,ordered=(boolean)false,max-retransmits=(int)0");
}

/* --- descriptions --- */

static void
on_told(gpointer offerer)
{
    g_atomic_int_set(&((TestOfferer *)offerer)->is_told, TRUE);
}

static void
forget_offerer(gpointer offerer)
{
}

static void
on_candidate(GstElement *webrtcbin, guint mline, const char *text, TestOfferer *self)
{
    g_mutex_lock(&self->lock);
    g_ptr_array_add(self->candidates, sl_sdp_candidate_new(NULL, (int)mline, text));
    g_mutex_unlock(&self->lock);
}

static void
on_gathering_state(GstElement *webrtcbin, GParamSpec *pspec, TestOfferer *self)
{
    GstWebRTCICEGatheringState state;

    g_object_get(webrtcbin, "ice-gathering-state", &state, NULL);
    if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
        g_atomic_int_set(&self->is_gathered, TRUE);
}

static void
on_offer_created(GstPromise *promise, gpointer data)
{
    TestOfferer *self = data;
    g_autoptr(GstWebRTCSessionDescription) offer = NULL;

    gst_structure_get(gst_promise_get_reply(promise), "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                      &offer, NULL);
    gst_promise_unref(promise);
    g_assert_nonnull(offer);
    sl_webrtcbin_set_sctp_id(self->webrtcbin, self->sctp_id);
    g_signal_emit_by_name(self->webrtcbin, "set-local-description", offer, NULL);
    g_atomic_int_set(&self->has_offer, TRUE);
    g_atomic_int_set(&self->is_busy, FALSE);
}

static void
add_media(TestOfferer *self, const char *kind, const char *format)
{
    g_autofree char *text = NULL;
    g_autoptr(GstCaps) caps = NULL;
    g_autoptr(GstWebRTCRTPTransceiver) transceiver = NULL;

    if (format == NULL)
        return;
    text = g_strdup_printf("application/x-rtp,media=%s,%s", kind, format);
    caps = gst_caps_from_string(text);
    g_assert_nonnull(caps);
    g_signal_emit_by_name(self->webrtcbin, "add-transceiver",
                          GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps, &transceiver);
    g_object_set(transceiver, "do-nack", self->config.nacks && g_str_equal(kind, "video"), NULL);
}

TestOfferer *
test_offerer_new(const TestOffererConfig *config)
{
    TestOfferer *self = g_new0(TestOfferer, 1);
    g_autoptr(GstObject) ice = NULL;
    g_autoptr(GObject) agent = NULL;

    self->config = *config;
    self->texts = g_ptr_array_new_with_free_func(g_free);
    self->candidates = g_ptr_array_new_with_free_func((GDestroyNotify)sl_sdp_candidate_free);
    self->channels = g_ptr_array_new_with_free_func(g_object_unref);
    g_mutex_init(&self->lock);
    self->sctp_id = sl_sctp_id_take();

    self->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    self->webrtcbin = gst_element_factory_make("webrtcbin", SL_WEBRTCBIN_NAME);
    g_object_set(self->webrtcbin, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
    g_object_get(self->webrtcbin, "ice-agent", &ice, NULL);
    g_object_set(ice, "ice-tcp", FALSE, NULL);
    g_object_get(ice, "agent", &agent, NULL);
    g_object_set(agent, "upnp", FALSE, NULL);
    g_signal_connect(self->webrtcbin, "pad-added", G_CALLBACK(on_pad_added), self);
    g_signal_connect(self->webrtcbin, "prepare-data-channel", G_CALLBACK(on_prepare_channel), self);
    g_signal_connect(self->webrtcbin, "on-ice-candidate", G_CALLBACK(on_candidate), self);
    g_signal_connect(self->webrtcbin, "notify::ice-gathering-state", G_CALLBACK(on_gathering_state),
                     self);
    sl_webrtcbin_watch_close(self->webrtcbin, on_told, self, forget_offerer);
    gst_bin_add(GST_BIN(self->pipeline), self->webrtcbin);
    gst_element_set_state(self->pipeline, GST_STATE_READY);
    add_media(self, "audio", config->audio);
    add_media(self, "video", config->video);
    if (config->unreliable_label != NULL)
        test_offerer_add_unreliable_channel(self, config->unreliable_label);
    if (config->label != NULL)
        test_offerer_add_channel(self, config->label);
    gst_element_set_state(self->pipeline, GST_STATE_PLAYING);
    g_atomic_int_set(&self->is_busy, TRUE);
    g_signal_emit_by_name(self->webrtcbin, "create-offer", NULL,
                          gst_promise_new_with_change_func(on_offer_created, self, NULL));
    return self;
}

void
test_offerer_free(TestOfferer *self)
{
    PROC_WAIT_UNTIL(!g_atomic_int_get(&self->is_busy));
    for (guint i = 0; i < self->channels->len; i++)
        g_signal_handlers_disconnect_by_data(g_ptr_array_index(self->channels, i), self);
    g_ptr_array_unref(self->channels);
    sl_webrtcbin_release(self->pipeline);
    gst_element_set_state(self->pipeline, GST_STATE_NULL);
    gst_object_unref(self->pipeline);
    sl_sctp_id_release(self->sctp_id);
    g_ptr_array_unref(self->texts);
    g_ptr_array_unref(self->candidates);
    g_mutex_clear(&self->lock);
    g_free(self);
}

char *
test_offerer_get_offer(TestOfferer *self)
{
    g_autoptr(GstWebRTCSessionDescription) offer = NULL;

    PROC_WAIT_UNTIL(g_atomic_int_get(&self->has_offer));
    if (!self->config.trickles)
        PROC_WAIT_UNTIL(g_atomic_int_get(&self->is_gathered));
    do {
        g_clear_pointer(&offer, gst_webrtc_session_description_free);
        proc_fixture_iterate();
        g_object_get(self->webrtcbin, "local-description", &offer, NULL);
    } while (offer == NULL);
    if (self->config.trickles) {
        for (guint i = 0; i < gst_sdp_message_medias_len(offer->sdp); i++) {
            GstSDPMedia *media = (GstSDPMedia *)gst_sdp_message_get_media(offer->sdp, i);
            for (guint n = gst_sdp_media_attributes_len(media); n > 0; n--) {
                if (g_str_equal(gst_sdp_media_get_attribute(media, n - 1)->key, "candidate"))
                    gst_sdp_media_remove_attribute(media, n - 1);
            }
        }
    }
    return gst_sdp_message_as_text(offer->sdp);
}

static void
on_answer_set(GstPromise *promise, gpointer data)
{
    TestOfferer *self = data;
    const GstStructure *reply = gst_promise_get_reply(promise);

    if (reply != NULL && gst_structure_has_field(reply, "error")) {
        g_autoptr(GError) error = NULL;

        gst_structure_get(reply, "error", G_TYPE_ERROR, &error, NULL);
        g_assert_no_error(error);
    }
    gst_promise_unref(promise);
    g_atomic_int_set(&self->is_busy, FALSE);
}

void
test_offerer_take_answer(TestOfferer *self, const char *sdp)
{
    g_autoptr(GstWebRTCSessionDescription) answer = NULL;
    GstSDPMessage *message = NULL;

    g_assert_cmpint(gst_sdp_message_new_from_text(sdp, &message), ==, GST_SDP_OK);
    answer = gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, message);
    g_atomic_int_set(&self->is_busy, TRUE);
    g_signal_emit_by_name(self->webrtcbin, "set-remote-description", answer,
                          gst_promise_new_with_change_func(on_answer_set, self, NULL));
}

void
test_offerer_trickle(TestOfferer *self, SlSession *session)
{
    PROC_WAIT_UNTIL(g_atomic_int_get(&self->is_gathered));
    g_mutex_lock(&self->lock);
    g_assert_cmpuint(self->candidates->len, >, 0);
    for (guint i = 0; i < self->candidates->len; i++) {
        const SlSdpCandidate *candidate = g_ptr_array_index(self->candidates, i);
        g_autoptr(GError) error = NULL;

        sl_session_add_candidate(session, 1, candidate->mid, candidate->mline, candidate->candidate,
                                 &error);
        g_assert_no_error(error);
    }
    g_mutex_unlock(&self->lock);
}

/* --- what has arrived --- */

guint
test_offerer_get_n_frames(TestOfferer *self)
{
    return (guint)g_atomic_int_get(&self->n_frames);
}

guint
test_offerer_get_n_sounds(TestOfferer *self)
{
    return (guint)g_atomic_int_get(&self->n_sounds);
}

guint
test_offerer_get_width(TestOfferer *self)
{
    return (guint)g_atomic_int_get(&self->width);
}

guint
test_offerer_get_n_broken(TestOfferer *self)
{
    return (guint)g_atomic_int_get(&self->n_broken);
}

guint
test_offerer_get_n_extended(TestOfferer *self)
{
    return (guint)g_atomic_int_get(&self->n_extended);
}

gboolean
test_offerer_is_channel_open(TestOfferer *self)
{
    return g_atomic_int_get(&self->is_open);
}

static GstWebRTCDataChannelState
get_state(TestOfferer *self, guint channel)
{
    GstWebRTCDataChannelState state;

    g_object_get(g_ptr_array_index(self->channels, channel), "ready-state", &state, NULL);
    return state;
}

gboolean
test_offerer_is_open(TestOfferer *self, guint channel)
{
    return get_state(self, channel) == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN;
}

gboolean
test_offerer_is_told(TestOfferer *self)
{
    return g_atomic_int_get(&self->is_told);
}

void
test_offerer_close_channel(TestOfferer *self, guint channel)
{
    gst_webrtc_data_channel_close(g_ptr_array_index(self->channels, channel));
}

gboolean
test_offerer_is_channel_closed(TestOfferer *self)
{
    gboolean is_closed = FALSE;

    for (guint i = 0; i < self->channels->len; i++)
        is_closed |= get_state(self, i) == GST_WEBRTC_DATA_CHANNEL_STATE_CLOSED;
    return is_closed;
}

void
test_offerer_send_by(TestOfferer *self, guint channel, const char *text)
{
    g_autoptr(GError) error = NULL;

    PROC_WAIT_UNTIL(test_offerer_is_open(self, channel)); /* what is heard by it may come before */
    gst_webrtc_data_channel_send_string_full(g_ptr_array_index(self->channels, channel), text,
                                             &error);
    g_assert_no_error(error);
}

void
test_offerer_send(TestOfferer *self, const char *text)
{
    test_offerer_send_by(self, 0, text);
}

gboolean
test_offerer_has_text(TestOfferer *self, const char *text)
{
    gboolean found = FALSE;

    g_mutex_lock(&self->lock);
    for (guint i = 0; i < self->texts->len; i++)
        found |= strstr(g_ptr_array_index(self->texts, i), text) != NULL;
    g_mutex_unlock(&self->lock);
    return found;
}
