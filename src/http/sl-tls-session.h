#pragma once

#include "sl-tls.h"

G_BEGIN_DECLS

/**
 * SlTlsSession: one connection's TLS, on the main loop. (GIO's own has each handshake on one of a
 * few threads, where whoever does not finish his keeps the others out.)
 *
 * What the system does not take at once is kept, no more than a record or a handshake's flight, and
 * sent as soon as it does. Counted; main thread only.
 */
typedef struct _SlTlsSession SlTlsSession;

/** sl_tls_session_new: @socket: non-blocking */
SlTlsSession *sl_tls_session_new(SlTls *tls, GSocket *socket, GMainContext *context);
SlTlsSession *sl_tls_session_ref(SlTlsSession *self);
void sl_tls_session_unref(SlTlsSession *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlTlsSession, sl_tls_session_unref)

/** sl_tls_session_get_socket: Returns: (transfer none) */
GSocket *sl_tls_session_get_socket(SlTlsSession *self);

/**
 * sl_tls_session_read: shakes hands first
 * Returns: how much; 0: the other side has ended; -1: G_IO_ERROR, of which WOULD_BLOCK: to be
 *   called again when the socket is readable
 */
gssize sl_tls_session_read(SlTlsSession *self, void *buffer, gsize count, GError **error);
/** sl_tls_session_can_read: without the socket becoming readable */
gboolean sl_tls_session_can_read(SlTlsSession *self);

/** sl_tls_session_write: Returns: how much was taken: at most a record; -1: G_IO_ERROR, of which
 * WOULD_BLOCK: to be called again when the socket is writable */
gssize sl_tls_session_write(SlTlsSession *self, const void *buffer, gsize count, GError **error);

/**
 * sl_tls_session_end: says goodbye: nothing is written any more
 * @func: is called, once, where FALSE is returned
 *
 * Returns: TRUE: the system has it all; FALSE: @func will tell, within a minute
 */
typedef void (*SlTlsSessionFunc)(gpointer data);
gboolean sl_tls_session_end(SlTlsSession *self, SlTlsSessionFunc func, gpointer data);

/** sl_tls_session_drop: what is not sent by now never will be. */
void sl_tls_session_drop(SlTlsSession *self);

G_END_DECLS
