#include "sl-relay-subscription.h"

#include "sl-census.h"

SlRelaySubscription *
sl_relay_subscription_new(SlChannel *channel, const char *stream, guint64 cursor)
{
    SlRelaySubscription *self = g_new0(SlRelaySubscription, 1);

    sl_census_enter("SlRelaySubscription");
    g_ref_count_init(&self->refs);
    self->channel = g_object_ref(channel);
    self->stream = g_strdup(stream);
    self->cursor = cursor;
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
    g_clear_signal_handler(&self->on_published, self->channel);
    g_object_unref(self->channel);
    g_free(self->stream);
    g_free(self);
    sl_census_leave("SlRelaySubscription");
}

void
sl_relay_subscription_end(SlRelaySubscription *self)
{
    self->ended = TRUE;
    g_clear_signal_handler(&self->on_published, self->channel);
    sl_relay_subscription_unref(self);
}

gboolean
sl_relay_subscription_start_after(SlChannel *channel, const char *epoch, guint64 offset,
                                  guint64 *ret_cursor)
{
    guint64 oldest = sl_channel_get_first_offset(channel) - 1;

    *ret_cursor = oldest;
    if (epoch == NULL)
        return oldest == 0;
    /* An offset that was never given out tells as little as another epoch. */
    if (!g_str_equal(epoch, sl_channel_get_epoch(channel)) ||
        offset > sl_channel_get_last_offset(channel) || offset < oldest)
        return FALSE;
    *ret_cursor = offset;
    return TRUE;
}
