#include "sl-sender.h"

#include <gst/webrtc/webrtc.h>

#include "sl-branch.h"
#include "sl-census.h"
#include "sl-context.h"
#include "sl-rtp-rewriter.h"
#include "sl-session.h"

/* For the first packet of another track. */
#define SWITCH_MS 5000

struct _SlSender {
    GObject parent_instance;

    GMainContext *context;
    GstElement *pipeline;    /* borrowed */
    GstCaps *rtp_caps;       /* the codec's */
    GstPad *sink;            /* webrtcbin's */
    SlRtpRewriter *rewriter; /* the sink's */
    gboolean is_started;

    SlBranch *present;
    SlBranch *joining; /* nullable: takes the present one's place at this moment */
    SlBranch *next;    /* nullable: waits for its first packet */
    GSource *timer;    /* runs while one of the two is there */
};

G_DEFINE_FINAL_TYPE(SlSender, sl_sender, G_TYPE_OBJECT)

enum { STUCK, N_SIGNALS };
static guint signals[N_SIGNALS];

/* --- what webrtcbin sees --- */

/*
 * The caps that reach webrtcbin never change in a peer's life: what a payloader adds (another
 * sprop, another offset) is not negotiated, and webrtcbin refuses what does not intersect.
 */
static GstPadProbeReturn
on_sink_event(GstPad *pad, GstPadProbeInfo *info, gpointer caps)
{
    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_CAPS) {
        gst_event_unref(GST_PAD_PROBE_INFO_EVENT(info));
        GST_PAD_PROBE_INFO_DATA(info) = gst_event_new_caps(caps);
    }
    return GST_PAD_PROBE_OK;
}

static void
answer_caps(GstQuery *query, GstCaps *caps)
{
    g_autoptr(GstCaps) filtered = NULL;
    GstCaps *filter;

    gst_query_parse_caps(query, &filter);
    if (filter != NULL)
        filtered = gst_caps_intersect_full(filter, caps, GST_CAPS_INTERSECT_FIRST);
    gst_query_set_caps_result(query, filter != NULL ? filtered : caps);
}

/* What a branch may give: any RTP is made what webrtcbin takes. */
static GstPadProbeReturn
on_sink_query(GstPad *pad, GstPadProbeInfo *info, gpointer unused)
{
    GstQuery *query = GST_PAD_PROBE_INFO_QUERY(info);
    g_autoptr(GstCaps) any_rtp = NULL;

    if (GST_QUERY_TYPE(query) == GST_QUERY_ACCEPT_CAPS) {
        gst_query_set_accept_caps_result(query, TRUE);
        return GST_PAD_PROBE_HANDLED;
    }
    if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS)
        return GST_PAD_PROBE_OK;
    any_rtp = gst_caps_new_empty_simple("application/x-rtp");
    answer_caps(query, any_rtp);
    return GST_PAD_PROBE_HANDLED;
}

/* What webrtcbin can have, whatever the branch would say. */
static GstPadProbeReturn
on_peer_query(GstPad *pad, GstPadProbeInfo *info, gpointer caps)
{
    GstQuery *query = GST_PAD_PROBE_INFO_QUERY(info);

    if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS)
        return GST_PAD_PROBE_OK;
    answer_caps(query, caps);
    return GST_PAD_PROBE_HANDLED;
}

static gboolean
rewrite_packet(GstBuffer **packet, guint index, gpointer rewriter)
{
    g_autoptr(GstBuffer) shared = g_steal_pointer(packet);

    *packet = sl_rtp_rewriter_rewrite(rewriter, shared);
    return TRUE;
}

static GstPadProbeReturn
on_sink_packets(GstPad *pad, GstPadProbeInfo *info, gpointer rewriter)
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

static gboolean
find_extension(GQuark field, const GValue *value, gpointer ret_found)
{
    *(gboolean *)ret_found |= g_str_has_prefix(g_quark_to_string(field), "extmap-");
    return TRUE;
}

