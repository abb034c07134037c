#include "sl-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void
set_errno(const char *path, int code, GError **error)
{
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(code), "%s: %s", path,
                g_strerror(code));
}

static GBytes *
read_all(int fd, const char *path, gsize max_bytes, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    gssize n = 1;

    while (n > 0 && bytes->len <= max_bytes) {
        guint8 chunk[4096];

        n = read(fd, chunk, MIN(sizeof chunk, max_bytes + 1 - bytes->len));
        if (n > 0)
            g_byte_array_append(bytes, chunk, (guint)n);
    }
    if (n >= 0)
        return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
    set_errno(path, errno, error);
    return NULL;
}

GBytes *
sl_file_read(const char *path, gsize max_bytes, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    GBytes *bytes = NULL;
    struct stat info;

    if (fd < 0) {
        set_errno(path, errno, error);
        return NULL;
    }
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        bytes = read_all(fd, path, max_bytes, error);
    else
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: not a regular file", path);
    close(fd);
    return bytes;
}
