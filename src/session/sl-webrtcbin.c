#include "sl-webrtcbin.h"

#include <gst/webrtc/webrtc.h>

#include "sl-teardown.h"

/* Two media, each with its RTX, what comes of a publisher that restarts one, and what only RTCP
 * names. */
#define MAX_STREAMS 16

gboolean
sl_webrtcbin_is_made_by(GstElement *element, const char *factory_name)
{
    GstElementFactory *factory = gst_element_get_factory(element);

    return factory != NULL && g_str_equal(GST_OBJECT_NAME(factory), factory_name);
}

/* @iterator: (transfer full) */
static void
for_all(GstIterator *iterator, GstIteratorForeachFunction func, gpointer data)
{
    while (gst_iterator_foreach(iterator, func, data) == GST_ITERATOR_RESYNC)
        gst_iterator_resync(iterator);
    gst_iterator_free(iterator);
}

/* The sctp plugin ends usrsctp with its last association and begins it again with the next. An
 * endpoint that usrsctp's timer thread is still closing makes the end fail, which nobody looks at;
 * then the next beginning takes new tables (150 kB), locks and a timer thread beside the old ones.
 * With an association of our own, which is never connected, there is no last one (needed up to 1.26
 * at least). It stays until the process ends, as libraries do. */
static void
keep_usrsctp(void)
{
    static GstElement *keeper;

    if (keeper != NULL || (keeper = gst_element_factory_make("sctpdec", NULL)) == NULL)
        return;
    gst_object_ref_sink(keeper);
    GST_OBJECT_FLAG_SET(keeper, GST_OBJECT_FLAG_MAY_BE_LEAKED);
    g_object_set(keeper, "sctp-association-id", 0, NULL);
    gst_element_set_state(keeper, GST_STATE_PAUSED); /* takes its association */
}

static void
set_sctp_id(const GValue *value, gpointer id)
{
    g_object_set(g_value_get_object(value), "sctp-association-id", GPOINTER_TO_UINT(id), NULL);
}

void
sl_webrtcbin_set_sctp_id(GstElement *webrtcbin, guint id)
{
    GstBin *bin = GST_BIN(webrtcbin);

    keep_usrsctp();
    if (id == 0)
        return;
    for_all(gst_bin_iterate_all_by_element_factory_name(bin, "sctpenc"), set_sctp_id,
            GUINT_TO_POINTER(id));
    for_all(gst_bin_iterate_all_by_element_factory_name(bin, "sctpdec"), set_sctp_id,
            GUINT_TO_POINTER(id));
}

/* Streaming thread. Events still go through, in order with what goes past. */
static GstPadProbeReturn
on_packets_before_fec(GstPad *pad, GstPadProbeInfo *info, gpointer src)
{
    GstFlowReturn result;

    if ((info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) != 0)
        result = gst_pad_push_list(src, GST_PAD_PROBE_INFO_BUFFER_LIST(info));
    else
        result = gst_pad_push(src, GST_PAD_PROBE_INFO_BUFFER(info));
    info->data = NULL;
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = result;
    return GST_PAD_PROBE_HANDLED;
}

/* Whichever thread links a sender: nothing flows through the new bin before that is done. */
static void
on_element_added(GstBin *webrtcbin, GstBin *parent, GstElement *element, gpointer unused)
{
    g_autoptr(GstPad) sink = NULL;
    g_autoptr(GstPad) src = NULL;

    if (!sl_webrtcbin_is_made_by(element, "rtpulpfecenc"))
        return;
    sink = gst_element_get_static_pad(GST_ELEMENT(parent), "sink");
    src = gst_element_get_static_pad(GST_ELEMENT(parent), "src");
    if (sink != NULL && src != NULL)
        gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
                          on_packets_before_fec, src, NULL);
}

void
sl_webrtcbin_skip_fec(GstElement *webrtcbin)
{
    g_signal_connect(webrtcbin, "deep-element-added", G_CALLBACK(on_element_added), NULL);
}

