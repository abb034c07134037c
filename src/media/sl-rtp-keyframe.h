#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * SlRtpCodec: what a track of RTP packets carries, as far as it matters for where decoding can
 * begin. What is not known has no keyframes: every packet will do.
 */
typedef enum {
    SL_RTP_CODEC_NONE, /* not RTP */
    SL_RTP_CODEC_OTHER,
    SL_RTP_CODEC_VP8,
    SL_RTP_CODEC_VP9,
    SL_RTP_CODEC_H264,
} SlRtpCodec;

SlRtpCodec sl_rtp_codec_from_caps(GstCaps *caps);

/**
 * sl_rtp_keyframe_starts:
 * @payload: what follows the RTP header
 *
 * Whether this packet is one that a keyframe begins with. In H.264 several packets of one access
 * unit may be: its parameter sets and its slices.
 */
gboolean sl_rtp_keyframe_starts(SlRtpCodec codec, const guint8 *payload, gsize size);

/**
 * SlRtpKeyframes: tells frames and keyframes in a series of packets. Zero-initialised; the caps are
 * to be released with sl_rtp_keyframes_clear().
 */
typedef struct {
    GstCaps *caps;
    SlRtpCodec codec;
    guint32 timestamp; /* of the last packet */
    gboolean any;
    gboolean begun; /* this frame is a keyframe, and its first packet was seen */
} SlRtpKeyframes;

/**
 * sl_rtp_keyframes_mark:
 * @buffer: (transfer none): writable
 *
 * Where @caps are RTP, sets or clears %GST_BUFFER_FLAG_DELTA_UNIT: payloaders differ in what they
 * flag. Only the first packet of a keyframe is without it.
 *
 * Returns: whether another frame begins with @buffer; TRUE for what is no RTP
 */
gboolean sl_rtp_keyframes_mark(SlRtpKeyframes *self, GstBuffer *buffer, GstCaps *caps);
void sl_rtp_keyframes_clear(SlRtpKeyframes *self);

G_END_DECLS
