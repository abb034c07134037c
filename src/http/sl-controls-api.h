#pragma once

#include "sl-stream-api.h"

G_BEGIN_DECLS

/** sl_controls_api_answer: `/api/streams/NAME/controls`: what a camera lets be changed. */
void sl_controls_api_answer(const SlStreamApi *api, SoupServerMessage *msg);

G_END_DECLS
