#pragma once

#include "sl-limits.h"

G_BEGIN_DECLS

/**
 * SlObjectShares: how many objects each address sends and takes by HTTP at once, and how fast
 * (`max-puts`, `max-gets`, `put-bytes-per-second`, `get-bytes-per-second`). An address that has no
 * transfer is forgotten. Main thread only.
 */
typedef struct _SlObjectShares SlObjectShares;

typedef enum {
    SL_OBJECT_WAY_PUT,
    SL_OBJECT_WAY_GET,
} SlObjectWay;

SlObjectShares *sl_object_shares_new(const SlLimits *limits);
/** sl_object_shares_free: shares that are still held go on */
void sl_object_shares_free(SlObjectShares *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlObjectShares, sl_object_shares_free)

/** SlObjectShare: one transfer's */
typedef struct _SlObjectShare SlObjectShare;

/**
 * sl_object_shares_take:
 * @address: (nullable): see sl_address_to_key(); NULL: not counted, and as fast as one alone
 *
 * Returns: (transfer full) (nullable): NULL: as many as it may have are under way
 */
SlObjectShare *sl_object_shares_take(SlObjectShares *self, SlObjectWay way, const char *address);

/** sl_object_share_spend: @bytes were moved. Returns: how long the next ones wait, in ms */
guint sl_object_share_spend(SlObjectShare *self, gsize bytes, gint64 now_us);

void sl_object_share_free(SlObjectShare *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlObjectShare, sl_object_share_free)

/** sl_object_shares_get_n: how many addresses it knows */
guint sl_object_shares_get_n(SlObjectShares *self);

G_END_DECLS
