#include "sl-object-download.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "sl-census.h"
#include "sl-context.h"
#include "sl-listener.h"

#define CENSUS_NAME "SlObjectDownload"
#define CHUNK_BYTES (64 * 1024)
/* Read, and not yet taken by the system: one is written while the next is read. */
#define WINDOW_BYTES (2 * CHUNK_BYTES)
/* What the system keeps of it unsent: the rest it would only keep longer than we do. */
#define UNSENT_BYTES (128 * 1024)

typedef struct {
    GMainContext *context;
    SlObjectStore *store;
    SoupServerMessage *msg; /* NULL once it has ended */
    SlObject *object;
    SlObjectShare *share;
    GCancellable *cancellable;
    GSource *waiting;    /* nullable: for the rate */
    guint64 offset, end; /* of what is read next */
    gsize n_unwritten;   /* read */
    gboolean is_reading;
} Download;

static void read_next(Download *self);

static void
download_clear(gpointer data)
{
    Download *self = data;

    g_object_unref(self->object);
    g_object_unref(self->store);
    g_object_unref(self->cancellable);
    g_main_context_unref(self->context);
    sl_census_leave(CENSUS_NAME);
}

static void
download_unref(gpointer self)
{
    g_rc_box_release_full(self, download_clear);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Download, download_unref)

/* Drops the message's reference. */
static void
on_message_ended(SoupServerMessage *msg, Download *self)
{
    g_autoptr(Download) owned = self;

    g_signal_handlers_disconnect_by_data(msg, self);
    g_cancellable_cancel(self->cancellable);
    sl_clear_source(&self->waiting);
    g_clear_pointer(&self->share, sl_object_share_free);
    g_clear_object(&self->msg);
}

static gboolean
on_rate_waited(gpointer data)
{
    Download *self = data;

    sl_clear_source(&self->waiting);
    sl_listener_moved(self->msg);
    read_next(self);
    return G_SOURCE_REMOVE;
}

static void
on_read(GObject *object, GAsyncResult *result, gpointer data)
{
    g_autoptr(Download) self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = sl_object_read_finish(SL_OBJECT(object), result, &error);
    guint wait_ms;

    self->is_reading = FALSE;
    if (self->msg == NULL)
        return;
    /* The header has gone: that it ends too early is all that can be said. */
    if (bytes == NULL) {
        sl_listener_drop(self->msg);
        return;
    }
    self->offset += g_bytes_get_size(bytes);
    self->n_unwritten += g_bytes_get_size(bytes);
    soup_message_body_append_bytes(soup_server_message_get_response_body(self->msg), bytes);
    soup_server_message_unpause(self->msg);
    wait_ms = sl_object_share_spend(self->share, g_bytes_get_size(bytes), g_get_monotonic_time());
    if (wait_ms > 0)
        self->waiting = sl_context_add_timeout(self->context, wait_ms, on_rate_waited, self);
    else
        read_next(self);
}

static void
read_next(Download *self)
{
    if (self->is_reading || self->waiting != NULL || self->offset == self->end ||
        self->n_unwritten >= WINDOW_BYTES)
        return;
    self->is_reading = TRUE;
    sl_object_read_async(self->object, self->offset, MIN(CHUNK_BYTES, self->end - self->offset),
                         self->cancellable, on_read, g_rc_box_acquire(self));
}

static void
on_message_wrote_body_data(SoupServerMessage *msg, guint bytes, Download *self)
{
    self->n_unwritten -= MIN(bytes, self->n_unwritten);
    sl_object_store_count_served(self->store, bytes);
    read_next(self);
}

static void
bound_unsent(SoupServerMessage *msg)
{
    GSocket *socket = sl_listener_get_socket(msg);

    if (socket != NULL)
        g_socket_set_option(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES, NULL);
}

void
sl_object_download_new(GMainContext *context, SlObjectStore *store, SoupServerMessage *msg,
                       SlObject *object, const SlByteRange *range, SlObjectShare *share)
{
    Download *self = g_rc_box_new0(Download);

    sl_census_enter(CENSUS_NAME);
    self->context = g_main_context_ref(context);
    self->store = g_object_ref(store);
    self->msg = g_object_ref(msg);
    self->object = g_object_ref(object);
    self->share = share;
    self->cancellable = g_cancellable_new();
    self->offset = range->begin;
    self->end = range->end;
    soup_message_body_set_accumulate(soup_server_message_get_response_body(msg), FALSE);
    g_signal_connect(msg, "wrote-body-data", G_CALLBACK(on_message_wrote_body_data), self);
    g_signal_connect(msg, "finished", G_CALLBACK(on_message_ended), self);
    g_signal_connect(msg, "disconnected", G_CALLBACK(on_message_ended), self);
    bound_unsent(msg);
    sl_listener_moved(msg);
    read_next(self);
}
