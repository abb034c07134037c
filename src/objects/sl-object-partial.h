#pragma once

#include "sl-object-shelf.h"
#include "sl-object-store.h"

G_BEGIN_DECLS

/**
 * SlObjectPartial: what has come of an object so far, whether somebody goes on with it or not. What
 * is appended is written and hashed by one job at a time, in order. Refcounted; main thread.
 */
typedef struct _SlObjectPartial SlObjectPartial;

/** sl_object_partial_new: Returns: (transfer full): the store's table is its caller's business */
SlObjectPartial *sl_object_partial_new(SlObjectStore *store, const char *hash, guint64 size,
                                       const char *key, const char *address);
SlObjectPartial *sl_object_partial_ref(SlObjectPartial *self);
void sl_object_partial_unref(SlObjectPartial *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlObjectPartial, sl_object_partial_unref)

gboolean sl_object_partial_is_of(const SlObjectPartial *self, const char *hash, guint64 size,
                                 const char *key);
const char *sl_object_partial_get_hash(const SlObjectPartial *self);
guint64 sl_object_partial_get_size(const SlObjectPartial *self);
/** sl_object_partial_is_storing: it is whole and right, and will be an object in a moment */
gboolean sl_object_partial_is_storing(const SlObjectPartial *self);
/** sl_object_partial_is_left: nobody goes on with it, and it is not storing */
gboolean sl_object_partial_is_left(const SlObjectPartial *self);
/** sl_object_partial_get_bytes: what room it takes */
guint64 sl_object_partial_get_bytes(const SlObjectPartial *self);
/** sl_object_partial_get_touched_us: when something was last appended, or somebody went on with it
 */
gint64 sl_object_partial_get_touched_us(const SlObjectPartial *self);

/** sl_object_partial_attach: @writer: borrowed until it is detached. Who wrote to it before gets
 * `failed`, unless it is storing */
void sl_object_partial_attach(SlObjectPartial *self, SlObjectWriter *writer);
void sl_object_partial_detach(SlObjectPartial *self, SlObjectWriter *writer);

/** sl_object_partial_append: within its size. Where there is no room it fails. */
void sl_object_partial_append(SlObjectPartial *self, GBytes *bytes);

/** sl_object_partial_end: removes it from the store; its writers get @error, or `stored` */
void sl_object_partial_end(SlObjectPartial *self, const GError *error);

G_END_DECLS
