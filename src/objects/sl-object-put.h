#pragma once

#include "sl-object-store.h"
#include "sl-object-wire.h"

G_BEGIN_DECLS

/**
 * SlObjectPut: one upload of an attached client: from the look whether its object is there already
 * to the end of its writer. Main thread only.
 *
 * Signals, never from inside a call; none after leave():
 *  - `began` (): chunks may come, from sl_object_put_get_taken() on
 *  - `taken` (): there is more to acknowledge
 *  - `stored` (): the last one
 *  - `failed` (GError *error): SL_OBJECT_ERROR. The last one
 */
#define SL_TYPE_OBJECT_PUT (sl_object_put_get_type())
G_DECLARE_FINAL_TYPE(SlObjectPut, sl_object_put, SL, OBJECT_PUT, GObject)

/**
 * sl_object_put_new:
 * @request: (transfer none): a put
 * @address: (nullable): whose share of the cache it fills
 *
 * Begins to look.
 */
SlObjectPut *sl_object_put_new(SlObjectStore *store, const SlObjectRequest *request,
                               const char *address);

guint32 sl_object_put_get_id(SlObjectPut *self);
const char *sl_object_put_get_hash(SlObjectPut *self);

/**
 * sl_object_put_append:
 * @message: the whole chunk
 * @window: in bytes: how much may come beyond what was acknowledged
 *
 * Returns: FALSE with SL_OBJECT_ERROR_BAD_MESSAGE
 */
gboolean sl_object_put_append(SlObjectPut *self, const SlObjectChunk *chunk, GBytes *message,
                              gsize window, GError **error);

/** sl_object_put_is_short: whether @chunk is shorter than it needs to be: each costs as much as one
 * that is not */
gboolean sl_object_put_is_short(SlObjectPut *self, const SlObjectChunk *chunk);

/** sl_object_put_get_taken: what comes before it is taken */
guint64 sl_object_put_get_taken(SlObjectPut *self);
/** sl_object_put_get_acked: … and was acknowledged */
guint64 sl_object_put_get_acked(SlObjectPut *self);
/** sl_object_put_get_ack_us: when the next acknowledgement had better go: a text costs much,
 * whatever is in it. G_MAXINT64: there is none */
gint64 sl_object_put_get_ack_us(SlObjectPut *self);
/** sl_object_put_acked: @offset: which it is told now */
void sl_object_put_acked(SlObjectPut *self, guint64 offset, gint64 now_us);

/** sl_object_put_leave: what has come of it stays for a while. Idempotent. */
void sl_object_put_leave(SlObjectPut *self);

G_END_DECLS
