#include "sl-object-client-private.h"

#include "sl-census.h"
#include "sl-context.h"
#include "sl-meters.h"

enum { READY, CLOSED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(SlObjectClient, sl_object_client, G_TYPE_OBJECT)

void
sl_object_client_send(SlObjectClient *self, char *text)
{
    g_autofree char *owned = text;

    if (!self->closing)
        sl_relay_transport_send(self->transport, owned);
}

void
sl_object_client_send_error(SlObjectClient *self, gint64 id, const GError *error)
{
    sl_object_client_send(self, sl_object_wire_error(id, error));
    if (g_error_matches(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_BAD_MESSAGE))
        sl_object_client_close(self, "bad-message");
}

gboolean
sl_object_client_check_role(SlObjectClient *self, SlRoles role, GError **error)
{
    if (sl_grant_allows(self->grant, role, NULL))
        return TRUE;
    g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_NOT_ALLOWED,
                "the key that was used does not allow to %s objects",
                role == SL_ROLE_WATCH ? "get" : "put");
    return FALSE;
}

/* Returns: whether @request, or what was none (-1), may be; else it is answered */
static gboolean
count_request(SlObjectClient *self, gint64 id)
{
    g_autoptr(GError) error = NULL;
    SlTokenResult result = sl_token_bucket_take(&self->requests, 1, g_get_monotonic_time());

    if (result == SL_TOKEN_TAKEN)
        return TRUE;
    sl_limits_reached(&self->limits, SL_LIMIT(object_requests_per_second), self->address);
    g_set_error(&error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_TOO_FAST, "more than %u requests a second",
                self->requests.rate);
    sl_object_client_send_error(self, id, error);
    if (result == SL_TOKEN_ABUSED)
        sl_object_client_close(self, "too-fast");
    return FALSE;
}

/* --- requests --- */

static gboolean
set_unknown_transfer(gint64 id, GError **error)
{
    g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_UNKNOWN_TRANSFER,
                "there is no transfer %" G_GINT64_FORMAT, id);
    return FALSE;
}

static gboolean
set_bad_message(GError **error, const char *message)
{
    g_set_error_literal(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_BAD_MESSAGE, message);
    return FALSE;
}

static gboolean
begin_transfer(SlObjectClient *self, const SlObjectRequest *request, GError **error)
{
    if (request->id <= self->last_id) {
        g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_BAD_MESSAGE,
                    "“id” is %" G_GINT64_FORMAT ", expected more than %" G_GINT64_FORMAT,
                    request->id, self->last_id);
        return FALSE;
    }
    self->last_id = request->id;
    return request->type == SL_OBJECT_REQUEST_PUT
               ? sl_object_client_begin_put(self, request, error)
               : sl_object_client_begin_get(self, request, error);
}

/* Of a transfer that has ended nothing is said: its end may have crossed it. */
static gboolean
handle_ack(SlObjectClient *self, const SlObjectRequest *request, GError **error)
{
    SlObjectGet *get = sl_object_client_find_get(self, request->id);

    if (get != NULL)
        return sl_object_client_take_ack(self, get, request->offset, error);
    if (sl_object_client_find_put(self, request->id) != NULL)
        return set_bad_message(error, "an “ack” of a “put”");
    return request->id <= self->last_id || set_unknown_transfer(request->id, error);
}

static gboolean
handle_stop(SlObjectClient *self, const SlObjectRequest *request, GError **error)
{
    SlObjectGet *get = sl_object_client_find_get(self, request->id);
    SlObjectPut *put = sl_object_client_find_put(self, request->id);

    if (get == NULL && put == NULL)
        return set_unknown_transfer(request->id, error);
    if (get != NULL)
        sl_object_client_end_get(self, get);
    else
        sl_object_client_end_put(self, put);
    sl_object_client_send(self, sl_object_wire_stopped((guint32)request->id));
    return TRUE;
}

static gboolean
handle_request(SlObjectClient *self, const SlObjectRequest *request, GError **error)
{
    switch (request->type) {
    case SL_OBJECT_REQUEST_PUT:
    case SL_OBJECT_REQUEST_GET:
        return begin_transfer(self, request, error);
    case SL_OBJECT_REQUEST_ACK:
        return handle_ack(self, request, error);
    case SL_OBJECT_REQUEST_STOP:
        return handle_stop(self, request, error);
    }
    return TRUE;
}

