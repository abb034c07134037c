#pragma once

#include <libsoup/soup.h>

#include "http-fakes.h"
#include "sl-http-server.h"
#include "sl-meters.h"

/* A server with two keys, on a free port, and ways to talk to it in the same main loop. */

#define FIXTURE_GUEST_KEY "guest-key-guest-key-gu"
#define FIXTURE_OPERATOR_KEY "operator-key-operator-"
#define FIXTURE_PIPELINE "plain"
#define FIXTURE_TIMEOUT_US (20 * G_USEC_PER_SEC)

typedef struct {
    SlHttpServer *server;
    SlSessionPool *pool;
    SlRelay *relay;
    SlObjectStore *store;
    SlObjectExchange *exchange;
    SlStream *stream;
    SlPipelineSwitch *pipeline;  /* of stream: FIXTURE_PIPELINE */
    gboolean may_edit;           /* FALSE, before the start */
    SlPipelineChooseFunc choose; /* nullable, likewise */
    char *folder;                /* of descriptions, and nothing else is found by name */
    SlTls *tls;                  /* nullable, likewise: http; owned */
    char *cache_dir;             /* nullable, likewise: objects in memory; owned */
    SlLimits limits;
    SlMeters *meters; /* of limits */
    guint16 port;
    guint n_fds; /* before the server was made */
} HttpFixture;

/** http_fixture_prepare: everything but limits that differ, which are set between these two */
void http_fixture_prepare(HttpFixture *self);
/** @address: nullable, as in sl_http_server_listen() */
void http_fixture_start(HttpFixture *self, const char *address, const char *web_dir);
/** http_fixture_stop: and asserts that nothing is left of anything */
void http_fixture_stop(HttpFixture *self);

/** http_fixture_write: a description as FOLDER/NAME.pipeline, by a rename */
void http_fixture_write(HttpFixture *self, const char *name, const char *text);

/** http_fixture_request: sends @text as it is to @address and returns all that comes until the end
 * of the connection */
char *http_fixture_request(HttpFixture *self, const char *address, const char *text);

/** http_fixture_connect: a socket to the server, non-blocking */
GSocket *http_fixture_connect(HttpFixture *self, const char *address);
/** http_fixture_connect_from: from another address of this machine */
GSocket *http_fixture_connect_from(HttpFixture *self, const char *from, const char *address);
/** http_fixture_expect: @text comes next */
void http_fixture_expect(GSocket *socket, const char *text);
void http_fixture_send(GSocket *socket, const char *data, gssize len);
/** http_fixture_receive_until_end: (transfer full): all that comes until the connection ends */
char *http_fixture_receive_until_end(GSocket *socket);

guint http_fixture_count_fds(void);

/** WAIT_UNTIL: runs the main loop until the condition holds; fails after FIXTURE_TIMEOUT_US */
#define WAIT_UNTIL(condition)                                          \
    G_STMT_START                                                       \
    {                                                                  \
        gint64 wait_end = g_get_monotonic_time() + FIXTURE_TIMEOUT_US; \
        http_fixture_wake_up();                                        \
        while (!(condition)) {                                         \
            g_assert_cmpint(g_get_monotonic_time(), <, wait_end);      \
            g_main_context_iteration(NULL, TRUE);                      \
        }                                                              \
    }                                                                  \
    G_STMT_END

/** http_fixture_wake_up: lets WAIT_UNTIL see its deadline, and conditions that no event announces
 */
void http_fixture_wake_up(void);
