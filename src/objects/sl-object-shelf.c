#include "sl-object-shelf.h"

#include "sl-meters.h"
#include "sl-object-error.h"

#define MIB G_GUINT64_CONSTANT(1048576)

struct _SlObjectShelf {
    SlLimits limits;
    SlObjectDropped dropped;
    gpointer data;

    GHashTable *entries; /* hash (the entry's) → SlObjectEntry */
    GHashTable *shares;  /* address → guint64 *, none of them 0 */
    GQueue by_use;       /* not pinned: what was used longest ago at the head */
    GQueue by_age;       /* not pinned: what was put longest ago at the head */
    GQueue pinned;
    guint64 bytes; /* of objects */
    guint64 taken; /* of uploads */
    guint64 idle;  /* of objects that may go */
};

SlObjectEntry *
sl_object_entry_new(const char *hash, guint64 size, const char *address)
{
    SlObjectEntry *self = g_new0(SlObjectEntry, 1);

    g_ref_count_init(&self->refs);
    g_strlcpy(self->hash, hash, sizeof self->hash);
    self->size = size;
    self->address = address != NULL ? g_ref_string_new_intern(address) : NULL;
    self->by_use.data = self;
    self->by_age.data = self;
    return self;
}

SlObjectEntry *
sl_object_entry_ref(SlObjectEntry *self)
{
    g_ref_count_inc(&self->refs);
    return self;
}

void
sl_object_entry_unref(SlObjectEntry *self)
{
    if (!g_ref_count_dec(&self->refs))
        return;
    g_clear_pointer(&self->data, sl_object_data_unref);
    g_clear_pointer(&self->address, g_ref_string_release);
    g_free(self);
}

SlObjectShelf *
sl_object_shelf_new(const SlLimits *limits, SlObjectDropped dropped, gpointer data)
{
    SlObjectShelf *self = g_new0(SlObjectShelf, 1);

    self->limits = *limits;
    self->dropped = dropped;
    self->data = data;
    self->entries =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)sl_object_entry_unref);
    self->shares = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return self;
}

void
sl_object_shelf_free(SlObjectShelf *self)
{
    g_hash_table_unref(self->entries);
    g_hash_table_unref(self->shares);
    g_free(self);
}

SlObjectEntry *
sl_object_shelf_lookup(SlObjectShelf *self, const char *hash)
{
    return g_hash_table_lookup(self->entries, hash);
}

static void
tell_meters(SlObjectShelf *self)
{
    sl_limits_set_now(&self->limits, SL_LIMIT(cache_mib),
                      (guint)((self->bytes + self->taken + MIB - 1) / MIB));
    sl_limits_set_now(&self->limits, SL_LIMIT(max_objects), g_hash_table_size(self->entries));
}

/* From the tail, where what was used or put just now belongs. */
static void
insert_by_use(GQueue *queue, SlObjectEntry *entry)
{
    GList *after = queue->tail;

    while (after != NULL && ((SlObjectEntry *)after->data)->used_us > entry->used_us)
        after = after->prev;
    if (after != NULL)
        g_queue_insert_after_link(queue, after, &entry->by_use);
    else
        g_queue_push_head_link(queue, &entry->by_use);
}

static void
insert_by_age(GQueue *queue, SlObjectEntry *entry)
{
    GList *after = queue->tail;

    while (after != NULL && ((SlObjectEntry *)after->data)->stored_us > entry->stored_us)
        after = after->prev;
    if (after != NULL)
        g_queue_insert_after_link(queue, after, &entry->by_age);
    else
        g_queue_push_head_link(queue, &entry->by_age);
}

static gboolean
is_idle(const SlObjectEntry *entry)
{
    return !entry->pinned && entry->n_open == 0 && !entry->gone;
}

static void
shelve(SlObjectShelf *self, SlObjectEntry *entry)
{
    insert_by_use(entry->pinned ? &self->pinned : &self->by_use, entry);
    if (!entry->pinned)
        insert_by_age(&self->by_age, entry);
    if (is_idle(entry))
        self->idle += entry->size;
}

static void
unshelve(SlObjectShelf *self, SlObjectEntry *entry)
{
    if (is_idle(entry))
        self->idle -= entry->size;
    g_queue_unlink(entry->pinned ? &self->pinned : &self->by_use, &entry->by_use);
    if (!entry->pinned)
        g_queue_unlink(&self->by_age, &entry->by_age);
}