/* What was sent bounds those that acknowledge chunks, and what was begun those that end it. */
static gboolean
is_counted(SlObjectClient *self, const SlObjectRequest *request)
{
    SlObjectGet *get = sl_object_client_find_get(self, request->id);

    switch (request->type) {
    case SL_OBJECT_REQUEST_ACK:
        return get == NULL || !sl_object_get_is_whole_ack(get, request->offset);
    case SL_OBJECT_REQUEST_STOP:
        return get == NULL && sl_object_client_find_put(self, request->id) == NULL;
    case SL_OBJECT_REQUEST_PUT:
    case SL_OBJECT_REQUEST_GET:
        break;
    }
    return TRUE;
}

static void
on_text(SlObjectClient *self, GBytes *text)
{
    g_auto(SlObjectRequest) request = { NULL };
    g_autoptr(GError) error = NULL;
    gsize len;
    const char *data = g_bytes_get_data(text, &len);
    /* Bytes that are none are nowhere. */
    gboolean parsed = sl_object_request_parse(&request, len > 0 ? data : "", len, &error);

    if ((!parsed || is_counted(self, &request)) && !count_request(self, request.id))
        return;
    if (!parsed || !handle_request(self, &request, &error))
        sl_object_client_send_error(self, request.id, error);
}

/* --- chunks --- */

static gboolean
handle_chunk(SlObjectClient *self, const SlObjectChunk *chunk, GBytes *message, GError **error)
{
    SlObjectPut *put = sl_object_client_find_put(self, chunk->id);

    if (put == NULL)
        return set_bad_message(error, "a chunk of a “get”");
    if (sl_object_client_check_role(self, SL_ROLE_PUBLISH, error))
        return sl_object_put_append(put, chunk, message, SL_OBJECT_PUT_WINDOW, error);
    sl_object_client_end_put(self, put);
    return FALSE;
}

/* Many that are short cost as many requests. What is refused is missing, so its upload ends. */
static gboolean
count_short(SlObjectClient *self, const SlObjectChunk *chunk)
{
    SlObjectPut *put = sl_object_client_find_put(self, chunk->id);
    g_autoptr(SlObjectPut) alive = put != NULL ? g_object_ref(put) : NULL;

    if (put == NULL || !sl_object_put_is_short(put, chunk) || count_request(self, chunk->id))
        return TRUE;
    sl_object_client_end_put(self, put);
    return FALSE;
}

static void
on_chunk(SlObjectClient *self, GBytes *message)
{
    SlObjectChunk chunk;
    g_autoptr(GError) error = NULL;

    if (!sl_object_chunk_parse(&chunk, message, &error)) {
        sl_object_client_send_error(self, -1, error);
    } else if (chunk.id > self->last_id) {
        set_unknown_transfer(chunk.id, &error);
        if (count_request(self, chunk.id))
            sl_object_client_send_error(self, chunk.id, error);
    } else if ((sl_object_client_find_put(self, chunk.id) != NULL ||
                sl_object_client_find_get(self, chunk.id) != NULL) &&
               count_short(self, &chunk) && !handle_chunk(self, &chunk, message, &error)) {
        sl_object_client_send_error(self, chunk.id, error);
    }
}

/* --- time --- */

/* Returns: (transfer full): they may end meanwhile, or all of them */
static GPtrArray *
copy_transfers(GQueue *queue)
{
    GPtrArray *copy = g_ptr_array_new_with_free_func(g_object_unref);

    for (GList *l = queue->head; l != NULL; l = l->next)
        g_ptr_array_add(copy, g_object_ref(l->data));
    return copy;
}

static void
look_at_all(SlObjectClient *self, gint64 now_us)
{
    g_autoptr(GPtrArray) puts = copy_transfers(&self->puts);
    g_autoptr(GPtrArray) gets = copy_transfers(&self->gets);

    for (guint i = 0; i < puts->len && !self->closing; i++)
        sl_object_client_acknowledge(self, puts->pdata[i], now_us);
    for (guint i = 0; i < gets->len && !self->closing; i++)
        sl_object_client_check_stalled(self, gets->pdata[i], now_us);
}

static gboolean
on_timer(gpointer user_data)
{
    SlObjectClient *self = user_data;
    g_autoptr(SlObjectClient) alive = g_object_ref(self);

    sl_clear_source(&self->timer);
    self->timer_us = G_MAXINT64;
    look_at_all(self, g_get_monotonic_time());
    if (!self->closing)
        g_signal_emit(self, signals[READY], 0);
    return G_SOURCE_REMOVE;
}

void
sl_object_client_wake_at(SlObjectClient *self, gint64 at_us)
{
    gint64 wait_us = at_us - g_get_monotonic_time();

    if (at_us >= self->timer_us || self->closing)
        return;
    sl_clear_source(&self->timer);
    self->timer_us = at_us;
    self->timer = sl_context_add_timeout(
        self->context, (guint)CLAMP((wait_us + 999) / 1000, 0, G_MAXINT), on_timer, self);
}

