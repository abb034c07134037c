#include "sl-session-state.h"

SlSessionState
sl_session_state_next(SlSessionState state, SlSessionEvent event)
{
    if (event == SL_SESSION_EVENT_END)
        return SL_SESSION_ENDED;

    switch (state) {
    case SL_SESSION_NEW:
        return event == SL_SESSION_EVENT_START ? SL_SESSION_WAITING : state;
    case SL_SESSION_WAITING:
        return event == SL_SESSION_EVENT_CODECS ? SL_SESSION_ACTIVE : state;
    case SL_SESSION_ACTIVE:
    case SL_SESSION_ENDED:
        return state;
    }
    return state;
}
