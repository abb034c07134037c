#include "sl-feed-private.h"

#include "sl-census.h"

/* Raw frames are large: a viewer that lags must not hold a camera's whole buffer pool. */
#define MAX_BYTES (8 * 1024 * 1024)

/* A viewer that keeps falling behind may not turn everybody's stream into keyframes. */
#define ASK_INTERVAL_US (2 * G_USEC_PER_SEC)

static gboolean
is_behind_locked(SlFeed *self)
{
    return gst_app_src_get_current_level_buffers(self->appsrc) >= self->max_buffers ||
           gst_app_src_get_current_level_bytes(self->appsrc) >= MAX_BYTES;
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

    take_caps_locked(self, caps);
    self->stats.frames++;
    gst_app_src_push_buffer(self->appsrc, gst_buffer_ref(buffer));
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
