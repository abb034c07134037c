#include "test-viewer.h"

#include <gst/gst.h>
#include <gst/sdp/sdp.h>
#include <gst/video/video.h>
#include <gst/sctp/sctpsendmeta.h>
#include <gst/webrtc/webrtc.h>

#include "sl-context.h"
#include "sl-sctp-id.h"
#include "sl-webrtcbin.h"

#define SINK_NAME "frames"

struct _TestViewer {
    SlSession *session;
    TestViewerKind kind;
    guint peer;
    char *offer; /* nullable: the newest */
    GstElement *pipeline;
    GstElement *webrtcbin; /* borrowed */
    guint sctp_id;

    gint n_frames;    /* atomic */
    gint n_keyframes; /* atomic */
    gint n_missing;   /* atomic */
    gint n_back;      /* atomic */
    gint width;       /* atomic */
    gint answering;   /* atomic: webrtcbin's thread is at work on an answer */
    GMutex lock;
    GPtrArray *texts;              /* protected by lock */
    GstWebRTCDataChannel *channel; /* protected by lock */
    GPtrArray *own;                /* of GstWebRTCDataChannel */
};

typedef struct {
    TestViewer *viewer;
    guint peer;
    guint mline;
    char *text;
} Post;

static void
post_free(gpointer data)
{
    Post *post = data;

    g_free(post->text);
    g_free(post);
}

static void
post(TestViewer *self, SlContextFunc func, guint mline, const char *text)
{
    Post *post = g_new0(Post, 1);

    post->viewer = self;
    post->peer = self->peer;
    post->mline = mline;
    post->text = g_strdup(text);
    sl_context_post(g_main_context_default(), NULL, func, post, post_free);
}

static GstPadProbeReturn
on_packet(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    TestViewer *self = data;

    if (!GST_BUFFER_FLAG_IS_SET(GST_PAD_PROBE_INFO_BUFFER(info), GST_BUFFER_FLAG_DELTA_UNIT))
        g_atomic_int_inc(&self->n_keyframes);
    g_atomic_int_inc(&self->n_frames);
    return GST_PAD_PROBE_OK;
}

/* Of one pad: what its last packet was. */
typedef struct {
    TestViewer *viewer;
    gboolean begun;
    guint16 sequence;
    guint32 timestamp;
} Series;

/* What a browser would see: packets as they were sent, in order. */
static GstPadProbeReturn
on_rtp(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    Series *series = data;
    guint8 header[12];
    guint16 sequence;
    guint32 timestamp;

    gst_buffer_extract(GST_PAD_PROBE_INFO_BUFFER(info), 0, header, sizeof header);
    sequence = GST_READ_UINT16_BE(header + 2);
    timestamp = GST_READ_UINT32_BE(header + 4);
    if (series->begun && sequence != (guint16)(series->sequence + 1))
        g_atomic_int_inc(&series->viewer->n_missing);
    if (series->begun && (gint32)(timestamp - series->timestamp) < 0)
        g_atomic_int_inc(&series->viewer->n_back);
    series->begun = TRUE;
    series->sequence = sequence;
    series->timestamp = timestamp;
    return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_frame_caps(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    TestViewer *self = data;
    GstCaps *caps;
    gint width;

    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_CAPS)
        return GST_PAD_PROBE_OK;
    gst_event_parse_caps(GST_PAD_PROBE_INFO_EVENT(info), &caps);
    if (gst_structure_get_int(gst_caps_get_structure(caps, 0), "width", &width))
        g_atomic_int_set(&self->width, width);
    return GST_PAD_PROBE_OK;
}

static void
on_pad_added(GstElement *webrtcbin, GstPad *pad, TestViewer *self)
{
    GstElement *depay, *sink;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    g_autoptr(GstPad) depay_sink = NULL;
    g_autoptr(GstPad) sink_pad = NULL;
    Series *series;
    gboolean is_sound;

    if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC)
        return;
    is_sound =
        g_strcmp0(gst_structure_get_string(gst_caps_get_structure(caps, 0), "media"), "audio") == 0;
    depay = gst_element_factory_make(is_sound ? "rtpopusdepay" : "rtpvp8depay", NULL);
    sink = gst_element_factory_make("fakesink", is_sound ? NULL : SINK_NAME);
    g_object_set(sink, "sync", FALSE, "async", FALSE, NULL);
    gst_bin_add_many(GST_BIN(self->pipeline), depay, sink, NULL);
    gst_element_link(depay, sink);
    sink_pad = gst_element_get_static_pad(sink, "sink");
    if (!is_sound)
        gst_pad_add_probe(sink_pad, GST_PAD_PROBE_TYPE_BUFFER, on_packet, self, NULL);
    gst_pad_add_probe(sink_pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_frame_caps, self, NULL);
    gst_element_sync_state_with_parent(sink);
    gst_element_sync_state_with_parent(depay);
    depay_sink = gst_element_get_static_pad(depay, "sink");
    series = g_new0(Series, 1);
    series->viewer = self;
    gst_pad_add_probe(depay_sink, GST_PAD_PROBE_TYPE_BUFFER, on_rtp, series, g_free);
    gst_pad_link(pad, depay_sink);
}

