#include "sl-relay-client-private.h"

#define MAX_HELD 64

/* A channel that the client holds, whether it subscribes to it or not. */
typedef struct {
    SlRelayClient *client; /* borrowed */
    SlChannel *channel;
    gulong on_changed, on_closed;
} SlRelayHold;

static void
tell(SlRelayClient *self, SlChannel *channel, const char *reason)
{
    SlRelayPerson holder = sl_relay_holder_get(sl_channel_get_holder(channel));

    sl_relay_client_send(self, sl_relay_wire_holder(sl_channel_get_name(channel), holder, reason));
}

static void
on_watched_changed(SlRelayHolder *holder, const char *former, const char *reason,
                   SlRelaySubscription *subscription)
{
    if (sl_relay_client_check_grant(subscription))
        tell(subscription->client, subscription->channel, reason);
}

void
sl_relay_client_watch_holder(SlRelaySubscription *subscription)
{
    SlRelayHolder *holder = sl_channel_get_holder(subscription->channel);

    if (holder != NULL)
        subscription->on_holder =
            g_signal_connect(holder, "changed", G_CALLBACK(on_watched_changed), subscription);
}

static void
forget(SlRelayHold *hold)
{
    g_hash_table_remove(hold->client->held, sl_channel_get_name(hold->channel));
}

/* Somebody else has it now, or nobody. */
static void
on_held_changed(SlRelayHolder *holder, const char *former, const char *reason, SlRelayHold *hold)
{
    SlRelayClient *self = hold->client;
    g_autoptr(SlChannel) channel = g_object_ref(hold->channel);

    forget(hold);
    if (!g_hash_table_contains(self->subscriptions, sl_channel_get_name(channel)))
        tell(self, channel, reason);
}

static void
on_held_closed(SlChannel *channel, SlRelayHold *hold)
{
    forget(hold);
}

void
sl_relay_client_drop_hold(gpointer data)
{
    SlRelayHold *hold = data;
    SlRelayHolder *holder = sl_channel_get_holder(hold->channel);

    g_clear_signal_handler(&hold->on_changed, holder);
    g_clear_signal_handler(&hold->on_closed, hold->channel);
    sl_relay_holder_handle(holder, SL_HOLDER_LEAVE, sl_relay_client_get_person(hold->client), NULL);
    g_object_unref(hold->channel);
    g_free(hold);
}

void
sl_relay_client_rename_held(SlRelayClient *self)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, self->held);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        SlRelayHold *hold = value;

        sl_relay_holder_rename(sl_channel_get_holder(hold->channel),
                               sl_relay_client_get_person(self));
    }
}

static void
keep(SlRelayClient *self, SlChannel *channel)
{
    const char *name = sl_channel_get_name(channel);
    SlRelayHold *hold;

    if (g_hash_table_contains(self->held, name))
        return;
    hold = g_new0(SlRelayHold, 1);
    hold->client = self;
    hold->channel = g_object_ref(channel);
    hold->on_changed = g_signal_connect(sl_channel_get_holder(channel), "changed",
                                        G_CALLBACK(on_held_changed), hold);
    hold->on_closed = g_signal_connect(channel, "closed", G_CALLBACK(on_held_closed), hold);
    g_hash_table_insert(self->held, g_strdup(name), hold);
}

static gboolean
check_take(SlRelayClient *self, const SlRelayRequest *request, SlChannel *channel, GError **error)
{
    if (sl_channel_get_holder(channel) == NULL) {
        g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_NOT_ALLOWED, "nobody can hold “%s”",
                    request->channel);
        return FALSE;
    }
    if (request->force &&
        !sl_grant_allows(self->grant, SL_ROLE_OPERATE, sl_channel_get_stream(channel))) {
        g_set_error_literal(error, SL_RELAY_ERROR, SL_RELAY_ERROR_NOT_ALLOWED,
                            "the key does not allow to take a channel by force");
        return FALSE;
    }
    if (g_hash_table_size(self->held) >= MAX_HELD &&
        !g_hash_table_contains(self->held, request->channel)) {
        g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_MANY,
                    "at most %d channels can be held at once", MAX_HELD);
        return FALSE;
    }
    return TRUE;
}

gboolean
sl_relay_client_handle_take(SlRelayClient *self, const SlRelayRequest *request, GError **error)
{
    gboolean made;
    g_autoptr(SlChannel) channel =
        sl_relay_client_find_channel(self, request->channel, TRUE, &made, error);

    if (channel == NULL || !check_take(self, request, channel, error) ||
        !sl_relay_holder_handle(sl_channel_get_holder(channel),
                                request->force ? SL_HOLDER_FORCE : SL_HOLDER_TAKE,
                                sl_relay_client_get_person(self), error))
        return FALSE;
    keep(self, channel);
    sl_relay_client_send(self, sl_relay_wire_taken(request->id, request->channel));
    return TRUE;
}

gboolean
sl_relay_client_handle_release(SlRelayClient *self, const SlRelayRequest *request, GError **error)
{
    SlRelayHold *hold = g_hash_table_lookup(self->held, request->channel);

    if (hold == NULL) {
        g_set_error_literal(error, SL_RELAY_ERROR, SL_RELAY_ERROR_NOT_HOLDER,
                            "this client does not hold it");
        return FALSE;
    }
    if (!sl_relay_holder_handle(sl_channel_get_holder(hold->channel), SL_HOLDER_RELEASE,
                                sl_relay_client_get_person(self), error))
        return FALSE;
    sl_relay_client_send(self, sl_relay_wire_released(request->id, request->channel));
    return TRUE;
}
