#include "sl-relay-client-private.h"

/* Messages read at once: enough to be cheap, few enough that many subscriptions take turns. */
#define READ_MESSAGES 32

static gboolean
goes_loose(SlRelaySubscription *subscription)
{
    return subscription->client->unreliable != NULL &&
           sl_channel_get_namespace(subscription->channel)->unreliable;
}

void
sl_relay_client_push(SlRelaySubscription *subscription)
{
    SlRelayClient *self = subscription->client;
    SlRelayLane *lane;

    if (subscription->queued || subscription->reading || subscription->ended ||
        subscription->cursor >= sl_channel_get_last_offset(subscription->channel))
        return;
    lane = goes_loose(subscription) ? &self->loose : &self->reliable;
    subscription->queued = TRUE;
    g_queue_push_tail(&lane->ready, sl_relay_subscription_ref(subscription));
}

void
sl_relay_client_pull(SlRelaySubscription *subscription)
{
    SlRelayClient *self = subscription->client;

    if (!subscription->queued)
        return;
    subscription->queued = FALSE;
    if (g_queue_remove(&self->reliable.ready, subscription) ||
        g_queue_remove(&self->loose.ready, subscription))
        sl_relay_subscription_unref(subscription);
}

void
sl_relay_client_sort_lanes(SlRelayClient *self)
{
    GHashTableIter iter;
    gpointer subscription;

    g_hash_table_iter_init(&iter, self->subscriptions);
    while (g_hash_table_iter_next(&iter, NULL, &subscription)) {
        sl_relay_client_pull(subscription);
        sl_relay_client_push(subscription);
    }
    sl_relay_client_pump(self);
}

/* --- what one read gave --- */

/* What comes next is @offset. Returns: whether it goes on */
static gboolean
tell_missing(SlRelaySubscription *subscription, guint64 offset)
{
    SlRelayClient *self = subscription->client;
    const char *channel = sl_channel_get_name(subscription->channel);
    g_autoptr(GError) error = NULL;

    switch (sl_channel_get_namespace(subscription->channel)->slow) {
    case SL_SLOW_DROP_OLDEST:
        if (offset > subscription->told + 1)
            sl_relay_client_send(self,
                                 sl_relay_wire_gap(channel, subscription->told + 1, offset - 1));
        break;
    case SL_SLOW_LATEST_ONLY:
        break;
    case SL_SLOW_RECOVER:
        if (offset == subscription->cursor + 1)
            break;
        error = g_error_new(SL_RELAY_ERROR, SL_RELAY_ERROR_SLOW,
                            "messages up to %" G_GUINT64_FORMAT " are no longer kept", offset - 1);
        sl_relay_client_send_error(self, -1, channel, error);
        sl_relay_client_close(self, "slow");
        return FALSE;
    }
    return !subscription->ended && !self->closing;
}

static gboolean
is_too_old(SlRelaySubscription *subscription, const SlMessage *message)
{
    guint max_age_ms = sl_channel_get_namespace(subscription->channel)->max_age_ms;

    return max_age_ms > 0 && g_get_monotonic_time() - message->made_us > (gint64)max_age_ms * 1000;
}

/* One by one: what is joined is lost together. */
static void
send_loosely(SlRelaySubscription *subscription, const SlMessage *message)
{
    SlRelayTransport *transport = subscription->client->unreliable;

    subscription->cursor = subscription->told = message->offset;
    if (sl_relay_transport_is_congested(transport))
        return;
    sl_channel_count_delivered(subscription->channel, message);
    sl_relay_transport_send(transport, message->json);
}

/* Returns: whether the next one may follow */
static gboolean
send_message(SlRelaySubscription *subscription, const SlMessage *message)
{
    SlRelayClient *self = subscription->client;

    if (is_too_old(subscription, message)) {
        subscription->cursor = message->offset;
        return TRUE;
    }
    if (goes_loose(subscription)) {
        send_loosely(subscription, message);
        return TRUE;
    }
    if (!sl_relay_window_fits(&self->window, message->bytes)) {
        self->reliable.full = TRUE;
        return FALSE;
    }
    if (!tell_missing(subscription, message->offset))
        return FALSE;
    subscription->cursor = subscription->told = message->offset;
    sl_relay_window_add(&self->window, message->bytes);
    sl_channel_count_delivered(subscription->channel, message);
    sl_relay_outbox_add(&self->outbox, message->json);
    return TRUE;
}

