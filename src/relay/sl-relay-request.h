#pragma once

#include <json-glib/json-glib.h>

#include "sl-relay-error.h"

G_BEGIN_DECLS

#define SL_RELAY_MAX_CHANNEL_BYTES 128
#define SL_RELAY_MAX_KEY_CHARACTERS 64
#define SL_RELAY_MAX_NAME_CHARACTERS 32

typedef enum {
    SL_RELAY_SUBSCRIBE,
    SL_RELAY_UNSUBSCRIBE,
    SL_RELAY_PUBLISH,
    SL_RELAY_TAKE,
    SL_RELAY_RELEASE,
    SL_RELAY_NAME,
    SL_RELAY_ACK,
} SlRelayRequestType;

/**
 * SlRelayRequest: what a client said in one line (docs/relay.md, "What a client sends"). Strings
 * and nodes are borrowed from @object. Pure; any thread.
 */
typedef struct {
    JsonObject *object; /* nullable */
    SlRelayRequestType type;
    gint64 id;           /* -1 for none */
    const char *channel; /* but for name and ack; nullable */

    gboolean presence; /* subscribe */
    const char *epoch; /* nullable; subscribe */
    guint64 offset;    /* with epoch */

    JsonNode *data;   /* publish */
    const char *key;  /* nullable; publish */
    gboolean command; /* publish: has the following */
    guint64 seq;
    gint64 at_us; /* by the client's clock */

    gboolean force;   /* take */
    const char *name; /* name; may be "" */
    guint64 received; /* ack */
} SlRelayRequest;

/**
 * sl_relay_request_parse:
 * @ret_request: (out caller-allocates): also holds the ID and the channel, if they could be read,
 * where the result is FALSE; to be cleared in any case
 *
 * Returns: FALSE with SL_RELAY_ERROR set
 */
gboolean sl_relay_request_parse(SlRelayRequest *ret_request, const char *text, gsize len,
                                GError **error);
void sl_relay_request_clear(SlRelayRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SlRelayRequest, sl_relay_request_clear)

G_END_DECLS
