#include "sl-address.h"

static void
test_keys(void)
{
    static const struct {
        const char *remote, *local, *key;
    } cases[] = {
        { "192.0.2.7", "192.0.2.1", "192.0.2.7" },
        { "::ffff:192.0.2.7", "::ffff:192.0.2.1", "192.0.2.7" },
        { "2001:db8:1:2:3:4:5:6", "2001:db8::1", "2001:db8:1:2::/64" },
        { "2001:db8:1:2:ffff::", "2001:db8::1", "2001:db8:1:2::/64" },
        { "fe80::1", "fe80::2", "fe80::/64" },
        /* this machine itself */
        { "127.0.0.1", "127.0.0.1", NULL },
        { "::1", "::1", NULL },
        { "192.0.2.1", "192.0.2.1", NULL },
        { "::ffff:127.0.0.1", "::ffff:127.0.0.1", NULL },
        { "127.0.0.2", "127.0.0.1", "127.0.0.2" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GSocketAddress) remote =
            g_inet_socket_address_new_from_string(cases[i].remote, 40000);
        g_autoptr(GSocketAddress) local =
            g_inet_socket_address_new_from_string(cases[i].local, 8080);
        g_autofree char *key = sl_address_to_key(remote, local);

        g_assert_cmpstr(key, ==, cases[i].key);
    }
}

static void
test_loopback(void)
{
    static const struct {
        const char *address;
        gboolean loopback;
    } cases[] = {
        { "127.0.0.1", TRUE },        { "127.1.2.3", TRUE },         { "::1", TRUE },
        { "::ffff:127.0.0.1", TRUE }, { "::ffff:128.0.0.1", FALSE }, { "192.0.2.1", FALSE },
        { "2001:db8::1", FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GSocketAddress) address =
            g_inet_socket_address_new_from_string(cases[i].address, 1);
        g_assert_cmpint(sl_address_is_loopback(address), ==, cases[i].loopback);
    }
    g_assert_false(sl_address_is_loopback(NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/address/keys", test_keys);
    g_test_add_func("/address/loopback", test_loopback);
    return g_test_run();
}
