#include <string.h>

#include "http-fixture.h"
#include "sl-json.h"

#define PATH "/api/streams/camera/pipeline"
#define VARIABLES "/api/streams/camera/variables"

/* Who asks: of this machine without a key, which is what an operator is, or from beyond a proxy. */
#define OPERATOR ""
#define GUEST "Via: 1.1 p\r\nAuthorization: Bearer " FIXTURE_GUEST_KEY "\r\n"
#define REMOTE_OPERATOR "Via: 1.1 p\r\nAuthorization: Bearer " FIXTURE_OPERATOR_KEY "\r\n"
#define NOBODY "Via: 1.1 p\r\n"

#define TUNED                                                                               \
    "[about]\ntitle = Tuned\n"                                                              \
    "[variables]\nwidth = 640\nmotto = hello\n"                                             \
    "[variable bitrate]\ntype = int\ndefault = 1000\nmin = 100\nmax = 9000\nunit = bit/s\n" \
    "label = Bit rate\nlive = encoder.target-bitrate\n"                                     \
    "[variable pattern]\ntype = enum\nvalues = smpte, ball\ndefault = ball\n"               \
    "[source]\nvideotestsrc pattern=${pattern} ! textoverlay text=${motto} ! "              \
    "video/x-raw,width=${width} ! vp8enc name=encoder target-bitrate=${bitrate} "           \
    "! appsink name=video\n"

typedef struct {
    const char *name;
    const char *method, *path, *headers;
    const char *body; /* nullable */
    const char *status;
    const char *contains; /* nullable */
    const char *lacks;    /* nullable */
    guint n_swaps, n_live;
    gboolean may_edit;
    const char *failure; /* of swaps */
} Case;

#define PUT_NAME(name) "{\"name\":\"" name "\"}"

