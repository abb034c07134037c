#pragma once

#include "sl-object-data.h"
#include "sl-object-note.h"

G_BEGIN_DECLS

/**
 * SlObjectFolder: the cache's folder, of one server at a time:
 *
 *   lock           held while it is in use
 *   objects/HASH   whole, and to the disk before it has this name
 *   notes/HASH     when it was put and used, and whether it is pinned; may be missing
 *   partials/N     uploads of this run
 *
 * What it did not make is left alone, and symbolic links are not followed below it. A server that
 * is killed leaves at most partials, which the next one removes. Everything here blocks.
 * Any thread, but not at once with the same name.
 */
typedef struct _SlObjectFolder SlObjectFolder;

/** SlObjectFound: @note: what is written, or what its file says */
typedef void (*SlObjectFound)(const char *hash, guint64 size, const SlObjectNote *note,
                              gpointer data);

/** sl_object_folder_open: makes what is missing, but not its parent. Returns:
 * SL_OBJECT_ERROR_FAILED with @path in its words */
SlObjectFolder *sl_object_folder_open(const char *path, GError **error);
/** sl_object_folder_close: removes partials, and lets others use it; frees it */
void sl_object_folder_close(SlObjectFolder *self);

/** sl_object_folder_scan: tells of each object, and removes notes of those that are no more */
gboolean sl_object_folder_scan(SlObjectFolder *self, SlObjectFound found, gpointer data,
                               GError **error);

/** sl_object_folder_begin: Returns: a descriptor to write to, or -1 */
int sl_object_folder_begin(SlObjectFolder *self, guint64 partial, GError **error);
/** sl_object_folder_forget: removes it, if it is there */
void sl_object_folder_forget(SlObjectFolder *self, guint64 partial);
/**
 * sl_object_folder_keep: the partial is an object now, for good
 * @fd: what begin() gave
 * @ret_identity: of its file
 */
gboolean sl_object_folder_keep(SlObjectFolder *self, guint64 partial, int fd, const char *hash,
                               SlObjectIdentity *ret_identity, GError **error);

/**
 * sl_object_folder_get: opens an object to read
 *
 * Returns: -1: SL_OBJECT_ERROR_UNKNOWN_OBJECT where there is no such file, `failed`
 */
int sl_object_folder_get(SlObjectFolder *self, const char *hash, GError **error);
/** sl_object_folder_remove: the object and its note, if they are there */
void sl_object_folder_remove(SlObjectFolder *self, const char *hash);
/** sl_object_folder_write_note: @sync: to the disk */
void sl_object_folder_write_note(SlObjectFolder *self, const char *hash, const SlObjectNote *note,
                                 gboolean sync);

G_END_DECLS
