#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http-fixture.h"

#define END "Connection: close\r\n\r\n"

typedef struct {
    const char *name;
    const char *request; /* %u is the port */
    const char *status;
    const char *contains; /* nullable */
    const char *lacks;    /* nullable */
} Case;

static const Case CASES[] = {
    { "front page", "GET / HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n" END, "200 OK", "<sightline-player",
      "%%STREAM%%" },
    { "stream page", "GET /watch/camera HTTP/1.1\r\nHost: localhost:%u\r\n" END, "200 OK",
      "Cache-Control: no-store", NULL },
    { "unknown stream", "GET /watch/other HTTP/1.1\r\nHost: localhost:%u\r\n" END, "404 Not Found",
      "There is no stream of this name here.", NULL },
    { "script", "GET /player.js HTTP/1.1\r\nHost: localhost:%u\r\n" END, "200 OK",
      "Content-Type: text/javascript", "Access-Control-Allow-Origin" },
    { "script for a listed site",
      "GET /player.js HTTP/1.1\r\nHost: localhost:%u\r\nOrigin: https://site.example.org\r\n" END,
      "200 OK", "Access-Control-Allow-Origin: https://site.example.org\r\n",
      "Policy: same-origin" },
    { "policy", "GET / HTTP/1.1\r\nHost: localhost:%u\r\n" END, "200 OK",
      "frame-ancestors 'self' https://site.example.org\r\n", NULL },
    { "server's name", "GET / HTTP/1.1\r\nHost: localhost:%u\r\n" END, "200 OK",
      "Server: Sightline\r\n", "libsoup" },
    { "errors have the policy too", "GET /nothing HTTP/1.1\r\nHost: localhost:%u\r\n" END,
      "404 Not Found", "Content-Security-Policy: default-src 'none';", NULL },
    { "errors have a style of their own", "GET /nothing HTTP/1.1\r\nHost: localhost:%u\r\n" END,
      "404 Not Found", "style-src 'sha256-", "style-src 'self'" },
    { "nothing", "GET /nothing HTTP/1.1\r\nHost: localhost:%u\r\n" END, "404 Not Found",
      "There is nothing at this address.", NULL },
    { "templates are no assets", "GET /index.html HTTP/1.1\r\nHost: localhost:%u\r\n" END,
      "404 Not Found", NULL, NULL },
    { "up", "GET /../player.js HTTP/1.1\r\nHost: localhost:%u\r\n" END, "200 OK", NULL, NULL },
    { "up, encoded", "GET /%%2e%%2e/player.js HTTP/1.1\r\nHost: localhost:%u\r\n" END, "200 OK",
      NULL, NULL },
    { "slash, encoded", "GET /..%%2f..%%2fetc%%2fpasswd HTTP/1.1\r\nHost: localhost:%u\r\n" END,
      "400 Bad Request", "This is not an address.", "root:" },
    { "absolute", "GET //etc/passwd HTTP/1.1\r\nHost: localhost:%u\r\n" END, "404 Not Found", NULL,
      "root:" },
    { "NUL", "GET /player.js%%00.css HTTP/1.1\r\nHost: localhost:%u\r\n" END, "400 Bad Request",
      NULL, NULL },
    { "configured host", "GET / HTTP/1.1\r\nHost: cam.example.org\r\n" END, "200 OK", NULL, NULL },
    { "another host", "GET / HTTP/1.1\r\nHost: evil.example.org\r\n" END, "421 Misdirected Request",
      "This server does not know itself by the name", NULL },
    { "another host, absolute",
      "GET http://localhost:%u/ HTTP/1.1\r\nHost: evil.example.org\r\n" END,
      "421 Misdirected Request", NULL, NULL },
    { "no host", "GET / HTTP/1.0\r\n\r\n", "421 Misdirected Request", NULL, NULL },
    { "another origin",
      "GET /player.js HTTP/1.1\r\nHost: localhost:%u\r\nOrigin: http://evil.example.org\r\n" END,
      "403 Forbidden", "The page that asked for this is of another site.",
      "Access-Control-Allow-Origin" },
    { "POST", "POST / HTTP/1.1\r\nHost: localhost:%u\r\nContent-Length: 0\r\n" END,
      "405 Method Not Allowed", "Allow: GET, HEAD\r\n", NULL },
    { "API's errors are JSON", "GET /api/nothing HTTP/1.1\r\nHost: localhost:%u\r\n" END,
      "404 Not Found", "Content-Type: application/problem+json\r\n", NULL },
    { "problem",
      "GET /api/status HTTP/1.1\r\nHost: localhost:%u\r\nX-Forwarded-For: 192.0.2.1\r\n" END,
      "401 Unauthorized",
      "{\"type\":\"about:blank\",\"title\":\"Unauthorized\",\"status\":401,\"detail\":\"This page "
      "needs a link with a key.",
      NULL },
    { "status", "GET /api/status HTTP/1.1\r\nHost: localhost:%u\r\n" END, "200 OK",
      "\"mode\":\"YUY2 1280x720 at 30\",\"frame_rate\":12,\"expected_rate\":30", NULL },
    { "status: whose picture it is", "GET /api/status HTTP/1.1\r\nHost: localhost:%u\r\n" END,
      "200 OK", "\"source\":\"camera\",", NULL },
    { "limits", "GET /api/status HTTP/1.1\r\nHost: localhost:%u\r\n" END, "200 OK",
      "\"limits\":{\"sessions\":{\"limit\":200,", NULL },
    { "limits' counters", "GET /api/status HTTP/1.1\r\nHost: localhost:%u\r\n" END, "200 OK",
      "\"connections\":{\"limit\":1024,\"now\":1,\"refused\":0}", NULL },
    { "limits are not for a guest",
      "GET /api/status?key=" FIXTURE_GUEST_KEY
      " HTTP/1.1\r\nHost: localhost:%u\r\nVia: 1.1 proxy\r\n" END,
      "200 OK", NULL, "limits" },
    { "status for a guest",
      "GET /api/status?key=" FIXTURE_GUEST_KEY
      " HTTP/1.1\r\nHost: localhost:%u\r\nVia: 1.1 proxy\r\n" END,
      "200 OK", "\"viewers\":0", "/dev/video0" },
    { "relay", "GET /api/relay HTTP/1.1\r\nHost: localhost:%u\r\n" END, "200 OK",
      "{\"clients\":0,\"transports\":{\"channel\":0,\"websocket\":0,\"local\":0},"
      "\"channels\":[{\"channel\":\"talk:camera\",\"epoch\":\"",
      NULL },
    { "relay for a guest",
      "GET /api/relay?key=" FIXTURE_GUEST_KEY
      " HTTP/1.1\r\nHost: localhost:%u\r\nVia: 1.1 proxy\r\n" END,
      "403 Forbidden", "Only the operator's key shows the message relay.", "talk" },
    { "relay's totals", "GET /api/status HTTP/1.1\r\nHost: localhost:%u\r\n" END, "200 OK",
      "\"relay\":{\"channels\":1,\"published\":{\"messages\":0,\"bytes\":0},", NULL },
    { "objects", "GET /api/debug/objects HTTP/1.1\r\nHost: localhost:%u\r\n" END, "200 OK",
      "\"SlHttpServer\":1,", "\"gstreamer\"" },
    { "objects for a guest",
      "GET /api/debug/objects?key=" FIXTURE_GUEST_KEY
      " HTTP/1.1\r\nHost: localhost:%u\r\nVia: 1.1 proxy\r\n" END,
      "403 Forbidden", "Only the operator's key shows what is alive", "SlHttpServer" },
    { "no key", "GET / HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "401 Unauthorized", "This page needs a link with a key.", "Set-Cookie" },
    { "old key", "GET /?key=old HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "401 Unauthorized", "This link is no longer valid.", "Set-Cookie" },
    { "asset without a key",
      "GET /player.js HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "401 Unauthorized", NULL, NULL },
    { "guest's page",
      "GET /?key=" FIXTURE_GUEST_KEY
      " HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "200 OK", "=" FIXTURE_GUEST_KEY "; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000\r\n",
      NULL },
    { "key as a token",
      "GET / HTTP/1.1\r\nHost: localhost:%u\r\nVia: 1.1 p\r\nAuthorization: "
      "Bearer " FIXTURE_OPERATOR_KEY "\r\n" END,
      "200 OK", NULL, NULL },
    { "key in the path",
      "GET /key/" FIXTURE_GUEST_KEY
      "/player.js HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "200 OK", "Content-Type: text/javascript", "Set-Cookie" },
    { "key in the path, listed site",
      "GET /key/" FIXTURE_GUEST_KEY
      "/player-element.css HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\nOrigin: "
      "https://site.example.org\r\n" END,
      "200 OK", "Access-Control-Allow-Origin: https://site.example.org\r\n",
      "Policy: same-origin" },
    { "key in the path, another site",
      "GET /key/" FIXTURE_GUEST_KEY "/player.js HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: "
      "for=192.0.2.1\r\nOrigin: http://evil.example.org\r\n" END,
      "403 Forbidden", NULL, "Access-Control-Allow-Origin" },
    { "key in the path, page",
      "GET /key/" FIXTURE_GUEST_KEY
      "/watch/camera HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "200 OK", "src=\"/key/" FIXTURE_GUEST_KEY "/app.js\"", "%BASE%" },
    { "key in the query, page",
      "GET /watch/camera?key=" FIXTURE_GUEST_KEY
      " HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "200 OK", "src=\"/key/" FIXTURE_GUEST_KEY "/app.js\"", "=\"/app.js" },
    { "key in the path, status",
      "GET /key/" FIXTURE_GUEST_KEY
      "/api/status HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "200 OK", "\"viewers\":0", "/dev/video0" },
    { "key in the path, WebSocket",
      "GET /key/" FIXTURE_GUEST_KEY
      "/ws/camera HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "426 Upgrade Required", "problem+json", NULL },
    { "key in the path, relay",
      "GET /key/" FIXTURE_GUEST_KEY
      "/relay HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "426 Upgrade Required", NULL, NULL },
    { "key in the path, encoded",
      "GET /%%6bey/guest%%2dkey-guest-key-gu/player.js HTTP/1.1\r\nHost: "
      "localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "200 OK", NULL, NULL },
    { "key in the path goes before",
      "GET /key/old/player.js?key=" FIXTURE_GUEST_KEY
      " HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "401 Unauthorized", "This link is no longer valid.", NULL },
    { "key in the path once",
      "GET /key/" FIXTURE_GUEST_KEY "/key/" FIXTURE_GUEST_KEY
      "/player.js HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "404 Not Found", NULL, NULL },
    { "wrong key before a right one",
      "GET /key/old/key/" FIXTURE_GUEST_KEY
      "/player.js HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "401 Unauthorized", NULL, NULL },
    { "key in the path, empty",
      "GET /key//player.js HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "401 Unauthorized", "This link is no longer valid.", NULL },
    { "key in the path, nothing after it",
      "GET /key/" FIXTURE_GUEST_KEY
      " HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "401 Unauthorized", "This page needs a link with a key.", NULL },
    { "key in the path, up",
      "GET /key/" FIXTURE_GUEST_KEY
      "/../../player.js HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "401 Unauthorized", NULL, NULL },
    { "key in the path, up, encoded",
      "GET /key/" FIXTURE_GUEST_KEY
      "/%%2e%%2e/player.js HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "401 Unauthorized", NULL, NULL },
    { "key in the path, NUL",
      "GET /key/" FIXTURE_GUEST_KEY
      "%%00/player.js HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: for=192.0.2.1\r\n" END,
      "400 Bad Request", NULL, NULL },
    { "listed site with an old key",
      "GET /key/old/api/status HTTP/1.1\r\nHost: localhost:%u\r\nForwarded: "
      "for=192.0.2.1\r\nOrigin: https://site.example.org\r\n" END,
      "401 Unauthorized", "Access-Control-Allow-Origin: https://site.example.org\r\n", NULL },
    { "WebSocket's address", "GET /ws/camera HTTP/1.1\r\nHost: localhost:%u\r\n" END,
      "426 Upgrade Required", "Upgrade: websocket\r\n", NULL },
    { "relay's address", "GET /relay HTTP/1.1\r\nHost: localhost:%u\r\n" END,
      "426 Upgrade Required", NULL, NULL },
    { "WebSocket of another stream",
      "GET /ws/other HTTP/1.1\r\nHost: localhost:%u\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\n" END,
      "404 Not Found", NULL, NULL },
    { "range", "GET / HTTP/1.1\r\nHost: localhost:%u\r\nRange: bytes=0-1,0-1,0-1\r\n" END, "200 OK",
      NULL, "multipart" },
    { "OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: localhost:%u\r\n" END, "405 Method Not Allowed",
      NULL, NULL },
    { "CONNECT", "CONNECT evil.example.org:80 HTTP/1.1\r\nHost: evil.example.org:80\r\n" END,
      "421 Misdirected Request", NULL, NULL },
    { "nonsense", "nonsense\r\n\r\n", "400 Bad Request",
      "The first line of a request is METHOD ADDRESS HTTP/1.1", NULL },
};

static char *
with_port(HttpFixture *fixture, const char *text)
{
    g_autofree char *port = g_strdup_printf("%u", fixture->port);
    g_autoptr(GString) out = g_string_new(text);

    g_string_replace(out, "%u", port, 0);
    g_string_replace(out, "%%", "%", 0);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void
test_case(gconstpointer data)
{
    const Case *test = data;
    g_autofree char *request = NULL;
    g_autofree char *answer = NULL;
    g_autofree char *status = g_strconcat("HTTP/1.1 ", test->status, "\r\n", NULL);
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    request = with_port(&fixture, test->request);
    answer = http_fixture_request(&fixture, "127.0.0.1", request);
    g_test_message("%.200s", answer);

    if (strstr(test->request, "HTTP/1.0") != NULL)
        status[7] = '0';
    g_assert_true(g_str_has_prefix(answer, status));
    if (test->contains != NULL)
        g_assert_nonnull(strstr(answer, test->contains));
    if (test->lacks != NULL)
        g_assert_null(strstr(answer, test->lacks));
    http_fixture_stop(&fixture);
}

static char *
header_of(const char *answer, const char *name)
{
    g_autofree char *prefix = g_strdup_printf("\r\n%s: ", name);
    const char *start = strstr(answer, prefix);

    g_assert_nonnull(start);
    start += strlen(prefix);
    return g_strndup(start, (gsize)(strstr(start, "\r\n") - start));
}

static void
test_etag(void)
{
    g_autofree char *get = NULL, *head = NULL, *again = NULL, *etag = NULL, *request = NULL;
    g_autofree char *length = NULL;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    get = http_fixture_request(&fixture, "127.0.0.1",
                               "GET /player.js HTTP/1.1\r\nHost: localhost\r\n" END);
    etag = header_of(get, "ETag");
    length = header_of(get, "Content-Length");
    g_assert_cmpstr(strstr(get, "Cache-Control: no-cache\r\n"), !=, NULL);
    g_assert_cmpuint(strlen(strstr(get, "\r\n\r\n") + 4), ==, g_ascii_strtoull(length, NULL, 10));

    request = g_strdup_printf("GET /player.js HTTP/1.1\r\nHost: localhost\r\n"
                              "If-None-Match: \"x\", W/%s\r\n" END,
                              etag);
    again = http_fixture_request(&fixture, "127.0.0.1", request);
    g_assert_true(g_str_has_prefix(again, "HTTP/1.1 304 Not Modified\r\n"));
    g_assert_cmpstr(strstr(again, "\r\n\r\n"), ==, "\r\n\r\n");
    g_assert_null(strstr(again, "Content-Length: 0"));

    head = http_fixture_request(&fixture, "127.0.0.1",
                                "HEAD /player.js HTTP/1.1\r\nHost: localhost\r\n" END);
    g_assert_true(g_str_has_prefix(head, "HTTP/1.1 200 OK\r\n"));
    g_assert_cmpstr(strstr(head, "\r\n\r\n"), ==, "\r\n\r\n");
    g_assert_nonnull(strstr(head, length));
    http_fixture_stop(&fixture);
}

/* One request a connection, and it says so. */
static void
test_one_request(void)
{
    g_autofree char *answer = NULL, *connection = NULL;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    answer =
        http_fixture_request(&fixture, "127.0.0.1", "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    connection = header_of(answer, "Connection");
    g_assert_cmpstr(connection, ==, "close");
    http_fixture_stop(&fixture);
}

static void
test_body(void)
{
    const gsize SIZES[] = { 65537, 512 * 1024, 8 * 1024 * 1024 };
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        g_autoptr(GSocket) socket = http_fixture_connect(&fixture, "127.0.0.1");
        g_autofree char *head = g_strdup_printf(
            "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
            SIZES[i]);
        g_autofree char *body = g_malloc0(SIZES[i]);
        g_autofree char *answer = NULL;

        http_fixture_send(socket, head, -1);
        http_fixture_send(socket, body, (gssize)SIZES[i]);
        answer = http_fixture_receive_until_end(socket);
        /* The largest is cut off: nobody reads megabytes for the sake of an answer. */
        if (SIZES[i] < 1024 * 1024)
            g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 413 "));
    }
    http_fixture_stop(&fixture);
}

static void
test_chunked_body(void)
{
    HttpFixture fixture;
    g_autoptr(GSocket) socket = NULL;
    g_autofree char *answer = NULL;
    g_autofree char *chunk = g_strnfill(4096, 'x');

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    socket = http_fixture_connect(&fixture, "127.0.0.1");
    http_fixture_send(
        socket, "GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", -1);
    for (guint i = 0; i < 20; i++) {
        http_fixture_send(socket, "1000\r\n", -1);
        http_fixture_send(socket, chunk, 4096);
        http_fixture_send(socket, "\r\n", -1);
    }
    http_fixture_send(socket, "0\r\n\r\n", -1);
    answer = http_fixture_receive_until_end(socket);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 413 "));
    g_clear_object(&socket);
    http_fixture_stop(&fixture);
}

/* The cookie that a page sets lets in what the page asks for. */
static void
test_cookie(void)
{
    g_autofree char *page = NULL, *cookie = NULL, *request = NULL, *answer = NULL;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    page = http_fixture_request(&fixture, "127.0.0.1",
                                "GET /?key=" FIXTURE_GUEST_KEY
                                " HTTP/1.1\r\nHost: localhost\r\nVia: 1.1 p\r\n" END);
    cookie = header_of(page, "Set-Cookie");
    *strchr(cookie, ';') = '\0';
    request = g_strdup_printf("GET /player.js HTTP/1.1\r\nHost: localhost\r\nVia: 1.1 p\r\n"
                              "Cookie: other=1; %s\r\n" END,
                              cookie);
    answer = http_fixture_request(&fixture, "127.0.0.1", request);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 200 OK\r\n"));
    http_fixture_stop(&fixture);
}

static char *
find_other_address(void)
{
    /* No packet is sent: connecting a datagram socket only chooses a route and with it a source
     * address. */
    g_autoptr(GSocket) socket =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
    g_autoptr(GSocketAddress) far = g_inet_socket_address_new_from_string("198.51.100.1", 9);
    g_autoptr(GSocketAddress) local = NULL;

    if (socket == NULL || !g_socket_connect(socket, far, NULL, NULL))
        return NULL;
    local = g_socket_get_local_address(socket, NULL);
    return g_inet_address_to_string(
        g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(local)));
}

static void
test_other_address(void)
{
    g_autofree char *address = find_other_address();
    g_autofree char *refused = NULL, *let_in = NULL, *local = NULL, *local6 = NULL;
    HttpFixture fixture;

    if (address == NULL) {
        g_test_skip("this machine has no address but loopback");
        return;
    }
    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, NULL, NULL);
    refused = http_fixture_request(&fixture, address, "GET / HTTP/1.1\r\nHost: localhost\r\n" END);
    g_assert_true(g_str_has_prefix(refused, "HTTP/1.1 401 "));
    let_in = http_fixture_request(
        &fixture, address, "GET /?key=" FIXTURE_GUEST_KEY " HTTP/1.1\r\nHost: localhost\r\n" END);
    g_assert_true(g_str_has_prefix(let_in, "HTTP/1.1 200 "));
    /* IPv4 arrives as ::ffff:127.0.0.1 on the socket for every address */
    local =
        http_fixture_request(&fixture, "127.0.0.1", "GET / HTTP/1.1\r\nHost: localhost\r\n" END);
    g_assert_true(g_str_has_prefix(local, "HTTP/1.1 200 "));
    local6 = http_fixture_request(&fixture, "::1", "GET / HTTP/1.1\r\nHost: [::1]\r\n" END);
    g_assert_true(g_str_has_prefix(local6, "HTTP/1.1 200 "));
    http_fixture_stop(&fixture);
}

static void
test_web_dir(void)
{
    g_autofree char *dir = g_dir_make_tmp("sightline-web-XXXXXX", NULL);
    g_autofree char *index = g_build_filename(dir, "index.html", NULL);
    g_autofree char *link = g_build_filename(dir, "link.txt", NULL);
    g_autofree char *folder = g_build_filename(dir, "folder.js", NULL);
    g_autofree char *first = NULL, *second = NULL, *linked = NULL, *folded = NULL;
    HttpFixture fixture;

    g_assert_true(g_file_set_contents(index, "<p>%STREAM% one %STREAM%", -1, NULL));
    g_assert_cmpint(symlink("/etc/passwd", link), ==, 0);
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", dir);
    first =
        http_fixture_request(&fixture, "127.0.0.1", "GET / HTTP/1.1\r\nHost: localhost\r\n" END);
    g_assert_nonnull(strstr(first, "<p>camera one camera"));
    g_assert_true(g_file_set_contents(index, "two", -1, NULL));
    second =
        http_fixture_request(&fixture, "127.0.0.1", "GET / HTTP/1.1\r\nHost: localhost\r\n" END);
    g_assert_nonnull(strstr(second, "two"));
    linked = http_fixture_request(&fixture, "127.0.0.1",
                                  "GET /link.txt HTTP/1.1\r\nHost: localhost\r\n" END);
    g_assert_true(g_str_has_prefix(linked, "HTTP/1.1 404 "));
    folded = http_fixture_request(&fixture, "127.0.0.1",
                                  "GET /folder.js HTTP/1.1\r\nHost: localhost\r\n" END);
    g_assert_true(g_str_has_prefix(folded, "HTTP/1.1 404 "));
    http_fixture_stop(&fixture);
    g_unlink(index);
    g_unlink(link);
    g_rmdir(folder);
    g_rmdir(dir);
}

static void
test_in_use(void)
{
    g_autoptr(GSocketListener) other = g_socket_listener_new();
    guint16 port = g_socket_listener_add_any_inet_port(other, NULL, NULL);
    const char *const ADDRESSES[] = { "127.0.0.1", "::1", NULL };
    const char *const SHOWN[] = { "127.0.0.1", "[::1]", "" };
    HttpFixture fixture;

    for (guint i = 0; i < G_N_ELEMENTS(ADDRESSES); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *message =
            g_strdup_printf("Port %u is in use; try --listen %s:%u", port, SHOWN[i], port + 1);
        g_autoptr(SlAccess) access = sl_access_new(&(SlAccessConfig){ 0 });
        g_autoptr(SlIce) ice = sl_ice_new(NULL);
        g_autoptr(GPtrArray) namespaces = g_ptr_array_new();
        g_autoptr(SlHttpServer) server = NULL;

        http_fixture_prepare(&fixture);
        fixture.relay = sl_relay_new(NULL, &fixture.limits, namespaces);
        fixture.store =
            sl_object_store_new(g_main_context_default(), &fixture.limits, NULL, &error);
        g_assert_no_error(error);
        fixture.exchange =
            sl_object_exchange_new(g_main_context_default(), &fixture.limits, fixture.store);
        fixture.pool =
            sl_session_pool_new(NULL, ice, fixture.relay, fixture.exchange, &fixture.limits);
        server = sl_http_server_new(&(SlHttpServerConfig){ .access = access,
                                                           .pool = fixture.pool,
                                                           .relay = fixture.relay,
                                                           .ice = ice,
                                                           .store = fixture.store,
                                                           .exchange = fixture.exchange,
                                                           .limits = &fixture.limits });
        g_assert_false(sl_http_server_listen(server, ADDRESSES[i], port, &error));
        g_assert_error(error, SL_HTTP_ERROR, SL_HTTP_ERROR_LISTEN);
        g_assert_cmpstr(error->message, ==, message);
        g_clear_object(&fixture.exchange);
        g_clear_object(&fixture.store);
        g_clear_object(&fixture.pool);
        g_clear_object(&fixture.relay);
    }
}

/* More than may be open, of people who say nothing. */
static void
test_many_connections(void)
{
    g_autoptr(GPtrArray) sockets = g_ptr_array_new_with_free_func(g_object_unref);
    g_autofree char *newcomer = NULL, *waiting = NULL, *oldest = NULL;
    struct rlimit limit;
    HttpFixture fixture;

    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    limit.rlim_cur = limit.rlim_max;
    if (limit.rlim_max < 2200 || setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        g_test_skip("this user may not have 2,200 descriptors");
        return;
    }

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    for (guint i = 0; i < 1024; i++) {
        g_ptr_array_add(sockets, http_fixture_connect(&fixture, "127.0.0.1"));
        while (g_main_context_iteration(NULL, FALSE))
            ;
    }
    g_assert_cmpuint(http_fixture_count_fds(), <=, fixture.n_fds + 1024 + 512 + 8);
    newcomer =
        http_fixture_request(&fixture, "127.0.0.1", "HEAD / HTTP/1.1\r\nHost: localhost\r\n" END);
    g_assert_true(g_str_has_prefix(newcomer, "HTTP/1.1 200 "));
    http_fixture_send(sockets->pdata[1000], "HEAD / HTTP/1.1\r\nHost: localhost\r\n" END, -1);
    waiting = http_fixture_receive_until_end(sockets->pdata[1000]);
    g_assert_true(g_str_has_prefix(waiting, "HTTP/1.1 200 "));
    oldest = http_fixture_receive_until_end(sockets->pdata[0]);
    g_assert_cmpstr(oldest, ==, "");
    g_ptr_array_set_size(sockets, 0);
    http_fixture_stop(&fixture);
}

/* Somebody in the middle of a request does not hold up the end. */
static void
test_close(void)
{
    g_autoptr(GSocket) socket = NULL;
    g_autofree char *rest = NULL;
    gint64 start;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    socket = http_fixture_connect(&fixture, "127.0.0.1");
    http_fixture_send(socket, "GET / HTT", -1);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    start = g_get_monotonic_time();
    sl_http_server_close(fixture.server);
    sl_http_server_close(fixture.server);
    rest = http_fixture_receive_until_end(socket);
    g_assert_cmpint(g_get_monotonic_time() - start, <, 5 * G_USEC_PER_SEC);
    g_clear_object(&socket);
    http_fixture_stop(&fixture);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *path = g_strconcat("/http/pages/", CASES[i].name, NULL);
        g_test_add_data_func(path, &CASES[i], test_case);
    }
    g_test_add_func("/http/etag", test_etag);
    g_test_add_func("/http/one-request", test_one_request);
    g_test_add_func("/http/body", test_body);
    g_test_add_func("/http/chunked-body", test_chunked_body);
    g_test_add_func("/http/cookie", test_cookie);
    g_test_add_func("/http/other-address", test_other_address);
    g_test_add_func("/http/web-dir", test_web_dir);
    g_test_add_func("/http/in-use", test_in_use);
    g_test_add_func("/http/many-connections", test_many_connections);
    g_test_add_func("/http/close", test_close);
    return g_test_run();
}
