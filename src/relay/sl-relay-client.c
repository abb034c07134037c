#include "sl-relay-client-private.h"

#include "sl-census.h"
#include "sl-meters.h"

#include <string.h>

G_DEFINE_FINAL_TYPE(SlRelayClient, sl_relay_client, G_TYPE_OBJECT)

static guint signal_closed;

void
sl_relay_client_send(SlRelayClient *self, char *line)
{
    g_autofree char *owned = line;

    if (!self->closing)
        sl_relay_outbox_add(&self->outbox, owned);
}

void
sl_relay_client_send_error(SlRelayClient *self, gint64 id, const char *channel, const GError *error)
{
    sl_relay_client_send(self, sl_relay_wire_error(id, channel, error));
    if (g_error_matches(error, SL_RELAY_ERROR, SL_RELAY_ERROR_BAD_MESSAGE))
        sl_relay_client_close(self, "bad-message");
}

SlChannel *
sl_relay_client_find_channel(SlRelayClient *self, const char *name, gboolean to_publish,
                             gboolean *ret_made, GError **error)
{
    g_autoptr(SlRelay) relay = g_weak_ref_get(&self->relay);
    SlChannel *channel = NULL;

    if (relay != NULL)
        channel = sl_relay_open_channel(relay, name, self->grant, to_publish, ret_made, error);
    else
        g_set_error_literal(error, SL_RELAY_ERROR, SL_RELAY_ERROR_UNKNOWN_CHANNEL,
                            "the server ends");
    return channel != NULL ? g_object_ref(channel) : NULL;
}

gboolean
sl_relay_client_may_publish(SlRelayClient *self, SlChannel *channel)
{
    return sl_grant_allows(self->grant, sl_channel_get_namespace(channel)->publish,
                           sl_channel_get_stream(channel));
}

SlRelayPerson
sl_relay_client_get_person(SlRelayClient *self)
{
    return (SlRelayPerson){ self->id, self->name };
}

/* --- requests --- */

static gboolean
handle_name(SlRelayClient *self, const SlRelayRequest *request, GError **error)
{
    g_free(self->name);
    self->name = *request->name != '\0' ? g_strdup(request->name) : NULL;
    sl_relay_client_rename_present(self);
    sl_relay_client_rename_held(self);
    sl_relay_client_send(self, sl_relay_wire_named(request->id, request->name));
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
    self->acknowledges = TRUE;
    sl_relay_client_go_on(self);
    return TRUE;
}

static gboolean
handle_request(SlRelayClient *self, const SlRelayRequest *request, GError **error)
{
    switch (request->type) {
    case SL_RELAY_SUBSCRIBE:
        return sl_relay_client_handle_subscribe(self, request, error);
    case SL_RELAY_UNSUBSCRIBE:
        return sl_relay_client_handle_unsubscribe(self, request, error);
    case SL_RELAY_PUBLISH:
        return sl_relay_client_handle_publish(self, request, error);
    case SL_RELAY_TAKE:
        return sl_relay_client_handle_take(self, request, error);
    case SL_RELAY_RELEASE:
        return sl_relay_client_handle_release(self, request, error);
    case SL_RELAY_NAME:
        return handle_name(self, request, error);
    case SL_RELAY_ACK:
        return handle_ack(self, request, error);
    }
    return TRUE;
}

/* With a channel and without an id it would say that a subscription has ended. */
static void
refuse(SlRelayClient *self, const SlRelayRequest *request, const GError *error)
{
    sl_relay_client_send_error(self, request->id, request->id >= 0 ? request->channel : NULL,
                               error);
}

static gboolean
take(SlRelayClient *self, SlTokenBucket *bucket, gsize n, const SlRelayRequest *request)
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
    refuse(self, request, error);
    if (result == SL_TOKEN_ABUSED)
        sl_relay_client_close(self, "too-fast");
    return FALSE;
}

/* A command that came too late is of no use to who did not ask after it. */
static void
answer_error(SlRelayClient *self, const SlRelayRequest *request, const GError *error)
{
    if (request->id == -1 && g_error_matches(error, SL_RELAY_ERROR, SL_RELAY_ERROR_STALE))
        return;
    refuse(self, request, error);
    if (self->abused)
        sl_relay_client_close(self, "too-fast");
}

