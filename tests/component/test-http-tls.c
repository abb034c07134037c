#include <glib/gstdio.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http-fixture.h"
#include "sl-census.h"
#include "sl-connection.h"

/* The server by https, with a client of GnuTLS in the same loop. */

#define HEADER "Host: localhost\r\nAuthorization: Bearer " FIXTURE_GUEST_KEY "\r\n"
#define UPGRADE                                               \
    "GET /relay HTTP/1.1\r\n" HEADER "Upgrade: websocket\r\n" \
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"    \
    "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==\r\n"
#define HELLO_BYTES 200 /* less than any client begins with */

/* --- a certificate --- */

static SlTls *
make_tls(void)
{
    static const char *const names[] = { "localhost", NULL };
    g_autofree char *dir = g_dir_make_tmp("sightline-tls-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "tls.pem", NULL);
    g_autoptr(GError) error = NULL;
    SlTls *tls = sl_tls_new_self_signed(dir, names, &error);

    g_assert_no_error(error);
    g_unlink(path);
    g_rmdir(dir);
    return tls;
}

static void
start(HttpFixture *fixture, const char *web_dir)
{
    fixture->tls = make_tls();
    http_fixture_start(fixture, "127.0.0.1", web_dir);
}

static void
stop(HttpFixture *fixture)
{
    WAIT_UNTIL(sl_census_get("SlTlsSession") == 0);
    http_fixture_stop(fixture);
    g_assert_cmpuint(sl_census_get("SlTls"), ==, 0);
}

/* --- a client --- */

typedef struct {
    GSocket *socket;
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
} Client;

static void
client_init(Client *self, GSocket *socket, const char *priorities)
{
    static const gnutls_datum_t protocols[] = { { (unsigned char *)"h2", 2 },
                                                { (unsigned char *)"http/1.1", 8 } };

    self->socket = g_object_ref(socket);
    gnutls_certificate_allocate_credentials(&self->credentials);
    gnutls_init(&self->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
    g_assert_cmpint(gnutls_priority_set_direct(self->session, priorities, NULL), ==, 0);
    gnutls_credentials_set(self->session, GNUTLS_CRD_CERTIFICATE, self->credentials);
    gnutls_alpn_set_protocols(self->session, protocols, G_N_ELEMENTS(protocols), 0);
    gnutls_transport_set_int(self->session, g_socket_get_fd(socket));
}

static void
client_end(Client *self)
{
    gnutls_deinit(self->session);
    gnutls_certificate_free_credentials(self->credentials);
    g_clear_object(&self->socket);
}

static int
client_shake_hands(Client *self)
{
    int result = GNUTLS_E_AGAIN;

    WAIT_UNTIL((result = gnutls_handshake(self->session)) != GNUTLS_E_AGAIN);
    return result;
}

static void
client_connect(Client *self, HttpFixture *fixture)
{
    g_autoptr(GSocket) socket = http_fixture_connect(fixture, "127.0.0.1");

    client_init(self, socket, "NORMAL");
    g_assert_cmpint(client_shake_hands(self), ==, 0);
}

static void
client_send(Client *self, const char *text)
{
    gssize n;

    WAIT_UNTIL((n = gnutls_record_send(self->session, text, strlen(text))) != GNUTLS_E_AGAIN);
    g_assert_cmpint(n, ==, strlen(text));
}

/* All that comes until the server says goodbye, which it does. */
static GString *
client_receive_all(Client *self)
{
    GString *all = g_string_new(NULL);

    while (TRUE) {
        char buffer[4096];
        gssize n;

        WAIT_UNTIL((n = gnutls_record_recv(self->session, buffer, sizeof(buffer))) !=
                   GNUTLS_E_AGAIN);
        g_assert_cmpint(n, >=, 0);
        if (n == 0)
            return all;
        g_string_append_len(all, buffer, n);
    }
}

static char *
client_receive(Client *self)
{
    return g_string_free(client_receive_all(self), FALSE);
}

/* Returns: (transfer full) */
static char *
client_take(Client *self, gsize len)
{
    char *found = g_malloc0(len + 1);

    for (gsize i = 0; i < len;) {
        gssize n;

        WAIT_UNTIL((n = gnutls_record_recv(self->session, found + i, len - i)) != GNUTLS_E_AGAIN);
        g_assert_cmpint(n, >, 0);
        i += (gsize)n;
    }
    return found;
}

static void
client_expect(Client *self, const char *text)
{
    g_autofree char *found = client_take(self, strlen(text));

    g_assert_cmpstr(found, ==, text);
}

static void
client_skip_header(Client *self)
{
    g_autoptr(GString) header = g_string_new(NULL);

    while (!g_str_has_suffix(header->str, "\r\n\r\n")) {
        g_autofree char *c = client_take(self, 1);

        g_string_append(header, c);
    }
}

/* A short one (RFC 6455, section 5.2). */
static void
client_skip_frame(Client *self)
{
    g_autofree char *begin = client_take(self, 2);
    g_autofree char *payload = client_take(self, (gsize)begin[1]);
}

static char *
client_get_fingerprint(Client *self)
{
    guint n;
    const gnutls_datum_t *certificate = gnutls_certificate_get_peers(self->session, &n);
    guint8 digest[32];
    gsize size = sizeof(digest);
    GString *text = g_string_new(NULL);

    g_assert_cmpint(gnutls_fingerprint(GNUTLS_DIG_SHA256, certificate, digest, &size), ==, 0);
    for (gsize i = 0; i < size; i++)
        g_string_append_printf(text, "%s%02X", i > 0 ? ":" : "", digest[i]);
    return g_string_free(text, FALSE);
}

/* --- requests --- */

static void
test_page(gconstpointer data)
{
    HttpFixture fixture;
    Client client;
    g_autoptr(GSocket) socket = NULL;
    g_autofree char *answer = NULL;
    g_autofree char *fingerprint = NULL;
    gnutls_datum_t protocol;

    http_fixture_prepare(&fixture);
    start(&fixture, NULL);
    socket = http_fixture_connect(&fixture, "127.0.0.1");
    client_init(&client, socket, data);
    g_clear_object(&socket);
    g_assert_cmpint(client_shake_hands(&client), ==, 0);
    g_assert_cmpint(gnutls_alpn_get_selected_protocol(client.session, &protocol), ==, 0);
    g_assert_cmpmem(protocol.data, protocol.size, "http/1.1", 8);
    fingerprint = client_get_fingerprint(&client);
    g_assert_cmpstr(fingerprint, ==, sl_tls_get_fingerprint(fixture.tls));
    client_send(&client, "GET /?key=" FIXTURE_GUEST_KEY " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    answer = client_receive(&client);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 200 OK\r\n"));
    g_assert_nonnull(strstr(answer, "HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000; Secure"
                                    "\r\n"));
    g_assert_true(g_str_has_suffix(answer, "</html>\n"));
    client_end(&client);
    stop(&fixture);
}

static void
test_too_old(void)
{
    HttpFixture fixture;
    Client client;
    g_autoptr(GSocket) socket = NULL;

    http_fixture_prepare(&fixture);
    start(&fixture, NULL);
    socket = http_fixture_connect(&fixture, "127.0.0.1");
    client_init(&client, socket, "NORMAL:-VERS-ALL:+VERS-TLS1.1");
    g_clear_object(&socket);
    g_assert_cmpint(client_shake_hands(&client), ==, GNUTLS_E_FATAL_ALERT_RECEIVED);
    g_assert_cmpint(gnutls_alert_get(client.session), ==, GNUTLS_A_PROTOCOL_VERSION);
    client_end(&client);
    stop(&fixture);
}

static void
test_in_the_clear(void)
{
    HttpFixture fixture;
    g_autofree char *answer = NULL;

    http_fixture_prepare(&fixture);
    start(&fixture, NULL);
    answer =
        http_fixture_request(&fixture, "127.0.0.1", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 400 Bad Request\r\n"));
    g_assert_true(g_str_has_suffix(
        answer, "\r\n\r\nThis server speaks HTTPS. The address begins with https://\n"));
    stop(&fixture);
}

/* What libsoup never sees is refused inside of TLS, too. */
static void
test_no_http(void)
{
    HttpFixture fixture;
    Client client;
    g_autofree char *answer = NULL;

    http_fixture_prepare(&fixture);
    start(&fixture, NULL);
    client_connect(&client, &fixture);
    client_send(&client, "\x01\x02\x03");
    answer = client_receive(&client);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 400 Bad Request\r\n"));
    client_end(&client);
    stop(&fixture);
}

static void
test_websocket(void)
{
    /* RFC 6455, section 5.2: a ping and its answer, a close and its answer */
    static const char ping[] = "\x89\x82\x01\x02\x03\x04"
                               "ik";
    static const char pong[] = "\x8a\x02"
                               "hi";
    static const char close_1000[] = "\x88\x82\x01\x02\x03\x04\x02\xea";
    static const char closed[] = "\x88\x02\x03\xe8";
    HttpFixture fixture;
    Client client;

    http_fixture_prepare(&fixture);
    start(&fixture, NULL);
    client_connect(&client, &fixture);
    client_send(&client, UPGRADE "Origin: https://localhost\r\n\r\n");
    client_expect(&client, "HTTP/1.1 101 Switching Protocols\r\n");
    client_skip_header(&client);
    client_skip_frame(&client); /* the relay's first words */
    client_send(&client, ping);
    client_expect(&client, pong);
    client_send(&client, close_1000);
    client_expect(&client, closed);
    client_end(&client);
    stop(&fixture);
}

/* A page that came in the clear may be of whoever stands between. */
static void
test_origin(void)
{
    HttpFixture fixture;
    Client client;
    g_autofree char *answer = NULL;

    http_fixture_prepare(&fixture);
    start(&fixture, NULL);
    client_connect(&client, &fixture);
    client_send(&client, UPGRADE "Origin: http://localhost\r\n\r\n");
    answer = client_receive(&client);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 403 Forbidden\r\n"));
    client_end(&client);
    stop(&fixture);
}

/* --- answers that don't fit --- */

enum { LARGE = 4 * 1024 * 1024 };

typedef struct {
    HttpFixture fixture;
    char *dir, *page, *file;
    Client client;
} Large;

static void
large_start(Large *self, guint answer_timeout_ms)
{
    g_autofree char *content = g_strnfill(LARGE, 'a');
    g_autoptr(GSocket) socket = NULL;
    int bytes = 64 * 1024;

    self->dir = g_dir_make_tmp("sightline-web-XXXXXX", NULL);
    self->file = g_build_filename(self->dir, "large.js", NULL);
    g_assert_true(g_file_set_contents(self->file, content, LARGE, NULL));
    http_fixture_prepare(&self->fixture);
    self->fixture.limits.answer_timeout_ms = answer_timeout_ms;
    start(&self->fixture, self->dir);
    socket = http_fixture_connect(&self->fixture, "127.0.0.1");
    g_assert_cmpint(
        setsockopt(g_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)), ==, 0);
    client_init(&self->client, socket, "NORMAL");
    g_assert_cmpint(client_shake_hands(&self->client), ==, 0);
    client_send(&self->client, "GET /large.js HTTP/1.1\r\n" HEADER "\r\n");
}

static void
large_stop(Large *self)
{
    client_end(&self->client);
    stop(&self->fixture);
    g_unlink(self->file);
    g_rmdir(self->dir);
    g_free(self->file);
    g_free(self->dir);
}

/* To the last byte, and the goodbye after it. */
static void
test_read_slowly(void)
{
    Large large;
    g_autoptr(GString) answer = NULL;

    large_start(&large, 60000);
    answer = client_receive_all(&large.client);
    g_assert_cmpuint(strlen(strstr(answer->str, "\r\n\r\n")), ==, LARGE + 4);
    large_stop(&large);
}

static void
test_not_read(void)
{
    Large large;

    large_start(&large, 100);
    WAIT_UNTIL(sl_census_get("SlTlsSession") == 1);
    WAIT_UNTIL(sl_census_get("SlTlsSession") == 0);
    g_assert_cmpuint(sl_meters_get_refused(large.fixture.meters, SL_LIMIT(answer_timeout_ms)), ==,
                     1);
    large_stop(&large);
}

/* A connection alone, to which more was written than the system takes. @ret_written: how much */
static SlConnection *
make_full(SlTls *tls, Client *client, gsize *ret_written)
{
    static const char text[100000];
    g_autoptr(GSocket) here = NULL;
    g_autoptr(GSocket) there = NULL;
    g_autoptr(GError) error = NULL;
    SlConnection *connection;
    GPollableOutputStream *output;
    int fds[2], result = GNUTLS_E_AGAIN;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
    here = g_socket_new_from_fd(fds[0], NULL);
    there = g_socket_new_from_fd(fds[1], NULL);
    g_socket_set_blocking(here, FALSE);
    connection = sl_connection_new(here, tls, g_main_context_default());
    client_init(client, there, "NORMAL");
    while (result == GNUTLS_E_AGAIN) {
        result = gnutls_handshake(client->session);
        g_assert_cmpint(sl_connection_read_header(connection, 100), ==, SL_HEADER_MORE);
    }
    g_assert_cmpint(result, ==, 0);

    output = G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(G_IO_STREAM(connection)));
    *ret_written = 0;
    while (error == NULL) {
        gssize n =
            g_pollable_output_stream_write_nonblocking(output, text, sizeof(text), NULL, &error);
        *ret_written += (gsize)MAX(n, 0);
    }
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    g_assert_cmpuint(sl_connection_get_n_written(connection), ==, *ret_written);
    return connection;
}

