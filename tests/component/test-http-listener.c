#include <string.h>
#include <sys/socket.h>

#include "http-fixture.h"
#include "sl-listener.h"

/* Connections that hold a place and do nothing with it. The listener looks once a second. */

typedef struct {
    SoupServer *server;
    SlListener *listener;
    HttpFixture fixture; /* for its port */
} Bare;

static void
on_request(SoupServer *server, SoupServerMessage *msg, const char *path, GHashTable *query,
           gpointer user_data)
{
    /* more than the kernel takes for a connection */
    static const char answer[16 * 1024 * 1024];

    soup_server_message_set_status(msg, SOUP_STATUS_OK, NULL);
    soup_server_message_set_response(msg, "text/plain", SOUP_MEMORY_STATIC, answer, sizeof(answer));
}

static void
bare_start(Bare *self, guint request_ms, guint answer_ms)
{
    g_autoptr(GError) error = NULL;

    http_fixture_prepare(&self->fixture);
    self->server = soup_server_new(NULL, NULL);
    soup_server_add_handler(self->server, NULL, on_request, NULL, NULL);
    self->listener = sl_listener_new(NULL, self->server);
    sl_listener_set_timeouts(self->listener, request_ms, answer_ms);
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
}

static void
test_dropped(gconstpointer data)
{
    const char *begun = data;
    Bare bare;
    g_autofree char *answer = NULL;
    g_autoptr(GSocket) socket = NULL;

    bare_start(&bare, 100, 60000);
    socket = http_fixture_connect(&bare.fixture, "127.0.0.1");
    http_fixture_send(socket, begun, -1);
    WAIT_UNTIL(sl_listener_get_n_connections(bare.listener) == 1);
    answer = http_fixture_receive_until_end(socket);
    g_assert_null(strstr(answer, "200 OK"));
    g_clear_object(&socket);
    bare_stop(&bare);
}

/* An answer that nobody reads. */
static void
test_not_read(void)
{
    Bare bare;
    g_autoptr(GSocket) socket = NULL;

    bare_start(&bare, 60000, 100);
    socket = http_fixture_connect(&bare.fixture, "127.0.0.1");
    http_fixture_send(socket, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", -1);
    WAIT_UNTIL(sl_listener_get_n_connections(bare.listener) == 1);
    WAIT_UNTIL(sl_listener_get_n_connections(bare.listener) == 0);
    g_clear_object(&socket);
    bare_stop(&bare);
}

static void
test_reset_by_peer(void)
{
    Bare bare;

    bare_start(&bare, 60000, 60000);
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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/listener/nothing", "", test_dropped);
    g_test_add_data_func("/listener/half-a-line", "GET / HTT", test_dropped);
    g_test_add_data_func("/listener/half-the-headers", "GET / HTTP/1.1\r\nHost: localhost\r\n",
                         test_dropped);
    g_test_add_data_func("/listener/half-a-body",
                         "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345",
                         test_dropped);
    g_test_add_func("/listener/not-read", test_not_read);
    g_test_add_func("/listener/reset-by-peer", test_reset_by_peer);
    return g_test_run();
}
