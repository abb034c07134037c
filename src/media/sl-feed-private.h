#pragma once

#include "sl-feed.h"
#include "sl-frame-group.h"

G_BEGIN_DECLS

/* Between SlTrack and SlFeed: the track owns the list and its lock. */

struct _SlFeed {
    SlTrack *track;
    GstAppSrc *appsrc;

    /* Protected by the track's lock. */
    GstCaps *caps;     /* what the appsrc was last told */
    guint max_buffers; /* by these caps */
    gboolean waiting;  /* for a keyframe */
    gint64 asked_us;   /* when this feed last asked for one */
    GstClockTime next; /* NONE: it has caught up; else the time of the next frame */
    SlFeedStats stats;
};

SlFeed *sl_feed_new(SlTrack *track, GstAppSrc *appsrc);

/** sl_feed_begin_locked: gives it all of @group. Returns: FALSE: there is none. Before it is in the
 * track's list. */
gboolean sl_feed_begin_locked(SlFeed *self, const SlFrameGroup *group);

void sl_track_remove_feed(SlTrack *self, SlFeed *feed);
void sl_track_lock(SlTrack *self);
void sl_track_unlock(SlTrack *self);

/** @buffer: (transfer none): @caps: (transfer none): Caller holds the track's lock. Streaming
 * thread. */
void sl_feed_push_locked(SlFeed *self, GstBuffer *buffer, GstCaps *caps);

G_END_DECLS