static guint64
get_share(SlObjectShelf *self, const char *address)
{
    guint64 *share = address != NULL ? g_hash_table_lookup(self->shares, address) : NULL;

    return share != NULL ? *share : 0;
}

static void
add_share(SlObjectShelf *self, const char *address, guint64 bytes)
{
    guint64 *share;

    if (address == NULL || bytes == 0)
        return;
    share = g_hash_table_lookup(self->shares, address);
    if (share == NULL) {
        share = g_new0(guint64, 1);
        g_hash_table_insert(self->shares, g_strdup(address), share);
    }
    *share += bytes;
}

static void
subtract_share(SlObjectShelf *self, const char *address, guint64 bytes)
{
    guint64 *share;

    if (address == NULL || bytes == 0)
        return;
    share = g_hash_table_lookup(self->shares, address);
    *share -= bytes;
    if (*share == 0)
        g_hash_table_remove(self->shares, address);
}

static void
free_room(SlObjectShelf *self, SlObjectEntry *entry)
{
    self->bytes -= entry->size;
    subtract_share(self, entry->address, entry->size);
}

/* What may go and was used longest ago, until @bytes and @objects fit. */
static void
drop_for(SlObjectShelf *self, guint64 bytes, guint objects)
{
    GList *link = self->by_use.head;

    while (link != NULL &&
           (self->bytes + self->taken + bytes > self->limits.cache_mib * MIB ||
            g_hash_table_size(self->entries) + objects > self->limits.max_objects)) {
        SlObjectEntry *entry = link->data;

        link = link->next;
        if (!is_idle(entry))
            continue;
        sl_object_entry_ref(entry);
        sl_object_shelf_remove(self, entry);
        self->dropped(entry, self->data);
        sl_object_entry_unref(entry);
    }
}

gboolean
sl_object_shelf_fits(SlObjectShelf *self, guint64 bytes)
{
    return self->bytes + self->taken - self->idle + bytes <= self->limits.cache_mib * MIB;
}

gboolean
sl_object_shelf_check_room(SlObjectShelf *self, const char *address, guint64 bytes, guint64 spare,
                           GError **error)
{
    guint64 stays = self->bytes + self->taken - self->idle - spare;

    if (stays + bytes > self->limits.cache_mib * MIB) {
        sl_limits_reached(&self->limits, SL_LIMIT(cache_mib), address);
        g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_NO_ROOM,
                    "There is no room: the cache has %u MiB, and of those %" G_GUINT64_FORMAT
                    " hold what is pinned, in use or just being sent",
                    self->limits.cache_mib, stays / MIB);
        return FALSE;
    }
    if (address != NULL && self->limits.address_cache_mib > 0 &&
        get_share(self, address) + bytes > self->limits.address_cache_mib * MIB) {
        sl_limits_reached(&self->limits, SL_LIMIT(address_cache_mib), address);
        g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_NO_ROOM,
                    "What came from your address fills its share of the cache, %u MiB",
                    self->limits.address_cache_mib);
        return FALSE;
    }
    return TRUE;
}

gboolean
sl_object_shelf_take(SlObjectShelf *self, const char *address, guint64 bytes, GError **error)
{
    if (!sl_object_shelf_check_room(self, address, bytes, 0, error))
        return FALSE;
    drop_for(self, bytes, 0);
    self->taken += bytes;
    add_share(self, address, bytes);
    tell_meters(self);
    return TRUE;
}

void
sl_object_shelf_give_back(SlObjectShelf *self, const char *address, guint64 bytes)
{
    self->taken -= bytes;
    subtract_share(self, address, bytes);
    tell_meters(self);
}

/* It is the newest, or its place is found by trim(): one by one that would take too long for many.
 */
void
sl_object_shelf_adopt(SlObjectShelf *self, SlObjectEntry *entry)
{
    g_hash_table_replace(self->entries, entry->hash, sl_object_entry_ref(entry));
    self->bytes += entry->size;
    add_share(self, entry->address, entry->size);
    g_queue_push_tail_link(entry->pinned ? &self->pinned : &self->by_use, &entry->by_use);
    if (!entry->pinned)
        g_queue_push_tail_link(&self->by_age, &entry->by_age);
    if (is_idle(entry))
        self->idle += entry->size;
    tell_meters(self);
}

