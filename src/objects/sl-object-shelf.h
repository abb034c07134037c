#pragma once

#include "sl-limits.h"
#include "sl-object-data.h"
#include "sl-object-hash.h"

G_BEGIN_DECLS

/** SlObjectEntry: one object that is kept, or that somebody still reads. Refcounted. Main thread.
 */
typedef struct {
    grefcount refs;
    char hash[SL_OBJECT_HASH_LENGTH + 1];
    guint64 size;
    char *address; /* nullable, a GRefString: whose share it fills */
    gboolean pinned;
    gboolean gone;                       /* from the shelf */
    guint n_open;                        /* who reads it, or is about to */
    gint64 stored_us, used_us, noted_us; /* monotonic; may be negative: before this start */
    guint64 n_gets;

    SlObjectData *data;        /* in memory always; of a file while it is open */
    SlObjectIdentity identity; /* of the file that was checked */
    gpointer check;            /* nullable: what checks it now */

    GList by_use, by_age; /* the shelf's */
} SlObjectEntry;

SlObjectEntry *sl_object_entry_new(const char *hash, guint64 size, const char *address);
SlObjectEntry *sl_object_entry_ref(SlObjectEntry *self);
void sl_object_entry_unref(SlObjectEntry *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlObjectEntry, sl_object_entry_unref)

/**
 * SlObjectShelf: which objects there are, what room they and unfinished uploads take, and which one
 * goes first: the least recently used that is neither pinned nor open. It does nothing to bytes and
 * files.
 */
typedef struct _SlObjectShelf SlObjectShelf;

/** SlObjectDropped: @entry has just gone to make room: it is no longer on the shelf */
typedef void (*SlObjectDropped)(SlObjectEntry *entry, gpointer data);

SlObjectShelf *sl_object_shelf_new(const SlLimits *limits, SlObjectDropped dropped, gpointer data);
void sl_object_shelf_free(SlObjectShelf *self);

/** sl_object_shelf_lookup: Returns: (transfer none) (nullable): @hash: any text */
SlObjectEntry *sl_object_shelf_lookup(SlObjectShelf *self, const char *hash);

/** sl_object_shelf_fits: whether there is room for @bytes, or can be made, whoever they are of */
gboolean sl_object_shelf_fits(SlObjectShelf *self, guint64 bytes);
/**
 * sl_object_shelf_check_room: whether @bytes could be taken now
 * @spare: so much of what is taken would be given back for them
 *
 * Returns: FALSE with SL_OBJECT_ERROR_NO_ROOM
 */
gboolean sl_object_shelf_check_room(SlObjectShelf *self, const char *address, guint64 bytes,
                                    guint64 spare, GError **error);
/** sl_object_shelf_take: takes room for @bytes of an upload from @address, dropping what has to go.
 * Returns: FALSE with SL_OBJECT_ERROR_NO_ROOM, and nothing has gone */
gboolean sl_object_shelf_take(SlObjectShelf *self, const char *address, guint64 bytes,
                              GError **error);
/** sl_object_shelf_give_back: what take() took for an upload that is not to be */
void sl_object_shelf_give_back(SlObjectShelf *self, const char *address, guint64 bytes);

/**
 * sl_object_shelf_add: an upload is an object now: its room was taken before
 * @entry: (transfer none): with a hash that is not there
 *
 * Returns: FALSE with SL_OBJECT_ERROR_NO_ROOM: `max-objects`; its room is still to be given back
 */
gboolean sl_object_shelf_add(SlObjectShelf *self, SlObjectEntry *entry, GError **error);
/** sl_object_shelf_adopt: one that was there before the start, whether there is room or not; in any
 * order, until trim() */
void sl_object_shelf_adopt(SlObjectShelf *self, SlObjectEntry *entry);
/** sl_object_shelf_trim: puts what was adopted into its order, and drops until the bounds hold, or
 * nothing is left that may go */
void sl_object_shelf_trim(SlObjectShelf *self);

/** sl_object_shelf_remove: it is gone; its room is free when nobody has it open */
void sl_object_shelf_remove(SlObjectShelf *self, SlObjectEntry *entry);

void sl_object_shelf_open(SlObjectShelf *self, SlObjectEntry *entry);
void sl_object_shelf_close(SlObjectShelf *self, SlObjectEntry *entry);
void sl_object_shelf_set_pinned(SlObjectShelf *self, SlObjectEntry *entry, gboolean pinned);
/** sl_object_shelf_use: @put: it was put again, too, which begins its time anew */
void sl_object_shelf_use(SlObjectShelf *self, SlObjectEntry *entry, gint64 now_us, gboolean put);

/** sl_object_shelf_get_oldest: Returns: (transfer none) (nullable): what expires first: not pinned
 */
SlObjectEntry *sl_object_shelf_get_oldest(SlObjectShelf *self);

/** sl_object_shelf_list: Returns: (transfer container) (element-type SlObjectEntry): pinned ones,
 * then the last used first; at most @max */
GPtrArray *sl_object_shelf_list(SlObjectShelf *self, guint max);

guint sl_object_shelf_get_n_objects(const SlObjectShelf *self);
guint sl_object_shelf_get_n_pinned(const SlObjectShelf *self);
/** sl_object_shelf_get_bytes: of objects, those included that are gone and still open */
guint64 sl_object_shelf_get_bytes(const SlObjectShelf *self);
/** sl_object_shelf_get_taken: of uploads */
guint64 sl_object_shelf_get_taken(const SlObjectShelf *self);

G_END_DECLS
