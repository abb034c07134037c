#include "sl-object-check.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sl-object-error.h"

#define PIECE (4u * 1024u * 1024u)
#define BLOCK (256u * 1024u)

void
sl_object_check_init(SlObjectCheck *self, SlObjectFolder *folder, const char *hash, guint64 size,
                     const SlObjectIdentity *known)
{
    *self =
        (SlObjectCheck){ .folder = folder, .hash = hash, .size = size, .known = *known, .fd = -1 };
}

void
sl_object_check_clear(SlObjectCheck *self)
{
    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
    g_clear_pointer(&self->hasher, sl_object_hasher_free);
    g_clear_error(&self->error);
}

static gboolean
set_damaged(SlObjectCheck *self, const char *why)
{
    self->damaged = TRUE;
    g_set_error_literal(&self->error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_UNKNOWN_OBJECT, why);
    return FALSE;
}

static gboolean
identify(SlObjectCheck *self, SlObjectIdentity *ret_identity)
{
    struct stat file;

    if (fstat(self->fd, &file) != 0) {
        sl_object_data_error(&self->error, "read from the cache", errno);
        return FALSE;
    }
    if (!S_ISREG(file.st_mode))
        return set_damaged(self, "it is no file");
    if ((guint64)file.st_size != self->size)
        return set_damaged(self, "its file has another size");
    sl_object_identity_of(ret_identity, &file);
    return TRUE;
}

static gboolean
begin(SlObjectCheck *self)
{
    self->fd = sl_object_folder_get(self->folder, self->hash, &self->error);
    if (self->fd < 0) {
        self->damaged =
            g_error_matches(self->error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_UNKNOWN_OBJECT);
        return FALSE;
    }
    if (!identify(self, &self->identity))
        return FALSE;
    if (sl_object_identity_equal(&self->identity, &self->known)) {
        self->sound = TRUE;
        return FALSE;
    }
    self->hasher = sl_object_hasher_new();
    return TRUE;
}

static gboolean
finish(SlObjectCheck *self)
{
    SlObjectIdentity after;

    if (strcmp(sl_object_hasher_get_text(self->hasher), self->hash) != 0)
        return set_damaged(self, "its bytes are others");
    if (!identify(self, &after))
        return FALSE;
    /* Somebody writes to it: what was read is not what there is. */
    if (!sl_object_identity_equal(&self->identity, &after))
        return set_damaged(self, "its file was changed");
    self->sound = TRUE;
    return FALSE;
}

gboolean
sl_object_check_step(SlObjectCheck *self)
{
    g_autofree guint8 *block = NULL;
    guint64 end;

    if (self->fd < 0 && !begin(self))
        return FALSE;
    block = g_malloc(BLOCK);
    end = MIN(self->size, self->offset + PIECE);
    while (self->offset < end) {
        ssize_t got = pread(self->fd, block, MIN(BLOCK, end - self->offset), (off_t)self->offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return set_damaged(self, got < 0 ? g_strerror(errno) : "its file has another size");
        sl_object_hasher_update(self->hasher, block, (gsize)got);
        self->offset += (guint64)got;
    }
    return self->offset < self->size || finish(self);
}
