#include "sl-object-folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "sl-object-error.h"
#include "sl-object-hash.h"

struct _SlObjectFolder {
    int lock;
    int objects, notes, partials; /* folders */
};

static void
set_error(GError **error, const char *path, const char *doing, int number)
{
    g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_FAILED, "%s: can't %s: %s", path, doing,
                g_strerror(number));
}

static int
open_folder(int parent, const char *name, const char *path, GError **error)
{
    g_autofree char *whole = parent != AT_FDCWD ? g_build_filename(path, name, NULL) : NULL;
    int fd;

    if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST) {
        set_error(error, whole != NULL ? whole : path, "make the cache's folder", errno);
        return -1;
    }
    fd = openat(parent, name,
                O_RDONLY | O_DIRECTORY | O_CLOEXEC | (parent != AT_FDCWD ? O_NOFOLLOW : 0));
    if (fd < 0)
        set_error(error, whole != NULL ? whole : path, "open the cache's folder", errno);
    return fd;
}

static int
lock_folder(int folder, const char *path, GError **error)
{
    int fd = openat(folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

    if (fd < 0) {
        set_error(error, path, "write to the cache's folder", errno);
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (errno == EWOULDBLOCK)
        g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_FAILED,
                    "%s: another server uses this cache; each needs a folder of its own", path);
    else
        set_error(error, path, "lock the cache's folder", errno);
    close(fd);
    return -1;
}

static void
close_all(SlObjectFolder *self)
{
    const int fds[] = { self->partials, self->notes, self->objects, self->lock };

    for (guint i = 0; i < G_N_ELEMENTS(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    g_free(self);
}

/* Calls @func with each name. A folder that can't be read is an error, as is one that ends early.
 */
static gboolean
each_name(int folder, void (*func)(SlObjectFolder *, const char *, gpointer), SlObjectFolder *self,
          gpointer data)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *name;
    int number;

    if (names == NULL) {
        number = errno;
        if (fd >= 0)
            close(fd);
        errno = number;
        return FALSE;
    }
    errno = 0;
    while ((name = readdir(names)) != NULL) {
        func(self, name->d_name, data);
        errno = 0;
    }
    number = errno;
    closedir(names);
    errno = number;
    return number == 0;
}

static void
remove_partial(SlObjectFolder *self, const char *name, gpointer data)
{
    if (g_ascii_string_to_unsigned(name, 10, 0, G_MAXUINT64, NULL, NULL))
        unlinkat(self->partials, name, 0);
}

SlObjectFolder *
sl_object_folder_open(const char *path, GError **error)
{
    SlObjectFolder *self = g_new0(SlObjectFolder, 1);
    int folder;

    self->lock = self->objects = self->notes = self->partials = -1;
    folder = open_folder(AT_FDCWD, path, path, error);
    if (folder >= 0 && (self->lock = lock_folder(folder, path, error)) >= 0 &&
        (self->objects = open_folder(folder, "objects", path, error)) >= 0 &&
        (self->notes = open_folder(folder, "notes", path, error)) >= 0)
        self->partials = open_folder(folder, "partials", path, error);
    if (folder >= 0)
        close(folder);
    if (self->partials < 0) {
        close_all(self);
        return NULL;
    }
    each_name(self->partials, remove_partial, self, NULL);
    return self;
}

void
sl_object_folder_close(SlObjectFolder *self)
{
    each_name(self->partials, remove_partial, self, NULL);
    close_all(self);
}

typedef struct {
    SlObjectFound found;
    gpointer data;
} Scan;

static gint64
to_ms(const struct timespec *time)
{
    return time->tv_sec * G_GINT64_CONSTANT(1000) + time->tv_nsec / 1000000;
}

static void
read_note(SlObjectFolder *self, const char *hash, SlObjectNote *note)
{
    char text[SL_OBJECT_NOTE_LENGTH + 1];
    int fd = openat(self->notes, hash, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : -1;

    if (n > 0)
        sl_object_note_parse(note, text, (gsize)n);
    if (fd >= 0)
        close(fd);
}

static void
find_object(SlObjectFolder *self, const char *name, gpointer data)
{
    const Scan *scan = data;
    SlObjectNote note = { 0 };
    struct stat file;

    if (!sl_object_hash_is_valid(name) ||
        fstatat(self->objects, name, &file, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(file.st_mode))
        return;
    note.stored_ms = note.used_ms = to_ms(&file.st_mtim);
    read_note(self, name, &note);
    scan->found(name, (guint64)file.st_size, &note, scan->data);
}

static void
check_note(SlObjectFolder *self, const char *name, gpointer data)
{
    struct stat file;

    if (sl_object_hash_is_valid(name) &&
        fstatat(self->objects, name, &file, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
        unlinkat(self->notes, name, 0);
}

gboolean
sl_object_folder_scan(SlObjectFolder *self, SlObjectFound found, gpointer data, GError **error)
{
    Scan scan = { found, data };

    if (each_name(self->objects, find_object, self, &scan) &&
        each_name(self->notes, check_note, self, NULL))
        return TRUE;
    sl_object_data_error(error, "read the cache's folder", errno);
    return FALSE;
}

static const char *
partial_name(guint64 partial, char name[24])
{
    g_snprintf(name, 24, "%" G_GUINT64_FORMAT, partial);
    return name;
}

int
sl_object_folder_begin(SlObjectFolder *self, guint64 partial, GError **error)
{
    char name[24];
    int fd = openat(self->partials, partial_name(partial, name),
                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        sl_object_data_error(error, "write to the cache", errno);
    return fd;
}

void
sl_object_folder_forget(SlObjectFolder *self, guint64 partial)
{
    char name[24];

    unlinkat(self->partials, partial_name(partial, name), 0);
}

gboolean
sl_object_folder_keep(SlObjectFolder *self, guint64 partial, int fd, const char *hash,
                      SlObjectIdentity *ret_identity, GError **error)
{
    char name[24];
    struct stat file;

    /* First the bytes, then the name: whatever happens in between, a name has its bytes. */
    if (fsync(fd) != 0 ||
        renameat(self->partials, partial_name(partial, name), self->objects, hash) != 0 ||
        fsync(self->objects) != 0 || fstat(fd, &file) != 0) {
        sl_object_data_error(error, "write to the cache", errno);
        return FALSE;
    }
    sl_object_identity_of(ret_identity, &file);
    return TRUE;
}

int
sl_object_folder_get(SlObjectFolder *self, const char *hash, GError **error)
{
    int fd = openat(self->objects, hash, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0)
        return fd;
    if (errno == ENOENT || errno == ELOOP)
        g_set_error(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_UNKNOWN_OBJECT, "its file %s",
                    errno == ENOENT ? "is not there any more" : "is a symbolic link");
    else
        sl_object_data_error(error, "read from the cache", errno);
    return -1;
}

void
sl_object_folder_remove(SlObjectFolder *self, const char *hash)
{
    unlinkat(self->objects, hash, 0);
    unlinkat(self->notes, hash, 0);
}

void
sl_object_folder_write_note(SlObjectFolder *self, const char *hash, const SlObjectNote *note,
                            gboolean sync)
{
    char text[SL_OBJECT_NOTE_LENGTH + 1];
    int fd =
        openat(self->notes, hash, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

    if (fd < 0)
        return;
    sl_object_note_format(note, text);
    /* Without a note, or with half of one, its file's own time counts. */
    if (pwrite(fd, text, SL_OBJECT_NOTE_LENGTH, 0) == SL_OBJECT_NOTE_LENGTH &&
        ftruncate(fd, SL_OBJECT_NOTE_LENGTH) == 0 && sync) {
        fsync(fd);
        fsync(self->notes);
    }
    close(fd);
}
