#include "sl-relay-subscription.h"

#include "sl-census.h"

SlRelaySubscription *
sl_relay_subscription_new(SlRelayClient *client, SlChannel *channel, guint64 cursor)
{
    SlRelaySubscription *self = g_new0(SlRelaySubscription, 1);

    sl_census_enter("SlRelaySubscription");
    g_ref_count_init(&self->refs);
    self->client = client;
    self->channel = g_object_ref(channel);
    self->cursor = self->told = cursor;
    sl_channel_add_subscriber(channel);
    return self;
}

SlRelaySubscription *
sl_relay_subscription_ref(SlRelaySubscription *self)
{
    g_ref_count_inc(&self->refs);
    return self;
}

void
sl_relay_subscription_unref(SlRelaySubscription *self)
{
    if (self == NULL || !g_ref_count_dec(&self->refs))
        return;
    g_object_unref(self->channel);
    g_free(self);
    sl_census_leave("SlRelaySubscription");
}

void
sl_relay_subscription_end(SlRelaySubscription *self)
{
    self->ended = TRUE;
    g_clear_signal_handler(&self->on_published, self->channel);
    g_clear_signal_handler(&self->on_closed, self->channel);
    if (self->on_presence != 0)
        g_clear_signal_handler(&self->on_presence, sl_channel_get_presence(self->channel));
    if (self->on_holder != 0)
        g_clear_signal_handler(&self->on_holder, sl_channel_get_holder(self->channel));
    sl_channel_remove_subscriber(self->channel);
    sl_relay_subscription_unref(self);
}
