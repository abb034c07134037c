#include "sl-local-socket.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 64
#define PRIVATE_MODE 0600u
#define MAX_GROUP_BYTES ((gsize)(64 * 1024))

struct _SlLocalSocket {
    GSocket *socket;
    char *path;
    struct stat made; /* to know it again */
};

G_STATIC_ASSERT(sizeof(((struct sockaddr_un *)NULL)->sun_path) ==
                SL_LOCAL_SOCKET_MAX_PATH_BYTES + 1);

static gboolean
fail(GError **error, int code, const char *path, const char *what)
{
    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "%s: %s: %s", path, what,
                g_strerror(code));
    return FALSE;
}

static gboolean
fill_address(struct sockaddr_un *ret_address, const char *path, GError **error)
{
    *ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (*path != '\0' && strlen(path) <= SL_LOCAL_SOCKET_MAX_PATH_BYTES) {
        strcpy(ret_address->sun_path, path);
        return TRUE;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
                "%s: a socket's path has 1 to %u bytes", path, SL_LOCAL_SOCKET_MAX_PATH_BYTES);
    return FALSE;
}

/* --- what is there already --- */

/* Returns: 0 if somebody listens, or an errno */
static int
try_connecting(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int code =
        fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 ? errno : 0;

    if (fd >= 0)
        close(fd);
    /* So many wait already; or it is one of another kind. */
    return code == EAGAIN || code == EPROTOTYPE ? 0 : code;
}

/* What a program left that ended without a chance to remove it; nothing else. */
static gboolean
remove_stale(const struct sockaddr_un *address, GError **error)
{
    const char *path = address->sun_path;
    struct stat info;
    int code;

    if (lstat(path, &info) != 0)
        return errno == ENOENT || fail(error, errno, path, "can't look there");
    if (!S_ISSOCK(info.st_mode)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                    "%s is there already and is no socket; it is left alone", path);
        return FALSE;
    }
    code = try_connecting(address);
    if (code == 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE, "%s is in use by another program",
                    path);
        return FALSE;
    }
    if (code != ECONNREFUSED && code != ENOENT)
        return fail(error, code, path, "a socket is there already, and can't be asked");
    return unlink(path) == 0 || errno == ENOENT ||
           fail(error, errno, path, "a socket was left there, and can't be removed");
}

/* --- permissions --- */

static gboolean
find_group(const char *path, const char *name, gid_t *ret_gid, GError **error)
{
    g_autofree char *buffer = g_malloc(MAX_GROUP_BYTES);
    struct group entry;
    struct group *found = NULL;
    guint64 number;

    if (getgrnam_r(name, &entry, buffer, MAX_GROUP_BYTES, &found) == 0 && found != NULL)
        *ret_gid = entry.gr_gid;
    else if (g_ascii_string_to_unsigned(name, 10, 0, G_MAXINT32, &number, NULL))
        *ret_gid = (gid_t)number;
    else {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: there is no group “%s”", path,
                    name);
        return FALSE;
    }
    return TRUE;
}

/* Without following a link that somebody may have put there meanwhile. */
static gboolean
give(const char *path, guint mode, const char *group, GError **error)
{
    gid_t gid;

    if (group != NULL) {
        if (!find_group(path, group, &gid, error))
            return FALSE;
        if (fchownat(AT_FDCWD, path, (uid_t)-1, gid, AT_SYMLINK_NOFOLLOW) != 0) {
            g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno),
                        "%s: can't be given to the group “%s”: %s; whoever runs this must be in it",
                        path, group, g_strerror(errno));
            return FALSE;
        }
    }
    return fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW) == 0 ||
           fail(error, errno, path, "its permissions can't be set");
}

/* --- the socket --- */

/* From bind() on it is there for everybody to see, from listen() on for them to connect to. Linux
 * takes what bind() makes its permissions from the descriptor's. */
static int
open_bound(const struct sockaddr_un *address, GError **error)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && fchmod(fd, PRIVATE_MODE) == 0 &&
        bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
        return fd;
    if (errno == ENOENT)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: its folder is not there",
                    address->sun_path);
    else
        fail(error, errno, address->sun_path, "no socket can be made there");
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Returns: (nullable): it owns @fd */
static GSocket *
start_listening(SlLocalSocket *self, int fd, guint mode, const char *group, GError **error)
{
    GSocket *socket;

    if (lstat(self->path, &self->made) != 0) {
        fail(error, errno, self->path, "it is no longer there");
        return NULL;
    }
    if (!give(self->path, mode, group, error))
        return NULL;
    if (listen(fd, BACKLOG) != 0) {
        fail(error, errno, self->path, "can't listen there");
        return NULL;
    }
    socket = g_socket_new_from_fd(fd, error);
    if (socket != NULL)
        g_socket_set_blocking(socket, FALSE);
    return socket;
}

static gboolean
is_still_there(SlLocalSocket *self)
{
    struct stat info;

    return lstat(self->path, &info) == 0 && info.st_dev == self->made.st_dev &&
           info.st_ino == self->made.st_ino;
}

SlLocalSocket *
sl_local_socket_new(const char *path, guint mode, const char *group, GError **error)
{
    g_autoptr(SlLocalSocket) self = g_new0(SlLocalSocket, 1);
    struct sockaddr_un address;
    int fd;

    if (!fill_address(&address, path, error) || !remove_stale(&address, error))
        return NULL;
    fd = open_bound(&address, error);
    if (fd < 0)
        return NULL;
    self->path = g_strdup(path);
    self->socket = start_listening(self, fd, mode, group, error);
    if (self->socket != NULL)
        return g_steal_pointer(&self);
    close(fd);
    return NULL;
}

void
sl_local_socket_free(SlLocalSocket *self)
{
    if (self == NULL)
        return;
    if (self->path != NULL && is_still_there(self))
        unlink(self->path);
    g_clear_object(&self->socket);
    g_free(self->path);
    g_free(self);
}

GSocket *
sl_local_socket_get(SlLocalSocket *self)
{
    return self->socket;
}
