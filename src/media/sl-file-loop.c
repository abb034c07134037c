#include "sl-file-loop.h"

/* For streams of a single frame, or whose frames have neither durations nor distances. */
#define FALLBACK_FRAME_DURATION (GST_SECOND / 30)

/* A decoder whose pads begin again together, when the picture has come to its end and the sound
 * that is listened to has reached it: what is longer than the picture is cut off, what is shorter
 * waits. The seek happens while all of them are idle there. */
typedef struct {
    gatomicrefcount refs;
    GMutex lock;
    GPtrArray *pads;    /* of LoopPad; the first leads: it is the picture's */
    GstClockTime base;  /* running time at which the present round began */
    GstClockTime first; /* of the leader's first frame, from the file's beginning */
    GstClockTime end;   /* of the leader's latest frame, in the pipeline's running time */
    GstClockTime cut;   /* where the picture ends, from the file's beginning; NONE: not yet known */
    GstClockTime last;  /* of the leader's latest frame */
    guint64 n_frames;   /* of the leader, in this round */
    guint round;        /* counts them */
    gboolean is_ending; /* the end is to be let through */
} Loop;

typedef struct {
    Loop *loop;
    GstPad *pad;        /* the probe is on it */
    GstSegment segment; /* as it was sent on; the pad's streaming thread */
    guint round;        /* that its frames are of */
    gboolean is_leader, has_ended;
} LoopPad;

static void
loop_unref(Loop *loop)
{
    if (!g_atomic_ref_count_dec(&loop->refs))
        return;
    g_ptr_array_unref(loop->pads);
    g_mutex_clear(&loop->lock);
    g_free(loop);
}

static void
loop_pad_free(gpointer data)
{
    LoopPad *self = data;

    g_mutex_lock(&self->loop->lock);
    g_ptr_array_remove(self->loop->pads, self);
    g_mutex_unlock(&self->loop->lock);
    loop_unref(self->loop);
    g_free(self);
}

static void
on_leaders_frame(Loop *loop, GstClockTime time, GstClockTime duration)
{
    if (!GST_CLOCK_TIME_IS_VALID(loop->first))
        loop->first = time;
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
    LoopPad *leader = g_object_get_data(G_OBJECT(user_data), "sl-file-loop");
    GstEvent *seek = gst_event_new_seek(1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                        GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_NONE, -1);

    if (gst_pad_send_event(leader->pad, seek))
        return;
    g_mutex_lock(&leader->loop->lock);
    leader->loop->is_ending = TRUE;
    g_mutex_unlock(&leader->loop->lock);
    gst_pad_push_event(leader->pad, gst_event_new_eos());
}

/* NULL: the file has no picture */
static LoopPad *
get_leader_locked(const Loop *loop)
{
    LoopPad *first = loop->pads->len > 0 ? g_ptr_array_index(loop->pads, 0) : NULL;

    return first != NULL && first->is_leader ? first : NULL;
}

static gboolean
has_ended_locked(const LoopPad *self)
{
    return self->has_ended && self->round == self->loop->round;
}

static gboolean
have_all_ended_locked(Loop *loop)
{
    for (guint i = 0; i < loop->pads->len; i++) {
        const LoopPad *pad = g_ptr_array_index(loop->pads, i);

        if (!has_ended_locked(pad) && (pad->is_leader || gst_pad_is_linked(pad->pad)))
            return FALSE;
    }
    return TRUE;
}

static void
begin_round_locked(Loop *loop)
{
    LoopPad *leader = get_leader_locked(loop);
    g_autoptr(GstElement) decoder = gst_pad_get_parent_element(leader->pad);

    loop->cut = loop->end - loop->base;
    loop->base = loop->end - loop->first;
    loop->n_frames = 0;
    loop->round++;
    if (decoder != NULL)
        gst_element_call_async(decoder, seek_to_start, gst_object_ref(leader->pad),
                               gst_object_unref);
}

static void
end_pad_locked(LoopPad *self)
{
    if (self->has_ended || self->round != self->loop->round)
        return;
    self->has_ended = TRUE;
    if (have_all_ended_locked(self->loop))
        begin_round_locked(self->loop);
}

/* In the first round the picture's end shows only when it is there. */
static gboolean
is_beyond_picture(const LoopPad *self, GstClockTime time)
{
    const Loop *loop = self->loop;
    const LoopPad *leader = get_leader_locked(loop);

    if (leader == NULL)
        return FALSE;
    return has_ended_locked(leader)
               ? time >= loop->end
               : GST_CLOCK_TIME_IS_VALID(loop->cut) && time >= loop->base + loop->cut;
}

