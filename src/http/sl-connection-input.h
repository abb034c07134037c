#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** SlConnectionInput: the input stream of an SlConnection. */
#define SL_TYPE_CONNECTION_INPUT (sl_connection_input_get_type())
G_DECLARE_FINAL_TYPE(SlConnectionInput, sl_connection_input, SL, CONNECTION_INPUT,
                     GFilterInputStream)

/**
 * sl_connection_input_new:
 * @base: pollable
 * @first: (transfer none): what comes out before the rest; not to be changed any more
 */
GInputStream *sl_connection_input_new(GInputStream *base, GByteArray *first);

G_END_DECLS
