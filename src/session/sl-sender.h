#pragma once

#include "sl-stream.h"

G_BEGIN_DECLS

/**
 * SlSender: one track on its way to one viewer: `appsrc ! [viewer TRACK] !` a sink pad of
 * webrtcbin. Main thread.
 */
typedef struct _SlSender SlSender;

/**
 * sl_sender_new:
 * @pipeline: in READY; the elements are added to it
 * @webrtcbin: in @pipeline
 * @payload_type: from 96 (RFC 3551), one for each sender of a peer
 *
 * Returns: (transfer full) (nullable): SL_MEDIA_ERROR, or SL_SESSION_ERROR_INTERNAL
 */
SlSender *sl_sender_new(GstElement *pipeline, GstElement *webrtcbin, SlStream *stream,
                        const SlTrackCodec *codec, guint payload_type, GError **error);

/** sl_sender_start: lets frames flow; once the peer is connected, since webrtcbin blocks before. */
void sl_sender_start(SlSender *self);

/** sl_sender_free: ends its feed; the elements go with the pipeline. */
void sl_sender_free(SlSender *self);

G_END_DECLS
