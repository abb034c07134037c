#include "sl-object-store.h"

#include <string.h>

#include "sl-census.h"
#include "sl-context.h"
#include "sl-meters.h"
#include "sl-object-error.h"
#include "sl-object-store-private.h"

#define MIB G_GUINT64_CONSTANT(1048576)
#define MAX_PARTIALS 64

G_DEFINE_FINAL_TYPE(SlObjectStore, sl_object_store, G_TYPE_OBJECT)

void
sl_object_store_set_stopping(GError **error)
{
    g_set_error_literal(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_FAILED, "The server is stopping");
}

void
sl_object_store_set_unknown(GError **error)
{
    g_set_error_literal(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_UNKNOWN_OBJECT,
                        "There is no such object, or no longer");
}

static void
on_dropped(SlObjectEntry *entry, gpointer data)
{
    SlObjectStore *self = data;

    self->dropped++;
    sl_object_store_discard(self, entry);
}

typedef struct {
    SlObjectData *data;
} Release;

static gboolean
release_work(gpointer data)
{
    Release *job = data;

    g_clear_pointer(&job->data, sl_object_data_unref);
    return FALSE;
}

static void
release_free(gpointer data)
{
    release_work(data);
    g_free(data);
}

void
sl_object_store_release(SlObjectStore *self, SlObjectData *data)
{
    Release *job;

    if (data == NULL)
        return;
    job = g_new0(Release, 1);
    job->data = data;
    sl_object_pool_push(self->pool, SL_OBJECT_LANE_BYTES, release_work, NULL, job, release_free);
}

SlObjectStore *
sl_object_store_new(GMainContext *context, const SlLimits *limits, const char *folder,
                    GError **error)
{
    g_autoptr(SlObjectStore) self = g_object_new(SL_TYPE_OBJECT_STORE, NULL);

    self->context = g_main_context_ref(context);
    self->limits = *limits;
    self->pool = sl_object_pool_new(context);
    self->shelf = sl_object_shelf_new(limits, on_dropped, self);
    if (folder != NULL && !sl_object_store_open_folder(self, folder, error))
        return NULL;
    return g_steal_pointer(&self);
}

void
sl_object_store_close(SlObjectStore *self)
{
    g_autoptr(GError) error = NULL;

    if (self->closed)
        return;
    self->closed = TRUE;
    sl_clear_source(&self->timer);
    sl_object_store_set_stopping(&error);
    while (self->partials->len > 0)
        sl_object_partial_end(g_ptr_array_index(self->partials, 0), error);
    sl_object_pool_close(self->pool);
    sl_object_store_close_folder(self);
}

guint64
sl_object_store_get_max_object_bytes(SlObjectStore *self)
{
    return MIN(self->limits.max_object_mib, self->limits.cache_mib) * MIB;
}

/* Of one who was let in by sl_object_shelf_open(). */
static SlObject *
hand_out(SlObjectStore *self, SlObjectEntry *entry, SlObjectUse use)
{
    switch (use) {
    case SL_OBJECT_USE_GET:
        self->hits++;
        entry->n_gets++;
        sl_object_shelf_use(self->shelf, entry, g_get_monotonic_time(), FALSE);
        sl_object_store_note(self, entry, FALSE);
        break;
    case SL_OBJECT_USE_PUT:
        self->already_bytes += entry->size;
        sl_object_shelf_use(self->shelf, entry, g_get_monotonic_time(), TRUE);
        /* It costs whoever puts it again nothing, and a note waits for the disk. */
        sl_object_store_note(self, entry, FALSE);
        break;
    case SL_OBJECT_USE_LOOK:
        break;
    }
    return sl_object_new(self, entry);
}

static SlObjectUse
use_of(GTask *task)
{
    return (SlObjectUse)GPOINTER_TO_INT(g_task_get_task_data(task));
}

void
sl_object_store_finish_open(SlObjectStore *self, SlObjectEntry *entry, GTask *task,
                            const GError *error)
{
    if (error == NULL) {
        g_task_return_pointer(task, hand_out(self, entry, use_of(task)), g_object_unref);
        return;
    }
    sl_object_shelf_close(self->shelf, entry);
    if (use_of(task) == SL_OBJECT_USE_GET)
        self->misses++;
    g_task_return_error(task, g_error_copy(error));
}

