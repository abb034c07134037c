#pragma once

#include "sl-channel.h"
#include "sl-grant.h"
#include "sl-relay-transport.h"
#include "sl-settings.h"

G_BEGIN_DECLS

/**
 * SlRelay: the program's channels and the clients that read and write them (docs/relay.md).
 * Main thread only.
 */
#define SL_TYPE_RELAY (sl_relay_get_type())
G_DECLARE_FINAL_TYPE(SlRelay, sl_relay, SL, RELAY, GObject)

/** sl_relay_new: @namespaces: (transfer none) (element-type SlRelayNamespace): there are no others
 */
SlRelay *sl_relay_new(GMainContext *context, const SlLimits *limits, GPtrArray *namespaces);

/**
 * sl_relay_add_stream:
 * @name: channels whose REST is this up to its first dot belong to it from now on
 */
void sl_relay_add_stream(SlRelay *self, const char *name);

/**
 * sl_relay_add_channel:
 * @name: `NAMESPACE:REST`, of a namespace that there is
 *
 * Makes a channel that stays.
 * Returns: (transfer none): the channel
 */
SlChannel *sl_relay_add_channel(SlRelay *self, const char *name);

/** sl_relay_get_channel: Returns: (transfer none) (nullable) */
SlChannel *sl_relay_get_channel(SlRelay *self, const char *name);

/**
 * sl_relay_open_channel:
 * @to_publish: rather than to subscribe
 * @ret_made: (nullable): whether it was made for this; %NULL: the client may make no more
 *
 * Finds a channel or makes it, as docs/relay.md has it, for somebody whom @grant allows to use it
 * so.
 * Returns: (transfer none): or %NULL with SL_RELAY_ERROR_UNKNOWN_CHANNEL, _NOT_ALLOWED or
 * _TOO_MANY
 */
SlChannel *sl_relay_open_channel(SlRelay *self, const char *name, SlGrant *grant,
                                 gboolean to_publish, gboolean *ret_made, GError **error);

/** sl_relay_list_channels: Returns: (transfer container) (element-type SlChannel): sorted by name
 */
GPtrArray *sl_relay_list_channels(SlRelay *self);

/** sl_relay_get_totals: of all channels that there are and were */
SlChannelFigures sl_relay_get_totals(SlRelay *self);

/** SlRelayKind: by what a client came, for figures. */
typedef enum {
    SL_RELAY_KIND_CHANNEL, /* a data channel */
    SL_RELAY_KIND_WEBSOCKET,
    SL_RELAY_KIND_LOCAL, /* a program on this machine */
    SL_RELAY_N_KINDS,
} SlRelayKind;

typedef struct _SlRelayClient SlRelayClient;

/**
 * sl_relay_attach:
 * @transport: (transfer none): the relay holds a reference until it is closed
 * @grant: (transfer none): SL_ROLE_WATCH to subscribe, SL_ROLE_PUBLISH to publish
 *
 * Serves the client on @transport until it closes: sends `welcome` and answers what comes.
 *
 * Returns: (transfer none) (nullable): the client; the relay drops it after its `closed`. %NULL if
 * @transport is closed already
 */
SlRelayClient *sl_relay_attach(SlRelay *self, SlRelayTransport *transport, SlGrant *grant,
                               SlRelayKind kind);

/** sl_relay_get_n_clients: attached and not closed. */
guint sl_relay_get_n_clients(SlRelay *self);
/** sl_relay_get_n_clients_of: of those, the ones that came by @kind */
guint sl_relay_get_n_clients_of(SlRelay *self, SlRelayKind kind);

/** sl_relay_close: closes every client's transport. Idempotent. */
void sl_relay_close(SlRelay *self);

G_END_DECLS
