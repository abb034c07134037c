#pragma once

#include "sl-track.h"

G_BEGIN_DECLS

/**
 * SlFeed: one viewer's subscription to a track. It never blocks the source: what the viewer does
 * not take waits in its appsrc, at most SL_FEED_MAX_BUFFERS frames or SL_FEED_MAX_PACKETS packets
 * of RTP; then the feed drops up to the next keyframe, and asks for it.
 */
#define SL_FEED_MAX_BUFFERS 32
#define SL_FEED_MAX_PACKETS 1024

typedef struct {
    guint64 frames;  /* handed over; of RTP: packets */
    guint64 dropped; /* since this viewer was behind */
} SlFeedStats;

/** sl_feed_unsubscribe: once it returns nothing of the feed runs. Frees it. Main thread. */
void sl_feed_unsubscribe(SlFeed *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlFeed, sl_feed_unsubscribe)

SlFeedStats sl_feed_get_stats(SlFeed *self);

G_END_DECLS
