#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * How a setup is tried in the place of another, as a pure function; see SlSwap.
 */

typedef enum {
    SL_SWAP_YIELDING, /* waits for the present setup to be gone, which holds the device */
    SL_SWAP_TRYING,   /* the trial runs */
    SL_SWAP_UNDOING,  /* it failed, and is on its way out */
    SL_SWAP_ENDED,
} SlSwapState;

typedef enum {
    SL_SWAP_EVENT_FREE,     /* the present setup is gone */
    SL_SWAP_EVENT_COMPLETE, /* the trial has a picture that viewers can be given */
    SL_SWAP_EVENT_FAILED,   /* its fault, or somebody called it off */
    SL_SWAP_EVENT_STOPPED,  /* nothing of the trial runs any more */
    SL_SWAP_EVENT_LATE,     /* this state's time is up */
} SlSwapEvent;

#define SL_SWAP_N_STATES (SL_SWAP_ENDED + 1)
#define SL_SWAP_N_EVENTS (SL_SWAP_EVENT_LATE + 1)

/** Returns: the state after @event; @state itself where the event does not matter */
SlSwapState sl_swap_state_next(SlSwapState state, SlSwapEvent event);

const char *sl_swap_state_to_string(SlSwapState state);

G_END_DECLS
