#include "sl-object-put.h"

#include "sl-census.h"

/* An acknowledgement goes at once, but where they would come fast: docs/relay.md. */
#define ACK_BYTES (64 * 1024)
#define ACK_US 5000
#define SHORT_BYTES 1024

struct _SlObjectPut {
    GObject parent_instance;

    SlObjectStore *store;
    guint32 id;
    char *hash, *key;
    char *address; /* nullable */
    guint64 size;

    GCancellable *cancellable;
    SlObjectWriter *writer; /* nullable: not yet, or no longer */
    guint64 next;           /* offset of the chunk that comes next */
    guint64 acked;
    gint64 acked_us; /* when */
    gboolean ended;
};

enum { BEGAN, TAKEN, STORED, FAILED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(SlObjectPut, sl_object_put, G_TYPE_OBJECT)

static void
release_writer(SlObjectPut *self)
{
    if (self->writer != NULL)
        g_signal_handlers_disconnect_by_data(self->writer, self);
    g_clear_object(&self->writer);
}

void
sl_object_put_leave(SlObjectPut *self)
{
    self->ended = TRUE;
    g_cancellable_cancel(self->cancellable);
    if (self->writer != NULL)
        sl_object_writer_leave(self->writer);
    release_writer(self);
}

/* --- what the store says --- */

static void
end(SlObjectPut *self, const GError *error)
{
    g_autoptr(SlObjectPut) alive = g_object_ref(self);

    if (self->ended)
        return;
    self->ended = TRUE;
    release_writer(self);
    if (error != NULL)
        g_signal_emit(self, signals[FAILED], 0, error);
    else
        g_signal_emit(self, signals[STORED], 0);
}

static void
on_writer_taken(SlObjectWriter *writer, guint64 offset, SlObjectPut *self)
{
    g_signal_emit(self, signals[TAKEN], 0);
}

static void
on_writer_stored(SlObjectWriter *writer, SlObjectPut *self)
{
    end(self, NULL);
}

static void
on_writer_failed(SlObjectWriter *writer, GError *error, SlObjectPut *self)
{
    end(self, error);
}

static void
begin(SlObjectPut *self)
{
    g_autoptr(GError) error = NULL;

    self->writer = sl_object_store_begin(self->store, self->hash, self->size, self->key,
                                         self->address, &error);
    if (self->writer == NULL) {
        end(self, error);
        return;
    }
    g_signal_connect(self->writer, "taken", G_CALLBACK(on_writer_taken), self);
    g_signal_connect(self->writer, "stored", G_CALLBACK(on_writer_stored), self);
    g_signal_connect(self->writer, "failed", G_CALLBACK(on_writer_failed), self);
    self->next = self->acked = sl_object_writer_get_offset(self->writer);
    g_signal_emit(self, signals[BEGAN], 0);
}

static void
on_object_opened(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(SlObjectPut) self = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(SlObject) object =
        sl_object_store_open_finish(SL_OBJECT_STORE(source), result, &error);

    if (self->ended)
        return;
    if (g_error_matches(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_UNKNOWN_OBJECT)) {
        begin(self);
        return;
    }
    if (object != NULL && sl_object_get_size(object) != self->size)
        g_set_error_literal(&error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_HASH_MISMATCH,
                            "the object with this hash has another size");
    end(self, error);
}

/* --- what the client says --- */

static gboolean
refuse(GError **error, const char *what, guint64 number)
{
    g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_BAD_MESSAGE, "%s %" G_GUINT64_FORMAT, what,
                number);
    return FALSE;
}

gboolean
sl_object_put_append(SlObjectPut *self, const SlObjectChunk *chunk, GBytes *message, gsize window,
                     GError **error)
{
    g_autoptr(GBytes) bytes = NULL;

    if (self->ended)
        return TRUE;
    if (self->writer == NULL)
        return refuse(error, "a chunk before “putting”, of transfer", self->id);
    if (chunk->offset != self->next)
        return refuse(error, "a chunk that does not begin at", self->next);
    if (chunk->size > self->size - self->next)
        return refuse(error, "a chunk that goes beyond the object's size of", self->size);
    if (self->next + chunk->size - self->acked > window)
        return refuse(error, "a chunk beyond the window of", window);
    bytes = g_bytes_new_from_bytes(message, SL_OBJECT_CHUNK_HEADER_BYTES, chunk->size);
    self->next += chunk->size;
    sl_object_writer_append(self->writer, bytes);
    return TRUE;
}

gboolean
sl_object_put_is_short(SlObjectPut *self, const SlObjectChunk *chunk)
{
    return chunk->size < SHORT_BYTES &&
           (chunk->offset > self->size || chunk->size != self->size - chunk->offset);
}

guint64
sl_object_put_get_taken(SlObjectPut *self)
{
    return self->writer != NULL ? sl_object_writer_get_offset(self->writer) : self->acked;
}

guint64
sl_object_put_get_acked(SlObjectPut *self)
{
    return self->acked;
}

gint64
sl_object_put_get_ack_us(SlObjectPut *self)
{
    guint64 taken = sl_object_put_get_taken(self);

    if (taken == self->acked)
        return G_MAXINT64;
    return taken - self->acked >= ACK_BYTES || taken == self->size ? 0 : self->acked_us + ACK_US;
}

void
sl_object_put_acked(SlObjectPut *self, guint64 offset, gint64 now_us)
{
    self->acked = offset;
    self->acked_us = now_us;
}

guint32
sl_object_put_get_id(SlObjectPut *self)
{
    return self->id;
}

const char *
sl_object_put_get_hash(SlObjectPut *self)
{
    return self->hash;
}

/* --- life --- */

static void
sl_object_put_dispose(GObject *object)
{
    sl_object_put_leave(SL_OBJECT_PUT(object));
    G_OBJECT_CLASS(sl_object_put_parent_class)->dispose(object);
}

static void
sl_object_put_finalize(GObject *object)
{
    SlObjectPut *self = SL_OBJECT_PUT(object);

    g_clear_object(&self->store);
    g_clear_object(&self->cancellable);
    g_free(self->hash);
    g_free(self->key);
    g_free(self->address);
    G_OBJECT_CLASS(sl_object_put_parent_class)->finalize(object);
}

static void
sl_object_put_class_init(SlObjectPutClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);
    GType type = G_TYPE_FROM_CLASS(klass);

    object_class->dispose = sl_object_put_dispose;
    object_class->finalize = sl_object_put_finalize;
    signals[BEGAN] =
        g_signal_new("began", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[TAKEN] =
        g_signal_new("taken", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[STORED] =
        g_signal_new("stored", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[FAILED] = g_signal_new("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
sl_object_put_init(SlObjectPut *self)
{
    sl_census_add_object(self);
    self->cancellable = g_cancellable_new();
}

SlObjectPut *
sl_object_put_new(SlObjectStore *store, const SlObjectRequest *request, const char *address)
{
    SlObjectPut *self = g_object_new(SL_TYPE_OBJECT_PUT, NULL);

    self->store = g_object_ref(store);
    self->id = (guint32)request->id;
    self->hash = g_strdup(request->hash);
    self->key = g_strdup(request->key);
    self->address = g_strdup(address);
    self->size = request->size;
    sl_object_store_open_async(store, self->hash, SL_OBJECT_USE_PUT, self->cancellable,
                               on_object_opened, g_object_ref(self));
    return self;
}
