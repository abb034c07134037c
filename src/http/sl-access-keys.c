#include "sl-access.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sl-http-server.h"

#define KEY_BYTES 16
#define KEY_CHARS 22 /* of unpadded base64url */
#define MAX_FILE_BYTES 1024
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
                        "%d characters; make new ones with --new-keys",
                        path, i + 1, KEY_CHARS);
            return NULL;
        }
        *field = g_strdup(strchr(line, '=') + 1);
    }
    if (keys->guest == NULL || keys->operator_ == NULL) {
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS,
                    "%s has no %s key; make new ones with --new-keys", path,
                    keys->guest == NULL ? "guest" : "operator");
        return NULL;
    }
    return g_steal_pointer(&keys);
}

static gboolean
file_is_private(int fd, const char *path, GError **error)
{
    struct stat info;

    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS, "%s is not a file", path);
        return FALSE;
    }
    if (info.st_uid != geteuid()) {
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS,
                    "%s belongs to another user (%u); make new ones with --new-keys", path,
                    (guint)info.st_uid);
        return FALSE;
    }
    if ((info.st_mode & 077) != 0) {
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS,
                    "%s can be read by others (mode %04o): chmod 600 it, or make new ones with "
                    "--new-keys",
                    path, (guint)(info.st_mode & 07777));
        return FALSE;
    }
    return TRUE;
}

/* FALSE with no error: there is no file */
static gboolean
read_file(const char *path, char **ret_text, GError **error)
{
    char text[MAX_FILE_BYTES + 1];
    gssize len = -1;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        if (errno == ENOENT)
            return FALSE;
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS, "%s can't be read: %s", path,
                    errno == ELOOP ? "it is a symbolic link" : g_strerror(errno));
        return FALSE;
    }
    if (file_is_private(fd, path, error)) {
        len = read(fd, text, sizeof(text));
        if (len < 0 || len > MAX_FILE_BYTES || memchr(text, '\0', (gsize)MAX(len, 0)) != NULL) {
            g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS,
                        "%s is not a file of keys; make new ones with --new-keys", path);
            len = -1;
        }
    }
    close(fd);
    if (len < 0)
        return FALSE;
    *ret_text = g_strndup(text, (gsize)len);
    return TRUE;
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
    if (!g_file_set_contents_full(path, text, -1,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                  0600, &local_error)) {
        g_set_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_KEYS,
                    "Keys can't be kept: %s" NOT_KEPT_ADVICE, local_error->message);
        return NULL;
    }
    return g_steal_pointer(&keys);
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
    if (renew)
        return keys_make(path, error);
    if (read_file(path, &text, &local_error))
        return keys_parse(path, text, error);
    if (local_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&local_error));
        return NULL;
    }
    return keys_make(path, error);
}
