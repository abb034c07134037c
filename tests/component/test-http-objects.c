#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http-fixture.h"
#include "sl-census.h"

/* Objects by GET, HEAD and PUT: every answer, and who is slow, stops or leaves. */

#define HERE "Hello, this is an object.\n"
#define END "\r\n\r\n"
#define MIB (1024 * 1024)
#define QUIET_MS 500
#define N_MOVES 12

static char *
hash_of(const void *data, gsize len)
{
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, len);
}

/* Bytes that differ everywhere. */
static char *
make_bytes(gsize len)
{
    GRand *rand = g_rand_new_with_seed(7);
    guint32 *words = g_new(guint32, len / 4 + 1);

    for (gsize i = 0; i < len / 4 + 1; i++)
        words[i] = g_rand_int(rand);
    g_rand_free(rand);
    return (char *)words;
}

static char *
put_head(const char *hash, gsize len, const char *more)
{
    return g_strdup_printf("PUT /objects/%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                           "%" G_GSIZE_FORMAT "\r\n%s\r\n",
                           hash, len, more);
}

static char *
get_head(const char *hash)
{
    return g_strdup_printf("GET /objects/%s HTTP/1.1\r\nHost: localhost" END, hash);
}

static void
start(HttpFixture *fixture)
{
    http_fixture_start(fixture, "127.0.0.1", NULL);
}

static void
stop(HttpFixture *fixture)
{
    SlObjectFigures figures = sl_object_store_get_figures(fixture->store);

    g_assert_cmpuint(figures.partials, ==, 0);
    http_fixture_stop(fixture);
    g_assert_cmpuint(sl_census_get("SlObjectUpload"), ==, 0);
    g_assert_cmpuint(sl_census_get("SlObjectDownload"), ==, 0);
    WAIT_UNTIL(sl_census_get("SlObject") == 0 && sl_census_get("SlObjectWriter") == 0);
}

static void
assert_status(const char *answer, const char *status)
{
    g_autofree char *line = g_strdup_printf("HTTP/1.1 %s\r\n", status);

    if (!g_str_has_prefix(answer, line))
        g_error("expected %s, found %s", status, answer);
}

/* Returns: its hash */
static char *
put(HttpFixture *fixture, const char *data, gsize len)
{
    char *hash = hash_of(data, len);
    g_autofree char *head = put_head(hash, len, "");
    g_autoptr(GSocket) socket = http_fixture_connect(fixture, "127.0.0.1");
    g_autofree char *answer = NULL;

    http_fixture_send(socket, head, -1);
    http_fixture_send(socket, data, (gssize)len);
    answer = http_fixture_receive_until_end(socket);
    assert_status(answer, "201 Created");
    return hash;
}

/* --- every answer --- */

typedef struct {
    const char *name;
    const char *request; /* HASH: of what is there; NONE: of what is not; NEW: of "new" */
    const char *status;
    const char *has; /* nullable */
    const char *lacks;
} Row;

#define R(method, path, headers) method " " path " HTTP/1.1\r\nHost: localhost\r\n" headers "\r\n"

