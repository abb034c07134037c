#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * sl_file_read: a small file as a whole; never a device or a pipe, which could be waited for.
 * @max_bytes: of a longer one @max_bytes + 1 are returned, however long it is
 *
 * Returns: (transfer full) (nullable): G_FILE_ERROR; the message begins with @path
 */
GBytes *sl_file_read(const char *path, gsize max_bytes, GError **error);

G_END_DECLS
