#pragma once

#include <gio/gio.h>

#include "sl-access.h"
#include "sl-object-exchange.h"
#include "sl-object-store.h"
#include "sl-pipeline-switch.h"
#include "sl-relay.h"
#include "sl-session-pool.h"
#include "sl-tls.h"

G_BEGIN_DECLS

/** SL_HTTP_ERROR: @SL_HTTP_ERROR_LISTEN: the address or port is not to be had (exit status 69); the
 * message says what to try. */
#define SL_HTTP_ERROR (sl_http_error_quark())
GQuark sl_http_error_quark(void);

typedef enum {
    SL_HTTP_ERROR_LISTEN,
    SL_HTTP_ERROR_KEYS,
    SL_HTTP_ERROR_TLS, /* a certificate or its key: SlTls */
} SlHttpError;

/**
 * SlHttpServer: pages, assets, signalling, the relay's WebSocket, status. Main thread only.
 *
 * Routes: `/` the only stream's page, or the list · `/watch/STREAM` · `/player.js` and the other
 * assets ·
 * `/ws/STREAM` · `/relay` · `/whep/STREAM` · `/whip/STREAM` · `/api/status` ·
 * `/api/debug/objects` · `/api/streams/STREAM/…`.
 */
#define SL_TYPE_HTTP_SERVER (sl_http_server_get_type())
G_DECLARE_FINAL_TYPE(SlHttpServer, sl_http_server, SL, HTTP_SERVER, GObject)

/** SlHttpServerConfig: (transfer none) all of them */
typedef struct {
    GMainContext *context; /* nullable: the main thread's default context (libsoup knows no other
                              way to be told) */
    SlAccess *access;      /* who may do what */
    SlSessionPool *pool;
    SlRelay *relay;
    SlIce *ice;
    SlObjectStore *store;
    SlObjectExchange *exchange;
    const SlLimits *limits;
    const char *web_dir; /* nullable: assets are served from there rather than from the program
                            (read at each request) */
} SlHttpServerConfig;

SlHttpServer *sl_http_server_new(const SlHttpServerConfig *config);

/**
 * sl_http_server_add_stream: before listening. `/` shows it while it is the only one.
 * @pipeline: which knows the stream
 * @channels: (nullable): the relay channels that its viewers are told of, its conversation first
 */
void sl_http_server_add_stream(SlHttpServer *self, SlPipelineSwitch *pipeline,
                               const char *const *channels);

/**
 * sl_http_server_listen:
 * @address: (nullable): an IP literal; %NULL: every address, IPv4 and IPv6
 * @port: 0 picks one
 */
gboolean sl_http_server_listen(SlHttpServer *self, const char *address, guint16 port,
                               GError **error);
/** sl_http_server_set_tls: (transfer none): https rather than http; before listening for the first
 * time, then for the connections that come from now on */
void sl_http_server_set_tls(SlHttpServer *self, SlTls *tls);
/** sl_http_server_get_port: the port it listens on; 0 before */
guint16 sl_http_server_get_port(SlHttpServer *self);

/** sl_http_server_close: stops listening, closes every WebSocket with 1001 (and so ends its
 * session), drops connections. Idempotent. */
void sl_http_server_close(SlHttpServer *self);

G_END_DECLS
