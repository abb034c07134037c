#include "sl-object-hash.h"

#include "sl-object-error.h"
#include "sl-object-hasher.h"

#define DIGITS "0123456789abcdef"

static void
test_valid(void)
{
    static const struct {
        const char *hash;
        gboolean valid;
    } ROWS[] = {
        { DIGITS DIGITS DIGITS DIGITS, TRUE },
        { NULL, FALSE },
        { "", FALSE },
        { DIGITS DIGITS DIGITS "0123456789abcde", FALSE },
        { DIGITS DIGITS DIGITS DIGITS "0", FALSE },
        { DIGITS DIGITS DIGITS DIGITS "\n", FALSE },
        { DIGITS DIGITS DIGITS "0123456789abcdeF", FALSE },
        { DIGITS DIGITS DIGITS "0123456789abcdeg", FALSE },
        { "../../../../../../../../../../../../../../../../../../etc/passwd", FALSE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++)
        g_assert_cmpint(sl_object_hash_is_valid(ROWS[i].hash), ==, ROWS[i].valid);
}

static void
test_words(void)
{
    static const char *const WORDS[] = {
        "bad-message",   "unknown-type", "not-allowed", "unknown-object", "unknown-transfer",
        "bad-offset",    "too-large",    "no-room",     "too-many",       "too-fast",
        "hash-mismatch", "taken-over",   "expired",     "stalled",        "failed",
    };
    g_autoptr(GError) other = g_error_new_literal(G_FILE_ERROR, 0, "x");

    for (guint i = 0; i < G_N_ELEMENTS(WORDS); i++) {
        g_autoptr(GError) error = g_error_new_literal(SL_OBJECT_ERROR, (int)i, "x");

        g_assert_cmpstr(sl_object_error_get_word(error), ==, WORDS[i]);
    }
    g_assert_cmpint(G_N_ELEMENTS(WORDS), ==, SL_OBJECT_ERROR_FAILED + 1);
    g_assert_cmpstr(sl_object_error_get_word(other), ==, "failed");
}

/* Against another's, at all lengths around its blocks, however it comes. */
static void
test_hasher(void)
{
    guint8 bytes[300];

    for (guint i = 0; i < sizeof bytes; i++)
        bytes[i] = (guint8)g_test_rand_int();
    for (guint n = 0; n <= sizeof bytes; n++) {
        g_autofree char *expected = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes, n);
        SlObjectHasher *hasher = sl_object_hasher_new();
        guint split = n > 0 ? (guint)g_test_rand_int_range(0, (gint)n + 1) : 0;

        sl_object_hasher_update(hasher, bytes, split);
        sl_object_hasher_update(hasher, bytes + split, n - split);
        g_assert_cmpstr(sl_object_hasher_get_text(hasher), ==, expected);
        g_assert_cmpstr(sl_object_hasher_get_text(hasher), ==, expected);
        sl_object_hasher_free(hasher);
    }
    sl_object_hasher_free(sl_object_hasher_new());
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/object-hash/valid", test_valid);
    g_test_add_func("/object-hash/words", test_words);
    g_test_add_func("/object-hash/hasher", test_hasher);
    return g_test_run();
}
