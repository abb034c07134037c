#include <gio/gio.h>

#include "sl-own-names.h"

static void
test_hosts(void)
{
    g_auto(GStrv) hosts = sl_own_names_get_hosts();

    g_assert_cmpstr(hosts[0], ==, "localhost");
    for (guint i = 0; hosts[i] != NULL; i++) {
        g_autofree char *lower = g_ascii_strdown(hosts[i], -1);

        g_assert_cmpstr(hosts[i], ==, lower);
        g_assert_false(g_strv_contains((const char *const *)hosts + i + 1, hosts[i]));
    }
}

static void
test_addresses(void)
{
    g_auto(GStrv) addresses = sl_own_names_get_addresses();
    gboolean was_v6 = FALSE;

    for (guint i = 0; addresses[i] != NULL; i++) {
        g_autoptr(GInetAddress) inet = g_inet_address_new_from_string(addresses[i]);
        gboolean is_v6;

        g_assert_nonnull(inet);
        g_assert_false(g_inet_address_get_is_loopback(inet));
        g_assert_false(g_inet_address_get_is_link_local(inet));
        is_v6 = g_inet_address_get_family(inet) == G_SOCKET_FAMILY_IPV6;
        g_assert_true(is_v6 || !was_v6);
        was_v6 = is_v6;
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/own-names/hosts", test_hosts);
    g_test_add_func("/own-names/addresses", test_addresses);
    return g_test_run();
}
