#include "sl-webrtcbin.h"

static void
foreach_inside(GstElement *webrtcbin, GstIteratorForeachFunction func, gpointer data)
{
    g_autoptr(GstIterator) iterator = gst_bin_iterate_recurse(GST_BIN(webrtcbin));

    while (gst_iterator_foreach(iterator, func, data) == GST_ITERATOR_RESYNC)
        gst_iterator_resync(iterator);
}

static void
set_sctp_id(const GValue *value, gpointer id)
{
    GstElement *element = g_value_get_object(value);
    GstElementFactory *factory = gst_element_get_factory(element);
    const char *name = factory != NULL ? GST_OBJECT_NAME(factory) : "";

    if (g_str_equal(name, "sctpenc") || g_str_equal(name, "sctpdec"))
        g_object_set(element, "sctp-association-id", GPOINTER_TO_UINT(id), NULL);
}

void
sl_webrtcbin_set_sctp_id(GstElement *webrtcbin, guint id)
{
    if (id != 0)
        foreach_inside(webrtcbin, set_sctp_id, GUINT_TO_POINTER(id));
}

static void
stop_listening(const GValue *value, gpointer ice_transport)
{
    GObject *element = g_value_get_object(value);

    if (g_str_equal(G_OBJECT_TYPE_NAME(element), "TransportReceiveBin"))
        g_signal_handlers_disconnect_by_data(ice_transport, element);
}

void
sl_webrtcbin_release(GstElement *webrtcbin)
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
        foreach_inside(webrtcbin, stop_listening, ice);
}
