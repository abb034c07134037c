#include "sl-relay-client.h"
#include "sl-census.h"
#include "sl-json.h"
#include "sl-meters.h"
#include "sl-relay-subscription.h"
#include "sl-relay-window.h"
#include "sl-relay-wire.h"
#include "sl-token-bucket.h"

#include <string.h>

/* Messages read at once: enough to be cheap, few enough that many subscriptions take turns. */
#define READ_MESSAGES 32

struct _SlRelayClient {
    GObject parent_instance;

    GWeakRef relay;
    char *id;
    SlGrant *grant;
    SlLimits limits;
    SlTokenBucket requests, bytes;

    SlRelayTransport *transport; /* NULL once closed */
    gulong on_received, on_closed;
    gboolean closing;
    GCancellable *cancellable;

    GHashTable *subscriptions; /* channel's name → SlRelaySubscription, owned */
    GQueue ready;              /* SlRelaySubscription, owned: there may be something to read */
    gboolean reading;          /* one read at a time: the window is shared by all */
    gboolean full;             /* the next message did not fit; until an ack */
    SlRelayWindow window;
};

G_DEFINE_FINAL_TYPE(SlRelayClient, sl_relay_client, G_TYPE_OBJECT)

static guint signal_closed;

static void pump(SlRelayClient *self);

static void
send_text(SlRelayClient *self, char *text)
{
    g_autofree char *owned = text;

    if (self->transport != NULL && !self->closing)
        sl_relay_transport_send(self->transport, owned);
}

static void
send_error(SlRelayClient *self, gint64 id, const GError *error)
{
    send_text(self, sl_relay_wire_error(id, error));
    if (g_error_matches(error, SL_RELAY_ERROR, SL_RELAY_ERROR_BAD_MESSAGE))
        sl_relay_client_close(self, "bad-message");
}

static void
ready_push(SlRelayClient *self, SlRelaySubscription *subscription)
{
    if (subscription->queued || subscription->ended)
        return;
    subscription->queued = TRUE;
    g_queue_push_tail(&self->ready, sl_relay_subscription_ref(subscription));
}

/* Skips those that ended meanwhile or have nothing new. */
static SlRelaySubscription *
ready_pop(SlRelayClient *self)
{
    SlRelaySubscription *subscription;

    while ((subscription = g_queue_pop_head(&self->ready)) != NULL) {
        subscription->queued = FALSE;
        if (!subscription->ended &&
            subscription->cursor < sl_channel_get_last_offset(subscription->channel))
            return subscription;
        sl_relay_subscription_unref(subscription);
    }
    return NULL;
}

typedef struct {
    SlRelayClient *client;
    SlRelaySubscription *subscription;
} Read;

static void
read_free(Read *read)
{
    g_object_unref(read->client);
    sl_relay_subscription_unref(read->subscription);
    g_free(read);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Read, read_free)

static void
send_messages(SlRelayClient *self, SlRelaySubscription *subscription, GPtrArray *messages)
{
    const char *channel = sl_channel_get_name(subscription->channel);

    for (guint i = 0; i < messages->len; i++) {
        SlMessage *message = messages->pdata[i];

        /* Sending may close the client: the transport may notice that it is broken. */
        if (subscription->ended || self->closing)
            return;
        if (!sl_relay_window_fits(&self->window, message->bytes)) {
            self->full = TRUE;
            return;
        }
        if (message->offset > subscription->cursor + 1)
            send_text(self,
                      sl_relay_wire_gap(channel, subscription->cursor + 1, message->offset - 1));
        if (subscription->ended || self->closing)
            return;
        subscription->cursor = message->offset;
        sl_relay_window_add(&self->window, message->bytes);
        sl_relay_transport_send(self->transport, message->json);
    }
}

static void
on_channel_read(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(Read) read = user_data;
    SlRelayClient *self = read->client;
    g_autoptr(GPtrArray) messages = sl_channel_read_finish(SL_CHANNEL(source), result, NULL);

    self->reading = FALSE;
    if (messages != NULL && !self->closing)
        send_messages(self, read->subscription, messages);
    ready_push(self, read->subscription);
    pump(self);
}

