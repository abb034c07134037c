#include "sl-access.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "sl-http-server.h"
#include "sl-private-file.h"

#define KEY_BYTES 16
#define KEY_CHARS 22 /* of unpadded base64url */
#define MAX_FILE_BYTES 1024
#define NEW_ADVICE "make new ones with --new-keys"
#define NOT_KEPT_ADVICE "; set XDG_STATE_HOME to a folder that can be written, or use --no-keys"

void
sl_access_keys_free(SlAccessKeys *self)
{
    if (self == NULL)
        return;
    g_free(self->guest);
    g_free(self->operator_);
    g_free(self);
}

static gboolean
make_key(char **ret_key, GError **error)
{
    guint8 bytes[KEY_BYTES];
    char *key;

    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS, "No random numbers for a key: %s",
                    g_strerror(errno));
        return FALSE;
    }
    key = g_base64_encode(bytes, sizeof(bytes));
    g_strdelimit(key, "+", '-');
    g_strdelimit(key, "/", '_');
    key[KEY_CHARS] = '\0';
    *ret_key = key;
    return TRUE;
}

static gboolean
is_key(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c) && *c != '-' && *c != '_')
            return FALSE;
    }
    return strlen(text) == KEY_CHARS;
}

static SlAccessKeys *
keys_parse(const char *path, const char *text, GError **error)
{
    g_autoptr(SlAccessKeys) keys = g_new0(SlAccessKeys, 1);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        const char *line = g_strstrip(lines[i]);
        char **field = NULL;

        if (*line == '\0' || *line == '#')
            continue;
        if (g_str_has_prefix(line, "guest="))
            field = &keys->guest;
        else if (g_str_has_prefix(line, "operator="))
            field = &keys->operator_;
        if (field == NULL || *field != NULL || !is_key(strchr(line, '=') + 1)) {
            g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS,
                        "%s:%u: expected guest=KEY and operator=KEY, each once, with keys of "
                        "%d characters; " NEW_ADVICE,
                        path, i + 1, KEY_CHARS);
            return NULL;
        }
        *field = g_strdup(strchr(line, '=') + 1);
    }
    if (keys->guest == NULL || keys->operator_ == NULL) {
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS, "%s has no %s key; " NEW_ADVICE, path,
                    keys->guest == NULL ? "guest" : "operator");
        return NULL;
    }
    return g_steal_pointer(&keys);
}

static SlAccessKeys *
keys_make(const char *path, GError **error)
{
    g_autoptr(SlAccessKeys) keys = g_new0(SlAccessKeys, 1);
    g_autoptr(GError) local_error = NULL;
    g_autofree char *text = NULL;

    if (!make_key(&keys->guest, error) || !make_key(&keys->operator_, error))
        return NULL;
    text =
        g_strdup_printf("# The keys in Sightline's links. Whoever has one can watch, or operate.\n"
                        "guest=%s\noperator=%s\n",
                        keys->guest, keys->operator_);
    if (!sl_private_file_write(path, text, &local_error)) {
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS,
                    "Keys can't be kept: %s" NOT_KEPT_ADVICE, local_error->message);
        return NULL;
    }
    return g_steal_pointer(&keys);
}

/* FALSE with no error: there are none */
static gboolean
read_text(const char *path, char **ret_text, GError **error)
{
    g_autoptr(GError) fault = NULL;
    g_autoptr(GBytes) bytes = sl_private_file_read(path, MAX_FILE_BYTES, NEW_ADVICE, &fault);
    gsize len = 0;
    const char *data = bytes != NULL ? g_bytes_get_data(bytes, &len) : NULL;

    if (fault != NULL)
        g_set_error_literal(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS, fault->message);
    else if (len > MAX_FILE_BYTES || (len > 0 && memchr(data, '\0', len) != NULL))
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS, "%s is not a file of keys; %s", path,
                    NEW_ADVICE);
    else if (bytes != NULL)
        *ret_text = g_strndup(data, len);
    return *ret_text != NULL;
}

SlAccessKeys *
sl_access_keys_load(const char *state_dir, gboolean renew, GError **error)
{
    g_autofree char *path = g_build_filename(state_dir, "keys", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) local_error = NULL;

    if (g_mkdir_with_parents(state_dir, 0700) != 0) {
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS,
                    "Keys can't be kept in %s: %s" NOT_KEPT_ADVICE, state_dir, g_strerror(errno));
        return NULL;
    }
    if (!renew && read_text(path, &text, &local_error))
        return keys_parse(path, text, error);
    if (local_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&local_error));
        return NULL;
    }
    return keys_make(path, error);
}
