#include "sl-rtc-state.h"

SlRtcState
sl_rtc_state_next(SlRtcState state, SlRtcEvent event)
{
    if (event == SL_RTC_EVENT_END)
        return SL_RTC_ENDED;

    switch (state) {
    case SL_RTC_NEW:
        if (event == SL_RTC_EVENT_TAKE)
            return SL_RTC_ANSWERING;
        return event == SL_RTC_EVENT_START ? SL_RTC_OFFERING : state;
    case SL_RTC_OFFERING:
        return event == SL_RTC_EVENT_OFFER ? SL_RTC_OFFERED : state;
    case SL_RTC_OFFERED:
    case SL_RTC_ANSWERING:
        return event == SL_RTC_EVENT_ANSWER ? SL_RTC_CONNECTING : state;
    case SL_RTC_CONNECTING:
        return event == SL_RTC_EVENT_CONNECT ? SL_RTC_CONNECTED : state;
    case SL_RTC_CONNECTED:
    case SL_RTC_ENDED:
        return state;
    }
    return state;
}

const char *
sl_rtc_state_to_string(SlRtcState state)
{
    switch (state) {
    case SL_RTC_NEW:
        return "new";
    case SL_RTC_OFFERING:
        return "offering";
    case SL_RTC_OFFERED:
        return "offered";
    case SL_RTC_ANSWERING:
        return "answering";
    case SL_RTC_CONNECTING:
        return "connecting";
    case SL_RTC_CONNECTED:
        return "connected";
    case SL_RTC_ENDED:
        return "ended";
    }
    return "?";
}
