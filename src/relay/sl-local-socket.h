#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** SlLocalSocket: a Unix socket of ours that programs connect to. */
typedef struct _SlLocalSocket SlLocalSocket;

/** SL_LOCAL_SOCKET_MAX_PATH_BYTES: what the system has room for (unix(7)) */
#define SL_LOCAL_SOCKET_MAX_PATH_BYTES 107u

/**
 * sl_local_socket_new:
 * @path: where; a socket that is there and nobody listens on is replaced, anything else is left
 * alone
 * @mode: its permissions; before it has them nobody can connect
 * @group: (nullable): a name or a number
 *
 * Returns: (transfer full) (nullable): listening; %NULL with %G_IO_ERROR set, in words for whoever
 *   started the program
 */
SlLocalSocket *sl_local_socket_new(const char *path, guint mode, const char *group, GError **error);

/** sl_local_socket_free: closes it, and removes @path unless something else is there by now. */
void sl_local_socket_free(SlLocalSocket *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlLocalSocket, sl_local_socket_free)

/** sl_local_socket_get: Returns: (transfer none): it does not block */
GSocket *sl_local_socket_get(SlLocalSocket *self);

G_END_DECLS