static const Case CASES[] = {
    { "get", "GET", PATH, OPERATOR, .status = "200 OK",
      .contains = "{\"name\":\"plain\",\"title\":\"Plain\",\"auto\":false,\"problem\":null,"
                  "\"swapping\":false,\"file\":\"/",
      .lacks = "videotestsrc" },
    { "get the library", "GET", PATH, REMOTE_OPERATOR, .status = "200 OK",
      .contains = "\"edit\":false,\"library\":["
                  "{\"name\":\"broken\",\"title\":\"(has mistakes)\",\"tracks\":[]},"
                  "{\"name\":\"missing\",\"title\":\"missing\",\"tracks\":[\"video\"]},"
                  "{\"name\":\"plain\",\"title\":\"Plain\",\"tracks\":[\"video\"]},"
                  "{\"name\":\"tuned\",\"title\":\"Tuned\",\"tracks\":[\"video\"]}],"
                  "\"published\":false}" },
    { "get the text", "GET", PATH, OPERATOR, .status = "200 OK",
      .contains = "\"edit\":true,\"text\":\"[about]\\ntitle = Plain\\n", .may_edit = TRUE },
    { "head", "HEAD", PATH, OPERATOR, .status = "200 OK" },
    { "a guest gets nothing", "GET", PATH, GUEST, .status = "403 Forbidden",
      .contains = "Only the operator's key shows and changes the pipeline." },
    { "a guest gets no text", "GET", PATH, GUEST, .status = "403 Forbidden", .may_edit = TRUE },
    { "a guest puts nothing", "PUT", PATH, GUEST, PUT_NAME("tuned"), .status = "403 Forbidden" },
    { "nobody", "PUT", PATH, NOBODY, PUT_NAME("tuned"), .status = "401 Unauthorized" },
    { "a page of another site", "PUT", PATH, "Origin: http://evil.example.org\r\n",
      PUT_NAME("tuned"), .status = "403 Forbidden" },
    { "a guest's status", "GET", "/api/status", GUEST, .status = "200 OK",
      .lacks = "\"pipeline\"" },
    { "an operator's status", "GET", "/api/status", OPERATOR, .status = "200 OK",
      .contains = "\"pipeline\":{\"name\":\"plain\",\"title\":\"Plain\",\"auto\":false,"
                  "\"problem\":null,\"swapping\":false}",
      .lacks = "videotestsrc" },

    { "put", "PUT", PATH, OPERATOR, PUT_NAME("tuned"), .status = "200 OK",
      .contains = "{\"name\":\"tuned\",\"title\":\"Tuned\",\"auto\":false,\"problem\":null,"
                  "\"swapping\":false,",
      .n_swaps = 1 },
    { "put by key", "PUT", PATH, REMOTE_OPERATOR, PUT_NAME("tuned"), .status = "200 OK",
      .n_swaps = 1 },
    { "put what is in force", "PUT", PATH, OPERATOR, PUT_NAME("plain"), .status = "200 OK" },
    { "put with variables", "PUT", PATH, OPERATOR,
      "{\"name\":\"tuned\",\"variables\":{\"bitrate\":2000,\"motto\":\"a = b\"}}",
      .status = "200 OK", .n_swaps = 1 },
    { "undone", "PUT", PATH, OPERATOR, PUT_NAME("tuned"), .status = "422 Unprocessable Entity",
      .contains = "\"detail\":\"tuned.pipeline:7: rtsp://user:***@host does not answer\"",
      .n_swaps = 1, .failure = "tuned.pipeline:7: rtsp://user:secret@host does not answer" },
    { "mistakes", "PUT", PATH, OPERATOR, PUT_NAME("broken"), .status = "422 Unprocessable Entity",
      .contains = "broken.pipeline:2: " },
    { "an element that is missing", "PUT", PATH, OPERATOR, PUT_NAME("missing"),
      .status = "422 Unprocessable Entity", .contains = "missing.pipeline:2: " },
    { "an unknown variable", "PUT", PATH, OPERATOR,
      "{\"name\":\"tuned\",\"variables\":{\"bitrat\":1}}", .status = "400 Bad Request",
      .contains = "tuned has no variable 'bitrat', expected width, motto, bitrate, pattern; did "
                  "you mean 'bitrate'?" },
    { "out of range", "PUT", PATH, OPERATOR, "{\"name\":\"tuned\",\"variables\":{\"bitrate\":99}}",
      .status = "400 Bad Request", .contains = "bitrate is '99', expected" },
    { "variables of nothing", "PUT", PATH, OPERATOR,
      "{\"name\":\"plain\",\"variables\":{\"bitrate\":99}}", .status = "400 Bad Request",
      .contains = "plain has no variable 'bitrate', expected none" },
    { "variables are a list", "PUT", PATH, OPERATOR, "{\"name\":\"tuned\",\"variables\":[1]}",
      .status = "400 Bad Request", .contains = "\\\"variables\\\" must be an object" },

    { "unknown", "PUT", PATH, OPERATOR, PUT_NAME("tunes"), .status = "404 Not Found",
      .contains = "did you mean 'tuned'?" },
    { "no auto", "PUT", PATH, OPERATOR, PUT_NAME("auto"), .status = "404 Not Found" },
    { "a path", "PUT", PATH, OPERATOR, PUT_NAME("/etc/passwd"), .status = "404 Not Found",
      .contains = "found '/etc/passwd', expected the name of a description of the library" },
    { "a path upwards", "PUT", PATH, OPERATOR, PUT_NAME("../../tuned"), .status = "404 Not Found",
      .contains = "found '../../tuned'" },
    { "a file", "PUT", PATH, OPERATOR, PUT_NAME("tuned.pipeline"), .status = "404 Not Found",
      .contains = "found 'tuned.pipeline'" },
    { "an escaped path", "PUT", PATH, OPERATOR, PUT_NAME("%2e%2e%2ftuned"),
      .status = "404 Not Found" },
    { "a name of nothing", "PUT", PATH, OPERATOR, PUT_NAME(""), .status = "404 Not Found" },
    { "a name in capitals", "PUT", PATH, OPERATOR, PUT_NAME("TUNED"), .status = "404 Not Found" },
    { "a name with a newline", "PUT", PATH, OPERATOR, PUT_NAME("tuned\\n"),
      .status = "404 Not Found" },
    { "a name with NUL", "PUT", PATH, OPERATOR, PUT_NAME("tuned\\u0000x"),
      .status = "400 Bad Request" },
    { "a name that is a number", "PUT", PATH, OPERATOR, "{\"name\":1}",
      .status = "400 Bad Request" },

    { "a text without --allow-edit", "PUT", PATH, OPERATOR, "{\"text\":\"[source]\\n\"}",
      .status = "403 Forbidden", .contains = "--allow-edit" },
    { "a text", "PUT", PATH, OPERATOR,
      "{\"text\":\"[source]\\nvideotestsrc ! vp8enc ! appsink name=video\\n\"}", .status = "200 OK",
      .contains = "{\"name\":\"edited\",\"title\":\"edited\",\"auto\":false,\"problem\":null,"
                  "\"swapping\":false,\"file\":null,\"edit\":true,\"text\":\"[source]\\nvideo",
      .n_swaps = 1, .may_edit = TRUE },
    { "a text of a guest", "PUT", PATH, GUEST, "{\"text\":\"[source]\\n\"}",
      .status = "403 Forbidden", .contains = "Only the operator's key", .may_edit = TRUE },
    { "a text with mistakes", "PUT", PATH, OPERATOR, "{\"text\":\"[source]\\nnonsense !\\n\"}",
      .status = "422 Unprocessable Entity", .contains = "edited.pipeline:", .may_edit = TRUE },
    { "an empty text", "PUT", PATH, OPERATOR, "{\"text\":\"\"}",
      .status = "422 Unprocessable Entity", .contains = "edited.pipeline: ", .may_edit = TRUE },
    { "a name and a text", "PUT", PATH, OPERATOR, "{\"name\":\"tuned\",\"text\":\"\"}",
      .status = "400 Bad Request", .contains = "expected one of name and text", .may_edit = TRUE },
    { "nothing", "PUT", PATH, OPERATOR, "{}", .status = "400 Bad Request",
      .contains = "expected one of name and text" },
    { "another member", "PUT", PATH, OPERATOR, "{\"name\":\"tuned\",\"variable\":{}}",
      .status = "400 Bad Request",
      .contains = "found 'variable', expected name, text or variables" },
    { "no JSON", "PUT", PATH, OPERATOR, "name=tuned", .status = "400 Bad Request" },
    { "no object", "PUT", PATH, OPERATOR, "[\"tuned\"]", .status = "400 Bad Request" },
    { "post", "POST", PATH, OPERATOR, PUT_NAME("tuned"), .status = "405 Method Not Allowed",
      .contains = "Allow: GET, HEAD, PUT\r\n" },
    { "unknown stream", "PUT", "/api/streams/other/pipeline", OPERATOR, PUT_NAME("tuned"),
      .status = "404 Not Found", .contains = "There is no stream of this name here." },

    { "no variables", "GET", VARIABLES, OPERATOR, .status = "200 OK",
      .contains = "{\"variables\":[]}" },
    { "a guest gets no variables", "GET", VARIABLES, GUEST, .status = "403 Forbidden" },
    { "a guest puts no variables", "PUT", VARIABLES, GUEST, "{\"bitrate\":1}",
      .status = "403 Forbidden" },
    { "a variable that is not there", "PUT", VARIABLES, OPERATOR, "{\"bitrate\":1}",
      .status = "400 Bad Request", .contains = "plain has no variable 'bitrate'" },
    { "variables, not JSON", "PUT", VARIABLES, OPERATOR, "bitrate=1", .status = "400 Bad Request" },
};

