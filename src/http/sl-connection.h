#pragma once

#include "sl-tls.h"

G_BEGIN_DECLS

/**
 * SlConnection: a connection as libsoup gets it: with the header of its request already read, TLS
 * taken off, and counting what is written. Main thread only.
 *
 * Whoever reads it has 64 KiB a turn: after that reading would block until a source was made for
 * it, so that somebody who sends without end does not keep the main loop for himself.
 */
#define SL_TYPE_CONNECTION (sl_connection_get_type())
G_DECLARE_FINAL_TYPE(SlConnection, sl_connection, SL, CONNECTION, GTcpConnection)

/** sl_connection_new: @socket: non-blocking; @tls: (nullable): whoever does not begin with it is
 * SL_HEADER_MALFORMED, and answered in the clear */
SlConnection *sl_connection_new(GSocket *socket, SlTls *tls, GMainContext *context);

typedef enum {
    SL_HEADER_MORE,      /* to be called again when the socket is readable */
    SL_HEADER_COMPLETE,  /* what was read comes out of the input stream */
    SL_HEADER_TOO_LARGE, /* more than @max_bytes */
    SL_HEADER_MALFORMED, /* does not begin like a request: TLS, most likely, or the lack of it */
    SL_HEADER_ENDED,     /* the other side has closed it */
} SlHeader;

/** sl_connection_read_header: reads what is there, up to the empty line and not much further.
 * Before anybody else reads. */
SlHeader sl_connection_read_header(SlConnection *self, gsize max_bytes);

/** sl_connection_get_header: what was read: a complete header, and maybe some of what follows it.
 * Returns: (transfer none): borrowed until more is read */
const char *sl_connection_get_header(SlConnection *self, gsize *ret_len);

/** sl_connection_has_begun: has a byte of a request come? */
gboolean sl_connection_has_begun(SlConnection *self);

/** sl_connection_send_last: a short text before which nothing was written, and the end */
void sl_connection_send_last(SlConnection *self, const char *text);

/** sl_connection_get_n_written: bytes the system took for the other side, since the beginning */
guint64 sl_connection_get_n_written(SlConnection *self);

G_END_DECLS
