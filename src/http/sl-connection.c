#include "sl-connection.h"

#include <string.h>

#include "sl-census.h"
#include "sl-connection-input.h"
#include "sl-connection-output.h"

#define READ_BYTES 4096

struct _SlConnection {
    GTcpConnection parent_instance;

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

SlHeader
sl_connection_read_header(SlConnection *self, gsize max_bytes)
{
    GSocket *socket = g_socket_connection_get_socket(G_SOCKET_CONNECTION(self));

    g_return_val_if_fail(self->input == NULL, SL_HEADER_ENDED);
    while (TRUE) {
        g_autoptr(GError) error = NULL;
        char buffer[READ_BYTES];
        gssize n = g_socket_receive(socket, buffer, sizeof(buffer), NULL, &error);
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
        GInputStream *base =
            G_IO_STREAM_CLASS(sl_connection_parent_class)->get_input_stream(stream);
        self->input = sl_connection_input_new(base, self->header);
    }
    return self->input;
}

static GOutputStream *
sl_connection_get_output_stream(GIOStream *stream)
{
    SlConnection *self = SL_CONNECTION(stream);

    if (self->output == NULL)
        self->output = sl_connection_output_new(
            G_IO_STREAM_CLASS(sl_connection_parent_class)->get_output_stream(stream));
    return self->output;
}

static void
sl_connection_finalize(GObject *object)
{
    SlConnection *self = SL_CONNECTION(object);

    g_clear_object(&self->input);
    g_clear_object(&self->output);
    g_byte_array_unref(self->header);
    G_OBJECT_CLASS(sl_connection_parent_class)->finalize(object);
}

static void
sl_connection_class_init(SlConnectionClass *klass)
{
    GIOStreamClass *stream_class = G_IO_STREAM_CLASS(klass);

    G_OBJECT_CLASS(klass)->finalize = sl_connection_finalize;
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
sl_connection_new(GSocket *socket)
{
    return g_object_new(SL_TYPE_CONNECTION, "socket", socket, NULL);
}