static gboolean
tell_session(GstElement *webrtcbin, GstPad *sink, gpointer session_pad)
{
    g_autoptr(GstWebRTCRTPTransceiver) transceiver = NULL;
    g_autoptr(GstCaps) caps = NULL;

    g_object_get(sink, "transceiver", &transceiver, NULL);
    if (transceiver != NULL)
        g_object_get(transceiver, "codec-preferences", &caps, NULL);
    if (caps != NULL && gst_caps_is_fixed(caps))
        gst_pad_send_event(session_pad, gst_event_new_caps(caps));
    return TRUE;
}

/* Streaming thread: the first sender's first packet follows. What comes from the funnel in which
 * all senders' packets meet names no SSRC. */
static GstPadProbeReturn
on_session_event(GstPad *pad, GstPadProbeInfo *info, gpointer webrtcbin)
{
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    GstCaps *caps;

    if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS)
        return GST_PAD_PROBE_OK;
    gst_event_parse_caps(event, &caps);
    if (gst_structure_has_field(gst_caps_get_structure(caps, 0), "ssrc"))
        return GST_PAD_PROBE_OK; /* one of those that we send */
    gst_element_foreach_sink_pad(webrtcbin, tell_session, pad);
    return GST_PAD_PROBE_REMOVE;
}

static void
on_session_pad(GstElement *session, GstPad *pad, gpointer webrtcbin)
{
    if (g_str_equal(GST_PAD_NAME(pad), "send_rtp_sink"))
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_session_event, webrtcbin,
                          NULL);
}

static void
on_session_added(GstBin *webrtcbin, GstBin *parent, GstElement *element, gpointer unused)
{
    if (sl_webrtcbin_is_made_by(element, "rtpsession"))
        g_signal_connect(element, "pad-added", G_CALLBACK(on_session_pad), webrtcbin);
}

void
sl_webrtcbin_tell_ssrcs(GstElement *webrtcbin)
{
    g_signal_connect(webrtcbin, "deep-element-added", G_CALLBACK(on_session_added), NULL);
}

/* --- its data channels --- */

typedef struct {
    GMutex lock;
    GPtrArray *channels;
} Keeper;

static void
keeper_free(gpointer data, GClosure *closure)
{
    Keeper *self = data;

    g_ptr_array_unref(self->channels);
    g_mutex_clear(&self->lock);
    g_free(self);
}

/* Whichever thread makes it: the main thread ours, SCTP's those of the other side. */
static void
on_prepare_channel(GstElement *webrtcbin, GObject *channel, gboolean is_local, Keeper *keeper)
{
    g_mutex_lock(&keeper->lock);
    g_ptr_array_add(keeper->channels, g_object_ref(channel));
    g_mutex_unlock(&keeper->lock);
}

void
sl_webrtcbin_keep_channels(GstElement *webrtcbin)
{
    Keeper *keeper = g_new0(Keeper, 1);

    g_mutex_init(&keeper->lock);
    keeper->channels = g_ptr_array_new_with_free_func(g_object_unref);
    g_signal_connect_data(webrtcbin, "prepare-data-channel", G_CALLBACK(on_prepare_channel), keeper,
                          keeper_free, 0);
}

void
sl_webrtcbin_limit_streams(GstElement *webrtcbin)
{
    g_autoptr(GstElement) rtpbin = gst_bin_get_by_name(GST_BIN(webrtcbin), "rtpbin");

    if (rtpbin != NULL)
        g_object_set(rtpbin, "max-streams", MAX_STREAMS, NULL);
}

/* --- the other side's end --- */

typedef struct {
    SlWebrtcbinFunc func;
    gpointer data;
    GDestroyNotify destroy;
} CloseWatch;

static void
close_watch_free(gpointer data, GClosure *closure)
{
    CloseWatch *watch = data;

    watch->destroy(watch->data);
    g_free(watch);
}

static GstPadProbeReturn
on_dtls_event(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    CloseWatch *watch = data;

    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS)
        watch->func(watch->data);
    return GST_PAD_PROBE_OK;
}

