#include "sl-rtc-private.h"

#include <stdarg.h>

#include "sl-census.h"
#include "sl-meters.h"
#include "sl-sctp-guard.h"
#include "sl-sctp-id.h"
#include "sl-teardown.h"
#include "sl-webrtcbin.h"

GST_DEBUG_CATEGORY_STATIC(sightline_rtc);
#define GST_CAT_DEFAULT sightline_rtc

G_DEFINE_FINAL_TYPE(SlRtc, sl_rtc, G_TYPE_OBJECT)

enum {
    DESCRIBED,
    CANDIDATE,
    GATHERED,
    CONNECTED,
    DATA_CHANNEL,
    UNRELIABLE_CHANNEL,
    OBJECTS_CHANNEL,
    ENDED,
    N_SIGNALS
};
static guint signals[N_SIGNALS];

SlRtcLink *
sl_rtc_link_new(SlRtc *self)
{
    SlRtcLink *link = g_new0(SlRtcLink, 1);

    link->context = g_main_context_ref(self->context);
    link->rtc = sl_weak_ref(self->weak);
    return link;
}

void
sl_rtc_link_free(gpointer data)
{
    SlRtcLink *link = data;

    g_main_context_unref(link->context);
    sl_weak_unref(link->rtc);
    g_free(link);
}

static void
rtc_link_closure_notify(gpointer data, GClosure *closure)
{
    sl_rtc_link_free(data);
}

void
sl_rtc_connect_webrtcbin(SlRtc *self, const char *signal, GCallback callback)
{
    g_signal_connect_data(self->webrtcbin, signal, callback, sl_rtc_link_new(self),
                          rtc_link_closure_notify, 0);
}

gboolean
sl_rtc_advance(SlRtc *self, SlRtcEvent event)
{
    SlRtcState next = sl_rtc_state_next(self->state, event);

    if (next == self->state)
        return FALSE;
    GST_DEBUG("%s %u: %s -> %s", self->who, self->number, sl_rtc_state_to_string(self->state),
              sl_rtc_state_to_string(next));
    self->state = next;
    return TRUE;
}

void
sl_rtc_fail(SlRtc *self, SlSessionError code, const char *format, ...)
{
    g_autoptr(GError) error = NULL;
    va_list args;

    va_start(args, format);
    error = g_error_new_valist(SL_SESSION_ERROR, (int)code, format, args);
    va_end(args);
    sl_rtc_end(self, error);
}

/* --- from the bus --- */

static void
on_pipeline_error(gpointer object, gpointer data)
{
    SlRtc *self = object;
    GError *error = data;

    GST_INFO("%s %u: %s", self->who, self->number, error->message);
    sl_rtc_fail(self, SL_SESSION_ERROR_LOST, "%s", error->message);
}

static void
on_latency_changed(gpointer object, gpointer unused)
{
    SlRtc *self = object;

    if (self->pipeline != NULL)
        gst_bin_recalculate_latency(GST_BIN(self->pipeline));
}

static GstBusSyncReply
on_bus_message(GstBus *bus, GstMessage *message, gpointer data)
{
    SlRtcLink *link = data;

    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        GError *error = NULL;
        gst_message_parse_error(message, &error, NULL);
        sl_context_post(link->context, link->rtc, on_pipeline_error, error,
                        (GDestroyNotify)g_error_free);
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY) {
        sl_context_post(link->context, link->rtc, on_latency_changed, NULL, NULL);
    }
    gst_message_unref(message);
    return GST_BUS_DROP;
}

/* --- connecting --- */

static void
fail_without_path(SlRtc *self)
{
    sl_rtc_fail(self, SL_SESSION_ERROR_NO_PATH, "No path for the picture was found");
}

static void
on_connection_state(gpointer object, gpointer unused)
{
    SlRtc *self = object;
    GstWebRTCPeerConnectionState state;

    if (self->webrtcbin == NULL)
        return;
    g_object_get(self->webrtcbin, "connection-state", &state, NULL);
    if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED) {
        if (self->state == SL_RTC_CONNECTED)
            sl_rtc_fail(self, SL_SESSION_ERROR_LOST, "The connection to the %s was lost",
                        self->who);
        else
            fail_without_path(self);
    } else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED &&
               sl_rtc_advance(self, SL_RTC_EVENT_CONNECT)) {
        sl_clear_source(&self->timer);
        GST_DEBUG_BIN_TO_DOT_FILE_WITH_TS(GST_BIN(self->pipeline), GST_DEBUG_GRAPH_SHOW_ALL,
                                          self->who);
        g_signal_emit(self, signals[CONNECTED], 0);
    }
}

