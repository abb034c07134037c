#include "sl-object-shares.h"

#include "sl-meters.h"

#define N_WAYS (SL_OBJECT_WAY_GET + 1)

struct _SlObjectShares {
    SlLimits limits;
    GHashTable *addresses; /* of text to Address, which hold no reference to this */
};

/* Held by its shares. */
typedef struct {
    GHashTable *addresses; /* nullable: it is in none */
    char *name;            /* nullable: likewise */
    guint n[N_WAYS];
    gint64 free_us[N_WAYS]; /* when what was moved is paid for */
} Address;

struct _SlObjectShare {
    Address *address;
    SlObjectWay way;
    guint rate; /* bytes a second; 0: any */
};

static void
address_clear(gpointer data)
{
    Address *self = data;

    if (self->addresses != NULL) {
        g_hash_table_remove(self->addresses, self->name);
        g_hash_table_unref(self->addresses);
    }
    g_free(self->name);
}

/* Returns: (transfer full) */
static Address *
take_address(SlObjectShares *self, const char *name)
{
    Address *address = name != NULL ? g_hash_table_lookup(self->addresses, name) : NULL;

    if (address != NULL)
        return g_rc_box_acquire(address);
    address = g_rc_box_new0(Address);
    if (name == NULL)
        return address;
    address->name = g_strdup(name);
    address->addresses = g_hash_table_ref(self->addresses);
    g_hash_table_insert(self->addresses, address->name, address);
    return address;
}

SlObjectShare *
sl_object_shares_take(SlObjectShares *self, SlObjectWay way, const char *address)
{
    gboolean is_put = way == SL_OBJECT_WAY_PUT;
    SlObjectShare *share = g_new0(SlObjectShare, 1);

    share->address = take_address(self, address);
    share->way = way;
    share->rate = is_put ? self->limits.put_bytes_per_second : self->limits.get_bytes_per_second;
    share->address->n[way]++;
    if (share->address->n[way] <= (is_put ? self->limits.max_puts : self->limits.max_gets))
        return share;
    sl_object_share_free(share);
    sl_limits_reached(&self->limits, is_put ? SL_LIMIT(max_puts) : SL_LIMIT(max_gets), address);
    return NULL;
}

guint
sl_object_share_spend(SlObjectShare *self, gsize bytes, gint64 now_us)
{
    gint64 *free_us = &self->address->free_us[self->way];

    if (self->rate == 0)
        return 0;
    *free_us = MAX(*free_us, now_us) + (gint64)bytes * G_USEC_PER_SEC / self->rate;
    return (guint)((*free_us - now_us) / 1000);
}

void
sl_object_share_free(SlObjectShare *self)
{
    if (self == NULL)
        return;
    self->address->n[self->way]--;
    g_rc_box_release_full(self->address, address_clear);
    g_free(self);
}

guint
sl_object_shares_get_n(SlObjectShares *self)
{
    return g_hash_table_size(self->addresses);
}

SlObjectShares *
sl_object_shares_new(const SlLimits *limits)
{
    SlObjectShares *self = g_new0(SlObjectShares, 1);

    self->limits = *limits;
    self->addresses = g_hash_table_new(g_str_hash, g_str_equal);
    return self;
}

void
sl_object_shares_free(SlObjectShares *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->addresses);
    g_free(self);
}
