#pragma once

#include "sl-sdp-offer.h"
#include "sl-source.h"

G_BEGIN_DECLS

/**
 * SlPublisherSource: what one publisher sends, as a stream takes it: a track `video`, a track
 * `audio`, of frames as they were encoded. They come whether it was started or not: while stopped
 * they are dropped, a start asks for a keyframe.
 *
 * It gives no promise of frames: a muted camera and a still screen may send none for long. When the
 * publisher has gone it says so itself: `broke` with SL_MEDIA_ERROR_PUBLISHER_LEFT, also while it
 * is stopped, and again after each later start. When its stream lets go of it, sl_source_dismiss()
 * ends the publisher.
 *
 * Made by SlPublisher, which it does not keep alive. Main thread only.
 */
#define SL_TYPE_PUBLISHER_SOURCE (sl_publisher_source_get_type())
G_DECLARE_FINAL_TYPE(SlPublisherSource, sl_publisher_source, SL, PUBLISHER_SOURCE, GObject)

/* For SlPublisher. */

SlPublisherSource *sl_publisher_source_new(GMainContext *context);

/**
 * sl_publisher_source_add_track:
 * @pipeline: in READY: what takes the frames out of the packets is added to it
 * @media, @format: what was chosen of the offer
 *
 * Returns: FALSE with SL_SESSION_ERROR_INTERNAL: an element is missing
 */
gboolean sl_publisher_source_add_track(SlPublisherSource *self, GstElement *pipeline,
                                       const SlSdpMedia *media, const SlSdpFormat *format,
                                       GError **error);

/** sl_publisher_source_listen: takes what comes out of @webrtcbin, after all tracks were added */
void sl_publisher_source_listen(SlPublisherSource *self, GstElement *webrtcbin);

/** sl_publisher_source_leave: nothing comes any more; before the pipeline goes. Idempotent */
void sl_publisher_source_leave(SlPublisherSource *self, const GError *error);

G_END_DECLS
