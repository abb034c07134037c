#include "sl-object-store-private.h"

/* How old what is written of an object's last use may be. */
#define NOTE_US (60 * G_USEC_PER_SEC)

/* A change of what the folder says of an object. */
typedef struct {
    SlObjectStore *store;
    char hash[SL_OBJECT_HASH_LENGTH + 1];
    SlObjectNote note;
} Change;

static void
change_free(gpointer data)
{
    Change *change = data;

    g_object_unref(change->store);
    g_free(change);
}

static gboolean
discard_work(gpointer data)
{
    Change *change = data;

    sl_object_folder_remove(change->store->folder, change->hash);
    return FALSE;
}

static gboolean
note_work(gpointer data)
{
    Change *change = data;

    sl_object_folder_write_note(change->store->folder, change->hash, &change->note, TRUE);
    return FALSE;
}

static Change *
change_new(SlObjectStore *self, const char *hash)
{
    Change *change = g_new0(Change, 1);

    change->store = g_object_ref(self);
    g_strlcpy(change->hash, hash, sizeof change->hash);
    return change;
}

void
sl_object_store_discard(SlObjectStore *self, SlObjectEntry *entry)
{
    if (entry->n_open == 0)
        sl_object_store_release(self, g_steal_pointer(&entry->data));
    if (self->folder != NULL)
        sl_object_pool_push(self->pool, SL_OBJECT_LANE_NAMES, discard_work, NULL,
                            change_new(self, entry->hash), change_free);
}

static SlObjectNote
note_of(const SlObjectEntry *entry)
{
    gint64 passed_us = g_get_real_time() - g_get_monotonic_time();

    return (SlObjectNote){ .stored_ms = (entry->stored_us + passed_us) / 1000,
                           .used_ms = (entry->used_us + passed_us) / 1000,
                           .pinned = entry->pinned };
}

void
sl_object_store_note(SlObjectStore *self, SlObjectEntry *entry, gboolean now)
{
    gint64 now_us = g_get_monotonic_time();
    Change *change;

    if (self->folder == NULL || entry->gone || (!now && now_us - entry->noted_us < NOTE_US))
        return;
    entry->noted_us = now_us;
    change = change_new(self, entry->hash);
    change->note = note_of(entry);
    sl_object_pool_push(self->pool, SL_OBJECT_LANE_NAMES, note_work, NULL, change, change_free);
}

void
sl_object_store_close_folder(SlObjectStore *self)
{
    g_autoptr(GPtrArray) entries = NULL;

    if (self->folder == NULL)
        return;
    entries = sl_object_shelf_list(self->shelf, G_MAXUINT);
    for (guint i = 0; i < entries->len; i++) {
        const SlObjectEntry *entry = g_ptr_array_index(entries, i);
        SlObjectNote note = note_of(entry);

        if (entry->used_us > entry->noted_us)
            sl_object_folder_write_note(self->folder, entry->hash, &note, FALSE);
    }
    g_clear_pointer(&self->folder, sl_object_folder_close);
}

static void
on_found(const char *hash, guint64 size, const SlObjectNote *note, gpointer data)
{
    SlObjectStore *self = data;
    gint64 now_us = g_get_monotonic_time(), now_ms = g_get_real_time() / 1000;
    g_autoptr(SlObjectEntry) entry = sl_object_entry_new(hash, size, NULL);

    /* What comes from the future is new: a machine without a clock begins in the past. */
    entry->stored_us = now_us - MAX(0, now_ms - note->stored_ms) * 1000;
    entry->used_us = now_us - MAX(0, now_ms - note->used_ms) * 1000;
    entry->noted_us = now_us;
    entry->pinned = note->pinned;
    sl_object_shelf_adopt(self->shelf, entry);
}

gboolean
sl_object_store_open_folder(SlObjectStore *self, const char *path, GError **error)
{
    g_autoptr(GPtrArray) entries = NULL;
    SlObjectEntry *oldest;

    self->folder = sl_object_folder_open(path, error);
    if (self->folder == NULL || !sl_object_folder_scan(self->folder, on_found, self, error))
        return FALSE;
    sl_object_shelf_trim(self->shelf);
    oldest = sl_object_shelf_get_oldest(self->shelf);
    if (oldest != NULL)
        sl_object_store_schedule_object(self, oldest->stored_us);
    return TRUE;
}
