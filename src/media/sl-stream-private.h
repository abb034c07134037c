#pragma once

#include "sl-camera-wait.h"
#include "sl-fault-log.h"
#include "sl-found-input.h"
#include "sl-retiring.h"
#include "sl-stream-state.h"
#include "sl-stream.h"
#include "sl-swap.h"

G_BEGIN_DECLS

/* A stream from the inside, for the files of sl-stream*.c only. */
struct _SlStream {
    GObject parent_instance;

    GMainContext *context;
    char *name;
    SlFoundInput *found;
    SlCaptureFlags flags;
    guint linger_ms;

    SlSetup *present;
    SlSwap *swap;     /* of another one for its place; NULL: none */
    GTask *swap_task; /* its answer */
    SlRetiring *retiring;

    SlControlKeeper *controls;
    SlCameraWait *wait;
    guint n_viewers;
    SlStreamPhase phase;
    GSource *timer; /* lingering, or backing off */
    guint attempt;  /* failures in a row */

    gint64 live_since_us; /* every track gave a frame, and its codec is known; 0: not yet */
    SlFaultLog *faults;
    char *slow;         /* how slow it is, in words; NULL: it is not */
    gboolean slow_said; /* in the log, of this run */

    SlStreamState reported;
    char *reported_detail;
    char *reported_title;
    gboolean stopping_for_good;
    GTask *stop_task;
};

/* sl-stream.c */

/** sl_stream_handle_event: the one way into another phase */
void sl_stream_handle_event(SlStream *self, SlStreamEvent event);
/** sl_stream_break: @error is the present setup's, if that runs */
void sl_stream_break(SlStream *self, const GError *error);
/** sl_stream_report: tells what others are told, where that has changed */
void sl_stream_report(SlStream *self);
/** sl_stream_note_live: the present setup gives a picture: its faults are over */
void sl_stream_note_live(SlStream *self);
/** sl_stream_become_live: that, and what follows from it */
void sl_stream_become_live(SlStream *self);
/** sl_stream_connect_setup: it is the present one from now on */
void sl_stream_connect_setup(SlStream *self, SlSetup *setup);
/** sl_stream_finish_stop: answers sl_stream_stop_async() if nothing runs any more */
void sl_stream_finish_stop(SlStream *self);

/* sl-stream-camera.c */

void sl_stream_connect_wait(SlStream *self);
/** sl_stream_update_wait: it may have become one that waits for a camera, or none */
void sl_stream_update_wait(SlStream *self);
/** sl_stream_look_behind_pattern: where the pattern stands in for a camera: is there one? */
void sl_stream_look_behind_pattern(SlStream *self);

/* sl-stream-swap.c */

/** sl_stream_tell_if_free: begins a trial that waits for a device, if nothing of the stream's holds
 * it any more */
void sl_stream_tell_if_free(SlStream *self);
/** sl_stream_call_off_swap: there is to be none */
void sl_stream_call_off_swap(SlStream *self);

G_END_DECLS
