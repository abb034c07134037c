#include "sl-content-counts.h"

static void
assert_most(const SlContentCounts *counts, guint n, const char *expected)
{
    SlContentCount most[16];
    g_autoptr(GString) found = g_string_new(NULL);
    guint length = sl_content_counts_get_most(counts, most, n);

    for (guint i = 0; i < length; i++)
        g_string_append_printf(found, "%s%s×%u", i > 0 ? " " : "", most[i].text, most[i].count);
    g_assert_cmpstr(found->str, ==, expected);
}

static void
test_count(void)
{
    SlContentCounts counts;

    sl_content_counts_init(&counts);
    assert_most(&counts, 3, "");
    g_assert_cmpuint(sl_content_counts_add(&counts, "hi"), ==, 1);
    g_assert_cmpuint(sl_content_counts_add(&counts, "hi"), ==, 2);
    g_assert_cmpuint(sl_content_counts_add(&counts, "Hi"), ==, 1);
    g_assert_cmpuint(sl_content_counts_add(&counts, "hi"), ==, 3);
    g_assert_cmpuint(sl_content_counts_add(&counts, ""), ==, 1);
    assert_most(&counts, 9, "hi×3 ×1 Hi×1");
    sl_content_counts_clear(&counts);
}

static void
test_most(void)
{
    SlContentCounts counts;

    sl_content_counts_init(&counts);
    for (const char *text = "abcabcabdeedfaaa"; *text != '\0'; text++)
        sl_content_counts_add(&counts, (char[]){ *text, '\0' });
    assert_most(&counts, 0, "");
    assert_most(&counts, 1, "a×6");
    assert_most(&counts, 3, "a×6 b×3 d×2");
    assert_most(&counts, 16, "a×6 b×3 d×2 e×2 c×2 f×1");
    sl_content_counts_clear(&counts);
}

/* That which was not there for longest makes room. */
static void
test_bound(void)
{
    SlContentCounts counts;

    sl_content_counts_init(&counts);
    for (guint i = 0; i < SL_CONTENT_COUNTS_MAX; i++) {
        g_autofree char *text = g_strdup_printf("%u", i);

        sl_content_counts_add(&counts, text);
    }
    g_assert_cmpuint(counts.by_use.length, ==, SL_CONTENT_COUNTS_MAX);
    g_assert_cmpuint(sl_content_counts_add(&counts, "0"), ==, 2);
    g_assert_cmpuint(sl_content_counts_add(&counts, "new"), ==, 1);
    g_assert_cmpuint(counts.by_use.length, ==, SL_CONTENT_COUNTS_MAX);
    g_assert_cmpuint(sl_content_counts_add(&counts, "0"), ==, 3);
    g_assert_cmpuint(sl_content_counts_add(&counts, "2"), ==, 2);
    g_assert_cmpuint(sl_content_counts_add(&counts, "1"), ==, 1);
    sl_content_counts_clear(&counts);
}

static void
test_bytes(void)
{
    SlContentCounts counts;

    sl_content_counts_init(&counts);
    for (guint i = 0; i < 100; i++) {
        g_autofree char *text = g_strnfill(60 * 1024, (char)('a' + i % 26));

        text[0] = (char)('A' + i % 7);
        sl_content_counts_add(&counts, text);
        g_assert_cmpuint(counts.bytes, <=, SL_CONTENT_COUNTS_MAX_BYTES);
        g_assert_cmpuint(counts.by_use.length, <=, 4);
        g_assert_cmpuint(g_hash_table_size(counts.entries), ==, counts.by_use.length);
    }
    sl_content_counts_clear(&counts);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/content-counts/count", test_count);
    g_test_add_func("/content-counts/most", test_most);
    g_test_add_func("/content-counts/bound", test_bound);
    g_test_add_func("/content-counts/bytes", test_bytes);
    return g_test_run();
}
