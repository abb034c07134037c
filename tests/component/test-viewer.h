#pragma once

#include "sl-session.h"

/* A viewer in the same process: a webrtcbin of its own that answers what a session offers. */

/* Of a data channel without order or retransmits, for webrtcbin. */
#define TEST_UNRELIABLE "options,ordered=(boolean)false,max-retransmits=(int)0"

typedef enum {
    TEST_VIEWER_ANSWERS,
    TEST_VIEWER_SILENT, /* notes the offer and says nothing */
    TEST_VIEWER_LATE,   /* answers when test_viewer_answer() is called */
} TestViewerKind;

typedef struct _TestViewer TestViewer;

/** Before sl_session_start(). */
TestViewer *test_viewer_new(SlSession *session, TestViewerKind kind);
void test_viewer_free(TestViewer *self);

/** Answers the newest offer. */
void test_viewer_answer(TestViewer *self);

/** Encoded frames that have arrived, over all peers. */
guint test_viewer_get_n_frames(TestViewer *self);
/** Those of them that decoding can begin with. */
guint test_viewer_get_n_keyframes(TestViewer *self);
/** How often a packet was missing, or a timestamp went back. */
guint test_viewer_get_n_broken(TestViewer *self);
/** The picture's; 0 before the first. */
guint test_viewer_get_width(TestViewer *self);
/** Sends a PLI. A frame must have arrived. */
void test_viewer_ask_for_keyframe(TestViewer *self);
/** The newest peer's number; 0 before the first offer. */
guint test_viewer_get_peer(TestViewer *self);
/** Sends on the data channel, which must be open. */
void test_viewer_send(TestViewer *self, const char *text);
/** Sends @message on each of its channels as if it were the channel protocol's (RFC 8832). */
void test_viewer_send_control(TestViewer *self, GBytes *message);
/** From now on nothing comes to it, and it does not say so. */
void test_viewer_deafen(TestViewer *self);
/** Closes it, which leaves a thread behind in 1.22 (until the viewer goes). */
void test_viewer_close_channel(TestViewer *self);
/** Makes a data channel of its own, once it is connected. @options: (nullable): as webrtcbin has
 * them */
void test_viewer_add_channel(TestViewer *self, const char *label, const char *options);
/** The newest that it made itself. */
gboolean test_viewer_is_own_open(TestViewer *self);
gboolean test_viewer_is_own_closed(TestViewer *self);
void test_viewer_send_by_own(TestViewer *self, const char *text);
/** As a binary message. */
void test_viewer_send_bytes_by_own(TestViewer *self, GBytes *message);
/** Whether some message received on a data channel contains @text; of a binary one, what follows
 * its last NUL. */
gboolean test_viewer_has_text(TestViewer *self, const char *text);
