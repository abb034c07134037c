#pragma once

#include "sl-log.h"
#include "sl-object-folder.h"
#include "sl-object-partial.h"
#include "sl-object-pool.h"
#include "sl-object-shelf.h"
#include "sl-object-store.h"

G_BEGIN_DECLS

struct _SlObjectStore {
    GObject parent_instance;

    GMainContext *context;
    SlLimits limits;
    SlObjectFolder *folder; /* nullable: in memory */
    SlObjectPool *pool;
    SlObjectShelf *shelf;
    GPtrArray *partials; /* of SlObjectPartial */
    guint64 last_partial;
    GSource *timer; /* nullable: nothing expires */
    gint64 timer_us;
    gboolean closed;

    guint64 hits, misses;
    guint64 received_bytes, served_bytes, already_bytes;
    guint64 dropped, damaged;
    SlLogRate damage_said;
};

/** SL_OBJECT_SECONDS_US: of a bound in seconds: in 32 bits of microseconds is little more than an
 * hour
 */
#define SL_OBJECT_SECONDS_US(seconds) ((gint64)(seconds)*G_USEC_PER_SEC)

/** sl_object_store_set_stopping: the error of everything that a closed store is asked for */
void sl_object_store_set_stopping(GError **error);
/** sl_object_store_set_unknown: … and of an object that is not there */
void sl_object_store_set_unknown(GError **error);

/** sl_object_store_open_folder: Returns: as sl_object_store_new() */
gboolean sl_object_store_open_folder(SlObjectStore *self, const char *path, GError **error);
/** sl_object_store_close_folder: when the pool is closed */
void sl_object_store_close_folder(SlObjectStore *self);

/** sl_object_store_note: writes down what is known of @entry, where there is a folder. @now: it has
 * changed; else only where what is written is too old */
void sl_object_store_note(SlObjectStore *self, SlObjectEntry *entry, gboolean now);

/** sl_object_store_release: @data: (transfer full) (nullable): in a thread, since giving back much
 * memory, or a long file that was removed, takes a while */
void sl_object_store_release(SlObjectStore *self, SlObjectData *data);

/** sl_object_store_discard: removes the file of an object that is gone, and its bytes unless
 * somebody reads them */
void sl_object_store_discard(SlObjectStore *self, SlObjectEntry *entry);

/** sl_object_store_drop_left: the upload that was left longest ago. Returns: FALSE: there is none
 */
gboolean sl_object_store_drop_left(SlObjectStore *self);

/** sl_object_store_schedule: something expires at @due_us */
void sl_object_store_schedule(SlObjectStore *self, gint64 due_us);
/** sl_object_store_schedule_object: an object that was put at @stored_us, if it ever does */
void sl_object_store_schedule_object(SlObjectStore *self, gint64 stored_us);

/** sl_object_store_finish_open: of an entry that sl_object_shelf_open() was called for: counts, and
 * answers @task */
void sl_object_store_finish_open(SlObjectStore *self, SlObjectEntry *entry, GTask *task,
                                 const GError *error);

/** sl_object_store_check: has the entry's file checked, and answers @task */
void sl_object_store_check(SlObjectStore *self, SlObjectEntry *entry, GTask *task);

/** sl_object_new: takes over a call of sl_object_shelf_open() */
SlObject *sl_object_new(SlObjectStore *store, SlObjectEntry *entry);

SlObjectWriter *sl_object_writer_new(SlObjectStore *store, guint64 size);
/** sl_object_writer_follow: @partial: (nullable): whose signals it gives; @offset: as get_offset()
 */
void sl_object_writer_follow(SlObjectWriter *self, SlObjectPartial *partial, guint64 offset);
/** sl_object_writer_tell_taken: emits it, unless that is not new */
void sl_object_writer_tell_taken(SlObjectWriter *self, guint64 offset);
/** sl_object_writer_end: follows nothing any more, and says why later: @error: NULL: stored */
void sl_object_writer_end(SlObjectWriter *self, const GError *error);

G_END_DECLS
