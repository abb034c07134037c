#pragma once

#include "object-contents.h"
#include "sl-object-exchange.h"
#include "sl-object-store.h"

G_BEGIN_DECLS

/** ObjectUpload: what is known of the upload of a hash, size and key, whoever goes on with it */
typedef struct {
    const ObjectContent *content;
    guint64 size;
    guint64 sent;    /* by anybody */
    guint64 acked;   /* “need not be sent again, whatever happens to the connection” */
    gboolean lied;   /* something of what was sent is not of the object */
    gint64 still_us; /* since when nothing more has come of it */
    guint writers;   /* who have begun it, and not ended */
    guint starts;    /* how often it was gone on with */
} ObjectUpload;

/**
 * ObjectStage: a store with small bounds, its exchange, and what is known of uploads.
 */
typedef struct {
    GMainContext *context;
    SlLimits limits;
    SlObjectStore *store;
    SlObjectExchange *exchange; /* nullable */
    char *folder;               /* nullable */
    GHashTable *uploads;        /* what it is called by → ObjectUpload */
    gboolean closing;           /* what goes on fails */
    gboolean damaged;           /* a file was changed behind its back */
    gboolean tight;             /* uploads that were left may have made room */
    GHashTable *there;          /* ObjectContent: has been sent as a whole, once */
    guint64 sent_to_server;     /* bytes of objects */
    guint64 sent_by_server;
} ObjectStage;

/** object_stage_new: @folder: (nullable): in memory; no exchange yet */
ObjectStage *object_stage_new(guint8 settings, const char *folder);
void object_stage_add_exchange(ObjectStage *self);
/** object_stage_restart: as if the program had been started anew, on the same folder */
void object_stage_restart(ObjectStage *self);
/** object_stage_close: the exchange and the store, in this order or (@store_first) the other one */
void object_stage_close(ObjectStage *self, gboolean store_first);
/** object_stage_free: after close(); also fails unless everything is gone */
void object_stage_free(ObjectStage *self);

/** object_stage_turn: one turn of the main loop; Returns: whether anything was to be done */
gboolean object_stage_turn(ObjectStage *self);
/** object_stage_settle: all that is to be done, jobs included, without waiting */
void object_stage_settle(ObjectStage *self);

/** object_stage_check: what holds at any time */
void object_stage_check(ObjectStage *self);
/** object_stage_check_objects: settles; and all objects that are there have the right bytes */
void object_stage_check_objects(ObjectStage *self);

ObjectUpload *object_stage_get_upload(ObjectStage *self, const ObjectContent *content, guint64 size,
                                      const char *key);
/** object_upload_has_lied: what was sent of it is not what its hash says */
gboolean object_upload_has_lied(const ObjectUpload *self);
/** object_upload_reset: nothing is left of it, but what somebody else may have sent since */
void object_upload_reset(ObjectUpload *self);
/** object_stage_end_uploads: of @content, which is there */
void object_stage_end_uploads(ObjectStage *self, const ObjectContent *content);
/** object_stage_note_sent: @len bytes of @upload, at @offset, are on their way */
void object_stage_note_sent(ObjectStage *self, ObjectUpload *upload, guint64 offset, gsize len);
/** object_stage_may_be_there: whether anybody has ever sent all of @content */
gboolean object_stage_may_be_there(ObjectStage *self, const ObjectContent *content);
/** object_stage_may_have_gone: whether what was received of @upload may have gone without anybody
 * having been told */
gboolean object_stage_may_have_gone(ObjectStage *self, const ObjectUpload *upload);

G_END_DECLS
