#pragma once

#include "sl-channel.h"
#include "sl-grant.h"

G_BEGIN_DECLS

/** How long a channel that was made on use outlives its last use, unless its place is needed. */
#define SL_CHANNEL_LINGER_S 60

/**
 * SlChannelSet: which channels there are: those that stay, and those that come into being when they
 * are used, within their namespaces' bounds, and go when nobody uses them. Main thread only.
 */
typedef struct _SlChannelSet SlChannelSet;

/** sl_channel_set_new: @namespaces: (transfer none) (element-type SlRelayNamespace) */
SlChannelSet *sl_channel_set_new(GMainContext *context, GPtrArray *namespaces);
void sl_channel_set_free(SlChannelSet *self);

/** sl_channel_set_add_stream: channels that are made later and whose REST is @name up to its first
 * dot belong to it */
void sl_channel_set_add_stream(SlChannelSet *self, const char *name);

/** sl_channel_set_add: one that stays. Returns: (transfer none) */
SlChannel *sl_channel_set_add(SlChannelSet *self, const char *name);

/** sl_channel_set_find: Returns: (transfer none) (nullable) */
SlChannel *sl_channel_set_find(SlChannelSet *self, const char *name);

/** sl_channel_set_open: as sl_relay_open_channel() */
SlChannel *sl_channel_set_open(SlChannelSet *self, const char *name, SlGrant *grant,
                               gboolean to_publish, gboolean *ret_made, GError **error);

/** sl_channel_set_get_totals: of all that there are and were */
SlChannelFigures sl_channel_set_get_totals(SlChannelSet *self);

/** sl_channel_set_list: Returns: (transfer container) (element-type SlChannel): sorted by name */
GPtrArray *sl_channel_set_list(SlChannelSet *self);

/**
 * sl_channel_set_sweep:
 * @now_us: g_get_monotonic_time()
 *
 * Drops messages that are too old, and channels that have been unused for SL_CHANNEL_LINGER_S.
 * Happens by itself every few seconds, while there may be something to drop.
 */
void sl_channel_set_sweep(SlChannelSet *self, gint64 now_us);

G_END_DECLS
