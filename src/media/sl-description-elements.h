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

/** sl_element_check_property: an element that exists has @property, and it can be set */
void sl_element_check_property(const char *element, const char *property, guint line,
                               SlProblems *problems);

G_END_DECLS
