#include "sl-swap-state.h"

SlSwapState
sl_swap_state_next(SlSwapState state, SlSwapEvent event)
{
    switch (state) {
    case SL_SWAP_YIELDING:
        if (event == SL_SWAP_EVENT_FREE)
            return SL_SWAP_TRYING;
        /* Nothing has begun that were to be undone. */
        return event == SL_SWAP_EVENT_FAILED || event == SL_SWAP_EVENT_LATE ? SL_SWAP_ENDED : state;

    case SL_SWAP_TRYING:
        if (event == SL_SWAP_EVENT_COMPLETE)
            return SL_SWAP_ENDED;
        return event == SL_SWAP_EVENT_FAILED || event == SL_SWAP_EVENT_LATE ? SL_SWAP_UNDOING
                                                                            : state;

    case SL_SWAP_UNDOING:
        return event == SL_SWAP_EVENT_STOPPED || event == SL_SWAP_EVENT_LATE ? SL_SWAP_ENDED
                                                                             : state;

    case SL_SWAP_ENDED:
        return state;
    }
    return state;
}

const char *
sl_swap_state_to_string(SlSwapState state)
{
    switch (state) {
    case SL_SWAP_YIELDING:
        return "yielding";
    case SL_SWAP_TRYING:
        return "trying";
    case SL_SWAP_UNDOING:
        return "undoing";
    case SL_SWAP_ENDED:
        return "ended";
    }
    return "?";
}
