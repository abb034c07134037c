#pragma once

#include <libsoup/soup.h>

#include "sl-ice.h"

G_BEGIN_DECLS

/** sl_ice_link_add: a header `Link: <stun:…>; rel="ice-server"` for each server, with what it needs
 * to be used (RFC 9725, section 4.6) */
void sl_ice_link_add(SoupMessageHeaders *headers, SlIce *ice);

G_END_DECLS