static void
start(HttpFixture *self, gboolean may_edit)
{
    http_fixture_prepare(self);
    http_fixture_write(self, "tuned", TUNED);
    http_fixture_write(self, "broken", "[source]\nnonsense !\n");
    http_fixture_write(self, "missing",
                       "[source]\nvideotestsrc ! nosuchenc ! appsink name=video\n");
    self->may_edit = may_edit;
    http_fixture_start(self, "127.0.0.1", NULL);
}

static char *
make_request(HttpFixture *self, const char *method, const char *path, const char *headers,
             const char *body)
{
    return g_strdup_printf("%s %s HTTP/1.1\r\nHost: localhost:%u\r\nConnection: close\r\n%s"
                           "Content-Type: application/json\r\nContent-Length: %" G_GSIZE_FORMAT
                           "\r\n\r\n%s",
                           method, path, self->port, headers, body != NULL ? strlen(body) : 0,
                           body != NULL ? body : "");
}

static char *
ask(HttpFixture *self, const char *method, const char *path, const char *body)
{
    g_autofree char *request = make_request(self, method, path, OPERATOR, body);

    return http_fixture_request(self, "127.0.0.1", request);
}

static void
assert_answer(const char *answer, const char *status, const char *contains)
{
    g_autofree char *line = g_strdup_printf("HTTP/1.1 %s\r\n", status);

    if (!g_str_has_prefix(answer, line) || (contains != NULL && strstr(answer, contains) == NULL))
        g_error("expected %s with %s, got %s", status, contains, answer);
}

static void
test_case(gconstpointer data)
{
    const Case *c = data;
    HttpFixture fixture;
    g_autofree char *request = NULL;
    g_autofree char *answer = NULL;

    start(&fixture, c->may_edit);
    fake_stream_fail(fixture.stream, c->failure);
    request = make_request(&fixture, c->method, c->path, c->headers, c->body);
    answer = http_fixture_request(&fixture, "127.0.0.1", request);
    assert_answer(answer, c->status, c->contains);
    if (c->lacks != NULL)
        g_assert_null(strstr(answer, c->lacks));
    if (*c->status != '2')
        g_assert_nonnull(strstr(answer, "Content-Type: application/problem+json\r\n"));
    g_assert_cmpuint(fake_stream_get_n_swaps(fixture.stream), ==, c->n_swaps);
    g_assert_cmpuint(fake_stream_get_n_live(fixture.stream), ==, c->n_live);
    http_fixture_stop(&fixture);
}