static SlRtpRewriter *
make_rewriter(GstCaps *caps)
{
    const GstStructure *rtp = gst_caps_get_structure(caps, 0);
    gboolean has_extensions = FALSE;
    gint payload_type, clock_rate;
    guint ssrc;

    gst_structure_foreach(rtp, find_extension, &has_extensions);
    gst_structure_get(rtp, "payload", G_TYPE_INT, &payload_type, "ssrc", G_TYPE_UINT, &ssrc, NULL);
    if (!gst_structure_get_int(rtp, "clock-rate", &clock_rate) || clock_rate <= 0)
        clock_rate = 90000;
    /* A sequence begins in the lower half: RFC 3711, section 3.3.1. */
    return sl_rtp_rewriter_new((guint8)payload_type, ssrc, (guint32)clock_rate,
                               (guint16)g_random_int_range(0, 1 << 15), g_random_int(),
                               has_extensions);
}

static gboolean
add_sink(SlSender *self, GstElement *webrtcbin, GstCaps *sent)
{
    g_autoptr(GstCaps) caps = gst_caps_copy(sent);
    g_autoptr(GstWebRTCRTPTransceiver) transceiver = NULL;
    const char *media = gst_structure_get_string(gst_caps_get_structure(caps, 0), "media");

    self->sink = gst_element_request_pad_simple(webrtcbin, "sink_%u");
    if (self->sink == NULL)
        return FALSE;
    gst_caps_set_simple(caps, "ssrc", G_TYPE_UINT, (guint)g_random_int_range(1, G_MAXINT32), NULL);
    /* Chromium refuses an offer that resends sound. */
    g_object_get(self->sink, "transceiver", &transceiver, NULL);
    g_object_set(transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
                 "codec-preferences", caps, "do-nack", g_strcmp0(media, "video") == 0, NULL);

    self->rewriter = make_rewriter(caps);
    gst_pad_add_probe(self->sink, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
                      on_sink_packets, self->rewriter, (GDestroyNotify)sl_rtp_rewriter_free);
    gst_pad_add_probe(self->sink, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_sink_event,
                      gst_caps_ref(caps), (GDestroyNotify)gst_caps_unref);
    gst_pad_add_probe(self->sink, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM | GST_PAD_PROBE_TYPE_PUSH,
                      on_sink_query, NULL, NULL);
    gst_pad_add_probe(self->sink, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM | GST_PAD_PROBE_TYPE_PUSH,
                      on_peer_query, gst_caps_ref(caps), (GDestroyNotify)gst_caps_unref);
    return TRUE;
}

/* --- branches --- */

static void
drop_branch(SlSender *self, SlBranch **branch)
{
    if (*branch == NULL)
        return;
    g_signal_handlers_disconnect_by_data(*branch, self);
    g_clear_pointer(branch, sl_branch_drop);
}

static void
update_timer(SlSender *self)
{
    if (self->next == NULL && self->joining == NULL)
        sl_clear_source(&self->timer);
}

static void
join_next(SlSender *self)
{
    self->joining = g_steal_pointer(&self->next);
    sl_branch_join(self->joining, self->sink, self->rewriter, self->present);
}

/* Before the peer is connected nothing comes, and nothing has to be waited for. */
static void
join_next_if_due(SlSender *self)
{
    if (self->next != NULL && self->joining == NULL &&
        (!self->is_started || sl_branch_is_ready(self->next)))
        join_next(self);
}

static void
on_branch_ready(SlBranch *branch, SlSender *self)
{
    join_next_if_due(self);
}

static void
on_branch_joined(SlBranch *branch, SlSender *self)
{
    g_return_if_fail(branch == self->joining);
    drop_branch(self, &self->present);
    self->present = g_steal_pointer(&self->joining);
    join_next_if_due(self);
    update_timer(self);
}

static SlBranch *
make_branch(SlSender *self, SlStream *stream, SlTrack *track, GError **error)
{
    GstElement *viewer_bin = sl_stream_make_viewer_bin(stream, track, error);
    SlBranch *branch;

    if (viewer_bin == NULL)
        return NULL;
    branch = sl_branch_new(self->context, self->pipeline, track, viewer_bin, error);
    if (branch == NULL)
        return NULL;
    g_signal_connect(branch, "ready", G_CALLBACK(on_branch_ready), self);
    g_signal_connect(branch, "joined", G_CALLBACK(on_branch_joined), self);
    return branch;
}

