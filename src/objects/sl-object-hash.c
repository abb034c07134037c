#include "sl-object-hash.h"

#include <string.h>

gboolean
sl_object_hash_is_valid(const char *hash)
{
    return hash != NULL && strspn(hash, "0123456789abcdef") == SL_OBJECT_HASH_LENGTH &&
           hash[SL_OBJECT_HASH_LENGTH] == '\0';
}