/* Values that are refused with what was set before still in force, and what is set at once. */
static const struct {
    const char *body, *status, *contains;
    guint n_swaps, n_live; /* this one */
} SETTINGS[] = {
    { NULL, "200 OK",
      "{\"variables\":[{\"name\":\"width\",\"label\":\"width\",\"type\":\"int\",\"default\":640,"
      "\"value\":640,\"live\":false},"
      "{\"name\":\"motto\",\"label\":\"motto\",\"type\":\"string\",\"default\":\"hello\","
      "\"value\":\"hello\",\"live\":false},"
      "{\"name\":\"bitrate\",\"label\":\"Bit rate\",\"type\":\"int\",\"unit\":\"bit/s\","
      "\"min\":100,\"max\":9000,\"default\":1000,\"value\":1000,\"live\":true},"
      "{\"name\":\"pattern\",\"label\":\"pattern\",\"type\":\"enum\",\"values\":[\"smpte\","
      "\"ball\"],\"default\":\"ball\",\"value\":\"ball\",\"live\":false}]}",
      0, 0 },
    { "{\"bitrate\":2000}", "200 OK", "\"default\":1000,\"value\":2000,", 0, 1 },
    { "{\"bitrate\":\"3000\"}", "200 OK", "\"default\":1000,\"value\":3000,", 0, 1 },
    { "{\"bitrate\":3000}", "200 OK", NULL, 0, 1 },
    { "{\"width\":320}", "200 OK", "\"default\":640,\"value\":320,", 1, 0 },
    { "{\"width\":640,\"bitrate\":500}", "200 OK", "\"default\":1000,\"value\":500,", 1, 0 },
    { "{\"pattern\":\"smpte\"}", "200 OK", "\"default\":\"ball\",\"value\":\"smpte\"", 1, 0 },
    { "{\"pattern\":\"snow\"}", "400 Bad Request", "pattern is 'snow', expected one of smpte, ball",
      0, 0 },
    { "{\"bitrate\":9001}", "400 Bad Request", "bitrate is '9001', expected", 0, 0 },
    { "{\"width\":320,\"bitrate\":9001}", "400 Bad Request", "bitrate is '9001', expected", 0, 0 },
    { "{\"bitrate\":1.5}", "400 Bad Request", "bitrate is '1.5', expected", 0, 0 },
    { "{\"bitrate\":true}", "400 Bad Request", "bitrate is 'true', expected", 0, 0 },
    { "{\"bitrate\":null}", "400 Bad Request",
      "'bitrate' is neither a number nor true, false or a text", 0, 0 },
    { "{\"bitrate\":[1]}", "400 Bad Request", "'bitrate' is neither", 0, 0 },
    { "{\"bitrate\":99999999999999999999}", "400 Bad Request", NULL, 0, 0 },
    { "{\"motto\":\"a\\\" ! fakesink \\\"\"}", "400 Bad Request", "motto is 'a", 0, 0 },
    { "{\"motto\":\"a\\\\\"}", "400 Bad Request", "motto is 'a", 0, 0 },
    { "{\"motto\":\"a\\nb\"}", "400 Bad Request", "motto is 'a b'", 0, 0 },
    { "{\"motto\":\"${bitrate} ! x\"}", "200 OK", "\"value\":\"${bitrate} ! x\"", 1, 0 },
    { "{\"motto=x ! \":\"y\"}", "400 Bad Request", "'motto=x ! ' is no name", 0, 0 },
    { "{\"\":1}", "400 Bad Request", "'' is no name", 0, 0 },
    { "{\"MOTTO\":1}", "400 Bad Request", "tuned has no variable 'MOTTO'", 0, 0 },
    { "{}", "200 OK", "\"value\":500,", 0, 1 },
};

static void
test_settings(void)
{
    HttpFixture fixture;
    g_autofree char *chosen = NULL;

    start(&fixture, FALSE);
    chosen = ask(&fixture, "PUT", PATH, PUT_NAME("tuned"));
    assert_answer(chosen, "200 OK", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(SETTINGS); i++) {
        guint n_swaps = fake_stream_get_n_swaps(fixture.stream);
        guint n_live = fake_stream_get_n_live(fixture.stream);
        g_autofree char *answer =
            ask(&fixture, SETTINGS[i].body != NULL ? "PUT" : "GET", VARIABLES, SETTINGS[i].body);

        assert_answer(answer, SETTINGS[i].status, SETTINGS[i].contains);
        g_assert_cmpuint(fake_stream_get_n_swaps(fixture.stream) - n_swaps, ==,
                         SETTINGS[i].n_swaps);
        g_assert_cmpuint(fake_stream_get_n_live(fixture.stream) - n_live, ==, SETTINGS[i].n_live);
    }
    http_fixture_stop(&fixture);
}

