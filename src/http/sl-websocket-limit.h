#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * SlWebsocketLimit: an "extension" that is never negotiated and changes nothing: libsoup shows it
 * each frame, and it ends connections that take more than they may. libsoup 3.2 bounds a frame, but
 * neither a message of many frames nor the pongs it queues.
 */
#define SL_TYPE_WEBSOCKET_LIMIT (sl_websocket_limit_get_type())
G_DECLARE_FINAL_TYPE(SlWebsocketLimit, sl_websocket_limit, SL, WEBSOCKET_LIMIT,
                     SoupWebsocketExtension)

/** @max_bytes: of a message; a longer one closes with 1009 */
SoupWebsocketExtension *sl_websocket_limit_new(gsize max_bytes);

G_END_DECLS
