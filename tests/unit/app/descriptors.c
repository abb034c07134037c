#include "sl-descriptors.h"
#include "sl-options.h"

static void
test_fit(void)
{
    static const struct {
        guint64 n_available;
        guint n_local;
        guint max_sessions, max_connections, max_waiting;
        guint per_address[3];
    } cases[] = {
        { G_MAXUINT64, 0, 200, 1024, 512, { 64, 256, 128 } },
        { 4800, 0, 200, 1024, 512, { 64, 256, 128 } },
        { 4799, 0, 199, 1024, 512, { 63, 256, 128 } },
        { 1024, 0, 36, 256, 128, { 11, 64, 32 } },
        { 256, 0, 6, 64, 32, { 1, 16, 8 } },
        { 126, 0, 1, 31, 15, { 1, 7, 3 } },
        { 4800, 64, 196, 1024, 512, { 62, 256, 128 } },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        SlLimits limits;

        sl_limits_init(&limits);
        g_assert_true(sl_descriptors_fit(&limits, cases[i].n_local, cases[i].n_available, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(limits.max_sessions, ==, cases[i].max_sessions);
        g_assert_cmpuint(limits.max_connections, ==, cases[i].max_connections);
        g_assert_cmpuint(limits.max_waiting, ==, cases[i].max_waiting);
        g_assert_cmpuint(limits.max_sessions_per_address, ==, cases[i].per_address[0]);
        g_assert_cmpuint(limits.max_connections_per_address, ==, cases[i].per_address[1]);
        g_assert_cmpuint(limits.max_waiting_per_address, ==, cases[i].per_address[2]);
    }
}

static void
test_too_few(void)
{
    static const guint64 cases[] = { 0, 1, 64, 125 };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SlLimits limits;
        g_autoptr(GError) error = NULL;
        g_autofree char *words = g_strdup_printf(
            "%u open files are allowed, too few for one viewer; raise it with ulimit -n 4800, or "
            "LimitNOFILE= in a systemd unit",
            (guint)cases[i]);

        sl_limits_init(&limits);
        g_assert_false(sl_descriptors_fit(&limits, 0, cases[i], &error));
        g_assert_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_CONFIG);
        g_assert_cmpstr(error->message, ==, words);
    }
}

/* What few are asked for, few descriptors are enough for. */
static void
test_small_limits(void)
{
    SlLimits limits = { .max_sessions = 2, .max_connections = 32, .max_waiting = 8 };

    g_assert_true(sl_descriptors_fit(&limits, 0, 136, NULL));
    g_assert_cmpuint(limits.max_sessions, ==, 2);
    g_assert_cmpuint(limits.max_connections, ==, 32);
    g_assert_cmpuint(limits.max_waiting, ==, 8);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/descriptors/fit", test_fit);
    g_test_add_func("/descriptors/too-few", test_too_few);
    g_test_add_func("/descriptors/small-limits", test_small_limits);
    return g_test_run();
}