static void
on_message(GstWebRTCDataChannel *channel, const char *text, TestViewer *self)
{
    g_mutex_lock(&self->lock);
    g_ptr_array_add(self->texts, g_strdup(text));
    g_mutex_unlock(&self->lock);
}

static void
on_bytes(GstWebRTCDataChannel *channel, GBytes *message, TestViewer *self)
{
    gsize len;
    const char *bytes = g_bytes_get_data(message, &len);
    const char *nul = memrchr(bytes, '\0', len);
    const char *rest = nul != NULL ? nul + 1 : bytes;
    g_autofree char *text = g_strndup(rest, len - (gsize)(rest - bytes));

    on_message(channel, text, self);
}

static void
on_data_channel(GstElement *webrtcbin, GstWebRTCDataChannel *channel, TestViewer *self)
{
    g_mutex_lock(&self->lock);
    g_set_object(&self->channel, channel);
    g_mutex_unlock(&self->lock);
    g_signal_connect(channel, "on-message-string", G_CALLBACK(on_message), self);
}

/* Of one that it makes itself: before anything can come by it. */
static void
on_prepare_channel(GstElement *webrtcbin, GstWebRTCDataChannel *channel, gboolean is_local,
                   TestViewer *self)
{
    if (!is_local)
        return;
    g_signal_connect(channel, "on-message-string", G_CALLBACK(on_message), self);
    g_signal_connect(channel, "on-message-data", G_CALLBACK(on_bytes), self);
}

static void
give_candidate(gpointer object, gpointer data)
{
    Post *post = data;

    if (post->viewer->session != NULL && post->peer == post->viewer->peer)
        sl_session_add_candidate(post->viewer->session, post->peer, NULL, (int)post->mline,
                                 post->text, NULL);
}

static void
on_candidate(GstElement *webrtcbin, guint mline, const char *text, TestViewer *self)
{
    post(self, give_candidate, mline, text);
}

static void
give_answer(gpointer object, gpointer data)
{
    Post *post = data;
    g_autoptr(GError) error = NULL;

    if (post->viewer->session != NULL && post->peer == post->viewer->peer)
        sl_session_answer(post->viewer->session, post->peer, post->text, &error);
    g_assert_no_error(error);
}

static void
on_answer_created(GstPromise *promise, gpointer data)
{
    TestViewer *self = data;
    g_autoptr(GstWebRTCSessionDescription) answer = NULL;
    g_autofree char *text = NULL;

    const GstStructure *reply = gst_promise_get_reply(promise);

    if (reply != NULL)
        gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, NULL);
    gst_promise_unref(promise);
    if (answer == NULL) { /* it is being taken down */
        g_atomic_int_set(&self->answering, FALSE);
        return;
    }
    sl_webrtcbin_set_sctp_id(self->webrtcbin, self->sctp_id);
    g_signal_emit_by_name(self->webrtcbin, "set-local-description", answer, NULL);
    text = gst_sdp_message_as_text(answer->sdp);
    post(self, give_answer, 0, text);
    g_atomic_int_set(&self->answering, FALSE);
}

static void
on_offer_set(GstPromise *promise, gpointer data)
{
    TestViewer *self = data;

    g_signal_emit_by_name(self->webrtcbin, "create-answer", NULL,
                          gst_promise_new_with_change_func(on_answer_created, self, NULL));
    gst_promise_unref(promise);
}