/* What it had not got became too old to be kept, and nothing came since. */
static void
skip_expired(SlRelaySubscription *subscription)
{
    guint64 oldest = sl_channel_get_first_offset(subscription->channel);

    if (oldest > subscription->cursor + 1 && tell_missing(subscription, oldest))
        subscription->cursor = subscription->told = oldest - 1;
}

/* Sending may close the client: the transport may notice that it is broken. */
static void
send_messages(SlRelaySubscription *subscription, GPtrArray *messages)
{
    SlRelayClient *self = subscription->client;

    if (messages->len == 0 && !self->closing && !subscription->ended)
        skip_expired(subscription);
    for (guint i = 0; i < messages->len; i++)
        if (self->closing || subscription->ended || !send_message(subscription, messages->pdata[i]))
            return;
}

/* --- reading --- */

typedef struct {
    SlRelayClient *client;
    SlRelaySubscription *subscription;
    SlRelayLane *lane; /* the client's */
} Read;

static void
read_free(Read *read)
{
    sl_relay_subscription_unref(read->subscription);
    g_object_unref(read->client);
    g_free(read);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Read, read_free)

static void
on_channel_read(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(Read) read = user_data;
    SlRelayClient *self = read->client;
    SlRelaySubscription *subscription = read->subscription;
    g_autoptr(GPtrArray) messages = sl_channel_read_finish(SL_CHANNEL(source), result, NULL);

    /* Nothing else is read meanwhile: the unreliable transport may break in it. */
    if (messages != NULL)
        send_messages(subscription, messages);
    read->lane->reading = FALSE;
    subscription->reading = FALSE;
    if (self->closing)
        return;
    sl_relay_client_push(subscription);
    sl_relay_client_pump(self);
    sl_relay_client_leave_if_done(self);
}

static void
start_read(SlRelaySubscription *subscription, SlRelayLane *lane)
{
    SlRelayClient *self = subscription->client;
    SlChannel *channel = subscription->channel;
    Read *read = g_new0(Read, 1);
    guint messages = READ_MESSAGES;
    gsize bytes = G_MAXSIZE;

    /* Who has fallen out of the history gets the newest alone. */
    if (sl_channel_get_namespace(channel)->slow == SL_SLOW_LATEST_ONLY &&
        sl_channel_get_first_offset(channel) > subscription->cursor + 1)
        subscription->cursor = sl_channel_get_last_offset(channel) - 1;
    if (lane == &self->reliable)
        messages = MIN(messages, sl_relay_window_get_room(&self->window, &bytes));
    read->client = g_object_ref(self);
    read->subscription = sl_relay_subscription_ref(subscription);
    read->lane = lane;
    lane->reading = TRUE;
    subscription->reading = TRUE;
    sl_channel_read_async(channel, subscription->cursor, messages, bytes, self->cancellable,
                          on_channel_read, read);
}

static void
pump_lane(SlRelayClient *self, SlRelayLane *lane)
{
    while (!self->closing && !lane->reading && !lane->full) {
        g_autoptr(SlRelaySubscription) subscription = g_queue_pop_head(&lane->ready);

        if (subscription == NULL)
            return;
        subscription->queued = FALSE;
        if (sl_relay_client_check_grant(subscription))
            start_read(subscription, lane);
    }
}

void
sl_relay_client_pump(SlRelayClient *self)
{
    pump_lane(self, &self->reliable);
    pump_lane(self, &self->loose);
}

void
sl_relay_client_go_on(SlRelayClient *self)
{
    self->reliable.full = FALSE;
    sl_relay_client_pump(self);
    sl_relay_client_tell_due_presence(self);
}

static gboolean
is_at_rest(const SlRelayLane *lane)
{
    return !lane->reading && g_queue_is_empty((GQueue *)&lane->ready);
}

/* Who says nothing more, an acknowledgement neither, is answered and has what there is for it. */
void
sl_relay_client_leave_if_done(SlRelayClient *self)
{
    gboolean waits = self->acknowledges || self->transport == NULL ||
                     !sl_relay_transport_is_acknowledging(self->transport);

    if (self->ended && self->n_publishing == 0 && is_at_rest(&self->loose) &&
        (is_at_rest(&self->reliable) || (self->reliable.full && waits)))
        sl_relay_client_close(self, NULL);
}

/* Only who has something to acknowledge: what is not told now, is when the ack comes. */
gboolean
sl_relay_client_is_slow(SlRelayClient *self)
{
    return self->reliable.full ||
           (self->transport != NULL && self->window.sent > self->window.acked &&
            sl_relay_transport_is_congested(self->transport));
}
