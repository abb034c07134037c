#include "sl-branch.h"

#include <gst/video/video.h>

#include "sl-census.h"
#include "sl-context.h"
#include "sl-feed.h"
#include "sl-log.h"
#include "sl-session.h"
#include "sl-teardown.h"

/* One viewer on a bad line may not turn everybody's stream into keyframes. */
#define KEYFRAME_INTERVAL_US G_USEC_PER_SEC

#define PACKETS (GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST)

struct _SlBranch {
    GObject parent_instance;

    GMainContext *context;
    SlWeak *weak;
    SlTrack *track;
    GstElement *bin;
    GstElement *viewer_bin; /* borrowed from the bin */
    GstAppSrc *appsrc;
    GstPad *src;
    gulong block_id; /* 0 once it is linked, or is about to be */
    gboolean is_ready;
    SlFeed *feed; /* NULL until it is started */
};

G_DEFINE_FINAL_TYPE(SlBranch, sl_branch, G_TYPE_OBJECT)

enum { READY, JOINED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* What streaming threads hold of it. */
typedef struct {
    GMainContext *context;
    SlWeak *branch;
    gint posted; /* atomic */
} BranchLink;

static BranchLink *
branch_link_new(SlBranch *self)
{
    BranchLink *link = g_new0(BranchLink, 1);

    link->context = g_main_context_ref(self->context);
    link->branch = sl_weak_ref(self->weak);
    return link;
}

static void
branch_link_free(gpointer data)
{
    BranchLink *link = data;

    g_main_context_unref(link->context);
    sl_weak_unref(link->branch);
    g_free(link);
}

/* --- keyframes --- */

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

/* --- the first packet --- */

static void
on_ready(gpointer object, gpointer unused)
{
    SlBranch *self = object;

    self->is_ready = TRUE;
    g_signal_emit(self, signals[READY], 0);
}

/* Streaming thread; it waits here until the probe is removed, or the bin ends. */
static GstPadProbeReturn
on_packet_waits(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    BranchLink *link = data;

    if (g_atomic_int_compare_and_exchange(&link->posted, FALSE, TRUE))
        sl_context_post(link->context, link->branch, on_ready, NULL, NULL);
    return GST_PAD_PROBE_OK;
}

void
sl_branch_start(SlBranch *self)
{
    if (self->feed == NULL)
        self->feed = sl_track_subscribe(self->track, self->appsrc);
}

gboolean
sl_branch_is_ready(SlBranch *self)
{
    return self->is_ready;
}

/* --- joining --- */

typedef struct {
    BranchLink *link;
    GstPad *sink;
    GstPad *src;
    gulong block_id;
    SlRtpRewriter *rewriter;
} Joining;

static void
joining_free(gpointer data)
{
    Joining *joining = data;

    branch_link_free(joining->link);
    gst_object_unref(joining->sink);
    gst_object_unref(joining->src);
    g_free(joining);
}

static void
on_joined(gpointer object, gpointer unused)
{
    g_signal_emit(object, signals[JOINED], 0);
}

/* Nothing runs through @sink. What links there is known to be RTP, and what caps webrtcbin gets is
 * the sender's affair. */
static void
join(Joining *joining)
{
    sl_rtp_rewriter_begin(joining->rewriter);
    gst_pad_link_full(joining->src, joining->sink, GST_PAD_LINK_CHECK_NOTHING);
    gst_pad_remove_probe(joining->src, joining->block_id);
}

static GstPadProbeReturn
on_left_over(GstPad *pad, GstPadProbeInfo *info, gpointer unused)
{
    return GST_PAD_PROBE_DROP;
}

/* Its streaming thread, or the main thread where that one does nothing. What still comes would find
 * no peer, which is an error. */
static GstPadProbeReturn
on_before_idle(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    Joining *joining = data;

    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM, on_left_over, NULL, NULL);
    gst_pad_unlink(pad, joining->sink);
    join(joining);
    sl_context_post(joining->link->context, joining->link->branch, on_joined, NULL, NULL);
    return GST_PAD_PROBE_REMOVE;
}

void
sl_branch_join(SlBranch *self, GstPad *sink, SlRtpRewriter *rewriter, SlBranch *before)
{
    Joining *joining = g_new0(Joining, 1);

    g_return_if_fail(self->block_id != 0);
    joining->link = branch_link_new(self);
    joining->sink = gst_object_ref(sink);
    joining->src = gst_object_ref(self->src);
    joining->block_id = self->block_id;
    joining->rewriter = rewriter;
    self->block_id = 0;

    if (before == NULL) {
        join(joining);
        joining_free(joining);
        return;
    }
    g_clear_pointer(&before->feed, sl_feed_unsubscribe);
    gst_pad_add_probe(before->src, GST_PAD_PROBE_TYPE_IDLE, on_before_idle, joining, joining_free);
}