static void
drop_pipeline(TestViewer *self)
{
    if (self->pipeline == NULL)
        return;
    g_mutex_lock(&self->lock);
    if (self->channel != NULL)
        g_signal_handlers_disconnect_by_data(self->channel, self);
    g_clear_object(&self->channel);
    g_mutex_unlock(&self->lock);
    for (guint i = 0; i < self->own->len; i++)
        g_signal_handlers_disconnect_by_data(g_ptr_array_index(self->own, i), self);
    g_ptr_array_set_size(self->own, 0);
    while (g_atomic_int_get(&self->answering)) /* bounded: it answers or fails */
        g_thread_yield();
    sl_webrtcbin_release(self->pipeline); /* the same leak is on this side */
    gst_element_set_state(self->pipeline, GST_STATE_NULL);
    g_clear_object(&self->pipeline);
    sl_sctp_id_release(self->sctp_id);
}

static void
make_pipeline(TestViewer *self)
{
    g_autoptr(GstObject) ice = NULL;
    g_autoptr(GObject) agent = NULL;

    self->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    self->webrtcbin = gst_element_factory_make("webrtcbin", SL_WEBRTCBIN_NAME);
    g_object_set(self->webrtcbin, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
    g_object_get(self->webrtcbin, "ice-agent", &ice, NULL);
    g_object_set(ice, "ice-tcp", FALSE, NULL);
    g_object_get(ice, "agent", &agent, NULL);
    g_object_set(agent, "upnp", FALSE, NULL);
    g_signal_connect(self->webrtcbin, "pad-added", G_CALLBACK(on_pad_added), self);
    g_signal_connect(self->webrtcbin, "on-data-channel", G_CALLBACK(on_data_channel), self);
    g_signal_connect(self->webrtcbin, "prepare-data-channel", G_CALLBACK(on_prepare_channel), self);
    g_signal_connect(self->webrtcbin, "on-ice-candidate", G_CALLBACK(on_candidate), self);
    gst_bin_add(GST_BIN(self->pipeline), self->webrtcbin);
    self->sctp_id = sl_sctp_id_take();
    gst_element_set_state(self->pipeline, GST_STATE_PLAYING);
}

static void
on_session_offer(SlSession *session, guint peer, const char *sdp, TestViewer *self)
{
    self->peer = peer;
    g_free(self->offer);
    self->offer = g_strdup(sdp);
    if (self->kind == TEST_VIEWER_ANSWERS)
        test_viewer_answer(self);
}

void
test_viewer_answer(TestViewer *self)
{
    g_autoptr(GstWebRTCSessionDescription) offer = NULL;
    GstSDPMessage *message = NULL;

    drop_pipeline(self);
    make_pipeline(self);
    g_assert_cmpint(gst_sdp_message_new_from_text(self->offer, &message), ==, GST_SDP_OK);
    offer = gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, message);
    g_atomic_int_set(&self->answering, TRUE);
    g_signal_emit_by_name(self->webrtcbin, "set-remote-description", offer,
                          gst_promise_new_with_change_func(on_offer_set, self, NULL));
}

static void
on_session_candidate(SlSession *session, guint peer, guint mline, const char *mid,
                     const char *candidate, TestViewer *self)
{
    if (self->pipeline != NULL && peer == self->peer && *candidate != '\0')
        g_signal_emit_by_name(self->webrtcbin, "add-ice-candidate", mline, candidate);
}

TestViewer *
test_viewer_new(SlSession *session, TestViewerKind kind)
{
    TestViewer *self = g_new0(TestViewer, 1);

    self->session = session;
    self->kind = kind;
    self->texts = g_ptr_array_new_with_free_func(g_free);
    self->own = g_ptr_array_new_with_free_func(g_object_unref);
    g_mutex_init(&self->lock);
    g_signal_connect(session, "offer", G_CALLBACK(on_session_offer), self);
    g_signal_connect(session, "candidate", G_CALLBACK(on_session_candidate), self);
    g_object_add_weak_pointer(G_OBJECT(session), (gpointer *)&self->session);
    return self;
}

void
test_viewer_free(TestViewer *self)
{
    drop_pipeline(self);
    /* What its threads have posted runs before it goes. */
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_assert_null(self->session);
    g_ptr_array_unref(self->texts);
    g_ptr_array_unref(self->own);
    g_free(self->offer);
    g_mutex_clear(&self->lock);
    g_free(self);
}

guint
test_viewer_get_n_frames(TestViewer *self)
{
    return (guint)g_atomic_int_get(&self->n_frames);
}

guint
test_viewer_get_n_keyframes(TestViewer *self)
{
    return (guint)g_atomic_int_get(&self->n_keyframes);
}

