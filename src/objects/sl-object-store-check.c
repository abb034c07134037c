#include "sl-object-check.h"
#include "sl-object-error.h"
#include "sl-object-store-private.h"

/* All who open an object while it is checked wait for the same check. */
typedef struct {
    SlObjectStore *store;
    SlObjectEntry *entry;
    GPtrArray *tasks;
    SlObjectCheck check;
} Check;

static void
check_free(gpointer data)
{
    Check *job = data;

    sl_object_check_clear(&job->check);
    g_ptr_array_unref(job->tasks);
    sl_object_entry_unref(job->entry);
    g_object_unref(job->store);
    g_free(job);
}

static gboolean
check_work(gpointer data)
{
    Check *job = data;

    return sl_object_check_step(&job->check);
}

static void
take_file(SlObjectEntry *entry, SlObjectCheck *check)
{
    gboolean same = sl_object_identity_equal(&entry->identity, &check->identity);

    if (entry->data != NULL && same)
        return;
    entry->identity = check->identity;
    g_clear_pointer(&entry->data, sl_object_data_unref);
    entry->data = sl_object_data_new_file(check->fd, &check->identity);
    check->fd = -1;
}

static void
drop_damaged(SlObjectStore *self, SlObjectEntry *entry, SlObjectCheck *check)
{
    if (!entry->gone) {
        sl_log_warning_rated(&self->damage_said,
                             "An object in the cache is damaged, and is dropped: %s: %s",
                             entry->hash, check->error->message);
        self->damaged++;
        sl_object_shelf_remove(self->shelf, entry);
        sl_object_store_discard(self, entry);
    }
    g_clear_error(&check->error);
    sl_object_store_set_unknown(&check->error);
}

static void
check_done(gpointer data)
{
    Check *job = data;
    SlObjectEntry *entry = job->entry;
    SlObjectCheck *check = &job->check;

    entry->check = NULL;
    if (job->store->closed && check->error == NULL)
        sl_object_store_set_stopping(&check->error);
    else if (check->damaged)
        drop_damaged(job->store, entry, check);
    else if (check->error == NULL && entry->gone)
        sl_object_store_set_unknown(&check->error);
    else if (check->sound)
        take_file(entry, check);
    for (guint i = 0; i < job->tasks->len; i++)
        sl_object_store_finish_open(job->store, entry, g_ptr_array_index(job->tasks, i),
                                    check->error);
}

void
sl_object_store_check(SlObjectStore *self, SlObjectEntry *entry, GTask *task)
{
    Check *job = entry->check;

    if (job == NULL) {
        job = g_new0(Check, 1);
        job->store = g_object_ref(self);
        job->entry = sl_object_entry_ref(entry);
        job->tasks = g_ptr_array_new_with_free_func(g_object_unref);
        sl_object_check_init(&job->check, self->folder, entry->hash, entry->size, &entry->identity);
        entry->check = job;
        sl_object_pool_push(self->pool, SL_OBJECT_LANE_BYTES, check_work, check_done, job,
                            check_free);
    }
    g_ptr_array_add(job->tasks, g_object_ref(task));
}
