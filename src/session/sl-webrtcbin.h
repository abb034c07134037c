#pragma once

#include <gst/gst.h>

#include "sl-ice.h"

G_BEGIN_DECLS

/* What webrtcbin has no property for, done to the elements and objects inside it. Main thread. */

/** sl_webrtcbin_is_made_by: whether @element came of this factory, as "dtlsdec". Any thread. */
gboolean sl_webrtcbin_is_made_by(GstElement *element, const char *factory_name);

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

/**
 * sl_webrtcbin_tell_ssrcs:
 *
 * Before the first pad. The RTP session learns each sender's SSRC and clock rate before the first
 * packet. Else it asks for the clock rate while it goes through its table of SSRCs to report on
 * them, lets go of its lock for that, and when another sender's first packet comes meanwhile, the
 * table changes under it: that report is broken off, with a critical of GLib's.
 */
void sl_webrtcbin_tell_ssrcs(GstElement *webrtcbin);

/**
 * sl_webrtcbin_keep_channels:
 *
 * Before the first data channel. All of them live as long as webrtcbin, which lets go of one when
 * it is closed, while the elements through which its messages went stay and point to it: an error
 * of theirs (the message that was on its way when the other side closed it) is a use after free.
 * How many the other side makes is for who takes them to bound.
 */
void sl_webrtcbin_keep_channels(GstElement *webrtcbin);

/**
 * sl_webrtcbin_limit_streams:
 *
 * Before it is connected. For each SSRC that the other side names, be it in RTCP only, webrtcbin
 * makes a jitter buffer with threads of its own: from now on for 16 at the most.
 */
void sl_webrtcbin_limit_streams(GstElement *webrtcbin);

/**
 * sl_webrtcbin_watch_close:
 * @func: called on a thread of webrtcbin's, maybe more than once
 * @data: (transfer full): freed with @destroy when webrtcbin goes
 *
 * Before its descriptions are set. The other side has closed the connection, as browsers do when
 * theirs is closed or the page goes: DTLS's close_notify (RFC 5246, section 7.2.1). webrtcbin up to
 * 1.26 says nothing of it, and ICE notices after 50 s.
 */
typedef void (*SlWebrtcbinFunc)(gpointer data);
void sl_webrtcbin_watch_close(GstElement *webrtcbin, SlWebrtcbinFunc func, gpointer data,
                              GDestroyNotify destroy);

/** The name of a pipeline's webrtcbin. */
#define SL_WEBRTCBIN_NAME "webrtcbin"

/**
 * sl_webrtcbin_release:
 * @pipeline: that has a webrtcbin of that name; nobody else uses it any more
 *
 * Before the pipeline is set to NULL, on a thread that may block. The other side is told, by DTLS's
 * close_notify, which webrtcbin doesn't send of itself: else ICE tells it after 5 to 30 s. Up
 * to 1.26 webrtcbin's own thread works on, and ICE goes on telling, while the elements inside go to
 * NULL: the receiving side then blocks its pad once more, and that block keeps it alive, with its
 * sockets, for good. So the work that was begun is waited for, and ICE is no longer listened to.
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
