#include "sl-tls-input.h"

struct _SlTlsInput {
    GInputStream parent_instance;

    SlTlsSession *session;
};

static void sl_tls_input_pollable_init(GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(SlTlsInput, sl_tls_input, G_TYPE_INPUT_STREAM,
                              G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_INPUT_STREAM,
                                                    sl_tls_input_pollable_init))

static gssize
sl_tls_input_read(GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable,
                  GError **error)
{
    return sl_tls_session_read(SL_TLS_INPUT(stream)->session, buffer, count, error);
}

static gssize
sl_tls_input_read_nonblocking(GPollableInputStream *stream, void *buffer, gsize count,
                              GError **error)
{
    return sl_tls_session_read(SL_TLS_INPUT(stream)->session, buffer, count, error);
}

static gboolean
sl_tls_input_is_readable(GPollableInputStream *stream)
{
    SlTlsSession *session = SL_TLS_INPUT(stream)->session;

    return sl_tls_session_can_read(session) ||
           (g_socket_condition_check(sl_tls_session_get_socket(session), G_IO_IN) & G_IO_IN) != 0;
}

static GSource *
sl_tls_input_create_source(GPollableInputStream *stream, GCancellable *cancellable)
{
    SlTlsSession *session = SL_TLS_INPUT(stream)->session;
    g_autoptr(GSource) ready =
        sl_tls_session_can_read(session)
            ? g_timeout_source_new(0)
            : g_socket_create_source(sl_tls_session_get_socket(session), G_IO_IN, NULL);

    return g_pollable_source_new_full(stream, ready, cancellable);
}

static void
sl_tls_input_finalize(GObject *object)
{
    sl_tls_session_unref(SL_TLS_INPUT(object)->session);
    G_OBJECT_CLASS(sl_tls_input_parent_class)->finalize(object);
}

static void
sl_tls_input_pollable_init(GPollableInputStreamInterface *iface)
{
    iface->is_readable = sl_tls_input_is_readable;
    iface->create_source = sl_tls_input_create_source;
    iface->read_nonblocking = sl_tls_input_read_nonblocking;
}

static void
sl_tls_input_class_init(SlTlsInputClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_tls_input_finalize;
    G_INPUT_STREAM_CLASS(klass)->read_fn = sl_tls_input_read;
}

static void
sl_tls_input_init(SlTlsInput *self)
{
}

GInputStream *
sl_tls_input_new(SlTlsSession *session)
{
    SlTlsInput *self = g_object_new(SL_TYPE_TLS_INPUT, NULL);

    self->session = sl_tls_session_ref(session);
    return G_INPUT_STREAM(self);
}
