#include <string.h>
#include <sys/socket.h>

#include "http-fixture.h"
#include "sl-listener.h"

/* Connections that hold a place and do nothing with it. The listener looks once a second. */

#define REQUEST "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

typedef struct {
    SoupServer *server;
    SlListener *listener;
    HttpFixture fixture; /* for its port, limits and meters */
} Bare;

static void
on_request(SoupServer *server, SoupServerMessage *msg, const char *path, GHashTable *query,
           gpointer user_data)
{
    /* more than the kernel takes for a connection */
    static const char answer[16 * 1024 * 1024];
    guint limit;

    g_assert_true(sl_listener_admit(msg, &limit));
    soup_server_message_set_status(msg, SOUP_STATUS_OK, NULL);
    soup_server_message_set_response(msg, "text/plain", SOUP_MEMORY_STATIC, answer, sizeof(answer));
}

static void
bare_prepare(Bare *self)
{
    http_fixture_prepare(&self->fixture);
    self->fixture.limits.request_timeout_ms = 60000;
    self->fixture.limits.first_byte_timeout_ms = 60000;
}

static void
bare_start(Bare *self)
{
    g_autoptr(GError) error = NULL;

    self->fixture.meters = sl_meters_new(NULL, &self->fixture.limits);
    self->fixture.limits.meters = self->fixture.meters;
    self->server = soup_server_new(NULL, NULL);
    soup_server_add_handler(self->server, NULL, on_request, NULL, NULL);
    self->listener = sl_listener_new(NULL, self->server, &self->fixture.limits);
    g_assert_true(sl_listener_listen(self->listener, "127.0.0.1", 0, &error));
    g_assert_no_error(error);
    self->fixture.port = sl_listener_get_port(self->listener);
}

static void
bare_stop(Bare *self)
{
    gpointer server = self->server;
    gpointer listener = self->listener;

    g_object_add_weak_pointer(server, &server);
    g_object_add_weak_pointer(listener, &listener);
    WAIT_UNTIL(sl_listener_get_n_connections(self->listener) == 0);
    soup_server_disconnect(self->server);
    g_clear_object(&self->listener);
    g_clear_object(&self->server);
    WAIT_UNTIL(server == NULL && listener == NULL);
    WAIT_UNTIL(http_fixture_count_fds() == self->fixture.n_fds);
    sl_meters_free(self->fixture.meters);
}

/* Once, by this limit and no other. */
static void
bare_assert_refused(Bare *self, guint limit)
{
    for (guint i = 0; i < SL_N_LIMITS; i++)
        g_assert_cmpuint(sl_meters_get_refused(self->fixture.meters, i), ==, i == limit ? 1 : 0);
}

typedef struct {
    const char *begun, *answer;
    gboolean first_byte;
} Late;

static void
test_late(gconstpointer data)
{
    const Late *late = data;
    Bare bare;
    g_autofree char *answer = NULL;
    g_autoptr(GSocket) socket = NULL;

    bare_prepare(&bare);
    if (late->first_byte)
        bare.fixture.limits.first_byte_timeout_ms = 100;
    else
        bare.fixture.limits.request_timeout_ms = 100;
    bare_start(&bare);
    socket = http_fixture_connect(&bare.fixture, "127.0.0.1");
    http_fixture_send(socket, late->begun, -1);
    WAIT_UNTIL(sl_listener_get_n_connections(bare.listener) == 1);
    answer = http_fixture_receive_until_end(socket);
    if (*late->answer == '\0')
        g_assert_cmpstr(answer, ==, "");
    else
        g_assert_true(g_str_has_prefix(answer, late->answer));
    g_clear_object(&socket);
    bare_assert_refused(&bare, late->first_byte ? SL_LIMIT(first_byte_timeout_ms)
                                                : SL_LIMIT(request_timeout_ms));
    bare_stop(&bare);
}