/* What was taken before the end gets there, and then the connection goes. */
static void
test_closed(void)
{
    g_autoptr(SlTls) tls = make_tls();
    Client client;
    gsize n_written;
    g_autoptr(GString) received = NULL;
    gpointer connection = make_full(tls, &client, &n_written);

    g_object_add_weak_pointer(connection, &connection);
    g_assert_true(g_io_stream_close(connection, NULL, NULL));
    g_object_unref(connection);
    received = client_receive_all(&client);
    g_assert_cmpuint(received->len, ==, n_written);
    WAIT_UNTIL(connection == NULL);
    client_end(&client);
}

/* Where the other side has gone meanwhile. */
static void
test_closed_for_nobody(void)
{
    g_autoptr(SlTls) tls = make_tls();
    Client client;
    gsize n_written;
    gpointer connection = make_full(tls, &client, &n_written);

    g_object_add_weak_pointer(connection, &connection);
    g_assert_true(g_io_stream_close(connection, NULL, NULL));
    g_object_unref(connection);
    g_assert_nonnull(connection);
    client_end(&client);
    WAIT_UNTIL(connection == NULL);
}

/* Nobody closed it: it goes at once. */
static void
test_dropped(void)
{
    g_autoptr(SlTls) tls = make_tls();
    Client client;
    gsize n_written;

    g_assert_finalize_object(make_full(tls, &client, &n_written));
    client_end(&client);
}

