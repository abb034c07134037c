#pragma once

#include <glib-object.h>

#include "sl-relay-wire.h"

G_BEGIN_DECLS

/** SlHolderState: as the client sees it who does something */
typedef enum {
    SL_HOLDER_NOBODY,
    SL_HOLDER_SELF,
    SL_HOLDER_OTHER,
} SlHolderState;

typedef enum {
    SL_HOLDER_TAKE,
    SL_HOLDER_FORCE, /* takes it from whomever */
    SL_HOLDER_RELEASE,
    SL_HOLDER_PUBLISH,
    SL_HOLDER_LEAVE,   /* its connection has ended */
    SL_HOLDER_SILENCE, /* it has published nothing for too long */
} SlHolderEvent;

typedef struct {
    SlHolderState state;
    int error;          /* SlRelayError; -1 for none */
    const char *reason; /* docs/relay.md's word; %NULL: nothing has changed */
} SlHolderStep;

/** sl_holder_next: pure */
SlHolderStep sl_holder_next(SlHolderState state, SlHolderEvent event);

/**
 * SlRelayHolder: who holds a channel (docs/relay.md, "Control"). Main thread only.
 *
 * Signal `changed` (const char *former, const char *reason): somebody else holds it now, or nobody;
 * @former is (nullable) the ID of who held it.
 */
#define SL_TYPE_RELAY_HOLDER (sl_relay_holder_get_type())
G_DECLARE_FINAL_TYPE(SlRelayHolder, sl_relay_holder, SL, RELAY_HOLDER, GObject)

/** sl_relay_holder_new: @silence_ms: without a publish; 0: any time */
SlRelayHolder *sl_relay_holder_new(GMainContext *context, guint silence_ms);

/** sl_relay_holder_get: client is %NULL: nobody. Borrowed, until the next change. */
SlRelayPerson sl_relay_holder_get(SlRelayHolder *self);

/**
 * sl_relay_holder_handle:
 * @event: any but SL_HOLDER_SILENCE
 *
 * Returns: FALSE with SL_RELAY_ERROR_HELD or _NOT_HOLDER
 */
gboolean sl_relay_holder_handle(SlRelayHolder *self, SlHolderEvent event, SlRelayPerson who,
                                GError **error);

/** sl_relay_holder_rename: if @who holds it */
void sl_relay_holder_rename(SlRelayHolder *self, SlRelayPerson who);

G_END_DECLS
