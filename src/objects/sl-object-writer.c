#include "sl-object-writer.h"

#include "sl-census.h"
#include "sl-context.h"
#include "sl-object-store-private.h"

struct _SlObjectWriter {
    GObject parent_instance;

    SlObjectStore *store;
    SlObjectPartial *partial; /* nullable */
    guint64 size;
    guint64 offset;
    guint64 appended;
    SlWeak *weak;
    gboolean over; /* nothing more is told */
};

G_DEFINE_FINAL_TYPE(SlObjectWriter, sl_object_writer, G_TYPE_OBJECT)

enum { TAKEN, STORED, FAILED, N_SIGNALS };
static guint signals[N_SIGNALS];

SlObjectWriter *
sl_object_writer_new(SlObjectStore *store, guint64 size)
{
    SlObjectWriter *self = g_object_new(SL_TYPE_OBJECT_WRITER, NULL);

    self->store = g_object_ref(store);
    self->size = size;
    return self;
}

void
sl_object_writer_follow(SlObjectWriter *self, SlObjectPartial *partial, guint64 offset)
{
    /* Who only waits for another's upload still has his own to append, for all he knows. */
    if (self->partial == NULL)
        self->appended = offset;
    g_clear_pointer(&self->partial, sl_object_partial_unref);
    self->partial = partial != NULL ? sl_object_partial_ref(partial) : NULL;
    self->offset = offset;
}

void
sl_object_writer_tell_taken(SlObjectWriter *self, guint64 offset)
{
    if (self->over || offset <= self->offset)
        return;
    self->offset = offset;
    g_signal_emit(self, signals[TAKEN], 0, offset);
}

static void
detach(SlObjectWriter *self)
{
    g_autoptr(SlObjectPartial) partial = g_steal_pointer(&self->partial);

    if (partial != NULL)
        sl_object_partial_detach(partial, self);
}

static void
tell_end(gpointer object, gpointer data)
{
    SlObjectWriter *self = object;

    if (self->over)
        return;
    self->over = TRUE;
    if (data != NULL)
        g_signal_emit(self, signals[FAILED], 0, data);
    else
        g_signal_emit(self, signals[STORED], 0);
}

void
sl_object_writer_end(SlObjectWriter *self, const GError *error)
{
    detach(self);
    sl_context_post(self->store->context, self->weak, tell_end,
                    error != NULL ? g_error_copy(error) : NULL, (GDestroyNotify)g_error_free);
}

guint64
sl_object_writer_get_offset(SlObjectWriter *self)
{
    return self->offset;
}

gboolean
sl_object_writer_append(SlObjectWriter *self, GBytes *bytes)
{
    gsize n = g_bytes_get_size(bytes);

    if (n > self->size - self->appended)
        return FALSE;
    self->appended += n;
    if (self->partial != NULL)
        sl_object_partial_append(self->partial, bytes);
    return TRUE;
}

void
sl_object_writer_leave(SlObjectWriter *self)
{
    self->over = TRUE;
    detach(self);
}

void
sl_object_writer_drop(SlObjectWriter *self)
{
    g_autoptr(SlObjectPartial) partial =
        self->partial != NULL ? sl_object_partial_ref(self->partial) : NULL;

    sl_object_writer_leave(self);
    /* What is whole and right is not this one's alone. */
    if (partial != NULL && !sl_object_partial_is_storing(partial))
        sl_object_partial_end(partial, NULL);
}

static void
sl_object_writer_dispose(GObject *object)
{
    SlObjectWriter *self = SL_OBJECT_WRITER(object);

    sl_object_writer_leave(self);
    g_clear_object(&self->store);
    G_OBJECT_CLASS(sl_object_writer_parent_class)->dispose(object);
}

static void
sl_object_writer_finalize(GObject *object)
{
    SlObjectWriter *self = SL_OBJECT_WRITER(object);

    sl_weak_unref(self->weak);
    G_OBJECT_CLASS(sl_object_writer_parent_class)->finalize(object);
}

static void
sl_object_writer_class_init(SlObjectWriterClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_object_writer_dispose;
    object_class->finalize = sl_object_writer_finalize;
    signals[TAKEN] = g_signal_new("taken", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);
    signals[STORED] = g_signal_new("stored", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
    signals[FAILED] = g_signal_new("failed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
sl_object_writer_init(SlObjectWriter *self)
{
    sl_census_add_object(self);
    self->weak = sl_weak_new(self);
}
