#include "object-pen.h"
#include "fuzz.h"
#include "sl-object-error.h"

struct _ObjectPen {
    ObjectStage *stage;
    SlObjectWriter *writer; /* nullable */
    ObjectUpload *upload;
    char *key;
    char *address;
    guint64 first, appended, taken;
    gint64 began_us;
    guint start;     /* of the upload */
    gboolean inside; /* a call: it is told nothing in there */
    gboolean over;
    gboolean left; /* by itself */
    ObjectPenAct act;
};

static void
end(ObjectPen *self)
{
    if (self->over)
        return;
    self->over = TRUE;
    self->upload->writers--;
}

gboolean
object_pen_is_over(const ObjectPen *self)
{
    return self->over;
}

static void
check_told(const ObjectPen *self, const char *what)
{
    fuzz_show("%.6s %s: %s", self->upload->content->hash, self->key, what);
    fuzz_check(!self->inside, "%s from inside a call", what);
    fuzz_check(!self->over, "%s after its end", what);
}

static void act(ObjectPen *self);

static void
on_taken(SlObjectWriter *writer, guint64 offset, ObjectPen *self)
{
    check_told(self, "taken");
    fuzz_check(offset > self->taken && offset <= self->appended,
               "%" G_GUINT64_FORMAT " is taken, of %" G_GUINT64_FORMAT " after %" G_GUINT64_FORMAT,
               offset, self->appended, self->taken);
    fuzz_check(sl_object_writer_get_offset(writer) >= offset, "its offset is behind");
    self->taken = offset;
    self->upload->acked = MAX(self->upload->acked, offset);
    act(self);
}

static void
on_stored(SlObjectWriter *writer, ObjectPen *self)
{
    check_told(self, "stored");
    fuzz_check(object_stage_may_be_there(self->stage, self->upload->content),
               "it is stored, but nobody has sent it");
    object_stage_end_uploads(self->stage, self->upload->content);
    end(self);
    act(self);
}

static void
on_failed(SlObjectWriter *writer, GError *error, ObjectPen *self)
{
    gint64 age_us = g_get_monotonic_time() - self->began_us;
    gboolean expected = FALSE;

    check_told(self, "failed");
    fuzz_check(error->domain == SL_OBJECT_ERROR, "an error of another domain: %s", error->message);
    switch (error->code) {
    case SL_OBJECT_ERROR_TAKEN_OVER:
        expected = self->upload->starts > self->start;
        break;
    case SL_OBJECT_ERROR_HASH_MISMATCH:
        expected = object_upload_has_lied(self->upload);
        break;
    case SL_OBJECT_ERROR_NO_ROOM:
        expected = self->upload->size > 0 || self->stage->limits.max_objects < 10;
        break;
    case SL_OBJECT_ERROR_EXPIRED:
        expected = age_us >= self->stage->limits.partial_seconds * (gint64)G_USEC_PER_SEC;
        break;
    case SL_OBJECT_ERROR_FAILED: /* it was there already, and went while it was looked at */
        expected = self->stage->closing || self->first == self->upload->size;
        break;
    default:
        break;
    }
    fuzz_check(expected, "it failed with %s: %s", sl_object_error_get_word(error), error->message);
    if (error->code != SL_OBJECT_ERROR_TAKEN_OVER)
        object_upload_reset(self->upload);
    end(self);
    act(self);
}

/* --- what he does --- */

static const guint8 zeros[65536];

/* Of an object it says the size of wrongly, it may have too few bytes. */
static const guint8 *
next_bytes(const ObjectPen *self, gsize len)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(self->upload->content->bytes, &size);

    return len <= size && self->appended <= size - len ? data + self->appended : zeros;
}

void
object_pen_append(ObjectPen *self, gsize len, gboolean lies)
{
    g_autoptr(GBytes) bytes = NULL;
    const guint8 *data;

    len = (gsize)MIN(MIN(len, sizeof(zeros)), self->upload->size - self->appended);
    if (self->writer == NULL || len == 0)
        return;
    data = lies ? zeros : next_bytes(self, len);
    if (!self->over) {
        self->upload->lied = self->upload->lied || data == zeros;
        object_stage_note_sent(self->stage, self->upload, self->appended, len);
        self->appended += len;
    }
    bytes = g_bytes_new(data, len);
    self->inside = TRUE;
    fuzz_check(sl_object_writer_append(self->writer, bytes) || self->over, "it takes no more");
    self->inside = FALSE;
}

void
object_pen_append_too_much(ObjectPen *self)
{
    g_autoptr(GBytes) bytes = NULL;
    guint64 more = self->upload->size - self->appended + 1;

    if (self->writer == NULL || self->over || more > sizeof(zeros))
        return;
    bytes = g_bytes_new(zeros, (gsize)more);
    self->inside = TRUE;
    fuzz_check(!sl_object_writer_append(self->writer, bytes), "it takes more than its size");
    self->inside = FALSE;
}

void
object_pen_leave(ObjectPen *self)
{
    if (self->writer == NULL)
        return;
    self->inside = TRUE;
    sl_object_writer_leave(self->writer);
    self->inside = FALSE;
    self->left = TRUE;
    end(self);
}

