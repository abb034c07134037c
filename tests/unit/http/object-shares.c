#include "sl-object-shares.h"

#define A "192.0.2.1"
#define B "192.0.2.2"
#define SECOND G_USEC_PER_SEC

static SlObjectShares *
make(guint max_puts, guint max_gets, guint put_rate, guint get_rate)
{
    SlLimits limits;

    sl_limits_init(&limits);
    limits.max_puts = max_puts;
    limits.max_gets = max_gets;
    limits.put_bytes_per_second = put_rate;
    limits.get_bytes_per_second = get_rate;
    return sl_object_shares_new(&limits);
}

static void
test_at_once(void)
{
    g_autoptr(SlObjectShares) shares = make(2, 1, 0, 0);
    SlObjectShare *first = sl_object_shares_take(shares, SL_OBJECT_WAY_PUT, A);
    g_autoptr(SlObjectShare) second = sl_object_shares_take(shares, SL_OBJECT_WAY_PUT, A);
    g_autoptr(SlObjectShare) get = sl_object_shares_take(shares, SL_OBJECT_WAY_GET, A);
    g_autoptr(SlObjectShare) other = sl_object_shares_take(shares, SL_OBJECT_WAY_GET, B);
    g_autoptr(SlObjectShare) again = NULL;

    g_assert_true(first != NULL && second != NULL && get != NULL && other != NULL);
    g_assert_null(sl_object_shares_take(shares, SL_OBJECT_WAY_PUT, A));
    g_assert_null(sl_object_shares_take(shares, SL_OBJECT_WAY_GET, A));
    g_assert_null(sl_object_shares_take(shares, SL_OBJECT_WAY_GET, B));
    sl_object_share_free(first);
    again = sl_object_shares_take(shares, SL_OBJECT_WAY_PUT, A);
    g_assert_nonnull(again);
    g_assert_null(sl_object_shares_take(shares, SL_OBJECT_WAY_PUT, A));
}

/* Whoever is gone is forgotten; who is of this machine is not counted. */
static void
test_forgotten(void)
{
    g_autoptr(SlObjectShares) shares = make(1, 1, 0, 0);
    SlObjectShare *local[8];

    for (guint i = 0; i < G_N_ELEMENTS(local); i++) {
        local[i] = sl_object_shares_take(shares, SL_OBJECT_WAY_PUT, NULL);
        g_assert_nonnull(local[i]);
    }
    g_assert_cmpuint(sl_object_shares_get_n(shares), ==, 0);
    for (guint i = 0; i < 1000; i++) {
        g_autofree char *address = g_strdup_printf("192.0.2.%u", i);
        g_autoptr(SlObjectShare) share = sl_object_shares_take(shares, SL_OBJECT_WAY_PUT, address);

        g_assert_nonnull(share);
        g_assert_null(sl_object_shares_take(shares, SL_OBJECT_WAY_PUT, address));
        g_assert_cmpuint(sl_object_shares_get_n(shares), ==, 1);
    }
    g_assert_cmpuint(sl_object_shares_get_n(shares), ==, 0);
    for (guint i = 0; i < G_N_ELEMENTS(local); i++)
        sl_object_share_free(local[i]);
}

/* All of an address together; each way for itself. */
static void
test_rate(void)
{
    g_autoptr(SlObjectShares) shares = make(4, 4, 1000, 0);
    g_autoptr(SlObjectShare) first = sl_object_shares_take(shares, SL_OBJECT_WAY_PUT, A);
    g_autoptr(SlObjectShare) second = sl_object_shares_take(shares, SL_OBJECT_WAY_PUT, A);
    g_autoptr(SlObjectShare) get = sl_object_shares_take(shares, SL_OBJECT_WAY_GET, A);
    g_autoptr(SlObjectShare) other = sl_object_shares_take(shares, SL_OBJECT_WAY_PUT, B);

    g_assert_cmpuint(sl_object_share_spend(first, 500, SECOND), ==, 500);
    g_assert_cmpuint(sl_object_share_spend(second, 500, SECOND), ==, 1000);
    g_assert_cmpuint(sl_object_share_spend(other, 100, SECOND), ==, 100);
    g_assert_cmpuint(sl_object_share_spend(get, 1000 * 1000, SECOND), ==, 0);
    g_assert_cmpuint(sl_object_share_spend(first, 100, 2 * SECOND), ==, 100);
    /* What was not used is not saved up. */
    g_assert_cmpuint(sl_object_share_spend(first, 100, 60 * SECOND), ==, 100);
}

/* A share outlives the table. */
static void
test_end(void)
{
    SlObjectShares *shares = make(1, 1, 1, 1);
    g_autoptr(SlObjectShare) share = sl_object_shares_take(shares, SL_OBJECT_WAY_PUT, A);

    sl_object_shares_free(shares);
    g_assert_cmpuint(sl_object_share_spend(share, 1, SECOND), ==, 1000);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/object-shares/at-once", test_at_once);
    g_test_add_func("/object-shares/forgotten", test_forgotten);
    g_test_add_func("/object-shares/rate", test_rate);
    g_test_add_func("/object-shares/end", test_end);
    return g_test_run();
}