static gboolean
end_subscription(SlRelayClient *self, const char *channel)
{
    SlRelaySubscription *subscription = g_hash_table_lookup(self->subscriptions, channel);

    if (subscription == NULL)
        return FALSE;
    if (subscription->queued && g_queue_remove(&self->ready, subscription))
        sl_relay_subscription_unref(subscription);
    g_hash_table_remove(self->subscriptions, channel);
    return TRUE;
}

static gboolean
check_allowed(SlRelayClient *self, SlRoles role, const char *stream, GError **error)
{
    if (sl_grant_allows(self->grant, role, stream))
        return TRUE;
    g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_NOT_ALLOWED,
                role == SL_ROLE_WATCH ? "the key does not allow to read this channel"
                                      : "the key does not allow to write to this channel");
    return FALSE;
}

static void
pump(SlRelayClient *self)
{
    while (!self->closing && !self->reading && !self->full) {
        g_autoptr(SlRelaySubscription) subscription = ready_pop(self);
        g_autoptr(GError) error = NULL;
        Read *read;
        gsize bytes;
        guint messages;

        if (subscription == NULL)
            return;
        if (!check_allowed(self, SL_ROLE_WATCH, subscription->stream, &error)) {
            end_subscription(self, sl_channel_get_name(subscription->channel));
            send_error(self, -1, error);
            continue;
        }
        read = g_new0(Read, 1);
        read->client = g_object_ref(self);
        read->subscription = sl_relay_subscription_ref(subscription);
        messages = sl_relay_window_get_room(&self->window, &bytes);
        self->reading = TRUE;
        sl_channel_read_async(subscription->channel, subscription->cursor,
                              MIN(messages, READ_MESSAGES), bytes, self->cancellable,
                              on_channel_read, read);
    }
}

static void
on_channel_published(SlChannel *channel, SlRelayClient *self)
{
    SlRelaySubscription *subscription =
        g_hash_table_lookup(self->subscriptions, sl_channel_get_name(channel));

    if (subscription == NULL)
        return;
    ready_push(self, subscription);
    pump(self);
}

/* Returns: (transfer full) (nullable) */
static SlChannel *
find_channel(SlRelayClient *self, const SlRelayRequest *request, SlRoles role, char **ret_stream,
             GError **error)
{
    g_autoptr(SlRelay) relay = g_weak_ref_get(&self->relay);
    SlChannel *channel = relay != NULL ? sl_relay_get_channel(relay, request->channel) : NULL;
    const char *stream;

    if (channel == NULL) {
        g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_UNKNOWN_CHANNEL,
                    "there is no channel “%s”", request->channel);
        return NULL;
    }
    stream = sl_relay_get_channel_stream(relay, request->channel);
    if (!check_allowed(self, role, stream, error))
        return NULL;
    *ret_stream = g_strdup(stream);
    return g_object_ref(channel);
}

static gboolean
handle_subscribe(SlRelayClient *self, const SlRelayRequest *request, GError **error)
{
    g_autofree char *stream = NULL;
    g_autoptr(SlChannel) channel = find_channel(self, request, SL_ROLE_WATCH, &stream, error);
    g_autoptr(SlRelaySubscription) subscription = NULL;
    guint64 cursor;
    gboolean recovered;

    if (channel == NULL)
        return FALSE;
    if (g_hash_table_contains(self->subscriptions, request->channel)) {
        g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_ALREADY_SUBSCRIBED,
                    "already subscribed to “%s”", request->channel);
        return FALSE;
    }
    if (g_hash_table_size(self->subscriptions) >= SL_RELAY_MAX_SUBSCRIPTIONS) {
        g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_MANY,
                    "at most %d channels can be subscribed to at once", SL_RELAY_MAX_SUBSCRIPTIONS);
        return FALSE;
    }
    recovered =
        sl_relay_subscription_start_after(channel, request->epoch, request->offset, &cursor);
    subscription = sl_relay_subscription_new(channel, stream, cursor);
    subscription->on_published =
        g_signal_connect(channel, "published", G_CALLBACK(on_channel_published), self);
    g_hash_table_insert(self->subscriptions, g_strdup(request->channel),
                        sl_relay_subscription_ref(subscription));
    send_text(self,
              sl_relay_wire_subscribed(request->id, request->channel, sl_channel_get_epoch(channel),
                                       sl_channel_get_last_offset(channel), recovered));
    ready_push(self, subscription);
    pump(self);
    return TRUE;
}

