#include "sl-relay-namespace.h"

#include <string.h>

#include "sl-error.h"

static void
test_set(void)
{
    g_autoptr(SlRelayNamespace) self = sl_relay_namespace_new("a");
    const char *const *keys = sl_relay_namespace_get_keys();

#define SET(key, value) g_assert_true(sl_relay_namespace_set(self, key, value, NULL))
    SET("history", "none");
    SET("history-messages", "7");
    SET("presence", "true");
    SET("publish", "operate");
    SET("slow", "recover");
    SET("max-age-ms", "0");
    g_assert_cmpint(self->history, ==, SL_HISTORY_NONE);
    g_assert_cmpuint(self->history_messages, ==, 7);
    g_assert_true(self->presence);
    g_assert_false(self->holder);
    g_assert_cmpint(self->publish, ==, SL_ROLE_OPERATE);
    g_assert_cmpint(self->subscribe, ==, SL_ROLE_WATCH);
    g_assert_cmpint(self->slow, ==, SL_SLOW_RECOVER);
    g_assert_cmpuint(g_strv_length((char **)keys), ==, 16);
}

static void
test_wrong(void)
{
    static const struct {
        const char *key, *value, *message;
    } CASES[] = {
        { "history", "some", "expected all, last or none" },
        { "history-messages", "0", "expected a number from 1 to 10000000" },
        { "history-messages", "-1", "expected a number from 1 to 10000000" },
        { "history-bytes", "1e6", "expected a number from 1 to 1073741824" },
        { "presence", "yes", "expected false or true" },
        { "publish", "WATCH", "expected watch, publish, ingest, operate or admin" },
        { "subscribe", "", "expected watch, publish, ingest, operate or admin" },
        { "slow", "drop", "expected drop-oldest, latest-only or recover" },
        { "max-message-bytes", "61441", "expected a number from 1 to 61440" },
        { "messages", "1", "there is no such setting" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(SlRelayNamespace) self = sl_relay_namespace_new("a");
        g_autoptr(GError) error = NULL;

        g_assert_false(sl_relay_namespace_set(self, CASES[i].key, CASES[i].value, &error));
        g_assert_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID);
        g_assert_cmpstr(error->message, ==, CASES[i].message);
    }
}

static void
test_name(void)
{
    static const char *const GOOD[] = { "a", "chat", "a1-_" };
    static const char *const BAD[] = { "", "A", "1", "-", "a:b", "a.b", "a b", "ä" };
    g_autofree char *longest = g_strnfill(64, 'a');
    g_autofree char *longer = g_strnfill(65, 'a');

    for (guint i = 0; i < G_N_ELEMENTS(GOOD); i++)
        g_assert_true(sl_relay_namespace_is_name(GOOD[i]));
    for (guint i = 0; i < G_N_ELEMENTS(BAD); i++)
        g_assert_false(sl_relay_namespace_is_name(BAD[i]));
    g_assert_true(sl_relay_namespace_is_name(longest));
    g_assert_false(sl_relay_namespace_is_name(longer));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/relay-namespace/set", test_set);
    g_test_add_func("/relay-namespace/wrong", test_wrong);
    g_test_add_func("/relay-namespace/name", test_name);
    return g_test_run();
}