static GstPadProbeReturn
on_buffer_locked(LoopPad *self, GstBuffer *buffer)
{
    GstClockTime time =
        gst_segment_to_running_time(&self->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));

    if (self->round != self->loop->round) /* what is left of the one before */
        return GST_PAD_PROBE_DROP;
    if (!GST_CLOCK_TIME_IS_VALID(time))
        return GST_PAD_PROBE_OK;
    if (self->is_leader) {
        on_leaders_frame(self->loop, time, GST_BUFFER_DURATION(buffer));
        return GST_PAD_PROBE_OK;
    }
    if (!self->has_ended && !is_beyond_picture(self, time))
        return GST_PAD_PROBE_OK;
    end_pad_locked(self);
    return GST_PAD_PROBE_DROP;
}

static GstPadProbeReturn
on_eos_locked(LoopPad *self)
{
    Loop *loop = self->loop;

    if (loop->is_ending || get_leader_locked(loop) == NULL ||
        (self->is_leader && loop->n_frames == 0))
        return GST_PAD_PROBE_OK;
    end_pad_locked(self);
    return GST_PAD_PROBE_DROP;
}

static void
on_segment_locked(LoopPad *self, GstPadProbeInfo *info)
{
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    GstEvent *moved;

    self->round = self->loop->round;
    self->has_ended = FALSE;
    gst_event_copy_segment(event, &self->segment);
    if (self->segment.format != GST_FORMAT_TIME || self->loop->base == 0)
        return;
    self->segment.base = self->loop->base;
    moved = gst_event_new_segment(&self->segment);
    gst_event_set_seqnum(moved, gst_event_get_seqnum(event));
    gst_event_unref(event);
    GST_PAD_PROBE_INFO_DATA(info) = moved;
}

static GstPadProbeReturn
on_data_locked(LoopPad *self, GstPadProbeInfo *info)
{
    GstEventType type;

    if ((info->type & GST_PAD_PROBE_TYPE_BUFFER) != 0)
        return on_buffer_locked(self, GST_PAD_PROBE_INFO_BUFFER(info));
    type = GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info));
    if (type == GST_EVENT_FLUSH_START || type == GST_EVENT_FLUSH_STOP)
        return GST_PAD_PROBE_DROP;
    if (type == GST_EVENT_EOS)
        return on_eos_locked(self);
    if (type == GST_EVENT_SEGMENT)
        on_segment_locked(self, info);
    return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_data(GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
    LoopPad *self = user_data;
    GstPadProbeReturn answer;

    g_mutex_lock(&self->loop->lock);
    answer = on_data_locked(self, info);
    g_mutex_unlock(&self->loop->lock);
    return answer;
}

static Loop *
loop_new(void)
{
    Loop *loop = g_new0(Loop, 1);

    g_atomic_ref_count_init(&loop->refs);
    g_mutex_init(&loop->lock);
    loop->pads = g_ptr_array_new();
    loop->first = loop->cut = GST_CLOCK_TIME_NONE;
    return loop;
}

static gboolean
has_media(GstPad *pad, const char *prefix)
{
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);

    return caps != NULL && gst_caps_get_size(caps) > 0 &&
           g_str_has_prefix(gst_structure_get_name(gst_caps_get_structure(caps, 0)), prefix);
}

static void
add_pad(Loop *loop, GstPad *pad, gboolean is_leader)
{
    LoopPad *self = g_new0(LoopPad, 1);

    g_atomic_ref_count_inc(&loop->refs);
    self->loop = loop;
    self->pad = pad;
    self->is_leader = is_leader;
    gst_segment_init(&self->segment, GST_FORMAT_TIME);
    g_mutex_lock(&loop->lock);
    g_ptr_array_insert(loop->pads, is_leader ? 0 : -1, self);
    g_mutex_unlock(&loop->lock);
    g_object_set_data_full(G_OBJECT(pad), "sl-file-loop", self, loop_pad_free);
    gst_pad_add_probe(pad,
                      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                          GST_PAD_PROBE_TYPE_EVENT_FLUSH,
                      on_data, self, NULL);
}

/* One picture leads; sound follows it. */
static void
on_decoder_pad_added(GstElement *decoder, GstPad *pad, gpointer user_data)
{
    Loop *loop = g_object_get_data(G_OBJECT(decoder), "sl-file-loop");
    gboolean is_video = has_media(pad, "video/") || has_media(pad, "image/");
    gboolean has_leader;

    g_mutex_lock(&loop->lock);
    has_leader = get_leader_locked(loop) != NULL;
    g_mutex_unlock(&loop->lock);
    if ((is_video && !has_leader) || has_media(pad, "audio/"))
        add_pad(loop, pad, is_video);
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
        if (plays_file(element)) {
            g_object_set_data_full(G_OBJECT(element), "sl-file-loop", loop_new(),
                                   (GDestroyNotify)loop_unref);
            g_signal_connect(element, "pad-added", G_CALLBACK(on_decoder_pad_added), NULL);
        }
        g_value_reset(&item);
    }
}
