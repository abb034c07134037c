#include "sl-publish-keys.h"

static void
test_find(void)
{
    SlPublishKeys keys;

    sl_publish_keys_init(&keys);
    g_assert_cmpuint(sl_publish_keys_find(&keys, "k"), ==, 0);
    sl_publish_keys_add(&keys, "k", 7);
    sl_publish_keys_add(&keys, "l", 8);
    g_assert_cmpuint(sl_publish_keys_find(&keys, "k"), ==, 7);
    g_assert_cmpuint(sl_publish_keys_find(&keys, "l"), ==, 8);
    g_assert_cmpuint(sl_publish_keys_find(&keys, "m"), ==, 0);
    sl_publish_keys_clear(&keys);
}

/* The last 1,024 are known, whatever came before. */
static void
test_bound(void)
{
    SlPublishKeys keys;

    sl_publish_keys_init(&keys);
    for (guint i = 1; i <= 5000; i++) {
        g_autofree char *key = g_strdup_printf("k%u", i);

        sl_publish_keys_add(&keys, key, i);
        g_assert_cmpuint(g_hash_table_size(keys.offsets), ==, MIN(i, SL_PUBLISH_KEYS_MAX));
    }
    for (guint i = 1; i <= 5000; i++) {
        g_autofree char *key = g_strdup_printf("k%u", i);

        g_assert_cmpuint(sl_publish_keys_find(&keys, key), ==,
                         i > 5000 - SL_PUBLISH_KEYS_MAX ? i : 0);
    }
    sl_publish_keys_clear(&keys);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/publish-keys/find", test_find);
    g_test_add_func("/publish-keys/bound", test_bound);
    return g_test_run();
}
