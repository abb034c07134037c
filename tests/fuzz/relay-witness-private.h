#pragma once

#include "relay-sideline.h"
#include "relay-witness.h"
#include "sl-relay-client.h"

G_BEGIN_DECLS

/* What the files of RelayWitness share. */

/** WitnessRequest: what it asked, until that is answered. */
typedef struct {
    const char *type;
    char *channel;
    char *data; /* publish */
    char *key;
    char *name;  /* its own then; name: the one it asks for */
    char *epoch; /* subscribe */
    guint64 offset;
    guint64 seq; /* publish; 0: none */
    gboolean presence;
    /* What it meets; known where it is a text of its own. */
    gboolean exact, there, recoverable, is_free, holds; /* is_free: of no holders */
} WitnessRequest;

typedef struct {
    char *epoch;
    guint64 next; /* the offset of the message whose turn it is; 0: the oldest that is kept */
    gboolean presence;
    gboolean listed;     /* it has heard who is there */
    GHashTable *present; /* ID → name, "" for none */
    char *holder;        /* ID; nullable */
} WitnessSubscription;

void witness_request_free(gpointer request);
WitnessSubscription *witness_subscription_new(void);
void witness_subscription_free(gpointer subscription);

struct _RelayWitness {
    GObject parent_instance;

    RelayStage *stage;
    SlGrant *grant;
    SlRelayClient *client; /* borrowed; NULL: closed */
    char *id;              /* NULL until it is welcomed */
    char *name;            /* nullable */
    gboolean closed;
    gboolean refused; /* it was told “bad-message” or “slow”: that was all */
    guint too_fast;   /* how often it was told so */
    guint break_after;
    gboolean is_local;     /* what it took counts as acknowledged … */
    gboolean acknowledges; /* … until it does that itself */
    gboolean congested;
    RelaySideline *sideline; /* nullable */
    gboolean speaks_aside;

    GString *held; /* nullable */
    GPtrArray *said;
    GQueue heard; /* texts */

    gint64 next_id;
    guint64 next_seq;
    GHashTable *requests;       /* ID → WitnessRequest */
    GHashTable *subscriptions;  /* channel → WitnessSubscription */
    GHashTable *known;          /* the same, as they were when they ended */
    GHashTable *holds;          /* channels that it may hear of as their holder */
    gboolean publishes_unasked; /* it has published without asking what became of it */
    GHashTable *seqs;           /* channel → the last seq that got through */
    guint64 received, acked;
    GQueue sizes; /* of messages that are not acknowledged */
    gsize bytes;
};

/** witness_forget_acked: @received: so many are acknowledged */
void witness_forget_acked(RelayWitness *self, guint64 received);

/** witness_is_recoverable: whether who asks for this now misses nothing; @channel: (nullable) */
gboolean witness_is_recoverable(SlChannel *channel, const WitnessRequest *request);

/** witness_may_read: @channel: (nullable): whether it may have a subscription to what that is now
 */
gboolean witness_may_read(RelayWitness *self, SlChannel *channel);

/** witness_get_holder: Returns: (nullable): the ID of who really holds it */
const char *witness_get_holder(RelayWitness *self, const char *channel);

G_END_DECLS
