#include "sl-peer.h"

#include <gst/sdp/sdp.h>

#include "sl-census.h"
#include "sl-codec-probe.h"
#include "sl-context.h"
#include "sl-data-channel.h"
#include "sl-meters.h"
#include "sl-sctp-id.h"
#include "sl-sdp.h"
#include "sl-sender.h"
#include "sl-session.h"
#include "sl-teardown.h"
#include "sl-webrtcbin.h"

GST_DEBUG_CATEGORY_STATIC(sightline_peer);
#define GST_CAT_DEFAULT sightline_peer

/* The first of the dynamic payload types (RFC 3551, section 6). */
#define FIRST_PAYLOAD_TYPE 96

#define NO_PATH "No path for the picture was found"
/* From the answer to the first candidate of our own. */
#define GATHERING_MS 3000

/* What webrtcbin's threads hold of the peer. */
typedef struct {
    GMainContext *context;
    SlWeak *peer;
} PeerLink;

struct _SlPeer {
    GObject parent_instance;

    GMainContext *context;
    SlWeak *weak;
    SlIce *ice;
    SlStream *stream;
    guint number;
    SlLimits limits;

    SlPeerState state;
    GstElement *pipeline;  /* NULL once ended */
    GstElement *webrtcbin; /* borrowed from the pipeline */
    GPtrArray *senders;    /* of SlSender, as the offer's media */
    SlDataChannel *channel;
    guint sctp_id; /* 0: none */
    char *offer;
    char **mids; /* of the offer's m-lines */
    guint n_candidates;
    guint n_own_candidates;
    GSource *timer;           /* not connected by then: failed */
    GSource *gathering_timer; /* nothing gathered by then: failed */
};

G_DEFINE_FINAL_TYPE(SlPeer, sl_peer, G_TYPE_OBJECT)

enum { OFFER, CANDIDATE, CONNECTED, CHANNEL_OPENED, STUCK, ENDED, N_SIGNALS };
static guint signals[N_SIGNALS];

static PeerLink *
peer_link_new(SlPeer *self)
{
    PeerLink *link = g_new0(PeerLink, 1);

    link->context = g_main_context_ref(self->context);
    link->peer = sl_weak_ref(self->weak);
    return link;
}

static void
peer_link_free(gpointer data)
{
    PeerLink *link = data;

    g_main_context_unref(link->context);
    sl_weak_unref(link->peer);
    g_free(link);
}

static void
peer_link_closure_notify(gpointer data, GClosure *closure)
{
    peer_link_free(data);
}

static void
connect_webrtcbin(SlPeer *self, const char *signal, GCallback callback)
{
    g_signal_connect_data(self->webrtcbin, signal, callback, peer_link_new(self),
                          peer_link_closure_notify, 0);
}

static gboolean
advance(SlPeer *self, SlPeerEvent event)
{
    SlPeerState next = sl_peer_state_next(self->state, event);

    if (next == self->state)
        return FALSE;
    GST_DEBUG("peer %u: %s -> %s", self->number, sl_peer_state_to_string(self->state),
              sl_peer_state_to_string(next));
    self->state = next;
    return TRUE;
}

static void
fail(SlPeer *self, SlSessionError code, const char *message)
{
    g_autoptr(GError) error = g_error_new_literal(SL_SESSION_ERROR, (int)code, message);

    sl_peer_end(self, error);
}

/* --- from the bus --- */

static void
on_pipeline_error(gpointer object, gpointer data)
{
    GError *error = data;

    GST_INFO("peer %u: %s", SL_PEER(object)->number, error->message);
    fail(object, SL_SESSION_ERROR_LOST, error->message);
}

static void
on_latency_changed(gpointer object, gpointer unused)
{
    SlPeer *self = object;

    if (self->pipeline != NULL)
        gst_bin_recalculate_latency(GST_BIN(self->pipeline));
}

static GstBusSyncReply
on_bus_message(GstBus *bus, GstMessage *message, gpointer data)
{
    PeerLink *link = data;

    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        GError *error = NULL;
        gst_message_parse_error(message, &error, NULL);
        sl_context_post(link->context, link->peer, on_pipeline_error, error,
                        (GDestroyNotify)g_error_free);
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY) {
        sl_context_post(link->context, link->peer, on_latency_changed, NULL, NULL);
    }
    gst_message_unref(message);
    return GST_BUS_DROP;
}