/* An answer that nobody reads. */
static void
test_not_read(void)
{
    Bare bare;
    g_autoptr(GSocket) socket = NULL;

    bare_prepare(&bare);
    bare.fixture.limits.answer_timeout_ms = 100;
    bare_start(&bare);
    socket = http_fixture_connect(&bare.fixture, "127.0.0.1");
    http_fixture_send(socket, REQUEST, -1);
    WAIT_UNTIL(sl_listener_get_n_connections(bare.listener) == 1);
    WAIT_UNTIL(sl_listener_get_n_connections(bare.listener) == 0);
    bare_assert_refused(&bare, SL_LIMIT(answer_timeout_ms));
    g_clear_object(&socket);
    bare_stop(&bare);
}

static gboolean
has_ended(GSocket *socket)
{
    char byte;

    return g_socket_receive(socket, &byte, 1, NULL, NULL) == 0;
}

/* Strangers that say nothing: who comes with a request is served, and the oldest of them go. */
static void
test_flood(void)
{
    enum { N_STRANGERS = 100, N_WAITING = 8 };
    Bare bare;
    GSocket *strangers[N_STRANGERS];
    g_autoptr(GSocket) viewer = NULL;

    bare_prepare(&bare);
    bare.fixture.limits.max_waiting = N_WAITING;
    bare_start(&bare);
    for (guint i = 0; i < N_STRANGERS; i++) {
        strangers[i] = http_fixture_connect(&bare.fixture, "127.0.0.1");
        http_fixture_send(strangers[i], "GET / HT", -1);
    }
    viewer = http_fixture_connect(&bare.fixture, "127.0.0.1");
    http_fixture_send(viewer, REQUEST, -1);
    http_fixture_expect(viewer, "HTTP/1.1 200 OK\r\n");

    /* The viewer came last of all, and is let in: it took a place of those who wait for a moment.
     */
    for (guint i = 0; i < N_STRANGERS - N_WAITING; i++)
        WAIT_UNTIL(has_ended(strangers[i]));
    for (guint i = N_STRANGERS - N_WAITING + 1; i < N_STRANGERS; i++)
        g_assert_false(has_ended(strangers[i]));
    g_assert_cmpint(sl_meters_get_now(bare.fixture.meters, SL_LIMIT(max_waiting)), ==,
                    N_WAITING - 1);
    g_assert_cmpint(sl_meters_get_now(bare.fixture.meters, SL_LIMIT(max_connections)), ==, 1);
    g_assert_cmpuint(sl_meters_get_refused(bare.fixture.meters, SL_LIMIT(max_waiting)), ==,
                     N_STRANGERS + 1 - N_WAITING);
    for (guint i = 0; i < N_STRANGERS; i++)
        g_object_unref(strangers[i]);
    g_clear_object(&viewer);
    bare_stop(&bare);
}

/* An address that floods evicts nobody but itself. */
static void
test_flood_from_one_address(void)
{
    enum { N_STRANGERS = 40 };
    Bare bare;
    g_autoptr(GPtrArray) strangers = g_ptr_array_new_with_free_func(g_object_unref);
    g_autoptr(GSocket) viewer = NULL;

    bare_prepare(&bare);
    bare.fixture.limits.max_waiting_per_address = 4;
    bare_start(&bare);
    viewer = http_fixture_connect_from(&bare.fixture, "127.0.0.3", "127.0.0.1");
    http_fixture_send(viewer, "GET / HTTP/1.1\r\n", -1);
    for (guint i = 0; i < N_STRANGERS; i++)
        g_ptr_array_add(strangers,
                        http_fixture_connect_from(&bare.fixture, "127.0.0.2", "127.0.0.1"));
    for (guint i = 0; i < N_STRANGERS - 4; i++)
        WAIT_UNTIL(has_ended(g_ptr_array_index(strangers, i)));
    g_assert_cmpuint(sl_meters_get_refused(bare.fixture.meters, SL_LIMIT(max_waiting_per_address)),
                     ==, N_STRANGERS - 4);
    http_fixture_send(viewer, "Host: localhost\r\n\r\n", -1);
    http_fixture_expect(viewer, "HTTP/1.1 200 OK\r\n");
    g_ptr_array_set_size(strangers, 0);
    g_clear_object(&viewer);
    bare_stop(&bare);
}

