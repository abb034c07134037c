#pragma once

#include <gst/gst.h>

#include "sl-sdp-offer.h"

G_BEGIN_DECLS

/**
 * SlRtpGuard: what a webrtcbin that receives lets in of RTP: the payload types that were agreed on,
 * from a few SSRCs, each packet once.
 *
 * For each SSRC webrtcbin makes a jitter buffer with two threads, however many come; a payload type
 * that it doesn't know ends its pipeline; a packet that the network doubled, out of order, makes
 * nonsense of the feedback (transport-cc) of 1.22, in which it counts on there being none (fixed in
 * 1.22.10). Counted; made on the main thread, its packets come on webrtcbin's.
 */
typedef struct _SlRtpGuard SlRtpGuard;

SlRtpGuard *sl_rtp_guard_new(void);
SlRtpGuard *sl_rtp_guard_ref(SlRtpGuard *self);
void sl_rtp_guard_unref(SlRtpGuard *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlRtpGuard, sl_rtp_guard_unref)

/** sl_rtp_guard_allow: what was chosen of an offer. Before sl_rtp_guard_install() */
void sl_rtp_guard_allow(SlRtpGuard *self, const SlSdpMedia *media, const SlSdpFormat *format);

/** sl_rtp_guard_install: @webrtcbin: before its descriptions are set */
void sl_rtp_guard_install(SlRtpGuard *self, GstElement *webrtcbin);

/** sl_rtp_guard_heard_bye: whether of all that sent RTCP's BYE (RFC 3550, section 6.6) was the last
 * that came. Any thread. */
gboolean sl_rtp_guard_heard_bye(SlRtpGuard *self);

G_END_DECLS
