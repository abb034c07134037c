#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * SlAcceptor: takes the connections that come to a listening socket, so many in a turn of the main
 * loop, in which others have their turn, too. Main thread only.
 */
typedef struct _SlAcceptor SlAcceptor;

/** SlAcceptFunc: @socket: (transfer none): a connection */
typedef void (*SlAcceptFunc)(GSocket *socket, gpointer data);

/**
 * sl_acceptor_new:
 * @listening: (transfer none): does not block; a reference is held
 * @priority: of the GSource
 * @max_a_turn: connections in a turn of the main loop
 * @func: may free the acceptor
 */
SlAcceptor *sl_acceptor_new(GMainContext *context, GSocket *listening, int priority,
                            guint max_a_turn, SlAcceptFunc func, gpointer data);

/** sl_acceptor_free: @func is not called any more. The socket stays open. */
void sl_acceptor_free(SlAcceptor *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlAcceptor, sl_acceptor_free)

G_END_DECLS
