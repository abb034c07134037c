#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SlTokenBucket: bounds a rate. It fills by @rate tokens a second (0: never) up to @burst. What it
 * refuses leaves a debt, so that somebody who goes on regardless is told from somebody
 * who slows down.
 */
typedef struct {
    guint rate, burst;
    gint64 tokens_us; /* tokens × rate, in µs */
    gint64 last_us;
} SlTokenBucket;

typedef enum {
    SL_TOKEN_TAKEN,
    SL_TOKEN_REFUSED,
    SL_TOKEN_ABUSED, /* refused, and the debt has reached @burst */
} SlTokenResult;

void sl_token_bucket_init(SlTokenBucket *self, guint rate, guint burst, gint64 now_us);
/** @n: tokens; more than @burst are never taken */
SlTokenResult sl_token_bucket_take(SlTokenBucket *self, guint n, gint64 now_us);

/** sl_token_bucket_get_wait_us: Returns: how long until @n, at most @burst, would be taken; 0: now;
 * G_MAXINT64: never */
gint64 sl_token_bucket_get_wait_us(const SlTokenBucket *self, guint n, gint64 now_us);

G_END_DECLS
