#pragma once

#include "sl-launch-tokens.h"

G_BEGIN_DECLS

/**
 * sl_elements_check:
 *
 * Elements exist, properties exist and take their values, caps parse: everything that would make
 * gst_parse_launch() fail, or GStreamer warn, for an element by itself. Needs gst_init().
 */
void sl_elements_check(GPtrArray *tokens, SlProblems *problems);

G_END_DECLS