/* --- media --- */

static void
on_sender_stuck(SlSender *sender, SlPeer *self)
{
    GST_INFO("peer %u: nothing comes of the other tracks", self->number);
    g_signal_emit(self, signals[STUCK], 0);
}

static gboolean
add_senders(SlPeer *self, GPtrArray *codecs, GError **error)
{
    for (guint i = 0; i < codecs->len; i++) {
        SlSender *sender =
            sl_sender_new(self->context, self->pipeline, self->webrtcbin, self->stream,
                          g_ptr_array_index(codecs, i), FIRST_PAYLOAD_TYPE + i, error);
        if (sender == NULL)
            return FALSE;
        g_signal_connect(sender, "stuck", G_CALLBACK(on_sender_stuck), self);
        g_ptr_array_add(self->senders, sender);
    }
    return TRUE;
}

static gboolean
fits(SlPeer *self, GPtrArray *codecs)
{
    if (codecs == NULL || codecs->len != self->senders->len)
        return FALSE;
    for (guint i = 0; i < codecs->len; i++) {
        if (!sl_sender_fits(g_ptr_array_index(self->senders, i), g_ptr_array_index(codecs, i)))
            return FALSE;
    }
    return TRUE;
}

gboolean
sl_peer_switch(SlPeer *self, GError **error)
{
    GPtrArray *codecs = sl_stream_get_codecs(self->stream);

    if (self->pipeline == NULL || !fits(self, codecs))
        return TRUE;
    for (guint i = 0; i < codecs->len; i++) {
        if (!sl_sender_switch(g_ptr_array_index(self->senders, i), self->stream,
                              g_ptr_array_index(codecs, i), error))
            return FALSE;
    }
    return TRUE;
}

void
sl_peer_apply_live(SlPeer *self, GPtrArray *settings)
{
    for (guint i = 0; i < self->senders->len; i++)
        sl_sender_apply_live(g_ptr_array_index(self->senders, i), self->stream, settings);
}

/* --- the offer --- */

static char **
read_mids(const GstSDPMessage *sdp)
{
    guint n_media = gst_sdp_message_medias_len(sdp);
    char **mids = g_new0(char *, n_media + 1);

    for (guint i = 0; i < n_media; i++) {
        const char *mid = gst_sdp_media_get_attribute_val(gst_sdp_message_get_media(sdp, i), "mid");
        mids[i] = g_strdup(mid != NULL ? mid : "");
    }
    return mids;
}

static void
on_offer_ready(gpointer object, gpointer data)
{
    SlPeer *self = object;
    GstWebRTCSessionDescription *description = data;

    if (!advance(self, SL_PEER_EVENT_OFFER))
        return;
    self->sctp_id = sl_sctp_id_take();
    sl_webrtcbin_set_sctp_id(self->webrtcbin, self->sctp_id);
    self->mids = read_mids(description->sdp);
    self->offer = gst_sdp_message_as_text(description->sdp);
    g_signal_emit_by_name(self->webrtcbin, "set-local-description", description, NULL);
    g_signal_emit(self, signals[OFFER], 0, self->offer);
}

static void
on_offer_failed(gpointer object, gpointer unused)
{
    fail(object, SL_SESSION_ERROR_INTERNAL, "The offer could not be made");
}

