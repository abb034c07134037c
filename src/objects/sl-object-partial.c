#include "sl-object-partial.h"

#include <string.h>

#include "sl-object-backlog.h"
#include "sl-object-error.h"
#include "sl-object-hasher.h"
#include "sl-object-store-private.h"

/* What one job writes and hashes: then it is others' turn. */
#define MAX_BATCH_BYTES (1024u * 1024u)
/* What may wait for it when somebody takes over: who appends has a window, and who comes again
 * before that is taken has another one. */
#define MAX_WAITING_BYTES (2 * MAX_BATCH_BYTES)

struct _SlObjectPartial {
    grefcount refs;
    SlObjectStore *store; /* borrowed: alive as long as it has this, and jobs hold it */
    char hash[SL_OBJECT_HASH_LENGTH + 1];
    guint64 size;
    char *key;
    char *address;  /* nullable */
    guint64 number; /* its file's name */

    GPtrArray *writers; /* borrowed: one; more that only wait when it is storing */
    SlObjectBacklog pending;
    guint64 appended; /* room is taken for so much */
    guint64 taken;
    gint64 touched_us;
    gboolean storing;
    gboolean gone; /* from the store */

    gboolean busy; /* a job has what follows */
    SlObjectData *data;
    SlObjectHasher *hasher;
    SlObjectIdentity identity;
};

typedef struct {
    SlObjectStore *store;
    SlObjectPartial *partial;
    GPtrArray *batch; /* of GBytes */
    guint64 offset;   /* of the first of them; at the end: after the last */
    gboolean ran;
    GError *error;
} Job;

typedef struct {
    SlObjectStore *store;
    guint64 number;
} Forget;

static void run(SlObjectPartial *self);

static void
job_free(gpointer data)
{
    Job *job = data;

    g_ptr_array_unref(job->batch);
    g_clear_error(&job->error);
    sl_object_partial_unref(job->partial);
    g_object_unref(job->store);
    g_free(job);
}

static Job *
job_new(SlObjectPartial *self)
{
    Job *job = g_new0(Job, 1);

    job->store = g_object_ref(self->store);
    job->partial = sl_object_partial_ref(self);
    job->batch = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    return job;
}

SlObjectPartial *
sl_object_partial_new(SlObjectStore *store, const char *hash, guint64 size, const char *key,
                      const char *address)
{
    SlObjectPartial *self = g_new0(SlObjectPartial, 1);

    g_ref_count_init(&self->refs);
    self->store = store;
    g_strlcpy(self->hash, hash, sizeof self->hash);
    self->size = size;
    self->key = g_strdup(key);
    self->address = g_strdup(address);
    self->number = ++store->last_partial;
    self->writers = g_ptr_array_new();
    self->hasher = sl_object_hasher_new();
    return self;
}

SlObjectPartial *
sl_object_partial_ref(SlObjectPartial *self)
{
    g_ref_count_inc(&self->refs);
    return self;
}

static gboolean
forget_work(gpointer data)
{
    Forget *job = data;

    sl_object_folder_forget(job->store->folder, job->number);
    return FALSE;
}

static void
forget_free(gpointer data)
{
    Forget *job = data;

    g_object_unref(job->store);
    g_free(job);
}

/* After the last job, so that none makes the file again. */
static void
forget_file(SlObjectPartial *self)
{
    Forget *job = g_new0(Forget, 1);

    job->store = g_object_ref(self->store);
    job->number = self->number;
    sl_object_pool_push(self->store->pool, SL_OBJECT_LANE_NAMES, forget_work, NULL, job,
                        forget_free);
}

void
sl_object_partial_unref(SlObjectPartial *self)
{
    if (!g_ref_count_dec(&self->refs))
        return;
    if (self->store->folder != NULL && self->data != NULL && !self->storing && !self->store->closed)
        forget_file(self);
    sl_object_store_release(self->store, g_steal_pointer(&self->data));
    sl_object_hasher_free(self->hasher);
    sl_object_backlog_clear(&self->pending);
    g_ptr_array_unref(self->writers);
    g_free(self->key);
    g_free(self->address);
    g_free(self);
}

gboolean
sl_object_partial_is_of(const SlObjectPartial *self, const char *hash, guint64 size,
                        const char *key)
{
    return self->size == size && strcmp(self->hash, hash) == 0 && strcmp(self->key, key) == 0;
}

const char *
sl_object_partial_get_hash(const SlObjectPartial *self)
{
    return self->hash;
}

