#pragma once

#include "sl-relay.h"

G_BEGIN_DECLS

/**
 * SlRelayListener: the relay's clients on this machine: a Unix socket, each connection to which is
 * an SlLineTransport, at most max_local_clients. They have every role but SL_ROLE_ADMIN. Main
 * thread only.
 */
#define SL_TYPE_RELAY_LISTENER (sl_relay_listener_get_type())
G_DECLARE_FINAL_TYPE(SlRelayListener, sl_relay_listener, SL, RELAY_LISTENER, GObject)

/**
 * sl_relay_listener_new:
 * @context: (nullable)
 * @relay: (transfer none): closes who is connected when it closes itself
 */
SlRelayListener *sl_relay_listener_new(GMainContext *context, SlRelay *relay,
                                       const SlLimits *limits);

/** sl_relay_listener_listen: once; as sl_local_socket_new() */
gboolean sl_relay_listener_listen(SlRelayListener *self, const char *path, guint mode,
                                  const char *group, GError **error);

/** sl_relay_listener_close: nobody connects any more, and the socket is removed. Who is connected
 * stays. Idempotent. */
void sl_relay_listener_close(SlRelayListener *self);

/** sl_relay_listener_get_n_clients: whose connections are open, those being closed included */
guint sl_relay_listener_get_n_clients(SlRelayListener *self);

G_END_DECLS
