#include "sl-object.h"

#include "sl-census.h"
#include "sl-object-error.h"
#include "sl-object-store-private.h"

#define MAX_READ_BYTES (1024u * 1024u)

struct _SlObject {
    GObject parent_instance;

    SlObjectStore *store;
    SlObjectEntry *entry;
    SlObjectData *data;
};

G_DEFINE_FINAL_TYPE(SlObject, sl_object, G_TYPE_OBJECT)

typedef struct {
    GTask *task;
    SlObjectData *data;
    guint64 offset;
    gsize n;
    GBytes *bytes;
    GError *error;
} Read;

SlObject *
sl_object_new(SlObjectStore *store, SlObjectEntry *entry)
{
    SlObject *self = g_object_new(SL_TYPE_OBJECT, NULL);

    self->store = g_object_ref(store);
    self->entry = sl_object_entry_ref(entry);
    self->data = sl_object_data_ref(entry->data);
    return self;
}

const char *
sl_object_get_hash(SlObject *self)
{
    return self->entry->hash;
}

guint64
sl_object_get_size(SlObject *self)
{
    return self->entry->size;
}

static void
read_free(gpointer data)
{
    Read *job = data;

    g_object_unref(job->task);
    sl_object_data_unref(job->data);
    g_clear_pointer(&job->bytes, g_bytes_unref);
    g_clear_error(&job->error);
    g_free(job);
}

static gboolean
read_work(gpointer data)
{
    Read *job = data;

    if (!g_cancellable_is_cancelled(g_task_get_cancellable(job->task)))
        job->bytes = sl_object_data_read(job->data, job->offset, job->n, &job->error);
    return FALSE;
}

static void
read_done(gpointer data)
{
    Read *job = data;
    SlObject *self = g_task_get_source_object(job->task);

    if (job->bytes != NULL) {
        g_task_return_pointer(job->task, g_steal_pointer(&job->bytes),
                              (GDestroyNotify)g_bytes_unref);
        return;
    }
    if (job->error != NULL) /* Whoever opens it next has it checked again. */
        self->entry->identity = (SlObjectIdentity){ 0 };
    if (g_task_return_error_if_cancelled(job->task))
        return;
    if (job->error == NULL)
        sl_object_store_set_stopping(&job->error);
    g_task_return_error(job->task, g_steal_pointer(&job->error));
}

static void
read_file(SlObject *self, GTask *task, guint64 offset, gsize n)
{
    Read *job = g_new0(Read, 1);

    job->task = g_object_ref(task);
    job->data = sl_object_data_ref(self->data);
    job->offset = offset;
    job->n = n;
    sl_object_pool_push(self->store->pool, SL_OBJECT_LANE_BYTES, read_work, read_done, job,
                        read_free);
}

void
sl_object_read_async(SlObject *self, guint64 offset, gsize max, GCancellable *cancellable,
                     GAsyncReadyCallback callback, gpointer data)
{
    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, data);
    gsize n = MIN(max, MAX_READ_BYTES);
    GError *error = NULL;

    g_task_set_source_tag(task, sl_object_read_async);
    if (offset >= self->entry->size || n == 0) {
        g_task_return_new_error(task, SL_OBJECT_ERROR, SL_OBJECT_ERROR_BAD_OFFSET,
                                "The object has %" G_GUINT64_FORMAT " bytes", self->entry->size);
        return;
    }
    if (self->store->closed) {
        sl_object_store_set_stopping(&error);
        g_task_return_error(task, error);
        return;
    }
    n = (gsize)MIN(n, self->entry->size - offset);
    if (sl_object_data_get_fd(self->data) >= 0)
        read_file(self, task, offset, n);
    else
        g_task_return_pointer(task, sl_object_data_read(self->data, offset, n, NULL),
                              (GDestroyNotify)g_bytes_unref);
}

GBytes *
sl_object_read_finish(SlObject *self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

static void
sl_object_dispose(GObject *object)
{
    SlObject *self = SL_OBJECT(object);

    if (self->entry != NULL) {
        sl_object_store_release(self->store, g_steal_pointer(&self->data));
        sl_object_shelf_close(self->store->shelf, self->entry);
        /* A descriptor is only for who reads. */
        if (self->entry->n_open == 0 && (self->store->folder != NULL || self->entry->gone))
            sl_object_store_release(self->store, g_steal_pointer(&self->entry->data));
    }
    g_clear_pointer(&self->entry, sl_object_entry_unref);
    g_clear_object(&self->store);
    G_OBJECT_CLASS(sl_object_parent_class)->dispose(object);
}

static void
sl_object_class_init(SlObjectClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = sl_object_dispose;
}

static void
sl_object_init(SlObject *self)
{
    sl_census_add_object(self);
}
