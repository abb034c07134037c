#include "sl-peer-state.h"

SlPeerState
sl_peer_state_next(SlPeerState state, SlPeerEvent event)
{
    if (event == SL_PEER_EVENT_END)
        return SL_PEER_ENDED;

    switch (state) {
    case SL_PEER_NEW:
        return event == SL_PEER_EVENT_START ? SL_PEER_OFFERING : state;
    case SL_PEER_OFFERING:
        return event == SL_PEER_EVENT_OFFER ? SL_PEER_OFFERED : state;
    case SL_PEER_OFFERED:
        return event == SL_PEER_EVENT_ANSWER ? SL_PEER_CONNECTING : state;
    case SL_PEER_CONNECTING:
        return event == SL_PEER_EVENT_CONNECT ? SL_PEER_CONNECTED : state;
    case SL_PEER_CONNECTED:
    case SL_PEER_ENDED:
        return state;
    }
    return state;
}

const char *
sl_peer_state_to_string(SlPeerState state)
{
    switch (state) {
    case SL_PEER_NEW:
        return "new";
    case SL_PEER_OFFERING:
        return "offering";
    case SL_PEER_OFFERED:
        return "offered";
    case SL_PEER_CONNECTING:
        return "connecting";
    case SL_PEER_CONNECTED:
        return "connected";
    case SL_PEER_ENDED:
        return "ended";
    }
    return "?";
}