static void
test_header_too_large(gconstpointer data)
{
    gsize bytes = GPOINTER_TO_SIZE(data);
    g_autofree char *value = g_strnfill(bytes, 'a');
    g_autofree char *request =
        g_strdup_printf("GET / HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n\r\n", value);
    g_autofree char *answer = NULL;
    Bare bare;

    bare_prepare(&bare);
    bare_start(&bare);
    answer = http_fixture_request(&bare.fixture, "127.0.0.1", request);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 431 Request Header Fields Too Large\r\n"));
    g_assert_true(g_str_has_suffix(answer, "\r\n\r\nA request's header may have 16384 bytes.\n"));
    bare_assert_refused(&bare, SL_LIMIT(max_header_bytes));
    bare_stop(&bare);
}

/* As much as may be, in pieces that end anywhere. */
static void
test_header_in_pieces(gconstpointer data)
{
    guint piece = GPOINTER_TO_UINT(data);
    Bare bare;
    g_autofree char *value = g_strnfill(2000, 'a');
    g_autofree char *request =
        g_strdup_printf("\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n\r\n", value);
    g_autoptr(GSocket) socket = NULL;

    bare_prepare(&bare);
    bare.fixture.limits.max_header_bytes = (guint)strlen(request) - 4;
    bare_start(&bare);
    socket = http_fixture_connect(&bare.fixture, "127.0.0.1");
    for (gsize i = 0; i < strlen(request); i += piece) {
        http_fixture_send(socket, request + i, (gssize)MIN(piece, strlen(request) - i));
        while (g_main_context_iteration(NULL, FALSE))
            ;
    }
    http_fixture_expect(socket, "HTTP/1.1 200 OK\r\n");
    g_clear_object(&socket);
    bare_stop(&bare);
}

static void
test_no_http(void)
{
    static const char tls[] = "\x16\x03\x01\x02";
    Bare bare;
    g_autofree char *answer = NULL;

    bare_prepare(&bare);
    bare_start(&bare);
    answer = http_fixture_request(&bare.fixture, "127.0.0.1", tls);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 400 Bad Request\r\n"));
    bare_stop(&bare);
}

static void
test_reset_by_peer(void)
{
    Bare bare;

    bare_prepare(&bare);
    bare_start(&bare);
    for (guint i = 0; i < 50; i++) {
        g_autoptr(GSocket) socket = http_fixture_connect(&bare.fixture, "127.0.0.1");
        struct {
            int on, seconds;
        } linger = { 1, 0 };

        /* closed with RST, some before they are accepted */
        g_assert_cmpint(
            setsockopt(g_socket_get_fd(socket), SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), ==,
            0);
        http_fixture_send(socket, "GET / HTTP/1.1\r\n", -1);
        if (i % 2 == 0)
            g_main_context_iteration(NULL, FALSE);
    }
    bare_stop(&bare);
}

/* --- with the whole server --- */

