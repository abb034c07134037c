#include "sl-token-bucket.h"

void
sl_token_bucket_init(SlTokenBucket *self, guint rate, guint burst, gint64 now_us)
{
    self->rate = rate;
    self->burst = MAX(burst, 1);
    self->tokens_us = (gint64)self->burst * G_USEC_PER_SEC;
    self->last_us = now_us;
}

SlTokenResult
sl_token_bucket_take(SlTokenBucket *self, guint n, gint64 now_us)
{
    gint64 full = (gint64)self->burst * G_USEC_PER_SEC;
    gint64 elapsed_us = CLAMP(now_us - self->last_us, 0, 2 * full / MAX(self->rate, 1) + 1);
    gboolean taken;

    self->last_us = now_us;
    self->tokens_us = MIN(full, self->tokens_us + elapsed_us * self->rate);
    taken = self->tokens_us >= (gint64)n * G_USEC_PER_SEC;
    if (self->tokens_us > -full)
        self->tokens_us -= (gint64)n * G_USEC_PER_SEC;
    if (taken)
        return SL_TOKEN_TAKEN;
    return self->tokens_us > -full ? SL_TOKEN_REFUSED : SL_TOKEN_ABUSED;
}

gint64
sl_token_bucket_get_wait_us(const SlTokenBucket *self, guint n, gint64 now_us)
{
    gint64 lacking = (gint64)n * G_USEC_PER_SEC - self->tokens_us;

    if (lacking <= 0)
        return 0;
    if (self->rate == 0 || n > self->burst)
        return G_MAXINT64;
    return MAX((lacking + self->rate - 1) / self->rate - (now_us - self->last_us), 0);
}
