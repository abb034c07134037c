#pragma once

#include "sl-stream-api.h"

G_BEGIN_DECLS

/** sl_variables_api_answer: `/api/streams/NAME/variables`: what a description lets be set. */
void sl_variables_api_answer(const SlStreamApi *api, SoupServerMessage *msg);

/**
 * sl_variables_from_json:
 * @object: `{NAME: VALUE, …}`
 *
 * Returns: (transfer full) (nullable): NAME=VALUE; SL_MEDIA_ERROR_VALUE for what can't be one
 */
char **sl_variables_from_json(JsonObject *object, GError **error);

G_END_DECLS
