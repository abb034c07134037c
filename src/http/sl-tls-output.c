#include "sl-tls-output.h"

struct _SlTlsOutput {
    GOutputStream parent_instance;

    SlTlsSession *session;
};

static void sl_tls_output_pollable_init(GPollableOutputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(SlTlsOutput, sl_tls_output, G_TYPE_OUTPUT_STREAM,
                              G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                    sl_tls_output_pollable_init))

static GSocket *
socket_of(gpointer self)
{
    return sl_tls_session_get_socket(SL_TLS_OUTPUT(self)->session);
}

static gssize
sl_tls_output_write(GOutputStream *stream, const void *buffer, gsize count,
                    GCancellable *cancellable, GError **error)
{
    return sl_tls_session_write(SL_TLS_OUTPUT(stream)->session, buffer, count, error);
}

static gssize
sl_tls_output_write_nonblocking(GPollableOutputStream *stream, const void *buffer, gsize count,
                                GError **error)
{
    return sl_tls_session_write(SL_TLS_OUTPUT(stream)->session, buffer, count, error);
}

static gboolean
sl_tls_output_is_writable(GPollableOutputStream *stream)
{
    return (g_socket_condition_check(socket_of(stream), G_IO_OUT) & G_IO_OUT) != 0;
}

static GSource *
sl_tls_output_create_source(GPollableOutputStream *stream, GCancellable *cancellable)
{
    g_autoptr(GSource) writable = g_socket_create_source(socket_of(stream), G_IO_OUT, NULL);

    return g_pollable_source_new_full(stream, writable, cancellable);
}

static void
sl_tls_output_finalize(GObject *object)
{
    sl_tls_session_unref(SL_TLS_OUTPUT(object)->session);
    G_OBJECT_CLASS(sl_tls_output_parent_class)->finalize(object);
}

static void
sl_tls_output_pollable_init(GPollableOutputStreamInterface *iface)
{
    iface->is_writable = sl_tls_output_is_writable;
    iface->create_source = sl_tls_output_create_source;
    iface->write_nonblocking = sl_tls_output_write_nonblocking;
}

static void
sl_tls_output_class_init(SlTlsOutputClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_tls_output_finalize;
    G_OUTPUT_STREAM_CLASS(klass)->write_fn = sl_tls_output_write;
}

static void
sl_tls_output_init(SlTlsOutput *self)
{
}

GOutputStream *
sl_tls_output_new(SlTlsSession *session)
{
    SlTlsOutput *self = g_object_new(SL_TYPE_TLS_OUTPUT, NULL);

    self->session = sl_tls_session_ref(session);
    return G_OUTPUT_STREAM(self);
}
