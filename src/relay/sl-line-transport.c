#include "sl-line-transport.h"

#include <string.h>

#include "sl-census.h"
#include "sl-context.h"
#include "sl-meters.h"
#include "sl-relay-wire.h"

/* A turn of the main loop: no program can keep it from the others. */
#define READ_BYTES ((gsize)(16 * 1024))
#define WRITE_BYTES ((gsize)(64 * 1024))
/* Who is closed may take what was sent before, as long as it does, and finish talking. */
#define LINGER_MS 2000
#define IGNORED_BYTES (1024 * 1024)

struct _SlLineTransport {
    GObject parent_instance;

    GMainContext *context;
    SlLimits limits;
    GSocket *socket;
    GSource *reading, *writing, *lingering;

    GByteArray *line;   /* the beginning of one, without its end */
    GByteArray *unsent; /* from n_sent on */
    gsize n_sent;

    gboolean ended;  /* nothing comes any more */
    gboolean closed; /* nothing is handed over any more */
    gboolean gone;
    gboolean has_moved; /* since the last look */
    gsize n_ignored;
};

static void sl_line_transport_iface_init(SlRelayTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(SlLineTransport, sl_line_transport, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(SL_TYPE_RELAY_TRANSPORT,
                                                    sl_line_transport_iface_init))

static guint signal_gone;

/* --- the end --- */

/* Whoever holds it may let it go in these. */
static void
go(SlLineTransport *self)
{
    g_autoptr(SlLineTransport) alive = g_object_ref(self);

    if (self->gone)
        return;
    self->gone = TRUE;
    sl_clear_source(&self->reading);
    sl_clear_source(&self->writing);
    sl_clear_source(&self->lingering);
    g_socket_close(self->socket, NULL);
    if (!self->closed) {
        self->closed = TRUE;
        sl_relay_transport_emit_closed(SL_RELAY_TRANSPORT(self));
    }
    g_signal_emit(self, signal_gone, 0);
}

/* --- out --- */

static gsize
get_n_unsent(SlLineTransport *self)
{
    return self->unsent->len - self->n_sent;
}

/* Nobody takes it any more, but what they said before is there to be read yet: by its end, the
 * connection's is known. */
static void
discard_unsent(SlLineTransport *self)
{
    g_byte_array_set_size(self->unsent, 0);
    self->n_sent = 0;
}

static void
write_some(SlLineTransport *self)
{
    g_autoptr(GError) error = NULL;
    gsize n_unsent = get_n_unsent(self);
    gssize n;

    if (n_unsent == 0)
        return;
    n = g_socket_send(self->socket, (const char *)self->unsent->data + self->n_sent,
                      MIN(n_unsent, WRITE_BYTES), NULL, &error);
    if (n < 0 && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return;
    if (n <= 0) {
        discard_unsent(self);
        return;
    }
    self->has_moved = TRUE;
    self->n_sent += (gsize)n;
    if (self->n_sent >= self->unsent->len / 2) {
        g_byte_array_remove_range(self->unsent, 0, (guint)self->n_sent);
        self->n_sent = 0;
    }
}

/* It is told that nothing follows; it goes when it has said everything, too. */
static void
finish_sending(SlLineTransport *self)
{
    if (self->ended || !g_socket_shutdown(self->socket, FALSE, TRUE, NULL))
        go(self);
}

static gboolean
on_socket_writable(GSocket *socket, GIOCondition condition, gpointer user_data)
{
    SlLineTransport *self = user_data;
    g_autoptr(SlLineTransport) alive = g_object_ref(self);

    write_some(self);
    if (get_n_unsent(self) > 0)
        return G_SOURCE_CONTINUE;
    sl_clear_source(&self->writing);
    if (self->closed)
        finish_sending(self);
    else
        sl_relay_transport_emit_drained(SL_RELAY_TRANSPORT(self));
    return G_SOURCE_REMOVE;
}

static void
sl_line_transport_send(SlRelayTransport *transport, const char *text)
{
    SlLineTransport *self = SL_LINE_TRANSPORT(transport);
    gsize len = strlen(text);

    if (self->closed)
        return;
    if (get_n_unsent(self) + len + 1 > self->limits.max_queue_bytes) {
        sl_limits_reached(&self->limits, SL_LIMIT(max_queue_bytes), NULL);
        go(self);
        return;
    }
    g_byte_array_append(self->unsent, (const guint8 *)text, (guint)len);
    g_byte_array_append(self->unsent, (const guint8 *)"\n", 1);
    if (self->writing != NULL)
        return;
    self->writing = g_socket_create_source(self->socket, G_IO_OUT, NULL);
    g_source_set_callback(self->writing, G_SOURCE_FUNC(on_socket_writable), self, NULL);
    g_source_attach(self->writing, self->context);
}

static gboolean
on_linger(gpointer user_data)
{
    SlLineTransport *self = user_data;

    if (self->has_moved) {
        self->has_moved = FALSE;
        return G_SOURCE_CONTINUE;
    }
    go(self);
    return G_SOURCE_REMOVE;
}

static void
sl_line_transport_close(SlRelayTransport *transport, const char *reason)
{
    SlLineTransport *self = SL_LINE_TRANSPORT(transport);
    g_autoptr(SlLineTransport) alive = g_object_ref(self);

    if (self->closed)
        return;
    self->closed = TRUE;
    sl_relay_transport_emit_closed(transport);
    self->lingering = sl_context_add_timeout(self->context, LINGER_MS, on_linger, self);
    /* At once, since the program may be about to end. */
    write_some(self);
    if (get_n_unsent(self) == 0) {
        sl_clear_source(&self->writing);
        finish_sending(self);
    }
}

/* --- in --- */

static void
refuse_line(SlLineTransport *self)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    sl_limits_reached(&self->limits, SL_LIMIT(max_message_bytes), NULL);
    g_set_error(&error, SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_LARGE, "a line has more than %u bytes",
                self->limits.max_message_bytes);
    text = sl_relay_wire_error(-1, NULL, error);
    sl_line_transport_send(SL_RELAY_TRANSPORT(self), text);
    sl_line_transport_close(SL_RELAY_TRANSPORT(self), "too-large");
}

/* An empty one is nothing. */
static void
take_line(SlLineTransport *self)
{
    g_autoptr(GBytes) bytes = NULL;
    GByteArray *line;

    if (self->line->len == 0)
        return;
    line = g_steal_pointer(&self->line);
    self->line = g_byte_array_new();
    bytes = g_byte_array_free_to_bytes(line);
    sl_relay_transport_emit_received(SL_RELAY_TRANSPORT(self), bytes, FALSE);
}

/* It may be closed by what it says. */
static void
take_bytes(SlLineTransport *self, const char *bytes, gsize len)
{
    while (len > 0 && !self->closed) {
        const char *end = memchr(bytes, '\n', len);
        gsize n = end != NULL ? (gsize)(end - bytes) : len;

        if (self->line->len + n > self->limits.max_message_bytes) {
            refuse_line(self);
            return;
        }
        g_byte_array_append(self->line, (const guint8 *)bytes, (guint)n);
        if (end == NULL)
            return;
        take_line(self);
        bytes = end + 1;
        len -= n + 1;
    }
}

/* What it said last counts without the line's end, too. */
static void
take_end(SlLineTransport *self)
{
    self->ended = TRUE;
    sl_clear_source(&self->reading);
    if (!self->closed)
        take_line(self);
    if (!self->closed)
        sl_relay_transport_emit_ended(SL_RELAY_TRANSPORT(self));
    else if (get_n_unsent(self) == 0)
        go(self);
}

static gboolean
on_socket_readable(GSocket *socket, GIOCondition condition, gpointer user_data)
{
    SlLineTransport *self = user_data;
    g_autoptr(SlLineTransport) alive = g_object_ref(self);
    char buffer[READ_BYTES];
    g_autoptr(GError) error = NULL;
    gssize n = g_socket_receive(socket, buffer, sizeof(buffer), NULL, &error);

    if (n < 0 && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return G_SOURCE_CONTINUE;
    if (n <= 0)
        take_end(self);
    else if (!self->closed)
        take_bytes(self, buffer, (gsize)n);
    else if ((self->n_ignored += (gsize)n) > IGNORED_BYTES)
        go(self);
    return G_SOURCE_CONTINUE;
}

/* --- the object --- */

static gboolean
sl_line_transport_is_acknowledging(SlRelayTransport *transport)
{
    return TRUE;
}

static void
sl_line_transport_iface_init(SlRelayTransportInterface *iface)
{
    iface->send = sl_line_transport_send;
    iface->close = sl_line_transport_close;
    iface->is_acknowledging = sl_line_transport_is_acknowledging;
}

static void
sl_line_transport_finalize(GObject *object)
{
    SlLineTransport *self = SL_LINE_TRANSPORT(object);

    sl_clear_source(&self->reading);
    sl_clear_source(&self->writing);
    sl_clear_source(&self->lingering);
    g_clear_object(&self->socket);
    g_byte_array_unref(self->line);
    g_byte_array_unref(self->unsent);
    g_clear_pointer(&self->context, g_main_context_unref);
    G_OBJECT_CLASS(sl_line_transport_parent_class)->finalize(object);
}

static void
sl_line_transport_class_init(SlLineTransportClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_line_transport_finalize;

    signal_gone = g_signal_new("gone", SL_TYPE_LINE_TRANSPORT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                               NULL, G_TYPE_NONE, 0);
}

static void
sl_line_transport_init(SlLineTransport *self)
{
    sl_census_add_object(self);
    self->line = g_byte_array_new();
    self->unsent = g_byte_array_new();
}

SlLineTransport *
sl_line_transport_new(GMainContext *context, GSocket *socket, const SlLimits *limits)
{
    SlLineTransport *self = g_object_new(SL_TYPE_LINE_TRANSPORT, NULL);

    self->context = context != NULL ? g_main_context_ref(context) : NULL;
    self->limits = *limits;
    self->socket = g_object_ref(socket);
    g_socket_set_blocking(socket, FALSE);
    self->reading = g_socket_create_source(socket, G_IO_IN, NULL);
    g_source_set_callback(self->reading, G_SOURCE_FUNC(on_socket_readable), self, NULL);
    g_source_attach(self->reading, context);
    return self;
}
