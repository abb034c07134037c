#include "sl-object-backlog.h"

/* What is smaller takes more room to keep than it has: so much of it goes together. */
#define SMALL_BYTES 1024u
#define TOGETHER_BYTES (16u * 1024u)

static void
join_small(SlObjectBacklog *self)
{
    if (self->small != NULL)
        g_queue_push_tail(&self->pieces, g_byte_array_free_to_bytes(g_steal_pointer(&self->small)));
}

void
sl_object_backlog_clear(SlObjectBacklog *self)
{
    g_queue_clear_full(&self->pieces, (GDestroyNotify)g_bytes_unref);
    g_clear_pointer(&self->small, g_byte_array_unref);
}

gboolean
sl_object_backlog_is_empty(const SlObjectBacklog *self)
{
    return self->pieces.length == 0 && self->small == NULL;
}

void
sl_object_backlog_push(SlObjectBacklog *self, GBytes *bytes)
{
    gsize n;
    const guint8 *start = g_bytes_get_data(bytes, &n);

    if (n >= SMALL_BYTES) {
        join_small(self);
        g_queue_push_tail(&self->pieces, g_bytes_ref(bytes));
        return;
    }
    if (self->small == NULL)
        self->small = g_byte_array_new();
    g_byte_array_append(self->small, start, (guint)n);
    if (self->small->len >= TOGETHER_BYTES)
        join_small(self);
}

GBytes *
sl_object_backlog_take(SlObjectBacklog *self)
{
    if (self->pieces.length == 0)
        join_small(self);
    return g_queue_pop_head(&self->pieces);
}

guint64
sl_object_backlog_cut(SlObjectBacklog *self, guint64 n)
{
    guint64 left = n;

    join_small(self);
    while (left > 0 && self->pieces.length > 0) {
        g_autoptr(GBytes) bytes = g_queue_pop_tail(&self->pieces);
        gsize size = g_bytes_get_size(bytes), cut = (gsize)MIN(size, left);

        if (cut < size)
            g_queue_push_tail(&self->pieces, g_bytes_new_from_bytes(bytes, 0, size - cut));
        left -= cut;
    }
    return n - left;
}
