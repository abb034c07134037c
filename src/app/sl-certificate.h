#pragma once

#include "sl-options.h"
#include "sl-tls.h"

G_BEGIN_DECLS

/**
 * sl_certificate_load: the certificate that is asked for
 * @address: (nullable): where the server listens: what one that is made is for
 * @ret_tls: (out) (transfer full): NULL where none is asked for
 *
 * Returns: FALSE with SL_HTTP_ERROR_TLS
 */
gboolean sl_certificate_load(const SlOptions *options, const char *address, SlTls **ret_tls,
                             GError **error);

G_END_DECLS
