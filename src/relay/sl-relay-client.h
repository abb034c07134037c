#pragma once

#include "sl-relay.h"

G_BEGIN_DECLS

#define SL_RELAY_MAX_SUBSCRIPTIONS 64

/**
 * SlRelayClient: one attached client: its requests, its subscriptions, and how far it has got in
 * each. It has no queue: a pump reads from a channel's history where the client left off, as far as
 * the window of what it has not acknowledged allows. Main thread only.
 *
 * Signal `closed` (): its transport is gone; it does nothing any more.
 */
#define SL_TYPE_RELAY_CLIENT (sl_relay_client_get_type())
G_DECLARE_FINAL_TYPE(SlRelayClient, sl_relay_client, SL, RELAY_CLIENT, GObject)

/**
 * sl_relay_client_new:
 * @relay: whose channels it may name; held weakly
 */
SlRelayClient *sl_relay_client_new(SlRelay *relay, GMainContext *context, const SlLimits *limits,
                                   SlRelayTransport *transport, SlGrant *grant, SlRelayKind kind);

SlRelayKind sl_relay_client_get_kind(SlRelayClient *self);

/** sl_relay_client_start: welcomes it. Not part of new(), since the transport may close in it. */
void sl_relay_client_start(SlRelayClient *self);

/**
 * sl_relay_client_set_unreliable:
 * @transport: (transfer none): a reference is held until it closes; without order or retransmits
 *
 * What goes without them by its namespace goes by @transport from now on, while that is there: it
 * is outside the window, and dropped where @transport is congested. What is said on @transport is
 * read as what is said on the client's own. It takes the place of one that was set before, and is
 * closed with the client; if that has closed, at once.
 */
void sl_relay_client_set_unreliable(SlRelayClient *self, SlRelayTransport *transport);

/** sl_relay_client_close: closes its transport; `closed` follows. Idempotent. */
void sl_relay_client_close(SlRelayClient *self, const char *reason);

G_END_DECLS
