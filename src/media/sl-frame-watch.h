#pragma once

#include "sl-frame-rate.h"
#include "sl-track.h"

G_BEGIN_DECLS

/**
 * SlFrameWatch: sees whether frames come: the first of each track, that there are more, and how
 * many a second. Main thread.
 *
 * Signals:
 *  - `first-frame` (guint index, GstSample *sample): of a track; decoding can begin with it
 *  - `silent` (guint silence_ms): no frame for so long; 0: none came at all. It watches no more
 *  - `measured` (): read sl_frame_watch_get_rate()
 */
#define SL_TYPE_FRAME_WATCH (sl_frame_watch_get_type())
G_DECLARE_FINAL_TYPE(SlFrameWatch, sl_frame_watch, SL, FRAME_WATCH, GObject)

/** @tracks: (element-type SlTrack): of a source */
SlFrameWatch *sl_frame_watch_new(GMainContext *context, GPtrArray *tracks);

/**
 * sl_frame_watch_begin: the source is started
 * @first_ms: how long its first frames may take; 0: as long as they like
 */
void sl_frame_watch_begin(SlFrameWatch *self, guint first_ms);

/**
 * sl_frame_watch_expect: what is known of the source now; before its first frame
 * @silence_ms: how long it may be silent later; longer where its frames are further apart; 0: as
 * long as it likes
 * @fps: frames a second of its picture; 0 where that is not known
 */
void sl_frame_watch_expect(SlFrameWatch *self, guint silence_ms, double fps);

/** sl_frame_watch_end: the source is stopped */
void sl_frame_watch_end(SlFrameWatch *self);

/** sl_frame_watch_is_complete: every track gave a frame since the beginning */
gboolean sl_frame_watch_is_complete(SlFrameWatch *self);
/** sl_frame_watch_has_begun: so did this track */
gboolean sl_frame_watch_has_begun(SlFrameWatch *self, guint index);

/** sl_frame_watch_get_rate: of the first track that is a picture */
const SlFrameRate *sl_frame_watch_get_rate(SlFrameWatch *self);

G_END_DECLS
