#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** SL_SAVE_NAME_MAX_BYTES: file systems have no longer names. */
#define SL_SAVE_NAME_MAX_BYTES 200

/**
 * sl_save_name_clean:
 * @name: anything
 *
 * Makes a file's name of it that no system reads as anything else: no folder, no device, nothing
 * hidden, and nothing that shows it otherwise than it is (Unicode's directions). Any thread.
 *
 * Returns: (transfer full) (nullable): UTF-8 of at most %SL_SAVE_NAME_MAX_BYTES; %NULL where
 * nothing is left
 */
char *sl_save_name_clean(const char *name);

/**
 * sl_save_name_to_disposition:
 * @name: (nullable): as sl_save_name_clean() takes it
 *
 * Returns: (transfer full): `Content-Disposition` (RFC 6266, RFC 8187): to be saved, never shown
 */
char *sl_save_name_to_disposition(const char *name);

G_END_DECLS
