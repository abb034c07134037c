#pragma once

#include "sl-channel.h"
#include "sl-grant.h"
#include "sl-relay-transport.h"
#include "sl-settings.h"

G_BEGIN_DECLS

/**
 * SlRelay: the program's channels and the clients that read and write them (docs/relay.md).
 * Main thread only.
 */
#define SL_TYPE_RELAY (sl_relay_get_type())
G_DECLARE_FINAL_TYPE(SlRelay, sl_relay, SL, RELAY, GObject)

SlRelay *sl_relay_new(GMainContext *context, const SlLimits *limits);

/**
 * sl_relay_add_channel:
 * @name: `NAMESPACE:REST`, both `[a-z][a-z0-9_-]*`, at most 128 bytes
 * @stream: (nullable): the stream it belongs to: a client's grant must cover it
 *
 * Makes a channel. Those that were not made do not exist: a client can't make one by naming it.
 * Returns: (transfer none): the channel
 */
SlChannel *sl_relay_add_channel(SlRelay *self, const char *name, const char *stream);

/** sl_relay_get_channel: Returns: (transfer none) (nullable) */
SlChannel *sl_relay_get_channel(SlRelay *self, const char *name);
/** sl_relay_get_channel_stream: Returns: (transfer none) (nullable): the stream it belongs to */
const char *sl_relay_get_channel_stream(SlRelay *self, const char *name);

/**
 * sl_relay_attach:
 * @transport: (transfer none): the relay holds a reference until it is closed
 * @grant: (transfer none): SL_ROLE_WATCH to subscribe, SL_ROLE_PUBLISH to publish
 *
 * Serves the client on @transport until it closes: sends `welcome` and answers what comes.
 */
void sl_relay_attach(SlRelay *self, SlRelayTransport *transport, SlGrant *grant);

/** sl_relay_get_n_clients: attached and not closed. */
guint sl_relay_get_n_clients(SlRelay *self);

/** sl_relay_close: closes every client's transport. Idempotent. */
void sl_relay_close(SlRelay *self);

G_END_DECLS
