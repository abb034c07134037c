#include "sl-file-loop.h"

/* For streams of a single frame, or whose frames have neither durations nor distances. */
#define FALLBACK_FRAME_DURATION (GST_SECOND / 30)

/* One pad of a decoder. Belongs to the pad's streaming thread; the seek happens while that is idle
 * at its end. */
typedef struct {
    GstSegment segment; /* as it was sent on */
    GstClockTime base;  /* running time at which the present round began */
    GstClockTime first; /* running time of the first frame of the file, from the file's beginning */
    GstClockTime last, end; /* of the latest frame, in the pipeline's running time */
    guint64 n_frames;       /* in this round */
    gint is_ending;         /* atomic: the end is to be let through */
} Loop;

static void
on_buffer(Loop *loop, GstBuffer *buffer)
{
    GstClockTime time =
        gst_segment_to_running_time(&loop->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    if (!GST_CLOCK_TIME_IS_VALID(time))
        return;
    if (!GST_CLOCK_TIME_IS_VALID(loop->first))
        loop->first = time;

    GstClockTime duration = GST_BUFFER_DURATION(buffer);
    if (!GST_CLOCK_TIME_IS_VALID(duration) || duration == 0)
        duration =
            loop->n_frames > 0 && time > loop->last ? time - loop->last : FALLBACK_FRAME_DURATION;
    loop->last = time;
    loop->end = MAX(loop->end, time + duration);
    loop->n_frames++;
}

/* Not on the streaming thread: a flushing seek waits for it. */
static void
seek_to_start(GstElement *decoder, gpointer user_data)
{
    GstPad *pad = user_data;
    Loop *loop = g_object_get_data(G_OBJECT(pad), "sl-file-loop");
    GstEvent *seek = gst_event_new_seek(1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                        GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_NONE, -1);
    if (!gst_pad_send_event(pad, seek)) {
        g_atomic_int_set(&loop->is_ending, TRUE);
        gst_pad_push_event(pad, gst_event_new_eos());
    }
}

static GstPadProbeReturn
on_eos(Loop *loop, GstPad *pad)
{
    if (g_atomic_int_get(&loop->is_ending) || loop->n_frames == 0)
        return GST_PAD_PROBE_OK;
    g_autoptr(GstElement) decoder = gst_pad_get_parent_element(pad);
    if (decoder == NULL)
        return GST_PAD_PROBE_OK;
    loop->base = loop->end - loop->first;
    loop->n_frames = 0;
    gst_element_call_async(decoder, seek_to_start, gst_object_ref(pad), gst_object_unref);
    return GST_PAD_PROBE_DROP;
}

static void
on_segment(Loop *loop, GstPadProbeInfo *info)
{
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    gst_event_copy_segment(event, &loop->segment);
    if (loop->segment.format != GST_FORMAT_TIME || loop->base == 0)
        return;
    loop->segment.base = loop->base;
    GstEvent *moved = gst_event_new_segment(&loop->segment);
    gst_event_set_seqnum(moved, gst_event_get_seqnum(event));
    gst_event_unref(event);
    GST_PAD_PROBE_INFO_DATA(info) = moved;
}

static GstPadProbeReturn
on_data(GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
    Loop *loop = user_data;
    if ((info->type & GST_PAD_PROBE_TYPE_BUFFER) != 0) {
        on_buffer(loop, GST_PAD_PROBE_INFO_BUFFER(info));
        return GST_PAD_PROBE_OK;
    }
    GstEventType type = GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info));
    if (type == GST_EVENT_FLUSH_START || type == GST_EVENT_FLUSH_STOP)
        return GST_PAD_PROBE_DROP;
    if (type == GST_EVENT_EOS)
        return on_eos(loop, pad);
    if (type == GST_EVENT_SEGMENT)
        on_segment(loop, info);
    return GST_PAD_PROBE_OK;
}

static gboolean
is_video(GstPad *pad)
{
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    return caps != NULL && gst_caps_get_size(caps) > 0 &&
           g_str_has_prefix(gst_structure_get_name(gst_caps_get_structure(caps, 0)), "video/");
}

static void
on_decoder_pad_added(GstElement *decoder, GstPad *pad, gpointer user_data)
{
    /* One pad leads: a seek moves them all. */
    if (!is_video(pad) || g_object_get_data(G_OBJECT(decoder), "sl-file-loop") != NULL)
        return;
    g_object_set_data(G_OBJECT(decoder), "sl-file-loop", pad);
    Loop *loop = g_new0(Loop, 1);
    gst_segment_init(&loop->segment, GST_FORMAT_TIME);
    loop->first = GST_CLOCK_TIME_NONE;
    g_object_set_data_full(G_OBJECT(pad), "sl-file-loop", loop, g_free);
    gst_pad_add_probe(pad,
                      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                          GST_PAD_PROBE_TYPE_EVENT_FLUSH,
                      on_data, loop, NULL);
}

static gboolean
plays_file(GstElement *element)
{
    g_autofree char *uri = NULL;
    g_object_get(element, "uri", &uri, NULL);
    return uri != NULL && gst_uri_has_protocol(uri, "file");
}

void
sl_file_loop_install(GstBin *bin)
{
    g_autoptr(GstIterator) elements =
        gst_bin_iterate_all_by_element_factory_name(bin, "uridecodebin");
    g_auto(GValue) item = G_VALUE_INIT;
    /* Nobody else has the pipeline yet, so the iterator can't fall out of step. */
    while (gst_iterator_next(elements, &item) == GST_ITERATOR_OK) {
        GstElement *element = g_value_get_object(&item);
        if (plays_file(element))
            g_signal_connect(element, "pad-added", G_CALLBACK(on_decoder_pad_added), NULL);
        g_value_reset(&item);
    }
}
