#include "sl-receiver.h"

#include <gst/app/gstappsink.h>
#include <gst/rtp/rtp.h>
#include <gst/video/video.h>

#include "sl-census.h"
#include "sl-pass-through.h"
#include "sl-session.h"

/*
 * After a loss that could not be mended a decoder would show what it has, wrongly; here, where many
 * look on, the picture stands until a keyframe comes, which is asked for at once.
 */
#define WHOLE "request-keyframe=true wait-for-keyframe=true"

/* Depayloaders gather a picture until its last packet, however long that takes. */
#define MAX_PICTURE_BYTES (8 * 1024 * 1024)

struct _SlReceiver {
    gatomicrefcount refs;

    SlTrack *track;
    guint payload_type;
    GstElement *appsink; /* NULL once ended */
    gint is_open;        /* atomic */

    GMutex lock;
    GstPad *sink; /* protected by lock: the chain's; NULL once ended */
    GstPad *from; /* protected by lock: webrtcbin's, that is linked to it; NULL: none yet */
};

/* --- frames --- */

static GstFlowReturn
on_new_sample(GstAppSink *appsink, gpointer data)
{
    SlReceiver *self = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(appsink);

    if (sample != NULL && g_atomic_int_get(&self->is_open))
        sl_track_push(self->track, sample, 0);
    return GST_FLOW_OK;
}

void
sl_receiver_set_open(SlReceiver *self, gboolean is_open)
{
    g_atomic_int_set(&self->is_open, is_open);
}

void
sl_receiver_request_keyframe(SlReceiver *self)
{
    g_autoptr(GstPad) pad = NULL;

    if (self->appsink == NULL)
        return;
    pad = gst_element_get_static_pad(self->appsink, "sink");
    gst_pad_push_event(pad,
                       gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, FALSE, 0));
}

/* --- webrtcbin's pads --- */

static GstPadProbeReturn
drop(GstPad *pad, GstPadProbeInfo *info, gpointer unused)
{
    return GST_PAD_PROBE_DROP;
}

static void
let_go_of_pad_locked(SlReceiver *self)
{
    if (self->from == NULL)
        return;
    gst_pad_add_probe(self->from, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, drop,
                      NULL, NULL);
    gst_pad_unlink(self->from, self->sink);
    gst_clear_object(&self->from);
}

void
sl_receiver_take_pad(SlReceiver *self, GstPad *pad)
{
    g_mutex_lock(&self->lock);
    if (self->sink != NULL) {
        let_go_of_pad_locked(self);
        if (gst_pad_link(pad, self->sink) == GST_PAD_LINK_OK)
            self->from = gst_object_ref(pad);
    }
    g_mutex_unlock(&self->lock);
}

guint
sl_receiver_get_payload_type(SlReceiver *self)
{
    return self->payload_type;
}

SlTrack *
sl_receiver_get_track(SlReceiver *self)
{
    return self->track;
}

/* What is left out makes a gap, at which the depayloader drops what it has. */
static GstPadProbeReturn
on_picture_packet(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    GstRTPBuffer packet = GST_RTP_BUFFER_INIT;
    gsize *n_bytes = data;
    gboolean is_last;

    if (!gst_rtp_buffer_map(GST_PAD_PROBE_INFO_BUFFER(info), GST_MAP_READ, &packet))
        return GST_PAD_PROBE_DROP;
    is_last = gst_rtp_buffer_get_marker(&packet);
    gst_rtp_buffer_unmap(&packet);
    *n_bytes += gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info));
    if (!is_last)
        return *n_bytes > MAX_PICTURE_BYTES ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
    *n_bytes = 0;
    return GST_PAD_PROBE_OK;
}

/* The gap itself is seen by the next packet. rtpvp9depay, told that one was lost, takes another
 * event for this one, which is not there (up to 1.26 at least). */
static GstPadProbeReturn
on_vp9_event(GstPad *pad, GstPadProbeInfo *info, gpointer unused)
{
    return gst_event_has_name(GST_PAD_PROBE_INFO_EVENT(info), "GstRTPPacketLost")
               ? GST_PAD_PROBE_DROP
               : GST_PAD_PROBE_OK;
}

/* --- life --- */

