#pragma once

#include "sl-relay-transport.h"
#include "sl-websocket-watch.h"

G_BEGIN_DECLS

/** SlRelaySocket: messages of the relay, or of objects, over a WebSocket. Main thread only. */
#define SL_TYPE_RELAY_SOCKET (sl_relay_socket_get_type())
G_DECLARE_FINAL_TYPE(SlRelaySocket, sl_relay_socket, SL, RELAY_SOCKET, GObject)

/**
 * sl_relay_socket_new:
 * @watch: (transfer none): it is to hold this as its handler
 * @takes_binary: binary messages, too
 */
SlRelaySocket *sl_relay_socket_new(SlWebsocketWatch *watch, gboolean takes_binary);

G_END_DECLS
