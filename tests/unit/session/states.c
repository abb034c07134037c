#include "sl-rtc-state.h"
#include "sl-sctp-id.h"
#include "sl-session-state.h"

#define NEW SL_RTC_NEW
#define OFFERING SL_RTC_OFFERING
#define OFFERED SL_RTC_OFFERED
#define ANSWERING SL_RTC_ANSWERING
#define CONNECTING SL_RTC_CONNECTING
#define CONNECTED SL_RTC_CONNECTED
#define ENDED SL_RTC_ENDED

/* Rows: states. Columns: start, offer, take, answer, connect, end. */
static const SlRtcState rtc_expected[SL_RTC_N_STATES][SL_RTC_N_EVENTS] = {
    [NEW] = { OFFERING, NEW, ANSWERING, NEW, NEW, ENDED },
    [OFFERING] = { OFFERING, OFFERED, OFFERING, OFFERING, OFFERING, ENDED },
    [OFFERED] = { OFFERED, OFFERED, OFFERED, CONNECTING, OFFERED, ENDED },
    [ANSWERING] = { ANSWERING, ANSWERING, ANSWERING, CONNECTING, ANSWERING, ENDED },
    [CONNECTING] = { CONNECTING, CONNECTING, CONNECTING, CONNECTING, CONNECTED, ENDED },
    [CONNECTED] = { CONNECTED, CONNECTED, CONNECTED, CONNECTED, CONNECTED, ENDED },
    [ENDED] = { ENDED, ENDED, ENDED, ENDED, ENDED, ENDED },
};

static void
test_rtc(void)
{
    for (guint state = 0; state < SL_RTC_N_STATES; state++) {
        for (guint event = 0; event < SL_RTC_N_EVENTS; event++) {
            g_test_message("%s + %u", sl_rtc_state_to_string((SlRtcState)state), event);
            g_assert_cmpstr(
                sl_rtc_state_to_string(sl_rtc_state_next((SlRtcState)state, (SlRtcEvent)event)), ==,
                sl_rtc_state_to_string(rtc_expected[state][event]));
        }
    }
}

/* Columns: start, codecs, end. */
static const SlSessionState session_expected[SL_SESSION_N_STATES][SL_SESSION_N_EVENTS] = {
    [SL_SESSION_NEW] = { SL_SESSION_WAITING, SL_SESSION_NEW, SL_SESSION_ENDED },
    [SL_SESSION_WAITING] = { SL_SESSION_WAITING, SL_SESSION_ACTIVE, SL_SESSION_ENDED },
    [SL_SESSION_ACTIVE] = { SL_SESSION_ACTIVE, SL_SESSION_ACTIVE, SL_SESSION_ENDED },
    [SL_SESSION_ENDED] = { SL_SESSION_ENDED, SL_SESSION_ENDED, SL_SESSION_ENDED },
};

static void
test_session(void)
{
    for (guint state = 0; state < SL_SESSION_N_STATES; state++) {
        for (guint event = 0; event < SL_SESSION_N_EVENTS; event++) {
            g_test_message("%u + %u", state, event);
            g_assert_cmpint(sl_session_state_next((SlSessionState)state, (SlSessionEvent)event), ==,
                            session_expected[state][event]);
        }
    }
}

/* 16 bits are few: every number is given out once, then none, then again what was given back. */
static void
test_sctp_ids(void)
{
    g_autofree guint8 *seen = g_new0(guint8, 65536);

    for (guint i = 0; i < 65535; i++) {
        guint id = sl_sctp_id_take();
        g_assert_cmpuint(id, >, 0);
        g_assert_cmpuint(id, <=, 65535);
        g_assert_false(seen[id]);
        seen[id] = TRUE;
    }
    g_assert_cmpuint(sl_sctp_id_take(), ==, 0);
    sl_sctp_id_release(4711);
    g_assert_cmpuint(sl_sctp_id_take(), ==, 4711);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/states/rtc", test_rtc);
    g_test_add_func("/states/session", test_session);
    g_test_add_func("/states/sctp-ids", test_sctp_ids);
    return g_test_run();
}
