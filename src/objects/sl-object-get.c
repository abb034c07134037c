#include "sl-object-get.h"

#include "sl-census.h"

/* So much of an object is read at once: a few turns' worth, and little where many are read. */
#define READ_BYTES (4 * SL_OBJECT_CHUNK_BYTES)

typedef struct {
    guint64 end; /* offset behind it */
    gint64 sent_us;
} SentChunk;

struct _SlObjectGet {
    GObject parent_instance;

    SlObjectStore *store;
    guint32 id;

    GCancellable *cancellable;
    SlObject *object; /* nullable: not yet, or no longer */
    guint64 total;
    GBytes *block; /* nullable: what was read, … */
    gsize n_taken; /* … and so much of it is sent */
    gboolean reading;
    guint64 sent, acked; /* offsets */
    GQueue chunks;       /* SentChunk, owned: whole ones that are under way */
    gint64 waiting_us;
    gboolean ended;
};

enum { BEGAN, READY, FAILED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(SlObjectGet, sl_object_get, G_TYPE_OBJECT)

void
sl_object_get_leave(SlObjectGet *self)
{
    self->ended = TRUE;
    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->object);
    g_clear_pointer(&self->block, g_bytes_unref);
    g_queue_clear_full(&self->chunks, g_free);
}

/* --- what the store says --- */

static void
fail(SlObjectGet *self, const GError *error)
{
    sl_object_get_leave(self);
    g_signal_emit(self, signals[FAILED], 0, error);
}

static void
on_object_read(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(SlObjectGet) self = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) block = sl_object_read_finish(SL_OBJECT(source), result, &error);

    if (self->ended)
        return;
    self->reading = FALSE;
    if (block == NULL) {
        fail(self, error);
        return;
    }
    self->block = g_steal_pointer(&block);
    self->n_taken = 0;
    g_signal_emit(self, signals[READY], 0);
}

static void
read_on(SlObjectGet *self)
{
    if (self->reading || self->block != NULL || self->sent == self->total)
        return;
    self->reading = TRUE;
    sl_object_read_async(self->object, self->sent, READ_BYTES, self->cancellable, on_object_read,
                         g_object_ref(self));
}

static void
on_object_opened(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(SlObjectGet) self = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(SlObject) object =
        sl_object_store_open_finish(SL_OBJECT_STORE(source), result, &error);

    if (self->ended)
        return;
    if (object != NULL && self->sent > sl_object_get_size(object)) {
        g_set_error(&error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_BAD_OFFSET,
                    "the object has %" G_GUINT64_FORMAT " bytes", sl_object_get_size(object));
        g_clear_object(&object);
    }
    if (object == NULL) {
        fail(self, error);
        return;
    }
    self->object = g_steal_pointer(&object);
    self->total = sl_object_get_size(self->object);
    g_signal_emit(self, signals[BEGAN], 0);
    if (!self->ended)
        read_on(self);
}

/* --- out --- */

gsize
sl_object_get_peek(SlObjectGet *self)
{
    if (self->block == NULL)
        return 0;
    return MIN(g_bytes_get_size(self->block) - self->n_taken, SL_OBJECT_CHUNK_BYTES);
}

GBytes *
sl_object_get_take(SlObjectGet *self, gint64 now_us)
{
    SlObjectChunk chunk = { self->id, self->sent, sl_object_get_peek(self) };
    GBytes *message;

    g_return_val_if_fail(chunk.size > 0, NULL);
    message = sl_object_chunk_to_bytes(&chunk, self->block, self->n_taken);
    if (self->sent == self->acked)
        self->waiting_us = now_us;
    self->n_taken += chunk.size;
    self->sent += chunk.size;
    if (chunk.size == SL_OBJECT_CHUNK_BYTES) {
        SentChunk *sent = g_new0(SentChunk, 1);
        *sent = (SentChunk){ self->sent, now_us };
        g_queue_push_tail(&self->chunks, sent);
    }
    if (self->n_taken == g_bytes_get_size(self->block)) {
        g_clear_pointer(&self->block, g_bytes_unref);
        read_on(self);
    }
    return message;
}

gboolean
sl_object_get_ack(SlObjectGet *self, guint64 offset, gint64 now_us, gint64 *ret_delay_us,
                  GError **error)
{
    *ret_delay_us = -1;
    if (offset > self->sent) {
        g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_BAD_MESSAGE,
                    "“offset” is %" G_GUINT64_FORMAT ", but what comes before %" G_GUINT64_FORMAT
                    " was sent",
                    offset, self->sent);
        return FALSE;
    }
    if (offset <= self->acked)
        return TRUE;
    self->acked = offset;
    self->waiting_us = now_us;
    for (SentChunk *chunk; (chunk = g_queue_peek_head(&self->chunks)) != NULL;) {
        if (chunk->end > offset)
            break;
        *ret_delay_us = now_us - chunk->sent_us;
        g_free(g_queue_pop_head(&self->chunks));
    }
    return TRUE;
}

gboolean
sl_object_get_is_whole_ack(SlObjectGet *self, guint64 offset)
{
    const SentChunk *first = g_queue_peek_head(&self->chunks);

    return offset > self->acked &&
           (offset >= self->sent || (first != NULL && offset >= first->end));
}

guint32
sl_object_get_get_id(SlObjectGet *self)
{
    return self->id;
}

guint64
sl_object_get_get_total(SlObjectGet *self)
{
    return self->total;
}

guint64
sl_object_get_get_acked(SlObjectGet *self)
{
    return self->acked;
}

gsize
sl_object_get_get_under_way(SlObjectGet *self)
{
    return (gsize)(self->sent - self->acked);
}

gboolean
sl_object_get_is_done(SlObjectGet *self)
{
    return self->object != NULL && self->acked == self->total;
}

gint64
sl_object_get_get_waiting_us(SlObjectGet *self)
{
    return self->sent > self->acked ? self->waiting_us : G_MAXINT64;
}

/* --- life --- */

static void
sl_object_get_dispose(GObject *object)
{
    sl_object_get_leave(SL_OBJECT_GET(object));
    G_OBJECT_CLASS(sl_object_get_parent_class)->dispose(object);
}

static void
sl_object_get_finalize(GObject *object)
{
    SlObjectGet *self = SL_OBJECT_GET(object);

    g_clear_object(&self->store);
    g_clear_object(&self->cancellable);
    G_OBJECT_CLASS(sl_object_get_parent_class)->finalize(object);
}

static void
sl_object_get_class_init(SlObjectGetClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);
    GType type = G_TYPE_FROM_CLASS(klass);

    object_class->dispose = sl_object_get_dispose;
    object_class->finalize = sl_object_get_finalize;
    signals[BEGAN] =
        g_signal_new("began", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[READY] =
        g_signal_new("ready", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[FAILED] = g_signal_new("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
sl_object_get_init(SlObjectGet *self)
{
    sl_census_add_object(self);
    self->cancellable = g_cancellable_new();
    g_queue_init(&self->chunks);
}

SlObjectGet *
sl_object_get_new(SlObjectStore *store, const SlObjectRequest *request)
{
    SlObjectGet *self = g_object_new(SL_TYPE_OBJECT_GET, NULL);

    self->store = g_object_ref(store);
    self->id = (guint32)request->id;
    self->sent = self->acked = request->offset;
    sl_object_store_open_async(store, request->hash, SL_OBJECT_USE_GET, self->cancellable,
                               on_object_opened, g_object_ref(self));
    return self;
}
