#pragma once

#include "sl-object-store.h"
#include "sl-relay-transport.h"
#include "sl-grant.h"

G_BEGIN_DECLS

/**
 * SlObjectClient: one attached client: its requests, its uploads and its downloads. What it gets is
 * sent a chunk at a time, when it is its turn (SlObjectExchange) and its window allows it. Main
 * thread only.
 *
 * Signals:
 *  - `ready` (): it may have a chunk to send; also from inside calls
 *  - `closed` (): its transport is gone; it does nothing any more
 */
#define SL_TYPE_OBJECT_CLIENT (sl_object_client_get_type())
G_DECLARE_FINAL_TYPE(SlObjectClient, sl_object_client, SL, OBJECT_CLIENT, GObject)

/** sl_object_client_new: see sl_object_exchange_attach() */
SlObjectClient *sl_object_client_new(GMainContext *context, const SlLimits *limits,
                                     SlObjectStore *store, SlRelayTransport *transport,
                                     SlGrant *grant, const char *address);

/** sl_object_client_start: welcomes it. Not part of new(), since the transport may close in it. */
void sl_object_client_start(SlObjectClient *self);

/** sl_object_client_take_turn: sends a chunk, if there is one that may go. Returns: FALSE: there
 * was none, until the next `ready` */
gboolean sl_object_client_take_turn(SlObjectClient *self);

/** sl_object_client_close: closes its transport; `closed` follows. Idempotent. */
void sl_object_client_close(SlObjectClient *self, const char *reason);

G_END_DECLS
