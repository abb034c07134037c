#pragma once

#include <gst/gst.h>

#include "sl-ice.h"

G_BEGIN_DECLS

/* What webrtcbin has no property for, done to the elements and objects inside it. Main thread. */

/**
 * sl_webrtcbin_set_sctp_id:
 * @id: unique among the live associations; 0 leaves what there is
 *
 * After the first data channel was made, before it connects. webrtcbin picks a random 16-bit
 * number; two alike hang the teardown of both (fixed in 1.27.1).
 */
void sl_webrtcbin_set_sctp_id(GstElement *webrtcbin, guint id);

/**
 * sl_webrtcbin_skip_fec:
 *
 * Before the first pad. Forward error correction is not negotiated, and yet webrtcbin has two
 * elements for it in each sender's way: they take lists of packets apart and look into each packet,
 * and all that comes after them is called once a packet instead of once a frame.
 */
void sl_webrtcbin_skip_fec(GstElement *webrtcbin);

/** The name of a pipeline's webrtcbin. */
#define SL_WEBRTCBIN_NAME "webrtcbin"

/**
 * sl_webrtcbin_release:
 * @pipeline: that has a webrtcbin of that name; nobody else uses it any more
 *
 * Before the pipeline is set to NULL, on a thread that may block. Up to 1.26 webrtcbin's own thread
 * works on, and ICE goes on telling, while the elements inside go to NULL: the receiving side then
 * blocks its pad once more, and that block keeps it alive, with its sockets, for good. So the work
 * that was begun is waited for, and ICE is no longer listened to.
 */
void sl_webrtcbin_release(GstElement *pipeline);

/**
 * sl_webrtcbin_warm_up:
 *
 * Makes a webrtcbin and drops it, on the teardown pool, so that the first viewer need not wait for
 * plugins to be loaded and for the program's DTLS certificate (an RSA key) to be made.
 */
void sl_webrtcbin_warm_up(SlIce *ice, GMainContext *context);

G_END_DECLS
