#include "sl-object-client-private.h"

#include "sl-meters.h"

/* Nothing of what was sent arrives any more: docs/relay.md, `stalled`. */
#define STALLED_US (60 * G_USEC_PER_SEC)

SlObjectGet *
sl_object_client_find_get(SlObjectClient *self, gint64 id)
{
    for (GList *l = self->gets.head; l != NULL; l = l->next)
        if (sl_object_get_get_id(l->data) == id)
            return l->data;
    return NULL;
}

static void
become_ready(SlObjectClient *self)
{
    g_signal_emit_by_name(self, "ready");
}

/* What of it is under way makes place for the others. */
void
sl_object_client_end_get(SlObjectClient *self, SlObjectGet *get)
{
    if (!g_queue_remove(&self->gets, get))
        return;
    self->under_way -= sl_object_get_get_under_way(get);
    g_signal_handlers_disconnect_by_data(get, self);
    sl_object_get_leave(get);
    g_object_unref(get);
    if (!self->closing)
        become_ready(self);
}

/* --- what a download says --- */

static void
on_get_began(SlObjectGet *get, SlObjectClient *self)
{
    char *text = sl_object_wire_getting(sl_object_get_get_id(get), sl_object_get_get_total(get),
                                        sl_object_get_get_acked(get));

    if (sl_object_get_is_done(get))
        sl_object_client_end_get(self, get);
    sl_object_client_send(self, text);
}

static void
on_get_ready(SlObjectGet *get, SlObjectClient *self)
{
    become_ready(self);
}

static void
end_with_error(SlObjectClient *self, SlObjectGet *get, const GError *error)
{
    guint32 id = sl_object_get_get_id(get);

    sl_object_client_end_get(self, get);
    sl_object_client_send_error(self, id, error);
}

static void
on_get_failed(SlObjectGet *get, GError *error, SlObjectClient *self)
{
    end_with_error(self, get, error);
}

gboolean
sl_object_client_begin_get(SlObjectClient *self, const SlObjectRequest *request, GError **error)
{
    SlObjectGet *get;

    if (!sl_object_client_check_role(self, SL_ROLE_WATCH, error))
        return FALSE;
    if (self->gets.length >= self->limits.max_gets) {
        sl_limits_reached(&self->limits, SL_LIMIT(max_gets), self->address);
        g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_TOO_MANY,
                    "more than %u downloads at once", self->limits.max_gets);
        return FALSE;
    }
    get = sl_object_get_new(self->store, request);
    g_signal_connect(get, "began", G_CALLBACK(on_get_began), self);
    g_signal_connect(get, "ready", G_CALLBACK(on_get_ready), self);
    g_signal_connect(get, "failed", G_CALLBACK(on_get_failed), self);
    g_queue_push_tail(&self->gets, get);
    return TRUE;
}

/* --- what has arrived --- */

gboolean
sl_object_client_take_ack(SlObjectClient *self, SlObjectGet *get, guint64 offset, GError **error)
{
    gint64 now_us = g_get_monotonic_time(), delay_us;
    gsize before = sl_object_get_get_under_way(get), acked;

    if (!sl_object_get_ack(get, offset, now_us, &delay_us, error))
        return FALSE;
    acked = before - sl_object_get_get_under_way(get);
    if (acked == 0)
        return TRUE;
    sl_ledbat_acked(&self->ledbat, acked, self->under_way, delay_us, now_us);
    self->under_way -= acked;
    if (sl_object_get_is_done(get))
        sl_object_client_end_get(self, get);
    else
        become_ready(self);
    return TRUE;
}

void
sl_object_client_check_stalled(SlObjectClient *self, SlObjectGet *get, gint64 now_us)
{
    gint64 since_us = sl_object_get_get_waiting_us(get);
    g_autoptr(GError) error = NULL;

    if (since_us == G_MAXINT64)
        return;
    if (now_us - since_us < STALLED_US) {
        sl_object_client_wake_at(self, since_us + STALLED_US);
        return;
    }
    g_set_error(&error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_STALLED,
                "nothing of what was sent was acknowledged for %d s",
                (int)(STALLED_US / G_USEC_PER_SEC));
    end_with_error(self, get, error);
}

/* --- turns --- */

/* Returns: (nullable): whose turn it is */
static SlObjectGet *
find_next(SlObjectClient *self)
{
    for (GList *l = self->gets.head; l != NULL; l = l->next)
        if (sl_object_get_peek(l->data) > 0)
            return l->data;
    return NULL;
}

/* At least one chunk may always be under way. */
static gboolean
may_send(SlObjectClient *self, gsize n, gint64 now_us)
{
    gint64 wait_us;

    if (self->under_way > 0 && self->under_way + n > sl_ledbat_get_window(&self->ledbat))
        return FALSE;
    if (sl_relay_transport_is_congested(self->transport))
        return FALSE;
    if (self->limits.get_bytes_per_second == 0)
        return TRUE;
    wait_us = sl_token_bucket_get_wait_us(&self->get_bytes, (guint)n, now_us);
    if (wait_us == 0) {
        sl_token_bucket_take(&self->get_bytes, (guint)n, now_us);
        return TRUE;
    }
    sl_limits_reached(&self->limits, SL_LIMIT(get_bytes_per_second), self->address);
    sl_object_client_wake_at(self, now_us + wait_us);
    return FALSE;
}

static void
send_chunk(SlObjectClient *self, SlObjectGet *get, gint64 now_us)
{
    gsize n = sl_object_get_peek(get);
    g_autoptr(GBytes) message = sl_object_get_take(get, now_us);

    self->under_way += n;
    g_queue_remove(&self->gets, get);
    g_queue_push_tail(&self->gets, get);
    sl_object_store_count_served(self->store, n);
    sl_object_client_check_stalled(self, get, now_us);
    if (self->transport != NULL) /* it may have been closed by that */
        sl_relay_transport_send_bytes(self->transport, message);
}

gboolean
sl_object_client_take_turn(SlObjectClient *self)
{
    g_autoptr(SlObjectClient) alive = g_object_ref(self);
    gint64 now_us = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;
    SlObjectGet *get = find_next(self);

    if (get == NULL || self->closing || !may_send(self, sl_object_get_peek(get), now_us))
        return FALSE;
    if (sl_object_client_check_role(self, SL_ROLE_WATCH, &error))
        send_chunk(self, get, now_us);
    else
        end_with_error(self, get, error);
    return !self->closing;
}