/* --- handshakes that come to nothing --- */

static guint
count_threads(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/task", 0, NULL);
    guint n = 0;

    while (g_dir_read_name(dir) != NULL)
        n++;
    return n;
}

/* What a client begins with. Returns: how much */
static gsize
make_hello(char *hello, gsize size)
{
    int fds[2];
    Client client;
    g_autoptr(GSocket) here = NULL;
    gssize n;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
    here = g_socket_new_from_fd(fds[0], NULL);
    client_init(&client, here, "NORMAL");
    g_assert_cmpint(gnutls_handshake(client.session), ==, GNUTLS_E_AGAIN);
    n = recv(fds[1], hello, size, 0);
    g_assert_cmpint(n, >, HELLO_BYTES);
    close(fds[1]);
    client_end(&client);
    return (gsize)n;
}

static void
begin_handshake(GSocket *socket, gsize max_bytes)
{
    static char hello[4096];
    static gsize n;

    if (n == 0)
        n = make_hello(hello, sizeof(hello));
    http_fixture_send(socket, hello, (gssize)MIN(n, max_bytes));
}

/* A hundred at once that neither go on nor go, at first, in their hello or after it: who comes
 * after them is served, and they are gone after a while. */
static void
test_stalled(void)
{
    enum { N_STRANGERS = 100 };
    static const gsize bytes[] = { 3, HELLO_BYTES, 4096 };
    HttpFixture fixture;
    GSocket *strangers[N_STRANGERS];
    Client client;
    g_autofree char *answer = NULL;
    guint n_threads;

    http_fixture_prepare(&fixture);
    n_threads = count_threads();
    fixture.limits.first_byte_timeout_ms = 10000; /* all must have come before the first goes */
    start(&fixture, NULL);
    for (guint i = 0; i < N_STRANGERS; i++) {
        strangers[i] = http_fixture_connect(&fixture, "127.0.0.1");
        begin_handshake(strangers[i], bytes[i % G_N_ELEMENTS(bytes)]);
    }
    WAIT_UNTIL(sl_census_get("SlTlsSession") == N_STRANGERS);
    client_connect(&client, &fixture);
    client_send(&client, "GET /api/status HTTP/1.1\r\n" HEADER "\r\n");
    answer = client_receive(&client);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 200 OK\r\n"));
    g_assert_cmpuint(count_threads(), ==, n_threads);
    for (guint i = 0; i < N_STRANGERS; i++) {
        g_autofree char *rest = http_fixture_receive_until_end(strangers[i]);
        g_object_unref(strangers[i]);
    }
    g_assert_cmpuint(sl_meters_get_refused(fixture.meters, SL_LIMIT(first_byte_timeout_ms)), ==,
                     N_STRANGERS);
    client_end(&client);
    stop(&fixture);
}

