#include "sl-token-bucket.h"

typedef struct {
    gint64 at_ms;
    SlTokenResult expected;
} Take;

/* 2 a second, bursts of 3. */
static const Take takes[] = {
    { 0, SL_TOKEN_TAKEN },      { 0, SL_TOKEN_TAKEN },
    { 0, SL_TOKEN_TAKEN },      { 0, SL_TOKEN_REFUSED },
    { 999, SL_TOKEN_REFUSED }, /* one and a bit came in, the debt took one */
    { 1999, SL_TOKEN_TAKEN },   { 9999, SL_TOKEN_TAKEN }, /* never more than the burst */
    { 9999, SL_TOKEN_TAKEN },   { 9999, SL_TOKEN_TAKEN },
    { 9000, SL_TOKEN_REFUSED }, /* a clock that goes back gives nothing */
    { 9000, SL_TOKEN_REFUSED }, { 9000, SL_TOKEN_ABUSED },
    { 9000, SL_TOKEN_ABUSED },  { G_MAXINT64 / 1000, SL_TOKEN_TAKEN },
};

static void
test_takes(void)
{
    SlTokenBucket bucket;

    sl_token_bucket_init(&bucket, 2, 3, 0);
    for (guint i = 0; i < G_N_ELEMENTS(takes); i++) {
        g_test_message("take %u at %d ms", i, (int)takes[i].at_ms);
        g_assert_cmpint(sl_token_bucket_take(&bucket, 1, takes[i].at_ms * 1000), ==,
                        takes[i].expected);
    }
}

/* Several at once: all or none, and a debt of as many. */
static void
test_several(void)
{
    SlTokenBucket bucket;

    sl_token_bucket_init(&bucket, 100, 1000, 0);
    g_assert_cmpint(sl_token_bucket_take(&bucket, 1001, 0), ==, SL_TOKEN_REFUSED);
    sl_token_bucket_init(&bucket, 100, 1000, 0);
    g_assert_cmpint(sl_token_bucket_take(&bucket, 600, 0), ==, SL_TOKEN_TAKEN);
    g_assert_cmpint(sl_token_bucket_take(&bucket, 600, 0), ==, SL_TOKEN_REFUSED);
    g_assert_cmpint(sl_token_bucket_take(&bucket, 1, 1999999), ==, SL_TOKEN_REFUSED);
    g_assert_cmpint(sl_token_bucket_take(&bucket, 98, 3010000), ==, SL_TOKEN_TAKEN);
    sl_token_bucket_init(&bucket, G_MAXINT32, G_MAXINT32, 0);
    g_assert_cmpint(sl_token_bucket_take(&bucket, G_MAXINT32, 0), ==, SL_TOKEN_TAKEN);
    g_assert_cmpint(sl_token_bucket_take(&bucket, G_MAXINT32, G_USEC_PER_SEC), ==, SL_TOKEN_TAKEN);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/token-bucket/takes", test_takes);
    g_test_add_func("/token-bucket/several", test_several);
    return g_test_run();
}
