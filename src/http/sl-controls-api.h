#pragma once

#include <libsoup/soup.h>

#include "sl-stream.h"

G_BEGIN_DECLS

/*
 * `/api/streams/NAME/controls` (docs/api.md): what a camera lets be changed, for operators.
 */

#define SL_CONTROLS_API_METHODS "GET, HEAD, PUT"

/** sl_controls_api_get_stream: (transfer full) (nullable): NAME, if @path is such an address */
char *sl_controls_api_get_stream(const char *path);

/**
 * sl_controls_api_answer:
 * @msg: of somebody who may operate @stream; with its body, if it has one
 *
 * Answers at once, or pauses the message until the camera has answered.
 */
void sl_controls_api_answer(GMainContext *context, SoupServerMessage *msg, SlStream *stream);

G_END_DECLS
