#include "sl-connection.h"

#include <string.h>
#include <sys/socket.h>

#include "sl-census.h"
#include "sl-connection-input.h"
#include "sl-connection-output.h"
#include "sl-tls-input.h"
#include "sl-tls-output.h"

#define READ_BYTES 4096
/* What a client's TLS begins with: a handshake record (RFC 8446, section 5.1) */
#define TLS_HANDSHAKE 22

struct _SlConnection {
    GTcpConnection parent_instance;

    SlTlsSession *tls;  /* nullable: in the clear */
    gboolean is_known;  /* whether the other side speaks TLS */
    GByteArray *header; /* what was read before the input stream was asked for */
    gsize n_blank;      /* what was left out before it */
    gsize n_searched;   /* no end of a header begins before */
    GInputStream *input;
    GOutputStream *output;
};

G_DEFINE_FINAL_TYPE(SlConnection, sl_connection, G_TYPE_TCP_CONNECTION)

/* RFC 9112, section 2.2: empty lines before a request are left out, and a bare LF ends a line. */
static gboolean
append(SlConnection *self, const char *data, gsize len)
{
    while (self->header->len == 0 && len > 0 && (*data == '\r' || *data == '\n')) {
        data++;
        len--;
        self->n_blank++;
    }
    if (self->header->len == 0 && len > 0 && !g_ascii_isalpha(*data))
        return FALSE;
    g_byte_array_append(self->header, (const guint8 *)data, (guint)len);
    return TRUE;
}

/* Returns: the bytes up to and with the empty line; 0: not yet there */
static gsize
find_end(SlConnection *self)
{
    const guint8 *data = self->header->data;
    gsize len = self->header->len;

    while (self->n_searched < len) {
        const guint8 *lf = memchr(data + self->n_searched, '\n', len - self->n_searched);
        gsize next = lf != NULL ? (gsize)(lf - data) + 1 : len;

        if (next < len && data[next] == '\n')
            return next + 1;
        if (next + 1 < len && data[next] == '\r' && data[next + 1] == '\n')
            return next + 2;
        /* The LF that may begin the end is looked at again. */
        if (next + 1 >= len) {
            self->n_searched = lf != NULL ? next - 1 : len;
            return 0;
        }
        self->n_searched = next;
    }
    return 0;
}

static GSocket *
get_socket(SlConnection *self)
{
    return g_socket_connection_get_socket(G_SOCKET_CONNECTION(self));
}

