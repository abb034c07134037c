#pragma once

#include "sl-tls-session.h"

G_BEGIN_DECLS

/** SlTlsOutput: what a session writes, as a pollable stream. */
#define SL_TYPE_TLS_OUTPUT (sl_tls_output_get_type())
G_DECLARE_FINAL_TYPE(SlTlsOutput, sl_tls_output, SL, TLS_OUTPUT, GOutputStream)

GOutputStream *sl_tls_output_new(SlTlsSession *session);

G_END_DECLS
