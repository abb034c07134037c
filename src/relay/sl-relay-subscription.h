#pragma once

#include "sl-channel.h"
#include "sl-relay.h"

G_BEGIN_DECLS

/**
 * SlRelaySubscription: how far one client has got in one channel. Reference-counted, since a read
 * may be under way when it ends.
 */
typedef struct {
    grefcount refs;
    SlRelayClient *client; /* borrowed: there until this has ended */
    SlChannel *channel;
    gulong on_published, on_closed, on_presence, on_holder;

    guint64 cursor; /* the offset of the last message read, or of what counts as that */
    guint64 told;   /* that far it has all messages, or was told of gaps */
    gboolean made;  /* the channel is there because of it */
    gboolean queued, reading, ended;
    gboolean presence_due; /* who is there has changed, and the client is too slow to be told */
} SlRelaySubscription;

/** sl_relay_subscription_new: @cursor: it begins with the message after this one */
SlRelaySubscription *sl_relay_subscription_new(SlRelayClient *client, SlChannel *channel,
                                               guint64 cursor);
SlRelaySubscription *sl_relay_subscription_ref(SlRelaySubscription *self);
void sl_relay_subscription_unref(SlRelaySubscription *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlRelaySubscription, sl_relay_subscription_unref)

/** sl_relay_subscription_end: it hears nothing of its channel any more; drops a reference. */
void sl_relay_subscription_end(SlRelaySubscription *self);

G_END_DECLS