/* Its pad is asked for as soon as it is made, or later. The watch outlives what is in webrtcbin. */
static void
on_dtls_pad(GstElement *dtlsdec, GstPad *pad, gpointer watch)
{
    if (GST_PAD_IS_SRC(pad))
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_dtls_event, watch, NULL);
}

static gboolean
watch_dtls_pad(GstElement *dtlsdec, GstPad *pad, gpointer watch)
{
    on_dtls_pad(dtlsdec, pad, watch);
    return TRUE;
}

static void
on_dtls_added(GstBin *webrtcbin, GstBin *parent, GstElement *element, gpointer watch)
{
    if (!sl_webrtcbin_is_made_by(element, "dtlsdec"))
        return;
    g_signal_connect(element, "pad-added", G_CALLBACK(on_dtls_pad), watch);
    gst_element_foreach_src_pad(element, watch_dtls_pad, watch);
}

void
sl_webrtcbin_watch_close(GstElement *webrtcbin, SlWebrtcbinFunc func, gpointer data,
                         GDestroyNotify destroy)
{
    CloseWatch *watch = g_new0(CloseWatch, 1);

    watch->func = func;
    watch->data = data;
    watch->destroy = destroy;
    g_signal_connect_data(webrtcbin, "deep-element-added", G_CALLBACK(on_dtls_added), watch,
                          close_watch_free, 0);
}

/* --- our own --- */

/* So long is waited for a packet that usually takes no millisecond. */
#define FAREWELL_US (200 * G_TIME_SPAN_MILLISECOND)
/* ContentType (RFC 5246, section 6.2.1): the first byte of a DTLS record */
#define DTLS_ALERT 21

#define N_TASKS_IN_A_ROW 3

/* Counted: who waits, and the probe. */
typedef struct {
    gatomicrefcount refs;
    GMutex lock;
    GCond cond;
    gboolean is_said;
} Farewell;

static Farewell *
farewell_new(void)
{
    Farewell *self = g_new0(Farewell, 1);

    g_atomic_ref_count_init(&self->refs);
    g_mutex_init(&self->lock);
    g_cond_init(&self->cond);
    return self;
}

static Farewell *
farewell_ref(Farewell *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

static void
farewell_unref(Farewell *self)
{
    if (!g_atomic_ref_count_dec(&self->refs))
        return;
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->cond);
    g_free(self);
}

static void
farewell_said(Farewell *self)
{
    g_mutex_lock(&self->lock);
    self->is_said = TRUE;
    g_cond_signal(&self->cond);
    g_mutex_unlock(&self->lock);
}

static void
farewell_await(Farewell *self)
{
    gint64 end_us = g_get_monotonic_time() + FAREWELL_US;

    g_mutex_lock(&self->lock);
    while (!self->is_said && g_cond_wait_until(&self->cond, &self->lock, end_us))
        ;
    g_mutex_unlock(&self->lock);
}

/* dtlsenc's thread, which sends what was queued before. The alert is passed on from here, so that
 * it is known when it is with the network. */
static GstPadProbeReturn
on_dtls_packet(GstPad *src, GstPadProbeInfo *info, gpointer farewell)
{
    g_autoptr(GstPad) peer = gst_pad_get_peer(src);
    guint8 type = 0;

    gst_buffer_extract(GST_PAD_PROBE_INFO_BUFFER(info), 0, &type, sizeof type);
    if (type != DTLS_ALERT || peer == NULL)
        return GST_PAD_PROBE_OK;
    GST_PAD_PROBE_INFO_FLOW_RETURN(info) = gst_pad_chain(peer, GST_PAD_PROBE_INFO_BUFFER(info));
    info->data = NULL;
    farewell_said(farewell);
    return GST_PAD_PROBE_HANDLED;
}

static GstPadProbeReturn
drop_packet(GstPad *pad, GstPadProbeInfo *info, gpointer unused)
{
    return GST_PAD_PROBE_DROP;
}