/* A hundred that go in the middle, every other with RST. */
static void
test_cut(gconstpointer data)
{
    gsize bytes = GPOINTER_TO_SIZE(data);
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    start(&fixture, NULL);
    for (guint i = 0; i < 100; i++) {
        g_autoptr(GSocket) socket = http_fixture_connect(&fixture, "127.0.0.1");
        struct {
            int on, seconds;
        } linger = { i % 2, 0 };

        g_assert_cmpint(
            setsockopt(g_socket_get_fd(socket), SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), ==,
            0);
        begin_handshake(socket, bytes);
        WAIT_UNTIL(sl_census_get("SlTlsSession") > 0 || i % 4 == 0);
    }
    stop(&fixture);
}

/* What no client begins with, and what only almost is it. */
static void
test_tampered(void)
{
    HttpFixture fixture;
    Client client;
    char hello[4096];
    gsize n = make_hello(hello, sizeof(hello));
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);

    http_fixture_prepare(&fixture);
    start(&fixture, NULL);
    for (guint i = 0; i < 300; i++) {
        g_autoptr(GSocket) socket = http_fixture_connect(&fixture, "127.0.0.1");
        g_autofree char *tampered = g_memdup2(hello, n);
        gsize begin = i % 3 == 0 ? 1 : 5; /* of the record's header, or what is in it */
        guint n_changes = i % 2 == 0 ? 1 : 50;
        g_autofree char *answer = NULL;

        for (guint j = 0; j < n_changes; j++)
            tampered[g_rand_int_range(rand, (gint32)begin, (gint32)n)] =
                (char)g_rand_int_range(rand, 0, 256);
        http_fixture_send(socket, tampered, (gssize)n);
        g_socket_shutdown(socket, FALSE, TRUE, NULL);
        answer = http_fixture_receive_until_end(socket);
    }
    client_connect(&client, &fixture);
    client_end(&client);
    stop(&fixture);
}