static void
on_line(SlRelayClient *self, const char *line, gsize len)
{
    g_auto(SlRelayRequest) request = { NULL };
    g_autoptr(GError) error = NULL;
    gboolean parsed = sl_relay_request_parse(&request, line, len, &error);

    if (!take(self, &self->bytes, len + 1, &request))
        return;
    if (!(parsed && is_new_ack(self, &request)) && !take(self, &self->requests, 1, &request))
        return;
    if (!parsed || !handle_request(self, &request, &error))
        answer_error(self, &request, error);
}

static const SlRelayRequest none = { .id = -1 };

static void
refuse_text(SlRelayClient *self, gsize len)
{
    g_autoptr(GError) error =
        g_error_new(SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_LARGE,
                    "JSON of %" G_GSIZE_FORMAT " bytes, at most %u are allowed", len,
                    self->limits.max_message_bytes);

    if (take(self, &self->bytes, len, &none) && take(self, &self->requests, 1, &none))
        sl_relay_client_send_error(self, -1, NULL, error);
}

static void
refuse_binary(SlRelayClient *self)
{
    g_autoptr(GError) error = g_error_new_literal(SL_RELAY_ERROR, SL_RELAY_ERROR_BAD_MESSAGE,
                                                  "binary, a text is expected");

    sl_relay_client_send_error(self, -1, NULL, error);
}

/* Returns: the bytes of empty lines */
static gsize
split_text(SlRelayClient *self, const char *text, gsize len)
{
    const char *end = text + len;
    gsize empty = 0;

    while (text < end && !self->closing) {
        const char *next = memchr(text, '\n', (gsize)(end - text));
        gsize line = (gsize)((next != NULL ? next : end) - text);

        if (line > 0)
            on_line(self, text, line);
        else
            empty++;
        text += line + 1;
    }
    return empty;
}

/* A text of nothing is a bad message; beside others an empty line is nothing but its byte. */
static void
on_transport_received(SlRelayTransport *transport, GBytes *message, gboolean is_binary,
                      SlRelayClient *self)
{
    g_autoptr(SlRelayClient) alive = g_object_ref(self);
    gsize len, empty;
    const char *text = g_bytes_get_data(message, &len);

    if (self->closing)
        return;
    if (is_binary) {
        refuse_binary(self);
        return;
    }
    if (len > self->limits.max_message_bytes) {
        refuse_text(self, len);
        return;
    }
    if (len == 0) {
        on_line(self, "", 0);
        return;
    }
    empty = split_text(self, text, len);
    if (empty > 0 && !self->closing)
        take(self, &self->bytes, empty, &none);
}

/* --- transports --- */

static void
on_transport_drained(SlRelayTransport *transport, SlRelayClient *self)
{
    g_autoptr(SlRelayClient) alive = g_object_ref(self);

    if (self->closing)
        return;
    if (!self->acknowledges && sl_relay_transport_is_acknowledging(transport))
        sl_relay_window_ack(&self->window, self->window.sent);
    sl_relay_client_go_on(self);
    sl_relay_client_leave_if_done(self);
}

static void
on_transport_ended(SlRelayTransport *transport, SlRelayClient *self)
{
    g_autoptr(SlRelayClient) alive = g_object_ref(self);

    self->ended = TRUE;
    sl_relay_client_leave_if_done(self);
}

/* Returns: (transfer full) (nullable): the transport that it had */
static SlRelayTransport *
release_unreliable(SlRelayClient *self)
{
    SlRelayTransport *transport = g_steal_pointer(&self->unreliable);

    if (transport != NULL) {
        g_clear_signal_handler(&self->on_unreliable_received, transport);
        g_clear_signal_handler(&self->on_unreliable_closed, transport);
    }
    return transport;
}

static void
close_unreliable(SlRelayClient *self)
{
    g_autoptr(SlRelayTransport) transport = release_unreliable(self);

    if (transport != NULL)
        sl_relay_transport_close(transport, NULL);
}

static void
on_unreliable_closed(SlRelayTransport *transport, SlRelayClient *self)
{
    g_autoptr(SlRelayTransport) owned = release_unreliable(self);

    sl_relay_client_sort_lanes(self);
}

void
sl_relay_client_set_unreliable(SlRelayClient *self, SlRelayTransport *transport)
{
    g_return_if_fail(SL_IS_RELAY_CLIENT(self) && SL_IS_RELAY_TRANSPORT(transport));

    if (self->closing) {
        sl_relay_transport_close(transport, NULL);
        return;
    }
    close_unreliable(self);
    self->unreliable = g_object_ref(transport);
    self->on_unreliable_received =
        g_signal_connect(transport, "received", G_CALLBACK(on_transport_received), self);
    self->on_unreliable_closed =
        g_signal_connect(transport, "closed", G_CALLBACK(on_unreliable_closed), self);
    sl_relay_client_sort_lanes(self);
}

