#include "sl-object-upload.h"

#include "sl-answer.h"
#include "sl-census.h"
#include "sl-context.h"
#include "sl-listener.h"
#include "sl-object-answer.h"
#include "sl-request.h"

#define CENSUS_NAME "SlObjectUpload"
/* Appended and not taken yet. */
#define WINDOW_BYTES (256 * 1024)

/* Why the message is not read. */
typedef enum {
    PAUSE_OPENING = 1 << 0,
    PAUSE_TAKING = 1 << 1,
    PAUSE_RATE = 1 << 2,
    PAUSE_STORING = 1 << 3,
} Pauses;

struct _SlObjectUpload {
    GMainContext *context;
    SlObjectStore *store;
    SoupServerMessage *msg; /* NULL once it has ended */
    SlObjectShare *share;
    SlObjectWriter *writer; /* nullable */
    GCancellable *cancellable;
    GSource *waiting; /* nullable: for the rate */
    char *hash;
    guint64 size, appended;
    Pauses pauses;
    gboolean is_stored;
};

static void
upload_clear(gpointer data)
{
    SlObjectUpload *self = data;

    g_object_unref(self->store);
    g_object_unref(self->cancellable);
    g_main_context_unref(self->context);
    g_free(self->hash);
    sl_census_leave(CENSUS_NAME);
}

static void
upload_unref(gpointer self)
{
    g_rc_box_release_full(self, upload_clear);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlObjectUpload, upload_unref)

static void
drop_writer(SlObjectUpload *self)
{
    if (self->writer == NULL)
        return;
    g_signal_handlers_disconnect_by_data(self->writer, self);
    /* Its key is known to nobody: nobody goes on with it. */
    sl_object_writer_drop(self->writer);
    g_clear_object(&self->writer);
}

/* Drops the message's reference. */
static void
on_message_ended(SoupServerMessage *msg, SlObjectUpload *self)
{
    g_autoptr(SlObjectUpload) owned = self;

    g_signal_handlers_disconnect_by_data(msg, self);
    g_object_set_data(G_OBJECT(msg), "sl-object-upload", NULL);
    g_cancellable_cancel(self->cancellable);
    sl_clear_source(&self->waiting);
    drop_writer(self);
    g_clear_pointer(&self->share, sl_object_share_free);
    g_clear_object(&self->msg);
}

static void
set_pause(SlObjectUpload *self, Pauses pause, gboolean is_set)
{
    Pauses before = self->pauses;

    self->pauses = is_set ? before | pause : before & ~pause;
    if (before == 0 && self->pauses != 0)
        soup_server_message_pause(self->msg);
    else if (before != 0 && self->pauses == 0)
        soup_server_message_unpause(self->msg);
}

/* Whatever it waited for. */
static void
go_on(SlObjectUpload *self)
{
    sl_clear_source(&self->waiting);
    set_pause(self, self->pauses, FALSE);
}

static void
answer_error(SlObjectUpload *self, const GError *error)
{
    drop_writer(self);
    sl_object_answer_error(self->msg, error);
    go_on(self);
}

static void
answer_stored(SlObjectUpload *self, guint status)
{
    sl_object_answer_stored(self->msg, status, self->hash);
    go_on(self);
}

/* --- what comes --- */

static gboolean
on_rate_waited(gpointer data)
{
    SlObjectUpload *self = data;

    sl_clear_source(&self->waiting);
    sl_listener_moved(self->msg);
    set_pause(self, PAUSE_RATE, FALSE);
    return G_SOURCE_REMOVE;
}

static void
on_message_got_chunk(SoupServerMessage *msg, GBytes *chunk, SlObjectUpload *self)
{
    gsize bytes = g_bytes_get_size(chunk);
    guint wait_ms = sl_object_share_spend(self->share, bytes, g_get_monotonic_time());

    if (self->writer != NULL && sl_object_writer_append(self->writer, chunk)) {
        self->appended += bytes;
        if (self->appended - sl_object_writer_get_offset(self->writer) > WINDOW_BYTES)
            set_pause(self, PAUSE_TAKING, TRUE);
    }
    if (wait_ms > 0 && self->waiting == NULL) {
        self->waiting = sl_context_add_timeout(self->context, wait_ms, on_rate_waited, self);
        set_pause(self, PAUSE_RATE, TRUE);
    }
}

