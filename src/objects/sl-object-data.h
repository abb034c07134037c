#pragma once

#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/**
 * SlObjectData: where the bytes of one object are: in memory, or in a file. Any thread, but it is
 * not read while it is written, nor written by two.
 */
typedef struct _SlObjectData SlObjectData;

/** SlObjectIdentity: a file that nobody has changed since has the same one; zeroed: none */
typedef struct {
    guint64 device, inode, size;
    gint64 modified_ns, changed_ns;
} SlObjectIdentity;

void sl_object_identity_of(SlObjectIdentity *self, const struct stat *file);
gboolean sl_object_identity_equal(const SlObjectIdentity *a, const SlObjectIdentity *b);

/** sl_object_data_new_memory: takes memory as it is written to. Returns: SL_OBJECT_ERROR_NO_ROOM */
SlObjectData *sl_object_data_new_memory(guint64 size, GError **error);
/**
 * sl_object_data_new_file:
 * @fd: (transfer full)
 * @identity: (nullable): reading fails as soon as the file has another one
 */
SlObjectData *sl_object_data_new_file(int fd, const SlObjectIdentity *identity);

SlObjectData *sl_object_data_ref(SlObjectData *self);
void sl_object_data_unref(SlObjectData *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlObjectData, sl_object_data_unref)

/** sl_object_data_get_fd: Returns: -1: in memory */
int sl_object_data_get_fd(SlObjectData *self);

/** sl_object_data_write: Returns: SL_OBJECT_ERROR_NO_ROOM for a full disk, or `failed` */
gboolean sl_object_data_write(SlObjectData *self, guint64 offset, GBytes *bytes, GError **error);

/** sl_object_data_read: Returns: (transfer full): a copy of @n bytes, all of which there are; or
 * SL_OBJECT_ERROR_FAILED */
GBytes *sl_object_data_read(SlObjectData *self, guint64 offset, gsize n, GError **error);

/** sl_object_data_error: sets SL_OBJECT_ERROR from errno. @doing: `write to the cache` */
void sl_object_data_error(GError **error, const char *doing, int number);

G_END_DECLS
