#include "sl-webrtcbin.h"

#include "sl-teardown.h"

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
    GstElementFactory *factory = gst_element_get_factory(element);
    g_autoptr(GstPad) sink = NULL;
    g_autoptr(GstPad) src = NULL;

    if (factory == NULL || !g_str_equal(GST_OBJECT_NAME(factory), "rtpulpfecenc"))
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

static void
stop_listening(const GValue *value, gpointer ice_transport)
{
    GObject *element = g_value_get_object(value);

    if (g_str_equal(G_OBJECT_TYPE_NAME(element), "TransportReceiveBin"))
        g_signal_handlers_disconnect_by_data(ice_transport, element);
}

static void
stop_listening_to_ice(GstElement *webrtcbin)
{
    g_autoptr(GObject) sctp = NULL;
    g_autoptr(GObject) dtls = NULL;
    g_autoptr(GObject) ice = NULL;

    g_object_get(webrtcbin, "sctp-transport", &sctp, NULL);
    if (sctp != NULL)
        g_object_get(sctp, "transport", &dtls, NULL);
    if (dtls != NULL)
        g_object_get(dtls, "transport", &ice, NULL);
    if (ice != NULL)
        for_all(gst_bin_iterate_recurse(GST_BIN(webrtcbin)), stop_listening, ice);
}

/* Its tasks run in the order in which they came: when this one is answered, those before it have
 * ended. */
static void
await_tasks(GstElement *webrtcbin)
{
    GstPromise *promise = gst_promise_new();

    g_signal_emit_by_name(webrtcbin, "get-stats", NULL, promise);
    gst_promise_wait(promise);
    gst_promise_unref(promise);
}

void
sl_webrtcbin_release(GstElement *pipeline)
{
    g_autoptr(GstElement) webrtcbin = gst_bin_get_by_name(GST_BIN(pipeline), SL_WEBRTCBIN_NAME);

    if (webrtcbin == NULL || GST_STATE(webrtcbin) < GST_STATE_READY)
        return;
    await_tasks(webrtcbin);
    stop_listening_to_ice(webrtcbin);
}

static void
warm_up(GstElement *pipeline)
{
    g_autoptr(GstElement) webrtcbin = gst_bin_get_by_name(GST_BIN(pipeline), SL_WEBRTCBIN_NAME);
    g_autoptr(GObject) channel = NULL;

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
