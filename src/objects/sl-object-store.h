#pragma once

#include "sl-limits.h"
#include "sl-object-writer.h"
#include "sl-object.h"

G_BEGIN_DECLS

/**
 * SlObjectStore: the objects that are kept (docs/relay.md, "What is kept"), in memory or in a
 * folder. Hashing and the disk are the business of a few threads of its own, and wait for nobody:
 * main thread only, and nothing here blocks it but new() and close().
 */
#define SL_TYPE_OBJECT_STORE (sl_object_store_get_type())
G_DECLARE_FINAL_TYPE(SlObjectStore, sl_object_store, SL, OBJECT_STORE, GObject)

/** SlObjectUse: what an object is opened for, which is what counts */
typedef enum {
    SL_OBJECT_USE_LOOK, /* nothing: HEAD, `If-None-Match` */
    SL_OBJECT_USE_GET,  /* a hit or a miss; it is used now */
    SL_OBJECT_USE_PUT,  /* if it is there: its size is saved; it is put now */
} SlObjectUse;

typedef struct {
    guint objects;
    guint pinned;
    guint partials;
    guint64 bytes; /* of objects, those included that somebody still reads though they went */
    guint64 partial_bytes; /* received, of uploads that are not finished */
    guint64 hits;
    guint64 misses;
    guint64 received_bytes;
    guint64 served_bytes;
    guint64 saved_bytes; /* of puts that needed none, and served beyond what was received */
    guint64 dropped;     /* made room, or expired */
    guint64 damaged;
} SlObjectFigures;

/** SlObjectInfo: of one object; times in ms since 1970 */
typedef struct {
    char hash[65];
    gboolean pinned;
    guint64 size;
    gint64 stored_ms; /* when it was last put */
    gint64 used_ms;   /* put, or got */
    guint64 n_gets;   /* since the start */
} SlObjectInfo;

/**
 * sl_object_store_new:
 * @folder: (nullable): in memory; else it is made if it is not there, 0700, and its objects are
 *   found again; its parent has to be there
 *
 * Blocks for as long as it takes to look at each file of @folder.
 * Returns: (transfer full) (nullable): SL_OBJECT_ERROR_FAILED with words for the operator, which
 *   name @folder; another server that uses it is one reason
 */
SlObjectStore *sl_object_store_new(GMainContext *context, const SlLimits *limits,
                                   const char *folder, GError **error);

/**
 * sl_object_store_close:
 *
 * Ends all that goes on: writers get `failed`, what is read and opened ends with `failed`. Waits
 * for the threads, some ms. After it there is nothing to open or to begin. Idempotent; dropping the
 * last reference does it, too (SlObject and SlObjectWriter hold none after it).
 */
void sl_object_store_close(SlObjectStore *self);

/** sl_object_store_get_max_object_bytes: what one object may have: `max-object-mib`, or the whole
 * cache */
guint64 sl_object_store_get_max_object_bytes(SlObjectStore *self);

/**
 * sl_object_store_open_async:
 * @hash: any text
 *
 * In a folder, an object's bytes are checked before it is first given to anybody, which takes a
 * second for some 500 MB.
 */
void sl_object_store_open_async(SlObjectStore *self, const char *hash, SlObjectUse use,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer data);
/**
 * sl_object_store_open_finish:
 *
 * Returns: (transfer full): or SL_OBJECT_ERROR (`unknown-object`, `failed`), G_IO_ERROR_CANCELLED
 */
SlObject *sl_object_store_open_finish(SlObjectStore *self, GAsyncResult *result, GError **error);

/**
 * sl_object_store_begin:
 * @hash: a valid one
 * @size: in bytes; 0 is one, too
 * @key: any text; a secret of who uploads it
 * @address: (nullable): whose share of the cache it fills; NULL: nobody's
 *
 * Goes on with the upload of the same @hash, @size and @key, if there is one; whoever wrote to that
 * gets `failed` with `taken-over`. Where the object is there already, the writer says `stored`
 * soon.
 *
 * Returns: (transfer full): or SL_OBJECT_ERROR (`too-large`, `no-room`, `too-many`,
 *   `hash-mismatch` where this hash has another size, `failed`)
 */
SlObjectWriter *sl_object_store_begin(SlObjectStore *self, const char *hash, guint64 size,
                                      const char *key, const char *address, GError **error);

/** sl_object_store_set_pinned: what is pinned neither makes room nor expires. Returns: FALSE with
 * SL_OBJECT_ERROR_UNKNOWN_OBJECT */
gboolean sl_object_store_set_pinned(SlObjectStore *self, const char *hash, gboolean pinned,
                                    GError **error);

/** sl_object_store_remove: a pinned one, too. Returns: FALSE with SL_OBJECT_ERROR_UNKNOWN_OBJECT */
gboolean sl_object_store_remove(SlObjectStore *self, const char *hash, GError **error);

/** sl_object_store_count_served: @bytes of objects were sent to somebody */
void sl_object_store_count_served(SlObjectStore *self, guint64 bytes);

SlObjectFigures sl_object_store_get_figures(SlObjectStore *self);

/**
 * sl_object_store_list:
 * @max: no more than this
 *
 * Returns: (transfer full) (element-type SlObjectInfo): the last used first, pinned ones before all
 */
GPtrArray *sl_object_store_list(SlObjectStore *self, guint max);

G_END_DECLS
