#pragma once

#include <json-glib/json-glib.h>

#include "sl-relay-error.h"

G_BEGIN_DECLS

/* docs/relay.md, "What the server sends", as texts. Pure; any thread. */

/** SlRelayPerson: somebody, as others see him. Borrowed. */
typedef struct {
    const char *client; /* ID */
    const char *name;   /* nullable */
} SlRelayPerson;

/* Each: Returns: (transfer full): JSON text of one line */
char *sl_relay_wire_welcome(const char *client);

/** SlRelaySubscribed: what a subscriber is told of the channel. Borrowed. */
typedef struct {
    const char *channel, *epoch;
    guint64 last;
    gboolean recovered, publish;
    gboolean has_holder;
    SlRelayPerson holder; /* client is NULL: nobody */
} SlRelaySubscribed;
char *sl_relay_wire_subscribed(gint64 id, const SlRelaySubscribed *what);
char *sl_relay_wire_unsubscribed(gint64 id, const char *channel);
char *sl_relay_wire_taken(gint64 id, const char *channel);
char *sl_relay_wire_released(gint64 id, const char *channel);
char *sl_relay_wire_named(gint64 id, const char *name);
char *sl_relay_wire_published(gint64 id, const char *channel, guint64 offset);
/** sl_relay_wire_message: @name: nullable; @data: compact JSON, as it is put in */
char *sl_relay_wire_message(const char *channel, guint64 offset, gint64 time_ms, const char *from,
                            const char *name, guint count, const char *data);
char *sl_relay_wire_gap(const char *channel, guint64 from, guint64 to);
/** @clients: (element-type SlRelayPerson); @count: of those and of the ones that are not listed */
char *sl_relay_wire_presence(const char *channel, guint count, GArray *clients);
/** @joined: (element-type SlRelayPerson); @left: (element-type utf8): IDs */
char *sl_relay_wire_presence_change(const char *channel, guint count, GArray *joined,
                                    GPtrArray *left);
/** @holder: client is %NULL: nobody */
char *sl_relay_wire_holder(const char *channel, SlRelayPerson holder, const char *reason);
/** sl_relay_wire_set_holder: the member `holder` of @object, as it stands in both of them */
void sl_relay_wire_set_holder(JsonObject *object, SlRelayPerson holder);
/** @id: -1 for none; @channel: (nullable) */
char *sl_relay_wire_error(gint64 id, const char *channel, const GError *error);

G_END_DECLS
