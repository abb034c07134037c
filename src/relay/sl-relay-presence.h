#pragma once

#include <glib-object.h>

#include "sl-relay-wire.h"

G_BEGIN_DECLS

#define SL_RELAY_MAX_LISTED 64
#define SL_RELAY_PRESENCE_MS 200

/**
 * SlRelayPresence: who is on a channel (docs/relay.md, `presence`). What happens within 200 ms is
 * told at once, to all the same text. Main thread only.
 *
 * Signal `changed` (const char *text): what is new to somebody who knew the last state
 */
#define SL_TYPE_RELAY_PRESENCE (sl_relay_presence_get_type())
G_DECLARE_FINAL_TYPE(SlRelayPresence, sl_relay_presence, SL, RELAY_PRESENCE, GObject)

SlRelayPresence *sl_relay_presence_new(GMainContext *context, const char *channel);

/** sl_relay_presence_set: @who has come, or has another name */
void sl_relay_presence_set(SlRelayPresence *self, SlRelayPerson who);
void sl_relay_presence_remove(SlRelayPresence *self, const char *client);
guint sl_relay_presence_get_count(SlRelayPresence *self);

/** sl_relay_presence_get_snapshot: Returns: the text for somebody who knows nothing; until the next
 * change */
const char *sl_relay_presence_get_snapshot(SlRelayPresence *self);

G_END_DECLS