/* FALSE: it does not speak TLS where it should: an address that began with http:// */
static gboolean
check_tls(SlConnection *self)
{
    guint8 first;

    if (self->tls == NULL || self->is_known ||
        recv(g_socket_get_fd(get_socket(self)), &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1)
        return TRUE;
    self->is_known = TRUE;
    if (first == TLS_HANDSHAKE)
        return TRUE;
    g_clear_pointer(&self->tls, sl_tls_session_unref);
    return FALSE;
}

static gssize
receive(SlConnection *self, char *buffer, gsize size, GError **error)
{
    return self->tls != NULL ? sl_tls_session_read(self->tls, buffer, size, error)
                             : g_socket_receive(get_socket(self), buffer, size, NULL, error);
}

SlHeader
sl_connection_read_header(SlConnection *self, gsize max_bytes)
{
    g_return_val_if_fail(self->input == NULL, SL_HEADER_ENDED);
    if (!check_tls(self))
        return SL_HEADER_MALFORMED;
    while (TRUE) {
        g_autoptr(GError) error = NULL;
        char buffer[READ_BYTES];
        gssize n = receive(self, buffer, sizeof(buffer), &error);
        gsize end;

        if (n <= 0)
            return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ? SL_HEADER_MORE
                                                                              : SL_HEADER_ENDED;
        if (!append(self, buffer, (gsize)n))
            return SL_HEADER_MALFORMED;
        end = find_end(self);
        if (end > max_bytes || (end == 0 && MAX(self->header->len, self->n_blank) > max_bytes))
            return SL_HEADER_TOO_LARGE;
        if (end > 0)
            return SL_HEADER_COMPLETE;
    }
}

const char *
sl_connection_get_header(SlConnection *self, gsize *ret_len)
{
    *ret_len = self->header->len;
    return (const char *)self->header->data;
}

gboolean
sl_connection_has_begun(SlConnection *self)
{
    return self->header->len > 0;
}

void
sl_connection_send_last(SlConnection *self, const char *text)
{
    /* Nothing was written before: there is room for it. */
    if (self->tls != NULL) {
        sl_tls_session_write(self->tls, text, strlen(text), NULL);
        sl_tls_session_end(self->tls, NULL, NULL);
    } else {
        g_socket_send(get_socket(self), text, strlen(text), NULL, NULL);
    }
    g_socket_shutdown(get_socket(self), FALSE, TRUE, NULL);
}

guint64
sl_connection_get_n_written(SlConnection *self)
{
    return self->output != NULL
               ? sl_connection_output_get_n_written(SL_CONNECTION_OUTPUT(self->output))
               : 0;
}

static GInputStream *
sl_connection_get_input_stream(GIOStream *stream)
{
    SlConnection *self = SL_CONNECTION(stream);

    if (self->input == NULL) {
        g_autoptr(GInputStream) base =
            self->tls != NULL
                ? sl_tls_input_new(self->tls)
                : g_object_ref(
                      G_IO_STREAM_CLASS(sl_connection_parent_class)->get_input_stream(stream));
        self->input = sl_connection_input_new(base, self->header);
    }
    return self->input;
}

static GOutputStream *
sl_connection_get_output_stream(GIOStream *stream)
{
    SlConnection *self = SL_CONNECTION(stream);

    if (self->output == NULL) {
        g_autoptr(GOutputStream) base =
            self->tls != NULL
                ? sl_tls_output_new(self->tls)
                : g_object_ref(
                      G_IO_STREAM_CLASS(sl_connection_parent_class)->get_output_stream(stream));
        self->output = sl_connection_output_new(base);
    }
    return self->output;
}

static gboolean
close_socket(GIOStream *stream, GError **error)
{
    return G_IO_STREAM_CLASS(sl_connection_parent_class)->close_fn(stream, NULL, error);
}

static void
on_all_sent(gpointer data)
{
    g_autoptr(GIOStream) stream = data;

    close_socket(stream, NULL);
}

/* Whoever closes it has written all that there is, and the other side is to get it: as the system
 * keeps what was written to a socket that is closed, so does this. Meanwhile it counts as open. */
static gboolean
sl_connection_close(GIOStream *stream, GCancellable *cancellable, GError **error)
{
    SlConnection *self = SL_CONNECTION(stream);

    if (self->tls == NULL)
        return close_socket(stream, error);
    g_object_ref(self);
    if (!sl_tls_session_end(self->tls, on_all_sent, self))
        return TRUE;
    g_object_unref(self);
    return close_socket(stream, error);
}

static void
sl_connection_dispose(GObject *object)
{
    SlConnection *self = SL_CONNECTION(object);

    /* Nobody closed it: nobody waits for it either. */
    if (self->tls != NULL)
        sl_tls_session_drop(self->tls);
    G_OBJECT_CLASS(sl_connection_parent_class)->dispose(object);
}

static void
sl_connection_finalize(GObject *object)
{
    SlConnection *self = SL_CONNECTION(object);

    g_clear_object(&self->input);
    g_clear_object(&self->output);
    g_clear_pointer(&self->tls, sl_tls_session_unref);
    g_byte_array_unref(self->header);
    G_OBJECT_CLASS(sl_connection_parent_class)->finalize(object);
}

static void
sl_connection_class_init(SlConnectionClass *klass)
{
    GIOStreamClass *stream_class = G_IO_STREAM_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = sl_connection_dispose;
    G_OBJECT_CLASS(klass)->finalize = sl_connection_finalize;
    stream_class->close_fn = sl_connection_close;
    stream_class->get_input_stream = sl_connection_get_input_stream;
    stream_class->get_output_stream = sl_connection_get_output_stream;
}

static void
sl_connection_init(SlConnection *self)
{
    sl_census_add_object(self);
    self->header = g_byte_array_new();
}

SlConnection *
sl_connection_new(GSocket *socket, SlTls *tls, GMainContext *context)
{
    SlConnection *self = g_object_new(SL_TYPE_CONNECTION, "socket", socket, NULL);

    if (tls != NULL)
        self->tls = sl_tls_session_new(tls, socket, context);
    return self;
}
