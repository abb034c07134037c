#include "sl-relay-client-private.h"

#define MAX_MADE 8 /* channels that are there for one client that may not publish on them */

static void
on_channel_published(SlChannel *channel, SlRelaySubscription *subscription)
{
    sl_relay_client_push(subscription);
    sl_relay_client_pump(subscription->client);
}

static void
end_with_error(SlRelaySubscription *subscription, const GError *error)
{
    SlRelayClient *self = subscription->client;
    g_autofree char *channel = g_strdup(sl_channel_get_name(subscription->channel));

    g_hash_table_remove(self->subscriptions, channel);
    sl_relay_client_send_error(self, -1, channel, error);
}

static void
on_channel_closed(SlChannel *channel, SlRelaySubscription *subscription)
{
    g_autoptr(GError) error =
        g_error_new(SL_RELAY_ERROR, SL_RELAY_ERROR_UNKNOWN_CHANNEL, "“%s” made room for another",
                    sl_channel_get_name(channel));

    end_with_error(subscription, error);
}

gboolean
sl_relay_client_check_grant(SlRelaySubscription *subscription)
{
    g_autoptr(GError) error = NULL;

    if (sl_grant_allows(subscription->client->grant,
                        sl_channel_get_namespace(subscription->channel)->subscribe,
                        sl_channel_get_stream(subscription->channel)))
        return TRUE;
    error = g_error_new_literal(SL_RELAY_ERROR, SL_RELAY_ERROR_NOT_ALLOWED,
                                "the key does not allow to read this channel");
    end_with_error(subscription, error);
    return FALSE;
}

/* --- presence --- */

static void
on_presence_changed(SlRelayPresence *presence, const char *text, SlRelaySubscription *subscription)
{
    if (!sl_relay_client_check_grant(subscription))
        return;
    if (sl_relay_client_is_slow(subscription->client)) {
        subscription->presence_due = TRUE;
        return;
    }
    if (subscription->presence_due)
        text = sl_relay_presence_get_snapshot(presence);
    subscription->presence_due = FALSE;
    sl_relay_outbox_add(&subscription->client->outbox, text);
}

void
sl_relay_client_tell_due_presence(SlRelayClient *self)
{
    g_autoptr(GPtrArray) due = NULL;
    GHashTableIter iter;
    gpointer value;

    if (self->closing || sl_relay_client_is_slow(self))
        return;
    g_hash_table_iter_init(&iter, self->subscriptions);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        SlRelaySubscription *subscription = value;

        if (!subscription->presence_due)
            continue;
        if (due == NULL)
            due = g_ptr_array_new_with_free_func((GDestroyNotify)sl_relay_subscription_unref);
        g_ptr_array_add(due, sl_relay_subscription_ref(subscription));
    }
    for (guint i = 0; due != NULL && i < due->len; i++) {
        SlRelaySubscription *subscription = due->pdata[i];

        if (!subscription->ended && !self->closing)
            on_presence_changed(sl_channel_get_presence(subscription->channel), NULL, subscription);
    }
}

/* It is told in the change that it makes itself, in which it gets the whole list. */
static void
enter_presence(SlRelaySubscription *subscription, gboolean watches)
{
    SlRelayPresence *presence = sl_channel_get_presence(subscription->channel);

    if (presence == NULL)
        return;
    if (watches) {
        subscription->presence_due = TRUE;
        subscription->on_presence =
            g_signal_connect(presence, "changed", G_CALLBACK(on_presence_changed), subscription);
    }
    sl_relay_presence_set(presence, sl_relay_client_get_person(subscription->client));
}

void
sl_relay_client_rename_present(SlRelayClient *self)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, self->subscriptions);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        SlRelaySubscription *subscription = value;
        SlRelayPresence *presence = sl_channel_get_presence(subscription->channel);

        if (presence != NULL)
            sl_relay_presence_set(presence, sl_relay_client_get_person(self));
    }
}

/* --- beginning and end --- */

void
sl_relay_client_drop_subscription(gpointer data)
{
    SlRelaySubscription *subscription = data;
    SlRelayClient *self = subscription->client;
    SlRelayPresence *presence = sl_channel_get_presence(subscription->channel);

    sl_relay_client_pull(subscription);
    if (subscription->made)
        self->n_made--;
    if (presence != NULL)
        sl_relay_presence_remove(presence, self->id);
    sl_relay_subscription_end(subscription);
}

static gboolean
check_room(SlRelayClient *self, const char *channel, GError **error)
{
    if (g_hash_table_contains(self->subscriptions, channel)) {
        g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_ALREADY_SUBSCRIBED,
                    "already subscribed to “%s”", channel);
        return FALSE;
    }
    if (g_hash_table_size(self->subscriptions) >= SL_RELAY_MAX_SUBSCRIPTIONS) {
        g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_MANY,
                    "at most %d channels can be subscribed to at once", SL_RELAY_MAX_SUBSCRIPTIONS);
        return FALSE;
    }
    return TRUE;
}

static void
answer(SlRelaySubscription *subscription, gint64 id, gboolean recovered)
{
    SlRelayClient *self = subscription->client;
    SlChannel *channel = subscription->channel;
    SlRelayHolder *holder = sl_channel_get_holder(channel);
    SlRelaySubscribed what = {
        .channel = sl_channel_get_name(channel),
        .epoch = sl_channel_get_epoch(channel),
        .last = sl_channel_get_last_offset(channel),
        .recovered = recovered,
        .publish = sl_relay_client_may_publish(self, channel),
        .has_holder = holder != NULL,
    };

    if (holder != NULL)
        what.holder = sl_relay_holder_get(holder);
    sl_relay_client_send(self, sl_relay_wire_subscribed(id, &what));
}

gboolean
sl_relay_client_handle_subscribe(SlRelayClient *self, const SlRelayRequest *request, GError **error)
{
    g_autoptr(SlChannel) channel = NULL;
    g_autoptr(SlRelaySubscription) subscription = NULL;
    gboolean made = FALSE, recovered;
    guint64 cursor;

    if (!check_room(self, request->channel, error))
        return FALSE;
    channel = sl_relay_client_find_channel(self, request->channel, FALSE,
                                           self->n_made < MAX_MADE ? &made : NULL, error);
    if (channel == NULL)
        return FALSE;
    recovered = sl_channel_start_after(channel, request->epoch, request->offset, &cursor);
    subscription = sl_relay_subscription_new(self, channel, cursor);
    subscription->made = made && !sl_relay_client_may_publish(self, channel);
    if (subscription->made)
        self->n_made++;
    subscription->on_published =
        g_signal_connect(channel, "published", G_CALLBACK(on_channel_published), subscription);
    subscription->on_closed =
        g_signal_connect(channel, "closed", G_CALLBACK(on_channel_closed), subscription);
    sl_relay_client_watch_holder(subscription);
    /* The answer may close the client, which drops it. */
    g_hash_table_insert(self->subscriptions, g_strdup(request->channel),
                        sl_relay_subscription_ref(subscription));
    enter_presence(subscription, request->presence);

    answer(subscription, request->id, recovered);
    sl_relay_client_push(subscription);
    sl_relay_client_pump(self);
    return TRUE;
}

gboolean
sl_relay_client_handle_unsubscribe(SlRelayClient *self, const SlRelayRequest *request,
                                   GError **error)
{
    if (!g_hash_table_remove(self->subscriptions, request->channel)) {
        g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_NOT_SUBSCRIBED, "not subscribed to “%s”",
                    request->channel);
        return FALSE;
    }
    sl_relay_client_send(self, sl_relay_wire_unsubscribed(request->id, request->channel));
    return TRUE;
}
