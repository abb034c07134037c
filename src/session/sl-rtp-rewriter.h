#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * SlRtpRewriter: makes packets, of one source or of several in turn, into one viewer's own stream
 * (RFC 3550): its payload type and SSRC, a sequence and timestamps that go on where another source
 * begins, where the source began again, or where the feed left packets out; no contributing
 * sources. Pure; one thread at a time.
 */
typedef struct _SlRtpRewriter SlRtpRewriter;

/**
 * sl_rtp_rewriter_new:
 * @clock_rate: of the timestamps, in Hz, above 0
 * @first_sequence: the first packet's
 * @first_timestamp: the first packet's
 * @keeps_extensions: header extensions stay in; else they go
 */
SlRtpRewriter *sl_rtp_rewriter_new(guint8 payload_type, guint32 ssrc, guint32 clock_rate,
                                   guint16 first_sequence, guint32 first_timestamp,
                                   gboolean keeps_extensions);
void sl_rtp_rewriter_free(SlRtpRewriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlRtpRewriter, sl_rtp_rewriter_free)

/** sl_rtp_rewriter_begin: the next packet is another source's, whatever its header says. */
void sl_rtp_rewriter_begin(SlRtpRewriter *self);

/**
 * sl_rtp_rewriter_rewrite:
 * @packet: (transfer none): with a PTS of absolute clock time, and without
 * %GST_BUFFER_FLAG_DELTA_UNIT where a feed may have left out what was before
 *
 * Returns: (transfer full) (nullable): a packet with a header of its own; the memory of the payload
 * is @packet's. %NULL for what is no RTP, was there before or is too late: SRTP takes a number only
 * once, and an error there ends the viewer.
 */
GstBuffer *sl_rtp_rewriter_rewrite(SlRtpRewriter *self, GstBuffer *packet);

G_END_DECLS
