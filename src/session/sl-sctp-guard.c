#include "sl-sctp-guard.h"

#include <gst/sctp/sctpreceivemeta.h>

#include "sl-webrtcbin.h"

/* RFC 8832, sections 5.1 and 8.1 */
#define PPID_CONTROL 50
#define DATA_CHANNEL_OPEN 0x03
#define OPEN_BYTES 12
#define OPEN_LENGTHS 8

static gboolean
is_cut_short(GstBuffer *message)
{
    guint8 head[OPEN_BYTES];
    gsize n_read = gst_buffer_extract(message, 0, head, sizeof head);

    if (n_read == 0)
        return TRUE;
    if (head[0] != DATA_CHANNEL_OPEN)
        return FALSE;
    return n_read < OPEN_BYTES || gst_buffer_get_size(message) <
                                      (gsize)OPEN_BYTES + GST_READ_UINT16_BE(head + OPEN_LENGTHS) +
                                          GST_READ_UINT16_BE(head + OPEN_LENGTHS + sizeof(guint16));
}

/* The channel's thread. */
static GstPadProbeReturn
on_message(GstPad *pad, GstPadProbeInfo *info, gpointer unused)
{
    GstBuffer *message = GST_PAD_PROBE_INFO_BUFFER(info);
    const GstSctpReceiveMeta *meta = gst_sctp_buffer_get_receive_meta(message);

    return meta != NULL && meta->ppid == PPID_CONTROL && is_cut_short(message) ? GST_PAD_PROBE_DROP
                                                                               : GST_PAD_PROBE_OK;
}

static void
on_pad_added(GstElement *sctpdec, GstPad *pad, gpointer unused)
{
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_message, NULL, NULL);
}

static void
on_element_added(GstBin *webrtcbin, GstBin *parent, GstElement *element, gpointer unused)
{
    if (sl_webrtcbin_is_made_by(element, "sctpdec"))
        g_signal_connect(element, "pad-added", G_CALLBACK(on_pad_added), NULL);
}

void
sl_sctp_guard_attach(GstElement *webrtcbin)
{
    g_signal_connect(webrtcbin, "deep-element-added", G_CALLBACK(on_element_added), NULL);
}
