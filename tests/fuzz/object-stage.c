#include "object-stage.h"
#include "fuzz-clock.h"
#include "fuzz-pool.h"
#include "fuzz.h"

#define MIB ((guint64)1024 * 1024)

static void
set_bounds(SlLimits *limits, guint8 settings)
{
    sl_limits_init(limits);
    limits->cache_mib = settings & 1 ? 1 : 2;
    limits->max_object_mib = 1;
    limits->max_objects = settings & 2 ? 2 : 100;
    limits->address_cache_mib = settings & 4 ? 1 : 0;
    limits->object_seconds = settings & 8 ? 100 : 0;
    limits->partial_seconds = 20;
    limits->max_puts = 2;
    limits->max_gets = 3;
    limits->put_bytes_per_second = settings & 16 ? 200000 : 0;
    limits->get_bytes_per_second = settings & 32 ? 200000 : 0;
    if (settings & 64)
        limits->object_request_burst = 6;
}

static void
open_store(ObjectStage *self)
{
    g_autoptr(GError) error = NULL;

    self->store = sl_object_store_new(self->context, &self->limits, self->folder, &error);
    fuzz_check(self->store != NULL, "no store: %s", error != NULL ? error->message : "");
}

ObjectStage *
object_stage_new(guint8 settings, const char *folder)
{
    ObjectStage *self = g_new0(ObjectStage, 1);

    self->context = g_main_context_new();
    g_main_context_push_thread_default(self->context);
    set_bounds(&self->limits, settings);
    self->folder = g_strdup(folder);
    self->there = g_hash_table_new(NULL, NULL);
    self->uploads = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    open_store(self);
    return self;
}

void
object_stage_add_exchange(ObjectStage *self)
{
    self->exchange = sl_object_exchange_new(self->context, &self->limits, self->store);
}

static void
drop_store(ObjectStage *self)
{
    gpointer store = self->store;

    g_object_add_weak_pointer(store, &store);
    g_object_unref(self->store);
    object_stage_settle(self);
    fuzz_check(store == NULL, "something holds the store");
}

void
object_stage_restart(ObjectStage *self)
{
    self->closing = TRUE;
    sl_object_store_close(self->store);
    object_stage_settle(self);
    drop_store(self);
    self->closing = FALSE;
    g_hash_table_remove_all(self->uploads);
    self->sent_to_server = self->sent_by_server = 0;
    open_store(self);
}

void
object_stage_close(ObjectStage *self, gboolean store_first)
{
    self->closing = TRUE;
    if (store_first)
        sl_object_store_close(self->store);
    if (self->exchange != NULL)
        sl_object_exchange_close(self->exchange);
    sl_object_store_close(self->store);
    object_stage_settle(self);
}

static void
drop_exchange(ObjectStage *self)
{
    gpointer exchange = self->exchange;

    if (exchange == NULL)
        return;
    g_object_add_weak_pointer(exchange, &exchange);
    g_object_unref(self->exchange);
    fuzz_check(exchange == NULL, "something holds the exchange");
}

void
object_stage_free(ObjectStage *self)
{
    drop_exchange(self);
    drop_store(self);
    fuzz_check_census();
    g_hash_table_unref(self->uploads);
    g_hash_table_unref(self->there);
    g_main_context_pop_thread_default(self->context);
    g_main_context_unref(self->context);
    g_free(self->folder);
    g_free(self);
}

/* What ends in another turn than it was begun in is told from inside: GTask knows turns by time. */
gboolean
object_stage_turn(ObjectStage *self)
{
    fuzz_clock_advance(1);
    return g_main_context_iteration(self->context, FALSE);
}

void
object_stage_settle(ObjectStage *self)
{
    guint turns = 0;

    while (object_stage_turn(self) || fuzz_pool_run(0))
        fuzz_check(turns++ < 100000, "it never comes to rest");
}

/* Where the largest upload there is could need room that only another one has. */
static void
look_for_room(ObjectStage *self)
{
    SlObjectFigures figures = sl_object_store_get_figures(self->store);

    if (figures.bytes + figures.partial_bytes + MIB > self->limits.cache_mib * MIB ||
        self->limits.address_cache_mib > 0)
        self->tight = TRUE;
}

void
object_stage_check(ObjectStage *self)
{
    SlObjectFigures figures = sl_object_store_get_figures(self->store);

    look_for_room(self);

    fuzz_check(figures.bytes + figures.partial_bytes <= self->limits.cache_mib * MIB,
               "%" G_GUINT64_FORMAT " bytes of objects and %" G_GUINT64_FORMAT " of uploads",
               figures.bytes, figures.partial_bytes);
    fuzz_check(figures.objects <= self->limits.max_objects, "%u objects", figures.objects);
    fuzz_check(figures.pinned <= figures.objects, "%u of %u are pinned", figures.pinned,
               figures.objects);
    fuzz_check(figures.partials <= 64, "%u uploads", figures.partials);
    fuzz_check(figures.damaged == 0 || self->damaged, "something is damaged by itself");
    fuzz_check(figures.received_bytes <= self->sent_to_server,
               "%" G_GUINT64_FORMAT " bytes received, %" G_GUINT64_FORMAT " were sent",
               figures.received_bytes, self->sent_to_server);
    fuzz_check(figures.served_bytes == self->sent_by_server,
               "%" G_GUINT64_FORMAT " bytes served, of which %" G_GUINT64_FORMAT " came",
               figures.served_bytes, self->sent_by_server);
}

