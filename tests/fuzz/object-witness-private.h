#pragma once

#include "object-witness.h"
#include "sl-relay-transport.h"

G_BEGIN_DECLS

/* What the files of ObjectWitness share. */

typedef enum { OBJECT_ASKED, OBJECT_GOING, OBJECT_ENDED } ObjectPhase;

typedef struct {
    guint32 id;
    gboolean is_put;
    ObjectPhase phase;
    gboolean stopping;
    gint64 began_us;
    gint64 acked_us;

    const ObjectContent *content; /* get: nullable */
    guint64 size;

    ObjectUpload *upload; /* put */
    guint64 sent;         /* put: what it has sent comes before this */
    guint64 acked;        /* by the one who receives */
    guint start;          /* of the upload */

    gboolean allowed; /* get: when it asked */
    guint64 first;    /* … where it begins */
    guint64 received; /* get: what comes before it has come */
} ObjectTransfer;

struct _ObjectWitness {
    GObject parent_instance;

    ObjectStage *stage;
    SlGrant *grant;
    char name; /* to be shown */
    gboolean welcome, may_put;
    guint64 window;
    gboolean closed;
    gboolean broke_rule; /* it must be told `bad-message`, and closed */
    gboolean said_any;   /* it may be */
    gboolean refused;    /* it was told `bad-message`: that was all */
    guint n_stops;       /* of transfers that are none */
    guint break_after;
    gsize capacity, waiting;
    gboolean sends_short; /* a chunk that counts as a request, just now */
    gboolean heard_short; /* … then, when what it hears now was sent */

    GQueue heard; /* Heard */
    GPtrArray *transfers;
    guint32 last_id;
    guint64 received; /* bytes of objects */
    guint64 acked;
};

/** witness_find: Returns: (nullable) */
ObjectTransfer *witness_find(ObjectWitness *self, gint64 id);

/** witness_count: puts or gets of it that have not ended, as far as it knows */
guint witness_count(ObjectWitness *self, gboolean puts);

/** witness_end: @transfer goes on no more */
void witness_end(ObjectWitness *self, ObjectTransfer *transfer);

/** witness_take: what @bytes of a chunk say of a get; fails unless they are right */
void witness_take_chunk(ObjectWitness *self, GBytes *bytes);
void witness_take_text(ObjectWitness *self, GBytes *text);

G_END_DECLS
