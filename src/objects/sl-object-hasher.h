#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SlObjectHasher: SHA-256 of what comes, bit by bit. Any thread, one at a time. By GnuTLS, which
 * uses what the processor has for it: GLib's takes five times as long.
 */
typedef struct _SlObjectHasher SlObjectHasher;

SlObjectHasher *sl_object_hasher_new(void);
void sl_object_hasher_free(SlObjectHasher *self);
void sl_object_hasher_update(SlObjectHasher *self, gconstpointer bytes, gsize n);
/** sl_object_hasher_get_text: ends it: Returns: (transfer none): as objects are called */
const char *sl_object_hasher_get_text(SlObjectHasher *self);

G_END_DECLS
