#include "sl-stream-state.h"

#define IDLE SL_STREAM_PHASE_IDLE
#define RUN SL_STREAM_PHASE_RUNNING
#define LING SL_STREAM_PHASE_LINGERING
#define STOP SL_STREAM_PHASE_STOPPING
#define REST SL_STREAM_PHASE_RESTARTING
#define BRK SL_STREAM_PHASE_BREAKING
#define BACK SL_STREAM_PHASE_BACKOFF

#define YLD SL_STREAM_PHASE_YIELDING
#define AWAY SL_STREAM_PHASE_AWAY

/* Rows: phases. Columns: watched, unwatched, broke, stopped, time-out, came; yield, resume, rest,
 * replaced, left. */
static const SlStreamPhase expected[SL_STREAM_N_PHASES][SL_STREAM_N_EVENTS] = {
    [IDLE] = { REST, IDLE, IDLE, IDLE, IDLE, IDLE, AWAY, IDLE, IDLE, RUN, IDLE },
    [RUN] = { RUN, LING, BRK, RUN, RUN, REST, YLD, RUN, RUN, RUN, REST },
    [LING] = { RUN, LING, STOP, LING, STOP, LING, YLD, LING, LING, RUN, STOP },
    [STOP] = { REST, STOP, STOP, IDLE, STOP, STOP, YLD, STOP, STOP, RUN, STOP },
    [REST] = { REST, STOP, REST, RUN, REST, REST, YLD, REST, REST, RUN, REST },
    [BRK] = { BRK, STOP, BRK, BACK, BRK, REST, YLD, BRK, BRK, RUN, BRK },
    [BACK] = { BACK, IDLE, BACK, BACK, RUN, RUN, AWAY, BACK, BACK, RUN, BACK },
    [YLD] = { YLD, YLD, YLD, AWAY, YLD, YLD, YLD, REST, STOP, RUN, YLD },
    [AWAY] = { AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, RUN, IDLE, RUN, AWAY },
};

static void
test_table(void)
{
    for (guint phase = 0; phase < SL_STREAM_N_PHASES; phase++) {
        for (guint event = 0; event < SL_STREAM_N_EVENTS; event++) {
            SlStreamPhase next = sl_stream_phase_next((SlStreamPhase)phase, (SlStreamEvent)event);
            g_test_message("%s + %u", sl_stream_phase_to_string((SlStreamPhase)phase), event);
            g_assert_cmpstr(sl_stream_phase_to_string(next), ==,
                            sl_stream_phase_to_string(expected[phase][event]));
        }
    }
}

/* Whatever happened before: once nobody watches and nothing is tried, every phase comes to rest. */
static void
test_comes_to_rest(void)
{
    for (guint start = 0; start < SL_STREAM_N_PHASES; start++) {
        SlStreamPhase phase = sl_stream_phase_next((SlStreamPhase)start, SL_STREAM_EVENT_UNWATCHED);
        phase = sl_stream_phase_next(phase, SL_STREAM_EVENT_REST);
        phase = sl_stream_phase_next(phase, SL_STREAM_EVENT_TIMEOUT);
        phase = sl_stream_phase_next(phase, SL_STREAM_EVENT_STOPPED);
        g_assert_cmpint(phase, ==, IDLE);
    }
}

static void
test_source_is_held(void)
{
    for (guint phase = 0; phase < SL_STREAM_N_PHASES; phase++)
        g_assert_cmpint(sl_stream_phase_has_source((SlStreamPhase)phase), ==,
                        phase == RUN || phase == LING);
}

static void
test_backoff(void)
{
    const guint fast_ms[] = { 500, 1000, 2000, 4000, 8000, 8000 };
    const guint slow_ms[] = { 5000, 10000, 20000, 40000, 60000, 60000 };

    for (guint i = 0; i < G_N_ELEMENTS(fast_ms); i++) {
        g_assert_cmpuint(sl_stream_backoff_ms(i, FALSE), ==, fast_ms[i]);
        g_assert_cmpuint(sl_stream_backoff_ms(i, TRUE), ==, slow_ms[i]);
    }
    g_assert_cmpuint(sl_stream_backoff_ms(G_MAXUINT, FALSE), ==, 8000);
    g_assert_cmpuint(sl_stream_backoff_ms(G_MAXUINT, TRUE), ==, 60000);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stream-state/table", test_table);
    g_test_add_func("/stream-state/comes-to-rest", test_comes_to_rest);
    g_test_add_func("/stream-state/source-is-held", test_source_is_held);
    g_test_add_func("/stream-state/backoff", test_backoff);
    return g_test_run();
}
