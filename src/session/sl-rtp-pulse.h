#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * SlRtpPulse: when the other side of a webrtcbin was last heard, by RTP or RTCP. Whoever receives
 * sends RTCP, too: at the latest every 7.5 s (RFC 3550, section 6.2: 5 s, times 1.5).
 *
 * Counted; made on the main thread, packets come on webrtcbin's; asked on any.
 */
typedef struct _SlRtpPulse SlRtpPulse;

/** sl_rtp_pulse_new: @webrtcbin: before its descriptions are set */
SlRtpPulse *sl_rtp_pulse_new(GstElement *webrtcbin);
SlRtpPulse *sl_rtp_pulse_ref(SlRtpPulse *self);
void sl_rtp_pulse_unref(SlRtpPulse *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlRtpPulse, sl_rtp_pulse_unref)

/** sl_rtp_pulse_was_felt: whether anything has come at all */
gboolean sl_rtp_pulse_was_felt(SlRtpPulse *self);

/** sl_rtp_pulse_get_silence_ms: since the last packet; since @self was made, if there was none */
guint sl_rtp_pulse_get_silence_ms(SlRtpPulse *self);

G_END_DECLS