guint
test_viewer_get_n_broken(TestViewer *self)
{
    return (guint)(g_atomic_int_get(&self->n_missing) + g_atomic_int_get(&self->n_back));
}

guint
test_viewer_get_width(TestViewer *self)
{
    return (guint)g_atomic_int_get(&self->width);
}

void
test_viewer_ask_for_keyframe(TestViewer *self)
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(self->pipeline), SINK_NAME);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(sink, "sink");

    gst_pad_push_event(pad,
                       gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

guint
test_viewer_get_peer(TestViewer *self)
{
    return self->peer;
}

void
test_viewer_send(TestViewer *self, const char *text)
{
    g_autoptr(GError) error = NULL;

    gst_webrtc_data_channel_send_string_full(self->channel, text, &error);
    g_assert_no_error(error);
}

static void
send_control(const GValue *value, gpointer message)
{
    GstBuffer *buffer = gst_buffer_new_wrapped_bytes(message);

    gst_sctp_buffer_add_send_meta(buffer, 50, TRUE, GST_SCTP_SEND_META_PARTIAL_RELIABILITY_NONE, 0);
    g_assert_cmpint(gst_app_src_push_buffer(g_value_get_object(value), buffer), ==, GST_FLOW_OK);
}

void
test_viewer_send_control(TestViewer *self, GBytes *message)
{
    GstIterator *channels =
        gst_bin_iterate_all_by_element_factory_name(GST_BIN(self->webrtcbin), "appsrc");

    gst_iterator_foreach(channels, send_control, message);
    gst_iterator_free(channels);
}

static GstPadProbeReturn
drop_packet(GstPad *pad, GstPadProbeInfo *info, gpointer unused)
{
    return GST_PAD_PROBE_DROP;
}

static void
deafen(const GValue *value, gpointer unused)
{
    g_autoptr(GstPad) sink = gst_element_get_static_pad(g_value_get_object(value), "sink");

    gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, drop_packet,
                      NULL, NULL);
}

void
test_viewer_deafen(TestViewer *self)
{
    GstIterator *decoders =
        gst_bin_iterate_all_by_element_factory_name(GST_BIN(self->webrtcbin), "dtlssrtpdec");

    gst_iterator_foreach(decoders, deafen, NULL);
    gst_iterator_free(decoders);
}

void
test_viewer_close_channel(TestViewer *self)
{
    gst_webrtc_data_channel_close(self->channel);
}

void
test_viewer_add_channel(TestViewer *self, const char *label, const char *options)
{
    g_autoptr(GstStructure) structure =
        options != NULL ? gst_structure_new_from_string(options) : NULL;
    GstWebRTCDataChannel *channel = NULL;

    g_signal_emit_by_name(self->webrtcbin, "create-data-channel", label, structure, &channel);
    g_assert_nonnull(channel);
    g_ptr_array_add(self->own, channel);
}

static GstWebRTCDataChannelState
get_own_state(TestViewer *self)
{
    GstWebRTCDataChannelState state;

    g_object_get(g_ptr_array_index(self->own, self->own->len - 1), "ready-state", &state, NULL);
    return state;
}

gboolean
test_viewer_is_own_open(TestViewer *self)
{
    return get_own_state(self) == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN;
}

gboolean
test_viewer_is_own_closed(TestViewer *self)
{
    return get_own_state(self) == GST_WEBRTC_DATA_CHANNEL_STATE_CLOSED;
}

void
test_viewer_send_by_own(TestViewer *self, const char *text)
{
    g_autoptr(GError) error = NULL;

    gst_webrtc_data_channel_send_string_full(g_ptr_array_index(self->own, self->own->len - 1), text,
                                             &error);
    g_assert_no_error(error);
}

void
test_viewer_send_bytes_by_own(TestViewer *self, GBytes *message)
{
    g_autoptr(GError) error = NULL;

    gst_webrtc_data_channel_send_data_full(g_ptr_array_index(self->own, self->own->len - 1),
                                           message, &error);
    g_assert_no_error(error);
}

gboolean
test_viewer_has_text(TestViewer *self, const char *text)
{
    gboolean found = FALSE;

    g_mutex_lock(&self->lock);
    for (guint i = 0; i < self->texts->len; i++)
        found |= strstr(g_ptr_array_index(self->texts, i), text) != NULL;
    g_mutex_unlock(&self->lock);
    return found;
}
