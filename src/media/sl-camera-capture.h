#pragma once

#include "sl-camera.h"
#include "sl-description.h"

G_BEGIN_DECLS

/* Launch text behind H.264 that is passed on: its parser tells keyframes, and repeats with each
 * what they need. */
#define SL_CAPTURE_H264 \
    "h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au"

/**
 * sl_camera_capture:
 * @spec: (nullable): what was asked for
 * @codec: what the description captures: SL_CODEC_RAW, or a CODEC
 *
 * What a camera becomes in launch text: its mode of this codec that comes nearest to the wish; of
 * SL_CODEC_RAW, one that can be decoded. One that has nothing in the codec becomes no text, but
 * says what it has.
 * Returns: (transfer full) (nullable): SL_MEDIA_ERROR_DEVICE where a strict wish can't be
 * fulfilled, _MISSING_ELEMENT where nothing decodes what it gives
 */
SlCapture *sl_camera_capture(const SlCamera *camera, const char *spec, const char *codec,
                             const SlCameraWish *wish, GError **error);

G_END_DECLS
