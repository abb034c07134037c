#include "sl-object-client-private.h"

#include "sl-meters.h"

SlObjectPut *
sl_object_client_find_put(SlObjectClient *self, gint64 id)
{
    for (GList *l = self->puts.head; l != NULL; l = l->next)
        if (sl_object_put_get_id(l->data) == id)
            return l->data;
    return NULL;
}

void
sl_object_client_end_put(SlObjectClient *self, SlObjectPut *put)
{
    if (!g_queue_remove(&self->puts, put))
        return;
    g_signal_handlers_disconnect_by_data(put, self);
    sl_object_put_leave(put);
    g_object_unref(put);
}

/* --- acknowledgements --- */

/* Those of a client that is to be slow come late. Returns: up to where it may be told now */
static guint64
get_allowed_offset(SlObjectClient *self, SlObjectPut *put, gint64 now_us)
{
    guint64 taken = sl_object_put_get_taken(put), offset = sl_object_put_get_acked(put);

    if (self->limits.put_bytes_per_second == 0)
        return taken;
    while (offset < taken) {
        guint n = (guint)MIN(taken - offset, SL_OBJECT_CHUNK_BYTES);
        gint64 wait_us = sl_token_bucket_get_wait_us(&self->put_bytes, n, now_us);

        if (wait_us > 0) {
            sl_limits_reached(&self->limits, SL_LIMIT(put_bytes_per_second), self->address);
            sl_object_client_wake_at(self, now_us + wait_us);
            break;
        }
        sl_token_bucket_take(&self->put_bytes, n, now_us);
        offset += n;
    }
    return offset;
}

void
sl_object_client_acknowledge(SlObjectClient *self, SlObjectPut *put, gint64 now_us)
{
    gint64 at_us = sl_object_put_get_ack_us(put);
    guint64 offset;

    if (at_us > now_us) {
        sl_object_client_wake_at(self, at_us);
        return;
    }
    offset = get_allowed_offset(self, put, now_us);
    if (offset == sl_object_put_get_acked(put))
        return;
    sl_object_put_acked(put, offset, now_us);
    sl_object_client_send(self, sl_object_wire_ack(sl_object_put_get_id(put), offset));
}

/* --- what an upload says --- */

static void
on_put_began(SlObjectPut *put, SlObjectClient *self)
{
    sl_object_client_send(
        self, sl_object_wire_putting(sl_object_put_get_id(put), sl_object_put_get_taken(put)));
}

static void
on_put_taken(SlObjectPut *put, SlObjectClient *self)
{
    sl_object_client_acknowledge(self, put, g_get_monotonic_time());
}

static void
on_put_stored(SlObjectPut *put, SlObjectClient *self)
{
    char *text = sl_object_wire_stored(sl_object_put_get_id(put), sl_object_put_get_hash(put));

    sl_object_client_end_put(self, put);
    sl_object_client_send(self, text);
}

static void
on_put_failed(SlObjectPut *put, GError *error, SlObjectClient *self)
{
    guint32 id = sl_object_put_get_id(put);

    sl_object_client_end_put(self, put);
    sl_object_client_send_error(self, id, error);
}

gboolean
sl_object_client_begin_put(SlObjectClient *self, const SlObjectRequest *request, GError **error)
{
    SlObjectPut *put;

    if (!sl_object_client_check_role(self, SL_ROLE_PUBLISH, error))
        return FALSE;
    if (self->puts.length >= self->limits.max_puts) {
        sl_limits_reached(&self->limits, SL_LIMIT(max_puts), self->address);
        g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_TOO_MANY,
                    "more than %u uploads at once", self->limits.max_puts);
        return FALSE;
    }
    put = sl_object_put_new(self->store, request, self->address);
    g_signal_connect(put, "began", G_CALLBACK(on_put_began), self);
    g_signal_connect(put, "taken", G_CALLBACK(on_put_taken), self);
    g_signal_connect(put, "stored", G_CALLBACK(on_put_stored), self);
    g_signal_connect(put, "failed", G_CALLBACK(on_put_failed), self);
    g_queue_push_tail(&self->puts, put);
    return TRUE;
}