/* webrtcbin's thread. */
static void
on_offer_created(GstPromise *promise, gpointer data)
{
    PeerLink *link = data;
    const GstStructure *reply = gst_promise_get_reply(promise);
    GstWebRTCSessionDescription *offer = NULL;

    if (gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED && reply != NULL)
        gst_structure_get(reply, "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &offer, NULL);
    if (offer != NULL)
        sl_context_post(link->context, link->peer, on_offer_ready, offer,
                        (GDestroyNotify)gst_webrtc_session_description_free);
    else
        sl_context_post(link->context, link->peer, on_offer_failed, NULL, NULL);
    gst_promise_unref(promise);
}

/* --- connecting --- */

typedef struct {
    guint mline;
    char *text;
} LocalCandidate;

static void
local_candidate_free(gpointer data)
{
    LocalCandidate *candidate = data;

    g_free(candidate->text);
    g_free(candidate);
}

static void
on_local_candidate(gpointer object, gpointer data)
{
    SlPeer *self = object;
    LocalCandidate *candidate = data;

    self->n_own_candidates++;
    if (self->state == SL_PEER_ENDED || self->mids == NULL ||
        candidate->mline >= g_strv_length(self->mids))
        return;
    g_signal_emit(self, signals[CANDIDATE], 0, candidate->mline, self->mids[candidate->mline],
                  candidate->text);
}

/* webrtcbin's thread. */
static void
on_webrtcbin_candidate(GstElement *webrtcbin, guint mline, const char *text, gpointer data)
{
    PeerLink *link = data;
    LocalCandidate *candidate = g_new0(LocalCandidate, 1);

    candidate->mline = mline;
    candidate->text = g_strdup(text);
    sl_context_post(link->context, link->peer, on_local_candidate, candidate, local_candidate_free);
}

static void
on_connection_state(gpointer object, gpointer unused)
{
    SlPeer *self = object;
    GstWebRTCPeerConnectionState state;

    if (self->webrtcbin == NULL)
        return;
    g_object_get(self->webrtcbin, "connection-state", &state, NULL);
    if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED) {
        if (self->state == SL_PEER_CONNECTED)
            fail(self, SL_SESSION_ERROR_LOST, "The connection to the viewer was lost");
        else
            fail(self, SL_SESSION_ERROR_NO_PATH, NO_PATH);
    } else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED &&
               advance(self, SL_PEER_EVENT_CONNECT)) {
        sl_clear_source(&self->timer);
        for (guint i = 0; i < self->senders->len; i++)
            sl_sender_start(g_ptr_array_index(self->senders, i));
        g_signal_emit(self, signals[CONNECTED], 0);
    }
}

/* webrtcbin's thread. */
static void
on_webrtcbin_connection_state(GstElement *webrtcbin, GParamSpec *pspec, gpointer data)
{
    PeerLink *link = data;

    sl_context_post(link->context, link->peer, on_connection_state, NULL, NULL);
}

static void
on_gathered(gpointer object, gpointer unused)
{
    SlPeer *self = object;

    if (self->state != SL_PEER_ENDED && self->mids != NULL)
        g_signal_emit(self, signals[CANDIDATE], 0, 0, self->mids[0], "");
}

/* webrtcbin's thread, without its lock. What was gathered has been posted before. */
static void
on_webrtcbin_gathering_state(GstElement *webrtcbin, GParamSpec *pspec, gpointer data)
{
    PeerLink *link = data;
    GstWebRTCICEGatheringState state;

    g_object_get(webrtcbin, "ice-gathering-state", &state, NULL);
    if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
        sl_context_post(link->context, link->peer, on_gathered, NULL, NULL);
}

static void
on_too_many_channels(gpointer object, gpointer unused)
{
    fail(object, SL_SESSION_ERROR_TOO_MANY, "Data channels are made by the server");
}

/* webrtcbin's thread, with its lock. Each channel costs threads, and nothing uses a viewer's own.
 */
static void
on_webrtcbin_data_channel(GstElement *webrtcbin, GstWebRTCDataChannel *channel, gpointer data)
{
    PeerLink *link = data;

    sl_context_post(link->context, link->peer, on_too_many_channels, NULL, NULL);
}

static gboolean
on_timeout(gpointer data)
{
    SlPeer *self = data;

    sl_limits_reached(&self->limits, SL_LIMIT(ice_timeout_ms), NULL);
    if (self->state == SL_PEER_OFFERED)
        fail(self, SL_SESSION_ERROR_LOST, "The viewer did not answer the offer");
    else
        fail(self, SL_SESSION_ERROR_NO_PATH, NO_PATH);
    return G_SOURCE_REMOVE;
}

static gboolean
on_gathering_timeout(gpointer data)
{
    SlPeer *self = data;

    sl_clear_source(&self->gathering_timer);
    if (self->n_own_candidates == 0)
        fail(self, SL_SESSION_ERROR_NO_PORT, "The server has no UDP port left for the picture");
    return G_SOURCE_REMOVE;
}

/* --- building --- */

