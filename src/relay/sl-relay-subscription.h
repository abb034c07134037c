#pragma once

#include "sl-channel.h"

G_BEGIN_DECLS

/**
 * SlRelaySubscription: how far one client has got in one channel. Reference-counted, since a read
 * may be under way when it ends.
 */
typedef struct {
    grefcount refs;
    SlChannel *channel;
    gulong on_published;
    char *stream;    /* nullable */
    guint64 cursor;  /* the offset of the last message sent, or of what counts as that */
    gboolean queued; /* for the client's next reads */
    gboolean ended;
} SlRelaySubscription;

/** sl_relay_subscription_new: @cursor: it begins with the message after this one */
SlRelaySubscription *sl_relay_subscription_new(SlChannel *channel, const char *stream,
                                               guint64 cursor);
SlRelaySubscription *sl_relay_subscription_ref(SlRelaySubscription *self);
void sl_relay_subscription_unref(SlRelaySubscription *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlRelaySubscription, sl_relay_subscription_unref)

/** sl_relay_subscription_end: it hears nothing of its channel any more; drops a reference. */
void sl_relay_subscription_end(SlRelaySubscription *self);

/**
 * sl_relay_subscription_start_after:
 * @epoch: (nullable): what the client knows of the channel, with @offset
 * @ret_cursor: after which message to begin
 *
 * Returns: whether the client then misses nothing
 */
gboolean sl_relay_subscription_start_after(SlChannel *channel, const char *epoch, guint64 offset,
                                           guint64 *ret_cursor);

G_END_DECLS
