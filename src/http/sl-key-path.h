#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * sl_key_path_split:
 * @path: a request's path, its percent-encoding undone
 * @ret_key: (out) (transfer full): may be empty, never longer than SL_KEY_MAX_BYTES
 *
 * A page of another site can send no cookie and its modules import each other without a query:
 * there the key stands in the path, as `/key/KEY/…`. It is taken off once: below it, `/key/…` is a
 * path like any other.
 *
 * Returns: (transfer none): what follows the key, with its slash, within @path; @path itself where
 * it has no key
 */
const char *sl_key_path_split(const char *path, char **ret_key);

#define SL_KEY_MAX_BYTES 128

G_END_DECLS
