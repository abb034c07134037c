#include "sl-descriptors.h"
#include "sl-options.h"

static void
test_fit(void)
{
    static const struct {
        guint64 n_available;
        guint max_sessions, max_connections;
    } cases[] = {
        { G_MAXUINT64, 200, 1024 }, { 4288, 200, 1024 }, { 4287, 199, 1024 },
        { 1024, 44, 256 },          { 256, 8, 64 },      { 106, 1, 26 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SlLimits limits = { .max_sessions = 200, .max_connections = 1024 };
        g_autoptr(GError) error = NULL;

        g_assert_true(sl_descriptors_fit(&limits, cases[i].n_available, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(limits.max_sessions, ==, cases[i].max_sessions);
        g_assert_cmpuint(limits.max_connections, ==, cases[i].max_connections);
    }
}

static void
test_too_few(void)
{
    static const guint64 cases[] = { 0, 1, 64, 105 };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SlLimits limits = { .max_sessions = 200, .max_connections = 1024 };
        g_autoptr(GError) error = NULL;
        g_autofree char *words = g_strdup_printf(
            "%u open files are allowed, too few for one viewer; raise it with ulimit -n 8192, or "
            "LimitNOFILE= in a systemd unit",
            (guint)cases[i]);

        g_assert_false(sl_descriptors_fit(&limits, cases[i], &error));
        g_assert_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_CONFIG);
        g_assert_cmpstr(error->message, ==, words);
    }
}

/* What few are asked for, few descriptors are enough for. */
static void
test_small_limits(void)
{
    SlLimits limits = { .max_sessions = 2, .max_connections = 32 };

    g_assert_true(sl_descriptors_fit(&limits, 128, NULL));
    g_assert_cmpuint(limits.max_sessions, ==, 2);
    g_assert_cmpuint(limits.max_connections, ==, 32);
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
