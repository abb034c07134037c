#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A session's life as a pure function. */

typedef enum {
    SL_SESSION_NEW,
    SL_SESSION_WAITING, /* for the stream's codec: there is nothing to offer yet */
    SL_SESSION_ACTIVE,  /* a peer was offered, is up, or has failed and may be asked for again */
    SL_SESSION_ENDED,
} SlSessionState;

typedef enum {
    SL_SESSION_EVENT_START,
    SL_SESSION_EVENT_CODECS, /* they are known */
    SL_SESSION_EVENT_END,
} SlSessionEvent;

#define SL_SESSION_N_STATES (SL_SESSION_ENDED + 1)
#define SL_SESSION_N_EVENTS (SL_SESSION_EVENT_END + 1)

/** Returns: the state after @event; @state itself where the event does not belong there */
SlSessionState sl_session_state_next(SlSessionState state, SlSessionEvent event);

G_END_DECLS
