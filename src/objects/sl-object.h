#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * SlObject: an object that is there, opened by somebody (sl_object_store_open_async()). While he
 * holds a reference it makes room for no other; one that is removed or expires goes on being
 * readable by those who have opened it. Main thread only.
 */
#define SL_TYPE_OBJECT (sl_object_get_type())
G_DECLARE_FINAL_TYPE(SlObject, sl_object, SL, OBJECT, GObject)

const char *sl_object_get_hash(SlObject *self);
/** sl_object_get_size: in bytes; may be 0 */
guint64 sl_object_get_size(SlObject *self);

/**
 * sl_object_read_async:
 * @offset: below the size
 * @max: in bytes, from 1; of more than 1 MiB no more is read
 *
 * Several may be under way at once.
 */
void sl_object_read_async(SlObject *self, guint64 offset, gsize max, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer data);

/**
 * sl_object_read_finish:
 *
 * Returns: (transfer full): 1 to `max` bytes, fewer only at the end or at 1 MiB; or
 *   SL_OBJECT_ERROR (`bad-offset`, `failed`), G_IO_ERROR_CANCELLED
 */
GBytes *sl_object_read_finish(SlObject *self, GAsyncResult *result, GError **error);

G_END_DECLS
