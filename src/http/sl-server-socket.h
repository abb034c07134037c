#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * sl_server_socket_new: see sl_http_server_listen()
 *
 * Returns: (transfer full): non-blocking, listening; NULL with SL_HTTP_ERROR_LISTEN, whose message
 * says what to try
 */
GSocket *sl_server_socket_new(const char *address, guint16 port, GError **error);

G_END_DECLS
