#include "sl-history.h"

#include <string.h>

#define SECOND G_USEC_PER_SEC

static void
set_up(SlHistory *history, const char *settings)
{
    g_autoptr(SlRelayNamespace) namespace_ = sl_relay_namespace_new("a");
    g_auto(GStrv) pairs = g_strsplit(settings, " ", -1);

    for (guint i = 0; pairs[i] != NULL; i++) {
        g_auto(GStrv) pair = g_strsplit(pairs[i], "=", 2);

        g_assert_true(sl_relay_namespace_set(namespace_, pair[0], pair[1], NULL));
    }
    sl_history_init(history, namespace_);
}

static void
append(SlHistory *history, gint64 made_us, gsize bytes)
{
    sl_history_append(history, sl_message_new(history->last_offset + 1, made_us,
                                              g_strnfill(bytes - sizeof(SlMessage), 'x')));
}

static void
assert_kept(const SlHistory *history, guint64 first, guint64 last)
{
    gsize bytes = 0;

    g_assert_cmpuint(history->first_offset, ==, first);
    g_assert_cmpuint(history->last_offset, ==, last);
    g_assert_cmpuint(sl_history_get_length(history), ==, last + 1 - first);
    for (guint64 offset = first; offset <= last; offset++) {
        g_assert_cmpuint(sl_history_get(history, offset)->offset, ==, offset);
        bytes += sl_history_get(history, offset)->bytes;
    }
    g_assert_cmpuint(history->bytes, ==, bytes);
}

static void
test_count(void)
{
    static const guint BOUNDS[] = { 1, 2, 7, 8, 9, 1000 };

    for (guint i = 0; i < G_N_ELEMENTS(BOUNDS); i++) {
        g_autofree char *settings = g_strdup_printf("history-messages=%u", BOUNDS[i]);
        SlHistory history;

        set_up(&history, settings);
        assert_kept(&history, 1, 0);
        for (guint64 last = 1; last <= 3000; last++) {
            append(&history, 0, 100);
            if (last < 40 || last % 251 == 0)
                assert_kept(&history, last > BOUNDS[i] ? last - BOUNDS[i] + 1 : 1, last);
        }
        g_assert_cmpuint(history.size, <=, MAX(8, 2 * BOUNDS[i]));
        sl_history_clear(&history);
    }
}

static void
test_bytes(void)
{
    SlHistory history;

    set_up(&history, "history-bytes=1000");
    for (guint i = 0; i < 5; i++)
        append(&history, 0, 200);
    assert_kept(&history, 1, 5);
    append(&history, 0, 201);
    assert_kept(&history, 3, 6);
    append(&history, 0, 5000); /* the newest stays, whatever its size */
    assert_kept(&history, 7, 7);
    append(&history, 0, 100);
    assert_kept(&history, 8, 8);
    sl_history_clear(&history);
}

static void
test_age(void)
{
    SlHistory history;

    set_up(&history, "history-seconds=10");
    for (guint i = 1; i <= 5; i++)
        append(&history, i * SECOND, 100);
    sl_history_expire(&history, 11 * SECOND);
    assert_kept(&history, 1, 5);
    sl_history_expire(&history, 11 * SECOND + 1);
    assert_kept(&history, 2, 5);
    sl_history_expire(&history, 13 * SECOND + 1);
    assert_kept(&history, 4, 5);
    g_assert_true(sl_history_holds(&history));
    sl_history_expire(&history, 100 * SECOND);
    assert_kept(&history, 6, 5);
    g_assert_false(sl_history_holds(&history));
    append(&history, 101 * SECOND, 100);
    assert_kept(&history, 6, 6);
    sl_history_clear(&history);

    set_up(&history, "history-seconds=0");
    append(&history, 0, 100);
    sl_history_expire(&history, G_MAXINT64);
    assert_kept(&history, 1, 1);
    sl_history_clear(&history);
}

/* Where somebody begins, of five messages the last three of which are kept. */
static void
test_start(void)
{
    static const struct {
        const char *settings;
        gint64 known; /* -1: nothing */
        gboolean recovered;
        guint64 cursor;
    } CASES[] = {
        { "history=all", -1, FALSE, 2 },
        { "history=all", 0, FALSE, 2 },
        { "history=all", 1, FALSE, 2 },
        { "history=all", 2, TRUE, 2 },
        { "history=all", 4, TRUE, 4 },
        { "history=all", 5, TRUE, 5 },
        { "history=all", 6, FALSE, 2 },
        { "history=last", -1, FALSE, 4 },
        { "history=last", 1, FALSE, 4 },
        { "history=last", 2, TRUE, 2 }, /* while they are there */
        { "history=last", 5, TRUE, 5 },
        { "history=last", 6, FALSE, 4 },
        { "history=last slow=latest-only", -1, FALSE, 4 },
        { "history=last slow=latest-only", 3, FALSE, 4 },
        { "history=last slow=latest-only", 4, TRUE, 4 },
        { "history=last slow=latest-only", 5, TRUE, 5 },
        { "history=none", -1, FALSE, 5 },
        { "history=none", 4, FALSE, 5 },
        { "history=none", 5, TRUE, 5 },
        { "history=none", 6, FALSE, 5 },
        { "history=none slow=latest-only", 4, FALSE, 5 },
        { "history=none slow=latest-only", 5, TRUE, 5 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *settings = g_strconcat("history-messages=3 ", CASES[i].settings, NULL);
        guint64 known = (guint64)CASES[i].known, cursor = 99;
        SlHistory history;

        g_test_message("%s, %d", settings, (int)CASES[i].known);
        set_up(&history, settings);
        g_assert_true(sl_history_start_after(&history, NULL, &cursor));
        g_assert_cmpuint(cursor, ==, 0);
        for (guint j = 0; j < 5; j++)
            append(&history, 0, 100);
        g_assert_cmpint(
            sl_history_start_after(&history, CASES[i].known >= 0 ? &known : NULL, &cursor), ==,
            CASES[i].recovered);
        g_assert_cmpuint(cursor, ==, CASES[i].cursor);
        g_assert_cmpint(sl_history_holds(&history), ==, strstr(settings, "none") == NULL);
        sl_history_clear(&history);
    }
}

/* Where slow ones get the latest only, no more is kept for anybody. */
static void
test_one(void)
{
    SlHistory history;

    set_up(&history, "history=last slow=latest-only history-seconds=10");
    for (guint i = 1; i <= 20; i++) {
        append(&history, i * SECOND, 100);
        assert_kept(&history, i, i);
    }
    sl_history_expire(&history, 60 * SECOND);
    assert_kept(&history, 21, 20);
    g_assert_false(sl_history_holds(&history));
    sl_history_clear(&history);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/history/count", test_count);
    g_test_add_func("/history/bytes", test_bytes);
    g_test_add_func("/history/age", test_age);
    g_test_add_func("/history/start", test_start);
    g_test_add_func("/history/one", test_one);
    return g_test_run();
}
