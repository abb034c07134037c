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

    SlPublishPolicy publish;

    SlSetup *present;
    SlSetup *own;       /* while that is a publisher's: what runs when it leaves; else NULL */
    SlSwap *swap;       /* of another one for the present one's place; NULL: none */
    GTask *swap_task;   /* its answer */
    GPtrArray *waiting; /* of GTask: to be tried after that; its data is the SlSetup */
    SlRetiring *retiring;
    GPtrArray *told; /* nullable: of SlTrackCodec: those that viewers were told of last */

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
/** sl_stream_tell_codecs: tells viewers of the present setup's, if they are known: those that were
 * told of the same go on with other tracks */
void sl_stream_tell_codecs(SlStream *self);
/** sl_stream_go_on: ends a phase that waits for the present setup to stop, where nothing of it runs
 */
void sl_stream_go_on(SlStream *self);
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
/** sl_stream_try: tries @task's setup now, or after what is being tried. @task: (transfer full) */
void sl_stream_try(SlStream *self, GTask *task);

/* sl-stream-publish.c */

/** sl_stream_get_own: the present setup, or the one that runs when the publisher leaves */
SlSetup *sl_stream_get_own(SlStream *self);
/** sl_stream_renew: (transfer full): one as the stream's own, that has not run */
SlSetup *sl_stream_renew(SlStream *self);
/** sl_stream_retire: @former has lost its place */
void sl_stream_retire(SlStream *self, SlSetup *former);
/** sl_stream_leave: the present setup is a publisher's, and broke */
void sl_stream_leave(SlStream *self, const GError *error);
/** sl_stream_dismiss: the stream is stopped for good: the publisher, if there is one, is told */
void sl_stream_dismiss(SlStream *self);

G_END_DECLS