/* --- another certificate --- */

static void
test_another(void)
{
    HttpFixture fixture;
    Client before, after;
    g_autoptr(SlTls) another = make_tls();
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;
    g_autofree char *answer = NULL;

    http_fixture_prepare(&fixture);
    start(&fixture, NULL);
    client_connect(&before, &fixture);
    sl_http_server_set_tls(fixture.server, another);
    client_connect(&after, &fixture);
    first = client_get_fingerprint(&before);
    second = client_get_fingerprint(&after);
    g_assert_cmpstr(first, ==, sl_tls_get_fingerprint(fixture.tls));
    g_assert_cmpstr(second, ==, sl_tls_get_fingerprint(another));
    client_send(&before, "GET /api/status HTTP/1.1\r\n" HEADER "\r\n");
    answer = client_receive(&before);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 200 OK\r\n"));
    client_end(&before);
    client_end(&after);
    g_clear_pointer(&another, sl_tls_unref);
    stop(&fixture);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/http-tls/page/1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.3", test_page);
    g_test_add_data_func("/http-tls/page/1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.2", test_page);
    g_test_add_func("/http-tls/too-old", test_too_old);
    g_test_add_func("/http-tls/in-the-clear", test_in_the_clear);
    g_test_add_func("/http-tls/no-http", test_no_http);
    g_test_add_func("/http-tls/websocket", test_websocket);
    g_test_add_func("/http-tls/origin", test_origin);
    g_test_add_func("/http-tls/read-slowly", test_read_slowly);
    g_test_add_func("/http-tls/not-read", test_not_read);
    g_test_add_func("/http-tls/closed", test_closed);
    g_test_add_func("/http-tls/closed-for-nobody", test_closed_for_nobody);
    g_test_add_func("/http-tls/dropped", test_dropped);
    g_test_add_func("/http-tls/stalled", test_stalled);
    g_test_add_data_func("/http-tls/cut/in-hello", GSIZE_TO_POINTER(HELLO_BYTES), test_cut);
    g_test_add_data_func("/http-tls/cut/after-hello", GSIZE_TO_POINTER(4096), test_cut);
    g_test_add_func("/http-tls/tampered", test_tampered);
    g_test_add_func("/http-tls/another-certificate", test_another);
    return g_test_run();
}
