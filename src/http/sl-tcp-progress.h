#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * sl_tcp_progress_get:
 *
 * Returns: bytes that this socket received, and bytes of which the other side said that they have
 * arrived: who reads slowly is told from who does not read. 0 for a socket that is not TCP's.
 * Any thread.
 */
guint64 sl_tcp_progress_get(GSocket *socket);

G_END_DECLS
