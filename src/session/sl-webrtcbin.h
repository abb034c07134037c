#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What webrtcbin has no property for, done to the elements and objects inside it. Main thread. */

/**
 * sl_webrtcbin_set_sctp_id:
 * @id: unique among the live associations; 0 leaves what there is
 *
 * After the first data channel was made. webrtcbin picks a random 16-bit number; two alike hang the
 * teardown of both (fixed in 1.27.1).
 */
void sl_webrtcbin_set_sctp_id(GstElement *webrtcbin, guint id);

/**
 * sl_webrtcbin_release:
 *
 * Before the pipeline is set to NULL. Up to 1.26 the receiving side, told by ICE of its end after
 * it has gone to NULL, blocks its pad once more, and that block keeps it alive, with its sockets,
 * for good.
 */
void sl_webrtcbin_release(GstElement *webrtcbin);

G_END_DECLS
