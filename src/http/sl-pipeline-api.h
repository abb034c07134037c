#pragma once

#include "sl-stream-api.h"

G_BEGIN_DECLS

/** sl_pipeline_api_answer: `/api/streams/NAME/pipeline`: which description a stream has, and which
 * it could have. */
void sl_pipeline_api_answer(const SlStreamApi *api, SoupServerMessage *msg);

/** sl_pipeline_add_to_json: what operators are told of at each change: `name`, `title`, `auto`,
 * `problem`, `swapping` */
void sl_pipeline_add_to_json(SlPipelineSwitch *pipeline, JsonObject *object);

/** sl_pipeline_api_answer_undone: @error of sl_pipeline_switch_finish() */
void sl_pipeline_api_answer_undone(SoupServerMessage *msg, const GError *error);

/** SL_PIPELINE_API_TIMEOUT: for sl_pending_begin(): a camera may have to be let go and asked, which
 * is beside the time of a trial */
#define SL_PIPELINE_API_TIMEOUT 30000, "The pipeline is still being tried after 30 s."

G_END_DECLS