void
object_pen_drop(ObjectPen *self)
{
    if (self->writer == NULL || self->left)
        return;
    self->inside = TRUE;
    sl_object_writer_drop(self->writer);
    self->inside = FALSE;
    if (!self->over)
        object_upload_reset(self->upload);
    end(self);
}

void
object_pen_let_go(ObjectPen *self)
{
    if (self->writer == NULL)
        return;
    g_signal_handlers_disconnect_by_data(self->writer, self);
    self->inside = TRUE;
    g_clear_object(&self->writer);
    self->inside = FALSE;
    end(self);
}

void
object_pen_set_act(ObjectPen *self, ObjectPenAct which)
{
    self->act = which;
}

static void
check_refusal(const ObjectPen *self, const GError *error)
{
    guint64 size = self->upload->size;
    gboolean expected = FALSE;

    fuzz_check(error != NULL && error->domain == SL_OBJECT_ERROR, "refused without an error");
    switch (error->code) {
    case SL_OBJECT_ERROR_TOO_LARGE:
        expected = size > (guint64)1024 * 1024;
        break;
    case SL_OBJECT_ERROR_NO_ROOM:
        expected = size > 0 || self->stage->limits.max_objects < 10;
        break;
    case SL_OBJECT_ERROR_HASH_MISMATCH:
        expected = size != g_bytes_get_size(self->upload->content->bytes) || self->stage->damaged;
        break;
    case SL_OBJECT_ERROR_FAILED:
        expected = self->stage->closing;
        break;
    default:
        break;
    }
    fuzz_check(expected, "it can't begin: %s: %s", sl_object_error_get_word(error), error->message);
}

static void
begin(ObjectPen *self)
{
    ObjectUpload *upload = self->upload;
    g_autoptr(GError) error = NULL;
    guint64 offset;

    self->writer = sl_object_store_begin(self->stage->store, upload->content->hash, upload->size,
                                         self->key, self->address, &error);
    self->over = self->writer == NULL;
    self->left = FALSE;
    if (self->over) {
        check_refusal(self, error);
        return;
    }
    fuzz_check(upload->size <= (guint64)1024 * 1024, "it is too large");
    offset = sl_object_writer_get_offset(self->writer);
    fuzz_show("%.6s %s: from %" G_GUINT64_FORMAT, upload->content->hash, self->key, offset);
    fuzz_check(offset <= upload->sent || (offset == upload->size &&
                                          object_stage_may_be_there(self->stage, upload->content)),
               "from %" G_GUINT64_FORMAT ", but only %" G_GUINT64_FORMAT " were sent", offset,
               upload->sent);
    fuzz_check(offset >= upload->acked || object_stage_may_have_gone(self->stage, upload),
               "from %" G_GUINT64_FORMAT ", but %" G_GUINT64_FORMAT " were taken", offset,
               upload->acked);
    upload->writers++;
    upload->still_us = self->began_us = g_get_monotonic_time();
    self->first = self->appended = self->taken = offset;
    /* Where it is there already, or about to be, nothing of this upload is. */
    upload->acked = offset < upload->size ? offset : 0;
    self->start = ++upload->starts;
    g_signal_connect(self->writer, "taken", G_CALLBACK(on_taken), self);
    g_signal_connect(self->writer, "stored", G_CALLBACK(on_stored), self);
    g_signal_connect(self->writer, "failed", G_CALLBACK(on_failed), self);
}

static void
act(ObjectPen *self)
{
    ObjectPenAct which = self->act;

    self->act = OBJECT_PEN_NOTHING;
    switch (which) {
    case OBJECT_PEN_APPENDS:
        object_pen_append(self, 20000, FALSE);
        break;
    case OBJECT_PEN_LEAVES:
        object_pen_leave(self);
        break;
    case OBJECT_PEN_DROPS:
        object_pen_drop(self);
        break;
    case OBJECT_PEN_LETS_GO:
        object_pen_let_go(self);
        break;
    case OBJECT_PEN_BEGINS_ANEW:
        object_pen_let_go(self);
        begin(self);
        break;
    case OBJECT_PEN_REMOVES:
        sl_object_store_remove(self->stage->store, self->upload->content->hash, NULL);
        break;
    case OBJECT_PEN_NOTHING:
    case OBJECT_PEN_N_ACTS:
        break;
    }
}

ObjectPen *
object_pen_new(ObjectStage *stage, const ObjectContent *content, guint64 size, const char *key,
               const char *address)
{
    ObjectPen *self = g_new0(ObjectPen, 1);

    self->stage = stage;
    self->upload = object_stage_get_upload(stage, content, size, key);
    self->key = g_strdup(key);
    self->address = g_strdup(address);
    begin(self);
    if (self->writer != NULL)
        return self;
    object_pen_free(self);
    return NULL;
}

void
object_pen_free(ObjectPen *self)
{
    object_pen_let_go(self);
    g_free(self->key);
    g_free(self->address);
    g_free(self);
}
