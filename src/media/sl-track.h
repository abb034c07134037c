#pragma once

#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * SlTrack: one encoded (or raw, or packetised) output of a source, and the feeds that take it. It
 * outlives the pipelines that fill it, so viewers stay when a source is restarted.
 *
 * Times in a track are absolute: the frame's running time plus its pipeline's base time, on the
 * system's monotonic clock. Pipelines that take it run with base time 0.
 */
#define SL_TYPE_TRACK (sl_track_get_type())
G_DECLARE_FINAL_TYPE(SlTrack, sl_track, SL, TRACK, GObject)

typedef struct _SlFeed SlFeed;

/** Main thread. @name is the appsink's. */
SlTrack *sl_track_new(GMainContext *context, const char *name);
const char *sl_track_get_name(SlTrack *self);

/**
 * sl_track_push:
 * @sample: (transfer none): with caps, a buffer and a segment in time
 * @base_time: of the pipeline it comes from
 *
 * Hands the frame (of RTP: the packet) to every feed by reference and returns; never blocks on a
 * viewer. The source's streaming thread.
 */
void sl_track_push(SlTrack *self, GstSample *sample, GstClockTime base_time);

/**
 * sl_track_request_keyframe:
 *
 * Asks the source for a keyframe. Requests of many become one: the first goes out at once, those
 * within the next 250 ms together at the end of it. Any thread.
 */
void sl_track_request_keyframe(SlTrack *self);

/**
 * sl_track_set_keyframe_func: (scope notified)
 * @func: (nullable): how the present source is asked; called on the main thread
 */
typedef void (*SlTrackKeyframeFunc)(SlTrack *track, gpointer user_data);
void sl_track_set_keyframe_func(SlTrack *self, SlTrackKeyframeFunc func, gpointer user_data);

/** sl_track_get_n_frames: pushed so far, for status and stall detection. Any thread. */
guint64 sl_track_get_n_frames(SlTrack *self);
guint sl_track_get_n_feeds(SlTrack *self);

/**
 * sl_track_set_first_frame_func:
 * @func: (nullable): called once, on the source's streaming thread, with the next frame that
 * decoding can begin with; then forgotten
 */
typedef void (*SlTrackSampleFunc)(SlTrack *track, GstSample *sample, gpointer user_data);
void sl_track_set_first_frame_func(SlTrack *self, SlTrackSampleFunc func, gpointer user_data,
                                   GDestroyNotify destroy);

/**
 * sl_track_set_keep_group:
 *
 * For a track whose source may not give a keyframe when it is asked: the frames since the last one
 * are kept, within the bounds of SlFrameGroup, and given to each new feed at once. Before the first
 * frame; main thread.
 */
void sl_track_set_keep_group(SlTrack *self, gboolean keep_group);

/**
 * sl_track_set_profile:
 * @profile_level_id: (nullable): of H.264, as RTP has it (RFC 6184, section 8.1)
 *
 * What viewers are offered it as, in place of what the stream says of itself: browsers play the
 * High profile, and yet take no offer of it. Before the first frame; main thread.
 */
void sl_track_set_profile(SlTrack *self, const char *profile_level_id);
/** sl_track_get_profile: (nullable): as it was set */
const char *sl_track_get_profile(SlTrack *self);

/** sl_track_drop_group: its source has stopped: what was kept is not the present picture. */
void sl_track_drop_group(SlTrack *self);

/**
 * sl_track_subscribe:
 * @appsrc: (transfer none): where the frames go; the feed holds a reference
 *
 * Begins with the group of frames that was kept, or else with the next keyframe, and asks for one.
 * Main thread.
 * Returns: (transfer full): end it with sl_feed_unsubscribe()
 */
SlFeed *sl_track_subscribe(SlTrack *self, GstAppSrc *appsrc);

G_END_DECLS