/* The other side's close_notify in return would be queued in dtlsenc as a buffer that is NULL,
 * which can't be dropped when that goes to NULL; and srtpdec, on its way down, complains of a first
 * RTCP packet (fixed in 1.22.4). */
static void
stop_receiving(const GValue *value, gpointer unused)
{
    g_autoptr(GstPad) sink = gst_element_get_static_pad(g_value_get_object(value), "sink");

    gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, drop_packet,
                      NULL, NULL);
}

static gboolean
is_dtls_connected(GstElement *dtlsenc)
{
    g_auto(GValue) state = G_VALUE_INIT;
    const GEnumValue *value;

    g_object_get_property(G_OBJECT(dtlsenc), "connection-state", &state);
    value = g_enum_get_value(g_type_class_peek(G_VALUE_TYPE(&state)), g_value_get_enum(&state));
    return value != NULL && g_str_equal(value->value_nick, "connected");
}

static gboolean
push_eos(GstElement *dtlsenc, GstPad *sink, gpointer unused)
{
    gst_pad_send_event(sink, gst_event_new_eos());
    return TRUE;
}

/* EOS makes dtlsenc send a close_notify. */
static void
close_dtls(const GValue *value, gpointer unused)
{
    GstElement *dtlsenc = g_value_get_object(value);
    g_autoptr(GstPad) src = gst_element_get_static_pad(dtlsenc, "src");
    Farewell *farewell;

    if (!is_dtls_connected(dtlsenc))
        return;
    farewell = farewell_new();
    gst_pad_add_probe(src, GST_PAD_PROBE_TYPE_BUFFER, on_dtls_packet, farewell_ref(farewell),
                      (GDestroyNotify)farewell_unref);
    gst_element_foreach_sink_pad(dtlsenc, push_eos, NULL);
    farewell_await(farewell);
    farewell_unref(farewell);
}

static void
say_farewell(GstElement *webrtcbin)
{
    GstBin *bin = GST_BIN(webrtcbin);

    for_all(gst_bin_iterate_all_by_element_factory_name(bin, "dtlssrtpdec"), stop_receiving, NULL);
    for_all(gst_bin_iterate_all_by_element_factory_name(bin, "dtlsenc"), close_dtls, NULL);
}

static gboolean
let_go(GstElement *sctpenc, GstPad *sink, gpointer unused)
{
    gst_pad_send_event(sink, gst_event_new_flush_start());
    GST_PAD_STREAM_LOCK(sink);
    GST_PAD_STREAM_UNLOCK(sink);
    return TRUE;
}

/* What waits for room in SCTP's buffer has its pad's lock, and nothing makes room any more: the pad
 * could not be stopped until SCTP gives up, after minutes (fixed in 1.22.3). */
static void
stop_sending(const GValue *value, gpointer unused)
{
    gst_element_foreach_sink_pad(g_value_get_object(value), let_go, NULL);
}

static void
stop_listening(const GValue *value, gpointer ice_transport)
{
    GObject *element = g_value_get_object(value);
    const char *type = G_OBJECT_TYPE_NAME(element);

    if (g_str_equal(type, "TransportReceiveBin") || g_str_equal(type, "TransportSendBin"))
        g_signal_handlers_disconnect_by_data(ice_transport, element);
}

static void
stop_telling(const GValue *value, gpointer sctp_transport)
{
    g_signal_handlers_disconnect_by_data(g_value_get_object(value), sctp_transport);
}

/* @user: of a DTLS transport: SCTP's, or a transceiver's receiver */
static void
stop_listening_to_ice(GstElement *webrtcbin, gpointer user)
{
    g_autoptr(GObject) dtls = NULL;
    g_autoptr(GObject) ice = NULL;

    if (user != NULL)
        g_object_get(user, "transport", &dtls, NULL);
    if (dtls != NULL)
        g_object_get(dtls, "transport", &ice, NULL);
    if (ice != NULL)
        for_all(gst_bin_iterate_recurse(GST_BIN(webrtcbin)), stop_listening, ice);
}

