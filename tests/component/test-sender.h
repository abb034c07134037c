#pragma once

#include "sl-publisher.h"

/* A publisher in the same process: a webrtcbin of its own that sends a test picture and sound. */

typedef struct _TestSender TestSender;

/**
 * @video: launch text from raw frames to packets: `vp8enc name=frames … ! rtpvp8pay`
 * @audio: (nullable): likewise: `opusenc name=sound ! rtpopuspay`
 */
TestSender *test_sender_new(const char *video, const char *audio);
/** It is gone, without a word: GStreamer sends neither BYE nor close_notify then. */
void test_sender_free(TestSender *self);

/** Waits for it. Returns: (transfer none): with candidates */
const char *test_sender_get_offer(TestSender *self);
void test_sender_take_answer(TestSender *self, const char *sdp);

/** Offers to @publisher and takes its answer. */
void test_sender_publish(TestSender *self, SlPublisher *publisher);

/** How often it was asked for a keyframe of the picture. */
guint test_sender_get_n_asked(TestSender *self);
/** Keyframes of the picture that it has sent. */
guint test_sender_get_n_keyframes(TestSender *self);

/** Sends no picture and no sound any more, and goes on otherwise. */
void test_sender_mute(TestSender *self, gboolean is_muted);
/** No packet leaves it any more, whatever it is: as if it were killed. */
void test_sender_cut_off(TestSender *self);
/** Drops one packet in @n. */
void test_sender_lose(TestSender *self, guint n);