static gboolean
on_timeout(gpointer data)
{
    g_autoptr(SlSender) self = g_object_ref(data);

    sl_clear_source(&self->timer);
    drop_branch(self, &self->next);
    g_signal_emit(self, signals[STUCK], 0);
    return G_SOURCE_REMOVE;
}

gboolean
sl_sender_fits(SlSender *self, const SlTrackCodec *codec)
{
    return gst_caps_is_equal(self->rtp_caps, codec->rtp_caps);
}

gboolean
sl_sender_switch(SlSender *self, SlStream *stream, const SlTrackCodec *codec, GError **error)
{
    SlBranch *branch;

    g_return_val_if_fail(sl_sender_fits(self, codec), FALSE);
    branch = make_branch(self, stream, codec->track, error);
    if (branch == NULL)
        return FALSE;
    drop_branch(self, &self->next);
    self->next = branch;
    sl_clear_source(&self->timer);
    self->timer = sl_context_add_timeout(self->context, SWITCH_MS, on_timeout, self);
    if (self->is_started)
        sl_branch_start(self->next);
    join_next_if_due(self);
    return TRUE;
}

/* What is about to go gets no feed any more. */
void
sl_sender_start(SlSender *self)
{
    self->is_started = TRUE;
    sl_branch_start(self->joining != NULL ? self->joining : self->present);
    if (self->next != NULL)
        sl_branch_start(self->next);
}

void
sl_sender_apply_live(SlSender *self, SlStream *stream, GPtrArray *settings)
{
    SlBranch *branches[] = { self->present, self->joining, self->next };

    for (guint i = 0; i < G_N_ELEMENTS(branches); i++) {
        if (branches[i] != NULL && sl_stream_has_track(stream, sl_branch_get_track(branches[i])))
            sl_branch_apply_live(branches[i], settings);
    }
}

/* --- the object --- */

static void
forget_branch(SlSender *self, SlBranch **branch)
{
    if (*branch != NULL)
        g_signal_handlers_disconnect_by_data(*branch, self);
    g_clear_object(branch);
}

static void
sl_sender_dispose(GObject *object)
{
    SlSender *self = SL_SENDER(object);

    sl_clear_source(&self->timer);
    forget_branch(self, &self->next);
    forget_branch(self, &self->joining);
    forget_branch(self, &self->present);
    gst_clear_object(&self->sink);
    G_OBJECT_CLASS(sl_sender_parent_class)->dispose(object);
}

static void
sl_sender_finalize(GObject *object)
{
    SlSender *self = SL_SENDER(object);

    gst_clear_caps(&self->rtp_caps);
    g_clear_pointer(&self->context, g_main_context_unref);
    G_OBJECT_CLASS(sl_sender_parent_class)->finalize(object);
}

static void
sl_sender_class_init(SlSenderClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_sender_dispose;
    object_class->finalize = sl_sender_finalize;
    signals[STUCK] = g_signal_new("stuck", SL_TYPE_SENDER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
}

static void
sl_sender_init(SlSender *self)
{
    sl_census_add_object(self);
}

SlSender *
sl_sender_new(GMainContext *context, GstElement *pipeline, GstElement *webrtcbin, SlStream *stream,
              const SlTrackCodec *codec, GstCaps *caps, GError **error)
{
    g_autoptr(SlSender) self = g_object_new(SL_TYPE_SENDER, NULL);

    self->context = g_main_context_ref(context);
    self->pipeline = pipeline;
    self->rtp_caps = gst_caps_ref(codec->rtp_caps);
    if (!add_sink(self, webrtcbin, caps)) {
        g_set_error_literal(error, SL_SESSION_ERROR, SL_SESSION_ERROR_INTERNAL,
                            "webrtcbin takes no more tracks");
        return NULL;
    }
    self->present = make_branch(self, stream, codec->track, error);
    if (self->present == NULL)
        return NULL;
    sl_branch_join(self->present, self->sink, self->rewriter, NULL);
    return g_steal_pointer(&self);
}
