#pragma once

#include <libsoup/soup.h>

#include "sl-connection.h"
#include "sl-limits.h"

G_BEGIN_DECLS

/**
 * SlWebsocketLimit: an "extension" that is never negotiated and changes nothing: libsoup shows it
 * each frame, and it ends connections that take more than they may. libsoup 3.2 bounds a frame, but
 * neither a message of many frames, nor the pongs it sends, nor what waits to be written.
 */
#define SL_TYPE_WEBSOCKET_LIMIT (sl_websocket_limit_get_type())
G_DECLARE_FINAL_TYPE(SlWebsocketLimit, sl_websocket_limit, SL, WEBSOCKET_LIMIT,
                     SoupWebsocketExtension)

/** @connection: (transfer none): below the WebSocket; nothing of it has been sent yet */
SlWebsocketLimit *sl_websocket_limit_new(SlConnection *connection, const SlLimits *limits);

/** sl_websocket_limit_get_refusal: Returns: (transfer none) (nullable): why it ended the connection
 */
const char *sl_websocket_limit_get_refusal(SlWebsocketLimit *self);

G_END_DECLS
