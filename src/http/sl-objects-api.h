#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "sl-object-store.h"

G_BEGIN_DECLS

/* `/api/objects` and `/api/objects/HASH` (docs/api.md), for operators. Main thread only. */

gboolean sl_objects_api_has(const char *path);
/** sl_objects_api_get_methods: @path: one that is its own */
const char *sl_objects_api_get_methods(const char *path);
void sl_objects_api_answer(SlObjectStore *store, SoupServerMessage *msg);

/** sl_objects_api_totals: Returns: (transfer full): `objects` of `/api/status` */
JsonObject *sl_objects_api_totals(SlObjectStore *store);

G_END_DECLS