guint64
sl_object_partial_get_size(const SlObjectPartial *self)
{
    return self->size;
}

gboolean
sl_object_partial_is_storing(const SlObjectPartial *self)
{
    return self->storing;
}

gboolean
sl_object_partial_is_left(const SlObjectPartial *self)
{
    return self->writers->len == 0 && !self->storing;
}

guint64
sl_object_partial_get_bytes(const SlObjectPartial *self)
{
    return self->appended;
}

gint64
sl_object_partial_get_touched_us(const SlObjectPartial *self)
{
    return self->touched_us;
}

/* Each of them leaves the list. */
static void
end_writers(SlObjectPartial *self, const GError *error)
{
    while (self->writers->len > 0)
        sl_object_writer_end(g_ptr_array_index(self->writers, 0), error);
}

/* Never to less than was promised to whoever came before: what is taken only grows. */
static void
bound_waiting(SlObjectPartial *self)
{
    guint64 waiting = self->appended - self->taken, gone;

    if (waiting <= MAX_WAITING_BYTES)
        return;
    gone = sl_object_backlog_cut(&self->pending, waiting - MAX_WAITING_BYTES);
    self->appended -= gone;
    sl_object_shelf_give_back(self->store->shelf, self->address, gone);
}

void
sl_object_partial_attach(SlObjectPartial *self, SlObjectWriter *writer)
{
    g_autoptr(GError) error = NULL;

    if (!self->storing) {
        error = g_error_new_literal(SL_OBJECT_ERROR, SL_OBJECT_ERROR_TAKEN_OVER,
                                    "Somebody else goes on with this upload");
        end_writers(self, error);
        bound_waiting(self);
    }
    self->touched_us = g_get_monotonic_time();
    g_ptr_array_add(self->writers, writer);
    sl_object_writer_follow(writer, self, self->appended);
    run(self);
}

void
sl_object_partial_detach(SlObjectPartial *self, SlObjectWriter *writer)
{
    g_ptr_array_remove(self->writers, writer);
}

void
sl_object_partial_end(SlObjectPartial *self, const GError *error)
{
    if (self->gone)
        return;
    sl_object_partial_ref(self);
    self->gone = TRUE;
    g_ptr_array_remove(self->store->partials, self);
    if (error != NULL || !self->storing)
        sl_object_shelf_give_back(self->store->shelf, self->address, self->appended);
    end_writers(self, error);
    sl_object_backlog_clear(&self->pending);
    sl_object_partial_unref(self);
}

static void
tell_taken(SlObjectPartial *self)
{
    g_autoptr(GPtrArray) writers = g_ptr_array_new_with_free_func(g_object_unref);

    for (guint i = 0; i < self->writers->len; i++)
        g_ptr_array_add(writers, g_object_ref(g_ptr_array_index(self->writers, i)));
    for (guint i = 0; i < writers->len; i++)
        sl_object_writer_tell_taken(g_ptr_array_index(writers, i), self->taken);
}

static void
become_object(SlObjectPartial *self)
{
    SlObjectStore *store = self->store;
    g_autoptr(SlObjectEntry) entry = sl_object_entry_new(self->hash, self->size, self->address);
    g_autoptr(GError) error = NULL;

    entry->stored_us = entry->used_us = g_get_monotonic_time();
    entry->identity = self->identity;
    if (store->folder == NULL)
        entry->data = g_steal_pointer(&self->data);
    if (sl_object_shelf_add(store->shelf, entry, &error)) {
        sl_object_store_note(store, entry, TRUE);
        sl_object_store_schedule_object(store, entry->stored_us);
    } else {
        sl_object_store_discard(store, entry);
    }
    sl_object_partial_end(self, error);
}

static gboolean
keep_work(gpointer data)
{
    Job *job = data;
    SlObjectPartial *self = job->partial;

    job->ran = TRUE;
    sl_object_folder_keep(job->store->folder, self->number, sl_object_data_get_fd(self->data),
                          self->hash, &self->identity, &job->error);
    return FALSE;
}

static void
keep_done(gpointer data)
{
    Job *job = data;
    SlObjectPartial *self = job->partial;

    self->busy = FALSE;
    if (job->error != NULL) {
        self->storing = FALSE;
        sl_object_partial_end(self, job->error);
    } else if (!self->gone && job->ran) {
        become_object(self);
    }
}