/* webrtcbin's thread. */
static void
on_webrtcbin_connection_state(GstElement *webrtcbin, GParamSpec *pspec, gpointer data)
{
    SlRtcLink *link = data;

    sl_context_post(link->context, link->rtc, on_connection_state, NULL, NULL);
}

static void
on_closed(gpointer object, gpointer unused)
{
    SlRtc *self = object;

    sl_rtc_fail(self, SL_SESSION_ERROR_LOST, "The %s has closed the connection", self->who);
}

/* webrtcbin's thread. */
static void
on_webrtcbin_closed(gpointer data)
{
    SlRtcLink *link = data;

    sl_context_post(link->context, link->rtc, on_closed, NULL, NULL);
}

static gboolean
on_timeout(gpointer data)
{
    SlRtc *self = data;

    sl_limits_reached(&self->limits, SL_LIMIT(ice_timeout_ms), NULL);
    if (self->state == SL_RTC_OFFERED)
        sl_rtc_fail(self, SL_SESSION_ERROR_LOST, "The %s did not answer the offer", self->who);
    else
        fail_without_path(self);
    return G_SOURCE_REMOVE;
}

/* --- data channels --- */

/* The other side's may open in any order. */
static void
tell_unreliable_channel(SlRtc *self)
{
    if (self->is_channel_open && self->is_unreliable_open)
        g_signal_emit(self, signals[UNRELIABLE_CHANNEL], 0, self->unreliable_channel);
}

static void
on_channel_opened(SlDataChannel *channel, SlRtc *self)
{
    g_autoptr(SlRtc) alive = g_object_ref(self);

    self->is_channel_open = TRUE;
    g_signal_emit(self, signals[DATA_CHANNEL], 0, channel);
    tell_unreliable_channel(self);
}

static void
on_unreliable_channel_opened(SlDataChannel *channel, SlRtc *self)
{
    self->is_unreliable_open = TRUE;
    tell_unreliable_channel(self);
}

/* Before the other one has opened; what is closed later, its transport's user is told. */
static void
on_unreliable_channel_closed(SlDataChannel *channel, SlRtc *self)
{
    self->is_unreliable_open = FALSE;
}

static void
take_channel(SlRtc *self, SlDataChannel *channel)
{
    self->channel = channel;
    g_signal_connect(channel, "opened", G_CALLBACK(on_channel_opened), self);
}

static void
on_objects_channel_opened(SlDataChannel *channel, SlRtc *self)
{
    g_signal_emit(self, signals[OBJECTS_CHANNEL], 0, channel);
}

static void
on_channel_taken(SlChannelTaker *taker, SlDataChannel *channel, guint kind, SlRtc *self)
{
    switch ((SlChannelKind)kind) {
    case SL_CHANNEL_RELAY:
        take_channel(self, g_object_ref(channel));
        break;
    case SL_CHANNEL_UNRELIABLE:
        self->unreliable_channel = g_object_ref(channel);
        g_signal_connect(channel, "opened", G_CALLBACK(on_unreliable_channel_opened), self);
        g_signal_connect(channel, "closed", G_CALLBACK(on_unreliable_channel_closed), self);
        break;
    case SL_CHANNEL_OBJECTS:
        self->objects_channel = g_object_ref(channel);
        g_signal_connect(channel, "opened", G_CALLBACK(on_objects_channel_opened), self);
        break;
    case SL_CHANNEL_N_KINDS:
        break;
    }
}

static void
on_too_many_channels(SlChannelTaker *taker, SlRtc *self)
{
    sl_rtc_fail(self, SL_SESSION_ERROR_TOO_MANY, "Too many data channels");
}

gboolean
sl_rtc_add_channel(SlRtc *self, GError **error)
{
    GstWebRTCDataChannel *channel = NULL;

    g_signal_emit_by_name(self->webrtcbin, "create-data-channel", self->channel_label, NULL,
                          &channel);
    if (channel == NULL) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_INTERNAL,
                            "The data channel could not be made");
        return FALSE;
    }
    take_channel(self, sl_data_channel_new(self->context, channel));
    return TRUE;
}

