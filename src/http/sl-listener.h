#pragma once

#include <libsoup/soup.h>

#include "sl-connection.h"
#include "sl-limits.h"

G_BEGIN_DECLS

/**
 * SlListener: the listening socket, and every connection that came from it. libsoup has neither
 * time-outs nor a count of its connections, so they are accepted here, and handed to it once the
 * header of their request is complete. Main thread only.
 *
 * A connection waits until sl_listener_admit(). Who waits makes room for newcomers, oldest first:
 * strangers' connections, however many, keep nobody out.
 */
#define SL_TYPE_LISTENER (sl_listener_get_type())
G_DECLARE_FINAL_TYPE(SlListener, sl_listener, SL, LISTENER, GObject)

/** @context: the main thread's default context: libsoup attaches its sources there */
SlListener *sl_listener_new(GMainContext *context, SoupServer *server, const SlLimits *limits);

/** sl_listener_listen: see sl_http_server_listen(). SL_HTTP_ERROR_LISTEN */
gboolean sl_listener_listen(SlListener *self, const char *address, guint16 port, GError **error);
/** sl_listener_set_tls: (nullable) (transfer none): for the connections that come from now on */
void sl_listener_set_tls(SlListener *self, SlTls *tls);
guint16 sl_listener_get_port(SlListener *self);
guint sl_listener_get_n_connections(SlListener *self);

/**
 * sl_listener_admit: the request of @msg may be answered: its connection waits no longer.
 * @ret_limit: the SL_LIMIT() that keeps it from that
 */
gboolean sl_listener_admit(SoupServerMessage *msg, guint *ret_limit);

/** sl_listener_get_socket: Returns: (transfer none) (nullable): what @msg came from; it may be
 * watched, not read */
GSocket *sl_listener_get_socket(SoupServerMessage *msg);

/**
 * sl_listener_release:
 *
 * The connection of @msg is no longer HTTP: its time-outs end, it is counted until it is closed.
 * Returns: (transfer full) (nullable): it; NULL for a connection that did not come from
 * here
 */
SlConnection *sl_listener_release(SoupServerMessage *msg);

/**
 * sl_listener_moved: @msg is a transfer, which takes as long as it takes: its next part has the
 * time of an answer from now on, and each after that as long as anything arrives on one of the two
 * sides.
 */
void sl_listener_moved(SoupServerMessage *msg);
/** sl_listener_drop: ends the connection of @msg, which waits or not, at once, and with it @msg:
 * the other side sees that what it has is not all. */
void sl_listener_drop(SoupServerMessage *msg);

/** sl_listener_stop: accepts no more. */
void sl_listener_stop(SlListener *self);
/** sl_listener_drop_all: shuts every connection down, released ones too; whoever reads one sees its
 * end. */
void sl_listener_drop_all(SlListener *self);

G_END_DECLS