void
sl_object_store_open_async(SlObjectStore *self, const char *hash, SlObjectUse use,
                           GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, data);
    SlObjectEntry *entry = sl_object_shelf_lookup(self->shelf, hash);
    GError *error = NULL;

    g_task_set_source_tag(task, sl_object_store_open_async);
    g_task_set_task_data(task, GINT_TO_POINTER(use), NULL);
    if (self->closed || entry == NULL) {
        if (self->closed)
            sl_object_store_set_stopping(&error);
        else
            sl_object_store_set_unknown(&error);
        if (use == SL_OBJECT_USE_GET)
            self->misses++;
        g_task_return_error(task, error);
        return;
    }
    sl_object_shelf_open(self->shelf, entry);
    if (self->folder == NULL)
        sl_object_store_finish_open(self, entry, task, NULL);
    else
        sl_object_store_check(self, entry, task);
}

SlObject *
sl_object_store_open_finish(SlObjectStore *self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

static void
on_already_open(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(SlObjectWriter) writer = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(SlObject) object =
        sl_object_store_open_finish(SL_OBJECT_STORE(source), result, &error);

    if (g_error_matches(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_UNKNOWN_OBJECT))
        error->code = SL_OBJECT_ERROR_FAILED;
    sl_object_writer_end(writer, error);
}

static void
set_other_size(GError **error, guint64 size)
{
    g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_HASH_MISMATCH,
                "What has this hash has %" G_GUINT64_FORMAT " bytes", size);
}

static SlObjectWriter *
begin_already(SlObjectStore *self, SlObjectEntry *entry, guint64 size, GError **error)
{
    SlObjectWriter *writer;

    if (entry->size != size) {
        set_other_size(error, entry->size);
        return NULL;
    }
    writer = sl_object_writer_new(self, size);
    sl_object_writer_follow(writer, NULL, size);
    sl_object_store_open_async(self, entry->hash, SL_OBJECT_USE_PUT, NULL, on_already_open,
                               g_object_ref(writer));
    return writer;
}

/* One that goes on, or is about to be an object whoever sent it. */
static SlObjectPartial *
find_partial(SlObjectStore *self, const char *hash, guint64 size, const char *key)
{
    SlObjectPartial *found = NULL;

    for (guint i = 0; i < self->partials->len; i++) {
        SlObjectPartial *partial = g_ptr_array_index(self->partials, i);

        if (sl_object_partial_is_storing(partial) &&
            strcmp(sl_object_partial_get_hash(partial), hash) == 0)
            return partial;
        if (sl_object_partial_is_of(partial, hash, size, key))
            found = partial;
    }
    return found;
}

static guint64
count_left_bytes(SlObjectStore *self)
{
    guint64 bytes = 0;

    for (guint i = 0; i < self->partials->len; i++) {
        SlObjectPartial *partial = g_ptr_array_index(self->partials, i);

        if (sl_object_partial_is_left(partial))
            bytes += sl_object_partial_get_bytes(partial);
    }
    return bytes;
}

gboolean
sl_object_store_drop_left(SlObjectStore *self)
{
    SlObjectPartial *oldest = NULL;

    for (guint i = 0; i < self->partials->len; i++) {
        SlObjectPartial *partial = g_ptr_array_index(self->partials, i);

        if (sl_object_partial_is_left(partial) &&
            (oldest == NULL ||
             sl_object_partial_get_touched_us(partial) < sl_object_partial_get_touched_us(oldest)))
            oldest = partial;
    }
    if (oldest == NULL)
        return FALSE;
    sl_object_partial_end(oldest, NULL);
    return TRUE;
}

static gboolean
make_place(SlObjectStore *self, GError **error)
{
    if (self->partials->len < MAX_PARTIALS || sl_object_store_drop_left(self))
        return TRUE;
    g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_TOO_MANY,
                "%u uploads go on, which is as many as this server admits", MAX_PARTIALS);
    return FALSE;
}

static SlObjectPartial *
make_partial(SlObjectStore *self, const char *hash, guint64 size, const char *key,
             const char *address, GError **error)
{
    SlObjectPartial *partial;

    if (!sl_object_shelf_check_room(self->shelf, address, size, count_left_bytes(self), error) ||
        !make_place(self, error))
        return NULL;
    partial = sl_object_partial_new(self, hash, size, key, address);
    g_ptr_array_add(self->partials, partial);
    sl_object_store_schedule(self, g_get_monotonic_time() +
                                       SL_OBJECT_SECONDS_US(self->limits.partial_seconds));
    return partial;
}

static gboolean
check_size(SlObjectStore *self, guint64 size, const char *address, GError **error)
{
    guint64 max = sl_object_store_get_max_object_bytes(self);

    if (size <= max)
        return TRUE;
    sl_limits_reached(&self->limits, SL_LIMIT(max_object_mib), address);
    g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_TOO_LARGE,
                "An object may have %" G_GUINT64_FORMAT " MiB", max / MIB);
    return FALSE;
}

