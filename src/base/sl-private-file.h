#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * A small file that holds a secret: only its owner may read it.
 */

/**
 * sl_private_file_read:
 * @advice: what to do about one that others may have read, after ", or ": `make another`
 *
 * Never through a symbolic link, and never what others can read or somebody else owns.
 * Returns: (transfer full) (nullable): NULL without an error: there is none; G_FILE_ERROR; of a
 *   longer one @max_bytes + 1
 */
GBytes *sl_private_file_read(const char *path, gsize max_bytes, const char *advice, GError **error);

/** sl_private_file_write: mode 0600, in one piece and to the disk; @path: in a folder that there is
 */
gboolean sl_private_file_write(const char *path, const char *text, GError **error);

G_END_DECLS
