#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** SlConnectionOutput: the output stream of an SlConnection. */
#define SL_TYPE_CONNECTION_OUTPUT (sl_connection_output_get_type())
G_DECLARE_FINAL_TYPE(SlConnectionOutput, sl_connection_output, SL, CONNECTION_OUTPUT,
                     GFilterOutputStream)

/** @base: pollable */
GOutputStream *sl_connection_output_new(GOutputStream *base);

guint64 sl_connection_output_get_n_written(SlConnectionOutput *self);

G_END_DECLS
