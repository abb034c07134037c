#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * A stream's life as a pure function. What viewers are told (SlStreamState) is derived from the
 * phase, from whether there is a picture, and from the last fault; see SlStream.
 */

typedef enum {
    SL_STREAM_PHASE_IDLE,       /* nothing runs */
    SL_STREAM_PHASE_RUNNING,    /* the source is started, and watched */
    SL_STREAM_PHASE_LINGERING,  /* the source is started, nobody watches any more */
    SL_STREAM_PHASE_STOPPING,   /* on its way to idle */
    SL_STREAM_PHASE_RESTARTING, /* to be started, once what it needs has stopped */
    SL_STREAM_PHASE_BREAKING,   /* still stopping, since it broke */
    SL_STREAM_PHASE_BACKOFF,    /* broken, watched, waits for its next try */
    SL_STREAM_PHASE_YIELDING,   /* still stopping, since another setup is to have the device */
    SL_STREAM_PHASE_AWAY,       /* that one has it */
} SlStreamPhase;

typedef enum {
    SL_STREAM_EVENT_WATCHED,   /* the first viewer came */
    SL_STREAM_EVENT_UNWATCHED, /* the last one went */
    SL_STREAM_EVENT_BROKE,     /* the source's fault */
    SL_STREAM_EVENT_STOPPED,   /* the source is gone */
    SL_STREAM_EVENT_TIMEOUT,   /* lingered or backed off long enough */
    SL_STREAM_EVENT_CAME,      /* another start is worth while: a camera came */
    SL_STREAM_EVENT_YIELD,     /* another setup needs the device for a trial */
    SL_STREAM_EVENT_RESUME,    /* that was undone, and somebody watches */
    SL_STREAM_EVENT_REST,      /* that was undone, and nobody does */
    SL_STREAM_EVENT_REPLACED,  /* another setup, which runs, has the place of the present one */
    SL_STREAM_EVENT_LEFT,      /* another one, which does not run, has it: a publisher has left */
} SlStreamEvent;

#define SL_STREAM_N_PHASES (SL_STREAM_PHASE_AWAY + 1)
#define SL_STREAM_N_EVENTS (SL_STREAM_EVENT_LEFT + 1)

/** Returns: the phase after @event; @phase itself where the event does not matter */
SlStreamPhase sl_stream_phase_next(SlStreamPhase phase, SlStreamEvent event);

/** sl_stream_phase_has_source: whether the source is started and not asked to stop */
gboolean sl_stream_phase_has_source(SlStreamPhase phase);

const char *sl_stream_phase_to_string(SlStreamPhase phase);

/**
 * sl_stream_backoff_ms:
 * @attempt: from 0
 * @slow: the description is at fault rather than a device: trying again soon will not help
 *
 * Returns: 500 ms doubled for each attempt up to 8 s (slow: 5 s up to 60 s)
 */
guint sl_stream_backoff_ms(guint attempt, gboolean slow);

G_END_DECLS
