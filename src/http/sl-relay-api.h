#pragma once

#include <json-glib/json-glib.h>

#include "sl-relay.h"

G_BEGIN_DECLS

/** sl_relay_api_to_text: Returns: (transfer full): what `/api/relay` says (docs/relay.md,
 * "Figures") */
char *sl_relay_api_to_text(SlRelay *relay);

/** sl_relay_api_totals: Returns: (transfer full): `relay` of `/api/status` */
JsonObject *sl_relay_api_totals(SlRelay *relay);

G_END_DECLS
