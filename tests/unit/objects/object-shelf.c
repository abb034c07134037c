#include "sl-object-shelf.h"

#include "sl-object-error.h"

#define N_HASHES 40
#define MIB (1024u * 1024u)
#define CACHE_BYTES (2u * MIB)
#define SHARE_BYTES MIB

/*
 * Anything, in any order, beside a list that knows what there should be.
 */
typedef struct {
    SlObjectShelf *shelf;
    SlObjectEntry *entries[N_HASHES]; /* nullable: on the shelf */
    GPtrArray *open;                  /* of SlObjectEntry, one for each time */
    guint64 taken[3];                 /* by address; the last is nobody's */
    gint64 now_us;
    guint n_dropped;
} World;

static const char *const ADDRESSES[] = { "192.0.2.1", "192.0.2.2", NULL };

static void
hash_of(guint i, char hash[SL_OBJECT_HASH_LENGTH + 1])
{
    g_snprintf(hash, SL_OBJECT_HASH_LENGTH + 1, "%064u", i);
}

static gboolean
is_open(World *self, SlObjectEntry *entry)
{
    return g_ptr_array_find(self->open, entry, NULL);
}

static void
on_dropped(SlObjectEntry *entry, gpointer data)
{
    World *self = data;
    guint i = (guint)g_ascii_strtoull(entry->hash, NULL, 10);

    g_assert_true(self->entries[i] == entry);
    g_assert_false(entry->pinned);
    g_assert_false(is_open(self, entry));
    for (guint other = 0; other < N_HASHES; other++) {
        SlObjectEntry *older = self->entries[other];

        /* Whatever was used before it was not to go. */
        if (older != NULL && older->used_us < entry->used_us)
            g_assert_true(older->pinned || is_open(self, older));
    }
    self->entries[i] = NULL;
    self->n_dropped++;
}

static guint64
bytes_of(World *self, const char *address, gboolean all)
{
    g_autoptr(GHashTable) counted = g_hash_table_new(NULL, NULL);
    guint64 bytes = 0;

    for (guint i = 0; i < N_HASHES; i++)
        if (self->entries[i] != NULL && g_hash_table_add(counted, self->entries[i]) &&
            (all || g_strcmp0(self->entries[i]->address, address) == 0))
            bytes += self->entries[i]->size;
    for (guint i = 0; i < self->open->len; i++) {
        SlObjectEntry *entry = g_ptr_array_index(self->open, i);

        if (g_hash_table_add(counted, entry) && (all || g_strcmp0(entry->address, address) == 0))
            bytes += entry->size;
    }
    return bytes;
}

static guint64
idle_of(World *self)
{
    guint64 bytes = 0;

    for (guint i = 0; i < N_HASHES; i++) {
        SlObjectEntry *entry = self->entries[i];

        if (entry != NULL && !entry->pinned && !is_open(self, entry))
            bytes += entry->size;
    }
    return bytes;
}

static guint64
total(World *self)
{
    return bytes_of(self, NULL, TRUE) + self->taken[0] + self->taken[1] + self->taken[2];
}

static void
take(World *self, guint who, guint64 bytes)
{
    g_autoptr(GError) error = NULL;
    guint64 share = bytes_of(self, ADDRESSES[who], FALSE) + self->taken[who];
    gboolean fits = total(self) - idle_of(self) + bytes <= CACHE_BYTES &&
                    (ADDRESSES[who] == NULL || share + bytes <= SHARE_BYTES);

    g_assert_cmpint(sl_object_shelf_take(self->shelf, ADDRESSES[who], bytes, &error), ==, fits);
    if (fits)
        self->taken[who] += bytes;
    else
        g_assert_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_NO_ROOM);
}

static void
finish(World *self, guint who, guint i)
{
    char hash[SL_OBJECT_HASH_LENGTH + 1];
    guint64 size = self->taken[who] > 0 ? (guint64)g_random_int() % self->taken[who] : 0;
    g_autoptr(SlObjectEntry) entry = NULL;

    if (self->entries[i] != NULL)
        return;
    hash_of(i, hash);
    entry = sl_object_entry_new(hash, size, ADDRESSES[who]);
    entry->used_us = entry->stored_us = self->now_us;
    if (sl_object_shelf_add(self->shelf, entry, NULL)) {
        self->taken[who] -= size;
        self->entries[i] = entry;
    }
}

