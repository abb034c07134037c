#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#include "sl-relay-transport.h"

G_BEGIN_DECLS

/**
 * SlDataChannel: an SlRelayTransport over a data channel (RFC 8831). Main thread; what webrtcbin
 * tells on its own threads is posted.
 *
 * Signal `opened` ().
 */
#define SL_TYPE_DATA_CHANNEL (sl_data_channel_get_type())
G_DECLARE_FINAL_TYPE(SlDataChannel, sl_data_channel, SL, DATA_CHANNEL, GObject)

/** sl_data_channel_new: any thread. @channel: (transfer full) */
SlDataChannel *sl_data_channel_new(GMainContext *context, GstWebRTCDataChannel *channel);

/** sl_data_channel_detach: lets go of the data channel, before webrtcbin goes; emits `closed`.
 * Idempotent. */
void sl_data_channel_detach(SlDataChannel *self);

G_END_DECLS
