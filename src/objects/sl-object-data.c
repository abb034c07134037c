#include "sl-object-data.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sl-object-error.h"

/* From here on a mapping of its own, which goes back to the system as a whole. */
#define MAPPED_FROM (128u * 1024u)

struct _SlObjectData {
    gatomicrefcount refs;
    guint8 *memory; /* nullable */
    gsize size;     /* of memory */
    int fd;         /* -1: memory */
    SlObjectIdentity identity;
    gboolean identified;
};

void
sl_object_identity_of(SlObjectIdentity *self, const struct stat *file)
{
    self->device = file->st_dev;
    self->inode = file->st_ino;
    self->size = (guint64)file->st_size;
    self->modified_ns =
        file->st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + file->st_mtim.tv_nsec;
    self->changed_ns = file->st_ctim.tv_sec * G_GINT64_CONSTANT(1000000000) + file->st_ctim.tv_nsec;
}

gboolean
sl_object_identity_equal(const SlObjectIdentity *a, const SlObjectIdentity *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns;
}

void
sl_object_data_error(GError **error, const char *doing, int number)
{
    gboolean full = number == ENOSPC || number == EDQUOT || number == EFBIG || number == ENOMEM;

    g_set_error(error, SL_OBJECT_ERROR, full ? SL_OBJECT_ERROR_NO_ROOM : SL_OBJECT_ERROR_FAILED,
                "Can't %s: %s", doing, g_strerror(number));
}

SlObjectData *
sl_object_data_new_memory(guint64 size, GError **error)
{
    void *memory = NULL;
    SlObjectData *self;

    if (size > G_MAXSSIZE) {
        sl_object_data_error(error, "keep it in memory", ENOMEM);
        return NULL;
    }
    if (size < MAPPED_FROM) {
        memory = g_malloc(size);
    } else {
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            sl_object_data_error(error, "keep it in memory", errno);
            return NULL;
        }
        /* A page of 2 MiB for an upload that only began would not be what the budget knows of. */
        madvise(memory, size, MADV_NOHUGEPAGE);
    }
    self = g_new0(SlObjectData, 1);
    g_atomic_ref_count_init(&self->refs);
    self->memory = memory;
    self->size = size;
    self->fd = -1;
    return self;
}

SlObjectData *
sl_object_data_new_file(int fd, const SlObjectIdentity *identity)
{
    SlObjectData *self = g_new0(SlObjectData, 1);

    g_atomic_ref_count_init(&self->refs);
    self->fd = fd;
    if (identity != NULL)
        self->identity = *identity;
    self->identified = identity != NULL;
    return self;
}

SlObjectData *
sl_object_data_ref(SlObjectData *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
sl_object_data_unref(SlObjectData *self)
{
    if (!g_atomic_ref_count_dec(&self->refs))
        return;
    if (self->fd >= 0)
        close(self->fd);
    else if (self->size < MAPPED_FROM)
        g_free(self->memory);
    else
        munmap(self->memory, self->size);
    g_free(self);
}

int
sl_object_data_get_fd(SlObjectData *self)
{
    return self->fd;
}

gboolean
sl_object_data_write(SlObjectData *self, guint64 offset, GBytes *bytes, GError **error)
{
    gsize n, done = 0;
    const guint8 *from = g_bytes_get_data(bytes, &n);

    if (self->fd < 0) {
        memcpy(self->memory + offset, from, n);
        return TRUE;
    }
    while (done < n) {
        ssize_t written = pwrite(self->fd, from + done, n - done, (off_t)(offset + done));

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            sl_object_data_error(error, "write to the cache", errno);
            return FALSE;
        }
        done += (gsize)written;
    }
    return TRUE;
}

static gboolean
read_file(SlObjectData *self, guint8 *to, guint64 offset, gsize n, GError **error)
{
    SlObjectIdentity identity;
    struct stat file;
    gsize done = 0;

    while (done < n) {
        ssize_t got = pread(self->fd, to + done, n - done, (off_t)(offset + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            sl_object_data_error(error, "read from the cache", got < 0 ? errno : EIO);
            return FALSE;
        }
        done += (gsize)got;
    }
    if (!self->identified)
        return TRUE;
    if (fstat(self->fd, &file) != 0) {
        sl_object_data_error(error, "read from the cache", errno);
        return FALSE;
    }
    /* Its links may change: it was removed, or replaced, and is the same still. */
    sl_object_identity_of(&identity, &file);
    if (file.st_nlink == 0)
        identity.changed_ns = self->identity.changed_ns;
    if (!sl_object_identity_equal(&identity, &self->identity)) {
        g_set_error_literal(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_FAILED,
                            "Its file in the cache was changed");
        return FALSE;
    }
    return TRUE;
}

GBytes *
sl_object_data_read(SlObjectData *self, guint64 offset, gsize n, GError **error)
{
    g_autofree guint8 *copy = NULL;

    if (self->fd < 0)
        return g_bytes_new(self->memory + offset, n);
    copy = g_malloc(n);
    if (!read_file(self, copy, offset, n, error))
        return NULL;
    return g_bytes_new_take(g_steal_pointer(&copy), n);
}