/* Others' uploads of it need not go on: who makes them waits for this one. */
static void
absorb_others(SlObjectPartial *self)
{
    GPtrArray *partials = self->store->partials;

    for (guint i = partials->len; i > 0; i--) {
        SlObjectPartial *other = g_ptr_array_index(partials, i - 1);

        if (other == self || strcmp(other->hash, self->hash) != 0)
            continue;
        while (other->writers->len > 0) {
            SlObjectWriter *writer = g_ptr_array_steal_index(other->writers, 0);

            g_ptr_array_add(self->writers, writer);
            sl_object_writer_follow(writer, self, sl_object_writer_get_offset(writer));
        }
        sl_object_partial_end(other, NULL);
    }
}

static void
store_it(SlObjectPartial *self)
{
    g_autoptr(GError) error = NULL;

    if (strcmp(sl_object_hasher_get_text(self->hasher), self->hash) != 0) {
        error = g_error_new_literal(SL_OBJECT_ERROR, SL_OBJECT_ERROR_HASH_MISMATCH,
                                    "The bytes that came have another hash");
        sl_object_partial_end(self, error);
        return;
    }
    self->storing = TRUE;
    absorb_others(self);
    if (self->store->folder == NULL) {
        become_object(self);
        return;
    }
    self->busy = TRUE;
    sl_object_pool_push(self->store->pool, SL_OBJECT_LANE_NAMES, keep_work, keep_done,
                        job_new(self), job_free);
}

static gboolean
make_data(Job *job)
{
    SlObjectPartial *self = job->partial;
    int fd;

    if (job->store->folder == NULL) {
        self->data = sl_object_data_new_memory(self->size, &job->error);
    } else {
        fd = sl_object_folder_begin(job->store->folder, self->number, &job->error);
        self->data = fd >= 0 ? sl_object_data_new_file(fd, NULL) : NULL;
    }
    return self->data != NULL;
}

static gboolean
write_work(gpointer data)
{
    Job *job = data;
    SlObjectPartial *self = job->partial;

    job->ran = TRUE;
    if (self->data == NULL && !make_data(job))
        return FALSE;
    for (guint i = 0; i < job->batch->len; i++) {
        GBytes *bytes = g_ptr_array_index(job->batch, i);
        gsize n;
        gconstpointer start = g_bytes_get_data(bytes, &n);

        if (!sl_object_data_write(self->data, job->offset, bytes, &job->error))
            return FALSE;
        sl_object_hasher_update(self->hasher, start, n);
        job->offset += n;
    }
    return FALSE;
}

static void
write_done(gpointer data)
{
    Job *job = data;
    SlObjectPartial *self = job->partial;

    self->busy = FALSE;
    if (self->gone || !job->ran)
        return;
    if (job->error != NULL) {
        sl_object_partial_end(self, job->error);
        return;
    }
    self->taken = job->offset;
    tell_taken(self);
    if (self->gone)
        return;
    if (self->taken == self->size)
        store_it(self);
    else
        run(self);
}

static void
run(SlObjectPartial *self)
{
    Job *job;
    GBytes *bytes;
    gsize n = 0;

    /* One without bytes has nothing to append, and is whole. */
    if (self->busy || self->storing ||
        (sl_object_backlog_is_empty(&self->pending) && self->size > 0))
        return;
    job = job_new(self);
    job->offset = self->taken;
    while (n < MAX_BATCH_BYTES && (bytes = sl_object_backlog_take(&self->pending)) != NULL) {
        n += g_bytes_get_size(bytes);
        g_ptr_array_add(job->batch, bytes);
    }
    self->busy = TRUE;
    sl_object_pool_push(self->store->pool, SL_OBJECT_LANE_BYTES, write_work, write_done, job,
                        job_free);
}

void
sl_object_partial_append(SlObjectPartial *self, GBytes *bytes)
{
    g_autoptr(GError) error = NULL;
    gsize n = g_bytes_get_size(bytes);

    if (self->storing || n == 0)
        return;
    while (!sl_object_shelf_fits(self->store->shelf, n) && sl_object_store_drop_left(self->store))
        continue;
    if (!sl_object_shelf_take(self->store->shelf, self->address, n, &error)) {
        sl_object_partial_end(self, error);
        return;
    }
    self->appended += n;
    self->store->received_bytes += n;
    self->touched_us = g_get_monotonic_time();
    sl_object_backlog_push(&self->pending, bytes);
    run(self);
}
