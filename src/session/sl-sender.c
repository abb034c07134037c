#include "sl-sender.h"

#include <gst/app/gstappsrc.h>
#include <gst/rtp/rtp.h>
#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>

#include "sl-census.h"
#include "sl-codec-probe.h"
#include "sl-feed.h"
#include "sl-rtp-rewriter.h"
#include "sl-session.h"

struct _SlSender {
    SlTrack *track;
    GstAppSrc *appsrc;
    SlFeed *feed; /* NULL until it is started */
};

/* One viewer on a bad line may not turn everybody's stream into keyframes. */
#define KEYFRAME_INTERVAL_US G_USEC_PER_SEC

/* What a probe on the appsrc needs; it goes with the pad. */
typedef struct {
    SlTrack *track;
    gint64 asked_us; /* the viewer's RTCP thread only */
} KeyframeGate;

static void
keyframe_gate_free(gpointer data)
{
    KeyframeGate *gate = data;

    g_object_unref(gate->track);
    g_free(gate);
}

/* The viewer's PLI or FIR, as it comes out at the top of its pipeline (not where the viewer has an
 * encoder of its own). A browser repeats it until it is served. */
static GstPadProbeReturn
on_appsrc_upstream_event(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    KeyframeGate *gate = data;
    gint64 now_us = g_get_monotonic_time();

    if (gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info)) &&
        now_us - gate->asked_us >= KEYFRAME_INTERVAL_US) {
        gate->asked_us = now_us;
        sl_track_request_keyframe(gate->track);
    }
    return GST_PAD_PROBE_OK;
}

/*
 * The caps that reach webrtcbin never change in a peer's life: what a payloader adds later (another
 * sprop, another offset) is not negotiated, and webrtcbin refuses what does not intersect.
 */
static GstPadProbeReturn
on_viewer_bin_event(GstPad *pad, GstPadProbeInfo *info, gpointer caps)
{
    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_CAPS) {
        gst_event_unref(GST_PAD_PROBE_INFO_EVENT(info));
        GST_PAD_PROBE_INFO_DATA(info) = gst_event_new_caps(caps);
    }
    return GST_PAD_PROBE_OK;
}

static gboolean
rewrite_packet(GstBuffer **packet, guint index, gpointer rewriter)
{
    g_autoptr(GstBuffer) shared = g_steal_pointer(packet);

    *packet = sl_rtp_rewriter_rewrite(rewriter, shared);
    return TRUE;
}

/* Where no payloader of the viewer's own sets what is the viewer's. */
static GstPadProbeReturn
on_viewer_bin_packets(GstPad *pad, GstPadProbeInfo *info, gpointer rewriter)
{
    GstBuffer *packet;
    GstBufferList *list;

    if ((info->type & GST_PAD_PROBE_TYPE_BUFFER) != 0) {
        packet = GST_PAD_PROBE_INFO_BUFFER(info);
        rewrite_packet(&packet, 0, rewriter);
        info->data = packet;
    } else {
        list = gst_buffer_list_make_writable(GST_PAD_PROBE_INFO_BUFFER_LIST(info));
        gst_buffer_list_foreach(list, rewrite_packet, rewriter);
        if (gst_buffer_list_length(list) == 0)
            gst_clear_buffer_list(&list);
        info->data = list;
    }
    return info->data != NULL ? GST_PAD_PROBE_OK : GST_PAD_PROBE_HANDLED;
}

/* The rewriter leaves none in. */
static gboolean
is_no_extension(GQuark field, GValue *value, gpointer unused)
{
    return !g_str_has_prefix(g_quark_to_string(field), "extmap-");
}

/* What passes caps on asks webrtcbin, which refuses another SSRC. */
static GstPadProbeReturn
on_appsrc_event(GstPad *pad, GstPadProbeInfo *info, gpointer caps)
{
    const GstStructure *own = gst_caps_get_structure(caps, 0);
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    g_autoptr(GstCaps) adapted = NULL;
    GstCaps *shared;

    if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS)
        return GST_PAD_PROBE_OK;
    gst_event_parse_caps(event, &shared);
    if (!gst_structure_has_name(gst_caps_get_structure(shared, 0), "application/x-rtp"))
        return GST_PAD_PROBE_OK;
    adapted = sl_codec_clean_caps(shared);
    gst_caps_set_value(adapted, "payload", gst_structure_get_value(own, "payload"));
    gst_caps_set_value(adapted, "ssrc", gst_structure_get_value(own, "ssrc"));
    gst_structure_filter_and_map_in_place(gst_caps_get_structure(adapted, 0), is_no_extension,
                                          NULL);
    gst_event_unref(event);
    info->data = gst_event_new_caps(adapted);
    return GST_PAD_PROBE_OK;
}

/** @caps: (transfer none): writable */
static void
add_rewriter(SlSender *self, GstElement *viewer_bin, GstCaps *caps)
{
    GstStructure *rtp = gst_caps_get_structure(caps, 0);
    g_autoptr(GstPad) src = gst_element_get_static_pad(viewer_bin, "src");
    g_autoptr(GstPad) appsrc_src = gst_element_get_static_pad(GST_ELEMENT(self->appsrc), "src");
    gint payload_type, clock_rate;
    SlRtpRewriter *rewriter;
    guint ssrc;

    gst_structure_filter_and_map_in_place(rtp, is_no_extension, NULL);
    gst_structure_get(rtp, "payload", G_TYPE_INT, &payload_type, "ssrc", G_TYPE_UINT, &ssrc, NULL);
    if (!gst_structure_get_int(rtp, "clock-rate", &clock_rate) || clock_rate <= 0)
        clock_rate = 90000;
    /* A sequence begins in the lower half: RFC 3711, section 3.3.1. */
    rewriter = sl_rtp_rewriter_new((guint8)payload_type, ssrc, (guint32)clock_rate,
                                   (guint16)g_random_int_range(0, 1 << 15), g_random_int());
    gst_pad_add_probe(src, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
                      on_viewer_bin_packets, rewriter, (GDestroyNotify)sl_rtp_rewriter_free);
    gst_pad_add_probe(appsrc_src, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_appsrc_event,
                      gst_caps_ref(caps), (GDestroyNotify)gst_caps_unref);
}