static void
release_transport(SlRelayClient *self)
{
    g_autoptr(SlRelayTransport) transport = g_steal_pointer(&self->transport);

    if (transport == NULL)
        return;
    g_clear_signal_handler(&self->on_received, transport);
    g_clear_signal_handler(&self->on_drained, transport);
    g_clear_signal_handler(&self->on_ended, transport);
    g_clear_signal_handler(&self->on_closed, transport);
    sl_relay_outbox_clear(&self->outbox);
}

/* What it was in the middle of ends in the next iteration, when its callbacks drop it. */
static void
on_transport_closed(SlRelayTransport *transport, SlRelayClient *self)
{
    g_autoptr(SlRelayClient) alive = g_object_ref(self);

    self->closing = TRUE;
    release_transport(self);
    close_unreliable(self);
    g_cancellable_cancel(self->cancellable);
    g_hash_table_remove_all(self->subscriptions);
    g_hash_table_remove_all(self->held);
    g_signal_emit(self, signal_closed, 0);
}

void
sl_relay_client_close(SlRelayClient *self, const char *reason)
{
    if (self->closing)
        return;
    sl_relay_outbox_flush(&self->outbox);
    if (self->closing) /* sending did it */
        return;
    self->closing = TRUE;
    sl_relay_transport_close(self->transport, reason);
}

/* --- life --- */

SlRelayKind
sl_relay_client_get_kind(SlRelayClient *self)
{
    return self->kind;
}

void
sl_relay_client_start(SlRelayClient *self)
{
    sl_relay_client_send(self, sl_relay_wire_welcome(self->id));
    sl_relay_outbox_flush(&self->outbox);
}

SlRelayClient *
sl_relay_client_new(SlRelay *relay, GMainContext *context, const SlLimits *limits,
                    SlRelayTransport *transport, SlGrant *grant, SlRelayKind kind)
{
    SlRelayClient *self = g_object_new(SL_TYPE_RELAY_CLIENT, NULL);

    g_weak_ref_set(&self->relay, relay);
    self->kind = kind;
    self->grant = sl_grant_ref(grant);
    self->limits = *limits;
    sl_token_bucket_init(&self->bytes, limits->relay_bytes_per_second, limits->relay_byte_burst,
                         g_get_monotonic_time());
    sl_token_bucket_init(&self->requests, limits->relay_requests_per_second,
                         limits->relay_request_burst, g_get_monotonic_time());
    sl_relay_window_init(&self->window, limits->relay_window_messages, limits->relay_window_bytes);
    self->transport = g_object_ref(transport);
    sl_relay_outbox_init(&self->outbox, context, transport);
    self->on_received =
        g_signal_connect(transport, "received", G_CALLBACK(on_transport_received), self);
    self->on_drained =
        g_signal_connect(transport, "drained", G_CALLBACK(on_transport_drained), self);
    self->on_ended = g_signal_connect(transport, "ended", G_CALLBACK(on_transport_ended), self);
    self->on_closed = g_signal_connect(transport, "closed", G_CALLBACK(on_transport_closed), self);
    return self;
}

static void
sl_relay_client_finalize(GObject *object)
{
    SlRelayClient *self = SL_RELAY_CLIENT(object);
    g_autoptr(SlRelayTransport) unreliable = release_unreliable(self);

    self->closing = TRUE;
    release_transport(self);
    g_clear_pointer(&self->held, g_hash_table_unref);
    g_clear_pointer(&self->subscriptions, g_hash_table_unref);
    g_clear_pointer(&self->rates, g_hash_table_unref);
    g_clear_object(&self->cancellable);
    sl_relay_age_clear(&self->age);
    sl_relay_window_clear(&self->window);
    g_clear_pointer(&self->grant, sl_grant_unref);
    g_weak_ref_clear(&self->relay);
    g_free(self->name);
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
    self->subscriptions =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, sl_relay_client_drop_subscription);
    self->held = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, sl_relay_client_drop_hold);
    self->rates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    sl_relay_age_init(&self->age);
    g_queue_init(&self->reliable.ready);
    g_queue_init(&self->loose.ready);
}

static void
sl_relay_client_class_init(SlRelayClientClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_relay_client_finalize;

    signal_closed = g_signal_new("closed", SL_TYPE_RELAY_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
}