static void
stop_listening_to_all(GstElement *webrtcbin)
{
    g_autoptr(GObject) sctp = NULL;
    g_autoptr(GArray) transceivers = NULL;

    g_object_get(webrtcbin, "sctp-transport", &sctp, NULL);
    stop_listening_to_ice(webrtcbin, sctp);
    g_signal_emit_by_name(webrtcbin, "get-transceivers", &transceivers);
    for (guint i = 0; transceivers != NULL && i < transceivers->len; i++) {
        g_autoptr(GObject) receiver = NULL;

        g_object_get(g_array_index(transceivers, GObject *, i), "receiver", &receiver, NULL);
        stop_listening_to_ice(webrtcbin, receiver);
    }
}

/* Else a channel whose pad goes with its element would be closed, on webrtcbin's thread, while SCTP
 * itself is. */
static void
stop_closing_channels(GstElement *webrtcbin)
{
    g_autoptr(GObject) sctp = NULL;

    g_object_get(webrtcbin, "sctp-transport", &sctp, NULL);
    if (sctp != NULL)
        for_all(gst_bin_iterate_all_by_element_factory_name(GST_BIN(webrtcbin), "sctpdec"),
                stop_telling, sctp);
}

/* Its tasks run in the order in which they came: when this one is answered, those before it have
 * ended. */
static void
await_task(GstElement *webrtcbin)
{
    GstPromise *promise = gst_promise_new();

    g_signal_emit_by_name(webrtcbin, "get-stats", NULL, promise);
    gst_promise_wait(promise);
    gst_promise_unref(promise);
}

/* And those that they begin: closing a channel takes three, one after the other. */
static void
await_tasks(GstElement *webrtcbin)
{
    for (guint i = 0; i < N_TASKS_IN_A_ROW; i++)
        await_task(webrtcbin);
}

void
sl_webrtcbin_release(GstElement *pipeline)
{
    g_autoptr(GstElement) webrtcbin = gst_bin_get_by_name(GST_BIN(pipeline), SL_WEBRTCBIN_NAME);

    if (webrtcbin == NULL || GST_STATE(webrtcbin) < GST_STATE_READY)
        return;
    say_farewell(webrtcbin);
    for_all(gst_bin_iterate_all_by_element_factory_name(GST_BIN(webrtcbin), "sctpenc"),
            stop_sending, NULL);
    stop_closing_channels(webrtcbin);
    await_tasks(webrtcbin);
    stop_listening_to_all(webrtcbin);
}

/* The first element that speaks DTLS makes the key, which can take a second of a busy CPU: on
 * webrtcbin's thread, where a viewer that leaves, and so the program's end, would have to wait. */
static void
make_certificate(void)
{
    GstElement *dtlsdec = gst_element_factory_make("dtlsdec", NULL);

    if (dtlsdec != NULL)
        gst_object_unref(gst_object_ref_sink(dtlsdec));
}

static void
warm_up(GstElement *pipeline)
{
    g_autoptr(GstElement) webrtcbin = gst_bin_get_by_name(GST_BIN(pipeline), SL_WEBRTCBIN_NAME);
    g_autoptr(GObject) channel = NULL;

    make_certificate();
    gst_element_set_state(pipeline, GST_STATE_READY);
    g_signal_emit_by_name(webrtcbin, "create-data-channel", "relay", NULL, &channel);
    g_clear_object(&channel); /* before webrtcbin, which it points into */
    sl_webrtcbin_release(pipeline);
}

void
sl_webrtcbin_warm_up(SlIce *ice, GMainContext *context)
{
    GstElement *pipeline = gst_object_ref_sink(gst_pipeline_new(NULL));
    GstElement *webrtcbin = sl_ice_make_webrtcbin(ice);

    if (webrtcbin != NULL)
        gst_bin_add(GST_BIN(pipeline), webrtcbin);
    sl_teardown_element(pipeline, webrtcbin != NULL ? warm_up : NULL, context, NULL, NULL);
}