void
sl_rtc_await_channels(SlRtc *self, const char *label)
{
    const char *const labels[SL_CHANNEL_N_KINDS] = {
        [SL_CHANNEL_RELAY] = label,
        [SL_CHANNEL_UNRELIABLE] = self->unreliable_label,
        [SL_CHANNEL_OBJECTS] = self->objects_label,
    };

    self->taker = sl_channel_taker_new(self->context, self->webrtcbin, labels);
    g_signal_connect(self->taker, "taken", G_CALLBACK(on_channel_taken), self);
    g_signal_connect(self->taker, "too-many", G_CALLBACK(on_too_many_channels), self);
}

void
sl_rtc_set_sctp_id(SlRtc *self)
{
    self->sctp_id = sl_sctp_id_take();
    sl_webrtcbin_set_sctp_id(self->webrtcbin, self->sctp_id);
}

static void
drop_channel(SlRtc *self, SlDataChannel **channel)
{
    g_autoptr(SlDataChannel) dropped = g_steal_pointer(channel);

    if (dropped == NULL)
        return;
    sl_data_channel_detach(dropped);
    g_signal_handlers_disconnect_by_data(dropped, self);
}

/* Channels are let go of before webrtcbin, which they point into. */
static void
drop_channels(SlRtc *self)
{
    if (self->taker != NULL) {
        g_signal_handlers_disconnect_by_data(self->taker, self);
        sl_channel_taker_detach(self->taker);
        g_clear_object(&self->taker);
    }
    drop_channel(self, &self->channel);
    drop_channel(self, &self->unreliable_channel);
    drop_channel(self, &self->objects_channel);
    self->is_channel_open = self->is_unreliable_open = FALSE;
}

/* --- the pipeline --- */

gboolean
sl_rtc_open(SlRtc *self, GError **error)
{
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    g_autoptr(GstBus) bus = NULL;

    g_return_val_if_fail(self->state == SL_RTC_NEW && self->pipeline == NULL, FALSE);

    self->pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    self->webrtcbin = sl_ice_make_webrtcbin(self->ice);
    if (self->webrtcbin == NULL) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_INTERNAL,
                            "webrtcbin is missing (package gstreamer1.0-plugins-bad)");
        return FALSE;
    }
    sl_webrtcbin_skip_fec(self->webrtcbin);
    sl_webrtcbin_tell_ssrcs(self->webrtcbin);
    sl_webrtcbin_keep_channels(self->webrtcbin);
    sl_sctp_guard_attach(self->webrtcbin);
    sl_webrtcbin_limit_streams(self->webrtcbin);
    sl_webrtcbin_watch_close(self->webrtcbin, on_webrtcbin_closed, sl_rtc_link_new(self),
                             sl_rtc_link_free);
    gst_bin_add(GST_BIN(self->pipeline), self->webrtcbin);
    bus = gst_pipeline_get_bus(GST_PIPELINE(self->pipeline));
    gst_bus_set_sync_handler(bus, on_bus_message, sl_rtc_link_new(self), sl_rtc_link_free);

    /* Frames carry the clock's own time: running time is that time, whenever it began. */
    gst_pipeline_use_clock(GST_PIPELINE(self->pipeline), clock);
    gst_element_set_start_time(self->pipeline, GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(self->pipeline, 0);

    /* Channels and transceivers can be made from READY on, and must be there before an offer or an
     * answer is made. */
    gst_element_set_state(self->pipeline, GST_STATE_READY);
    return TRUE;
}

void
sl_rtc_play(SlRtc *self)
{
    sl_rtc_connect_candidates(self);
    sl_rtc_connect_webrtcbin(self, "notify::connection-state",
                             G_CALLBACK(on_webrtcbin_connection_state));
    gst_element_set_state(self->pipeline, GST_STATE_PLAYING);
    self->timer =
        sl_context_add_timeout(self->context, self->limits.ice_timeout_ms, on_timeout, self);
}

/* --- the end --- */

static void
on_torn_down(gpointer sctp_id)
{
    sl_sctp_id_release(GPOINTER_TO_UINT(sctp_id));
}

static void
stop(SlRtc *self)
{
    sl_clear_source(&self->timer);
    sl_clear_source(&self->gathering_timer);
    sl_clear_source(&self->candidates_timer);
    drop_channels(self);
    self->webrtcbin = NULL;
}