static char *
ask(HttpFixture *fixture, const char *from, const char *path)
{
    g_autoptr(GSocket) socket = http_fixture_connect_from(fixture, from, "127.0.0.1");
    g_autofree char *request = g_strdup_printf(
        "GET /key/" FIXTURE_GUEST_KEY "%s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);

    http_fixture_send(socket, request, -1);
    return http_fixture_receive_until_end(socket);
}

static GSocket *
occupy(HttpFixture *fixture, const char *from)
{
    GSocket *socket = http_fixture_connect_from(fixture, from, "127.0.0.1");

    http_fixture_send(socket,
                      "GET /key/" FIXTURE_GUEST_KEY "/relay HTTP/1.1\r\nHost: localhost\r\n"
                      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==\r\n\r\n",
                      -1);
    http_fixture_expect(socket, "HTTP/1.1 101 Switching Protocols\r\n");
    return socket;
}

static void
assert_crowded(const char *answer, const char *words)
{
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 503 Service Unavailable\r\n"));
    g_assert_nonnull(strstr(answer, "\r\nRetry-After: 5\r\n"));
    g_assert_nonnull(strstr(answer, words));
}

static void
test_crowded(void)
{
    HttpFixture fixture;
    g_autoptr(GSocket) first = NULL;
    g_autoptr(GSocket) second = NULL;
    g_autofree char *here = NULL;
    g_autofree char *everywhere = NULL;
    g_autofree char *stranger = NULL;
    g_autofree char *later = NULL;

    http_fixture_prepare(&fixture);
    fixture.limits.max_connections = 2;
    fixture.limits.max_connections_per_address = 1;
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    first = occupy(&fixture, "127.0.0.2");
    here = ask(&fixture, "127.0.0.2", "/api/status");
    assert_crowded(here,
                   "\"detail\":\"1 connections are open from your address, which is as many as "
                   "this server takes. Try again in some seconds.\"");
    second = occupy(&fixture, "127.0.0.3");
    everywhere = ask(&fixture, "127.0.0.4", "/");
    assert_crowded(everywhere,
                   "<h1>2 connections are open, which is as many as this server takes.</h1>\n"
                   "<p>Try again in some seconds.</p>");
    /* Who may not be here is told that, and nothing else. */
    stranger = http_fixture_request(&fixture, "127.0.0.1",
                                    "GET / HTTP/1.1\r\nHost: x.example.net\r\n\r\n");
    g_assert_true(g_str_has_prefix(stranger, "HTTP/1.1 421 "));

    g_clear_object(&second);
    do {
        g_free(later);
        later = ask(&fixture, "127.0.0.4", "/api/status");
    } while (g_str_has_prefix(later, "HTTP/1.1 503"));
    g_assert_true(g_str_has_prefix(later, "HTTP/1.1 200 OK\r\n"));
    g_clear_object(&first);
    http_fixture_stop(&fixture);
}

int
main(int argc, char **argv)
{
    static const Late nothing = { "", "", TRUE };
    static const Late blank = { "\r\n\r\n", "", TRUE };
    static const Late half_a_line = { "GET / HTT", "HTTP/1.1 408 Request Timeout\r\n", FALSE };
    static const Late half_the_headers = { "GET / HTTP/1.1\r\nHost: localhost\r\n",
                                           "HTTP/1.1 408 Request Timeout\r\n", FALSE };
    static const Late half_a_body = {
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345", "", FALSE
    };

    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/listener/nothing", &nothing, test_late);
    g_test_add_data_func("/listener/blank", &blank, test_late);
    g_test_add_data_func("/listener/half-a-line", &half_a_line, test_late);
    g_test_add_data_func("/listener/half-the-headers", &half_the_headers, test_late);
    g_test_add_data_func("/listener/half-a-body", &half_a_body, test_late);
    g_test_add_func("/listener/not-read", test_not_read);
    g_test_add_func("/listener/reset-by-peer", test_reset_by_peer);
    g_test_add_func("/listener/flood", test_flood);
    g_test_add_func("/listener/flood-from-one-address", test_flood_from_one_address);
    g_test_add_data_func("/listener/header-too-large", GSIZE_TO_POINTER(16384),
                         test_header_too_large);
    g_test_add_data_func("/listener/header-far-too-large", GSIZE_TO_POINTER(1024 * 1024 - 64),
                         test_header_too_large);
    g_test_add_data_func("/listener/header-byte-by-byte", GUINT_TO_POINTER(1),
                         test_header_in_pieces);
    g_test_add_data_func("/listener/header-in-pieces", GUINT_TO_POINTER(3), test_header_in_pieces);
    g_test_add_data_func("/listener/header-at-once", GUINT_TO_POINTER(10000),
                         test_header_in_pieces);
    g_test_add_func("/listener/no-http", test_no_http);
    g_test_add_func("/listener/crowded", test_crowded);
    return g_test_run();
}
