#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * SlListener: the listening sockets, and every connection that came from them. libsoup has neither
 * time-outs nor a count of its connections, so they are accepted here and handed to it. Main thread
 * only.
 *
 * A request has to be complete within 10 s, an answer and the pause until the next request within
 * 60 s; 1,024 connections at once.
 */
#define SL_TYPE_LISTENER (sl_listener_get_type())
G_DECLARE_FINAL_TYPE(SlListener, sl_listener, SL, LISTENER, GObject)

/** @context: the main thread's default context: libsoup attaches its sources there */
SlListener *sl_listener_new(GMainContext *context, SoupServer *server);

/** sl_listener_set_timeouts: others than those above, to within a second */
void sl_listener_set_timeouts(SlListener *self, guint request_ms, guint answer_ms);

/** sl_listener_listen: see sl_http_server_listen(). SL_HTTP_ERROR_LISTEN */
gboolean sl_listener_listen(SlListener *self, const char *address, guint16 port, GError **error);
guint16 sl_listener_get_port(SlListener *self);
guint sl_listener_get_n_connections(SlListener *self);

/**
 * sl_listener_release:
 *
 * The connection of @msg is no longer HTTP: its time-outs end, it is counted until it is closed.
 * Returns: (transfer full) (nullable): its socket; NULL for a connection that did not come from
 * here
 */
GSocket *sl_listener_release(SoupServerMessage *msg);

/** sl_listener_stop: accepts no more. */
void sl_listener_stop(SlListener *self);
/** sl_listener_drop_all: shuts every connection down, released ones too; whoever reads one sees its
 * end. */
void sl_listener_drop_all(SlListener *self);

/** sl_listener_address_is_loopback: IPv4 in IPv6 (::ffff:127.0.0.1) counts */
gboolean sl_listener_address_is_loopback(GSocketAddress *address);

G_END_DECLS
