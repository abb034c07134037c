#include <string.h>

#include "sl-error.h"
#include "sl-meters.h"
#include "sl-settings.h"

static void
test_defaults(void)
{
    SlLimits limits;
    guint n;
    const SlLimitInfo *infos = sl_limits_get_infos(&n);

    sl_limits_init(&limits);
    g_assert_cmpuint(limits.max_sessions, ==, 200);
    g_assert_cmpuint(limits.linger_ms, ==, 5000);
    g_assert_cmpuint(limits.max_connections, ==, 1024);
    g_assert_cmpuint(limits.max_header_bytes, ==, 16384);
    g_assert_cmpuint(limits.max_queue_bytes, ==, 4 << 20);
    g_assert_cmpuint(limits.relay_window_bytes, ==, 1 << 20);
    for (guint i = 0; i < n; i++) {
        g_test_message("%s", infos[i].name);
        g_assert_cmpuint(infos[i].limit, ==, i);
        g_assert_cmpuint(infos[i].initial, >=, infos[i].min);
        g_assert_cmpuint(infos[i].initial, <=, infos[i].max);
        g_assert_cmpuint(sl_limits_get(&limits, i), ==, infos[i].initial);
    }
}

/* Each is set by its own name and sets nothing else; its bounds are part of what is allowed. */
static void
test_set(void)
{
    guint n;
    const SlLimitInfo *infos = sl_limits_get_infos(&n);

    for (guint i = 0; i < n; i++) {
        const guint values[] = { infos[i].min, infos[i].max };

        for (guint j = 0; j < G_N_ELEMENTS(values); j++) {
            g_autofree char *text = g_strdup_printf("%u", values[j]);
            SlLimits limits, other;

            sl_limits_init(&limits);
            sl_limits_init(&other);
            g_assert_true(sl_limits_set(&limits, infos[i].name, text, NULL));
            g_assert_cmpuint(sl_limits_get(&limits, i), ==, values[j]);
            for (guint k = 0; k < n; k++) {
                if (k != i)
                    g_assert_cmpuint(sl_limits_get(&limits, k), ==, sl_limits_get(&other, k));
            }
        }
    }
}

static void
test_refused(void)
{
    static const char *const values[] = { "",    " 5",   "5 ",
                                          "-1",  "0x10", "5s",
                                          "5.0", "1e3",  "99999999999999999999" };
    guint n;
    const SlLimitInfo *infos = sl_limits_get_infos(&n);
    g_autoptr(GError) unknown = NULL;
    SlLimits limits;

    sl_limits_init(&limits);
    for (guint i = 0; i < n; i++) {
        g_autofree char *above = g_strdup_printf("%" G_GUINT64_FORMAT, (guint64)infos[i].max + 1);
        g_autofree char *expected =
            g_strdup_printf("expected a number from %u to %u", infos[i].min, infos[i].max);
        g_autoptr(GError) error = NULL;

        g_assert_false(sl_limits_set(&limits, infos[i].name, above, &error));
        g_assert_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID);
        g_assert_cmpstr(error->message, ==, expected);
        for (guint j = 0; j < G_N_ELEMENTS(values); j++)
            g_assert_false(sl_limits_set(&limits, infos[i].name, values[j], NULL));
        g_assert_cmpuint(sl_limits_get(&limits, i), ==, infos[i].initial);
    }
    g_assert_false(sl_limits_set(&limits, "max-fun", "1", &unknown));
    g_assert_cmpstr(unknown->message, ==, "there is no such limit");
}

/* A flood of refusals is counted, and is one line. */
static void
test_log_once(void)
{
    if (g_test_subprocess()) {
        SlLimits limits;
        g_autoptr(SlMeters) meters = NULL;

        sl_limits_init(&limits);
        meters = sl_meters_new(NULL, &limits);
        limits.meters = meters;
        for (guint i = 0; i < 1000; i++)
            sl_limits_reached(&limits, SL_LIMIT(max_waiting), "192.0.2.7");
        sl_limits_reached(&limits, SL_LIMIT(answer_timeout_ms), NULL);
        g_assert_cmpuint(sl_meters_get_refused(meters, SL_LIMIT(max_waiting)), ==, 1000);
        g_assert_cmpuint(sl_meters_get_refused(meters, SL_LIMIT(answer_timeout_ms)), ==, 1);
        g_assert_cmpuint(sl_meters_get_refused(meters, SL_LIMIT(max_sessions)), ==, 0);
        g_assert_cmpint(sl_meters_get_now(meters, SL_LIMIT(max_waiting)), ==, -1);
        sl_limits_set_now(&limits, SL_LIMIT(max_waiting), 3);
        g_assert_cmpint(sl_meters_get_now(meters, SL_LIMIT(max_waiting)), ==, 3);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*Warning: max-waiting = 512: 1 refused, last from 192.0.2.7\n*");
    g_test_trap_assert_stderr_unmatched("*refused*refused*");
}

/* Without meters, limits hold all the same. */
static void
test_nobody_counts(void)
{
    SlLimits limits;

    sl_limits_init(&limits);
    sl_limits_reached(&limits, SL_LIMIT(max_sessions), NULL);
    sl_limits_set_now(&limits, SL_LIMIT(max_sessions), 1);
}

/* The man page has all of them as they are. */
static void
test_man_page(void)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "..", "docs", "sightline.1", NULL);
    g_autofree char *page = NULL;
    guint n;
    const SlLimitInfo *infos = sl_limits_get_infos(&n);

    g_assert_true(g_file_get_contents(path, &page, NULL, NULL));
    for (guint i = 0; i < n; i++) {
        g_autoptr(GString) name = g_string_new(infos[i].name);
        g_autofree char *line = NULL;

        g_string_replace(name, "-", "\\-", 0);
        line = g_strdup_printf(".BR %s \" (\" %u \" to \" %u \"; default \" %u )\n", name->str,
                               infos[i].min, infos[i].max, infos[i].initial);
        g_test_message("%s", line);
        g_assert_nonnull(strstr(page, line));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/limits/defaults", test_defaults);
    g_test_add_func("/limits/set", test_set);
    g_test_add_func("/limits/refused", test_refused);
    g_test_add_func("/limits/man-page", test_man_page);
    g_test_add_func("/limits/log-once", test_log_once);
    g_test_add_func("/limits/nobody-counts", test_nobody_counts);
    return g_test_run();
}
