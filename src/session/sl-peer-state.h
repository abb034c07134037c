#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A peer's life as a pure function. */

typedef enum {
    SL_PEER_NEW,
    SL_PEER_OFFERING,   /* the offer is being made */
    SL_PEER_OFFERED,    /* the viewer has it */
    SL_PEER_CONNECTING, /* answered; ICE and DTLS are at work */
    SL_PEER_CONNECTED,  /* media flows */
    SL_PEER_ENDED,
} SlPeerState;

typedef enum {
    SL_PEER_EVENT_START,
    SL_PEER_EVENT_OFFER,   /* is ready */
    SL_PEER_EVENT_ANSWER,  /* has come, and is sound */
    SL_PEER_EVENT_CONNECT, /* ICE and DTLS are up */
    SL_PEER_EVENT_END,     /* for whatever reason */
} SlPeerEvent;

#define SL_PEER_N_STATES (SL_PEER_ENDED + 1)
#define SL_PEER_N_EVENTS (SL_PEER_EVENT_END + 1)

/** Returns: the state after @event; @state itself where the event does not belong there */
SlPeerState sl_peer_state_next(SlPeerState state, SlPeerEvent event);
const char *sl_peer_state_to_string(SlPeerState state);

G_END_DECLS
