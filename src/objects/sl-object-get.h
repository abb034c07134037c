#pragma once

#include "sl-object-store.h"
#include "sl-object-wire.h"

G_BEGIN_DECLS

/**
 * SlObjectGet: one download of an attached client: what is read of its object, sent and
 * acknowledged. Who owns it says when the next chunk goes. Main thread only.
 *
 * Signals, never from inside a call; none after leave():
 *  - `began` (): its object is there, and chunks follow, if any are asked for
 *  - `ready` (): there is a chunk to send
 *  - `failed` (GError *error): SL_OBJECT_ERROR. The last one
 */
#define SL_TYPE_OBJECT_GET (sl_object_get_get_type())
G_DECLARE_FINAL_TYPE(SlObjectGet, sl_object_get, SL, OBJECT_GET, GObject)

/** sl_object_get_new: begins to look for it. @request: (transfer none): a get */
SlObjectGet *sl_object_get_new(SlObjectStore *store, const SlObjectRequest *request);

guint32 sl_object_get_get_id(SlObjectGet *self);
/** sl_object_get_get_total: the object's size; 0 before `began` */
guint64 sl_object_get_get_total(SlObjectGet *self);
/** sl_object_get_get_acked: what comes before it has arrived; at first, what was asked for */
guint64 sl_object_get_get_acked(SlObjectGet *self);
/** sl_object_get_get_under_way: bytes sent and not acknowledged */
gsize sl_object_get_get_under_way(SlObjectGet *self);
/** sl_object_get_is_done: everything is acknowledged */
gboolean sl_object_get_is_done(SlObjectGet *self);

/** sl_object_get_peek: bytes of the object in the chunk that is to be sent next; 0: none is there
 */
gsize sl_object_get_peek(SlObjectGet *self);
/** sl_object_get_take: takes that chunk, which is sent now. Returns: (transfer full): the message
 */
GBytes *sl_object_get_take(SlObjectGet *self, gint64 now_us);

/**
 * sl_object_get_ack:
 * @offset: everything before it has arrived
 * @ret_delay_us: since the last whole chunk of that was sent; -1: there was none
 *
 * Returns: FALSE with SL_OBJECT_ERROR_BAD_MESSAGE: that was not sent
 */
gboolean sl_object_get_ack(SlObjectGet *self, guint64 offset, gint64 now_us, gint64 *ret_delay_us,
                           GError **error);
/** sl_object_get_is_whole_ack: whether the end of a chunk that is under way would be acknowledged
 */
gboolean sl_object_get_is_whole_ack(SlObjectGet *self, guint64 offset);

/** sl_object_get_get_waiting_us: since when nothing of what is under way was acknowledged;
 * G_MAXINT64: nothing is under way */
gint64 sl_object_get_get_waiting_us(SlObjectGet *self);

/** sl_object_get_leave: it is wanted no longer. Idempotent. */
void sl_object_get_leave(SlObjectGet *self);

G_END_DECLS
