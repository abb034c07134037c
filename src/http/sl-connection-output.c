#include "sl-connection-output.h"

struct _SlConnectionOutput {
    GFilterOutputStream parent_instance;

    guint64 n_written;
};

static void sl_connection_output_pollable_init(GPollableOutputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(SlConnectionOutput, sl_connection_output, G_TYPE_FILTER_OUTPUT_STREAM,
                              G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                    sl_connection_output_pollable_init))

static GPollableOutputStream *
base_of(gpointer self)
{
    return G_POLLABLE_OUTPUT_STREAM(
        g_filter_output_stream_get_base_stream(G_FILTER_OUTPUT_STREAM(self)));
}

static gssize
counted(gpointer self, gssize n)
{
    if (n > 0)
        SL_CONNECTION_OUTPUT(self)->n_written += (guint64)n;
    return n;
}

static gssize
sl_connection_output_write(GOutputStream *stream, const void *buffer, gsize count,
                           GCancellable *cancellable, GError **error)
{
    return counted(stream, g_output_stream_write(G_OUTPUT_STREAM(base_of(stream)), buffer, count,
                                                 cancellable, error));
}

static gssize
sl_connection_output_write_nonblocking(GPollableOutputStream *stream, const void *buffer,
                                       gsize count, GError **error)
{
    return counted(stream, g_pollable_output_stream_write_nonblocking(base_of(stream), buffer,
                                                                      count, NULL, error));
}

static gboolean
sl_connection_output_is_writable(GPollableOutputStream *stream)
{
    return g_pollable_output_stream_is_writable(base_of(stream));
}

static GSource *
sl_connection_output_create_source(GPollableOutputStream *stream, GCancellable *cancellable)
{
    g_autoptr(GSource) base = g_pollable_output_stream_create_source(base_of(stream), NULL);

    return g_pollable_source_new_full(stream, base, cancellable);
}

guint64
sl_connection_output_get_n_written(SlConnectionOutput *self)
{
    return self->n_written;
}

static void
sl_connection_output_pollable_init(GPollableOutputStreamInterface *iface)
{
    iface->is_writable = sl_connection_output_is_writable;
    iface->create_source = sl_connection_output_create_source;
    iface->write_nonblocking = sl_connection_output_write_nonblocking;
}

static void
sl_connection_output_class_init(SlConnectionOutputClass *klass)
{
    G_OUTPUT_STREAM_CLASS(klass)->write_fn = sl_connection_output_write;
}

static void
sl_connection_output_init(SlConnectionOutput *self)
{
}

GOutputStream *
sl_connection_output_new(GOutputStream *base)
{
    return g_object_new(SL_TYPE_CONNECTION_OUTPUT, "base-stream", base, NULL);
}