/* --- its bytes --- */

typedef struct {
    ObjectStage *stage;
    const ObjectContent *content;
    SlObject *object;
    guint64 offset;
    gboolean ended;
} Reading;

static void read_on(Reading *reading);

static void
on_read(GObject *source, GAsyncResult *result, gpointer data)
{
    Reading *reading = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = sl_object_read_finish(SL_OBJECT(source), result, &error);
    gsize len = 0;
    const guint8 *start = bytes != NULL ? g_bytes_get_data(bytes, &len) : NULL;

    fuzz_check(len > 0, "it can't be read: %s", error != NULL ? error->message : "no bytes");
    object_contents_check(reading->content, reading->offset, start, len);
    reading->offset += len;
    read_on(reading);
}

static void
read_on(Reading *reading)
{
    if (reading->offset < sl_object_get_size(reading->object))
        sl_object_read_async(reading->object, reading->offset, 100000, NULL, on_read, reading);
    else
        reading->ended = TRUE;
}

static void
on_opened(GObject *source, GAsyncResult *result, gpointer data)
{
    Reading *reading = data;
    g_autoptr(GError) error = NULL;

    reading->object = sl_object_store_open_finish(SL_OBJECT_STORE(source), result, &error);
    if (reading->object == NULL) {
        fuzz_check(reading->stage->damaged, "it is listed, but: %s", error->message);
        reading->ended = TRUE;
        return;
    }
    fuzz_check(sl_object_get_size(reading->object) == g_bytes_get_size(reading->content->bytes),
               "it has another size");
    read_on(reading);
}

static void
check_object(ObjectStage *self, const SlObjectInfo *info)
{
    Reading reading = { .stage = self, .content = object_contents_find(info->hash) };

    fuzz_check(reading.content != NULL, "there is an object that nobody has: %s", info->hash);
    sl_object_store_open_async(self->store, info->hash, SL_OBJECT_USE_LOOK, NULL, on_opened,
                               &reading);
    object_stage_settle(self);
    fuzz_check(reading.ended, "it is read and read");
    g_clear_object(&reading.object);
}

void
object_stage_check_objects(ObjectStage *self)
{
    g_autoptr(GPtrArray) list = NULL;

    object_stage_settle(self);
    list = sl_object_store_list(self->store, 1000);
    fuzz_check(list->len == sl_object_store_get_figures(self->store).objects,
               "%u objects are listed", list->len);
    for (guint i = 0; i < list->len; i++)
        check_object(self, list->pdata[i]);
}

/* --- uploads --- */

ObjectUpload *
object_stage_get_upload(ObjectStage *self, const ObjectContent *content, guint64 size,
                        const char *key)
{
    g_autofree char *name =
        g_strdup_printf("%s %" G_GUINT64_FORMAT " %s", content->hash, size, key);
    ObjectUpload *upload = g_hash_table_lookup(self->uploads, name);

    if (upload != NULL)
        return upload;
    upload = g_new0(ObjectUpload, 1);
    upload->content = content;
    upload->size = size;
    upload->still_us = g_get_monotonic_time();
    g_hash_table_insert(self->uploads, g_steal_pointer(&name), upload);
    return upload;
}

gboolean
object_upload_has_lied(const ObjectUpload *self)
{
    return self->lied || self->size != g_bytes_get_size(self->content->bytes);
}

void
object_upload_reset(ObjectUpload *self)
{
    self->acked = 0;
    if (self->writers > 1)
        return;
    self->sent = 0;
    self->lied = FALSE;
}

void
object_stage_end_uploads(ObjectStage *self, const ObjectContent *content)
{
    GHashTableIter iter;
    ObjectUpload *upload;

    g_hash_table_iter_init(&iter, self->uploads);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&upload)) {
        if (upload->content != content)
            continue;
        upload->acked = 0;
        if (upload->writers == 0) /* who writes to it may not have heard of its end yet */
            object_upload_reset(upload);
    }
}

void
object_stage_note_sent(ObjectStage *self, ObjectUpload *upload, guint64 offset, gsize len)
{
    look_for_room(self);
    self->sent_to_server += len;
    upload->still_us = g_get_monotonic_time();
    upload->sent = MAX(upload->sent, offset + len);
    if (upload->sent == g_bytes_get_size(upload->content->bytes))
        g_hash_table_add(self->there, (gpointer)upload->content);
}

gboolean
object_stage_may_be_there(ObjectStage *self, const ObjectContent *content)
{
    return g_bytes_get_size(content->bytes) == 0 || g_hash_table_contains(self->there, content);
}

gboolean
object_stage_may_have_gone(ObjectStage *self, const ObjectUpload *upload)
{
    GHashTableIter iter;
    ObjectUpload *other;

    if (self->tight || g_get_monotonic_time() - upload->still_us >=
                           self->limits.partial_seconds * (gint64)G_USEC_PER_SEC)
        return TRUE;
    /* It may have become whole, or have been found to be something else, with nobody there. */
    g_hash_table_iter_init(&iter, self->uploads);
    while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&other)) {
        if (other->content == upload->content && other->sent >= other->size)
            return TRUE;
    }
    return FALSE;
}
