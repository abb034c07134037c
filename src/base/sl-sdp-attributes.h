#pragma once

#include "sl-sdp-text.h"

G_BEGIN_DECLS

/**
 * sl_sdp_attributes_check:
 * @answer: a section of the answer
 * @offer: the same section of the offer; both may be the session's
 * @rejected: payload types need not be the offer's then
 *
 * Whether every attribute that webrtcbin 1.22 makes something of is well-formed.
 */
gboolean sl_sdp_attributes_check(const SlSdpSection *answer, const SlSdpSection *offer,
                                 gboolean rejected, GError **error);

/**
 * sl_sdp_attribute_check:
 * @attribute: one whose form does not hang on an offer: ice-ufrag, ice-pwd, fingerprint
 */
gboolean sl_sdp_attribute_check(const SlSdpAttribute *attribute, GError **error);

/** sl_sdp_section_check_size: whether it has no more attributes than can be gone through often */
gboolean sl_sdp_section_check_size(const SlSdpSection *section, GError **error);

G_END_DECLS
