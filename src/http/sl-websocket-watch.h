#pragma once

#include <libsoup/soup.h>

#include "sl-connection.h"
#include "sl-limits.h"

G_BEGIN_DECLS

/**
 * SlWebsocketWatch: one WebSocket of the server, which it owns until nothing of it is left: pings
 * and their deadline, what may come in, and an end that does not wait for the other side for more
 * than 2 s. Main thread only.
 *
 * Signals:
 *  - `text` (GBytes *text): a message of at most max_message_bytes of UTF-8, followed by a NUL that
 * is not counted
 *  - `binary` (GBytes *message): a binary message of at most max_message_bytes. Where nobody is
 * connected to it, such a message ends the connection
 *  - `closing` (): once, for whatever reason: nothing can be sent and neither comes any more
 *  - `gone` (): once, last of all: the connection is closed
 */
#define SL_TYPE_WEBSOCKET_WATCH (sl_websocket_watch_get_type())
G_DECLARE_FINAL_TYPE(SlWebsocketWatch, sl_websocket_watch, SL, WEBSOCKET_WATCH, GObject)

/**
 * sl_websocket_watch_new:
 * @stream: what was HTTP before; with @uri and @origin as they were requested
 * @connection: (transfer none): below @stream
 */
SlWebsocketWatch *sl_websocket_watch_new(GMainContext *context, GIOStream *stream,
                                         SlConnection *connection, GUri *uri,
                                         const SlLimits *limits);

/**
 * sl_websocket_watch_set_handler:
 * @handler: (transfer full): who answers on it; kept until it is gone
 */
void sl_websocket_watch_set_handler(SlWebsocketWatch *self, GObject *handler);

/** sl_websocket_watch_send: does nothing once it is closing. May close it: somebody who does not
 * read has max_queue_bytes. */
void sl_websocket_watch_send(SlWebsocketWatch *self, const char *text);
void sl_websocket_watch_send_bytes(SlWebsocketWatch *self, GBytes *message);

/**
 * sl_websocket_watch_close:
 * @code: RFC 6455, section 7.4
 * @reason: (nullable): at most 123 bytes
 */
void sl_websocket_watch_close(SlWebsocketWatch *self, gushort code, const char *reason);

/** sl_websocket_watch_drop: ends the connection without a word. */
void sl_websocket_watch_drop(SlWebsocketWatch *self);

G_END_DECLS
