#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * sl_sctp_guard_attach:
 *
 * Before the first data channel; main thread. From now on a DATA_CHANNEL_OPEN that is shorter than
 * it says (RFC 8832, section 5.1) does not reach webrtcbin, which takes it for a fault of its own
 * (1.22 to 1.26 at least). The channel never opens then.
 */
void sl_sctp_guard_attach(GstElement *webrtcbin);

G_END_DECLS