SlObjectWriter *
sl_object_store_begin(SlObjectStore *self, const char *hash, guint64 size, const char *key,
                      const char *address, GError **error)
{
    SlObjectEntry *entry;
    SlObjectPartial *partial;
    SlObjectWriter *writer;

    g_return_val_if_fail(sl_object_hash_is_valid(hash), NULL);

    if (self->closed) {
        sl_object_store_set_stopping(error);
        return NULL;
    }
    if (!check_size(self, size, address, error))
        return NULL;
    entry = sl_object_shelf_lookup(self->shelf, hash);
    if (entry != NULL)
        return begin_already(self, entry, size, error);
    partial = find_partial(self, hash, size, key);
    if (partial == NULL)
        partial = make_partial(self, hash, size, key, address, error);
    if (partial == NULL)
        return NULL;
    if (sl_object_partial_get_size(partial) != size) {
        set_other_size(error, sl_object_partial_get_size(partial));
        return NULL;
    }
    writer = sl_object_writer_new(self, size);
    sl_object_partial_attach(partial, writer);
    return writer;
}

gboolean
sl_object_store_set_pinned(SlObjectStore *self, const char *hash, gboolean pinned, GError **error)
{
    SlObjectEntry *entry = sl_object_shelf_lookup(self->shelf, hash);

    if (entry == NULL) {
        sl_object_store_set_unknown(error);
        return FALSE;
    }
    sl_object_shelf_set_pinned(self->shelf, entry, pinned);
    sl_object_store_note(self, entry, TRUE);
    if (!pinned)
        sl_object_store_schedule_object(self, entry->stored_us);
    return TRUE;
}

gboolean
sl_object_store_remove(SlObjectStore *self, const char *hash, GError **error)
{
    g_autoptr(SlObjectEntry) entry = NULL;

    if (sl_object_shelf_lookup(self->shelf, hash) == NULL) {
        sl_object_store_set_unknown(error);
        return FALSE;
    }
    entry = sl_object_entry_ref(sl_object_shelf_lookup(self->shelf, hash));
    sl_object_shelf_remove(self->shelf, entry);
    sl_object_store_discard(self, entry);
    return TRUE;
}

void
sl_object_store_count_served(SlObjectStore *self, guint64 bytes)
{
    self->served_bytes += bytes;
}

SlObjectFigures
sl_object_store_get_figures(SlObjectStore *self)
{
    guint64 again = self->served_bytes - MIN(self->served_bytes, self->received_bytes);

    return (SlObjectFigures){
        .objects = sl_object_shelf_get_n_objects(self->shelf),
        .pinned = sl_object_shelf_get_n_pinned(self->shelf),
        .partials = self->partials->len,
        .bytes = sl_object_shelf_get_bytes(self->shelf),
        .partial_bytes = sl_object_shelf_get_taken(self->shelf),
        .hits = self->hits,
        .misses = self->misses,
        .received_bytes = self->received_bytes,
        .served_bytes = self->served_bytes,
        .saved_bytes = self->already_bytes + again,
        .dropped = self->dropped,
        .damaged = self->damaged,
    };
}

GPtrArray *
sl_object_store_list(SlObjectStore *self, guint max)
{
    g_autoptr(GPtrArray) entries = sl_object_shelf_list(self->shelf, max);
    gint64 passed_us = g_get_real_time() - g_get_monotonic_time();
    GPtrArray *infos = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < entries->len; i++) {
        const SlObjectEntry *entry = g_ptr_array_index(entries, i);
        SlObjectInfo *info = g_new0(SlObjectInfo, 1);

        g_strlcpy(info->hash, entry->hash, sizeof info->hash);
        info->pinned = entry->pinned;
        info->size = entry->size;
        info->stored_ms = (entry->stored_us + passed_us) / 1000;
        info->used_ms = (entry->used_us + passed_us) / 1000;
        info->n_gets = entry->n_gets;
        g_ptr_array_add(infos, info);
    }
    return infos;
}

static void
sl_object_store_dispose(GObject *object)
{
    sl_object_store_close(SL_OBJECT_STORE(object));
    G_OBJECT_CLASS(sl_object_store_parent_class)->dispose(object);
}

static void
sl_object_store_finalize(GObject *object)
{
    SlObjectStore *self = SL_OBJECT_STORE(object);

    sl_object_pool_free(self->pool);
    sl_object_shelf_free(self->shelf);
    g_ptr_array_unref(self->partials);
    g_main_context_unref(self->context);
    G_OBJECT_CLASS(sl_object_store_parent_class)->finalize(object);
}

static void
sl_object_store_class_init(SlObjectStoreClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_object_store_dispose;
    object_class->finalize = sl_object_store_finalize;
}

static void
sl_object_store_init(SlObjectStore *self)
{
    sl_census_add_object(self);
    self->partials = g_ptr_array_new_with_free_func((GDestroyNotify)sl_object_partial_unref);
}