static int
compare_use(gconstpointer a, gconstpointer b, gpointer data)
{
    const SlObjectEntry *first = a, *second = b;

    return (first->used_us > second->used_us) - (first->used_us < second->used_us);
}

static int
compare_age(gconstpointer a, gconstpointer b, gpointer data)
{
    const SlObjectEntry *first = a, *second = b;

    return (first->stored_us > second->stored_us) - (first->stored_us < second->stored_us);
}

void
sl_object_shelf_trim(SlObjectShelf *self)
{
    g_queue_sort(&self->by_use, compare_use, NULL);
    g_queue_sort(&self->pinned, compare_use, NULL);
    g_queue_sort(&self->by_age, compare_age, NULL);
    drop_for(self, 0, 0);
    tell_meters(self);
}

gboolean
sl_object_shelf_add(SlObjectShelf *self, SlObjectEntry *entry, GError **error)
{
    if (g_hash_table_size(self->entries) >= self->limits.max_objects) {
        sl_limits_reached(&self->limits, SL_LIMIT(max_objects), entry->address);
        drop_for(self, 0, 1);
    }
    if (g_hash_table_size(self->entries) >= self->limits.max_objects) {
        g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_NO_ROOM,
                    "There is no room: the cache has %u objects, all of them pinned or in use",
                    self->limits.max_objects);
        return FALSE;
    }
    sl_object_shelf_give_back(self, entry->address, entry->size);
    sl_object_shelf_adopt(self, entry);
    return TRUE;
}

void
sl_object_shelf_remove(SlObjectShelf *self, SlObjectEntry *entry)
{
    g_return_if_fail(!entry->gone);

    sl_object_entry_ref(entry);
    unshelve(self, entry);
    entry->gone = TRUE;
    g_hash_table_remove(self->entries, entry->hash);
    if (entry->n_open == 0)
        free_room(self, entry);
    tell_meters(self);
    sl_object_entry_unref(entry);
}

void
sl_object_shelf_open(SlObjectShelf *self, SlObjectEntry *entry)
{
    if (is_idle(entry))
        self->idle -= entry->size;
    entry->n_open++;
}

void
sl_object_shelf_close(SlObjectShelf *self, SlObjectEntry *entry)
{
    g_return_if_fail(entry->n_open > 0);

    entry->n_open--;
    if (is_idle(entry))
        self->idle += entry->size;
    if (entry->n_open == 0 && entry->gone) {
        free_room(self, entry);
        tell_meters(self);
    }
}

void
sl_object_shelf_set_pinned(SlObjectShelf *self, SlObjectEntry *entry, gboolean pinned)
{
    if (entry->pinned == pinned)
        return;
    unshelve(self, entry);
    entry->pinned = pinned;
    shelve(self, entry);
}

void
sl_object_shelf_use(SlObjectShelf *self, SlObjectEntry *entry, gint64 now_us, gboolean put)
{
    unshelve(self, entry);
    entry->used_us = now_us;
    if (put)
        entry->stored_us = now_us;
    shelve(self, entry);
}

SlObjectEntry *
sl_object_shelf_get_oldest(SlObjectShelf *self)
{
    return g_queue_peek_head(&self->by_age);
}

GPtrArray *
sl_object_shelf_list(SlObjectShelf *self, guint max)
{
    GPtrArray *list = g_ptr_array_new();

    for (GList *link = self->pinned.tail; link != NULL && list->len < max; link = link->prev)
        g_ptr_array_add(list, link->data);
    for (GList *link = self->by_use.tail; link != NULL && list->len < max; link = link->prev)
        g_ptr_array_add(list, link->data);
    return list;
}

guint
sl_object_shelf_get_n_objects(const SlObjectShelf *self)
{
    return g_hash_table_size(self->entries);
}

guint
sl_object_shelf_get_n_pinned(const SlObjectShelf *self)
{
    return self->pinned.length;
}

guint64
sl_object_shelf_get_bytes(const SlObjectShelf *self)
{
    return self->bytes;
}

guint64
sl_object_shelf_get_taken(const SlObjectShelf *self)
{
    return self->taken;
}
