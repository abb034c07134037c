#include "sl-connection-input.h"

#include <string.h>

#define TURN_BYTES (64 * 1024)

struct _SlConnectionInput {
    GFilterInputStream parent_instance;

    GByteArray *first;
    gsize n_taken; /* of first */
    gsize turn;    /* bytes that may be read until a source is made */
};

static void sl_connection_input_pollable_init(GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(SlConnectionInput, sl_connection_input, G_TYPE_FILTER_INPUT_STREAM,
                              G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_INPUT_STREAM,
                                                    sl_connection_input_pollable_init))

static GPollableInputStream *
base_of(SlConnectionInput *self)
{
    return G_POLLABLE_INPUT_STREAM(
        g_filter_input_stream_get_base_stream(G_FILTER_INPUT_STREAM(self)));
}

static gsize
take_first(SlConnectionInput *self, void *buffer, gsize count)
{
    gsize n = MIN(count, self->first->len - self->n_taken);

    if (n > 0)
        memcpy(buffer, self->first->data + self->n_taken, n);
    self->n_taken += n;
    return n;
}

static gssize
sl_connection_input_read(GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable,
                         GError **error)
{
    SlConnectionInput *self = SL_CONNECTION_INPUT(stream);
    gsize n = take_first(self, buffer, count);

    return n > 0 ? (gssize)n
                 : g_input_stream_read(G_INPUT_STREAM(base_of(self)), buffer, count, cancellable,
                                       error);
}

static gssize
sl_connection_input_read_nonblocking(GPollableInputStream *stream, void *buffer, gsize count,
                                     GError **error)
{
    SlConnectionInput *self = SL_CONNECTION_INPUT(stream);
    gssize n = (gssize)take_first(self, buffer, count);

    if (n > 0)
        return n;
    if (self->turn == 0) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "It is the others' turn");
        return -1;
    }
    n = g_pollable_input_stream_read_nonblocking(base_of(self), buffer, MIN(count, self->turn),
                                                 NULL, error);
    if (n > 0)
        self->turn -= (gsize)n;
    return n;
}

static gboolean
sl_connection_input_is_readable(GPollableInputStream *stream)
{
    SlConnectionInput *self = SL_CONNECTION_INPUT(stream);

    return self->n_taken < self->first->len || g_pollable_input_stream_is_readable(base_of(self));
}

static GSource *
sl_connection_input_create_source(GPollableInputStream *stream, GCancellable *cancellable)
{
    SlConnectionInput *self = SL_CONNECTION_INPUT(stream);
    g_autoptr(GSource) ready = self->n_taken < self->first->len
                                   ? g_timeout_source_new(0)
                                   : g_pollable_input_stream_create_source(base_of(self), NULL);

    self->turn = TURN_BYTES;
    return g_pollable_source_new_full(self, ready, cancellable);
}

static void
sl_connection_input_finalize(GObject *object)
{
    g_byte_array_unref(SL_CONNECTION_INPUT(object)->first);
    G_OBJECT_CLASS(sl_connection_input_parent_class)->finalize(object);
}

static void
sl_connection_input_pollable_init(GPollableInputStreamInterface *iface)
{
    iface->is_readable = sl_connection_input_is_readable;
    iface->create_source = sl_connection_input_create_source;
    iface->read_nonblocking = sl_connection_input_read_nonblocking;
}

static void
sl_connection_input_class_init(SlConnectionInputClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_connection_input_finalize;
    G_INPUT_STREAM_CLASS(klass)->read_fn = sl_connection_input_read;
}

static void
sl_connection_input_init(SlConnectionInput *self)
{
    self->turn = TURN_BYTES;
}

GInputStream *
sl_connection_input_new(GInputStream *base, GByteArray *first)
{
    SlConnectionInput *self = g_object_new(SL_TYPE_CONNECTION_INPUT, "base-stream", base, NULL);

    self->first = g_byte_array_ref(first);
    return G_INPUT_STREAM(self);
}
