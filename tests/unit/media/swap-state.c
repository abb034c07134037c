#include "sl-swap-state.h"

#define YIELD SL_SWAP_YIELDING
#define TRY SL_SWAP_TRYING
#define UNDO SL_SWAP_UNDOING
#define END SL_SWAP_ENDED

/* Rows: states. Columns: free, complete, failed, stopped, late. */
static const SlSwapState expected[SL_SWAP_N_STATES][SL_SWAP_N_EVENTS] = {
    [YIELD] = { TRY, YIELD, END, YIELD, END },
    [TRY] = { TRY, END, UNDO, TRY, UNDO },
    [UNDO] = { UNDO, UNDO, UNDO, END, END },
    [END] = { END, END, END, END, END },
};

static void
test_table(void)
{
    for (guint state = 0; state < SL_SWAP_N_STATES; state++) {
        for (guint event = 0; event < SL_SWAP_N_EVENTS; event++) {
            SlSwapState next = sl_swap_state_next((SlSwapState)state, (SlSwapEvent)event);
            g_test_message("%s + %u", sl_swap_state_to_string((SlSwapState)state), event);
            g_assert_cmpstr(sl_swap_state_to_string(next), ==,
                            sl_swap_state_to_string(expected[state][event]));
        }
    }
}

/* Whatever else happens: time ends it. */
static void
test_is_bounded(void)
{
    for (guint start = 0; start < SL_SWAP_N_STATES; start++) {
        SlSwapState state = (SlSwapState)start;
        for (guint i = 0; i < 2; i++)
            state = sl_swap_state_next(state, SL_SWAP_EVENT_LATE);
        g_assert_cmpint(state, ==, END);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/swap-state/table", test_table);
    g_test_add_func("/swap-state/is-bounded", test_is_bounded);
    return g_test_run();
}