static void
on_writer_taken(SlObjectWriter *writer, guint64 offset, SlObjectUpload *self)
{
    if (self->appended - offset <= WINDOW_BYTES / 2)
        set_pause(self, PAUSE_TAKING, FALSE);
}

/* Before the body has come where somebody else's upload of it was faster: the rest is not needed.
 */
static void
on_writer_stored(SlObjectWriter *writer, SlObjectUpload *self)
{
    self->is_stored = TRUE;
    drop_writer(self);
    if (self->pauses & PAUSE_STORING)
        answer_stored(self, SOUP_STATUS_CREATED);
    else
        set_pause(self, PAUSE_TAKING, FALSE);
}

static void
on_writer_failed(SlObjectWriter *writer, const GError *error, SlObjectUpload *self)
{
    answer_error(self, error);
}

void
sl_object_upload_finish(SlObjectUpload *self)
{
    if (self->is_stored)
        answer_stored(self, SOUP_STATUS_CREATED);
    else
        set_pause(self, PAUSE_STORING, TRUE);
}

/* --- before it comes --- */

static void
begin_writing(SlObjectUpload *self)
{
    g_autofree char *key = g_uuid_string_random();
    g_autoptr(GError) error = NULL;

    self->writer = sl_object_store_begin(self->store, self->hash, self->size, key,
                                         sl_request_get_address(self->msg), &error);
    if (self->writer == NULL) {
        answer_error(self, error);
        return;
    }
    g_signal_connect(self->writer, "taken", G_CALLBACK(on_writer_taken), self);
    g_signal_connect(self->writer, "stored", G_CALLBACK(on_writer_stored), self);
    g_signal_connect(self->writer, "failed", G_CALLBACK(on_writer_failed), self);
    sl_listener_moved(self->msg);
    set_pause(self, PAUSE_OPENING, FALSE);
}

/* What is not expected to be answered before it is sent is read to its end and thrown away. */
static void
on_opened(GObject *store, GAsyncResult *result, gpointer data)
{
    g_autoptr(SlObjectUpload) self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(SlObject) object =
        sl_object_store_open_finish(SL_OBJECT_STORE(store), result, &error);

    if (self->msg == NULL)
        return;
    if (object == NULL && g_error_matches(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_UNKNOWN_OBJECT)) {
        begin_writing(self);
    } else if (object == NULL) {
        answer_error(self, error);
    } else if (sl_object_get_size(object) != self->size) {
        sl_answer_problem(self->msg, SOUP_STATUS_UNPROCESSABLE_ENTITY,
                          "The object of this hash is here, and has another size.");
        go_on(self);
    } else {
        sl_listener_moved(self->msg);
        answer_stored(self, SOUP_STATUS_OK);
    }
}

void
sl_object_upload_new(GMainContext *context, SlObjectStore *store, SoupServerMessage *msg,
                     const char *hash, guint64 size, SlObjectShare *share)
{
    SlObjectUpload *self = g_rc_box_new0(SlObjectUpload);

    sl_census_enter(CENSUS_NAME);
    self->context = g_main_context_ref(context);
    self->store = g_object_ref(store);
    self->msg = g_object_ref(msg);
    self->share = share;
    self->cancellable = g_cancellable_new();
    self->hash = g_strdup(hash);
    self->size = size;
    g_object_set_data(G_OBJECT(msg), "sl-object-upload", self);
    g_signal_connect(msg, "got-chunk", G_CALLBACK(on_message_got_chunk), self);
    g_signal_connect(msg, "finished", G_CALLBACK(on_message_ended), self);
    g_signal_connect(msg, "disconnected", G_CALLBACK(on_message_ended), self);
    sl_listener_moved(msg);
    set_pause(self, PAUSE_OPENING, TRUE);
    sl_object_store_open_async(store, hash, SL_OBJECT_USE_PUT, self->cancellable, on_opened,
                               g_rc_box_acquire(self));
}

SlObjectUpload *
sl_object_upload_find(SoupServerMessage *msg)
{
    return g_object_get_data(G_OBJECT(msg), "sl-object-upload");
}