static const Row ROWS[] = {
    { "whole", R("GET", "/objects/HASH", ""), "200 OK", "Content-Length: 26\r\n", "Content-Range" },
    { "its bytes", R("GET", "/objects/HASH", ""), "200 OK", END HERE, NULL },
    { "its type", R("GET", "/objects/HASH", ""), "200 OK",
      "Content-Type: application/octet-stream\r\n", NULL },
    { "no page of ours", R("GET", "/objects/HASH", ""), "200 OK",
      "Content-Security-Policy: sandbox; default-src 'none'\r\n", "script-src" },
    { "no guess", R("GET", "/objects/HASH", ""), "200 OK", "X-Content-Type-Options: nosniff\r\n",
      NULL },
    { "of this site", R("GET", "/objects/HASH", ""), "200 OK",
      "Cross-Origin-Resource-Policy: same-origin\r\n", NULL },
    { "for a listed site", R("GET", "/objects/HASH", "Origin: https://site.example.org\r\n"),
      "200 OK", "Access-Control-Allow-Origin: https://site.example.org\r\n", "same-origin" },
    { "another site", R("GET", "/objects/HASH", "Origin: https://evil.example.org\r\n"),
      "403 Forbidden", NULL, HERE },
    { "for good", R("GET", "/objects/HASH", ""), "200 OK",
      "Cache-Control: private, max-age=31536000, immutable\r\n", "no-store" },
    { "no name", R("GET", "/objects/HASH", ""), "200 OK", "Content-Disposition: attachment\r\n",
      "filename" },
    { "a name", R("GET", "/objects/HASH?name=Gr%C3%BC%C3%9Fe+1.html", ""), "200 OK",
      "attachment; filename=\"Gr__e 1.html\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%201.html\r\n",
      "text/html" },
    { "a name with a line break", R("GET", "/objects/HASH?name=a%0D%0ASet-Cookie:%20b", ""),
      "200 OK", "filename=\"aSet-Cookie_ b\"\r\n", "\nSet-Cookie" },
    { "a name that is a path", R("GET", "/objects/HASH?name=..%2F..%2Fetc%2Fpasswd", ""), "200 OK",
      "filename=\"_.._etc_passwd\"\r\n", NULL },
    { "a name that is no text", R("GET", "/objects/HASH?name=%FF%00", ""), "200 OK",
      "attachment\r\n", NULL },
    { "head", R("HEAD", "/objects/HASH", ""), "200 OK", "Content-Length: 26\r\n", HERE },
    { "head of a part", R("HEAD", "/objects/HASH", "Range: bytes=0-4\r\n"), "206 Partial Content",
      "Content-Length: 5\r\n", "Hello" },
    { "a part", R("GET", "/objects/HASH", "Range: bytes=7-10\r\n"), "206 Partial Content",
      "Content-Range: bytes 7-10/26\r\n", "Hello" },
    { "its end", R("GET", "/objects/HASH", "Range: bytes=-8\r\n"), "206 Partial Content",
      END "object.\n", "Hello" },
    { "from there on", R("GET", "/objects/HASH", "Range: bytes=7-\r\n"), "206 Partial Content",
      END "this is an object.\n", "Hello" },
    { "beyond", R("GET", "/objects/HASH", "Range: bytes=26-\r\n"),
      "416 Requested Range Not Satisfiable", "Content-Range: bytes */26\r\n", HERE },
    { "several parts", R("GET", "/objects/HASH", "Range: bytes=0-1,3-4\r\n"), "200 OK", END HERE,
      "multipart" },
    { "parts of something", R("GET", "/objects/HASH", "Range: lines=1-2\r\n"), "200 OK", END HERE,
      NULL },
    { "a part if it is this",
      R("GET", "/objects/HASH", "Range: bytes=0-4\r\nIf-Range: \"HASH\"\r\n"),
      "206 Partial Content", END "Hello", NULL },
    { "a part if it is another",
      R("GET", "/objects/HASH", "Range: bytes=0-4\r\nIf-Range: \"NONE\"\r\n"), "200 OK", END HERE,
      NULL },
    { "a part if it is of a time",
      R("GET", "/objects/HASH", "Range: bytes=0-4\r\nIf-Range: Sat, 21 Nov 2026 00:00:00 GMT\r\n"),
      "200 OK", END HERE, NULL },
    { "known", R("GET", "/objects/HASH", "If-None-Match: \"HASH\"\r\n"), "304 Not Modified",
      "ETag: \"HASH\"\r\n", HERE },
    { "another is known", R("GET", "/objects/HASH", "If-None-Match: \"NONE\"\r\n"), "200 OK", HERE,
      NULL },
    { "known, and not here", R("GET", "/objects/NONE", "If-None-Match: \"NONE\"\r\n"),
      "404 Not Found", NULL, NULL },
    { "not here", R("GET", "/objects/NONE", ""), "404 Not Found",
      "Content-Type: application/problem+json\r\n", NULL },
    { "not here, in a browser", R("GET", "/objects/NONE", "Accept: text/html,*/*\r\n"),
      "404 Not Found", "Content-Type: text/html; charset=utf-8\r\n", NULL },
    { "no hash", R("GET", "/objects/x", ""), "404 Not Found", NULL, NULL },
    { "no hash at all", R("GET", "/objects/", ""), "404 Not Found", NULL, NULL },
    { "another path", R("GET", "/objects/HASH/", ""), "404 Not Found", NULL, HERE },
    { "a method", R("DELETE", "/objects/HASH", ""), "405 Method Not Allowed",
      "Allow: GET, HEAD, PUT\r\n", NULL },
    { "no key", R("GET", "/objects/HASH", "Via: 1.1 proxy\r\n"), "401 Unauthorized", NULL, HERE },
    { "a guest",
      "GET /key/" FIXTURE_GUEST_KEY "/objects/HASH HTTP/1.1\r\nHost: localhost\r\nVia: 1.1 p" END,
      "200 OK", END HERE, NULL },

    { "put", R("PUT", "/objects/NEW", "Content-Length: 3\r\n") "new", "201 Created",
      "ETag: \"NEW\"\r\n", NULL },
    { "put by a guest",
      "PUT /key/" FIXTURE_GUEST_KEY "/objects/NEW HTTP/1.1\r\nHost: localhost\r\nVia: 1.1 p\r\n"
      "Content-Length: 3" END "new",
      "201 Created", NULL, NULL },
    { "put without a key", R("PUT", "/objects/NEW", "Via: 1.1 p\r\nContent-Length: 3\r\n") "new",
      "401 Unauthorized", NULL, NULL },
    { "put by another site",
      R("PUT", "/objects/NEW", "Origin: https://evil.example.org\r\nContent-Length: 3\r\n") "new",
      "403 Forbidden", NULL, NULL },
    { "put again", R("PUT", "/objects/HASH", "Content-Length: 26\r\n") HERE, "200 OK",
      "ETag: \"HASH\"\r\n", NULL },
    { "put what it is not", R("PUT", "/objects/NEW", "Content-Length: 3\r\n") "old",
      "422 Unprocessable Entity", NULL, NULL },
    { "put another size", R("PUT", "/objects/HASH", "Content-Length: 3\r\n") "new",
      "422 Unprocessable Entity", "has another size", NULL },
    { "put no hash", R("PUT", "/objects/x", "Content-Length: 3\r\n") "new", "400 Bad Request",
      "64 digits", NULL },
    { "put a hash in capitals",
      R("PUT", "/objects/ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789",
        "Content-Length: 3\r\n") "new",
      "400 Bad Request", "64 digits", NULL },
    { "put of no length", R("PUT", "/objects/NEW", "Transfer-Encoding: chunked\r\n") "0" END,
      "411 Length Required", "Content-Length", NULL },
    { "put a part",
      R("PUT", "/objects/NEW", "Content-Range: bytes 0-2/9\r\nContent-Length: 3\r\n") "new",
      "400 Bad Request", "whole", NULL },
    { "put something packed",
      R("PUT", "/objects/NEW", "Content-Encoding: gzip\r\nContent-Length: 3\r\n") "new",
      "400 Bad Request", "whole", NULL },
    { "put too much",
      R("PUT", "/objects/NEW", "Expect: 100-continue\r\nContent-Length: 999999999999999999\r\n"),
      "413 Request Entity Too Large", "An object may have 2097152 bytes.", NULL },
    { "put nothing",
      R("PUT", "/objects/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "Content-Length: 0\r\n"),
      "201 Created", NULL, NULL },
    { "asked first, and here",
      R("PUT", "/objects/HASH", "Expect: 100-continue\r\nContent-Length: 26\r\n"), "200 OK", NULL,
      "100 Continue" },

    { "figures", R("GET", "/api/objects", ""), "200 OK",
      "{\"objects\":1,\"bytes\":26,\"pinned\":0,", NULL },
    { "list", R("GET", "/api/objects", ""), "200 OK",
      "\"list\":[{\"hash\":\"HASH\",\"size\":26,\"pinned\":false,", NULL },
    { "figures for a guest",
      "GET /key/" FIXTURE_GUEST_KEY "/api/objects HTTP/1.1\r\nHost: localhost\r\nVia: 1.1 p" END,
      "403 Forbidden", "Only the operator's key", "HASH" },
    { "pin",
      R("PUT", "/api/objects/HASH",
        "Content-Type: application/json\r\nContent-Length: 15\r\n") "{\"pinned\":true}",
      "204 No Content", NULL, NULL },
    { "pin what is not here",
      R("PUT", "/api/objects/NONE",
        "Content-Type: application/json\r\nContent-Length: 15\r\n") "{\"pinned\":true}",
      "404 Not Found", NULL, NULL },
    { "pin by a number",
      R("PUT", "/api/objects/HASH",
        "Content-Type: application/json\r\nContent-Length: 12\r\n") "{\"pinned\":1}",
      "400 Bad Request", "Expected {\\\"pinned\\\": true or false}.", NULL },
    { "pin, and more",
      R("PUT", "/api/objects/HASH",
        "Content-Type: application/json\r\nContent-Length: 21\r\n") "{\"pinned\":true,\"a\":1}",
      "400 Bad Request", NULL, NULL },
    { "remove", R("DELETE", "/api/objects/HASH", ""), "204 No Content", NULL, NULL },
    { "remove what is not here", R("DELETE", "/api/objects/NONE", ""), "404 Not Found", NULL,
      NULL },
    { "remove by a guest",
      "DELETE /key/" FIXTURE_GUEST_KEY
      "/api/objects/HASH HTTP/1.1\r\nHost: localhost\r\nVia: 1.1 p" END,
      "403 Forbidden", NULL, NULL },
    { "get one from the API", R("GET", "/api/objects/HASH", ""), "405 Method Not Allowed",
      "Allow: PUT, DELETE\r\n", HERE },
    { "totals", R("GET", "/api/status", ""), "200 OK", "\"objects\":{\"objects\":1,\"bytes\":26,",
      NULL },
};

static char *
fill_in(const char *text)
{
    g_autofree char *here = hash_of(HERE, strlen(HERE));
    g_autofree char *new_ = hash_of("new", 3);
    g_autofree char *none = hash_of("none", 4);
    GString *filled = g_string_new(text);

    g_string_replace(filled, "HASH", here, 0);
    g_string_replace(filled, "NEW", new_, 0);
    g_string_replace(filled, "NONE", none, 0);
    return g_string_free(filled, FALSE);
}

static void
test_row(gconstpointer data)
{
    const Row *row = data;
    g_autofree char *request = fill_in(row->request);
    g_autofree char *has = fill_in(row->has != NULL ? row->has : "");
    g_autofree char *hash = NULL, *answer = NULL;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    fixture.limits.max_object_mib = 2;
    start(&fixture);
    hash = put(&fixture, HERE, strlen(HERE));
    answer = http_fixture_request(&fixture, "127.0.0.1", request);
    assert_status(answer, row->status);
    if (strstr(answer, has) == NULL)
        g_error("expected '%s' in %s", has, answer);
    if (row->lacks != NULL && strstr(answer, row->lacks) != NULL)
        g_error("expected no '%s' in %s", row->lacks, answer);
    stop(&fixture);
}

/* --- large ones, in memory and in a folder --- */

static void
test_large(gconstpointer in_folder)
{
    gsize len = 5 * MIB + 12345;
    g_autofree char *bytes = make_bytes(len);
    g_autofree char *hash = NULL, *head = NULL;
    g_autofree char *folder = g_dir_make_tmp("sightline-objects-XXXXXX", NULL);
    g_autofree char *cache = g_build_filename(folder, "cache", NULL);
    g_autofree char *command = g_strdup_printf("rm -r '%s'", folder);
    g_autoptr(GSocket) socket = NULL;
    g_autoptr(GByteArray) all = g_byte_array_new();
    HttpFixture fixture;
    const char *body;

    http_fixture_prepare(&fixture);
    if (in_folder != NULL)
        fixture.cache_dir = g_strdup(cache);
    start(&fixture);
    hash = put(&fixture, bytes, len);
    head = get_head(hash);
    socket = http_fixture_connect(&fixture, "127.0.0.1");
    http_fixture_send(socket, head, -1);
    while (TRUE) {
        guint8 buffer[65536];
        gssize n;

        WAIT_UNTIL(g_socket_condition_check(socket, G_IO_IN) != 0);
        n = g_socket_receive(socket, (char *)buffer, sizeof(buffer), NULL, NULL);
        if (n <= 0)
            break;
        g_byte_array_append(all, buffer, (guint)n);
    }
    body = g_strstr_len((const char *)all->data, 2048, END);
    g_assert_nonnull(body);
    body += strlen(END);
    g_assert_cmpuint((gsize)((const char *)all->data + all->len - body), ==, len);
    g_assert_cmpint(memcmp(body, bytes, len), ==, 0);
    g_assert_cmpuint(sl_object_store_get_figures(fixture.store).served_bytes, ==, len);
    g_clear_object(&socket);
    stop(&fixture);
    g_assert_cmpint(system(command), ==, 0);
}

/* Who asks first sends nothing in vain. */
static void
test_expect(void)
{
    g_autofree char *hash = hash_of("new", 3);
    g_autofree char *head = put_head(hash, 3, "Expect: 100-continue\r\n");
    g_autofree char *answer = NULL;
    g_autoptr(GSocket) socket = NULL;
    const char *final;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    start(&fixture);
    socket = http_fixture_connect(&fixture, "127.0.0.1");
    http_fixture_send(socket, head, -1);
    http_fixture_expect(socket, "HTTP/1.1 100 Continue\r\n");
    http_fixture_send(socket, "new", 3);
    answer = http_fixture_receive_until_end(socket);
    final = strstr(answer, "\r\n\r\nHTTP/1.1 201 Created\r\n");
    g_assert_nonnull(final);
    g_assert_nonnull(strstr(final, "\r\nConnection: close\r\n"));
    g_assert_nonnull(strstr(final, "\r\nX-Content-Type-Options: nosniff\r\n"));
    g_clear_object(&socket);
    stop(&fixture);
}

/* What is there already and is sent all the same is read to its end, however large. */
static void
test_again(void)
{
    gsize len = 4 * MIB;
    g_autofree char *bytes = make_bytes(len);
    g_autofree char *hash = NULL, *head = NULL, *answer = NULL;
    g_autoptr(GSocket) socket = NULL;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    start(&fixture);
    hash = put(&fixture, bytes, len);
    head = put_head(hash, len, "");
    socket = http_fixture_connect(&fixture, "127.0.0.1");
    http_fixture_send(socket, head, -1);
    http_fixture_send(socket, bytes, (gssize)len);
    answer = http_fixture_receive_until_end(socket);
    assert_status(answer, "200 OK");
    g_assert_cmpuint(sl_object_store_get_figures(fixture.store).saved_bytes, ==, len);
    g_clear_object(&socket);
    stop(&fixture);
}

/* --- who is slow, stops or leaves --- */

static gboolean
wake_up(gpointer ret_is_over)
{
    *(gboolean *)ret_is_over = TRUE;
    return G_SOURCE_REMOVE;
}

static void
let_pass(guint ms)
{
    gboolean is_over = FALSE;

    g_timeout_add(ms, wake_up, &is_over);
    while (!is_over)
        g_main_context_iteration(NULL, TRUE);
}

/* It takes longer than a request may otherwise, and than an answer may. */
static void
test_slow_writer(void)
{
    g_autofree char *bytes = make_bytes(N_MOVES);
    g_autofree char *hash = hash_of(bytes, N_MOVES);
    g_autofree char *head = put_head(hash, N_MOVES, "");
    g_autofree char *other = NULL, *answer = NULL;
    g_autoptr(GSocket) socket = NULL;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    fixture.limits.request_timeout_ms = 8 * QUIET_MS;
    fixture.limits.answer_timeout_ms = 8 * QUIET_MS;
    start(&fixture);
    socket = http_fixture_connect(&fixture, "127.0.0.1");
    http_fixture_send(socket, head, -1);
    for (guint i = 0; i < N_MOVES; i++) {
        http_fixture_send(socket, bytes + i, 1);
        let_pass(QUIET_MS);
    }
    answer = http_fixture_receive_until_end(socket);
    assert_status(answer, "201 Created");
    other = put(&fixture, HERE, strlen(HERE));
    g_clear_object(&socket);
    stop(&fixture);
}

static void
test_stalled_writer(void)
{
    g_autofree char *hash = hash_of("new", 3);
    g_autofree char *head = put_head(hash, 3, "");
    g_autofree char *answer = NULL;
    g_autoptr(GSocket) socket = NULL;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    fixture.limits.request_timeout_ms = 6 * QUIET_MS;
    fixture.limits.answer_timeout_ms = QUIET_MS;
    start(&fixture);
    socket = http_fixture_connect(&fixture, "127.0.0.1");
    http_fixture_send(socket, head, -1);
    http_fixture_send(socket, "ne", 2);
    WAIT_UNTIL(sl_object_store_get_figures(fixture.store).partials == 1);
    answer = http_fixture_receive_until_end(socket);
    g_assert_cmpstr(answer, ==, "");
    WAIT_UNTIL(sl_object_store_get_figures(fixture.store).partials == 0);
    g_assert_cmpuint(sl_meters_get_refused(fixture.meters, SL_LIMIT(request_timeout_ms)) +
                         sl_meters_get_refused(fixture.meters, SL_LIMIT(answer_timeout_ms)),
                     ==, 1);
    g_clear_object(&socket);
    stop(&fixture);
}

static void
test_leaving_writer(void)
{
    g_autofree char *bytes = make_bytes(MIB);
    g_autofree char *hash = hash_of(bytes, MIB);
    g_autofree char *head = put_head(hash, MIB, "");
    g_autoptr(GSocket) socket = NULL;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    start(&fixture);
    socket = http_fixture_connect(&fixture, "127.0.0.1");
    http_fixture_send(socket, head, -1);
    http_fixture_send(socket, bytes, MIB / 2);
    WAIT_UNTIL(sl_object_store_get_figures(fixture.store).partial_bytes > 0);
    g_clear_object(&socket);
    WAIT_UNTIL(sl_object_store_get_figures(fixture.store).partials == 0);
    stop(&fixture);
}

/* Reads until there are @wanted bytes; a little at a time. */
static void
read_some(GSocket *socket, gsize wanted)
{
    char buffer[16 * 1024];

    while (wanted > 0) {
        gssize n;

        WAIT_UNTIL((g_socket_condition_check(socket, G_IO_IN) & G_IO_IN) != 0);
        n = g_socket_receive(socket, buffer, MIN(wanted, sizeof(buffer)), NULL, NULL);
        g_assert_cmpint(n, >, 0);
        wanted -= (gsize)n;
    }
}

static GSocket *
begin_get(HttpFixture *fixture, const char *hash)
{
    g_autofree char *head = get_head(hash);
    GSocket *socket = http_fixture_connect(fixture, "127.0.0.1");

    g_socket_set_option(socket, SOL_SOCKET, SO_RCVBUF, 16 * 1024, NULL);
    http_fixture_send(socket, head, -1);
    return socket;
}

static gsize
get_heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

/* One does not read, one reads slowly: for both no more is read than the system takes, and a
 * third has all of it meanwhile. */
static void
test_slow_readers(void)
{
    gsize len = 16 * MIB;
    g_autofree char *bytes = make_bytes(len);
    g_autofree char *hash = NULL, *head = NULL, *answer = NULL;
    g_autofree char *folder = g_dir_make_tmp("sightline-objects-XXXXXX", NULL);
    g_autofree char *command = g_strdup_printf("rm -r '%s'", folder);
    gsize heap;
    g_autoptr(GSocket) stalled = NULL;
    g_autoptr(GSocket) slow = NULL;
    SlObjectFigures figures;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    fixture.limits.answer_timeout_ms = 8 * QUIET_MS;
    fixture.cache_dir = g_strdup(folder);
    start(&fixture);
    hash = put(&fixture, bytes, len);
    heap = get_heap_bytes();
    stalled = begin_get(&fixture, hash);
    slow = begin_get(&fixture, hash);
    head = get_head(hash);
    answer = http_fixture_request(&fixture, "127.0.0.1", head);
    assert_status(answer, "200 OK");
    g_clear_pointer(&answer, g_free);
    g_assert_cmpuint(get_heap_bytes(), <, heap + 4 * MIB);
    figures = sl_object_store_get_figures(fixture.store);
    g_assert_cmpuint(figures.served_bytes, >=, len);
    g_assert_cmpuint(figures.served_bytes, <, len + 2 * len / 3);
    /* The first of them goes, with what it had got; the other has time. */
    for (guint i = 0; i < N_MOVES || sl_census_get("SlObjectDownload") > 1; i++) {
        g_assert_cmpuint(i, <, 4 * N_MOVES);
        read_some(slow, 128 * 1024);
        let_pass(QUIET_MS);
    }
    g_assert_cmpuint(sl_census_get("SlObjectDownload"), ==, 1);
    WAIT_UNTIL(sl_meters_get_refused(fixture.meters, SL_LIMIT(answer_timeout_ms)) == 1);
    read_some(slow, 4 * MIB);
    g_clear_object(&slow);
    g_clear_object(&stalled);
    WAIT_UNTIL(sl_census_get("SlObjectDownload") == 0);
    stop(&fixture);
    g_assert_cmpint(system(command), ==, 0);
}

/* A file that was cut while somebody reads it: he sees that it is not all. */
static void
test_damaged(void)
{
    gsize len = 16 * MIB;
    g_autofree char *bytes = make_bytes(len);
    g_autofree char *hash = NULL, *answer = NULL;
    g_autofree char *folder = g_dir_make_tmp("sightline-objects-XXXXXX", NULL);
    g_autofree char *cut =
        g_strdup_printf("find '%s' -type f -size +1M -exec truncate -s 1M {} +", folder);
    g_autofree char *command = g_strdup_printf("rm -r '%s'", folder);
    g_autoptr(GSocket) socket = NULL;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    fixture.cache_dir = g_strdup(folder);
    start(&fixture);
    hash = put(&fixture, bytes, len);
    socket = begin_get(&fixture, hash);
    read_some(socket, 4096);
    g_assert_cmpint(system(cut), ==, 0);
    answer = http_fixture_receive_until_end(socket);
    WAIT_UNTIL(sl_census_get("SlObjectDownload") == 0);
    g_assert_cmpuint(sl_object_store_get_figures(fixture.store).served_bytes, <, len);
    g_clear_object(&socket);
    stop(&fixture);
    g_assert_cmpint(system(command), ==, 0);
}

/* --- as much as one may --- */

static void
test_at_once(void)
{
    gsize len = 16 * MIB;
    g_autofree char *bytes = make_bytes(len);
    g_autofree char *hash = NULL, *head = NULL, *refused = NULL, *let_in = NULL;
    g_autoptr(GSocket) first = NULL;
    g_autoptr(GSocket) second = NULL;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    fixture.limits.max_gets = 1;
    start(&fixture);
    hash = put(&fixture, bytes, len);
    head = get_head(hash);
    /* From another address than the server's own: those are not counted. */
    first = http_fixture_connect_from(&fixture, "127.0.0.2", "127.0.0.1");
    http_fixture_send(first, head, -1);
    read_some(first, 4096);
    second = http_fixture_connect_from(&fixture, "127.0.0.2", "127.0.0.1");
    http_fixture_send(second, head, -1);
    refused = http_fixture_receive_until_end(second);
    assert_status(refused, "429 Too Many Requests");
    g_assert_nonnull(strstr(refused, "1 downloads from your address"));
    g_clear_object(&second);
    g_clear_object(&first);
    WAIT_UNTIL(sl_census_get("SlObjectDownload") == 0);
    second = http_fixture_connect_from(&fixture, "127.0.0.2", "127.0.0.1");
    http_fixture_send(second, head, -1);
    let_in = http_fixture_receive_until_end(second);
    assert_status(let_in, "200 OK");
    g_clear_object(&second);
    stop(&fixture);
}

/* Not before: how much later, the machine says. */
static void
test_rates(void)
{
    gsize len = MIB;
    g_autofree char *bytes = make_bytes(len);
    g_autofree char *hash = NULL, *head = NULL, *answer = NULL;
    gint64 began_us;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    fixture.limits.put_bytes_per_second = 2 * MIB;
    fixture.limits.get_bytes_per_second = 2 * MIB;
    start(&fixture);
    began_us = g_get_monotonic_time();
    hash = put(&fixture, bytes, len);
    g_assert_cmpint(g_get_monotonic_time() - began_us, >=, 400 * 1000);
    head = get_head(hash);
    began_us = g_get_monotonic_time();
    answer = http_fixture_request(&fixture, "127.0.0.1", head);
    g_assert_cmpint(g_get_monotonic_time() - began_us, >=, 400 * 1000);
    assert_status(answer, "200 OK");
    stop(&fixture);
}

static char *
ask_from_outside(HttpFixture *fixture)
{
    g_autoptr(GSocket) socket = http_fixture_connect_from(fixture, "127.0.0.2", "127.0.0.1");

    http_fixture_send(socket, R("GET", "/objects/x", ""), -1);
    return http_fixture_receive_until_end(socket);
}

static void
test_too_often(void)
{
    g_autofree char *first = NULL, *refused = NULL;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    fixture.limits.object_requests_per_second = 1;
    fixture.limits.object_request_burst = 1;
    start(&fixture);
    first = ask_from_outside(&fixture);
    assert_status(first, "404 Not Found");
    /* However slow this machine is: some requests will be one too many. */
    for (guint i = 0; i < 100 && refused == NULL; i++) {
        g_autofree char *answer = ask_from_outside(&fixture);

        if (!g_str_has_prefix(answer, "HTTP/1.1 404 "))
            refused = g_steal_pointer(&answer);
    }
    g_assert_nonnull(refused);
    assert_status(refused, "429 Too Many Requests");
    stop(&fixture);
}

/* No room but for what somebody reads. */
static void
test_no_room(void)
{
    g_autofree char *bytes = make_bytes(MIB + 1);
    g_autofree char *first = NULL, *hash = NULL, *head = NULL, *answer = NULL;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    fixture.limits.cache_mib = 1;
    start(&fixture);
    first = put(&fixture, bytes, MIB);
    g_assert_true(sl_object_store_set_pinned(fixture.store, first, TRUE, NULL));
    hash = hash_of("new", 3);
    head = put_head(hash, 3, "Expect: 100-continue\r\n");
    answer = http_fixture_request(&fixture, "127.0.0.1", head);
    assert_status(answer, "507 Insufficient Storage");
    stop(&fixture);
}

/* The server ends while files come and go. */
static void
test_end(void)
{
    gsize len = 16 * MIB;
    g_autofree char *bytes = make_bytes(len);
    g_autofree char *new_hash = hash_of("new", 3);
    g_autofree char *hash = NULL, *head = NULL, *left = NULL;
    g_autoptr(GSocket) reader = NULL;
    g_autoptr(GSocket) writer = NULL;
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    start(&fixture);
    hash = put(&fixture, bytes, len);
    reader = begin_get(&fixture, hash);
    read_some(reader, 4096);
    head = put_head(new_hash, 3, "");
    writer = http_fixture_connect(&fixture, "127.0.0.1");
    http_fixture_send(writer, head, -1);
    http_fixture_send(writer, "n", 1);
    WAIT_UNTIL(sl_object_store_get_figures(fixture.store).partials == 1);
    sl_http_server_close(fixture.server);
    left = http_fixture_receive_until_end(reader);
    WAIT_UNTIL(sl_census_get("SlObjectUpload") == 0 && sl_census_get("SlObjectDownload") == 0);
    g_clear_object(&reader);
    g_clear_object(&writer);
    stop(&fixture);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        g_autofree char *path = g_strconcat("/http-objects/row/", ROWS[i].name, NULL);
        g_test_add_data_func(path, &ROWS[i], test_row);
    }
    g_test_add_data_func("/http-objects/large/memory", NULL, test_large);
    g_test_add_data_func("/http-objects/large/folder", "", test_large);
    g_test_add_func("/http-objects/expect", test_expect);
    g_test_add_func("/http-objects/again", test_again);
    g_test_add_func("/http-objects/slow-writer", test_slow_writer);
    g_test_add_func("/http-objects/stalled-writer", test_stalled_writer);
    g_test_add_func("/http-objects/leaving-writer", test_leaving_writer);
    g_test_add_func("/http-objects/slow-readers", test_slow_readers);
    g_test_add_func("/http-objects/damaged", test_damaged);
    g_test_add_func("/http-objects/at-once", test_at_once);
    g_test_add_func("/http-objects/rates", test_rates);
    g_test_add_func("/http-objects/too-often", test_too_often);
    g_test_add_func("/http-objects/no-room", test_no_room);
    g_test_add_func("/http-objects/end", test_end);
    return g_test_run();
}
