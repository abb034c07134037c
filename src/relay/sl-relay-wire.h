#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* docs/relay.md as structs and texts. Pure; any thread. */

/** SL_RELAY_ERROR: the protocol's error codes. */
#define SL_RELAY_ERROR (sl_relay_error_quark())
GQuark sl_relay_error_quark(void);

typedef enum {
    SL_RELAY_ERROR_BAD_MESSAGE,
    SL_RELAY_ERROR_UNKNOWN_TYPE,
    SL_RELAY_ERROR_UNKNOWN_CHANNEL,
    SL_RELAY_ERROR_NOT_ALLOWED,
    SL_RELAY_ERROR_TOO_LARGE,
    SL_RELAY_ERROR_TOO_MANY,
    SL_RELAY_ERROR_TOO_FAST,
    SL_RELAY_ERROR_ALREADY_SUBSCRIBED,
    SL_RELAY_ERROR_NOT_SUBSCRIBED,
} SlRelayError;

#define SL_RELAY_MAX_CHANNEL_BYTES 128
#define SL_RELAY_MAX_KEY_CHARACTERS 64

typedef enum {
    SL_RELAY_SUBSCRIBE,
    SL_RELAY_UNSUBSCRIBE,
    SL_RELAY_PUBLISH,
    SL_RELAY_ACK,
} SlRelayRequestType;

/** SlRelayRequest: what a client said. Strings and nodes are borrowed from @object. */
typedef struct {
    JsonObject *object; /* nullable */
    SlRelayRequestType type;
    gint64 id;           /* -1 for none */
    const char *channel; /* but for ack */
    const char *epoch;   /* nullable; subscribe */
    guint64 offset;      /* with epoch */
    JsonNode *data;      /* publish */
    const char *key;     /* nullable; publish */
    guint64 received;    /* ack */
} SlRelayRequest;

/**
 * sl_relay_request_parse:
 * @ret_request: (out caller-allocates): also holds the ID, if that could be read, where the result
 *   is FALSE; to be cleared in any case
 *
 * Returns: FALSE with SL_RELAY_ERROR set
 */
gboolean sl_relay_request_parse(SlRelayRequest *ret_request, const char *text, gsize len,
                                GError **error);
void sl_relay_request_clear(SlRelayRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SlRelayRequest, sl_relay_request_clear)

/* What the server says. Each: Returns: (transfer full): JSON text */
char *sl_relay_wire_welcome(const char *client);
char *sl_relay_wire_subscribed(gint64 id, const char *channel, const char *epoch, guint64 last,
                               gboolean recovered);
char *sl_relay_wire_unsubscribed(gint64 id, const char *channel);
char *sl_relay_wire_published(gint64 id, const char *channel, guint64 offset);
char *sl_relay_wire_message(const char *channel, guint64 offset, gint64 time_ms, const char *from,
                            JsonNode *data);
char *sl_relay_wire_gap(const char *channel, guint64 from, guint64 to);
/** sl_relay_wire_error: @id: -1 for none; @error: any but SL_RELAY_ERROR counts as bad-message */
char *sl_relay_wire_error(gint64 id, const GError *error);

G_END_DECLS