static void
set_payloader(GstElement *payloader, GstCaps *caps)
{
    const GstStructure *rtp = gst_caps_get_structure(caps, 0);
    gint payload_type;
    guint ssrc;

    gst_structure_get(rtp, "payload", G_TYPE_INT, &payload_type, "ssrc", G_TYPE_UINT, &ssrc, NULL);
    g_object_set(payloader, "pt", (guint)payload_type, "ssrc", ssrc, NULL);
}

static GstElement *
find_payloader(GstElement *viewer_bin)
{
    g_autoptr(GstIterator) iterator = gst_bin_iterate_recurse(GST_BIN(viewer_bin));
    g_auto(GValue) value = G_VALUE_INIT;
    GstElement *payloader = NULL;

    while (payloader == NULL && gst_iterator_next(iterator, &value) == GST_ITERATOR_OK) {
        if (GST_IS_RTP_BASE_PAYLOAD(g_value_get_object(&value)))
            payloader = g_value_dup_object(&value);
        g_value_reset(&value);
    }
    return payloader;
}

static GstCaps *
make_sender_caps(const SlTrackCodec *codec, guint payload_type, guint32 ssrc)
{
    GstCaps *caps = gst_caps_copy(codec->rtp_caps);

    gst_caps_set_simple(caps, "payload", G_TYPE_INT, (gint)payload_type, "ssrc", G_TYPE_UINT, ssrc,
                        NULL);
    return caps;
}

static gboolean
link_to_webrtcbin(GstElement *viewer_bin, GstElement *webrtcbin, GstCaps *caps)
{
    g_autoptr(GstPad) src = gst_element_get_static_pad(viewer_bin, "src");
    g_autoptr(GstPad) sink = gst_element_request_pad_simple(webrtcbin, "sink_%u");
    g_autoptr(GstWebRTCRTPTransceiver) transceiver = NULL;
    const char *media = gst_structure_get_string(gst_caps_get_structure(caps, 0), "media");

    if (sink == NULL)
        return FALSE;
    /* Chromium refuses an offer that resends sound. */
    g_object_get(sink, "transceiver", &transceiver, NULL);
    g_object_set(transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
                 "codec-preferences", caps, "do-nack", g_strcmp0(media, "video") == 0, NULL);
    gst_pad_add_probe(src, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_viewer_bin_event,
                      gst_caps_ref(caps), (GDestroyNotify)gst_caps_unref);
    return gst_pad_link(src, sink) == GST_PAD_LINK_OK;
}

static void
add_appsrc(SlSender *self, GstElement *pipeline)
{
    GstElement *appsrc = gst_element_factory_make("appsrc", sl_track_get_name(self->track));
    KeyframeGate *gate = g_new0(KeyframeGate, 1);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(appsrc, "src");

    /* The feed keeps its own bound. */
    g_object_set(appsrc, "format", GST_FORMAT_TIME, "is-live", TRUE, "max-bytes", (guint64)0, NULL);
    gate->track = g_object_ref(self->track);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_appsrc_upstream_event, gate,
                      keyframe_gate_free);
    self->appsrc = gst_object_ref(GST_APP_SRC(appsrc));
    gst_bin_add(GST_BIN(pipeline), appsrc);
}

static gboolean
add_viewer_bin(SlSender *self, GstElement *pipeline, GstElement *webrtcbin, GstElement *viewer_bin,
               GstCaps *caps)
{
    g_autoptr(GstElement) payloader = find_payloader(viewer_bin);

    gst_bin_add(GST_BIN(pipeline), viewer_bin);
    if (payloader != NULL)
        set_payloader(payloader, caps);
    else
        add_rewriter(self, viewer_bin, caps);
    return gst_element_link(GST_ELEMENT(self->appsrc), viewer_bin) &&
           link_to_webrtcbin(viewer_bin, webrtcbin, caps);
}

SlSender *
sl_sender_new(GstElement *pipeline, GstElement *webrtcbin, SlStream *stream,
              const SlTrackCodec *codec, guint payload_type, GError **error)
{
    g_autoptr(GstCaps) caps =
        make_sender_caps(codec, payload_type, (guint32)g_random_int_range(1, G_MAXINT32));
    GstElement *viewer_bin = sl_stream_make_viewer_bin(stream, codec->track, error);
    SlSender *self;

    if (viewer_bin == NULL)
        return NULL;
    self = g_new0(SlSender, 1);
    sl_census_enter("SlSender");
    self->track = g_object_ref(codec->track);
    add_appsrc(self, pipeline);
    if (!add_viewer_bin(self, pipeline, webrtcbin, viewer_bin, caps)) {
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_INTERNAL,
                    "The [viewer %s] section can't be linked to the viewer's connection",
                    sl_track_get_name(self->track));
        g_clear_pointer(&self, sl_sender_free);
    }
    return self;
}

void
sl_sender_start(SlSender *self)
{
    g_return_if_fail(self->feed == NULL);
    self->feed = sl_track_subscribe(self->track, self->appsrc);
}

void
sl_sender_free(SlSender *self)
{
    g_clear_pointer(&self->feed, sl_feed_unsubscribe);
    g_clear_object(&self->track);
    gst_clear_object(&self->appsrc);
    g_free(self);
    sl_census_leave("SlSender");
}