static void
on_channel_opened(SlDataChannel *channel, SlPeer *self)
{
    g_signal_emit(self, signals[CHANNEL_OPENED], 0, channel);
}

static gboolean
add_channel(SlPeer *self, GError **error)
{
    GstWebRTCDataChannel *channel = NULL;

    g_signal_emit_by_name(self->webrtcbin, "create-data-channel", "relay", NULL, &channel);
    if (channel == NULL) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_INTERNAL,
                            "The data channel could not be made");
        return FALSE;
    }
    self->channel = sl_data_channel_new(self->context, channel);
    g_signal_connect(self->channel, "opened", G_CALLBACK(on_channel_opened), self);
    return TRUE;
}

static gboolean
build_pipeline(SlPeer *self, GError **error)
{
    GPtrArray *codecs = sl_stream_get_codecs(self->stream);
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    g_autoptr(GstBus) bus = NULL;

    self->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    self->webrtcbin = sl_ice_make_webrtcbin(self->ice);
    if (self->webrtcbin == NULL || codecs == NULL) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_INTERNAL,
                            "webrtcbin is missing (package gstreamer1.0-plugins-bad)");
        return FALSE;
    }
    sl_webrtcbin_skip_fec(self->webrtcbin);
    gst_bin_add(GST_BIN(self->pipeline), self->webrtcbin);
    bus = gst_pipeline_get_bus(GST_PIPELINE(self->pipeline));
    gst_bus_set_sync_handler(bus, on_bus_message, peer_link_new(self), peer_link_free);

    /* Frames carry the clock's own time: every peer's running time is that time, whenever it began.
     */
    gst_pipeline_use_clock(GST_PIPELINE(self->pipeline), clock);
    gst_element_set_start_time(self->pipeline, GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(self->pipeline, 0);

    /* Channels and transceivers can be made from READY on, and must be there before the offer. */
    gst_element_set_state(self->pipeline, GST_STATE_READY);
    return add_senders(self, codecs, error) && add_channel(self, error);
}

gboolean
sl_peer_start(SlPeer *self, GError **error)
{
    g_return_val_if_fail(self->state == SL_PEER_NEW, FALSE);

    advance(self, SL_PEER_EVENT_START);
    if (!build_pipeline(self, error))
        return FALSE;

    connect_webrtcbin(self, "on-ice-candidate", G_CALLBACK(on_webrtcbin_candidate));
    connect_webrtcbin(self, "on-data-channel", G_CALLBACK(on_webrtcbin_data_channel));
    connect_webrtcbin(self, "notify::connection-state", G_CALLBACK(on_webrtcbin_connection_state));
    connect_webrtcbin(self, "notify::ice-gathering-state",
                      G_CALLBACK(on_webrtcbin_gathering_state));
    gst_element_set_state(self->pipeline, GST_STATE_PLAYING);
    self->timer =
        sl_context_add_timeout(self->context, self->limits.ice_timeout_ms, on_timeout, self);
    g_signal_emit_by_name(
        self->webrtcbin, "create-offer", NULL,
        gst_promise_new_with_change_func(on_offer_created, peer_link_new(self), peer_link_free));
    return TRUE;
}

/* --- the answer --- */

static void
on_answer_refused(gpointer object, gpointer data)
{
    fail(object, SL_SESSION_ERROR_BAD_SDP, data);
}

/* Where no port is free libnice gives up without a word. Its own addresses cost it no time. */
static void
on_answer_taken(gpointer object, gpointer unused)
{
    SlPeer *self = object;

    if (self->state == SL_PEER_CONNECTING && self->n_own_candidates == 0)
        self->gathering_timer =
            sl_context_add_timeout(self->context, GATHERING_MS, on_gathering_timeout, self);
}

/* webrtcbin's thread. */
static void
on_answer_set(GstPromise *promise, gpointer data)
{
    PeerLink *link = data;
    const GstStructure *reply = gst_promise_get_reply(promise);
    g_autoptr(GError) error = NULL;

    if (reply != NULL && gst_structure_has_field(reply, "error"))
        gst_structure_get(reply, "error", G_TYPE_ERROR, &error, NULL);
    if (error != NULL)
        sl_context_post(link->context, link->peer, on_answer_refused, g_strdup(error->message),
                        g_free);
    else
        sl_context_post(link->context, link->peer, on_answer_taken, NULL, NULL);
    gst_promise_unref(promise);
}

