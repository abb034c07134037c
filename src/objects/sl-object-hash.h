#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** SL_OBJECT_HASH_LENGTH: of SHA-256 in hexadecimal digits */
#define SL_OBJECT_HASH_LENGTH 64

/** sl_object_hash_is_valid: Returns: whether @hash is 64 digits of 0-9 and a-f; NULL is none */
gboolean sl_object_hash_is_valid(const char *hash);

G_END_DECLS
