#include "sl-private-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
is_private(int fd, const char *path, const char *advice, GError **error)
{
    struct stat info;

    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s is not a file", path);
        return FALSE;
    }
    if (info.st_uid != geteuid()) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM, "%s belongs to another user (%u); %s",
                    path, (guint)info.st_uid, advice);
        return FALSE;
    }
    if ((info.st_mode & 077) != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM,
                    "%s can be read by others (mode %04o): chmod 600 it, or %s", path,
                    (guint)(info.st_mode & 07777), advice);
        return FALSE;
    }
    return TRUE;
}

static GBytes *
read_all(int fd, const char *path, gsize max_bytes, GError **error)
{
    g_autofree char *data = g_malloc(max_bytes + 1);
    gssize len = read(fd, data, max_bytes + 1);

    if (len >= 0)
        return g_bytes_new_take(g_steal_pointer(&data), (gsize)len);
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s can't be read: %s", path,
                g_strerror(errno));
    return NULL;
}

GBytes *
sl_private_file_read(const char *path, gsize max_bytes, const char *advice, GError **error)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    GBytes *bytes = NULL;

    if (fd < 0) {
        if (errno != ENOENT)
            g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s can't be read: %s",
                        path, errno == ELOOP ? "it is a symbolic link" : g_strerror(errno));
        return NULL;
    }
    if (is_private(fd, path, advice, error))
        bytes = read_all(fd, path, max_bytes, error);
    close(fd);
    return bytes;
}

gboolean
sl_private_file_write(const char *path, const char *text, GError **error)
{
    return g_file_set_contents_full(
        path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error);
}
