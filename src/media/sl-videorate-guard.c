#include "sl-videorate-guard.h"

/* What a frame of unknown length is taken for: shorter than the time between two of most cameras.
 */
#define ASSUMED_DURATION (GST_SECOND / 60)

static GstPadProbeReturn
on_frame(GstPad *pad, GstPadProbeInfo *info, gpointer unused)
{
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);

    if (!GST_BUFFER_PTS_IS_VALID(buffer))
        return GST_PAD_PROBE_DROP;
    if (GST_BUFFER_DURATION_IS_VALID(buffer) && GST_BUFFER_DURATION(buffer) != 0)
        return GST_PAD_PROBE_OK;
    buffer = gst_buffer_make_writable(buffer);
    GST_BUFFER_DURATION(buffer) = ASSUMED_DURATION;
    GST_PAD_PROBE_INFO_DATA(info) = buffer;
    return GST_PAD_PROBE_OK;
}

static void
guard(const GValue *value, gpointer unused)
{
    GstElement *element = g_value_get_object(value);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(element, "sink");

    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame, NULL, NULL);
}

void
sl_videorate_guard_install(GstBin *bin)
{
    g_autoptr(GstIterator) elements = gst_bin_iterate_all_by_element_factory_name(bin, "videorate");

    while (gst_iterator_foreach(elements, guard, NULL) == GST_ITERATOR_RESYNC)
        gst_iterator_resync(elements);
}
