#pragma once

#include "sl-session.h"

G_BEGIN_DECLS

/* The errors of docs/signalling.md. */

/** sl_signal_error_close_code: what the WebSocket is closed with after an error @code; 0: it stays
 * open */
gushort sl_signal_error_close_code(const char *code);

/** sl_signal_error_to_text: Returns: (transfer full): `{"type":"error",…}` */
char *sl_signal_error_to_text(const char *code, const char *message);

G_END_DECLS
