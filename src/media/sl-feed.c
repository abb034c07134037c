#include "sl-feed-private.h"

#include "sl-census.h"

/* Raw frames are large: a viewer that lags must not hold a camera's whole buffer pool. */
#define MAX_BYTES (8 * 1024 * 1024)

/* A viewer that keeps falling behind may not turn everybody's stream into keyframes. */
#define ASK_INTERVAL_US (2 * G_USEC_PER_SEC)

/* A group of frames is sent at this rate: a network's buffers do not hold it all. A second's worth
 * of a good picture takes an eighth of a second. */
#define CATCH_UP_BYTES_PER_SECOND 4000000
/* A browser has to decode them, too. */
#define CATCH_UP_INTERVAL (2 * GST_MSECOND)
/* More than that is no encoder's delay. */
#define MAX_DELAY (100 * GST_MSECOND)

static gboolean
is_catching_up_locked(SlFeed *self)
{
    return GST_CLOCK_TIME_IS_VALID(self->next);
}

/* What it was given to begin with may wait beside what comes meanwhile. */
static gboolean
is_behind_locked(SlFeed *self)
{
    gboolean catches_up = is_catching_up_locked(self);
    guint max_buffers = self->max_buffers + (catches_up ? SL_FRAME_GROUP_MAX_FRAMES : 0);
    guint64 max_bytes = MAX_BYTES + (catches_up ? SL_FRAME_GROUP_MAX_BYTES : 0);

    return gst_app_src_get_current_level_buffers(self->appsrc) >= max_buffers ||
           gst_app_src_get_current_level_bytes(self->appsrc) >= max_bytes;
}

static void
ask_for_keyframe_locked(SlFeed *self)
{
    gint64 now_us = g_get_monotonic_time();

    if (now_us - self->asked_us < ASK_INTERVAL_US)
        return;
    self->asked_us = now_us;
    sl_track_request_keyframe(self->track);
}

static void
take_caps_locked(SlFeed *self, GstCaps *caps)
{
    if (self->caps != NULL && gst_caps_is_equal(self->caps, caps))
        return;
    gst_caps_replace(&self->caps, caps);
    self->max_buffers = gst_structure_has_name(gst_caps_get_structure(caps, 0), "application/x-rtp")
                            ? SL_FEED_MAX_PACKETS
                            : SL_FEED_MAX_BUFFERS;
    gst_app_src_set_caps(self->appsrc, caps);
}

/*
 * While it catches up frames are given the times at which they are to be sent (webrtcbin waits for
 * them): a browser takes a series of frames that come as their times say, and its delay is that of
 * others who have watched for long. With their own times it would play them at their own pace, and
 * stay behind for good.
 */
static GstBuffer *
set_time_locked(SlFeed *self, GstBuffer *frame)
{
    GstClockTime interval =
        gst_util_uint64_scale(gst_buffer_get_size(frame), GST_SECOND, CATCH_UP_BYTES_PER_SECOND);

    if (!GST_BUFFER_PTS_IS_VALID(frame) || GST_BUFFER_PTS(frame) >= self->next) {
        self->next = GST_CLOCK_TIME_NONE;
        return gst_buffer_ref(frame);
    }
    frame = gst_buffer_copy(frame);
    GST_BUFFER_PTS(frame) = self->next;
    GST_BUFFER_DTS(frame) = GST_CLOCK_TIME_NONE;
    self->next += MAX(interval, CATCH_UP_INTERVAL);
    return frame;
}

static void
give_locked(SlFeed *self, GstBuffer *frame, GstCaps *caps)
{
    take_caps_locked(self, caps);
    self->stats.frames++;
    gst_app_src_push_buffer(self->appsrc, is_catching_up_locked(self) ? set_time_locked(self, frame)
                                                                      : gst_buffer_ref(frame));
}

gboolean
sl_feed_begin_locked(SlFeed *self, const SlFrameGroup *group)
{
    if (group->frames == NULL)
        return FALSE;
    self->waiting = FALSE;
    self->next = gst_util_get_timestamp() - MIN(group->delay, MAX_DELAY);
    for (guint i = 0; i < group->frames->len; i++)
        give_locked(self, g_ptr_array_index(group->frames, i), group->caps);
    return TRUE;
}

void
sl_feed_push_locked(SlFeed *self, GstBuffer *buffer, GstCaps *caps)
{
    if (is_behind_locked(self)) {
        self->waiting = TRUE;
        self->stats.dropped++;
        return;
    }

    if (self->waiting) {
        if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT)) {
            self->stats.dropped++;
            ask_for_keyframe_locked(self);
            return;
        }
        self->waiting = FALSE;
    }

    give_locked(self, buffer, caps);
}

SlFeed *
sl_feed_new(SlTrack *track, GstAppSrc *appsrc)
{
    SlFeed *self = g_new0(SlFeed, 1);

    sl_census_enter("SlFeed");
    self->track = g_object_ref(track);
    self->appsrc = gst_object_ref(appsrc);
    self->waiting = TRUE;
    self->max_buffers = SL_FEED_MAX_BUFFERS;
    self->asked_us = g_get_monotonic_time();
    self->next = GST_CLOCK_TIME_NONE;
    return self;
}

void
sl_feed_unsubscribe(SlFeed *self)
{
    sl_track_remove_feed(self->track, self);
    gst_clear_caps(&self->caps);
    gst_clear_object(&self->appsrc);
    g_clear_object(&self->track);
    g_free(self);
    sl_census_leave("SlFeed");
}

SlFeedStats
sl_feed_get_stats(SlFeed *self)
{
    SlFeedStats stats;

    sl_track_lock(self->track);
    stats = self->stats;
    sl_track_unlock(self->track);
    return stats;
}
