#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The life of a connection (SlRtc) as a pure function. */

typedef enum {
    SL_RTC_NEW,
    SL_RTC_OFFERING,   /* the offer is being made */
    SL_RTC_OFFERED,    /* the other side has it */
    SL_RTC_ANSWERING,  /* the other side's offer is taken, and an answer made */
    SL_RTC_CONNECTING, /* answered; ICE and DTLS are at work */
    SL_RTC_CONNECTED,  /* media flows */
    SL_RTC_ENDED,
} SlRtcState;

typedef enum {
    SL_RTC_EVENT_START,   /* an offer is to be made */
    SL_RTC_EVENT_OFFER,   /* is ready */
    SL_RTC_EVENT_TAKE,    /* an offer has come, and is sound */
    SL_RTC_EVENT_ANSWER,  /* has come, and is sound; or is ready */
    SL_RTC_EVENT_CONNECT, /* ICE and DTLS are up */
    SL_RTC_EVENT_END,     /* for whatever reason */
} SlRtcEvent;

#define SL_RTC_N_STATES (SL_RTC_ENDED + 1)
#define SL_RTC_N_EVENTS (SL_RTC_EVENT_END + 1)

/** Returns: the state after @event; @state itself where the event does not belong there */
SlRtcState sl_rtc_state_next(SlRtcState state, SlRtcEvent event);
const char *sl_rtc_state_to_string(SlRtcState state);

G_END_DECLS
