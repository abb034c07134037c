#pragma once

#include "sl-grant.h"

G_BEGIN_DECLS

/** SlHistoryMode: what a channel keeps for whoever comes later. */
typedef enum {
    SL_HISTORY_ALL,  /* as its bounds allow */
    SL_HISTORY_LAST, /* the newest message */
    SL_HISTORY_NONE, /* only who is there gets it */
} SlHistoryMode;

/** SlSlowPolicy: what becomes of a client that falls out of the history. */
typedef enum {
    SL_SLOW_DROP_OLDEST, /* it is told the gap and goes on */
    SL_SLOW_LATEST_ONLY, /* it gets the newest message only, each time */
    SL_SLOW_RECOVER,     /* it is disconnected, and comes back */
} SlSlowPolicy;

/**
 * SlRelayNamespace: what holds for all channels `NAME:…` (docs/relay.md, "Namespaces").
 * Reference-counted; not changed any more once a relay has it.
 */
typedef struct {
    gatomicrefcount refs;
    char *name;
    SlHistoryMode history;
    guint history_messages, history_bytes; /* SL_HISTORY_ALL */
    guint history_seconds;                 /* 0: any age */
    gboolean presence;
    SlRoles subscribe, publish;
    guint max_message_bytes; /* of `data` */
    guint messages_per_second, message_burst;
    SlSlowPolicy slow;
    gboolean holder;
    guint holder_silence_ms;
    guint max_age_ms; /* 0: any age */
    gboolean unreliable;
    guint max_channels; /* that come into being when they are used; 0: none */
} SlRelayNamespace;

/** sl_relay_namespace_new: with the settings of a namespace that is not one of the three */
SlRelayNamespace *sl_relay_namespace_new(const char *name);
SlRelayNamespace *sl_relay_namespace_ref(SlRelayNamespace *self);
void sl_relay_namespace_unref(SlRelayNamespace *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlRelayNamespace, sl_relay_namespace_unref)

/** sl_relay_namespace_is_name: `[a-z][a-z0-9_-]*`, with room for the rest of a channel's name */
gboolean sl_relay_namespace_is_name(const char *text);

/**
 * sl_relay_namespace_set:
 * @key: as in the config: `history-messages`
 *
 * Returns: FALSE with SL_BASE_ERROR_INVALID; the message says what was expected, and does not
 * repeat @key
 */
gboolean sl_relay_namespace_set(SlRelayNamespace *self, const char *key, const char *value,
                                GError **error);

/** sl_relay_namespace_get_keys: (array zero-terminated=1): in the order of docs/relay.md */
const char *const *sl_relay_namespace_get_keys(void);

G_END_DECLS