static void
append_codec(SlPeer *self, GString *names, guint i)
{
    GPtrArray *codecs = sl_stream_get_codecs(self->stream);
    const SlTrackCodec *codec =
        codecs != NULL && i < codecs->len ? g_ptr_array_index(codecs, i) : NULL;
    const char *name = codec != NULL ? sl_codec_get_name(codec->rtp_caps) : NULL;

    g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", name != NULL ? name : "?");
}

/* A viewer that takes none of what the tracks are encoded in is told so: there is no picture for
 * it. Nor is there for one that takes the sound alone. */
static gboolean
check_codecs_taken(SlPeer *self, const char *sdp, GError **error)
{
    g_autoptr(GString) refused = g_string_new(NULL);
    gboolean video = FALSE, taken = FALSE, video_taken = FALSE;

    for (guint i = 0; i < self->senders->len; i++) {
        gboolean is_video = g_str_has_prefix(self->mids[i], "video"); /* as webrtcbin makes them */

        video = video || is_video;
        if (sl_sdp_get_media_result(sdp, self->mids[i]) != SL_SDP_MEDIA_ACCEPTED) {
            append_codec(self, refused, i);
        } else {
            taken = TRUE;
            video_taken = video_taken || is_video;
        }
    }
    if (video ? video_taken : taken)
        return TRUE;
    g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_CODEC_UNSUPPORTED,
                "The stream is encoded in %s, which this browser did not accept", refused->str);
    return FALSE;
}

gboolean
sl_peer_answer(SlPeer *self, const char *sdp, GError **error)
{
    g_autofree char *clean = NULL;
    g_autoptr(GError) fault = NULL;
    g_autoptr(GstWebRTCSessionDescription) description = NULL;
    GstSDPMessage *message = NULL;

    if (self->state != SL_PEER_OFFERED) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_SDP,
                            "No answer is expected from this peer now");
        return FALSE;
    }
    if (strlen(sdp) > self->limits.max_sdp_bytes) {
        sl_limits_reached(&self->limits, SL_LIMIT(max_sdp_bytes), NULL);
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_SDP,
                    "SDP of %" G_GSIZE_FORMAT " bytes, at most %u are allowed", strlen(sdp),
                    self->limits.max_sdp_bytes);
        return FALSE;
    }
    clean = sl_sdp_clean_answer(sdp);
    if (!sl_sdp_check_answer(clean, self->offer, &fault)) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_SDP, fault->message);
        return FALSE;
    }
    if (!check_codecs_taken(self, clean, error))
        return FALSE;
    if (gst_sdp_message_new_from_text(clean, &message) != GST_SDP_OK) {
        gst_sdp_message_free(message);
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_SDP,
                            "The answer can't be read as SDP");
        return FALSE;
    }

    advance(self, SL_PEER_EVENT_ANSWER);
    description = gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, message);
    g_signal_emit_by_name(
        self->webrtcbin, "set-remote-description", description,
        gst_promise_new_with_change_func(on_answer_set, peer_link_new(self), peer_link_free));
    return TRUE;
}

static int
find_mline(SlPeer *self, const char *mid, int mline)
{
    if (mid != NULL) {
        for (int i = 0; self->mids[i] != NULL; i++) {
            if (g_str_equal(self->mids[i], mid))
                return i;
        }
        return -1;
    }
    return mline < (int)g_strv_length(self->mids) ? mline : -1;
}

gboolean
sl_peer_add_candidate(SlPeer *self, const char *mid, int mline, const char *candidate,
                      GError **error)
{
    g_autoptr(GError) fault = NULL;
    gboolean usable;

    if (self->mids == NULL || *candidate == '\0')
        return TRUE;
    if (++self->n_candidates > self->limits.max_candidates) {
        sl_limits_reached(&self->limits, SL_LIMIT(max_candidates), NULL);
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_TOO_MANY,
                    "More than %u candidates for one peer", self->limits.max_candidates);
        return FALSE;
    }
    if (!sl_sdp_check_candidate(candidate, &usable, &fault)) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_CANDIDATE,
                            fault->message);
        return FALSE;
    }
    mline = find_mline(self, mid, mline);
    if (mline < 0) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_BAD_CANDIDATE,
                            "sdpMid or sdpMLineIndex names none of the offer's media");
        return FALSE;
    }
    if (usable)
        g_signal_emit_by_name(self->webrtcbin, "add-ice-candidate", (guint)mline, candidate);
    return TRUE;
}

