#pragma once

#include "sl-grant.h"
#include "sl-limits.h"
#include "sl-object-store.h"
#include "sl-relay-transport.h"

G_BEGIN_DECLS

/**
 * SlObjectExchange: the clients that put objects into a store and get them out of it, by messages
 * (docs/relay.md, "Objects"). Main thread only.
 */
#define SL_TYPE_OBJECT_EXCHANGE (sl_object_exchange_get_type())
G_DECLARE_FINAL_TYPE(SlObjectExchange, sl_object_exchange, SL, OBJECT_EXCHANGE, GObject)

/** @store: (transfer none) */
SlObjectExchange *sl_object_exchange_new(GMainContext *context, const SlLimits *limits,
                                         SlObjectStore *store);

/**
 * sl_object_exchange_attach:
 * @transport: (transfer none): of texts and binary messages; a reference is held until it is closed
 * @grant: (transfer none): SL_ROLE_WATCH to get, SL_ROLE_PUBLISH to put
 * @address: (nullable): where the client is, as it is counted
 *
 * Serves the client on @transport until it closes: sends `welcome` and answers what comes.
 */
void sl_object_exchange_attach(SlObjectExchange *self, SlRelayTransport *transport, SlGrant *grant,
                               const char *address);

/** sl_object_exchange_get_n_clients: attached and not closed */
guint sl_object_exchange_get_n_clients(SlObjectExchange *self);

/** sl_object_exchange_close: closes every client's transport. Idempotent. */
void sl_object_exchange_close(SlObjectExchange *self);

G_END_DECLS
