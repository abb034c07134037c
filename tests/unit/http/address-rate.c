#include "sl-address-rate.h"

#define SECOND G_USEC_PER_SEC

/* Each address for itself, and again as time goes by. */
static void
test_rate(void)
{
    g_autoptr(SlAddressRate) rate = sl_address_rate_new(1, 2);

    for (guint i = 0; i < 2; i++)
        g_assert_true(sl_address_rate_take(rate, "192.0.2.1", 0));
    g_assert_false(sl_address_rate_take(rate, "192.0.2.1", 0));
    g_assert_true(sl_address_rate_take(rate, "192.0.2.2", 0));
    g_assert_true(sl_address_rate_take(rate, "192.0.2.1", SECOND));
    g_assert_false(sl_address_rate_take(rate, "192.0.2.1", SECOND));
}

/* Who goes on regardless is served as often as who waits. */
static void
test_no_debt(void)
{
    g_autoptr(SlAddressRate) rate = sl_address_rate_new(1, 1);
    guint n_taken = 0;

    for (guint i = 0; i < 1000; i++)
        n_taken += sl_address_rate_take(rate, "192.0.2.1", i * SECOND / 100);
    g_assert_cmpuint(n_taken, ==, 10);
}

static void
test_nobody(void)
{
    g_autoptr(SlAddressRate) rate = sl_address_rate_new(1, 1);

    for (guint i = 0; i < 100; i++)
        g_assert_true(sl_address_rate_take(rate, NULL, 0));
    g_assert_cmpuint(sl_address_rate_get_n(rate), ==, 0);
}

/* The one that was quiet the longest is forgotten. */
static void
test_bounded(void)
{
    g_autoptr(SlAddressRate) rate = sl_address_rate_new(1, 1);

    for (guint i = 0; i < SL_ADDRESS_RATE_MAX; i++) {
        g_autofree char *address = g_strdup_printf("2001:db8:%x::/64", i);

        g_assert_true(sl_address_rate_take(rate, address, i));
    }
    g_assert_false(sl_address_rate_take(rate, "2001:db8:0::/64", SL_ADDRESS_RATE_MAX));
    g_assert_true(sl_address_rate_take(rate, "192.0.2.1", SL_ADDRESS_RATE_MAX + 1));
    g_assert_cmpuint(sl_address_rate_get_n(rate), ==, SL_ADDRESS_RATE_MAX);
    g_assert_false(sl_address_rate_take(rate, "2001:db8:1::/64", SL_ADDRESS_RATE_MAX + 2));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/address-rate/rate", test_rate);
    g_test_add_func("/address-rate/no-debt", test_no_debt);
    g_test_add_func("/address-rate/nobody", test_nobody);
    g_test_add_func("/address-rate/bounded", test_bounded);
    return g_test_run();
}
