#pragma once

#include "sl-tls-session.h"

G_BEGIN_DECLS

/** SlTlsInput: what a session reads, as a pollable stream. */
#define SL_TYPE_TLS_INPUT (sl_tls_input_get_type())
G_DECLARE_FINAL_TYPE(SlTlsInput, sl_tls_input, SL, TLS_INPUT, GInputStream)

GInputStream *sl_tls_input_new(SlTlsSession *session);

G_END_DECLS
