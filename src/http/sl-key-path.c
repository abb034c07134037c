#include "sl-key-path.h"

#include <string.h>

#define PREFIX "/key/"

const char *
sl_key_path_split(const char *path, char **ret_key)
{
    const char *key = path + strlen(PREFIX);
    const char *rest;

    if (!g_str_has_prefix(path, PREFIX))
        return path;
    rest = strchr(key, '/');
    if (rest == NULL)
        return path;
    *ret_key = g_strndup(key, MIN((gsize)(rest - key), SL_KEY_MAX_BYTES));
    return rest;
}