static const char *
find_chain(const char *encoding_name)
{
    static const struct {
        const char *name, *chain;
    } chains[] = {
        { "VP8", "rtpvp8depay " WHOLE },
        { "VP9", "rtpvp9depay " WHOLE },
        /* The parser finds profile and size, which caps of RTP don't have. */
        { "H264", "rtph264depay " WHOLE " ! h264parse ! capsfilter "
                  "caps=video/x-h264,stream-format=byte-stream,alignment=au" },
        { "OPUS", "rtpopusdepay" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(chains); i++) {
        if (g_str_equal(chains[i].name, encoding_name))
            return chains[i].chain;
    }
    return NULL;
}

static GstElement *
make_chain(const char *encoding_name, GError **error)
{
    const char *chain = find_chain(encoding_name);
    g_autoptr(GError) fault = NULL;
    GstElement *bin = chain != NULL ? gst_parse_bin_from_description_full(
                                          chain, TRUE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &fault)
                                    : NULL;

    if (bin == NULL)
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_INTERNAL, "%s can't be received: %s",
                    encoding_name, fault != NULL ? fault->message : "it is not known");
    return bin;
}

static GstElement *
make_appsink(SlReceiver *self)
{
    GstAppSinkCallbacks callbacks = { .new_sample = on_new_sample };
    GstElement *appsink = gst_element_factory_make("appsink", NULL);

    if (appsink == NULL)
        return NULL;
    g_object_set(appsink, "max-buffers", 4, "enable-last-sample", FALSE, "wait-on-eos", FALSE,
                 "sync", FALSE, "async", FALSE, "qos", FALSE, NULL);
    gst_app_sink_set_callbacks(GST_APP_SINK(appsink), &callbacks, sl_receiver_ref(self),
                               (GDestroyNotify)sl_receiver_unref);
    return appsink;
}

static gboolean
build(SlReceiver *self, GstElement *pipeline, const char *encoding_name, GError **error)
{
    GstElement *chain = make_chain(encoding_name, error);
    g_autoptr(GstPad) appsink_pad = NULL;

    if (chain == NULL)
        return FALSE;
    gst_bin_add(GST_BIN(pipeline), chain);
    self->appsink = make_appsink(self);
    if (self->appsink == NULL) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_INTERNAL,
                            "appsink is missing (package gstreamer1.0-plugins-base)");
        return FALSE;
    }
    gst_object_ref_sink(self->appsink);
    gst_bin_add(GST_BIN(pipeline), self->appsink);
    gst_element_link(chain, self->appsink);
    self->sink = gst_element_get_static_pad(chain, "sink");
    if (!g_str_equal(encoding_name, "OPUS")) /* whose packets are whole */
        gst_pad_add_probe(self->sink, GST_PAD_PROBE_TYPE_BUFFER, on_picture_packet,
                          g_new0(gsize, 1), g_free);
    if (g_str_equal(encoding_name, "VP9"))
        gst_pad_add_probe(self->sink, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_vp9_event, NULL,
                          NULL);
    if (g_str_equal(encoding_name, "H264")) {
        appsink_pad = gst_element_get_static_pad(self->appsink, "sink");
        sl_pass_through_watch(appsink_pad, "", TRUE);
    }
    return TRUE;
}

void
sl_receiver_end(SlReceiver *self)
{
    GstAppSinkCallbacks none = { NULL };

    sl_receiver_set_open(self, FALSE);
    g_mutex_lock(&self->lock);
    gst_clear_object(&self->from);
    gst_clear_object(&self->sink);
    g_mutex_unlock(&self->lock);
    if (self->appsink != NULL)
        gst_app_sink_set_callbacks(GST_APP_SINK(self->appsink), &none, NULL, NULL);
    gst_clear_object(&self->appsink);
}

SlReceiver *
sl_receiver_new(GstElement *pipeline, const char *encoding_name, guint payload_type, SlTrack *track,
                GError **error)
{
    SlReceiver *self = g_new0(SlReceiver, 1);

    g_atomic_ref_count_init(&self->refs);
    g_mutex_init(&self->lock);
    self->track = g_object_ref(track);
    self->payload_type = payload_type;
    if (build(self, pipeline, encoding_name, error))
        return self;
    sl_receiver_end(self);
    sl_receiver_unref(self);
    return NULL;
}

SlReceiver *
sl_receiver_ref(SlReceiver *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
sl_receiver_unref(SlReceiver *self)
{
    if (!g_atomic_ref_count_dec(&self->refs))
        return;
    g_object_unref(self->track);
    g_mutex_clear(&self->lock);
    g_free(self);
}
