#pragma once

#include <gst/gst.h>

#include "sl-data-channel.h"

G_BEGIN_DECLS

/**
 * SlChannelTaker: the data channels that the other side of a webrtcbin makes. Each costs threads,
 * so the first with a label that is wanted is taken, others are closed, and many are too many. Main
 * thread; what webrtcbin tells on its own threads is posted.
 *
 * Signals:
 *  - `taken` (SlDataChannel *channel, guint kind): SlChannelKind; once for each; its `opened`
 * follows
 *  - `too-many` (): once
 */
#define SL_TYPE_CHANNEL_TAKER (sl_channel_taker_get_type())
G_DECLARE_FINAL_TYPE(SlChannelTaker, sl_channel_taker, SL, CHANNEL_TAKER, GObject)

typedef enum {
    SL_CHANNEL_RELAY,
    SL_CHANNEL_UNRELIABLE, /* is neither ordered nor sends anything again; closed if it does */
    SL_CHANNEL_OBJECTS,    /* is ordered, and nothing is lost; closed if it may be */
    SL_CHANNEL_N_KINDS,
} SlChannelKind;

/**
 * sl_channel_taker_new:
 * @webrtcbin: before it has a connection
 * @labels: SL_CHANNEL_N_KINDS of them, static (nullable)
 *
 * Where no label is given, any is too many.
 */
SlChannelTaker *sl_channel_taker_new(GMainContext *context, GstElement *webrtcbin,
                                     const char *const *labels);

/** sl_channel_taker_detach: lets go of the channels, before webrtcbin goes; nothing is emitted any
 * more. Idempotent. */
void sl_channel_taker_detach(SlChannelTaker *self);

G_END_DECLS
