#include "sl-relay-window.h"

static void
test_messages(void)
{
    SlRelayWindow window;
    gsize bytes;

    sl_relay_window_init(&window, 3, 1000);
    for (guint i = 0; i < 3; i++) {
        g_assert_true(sl_relay_window_fits(&window, 10));
        sl_relay_window_add(&window, 10);
    }
    g_assert_false(sl_relay_window_fits(&window, 10));
    g_assert_cmpuint(sl_relay_window_get_room(&window, &bytes), ==, 0);
    g_assert_cmpuint(bytes, ==, 970);

    g_assert_false(sl_relay_window_ack(&window, 4));
    g_assert_false(sl_relay_window_fits(&window, 10));
    g_assert_true(sl_relay_window_ack(&window, 2));
    g_assert_true(sl_relay_window_ack(&window, 1)); /* stale */
    g_assert_cmpuint(sl_relay_window_get_room(&window, &bytes), ==, 2);
    g_assert_cmpuint(bytes, ==, 990);
    sl_relay_window_clear(&window);
}

static void
test_bytes(void)
{
    SlRelayWindow window;
    gsize bytes;

    sl_relay_window_init(&window, 8, 100);
    g_assert_true(sl_relay_window_fits(&window, 500)); /* else it would never get through */
    sl_relay_window_add(&window, 500);
    g_assert_false(sl_relay_window_fits(&window, 0));
    g_assert_cmpuint(sl_relay_window_get_room(&window, &bytes), ==, 7);
    g_assert_cmpuint(bytes, ==, 0);
    g_assert_true(sl_relay_window_ack(&window, 1));

    sl_relay_window_add(&window, 60);
    g_assert_true(sl_relay_window_fits(&window, 40));
    g_assert_false(sl_relay_window_fits(&window, 41));
    sl_relay_window_clear(&window);
}

static void
test_wraps(void)
{
    SlRelayWindow window;

    sl_relay_window_init(&window, 4, 1000);
    for (guint i = 1; i <= 100; i++) {
        sl_relay_window_add(&window, i);
        g_assert_cmpuint(window.bytes, ==, i);
        g_assert_true(sl_relay_window_ack(&window, i));
        g_assert_cmpuint(window.bytes, ==, 0);
    }
    sl_relay_window_clear(&window);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/relay-window/messages", test_messages);
    g_test_add_func("/relay-window/bytes", test_bytes);
    g_test_add_func("/relay-window/wraps", test_wraps);
    return g_test_run();
}