static void
tear_down(SlRtc *self)
{
    if (self->pipeline != NULL)
        sl_teardown_element(g_steal_pointer(&self->pipeline), sl_webrtcbin_release, self->context,
                            on_torn_down, GUINT_TO_POINTER(self->sctp_id));
    self->sctp_id = 0;
}

void
sl_rtc_end(SlRtc *self, const GError *error)
{
    g_autoptr(SlRtc) alive = g_object_ref(self);

    if (!sl_rtc_advance(self, SL_RTC_EVENT_END))
        return;
    stop(self);
    g_signal_emit(self, signals[ENDED], 0, error);
    tear_down(self);
}

/* --- the object --- */

SlRtcState
sl_rtc_get_state(SlRtc *self)
{
    return self->state;
}

GstElement *
sl_rtc_get_pipeline(SlRtc *self)
{
    return self->pipeline;
}

GstElement *
sl_rtc_get_webrtcbin(SlRtc *self)
{
    return self->webrtcbin;
}

char **
sl_rtc_get_mids(SlRtc *self)
{
    return self->mids;
}

static void
sl_rtc_dispose(GObject *object)
{
    stop(SL_RTC(object));
    tear_down(SL_RTC(object));
    G_OBJECT_CLASS(sl_rtc_parent_class)->dispose(object);
}

static void
sl_rtc_finalize(GObject *object)
{
    SlRtc *self = SL_RTC(object);

    g_clear_pointer(&self->ice, sl_ice_unref);
    g_clear_pointer(&self->weak, sl_weak_unref);
    g_clear_pointer(&self->mids, g_strfreev);
    g_clear_pointer(&self->taken_offer, sl_sdp_offer_unref);
    g_ptr_array_unref(self->candidates);
    g_free(self->transport_mid);
    g_free(self->offer);
    g_free(self->answer);
    g_clear_pointer(&self->context, g_main_context_unref);
    G_OBJECT_CLASS(sl_rtc_parent_class)->finalize(object);
}

static guint
add_signal(const char *name, guint n_params, ...)
{
    guint id;
    va_list types;

    va_start(types, n_params);
    id = g_signal_new_valist(name, SL_TYPE_RTC, G_SIGNAL_RUN_LAST, NULL, NULL, NULL, NULL,
                             G_TYPE_NONE, n_params, types);
    va_end(types);
    return id;
}

static void
sl_rtc_class_init(SlRtcClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_rtc_dispose;
    object_class->finalize = sl_rtc_finalize;
    signals[DESCRIBED] = add_signal("described", 1, G_TYPE_STRING);
    signals[CANDIDATE] = add_signal("candidate", 3, G_TYPE_UINT, G_TYPE_STRING, G_TYPE_STRING);
    signals[GATHERED] = add_signal("gathered", 0);
    signals[CONNECTED] = add_signal("connected", 0);
    signals[DATA_CHANNEL] = add_signal("data-channel", 1, SL_TYPE_DATA_CHANNEL);
    signals[UNRELIABLE_CHANNEL] = add_signal("unreliable-channel", 1, SL_TYPE_DATA_CHANNEL);
    signals[OBJECTS_CHANNEL] = add_signal("objects-channel", 1, SL_TYPE_DATA_CHANNEL);
    signals[ENDED] = add_signal("ended", 1, G_TYPE_ERROR);
    GST_DEBUG_CATEGORY_INIT(sightline_rtc, "sightline-rtc", 0, "Sightline connections");
}

static void
sl_rtc_init(SlRtc *self)
{
    sl_census_add_object(self);
    self->weak = sl_weak_new(self);
    self->candidates = g_ptr_array_new_with_free_func((GDestroyNotify)sl_sdp_candidate_free);
}

SlRtc *
sl_rtc_new(GMainContext *context, const SlRtcConfig *config)
{
    SlRtc *self = g_object_new(SL_TYPE_RTC, NULL);

    self->context = g_main_context_ref(context);
    self->ice = sl_ice_ref(config->ice);
    self->limits = *config->limits;
    self->who = config->who;
    self->channel_label = config->channel;
    self->unreliable_label = config->unreliable_channel;
    self->objects_label = config->objects_channel;
    self->number = config->number;
    return self;
}