/* --- the end --- */

static void
on_torn_down(gpointer sctp_id)
{
    sl_sctp_id_release(GPOINTER_TO_UINT(sctp_id));
}

static void
tear_down(SlPeer *self)
{
    sl_clear_source(&self->timer);
    sl_clear_source(&self->gathering_timer);
    for (guint i = 0; i < self->senders->len; i++)
        g_signal_handlers_disconnect_by_data(g_ptr_array_index(self->senders, i), self);
    g_ptr_array_set_size(self->senders, 0);
    /* Channels are let go of before webrtcbin, which they point into. */
    if (self->channel != NULL) {
        sl_data_channel_detach(self->channel);
        g_signal_handlers_disconnect_by_data(self->channel, self);
        g_clear_object(&self->channel);
    }
    self->webrtcbin = NULL;
    if (self->pipeline != NULL)
        sl_teardown_element(g_steal_pointer(&self->pipeline), sl_webrtcbin_release, self->context,
                            on_torn_down, GUINT_TO_POINTER(self->sctp_id));
    self->sctp_id = 0;
}

void
sl_peer_end(SlPeer *self, const GError *error)
{
    g_autoptr(SlPeer) alive = g_object_ref(self);

    if (!advance(self, SL_PEER_EVENT_END))
        return;
    tear_down(self);
    g_signal_emit(self, signals[ENDED], 0, error);
}

/* --- the object --- */

guint
sl_peer_get_number(SlPeer *self)
{
    return self->number;
}

SlPeerState
sl_peer_get_state(SlPeer *self)
{
    return self->state;
}

static void
sl_peer_dispose(GObject *object)
{
    SlPeer *self = SL_PEER(object);

    tear_down(self);
    g_clear_object(&self->stream);
    G_OBJECT_CLASS(sl_peer_parent_class)->dispose(object);
}

static void
sl_peer_finalize(GObject *object)
{
    SlPeer *self = SL_PEER(object);

    g_clear_pointer(&self->senders, g_ptr_array_unref);
    g_clear_pointer(&self->ice, sl_ice_unref);
    g_clear_pointer(&self->weak, sl_weak_unref);
    g_clear_pointer(&self->mids, g_strfreev);
    g_free(self->offer);
    g_clear_pointer(&self->context, g_main_context_unref);
    G_OBJECT_CLASS(sl_peer_parent_class)->finalize(object);
}

static void
sl_peer_class_init(SlPeerClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_peer_dispose;
    object_class->finalize = sl_peer_finalize;
    signals[OFFER] = g_signal_new("offer", SL_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_STRING);
    signals[CANDIDATE] =
        g_signal_new("candidate", SL_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                     3, G_TYPE_UINT, G_TYPE_STRING, G_TYPE_STRING);
    signals[CONNECTED] = g_signal_new("connected", SL_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                      NULL, G_TYPE_NONE, 0);
    signals[CHANNEL_OPENED] =
        g_signal_new("channel-opened", SL_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                     G_TYPE_NONE, 1, SL_TYPE_RELAY_TRANSPORT);
    signals[STUCK] =
        g_signal_new("stuck", SL_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[ENDED] = g_signal_new("ended", SL_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_ERROR);
    GST_DEBUG_CATEGORY_INIT(sightline_peer, "sightline-peer", 0, "Sightline peers");
}

static void
sl_peer_init(SlPeer *self)
{
    sl_census_add_object(self);
    self->weak = sl_weak_new(self);
    self->senders = g_ptr_array_new_with_free_func(g_object_unref);
}

SlPeer *
sl_peer_new(GMainContext *context, SlIce *ice, SlStream *stream, const SlLimits *limits,
            guint number)
{
    SlPeer *self = g_object_new(SL_TYPE_PEER, NULL);

    self->context = g_main_context_ref(context);
    self->ice = sl_ice_ref(ice);
    self->stream = g_object_ref(stream);
    self->limits = *limits;
    self->number = number;
    return self;
}