static void
test_too_many(void)
{
    HttpFixture fixture;
    g_autoptr(GString) body = g_string_new("{\"a\":1");
    g_autoptr(GString) deep = g_string_new("{\"bitrate\":");
    g_autofree char *long_text = g_strnfill(70000, 'x');
    g_autofree char *longest = g_strdup_printf("{\"text\":\"%s\"}", long_text);
    g_autofree char *many = NULL;
    g_autofree char *nested = NULL;
    g_autofree char *large = NULL;

    for (guint i = 0; i < 256; i++)
        g_string_append_printf(body, ",\"a%u\":1", i);
    g_string_append_c(body, '}');
    for (guint i = 0; i < 40; i++)
        g_string_append_c(deep, '[');
    start(&fixture, TRUE);
    many = ask(&fixture, "PUT", VARIABLES, body->str);
    assert_answer(many, "400 Bad Request", "No description has so many variables.");
    nested = ask(&fixture, "PUT", VARIABLES, deep->str);
    assert_answer(nested, "400 Bad Request", NULL);
    large = ask(&fixture, "PUT", PATH, longest);
    assert_answer(large, "413 Request Entity Too Large", "may have 65536 bytes");
    http_fixture_stop(&fixture);
}

/* One at a time; everything else is answered meanwhile. */
static void
test_busy(void)
{
    HttpFixture fixture;
    GSocket *socket;
    g_autofree char *request = NULL;
    g_autofree char *refused = NULL;
    g_autofree char *variables = NULL;
    g_autofree char *seen = NULL;
    g_autofree char *answer = NULL;

    start(&fixture, FALSE);
    fake_stream_hold(fixture.stream, TRUE);
    request = make_request(&fixture, "PUT", PATH, OPERATOR, PUT_NAME("tuned"));
    socket = http_fixture_connect(&fixture, "127.0.0.1");
    http_fixture_send(socket, request, -1);
    WAIT_UNTIL(fake_stream_get_n_swaps(fixture.stream) == 1);
    refused = ask(&fixture, "PUT", PATH, PUT_NAME("plain"));
    assert_answer(refused, "409 Conflict", "another change of this pipeline is being tried");
    variables = ask(&fixture, "PUT", VARIABLES, "{}");
    assert_answer(variables, "409 Conflict", NULL);
    seen = ask(&fixture, "GET", PATH, NULL);
    assert_answer(seen, "200 OK",
                  "{\"name\":\"plain\",\"title\":\"Plain\",\"auto\":false,"
                  "\"problem\":null,\"swapping\":true,");
    fake_stream_hold(fixture.stream, FALSE);
    answer = http_fixture_receive_until_end(socket);
    assert_answer(answer, "200 OK", "\"name\":\"tuned\"");
    g_object_unref(socket);
    http_fixture_stop(&fixture);
}

/* Who asked may be gone when it has been tried, and so may the server. */
static void
test_gone_meanwhile(void)
{
    for (guint is_server = 0; is_server < 2; is_server++) {
        HttpFixture fixture;
        GSocket *socket;
        g_autofree char *request = NULL;

        start(&fixture, FALSE);
        fake_stream_hold(fixture.stream, TRUE);
        request = make_request(&fixture, "PUT", PATH, OPERATOR, PUT_NAME("tuned"));
        socket = http_fixture_connect(&fixture, "127.0.0.1");
        http_fixture_send(socket, request, -1);
        WAIT_UNTIL(fake_stream_get_n_swaps(fixture.stream) == 1);
        if (is_server)
            sl_http_server_close(fixture.server);
        g_object_unref(socket);
        fake_stream_hold(fixture.stream, FALSE);
        WAIT_UNTIL(!sl_pipeline_switch_is_busy(fixture.pipeline));
        http_fixture_stop(&fixture);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *path = g_strdup_printf("/http-pipeline/%s", CASES[i].name);

        g_test_add_data_func(path, &CASES[i], test_case);
    }
    g_test_add_func("/http-pipeline/settings", test_settings);
    g_test_add_func("/http-pipeline/too-many", test_too_many);
    g_test_add_func("/http-pipeline/busy", test_busy);
    g_test_add_func("/http-pipeline/gone-meanwhile", test_gone_meanwhile);
    return g_test_run();
}