static void
step(World *self)
{
    guint who = g_random_int() % 3, i = g_random_int() % N_HASHES;
    SlObjectEntry *entry = self->entries[i];

    self->now_us++;
    switch (g_random_int() % 8) {
    case 0:
    case 1:
        take(self, who, g_random_int() % (300u * 1024u));
        break;
    case 2:
        finish(self, who, i);
        break;
    case 3:
        if (g_random_int() % 4 == 0) {
            sl_object_shelf_give_back(self->shelf, ADDRESSES[who], self->taken[who]);
            self->taken[who] = 0;
        }
        break;
    case 4:
        if (entry != NULL) {
            sl_object_shelf_open(self->shelf, entry);
            g_ptr_array_add(self->open, sl_object_entry_ref(entry));
        }
        break;
    case 5:
        if (self->open->len > 0) {
            guint which = g_random_int() % self->open->len;

            entry = sl_object_entry_ref(g_ptr_array_index(self->open, which));
            g_ptr_array_remove_index_fast(self->open, which);
            sl_object_shelf_close(self->shelf, entry);
            sl_object_entry_unref(entry);
        }
        break;
    case 6:
        if (entry != NULL) {
            gboolean put = g_random_int() % 2 == 0;
            gint64 stored_us = put ? self->now_us : entry->stored_us;

            sl_object_shelf_use(self->shelf, entry, self->now_us, put);
            g_assert_cmpint(entry->stored_us, ==, stored_us);
        }
        break;
    default:
        if (entry != NULL && g_random_int() % 4 == 0) {
            self->entries[i] = NULL;
            sl_object_shelf_remove(self->shelf, entry);
        } else if (entry != NULL) {
            sl_object_shelf_set_pinned(self->shelf, entry, g_random_int() % 3 == 0);
        }
    }
}

static void
check(World *self)
{
    g_autoptr(GPtrArray) list = sl_object_shelf_list(self->shelf, G_MAXUINT);
    SlObjectEntry *oldest = NULL;
    guint n = 0, n_pinned = 0;

    g_assert_cmpuint(sl_object_shelf_get_bytes(self->shelf), ==, bytes_of(self, NULL, TRUE));
    g_assert_cmpuint(total(self), <=, CACHE_BYTES);
    for (guint i = 0; i < N_HASHES; i++) {
        SlObjectEntry *entry = self->entries[i];
        char hash[SL_OBJECT_HASH_LENGTH + 1];

        hash_of(i, hash);
        g_assert_true(sl_object_shelf_lookup(self->shelf, hash) == entry);
        if (entry == NULL)
            continue;
        n++;
        n_pinned += entry->pinned;
        if (!entry->pinned && (oldest == NULL || entry->stored_us < oldest->stored_us))
            oldest = entry;
    }
    g_assert_true(sl_object_shelf_get_oldest(self->shelf) == oldest);
    g_assert_cmpuint(sl_object_shelf_get_n_objects(self->shelf), ==, n);
    g_assert_cmpuint(sl_object_shelf_get_n_pinned(self->shelf), ==, n_pinned);
    g_assert_cmpuint(n, <=, 20);
    g_assert_cmpuint(list->len, ==, n);
    for (guint i = 1; i < list->len; i++) {
        const SlObjectEntry *before = g_ptr_array_index(list, i - 1);
        const SlObjectEntry *after = g_ptr_array_index(list, i);

        g_assert_cmpint(before->pinned, >=, after->pinned);
        if (before->pinned == after->pinned)
            g_assert_cmpint(before->used_us, >=, after->used_us);
    }
}

static void
test_anything(void)
{
    World world = { .open = g_ptr_array_new_with_free_func((GDestroyNotify)sl_object_entry_unref) };
    SlLimits limits;

    sl_limits_init(&limits);
    limits.cache_mib = 2;
    limits.address_cache_mib = 1;
    limits.max_objects = 20;
    g_random_set_seed((guint32)g_test_rand_int());
    world.shelf = sl_object_shelf_new(&limits, on_dropped, &world);
    for (guint i = 0; i < 50000; i++) {
        step(&world);
        check(&world);
    }
    g_assert_cmpuint(world.n_dropped, >, 100);
    g_ptr_array_unref(world.open);
    sl_object_shelf_free(world.shelf);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/object-shelf/anything", test_anything);
    return g_test_run();
}
