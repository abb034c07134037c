#include "sl-address-rate.h"

#include "sl-token-bucket.h"

struct _SlAddressRate {
    guint rate, burst;
    GHashTable *buckets; /* of address to SlTokenBucket */
};

SlAddressRate *
sl_address_rate_new(guint rate, guint burst)
{
    SlAddressRate *self = g_new0(SlAddressRate, 1);

    self->rate = rate;
    self->burst = burst;
    self->buckets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return self;
}

void
sl_address_rate_free(SlAddressRate *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->buckets);
    g_free(self);
}

/* The one that was used longest ago: its bucket is the fullest, or soon will be. */
static void
forget_oldest(SlAddressRate *self)
{
    GHashTableIter iter;
    gpointer key, value;
    gpointer oldest = NULL;
    gint64 oldest_us = G_MAXINT64;

    g_hash_table_iter_init(&iter, self->buckets);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        if (((SlTokenBucket *)value)->last_us < oldest_us) {
            oldest_us = ((SlTokenBucket *)value)->last_us;
            oldest = key;
        }
    }
    g_hash_table_remove(self->buckets, oldest);
}

gboolean
sl_address_rate_take(SlAddressRate *self, const char *address, gint64 now_us)
{
    SlTokenBucket *bucket;
    SlTokenBucket before;

    if (address == NULL)
        return TRUE;
    bucket = g_hash_table_lookup(self->buckets, address);
    if (bucket == NULL) {
        if (g_hash_table_size(self->buckets) >= SL_ADDRESS_RATE_MAX)
            forget_oldest(self);
        bucket = g_new0(SlTokenBucket, 1);
        sl_token_bucket_init(bucket, self->rate, self->burst, now_us);
        g_hash_table_insert(self->buckets, g_strdup(address), bucket);
    }
    /* Several behind one address are no less welcome for one of them that goes on and on. */
    before = *bucket;
    if (sl_token_bucket_take(bucket, 1, now_us) == SL_TOKEN_TAKEN)
        return TRUE;
    *bucket = before;
    return FALSE;
}

guint
sl_address_rate_get_n(SlAddressRate *self)
{
    return g_hash_table_size(self->buckets);
}