/* --- the transport --- */

static void
on_transport_received(SlRelayTransport *transport, GBytes *message, gboolean is_binary,
                      SlObjectClient *self)
{
    g_autoptr(SlObjectClient) alive = g_object_ref(self);

    if (self->closing)
        return;
    if (is_binary)
        on_chunk(self, message);
    else
        on_text(self, message);
}

static void
on_transport_drained(SlRelayTransport *transport, SlObjectClient *self)
{
    if (!self->closing)
        g_signal_emit(self, signals[READY], 0);
}

static void
end_transfers(SlObjectClient *self)
{
    while (self->puts.head != NULL)
        sl_object_client_end_put(self, self->puts.head->data);
    while (self->gets.head != NULL)
        sl_object_client_end_get(self, self->gets.head->data);
}

static void
release_transport(SlObjectClient *self)
{
    if (self->transport != NULL)
        g_signal_handlers_disconnect_by_data(self->transport, self);
    g_clear_object(&self->transport);
    sl_clear_source(&self->timer);
}

static void
on_transport_closed(SlRelayTransport *transport, SlObjectClient *self)
{
    g_autoptr(SlObjectClient) alive = g_object_ref(self);

    self->closing = TRUE;
    release_transport(self);
    end_transfers(self);
    g_signal_emit(self, signals[CLOSED], 0);
}

void
sl_object_client_close(SlObjectClient *self, const char *reason)
{
    if (self->closing)
        return;
    self->closing = TRUE;
    sl_relay_transport_close(self->transport, reason);
}

/* --- life --- */

void
sl_object_client_start(SlObjectClient *self)
{
    sl_object_client_send(
        self, sl_object_wire_welcome(SL_OBJECT_PUT_WINDOW,
                                     sl_object_store_get_max_object_bytes(self->store),
                                     sl_grant_allows(self->grant, SL_ROLE_PUBLISH, NULL)));
}

static void
sl_object_client_dispose(GObject *object)
{
    SlObjectClient *self = SL_OBJECT_CLIENT(object);

    self->closing = TRUE;
    release_transport(self);
    end_transfers(self);
    G_OBJECT_CLASS(sl_object_client_parent_class)->dispose(object);
}

static void
sl_object_client_finalize(GObject *object)
{
    SlObjectClient *self = SL_OBJECT_CLIENT(object);

    g_clear_object(&self->store);
    g_clear_pointer(&self->grant, sl_grant_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_free(self->address);
    G_OBJECT_CLASS(sl_object_client_parent_class)->finalize(object);
}

static void
sl_object_client_class_init(SlObjectClientClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);
    GType type = G_TYPE_FROM_CLASS(klass);

    object_class->dispose = sl_object_client_dispose;
    object_class->finalize = sl_object_client_finalize;
    signals[READY] =
        g_signal_new("ready", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[CLOSED] =
        g_signal_new("closed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
sl_object_client_init(SlObjectClient *self)
{
    sl_census_add_object(self);
    g_queue_init(&self->puts);
    g_queue_init(&self->gets);
    self->last_id = -1;
    self->timer_us = G_MAXINT64;
}

/* It fills within a quarter of a second what it lets through at once, a chunk at least. */
static void
init_bytes(SlTokenBucket *bucket, guint rate, gint64 now_us)
{
    sl_token_bucket_init(bucket, rate, MAX(rate / 4, (guint)SL_OBJECT_CHUNK_BYTES), now_us);
}

SlObjectClient *
sl_object_client_new(GMainContext *context, const SlLimits *limits, SlObjectStore *store,
                     SlRelayTransport *transport, SlGrant *grant, const char *address)
{
    SlObjectClient *self = g_object_new(SL_TYPE_OBJECT_CLIENT, NULL);
    gint64 now_us = g_get_monotonic_time();

    self->context = context != NULL ? g_main_context_ref(context) : NULL;
    self->limits = *limits;
    self->store = g_object_ref(store);
    self->grant = sl_grant_ref(grant);
    self->address = g_strdup(address);
    sl_token_bucket_init(&self->requests, limits->object_requests_per_second,
                         limits->object_request_burst, now_us);
    init_bytes(&self->put_bytes, limits->put_bytes_per_second, now_us);
    init_bytes(&self->get_bytes, limits->get_bytes_per_second, now_us);
    sl_ledbat_init(&self->ledbat, now_us);
    self->transport = g_object_ref(transport);
    g_signal_connect(transport, "received", G_CALLBACK(on_transport_received), self);
    g_signal_connect(transport, "drained", G_CALLBACK(on_transport_drained), self);
    g_signal_connect(transport, "closed", G_CALLBACK(on_transport_closed), self);
    return self;
}