/* --- live values --- */

SlTrack *
sl_branch_get_track(SlBranch *self)
{
    return self->track;
}

void
sl_branch_apply_live(SlBranch *self, GPtrArray *settings)
{
    static SlLogRate rate; /* a slider, and many viewers */

    for (guint i = 0; i < settings->len; i++) {
        const SlLiveSetting *setting = g_ptr_array_index(settings, i);
        g_autoptr(GError) error = NULL;

        if (g_strcmp0(setting->track, sl_track_get_name(self->track)) == 0 &&
            !sl_live_setting_apply(setting, GST_BIN(self->viewer_bin), &error))
            sl_log_warning_rated(&rate, "%s", error->message);
    }
}

/* --- the object --- */

void
sl_branch_drop(SlBranch *self)
{
    GstElement *bin = g_steal_pointer(&self->bin);
    g_autoptr(GstObject) pipeline = gst_object_get_parent(GST_OBJECT(bin));

    g_clear_pointer(&self->feed, sl_feed_unsubscribe);
    if (pipeline != NULL)
        gst_bin_remove(GST_BIN(pipeline), bin);
    sl_teardown_element(bin, NULL, self->context, NULL, NULL);
    g_object_unref(self);
}

static void
sl_branch_dispose(GObject *object)
{
    SlBranch *self = SL_BRANCH(object);

    g_clear_pointer(&self->feed, sl_feed_unsubscribe);
    g_clear_object(&self->track);
    gst_clear_object(&self->src);
    gst_clear_object(&self->appsrc);
    gst_clear_object(&self->bin);
    G_OBJECT_CLASS(sl_branch_parent_class)->dispose(object);
}

static void
sl_branch_finalize(GObject *object)
{
    SlBranch *self = SL_BRANCH(object);

    g_clear_pointer(&self->weak, sl_weak_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    G_OBJECT_CLASS(sl_branch_parent_class)->finalize(object);
}

static void
sl_branch_class_init(SlBranchClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_branch_dispose;
    object_class->finalize = sl_branch_finalize;
    signals[READY] = g_signal_new("ready", SL_TYPE_BRANCH, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
    signals[JOINED] = g_signal_new("joined", SL_TYPE_BRANCH, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
}

static void
sl_branch_init(SlBranch *self)
{
    sl_census_add_object(self);
    self->weak = sl_weak_new(self);
}

static GstElement *
make_appsrc(SlTrack *track)
{
    GstElement *appsrc = gst_element_factory_make("appsrc", sl_track_get_name(track));
    KeyframeGate *gate = g_new0(KeyframeGate, 1);
    g_autoptr(GstPad) pad = gst_element_get_static_pad(appsrc, "src");

    /* The feed keeps its own bound. */
    g_object_set(appsrc, "format", GST_FORMAT_TIME, "is-live", TRUE, "max-bytes", (guint64)0, NULL);
    gate->track = g_object_ref(track);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_appsrc_upstream_event, gate,
                      keyframe_gate_free);
    return appsrc;
}

SlBranch *
sl_branch_new(GMainContext *context, GstElement *pipeline, SlTrack *track, GstElement *viewer_bin,
              GError **error)
{
    g_autoptr(SlBranch) self = g_object_new(SL_TYPE_BRANCH, NULL);
    g_autoptr(GstPad) viewer_src = gst_element_get_static_pad(viewer_bin, "src");

    self->context = g_main_context_ref(context);
    self->track = g_object_ref(track);
    self->bin = gst_object_ref_sink(gst_bin_new(NULL));
    self->appsrc = GST_APP_SRC(gst_object_ref_sink(make_appsrc(track)));
    self->viewer_bin = viewer_bin;
    gst_bin_add_many(GST_BIN(self->bin), GST_ELEMENT(self->appsrc), viewer_bin, NULL);
    if (!gst_element_link(GST_ELEMENT(self->appsrc), viewer_bin)) {
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_INTERNAL,
                    "The [viewer %s] section takes no frames", sl_track_get_name(track));
        return NULL;
    }
    self->src = gst_object_ref_sink(gst_ghost_pad_new("src", viewer_src));
    gst_element_add_pad(self->bin, self->src);
    self->block_id = gst_pad_add_probe(self->src, GST_PAD_PROBE_TYPE_BLOCK | PACKETS,
                                       on_packet_waits, branch_link_new(self), branch_link_free);
    gst_bin_add(GST_BIN(pipeline), self->bin);
    gst_element_sync_state_with_parent(self->bin);
    return g_steal_pointer(&self);
}
