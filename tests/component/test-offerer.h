#pragma once

#include "sl-session.h"

/* A viewer in the same process that offers: a webrtcbin of its own, as a WHEP player has one. */

typedef struct {
    const char *video; /* nullable: caps of RTP without media: `encoding-name=VP8,payload=120,…` */
    const char *audio;            /* nullable: likewise; its m-line is the first */
    const char *label;            /* nullable: of its data channel */
    const char *unreliable_label; /* nullable: of one that is made before that */
    gboolean trickles;            /* the offer has no candidates */
    gboolean nacks; /* it asks for packets of the picture again, and skips what is late */
} TestOffererConfig;

typedef struct _TestOfferer TestOfferer;

TestOfferer *test_offerer_new(const TestOffererConfig *config);
void test_offerer_free(TestOfferer *self);

/** Waits for it. Returns: (transfer full): the offer, candidates included where it does not
 * trickle */
char *test_offerer_get_offer(TestOfferer *self);
void test_offerer_take_answer(TestOfferer *self, const char *sdp);
/** Hands all that were found to @session. */
void test_offerer_trickle(TestOfferer *self, SlSession *session);

/** Encoded frames of the picture, and packets of the sound, that have arrived. */
guint test_offerer_get_n_frames(TestOfferer *self);
guint test_offerer_get_n_sounds(TestOfferer *self);
/** The picture's; 0 before the first. */
guint test_offerer_get_width(TestOfferer *self);
/** How often a packet of the picture was missing, or came with another payload type or SSRC. */
guint test_offerer_get_n_broken(TestOfferer *self);
/** Packets of the picture with header extensions (RFC 8285). */
guint test_offerer_get_n_extended(TestOfferer *self);
gboolean test_offerer_is_channel_open(TestOfferer *self);
/** @channel: in the order they were made */
gboolean test_offerer_is_open(TestOfferer *self, guint channel);
gboolean test_offerer_is_channel_closed(TestOfferer *self);
/** Whether the other side has closed the connection. */
gboolean test_offerer_is_told(TestOfferer *self);
void test_offerer_send(TestOfferer *self, const char *text);
/** test_offerer_send() is for channel 0. */
void test_offerer_send_by(TestOfferer *self, guint channel, const char *text);
gboolean test_offerer_has_text(TestOfferer *self, const char *text);
/** One more data channel, when the first is open. */
void test_offerer_add_channel(TestOfferer *self, const char *label);
/** The same, without order or retransmits. */
void test_offerer_add_unreliable_channel(TestOfferer *self, const char *label);
void test_offerer_close_channel(TestOfferer *self, guint channel);
