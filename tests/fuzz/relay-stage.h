#pragma once

#include "relay-ledger.h"
#include "sl-relay.h"

G_BEGIN_DECLS

/**
 * RelayStage: a relay with small bounds, and ledgers of its channels.
 */
typedef struct {
    GMainContext *context;
    SlLimits limits;
    SlRelay *relay;
    GHashTable *ledgers; /* channel → RelayLedger */
} RelayStage;

/** relay_stage_get_channel: @index: any; the last few name no channel that could be */
const char *relay_stage_get_channel(guint index);

RelayStage *relay_stage_new(guint8 settings);
/** relay_stage_free: also fails unless everything the relay made is gone */
void relay_stage_free(RelayStage *self);

void relay_stage_settle(RelayStage *self);

/** relay_stage_get_ledger: Returns: (nullable): that of the channel's present epoch */
RelayLedger *relay_stage_get_ledger(RelayStage *self, const char *channel);

/** RelayPublish: what a client has just said, to be found again in the ledger */
typedef struct {
    char *channel, *data, *from, *name, *key;
} RelayPublish;

RelayPublish *relay_publish_new(const char *channel, const char *data, const char *from,
                                const char *name, const char *key);
void relay_publish_free(RelayPublish *self);

/** relay_stage_follow: @said: (element-type RelayPublish): all that was said since it was called
 * last */
void relay_stage_follow(RelayStage *self, GPtrArray *said);

G_END_DECLS