static gboolean
handle_unsubscribe(SlRelayClient *self, const SlRelayRequest *request, GError **error)
{
    if (!end_subscription(self, request->channel)) {
        g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_NOT_SUBSCRIBED, "not subscribed to “%s”",
                    request->channel);
        return FALSE;
    }
    send_text(self, sl_relay_wire_unsubscribed(request->id, request->channel));
    return TRUE;
}

typedef struct {
    SlRelayClient *client;
    gint64 id;
} Publish;

static void
on_channel_publish_done(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autofree Publish *publish = user_data;
    g_autoptr(SlRelayClient) self = publish->client;
    SlChannel *channel = SL_CHANNEL(source);
    guint64 offset = sl_channel_publish_finish(channel, result, NULL);

    /* It fails only when the client has closed. */
    if (offset != 0)
        send_text(self, sl_relay_wire_published(publish->id, sl_channel_get_name(channel), offset));
}

static gboolean
handle_publish(SlRelayClient *self, const SlRelayRequest *request, GError **error)
{
    g_autofree char *stream = NULL;
    g_autoptr(SlChannel) channel = find_channel(self, request, SL_ROLE_PUBLISH, &stream, error);
    g_autofree char *data = NULL;
    Publish *publish;

    if (channel == NULL)
        return FALSE;
    data = sl_json_node_to_text(request->data);
    if (strlen(data) > self->limits.max_publish_bytes) {
        sl_limits_reached(&self->limits, SL_LIMIT(max_publish_bytes), NULL);
        g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_LARGE,
                    "“data” has %" G_GSIZE_FORMAT " bytes, expected at most %u", strlen(data),
                    self->limits.max_publish_bytes);
        return FALSE;
    }
    publish = g_new0(Publish, 1);
    publish->client = g_object_ref(self);
    publish->id = request->id;
    sl_channel_publish_async(channel, self->id, request->key, request->data, self->cancellable,
                             on_channel_publish_done, publish);
    return TRUE;
}

/* These are not counted as requests: what was sent bounds them. */
static gboolean
is_new_ack(SlRelayClient *self, const SlRelayRequest *request)
{
    return request->type == SL_RELAY_ACK && request->received > self->window.acked;
}

static gboolean
handle_ack(SlRelayClient *self, const SlRelayRequest *request, GError **error)
{
    if (!sl_relay_window_ack(&self->window, request->received)) {
        g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_BAD_MESSAGE,
                    "“received” is %" G_GUINT64_FORMAT ", but %" G_GUINT64_FORMAT
                    " messages were sent",
                    request->received, self->window.sent);
        return FALSE;
    }
    self->full = FALSE;
    pump(self);
    return TRUE;
}

static gboolean
handle_request(SlRelayClient *self, const SlRelayRequest *request, GError **error)
{
    switch (request->type) {
    case SL_RELAY_SUBSCRIBE:
        return handle_subscribe(self, request, error);
    case SL_RELAY_UNSUBSCRIBE:
        return handle_unsubscribe(self, request, error);
    case SL_RELAY_PUBLISH:
        return handle_publish(self, request, error);
    case SL_RELAY_ACK:
        return handle_ack(self, request, error);
    }
    return TRUE;
}

static gboolean
take(SlRelayClient *self, SlTokenBucket *bucket, gsize n, gint64 id)
{
    gboolean requests = bucket == &self->requests;
    g_autoptr(GError) error = NULL;
    SlTokenResult result = sl_token_bucket_take(bucket, (guint)n, g_get_monotonic_time());

    if (result == SL_TOKEN_TAKEN)
        return TRUE;
    sl_limits_reached(
        &self->limits,
        requests ? SL_LIMIT(relay_requests_per_second) : SL_LIMIT(relay_bytes_per_second), NULL);
    g_set_error(&error, SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_FAST, "more than %u %s a second",
                bucket->rate, requests ? "requests" : "bytes");
    send_error(self, id, error);
    if (result == SL_TOKEN_ABUSED)
        sl_relay_client_close(self, "too-fast");
    return FALSE;
}

