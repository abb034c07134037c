#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/** sl_property_is_plain: whether text can be its value. Not where that text would be launch text
 * itself, or where its reader warns about what it can't read. */
gboolean sl_property_is_plain(GParamSpec *spec);

/**
 * sl_property_read_value:
 * @spec: of a plain property
 * @ret_value: (out): to be unset by the caller; untouched where @text is no value
 *
 * Where GStreamer would warn or clamp silently, this says what is expected. Needs gst_init().
 * Returns: (transfer full) (nullable): what is expected instead of @text; %NULL: it was read
 */
char *sl_property_read_value(GParamSpec *spec, const char *text, GValue *ret_value);

/** sl_property_list: (transfer container): the names of a class's properties, for hints */
const char **sl_property_list(GObjectClass *class);

G_END_DECLS
