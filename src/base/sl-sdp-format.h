#pragma once

#include "sl-sdp-offer.h"
#include "sl-sdp-text.h"

G_BEGIN_DECLS

void sl_sdp_format_free(SlSdpFormat *self);

/**
 * sl_sdp_formats_read:
 * @section: an m-line of RTP
 *
 * What of an m-line's formats carries media, with what is known to be of use of their parameters.
 *
 * Returns: (transfer full) (nullable): of SlSdpFormat, maybe empty; NULL with SL_BASE_ERROR_INVALID
 */
GPtrArray *sl_sdp_formats_read(const SlSdpSection *section, GError **error);

/** sl_sdp_parameter_get: Returns: (transfer full) (nullable): of @fmtp (nullable), the value of
 * @name */
char *sl_sdp_parameter_get(const char *fmtp, const char *name);

G_END_DECLS