static void
on_transport_received(SlRelayTransport *transport, GBytes *message, SlRelayClient *self)
{
    g_autoptr(SlRelayClient) alive = g_object_ref(self);
    g_auto(SlRelayRequest) request = { NULL };
    g_autoptr(GError) error = NULL;
    gboolean parsed;
    gsize len;
    const char *text;

    if (self->closing)
        return;
    text = g_bytes_get_data(message, &len);
    parsed = sl_relay_request_parse(&request, text != NULL ? text : "", len, &error);
    if (!take(self, &self->bytes, len, request.id))
        return;
    if (!(parsed && is_new_ack(self, &request)) && !take(self, &self->requests, 1, request.id))
        return;
    if (!parsed || !handle_request(self, &request, &error))
        send_error(self, request.id, error);
}

/* What it was in the middle of ends in the next iteration, when its callbacks drop it. */
static void
on_transport_closed(SlRelayTransport *transport, SlRelayClient *self)
{
    g_autoptr(SlRelayClient) alive = g_object_ref(self);
    g_autoptr(SlRelayTransport) owned = g_steal_pointer(&self->transport);

    self->closing = TRUE;
    g_clear_signal_handler(&self->on_received, owned);
    g_clear_signal_handler(&self->on_closed, owned);
    g_cancellable_cancel(self->cancellable);
    g_hash_table_remove_all(self->subscriptions);
    g_queue_clear_full(&self->ready, (GDestroyNotify)sl_relay_subscription_unref);
    g_signal_emit(self, signal_closed, 0);
}

void
sl_relay_client_close(SlRelayClient *self, const char *reason)
{
    if (self->closing)
        return;
    self->closing = TRUE;
    sl_relay_transport_close(self->transport, reason);
}

void
sl_relay_client_start(SlRelayClient *self)
{
    send_text(self, sl_relay_wire_welcome(self->id));
}

SlRelayClient *
sl_relay_client_new(SlRelay *relay, const SlLimits *limits, SlRelayTransport *transport,
                    SlGrant *grant)
{
    SlRelayClient *self = g_object_new(SL_TYPE_RELAY_CLIENT, NULL);

    g_weak_ref_set(&self->relay, relay);
    self->grant = sl_grant_ref(grant);
    self->limits = *limits;
    sl_token_bucket_init(&self->bytes, limits->relay_bytes_per_second, limits->relay_byte_burst,
                         g_get_monotonic_time());
    sl_token_bucket_init(&self->requests, limits->relay_requests_per_second,
                         limits->relay_request_burst, g_get_monotonic_time());
    sl_relay_window_init(&self->window, limits->relay_window_messages, limits->relay_window_bytes);
    self->transport = g_object_ref(transport);
    self->on_received =
        g_signal_connect(transport, "received", G_CALLBACK(on_transport_received), self);
    self->on_closed = g_signal_connect(transport, "closed", G_CALLBACK(on_transport_closed), self);
    return self;
}

static void
sl_relay_client_finalize(GObject *object)
{
    SlRelayClient *self = SL_RELAY_CLIENT(object);

    if (self->transport != NULL) {
        g_clear_signal_handler(&self->on_received, self->transport);
        g_clear_signal_handler(&self->on_closed, self->transport);
    }
    g_clear_object(&self->transport);
    g_clear_object(&self->cancellable);
    g_queue_clear_full(&self->ready, (GDestroyNotify)sl_relay_subscription_unref);
    g_clear_pointer(&self->subscriptions, g_hash_table_unref);
    sl_relay_window_clear(&self->window);
    g_clear_pointer(&self->grant, sl_grant_unref);
    g_weak_ref_clear(&self->relay);
    g_free(self->id);
    G_OBJECT_CLASS(sl_relay_client_parent_class)->finalize(object);
}

static void
sl_relay_client_init(SlRelayClient *self)
{
    sl_census_add_object(self);
    g_weak_ref_init(&self->relay, NULL);
    self->id = g_strdup_printf("%08x%08x", g_random_int(), g_random_int());
    self->cancellable = g_cancellable_new();
    self->subscriptions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                (GDestroyNotify)sl_relay_subscription_end);
}

static void
sl_relay_client_class_init(SlRelayClientClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_relay_client_finalize;

    signal_closed = g_signal_new("closed", SL_TYPE_RELAY_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
}
