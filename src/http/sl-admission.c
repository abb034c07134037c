#include "sl-admission.h"

#include "sl-meters.h"

struct _SlAdmissionAddress {
    char *key;
    GQueue waiting; /* of SlPlace */
    guint n_admitted;
};

struct _SlAdmission {
    SlLimits limits;
    GHashTable *addresses; /* of SlAdmissionAddress by its key; those with a place */
    GQueue waiting;        /* of SlPlace, the oldest first */
    guint n_admitted;
};

static void
address_free(gpointer data)
{
    SlAdmissionAddress *address = data;

    g_free(address->key);
    g_free(address);
}

static SlAdmissionAddress *
ensure_address(SlAdmission *self, const char *key)
{
    SlAdmissionAddress *address = g_hash_table_lookup(self->addresses, key);

    if (address == NULL) {
        address = g_new0(SlAdmissionAddress, 1);
        address->key = g_strdup(key);
        g_hash_table_insert(self->addresses, address->key, address);
    }
    return address;
}

static void
tell(SlAdmission *self)
{
    sl_limits_set_now(&self->limits, SL_LIMIT(max_waiting), self->waiting.length);
    sl_limits_set_now(&self->limits, SL_LIMIT(max_connections), self->n_admitted);
}

SlPlace *
sl_admission_make_room(SlAdmission *self, const char *key)
{
    SlAdmissionAddress *address = key != NULL ? g_hash_table_lookup(self->addresses, key) : NULL;
    SlPlace *place = NULL;

    if (address != NULL && address->waiting.length >= self->limits.max_waiting_per_address) {
        place = g_queue_peek_head(&address->waiting);
        sl_limits_reached(&self->limits, SL_LIMIT(max_waiting_per_address), key);
    } else if (self->waiting.length >= self->limits.max_waiting) {
        place = g_queue_peek_head(&self->waiting);
        sl_limits_reached(&self->limits, SL_LIMIT(max_waiting), sl_admission_get_address(place));
    }
    if (place != NULL)
        sl_admission_leave(self, place);
    return place;
}

void
sl_admission_wait(SlAdmission *self, SlPlace *place, const char *key)
{
    g_return_if_fail(place->state == SL_PLACE_NONE);

    place->state = SL_PLACE_WAITING;
    place->address = key != NULL ? ensure_address(self, key) : NULL;
    place->waiting.data = place->waiting_of_address.data = place;
    g_queue_push_tail_link(&self->waiting, &place->waiting);
    if (place->address != NULL)
        g_queue_push_tail_link(&place->address->waiting, &place->waiting_of_address);
    tell(self);
}

static void
stop_waiting(SlAdmission *self, SlPlace *place)
{
    g_queue_unlink(&self->waiting, &place->waiting);
    if (place->address != NULL)
        g_queue_unlink(&place->address->waiting, &place->waiting_of_address);
}

gboolean
sl_admission_admit(SlAdmission *self, SlPlace *place, guint *ret_limit)
{
    g_return_val_if_fail(place->state == SL_PLACE_WAITING, TRUE);

    if (place->address != NULL &&
        place->address->n_admitted >= self->limits.max_connections_per_address)
        *ret_limit = SL_LIMIT(max_connections_per_address);
    else if (self->n_admitted >= self->limits.max_connections)
        *ret_limit = SL_LIMIT(max_connections);
    else {
        stop_waiting(self, place);
        place->state = SL_PLACE_ADMITTED;
        self->n_admitted++;
        if (place->address != NULL)
            place->address->n_admitted++;
        tell(self);
        return TRUE;
    }
    sl_limits_reached(&self->limits, *ret_limit, sl_admission_get_address(place));
    return FALSE;
}

void
sl_admission_leave(SlAdmission *self, SlPlace *place)
{
    SlAdmissionAddress *address = place->address;

    if (place->state == SL_PLACE_NONE)
        return;
    if (place->state == SL_PLACE_WAITING) {
        stop_waiting(self, place);
    } else {
        self->n_admitted--;
        if (address != NULL)
            address->n_admitted--;
    }
    place->state = SL_PLACE_NONE;
    place->address = NULL;
    if (address != NULL && address->n_admitted == 0 && address->waiting.length == 0)
        g_hash_table_remove(self->addresses, address->key);
    tell(self);
}

const char *
sl_admission_get_address(const SlPlace *place)
{
    return place->address != NULL ? place->address->key : NULL;
}

guint
sl_admission_get_n_waiting(SlAdmission *self)
{
    return self->waiting.length;
}

guint
sl_admission_get_n_admitted(SlAdmission *self)
{
    return self->n_admitted;
}

SlAdmission *
sl_admission_new(const SlLimits *limits)
{
    SlAdmission *self = g_new0(SlAdmission, 1);

    self->limits = *limits;
    self->addresses = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, address_free);
    g_queue_init(&self->waiting);
    tell(self);
    return self;
}

void
sl_admission_free(SlAdmission *self)
{
    g_return_if_fail(self->waiting.length == 0);
    g_hash_table_unref(self->addresses);
    g_free(self);
}
