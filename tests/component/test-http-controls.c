#include <errno.h>
#include <string.h>

#include "fake-controls.h"
#include "http-fixture.h"
#include "sl-json.h"

#define PATH "/api/streams/camera/controls"
#define BODY_OF_BRIGHTNESS "{\"brightness\":20}"

/* Who asks: of this machine without a key, which is what an operator is, or from beyond a proxy. */
#define OPERATOR ""
#define GUEST "Via: 1.1 p\r\nAuthorization: Bearer " FIXTURE_GUEST_KEY "\r\n"
#define REMOTE_OPERATOR "Via: 1.1 p\r\nAuthorization: Bearer " FIXTURE_OPERATOR_KEY "\r\n"
#define NOBODY "Via: 1.1 p\r\n"

typedef enum { WORKS, IS_AWAY, IS_GONE, IS_UNPLUGGED, IS_NONE } Camera;

typedef struct {
    const char *name;
    const char *method, *path, *headers;
    const char *type, *body; /* nullable */
    Camera camera;
    const char *status;
    const char *contains; /* nullable */
    const char *log;      /* what reached the camera */
} Case;

static const Case CASES[] = {
    { "get", "GET", PATH, OPERATOR, .status = "200 OK",
      .contains =
          "{\"controls\":[{\"name\":\"brightness\",\"label\":\"Brightness\",\"type\":\"int\","
          "\"min\":-64,\"max\":64,\"step\":1,\"default\":0,\"value\":10,\"read_only\":false,"
          "\"inactive\":false,\"volatile\":false,\"grabbed\":false}," },
    { "get a menu", "GET", PATH, REMOTE_OPERATOR, .status = "200 OK",
      .contains =
          "\"type\":\"menu\",\"values\":[{\"value\":0,\"label\":\"Disabled\"},{\"value\":1,"
          "\"label\":\"50 Hz\"},{\"value\":3,\"label\":\"Auto\"}],\"default\":1,\"value\":1,"
          "\"read_only\":false" },
    { "get a switch", "GET", PATH, OPERATOR, .status = "200 OK",
      .contains = "\"type\":\"bool\",\"default\":true,\"value\":true,\"read_only\":false" },
    { "get a button", "GET", PATH, OPERATOR, .status = "200 OK",
      .contains = "\"type\":\"button\",\"read_only\":false" },
    { "get what is ruled by another", "GET", PATH, OPERATOR, .status = "200 OK",
      .contains = "\"value\":250,\"read_only\":false,\"inactive\":true" },
    { "not stored", "GET", PATH, OPERATOR, .status = "200 OK",
      .contains = "Cache-Control: no-store\r\n" },
    { "head", "HEAD", PATH, OPERATOR, .status = "200 OK",
      .contains = "Content-Type: application/json\r\n" },

    { "put", "PUT", PATH, OPERATOR, "application/json", BODY_OF_BRIGHTNESS, .status = "200 OK",
      .contains = "\"default\":0,\"value\":20,", .log = "Brightness=20 " },
    { "put with a charset", "PUT", PATH, OPERATOR, "application/json; charset=utf-8",
      BODY_OF_BRIGHTNESS, .status = "200 OK", .log = "Brightness=20 " },
    { "put by key", "PUT", PATH, REMOTE_OPERATOR, "application/json", BODY_OF_BRIGHTNESS,
      .status = "200 OK", .log = "Brightness=20 " },
    { "put changes others", "PUT", PATH, OPERATOR, "application/json",
      "{\"exposure_automatic\":false}", .status = "200 OK",
      .contains = "\"value\":250,\"read_only\":false,\"inactive\":false",
      .log = "Exposure, Automatic=0 " },
    { "put by label", "PUT", PATH, OPERATOR, "application/json",
      "{\"power_line_frequency\":\"Auto\"}", .status = "200 OK", .contains = "\"value\":3,",
      .log = "Power Line Frequency=3 " },
    { "put nothing", "PUT", PATH, OPERATOR, "application/json", "{}", .status = "200 OK" },

    { "out of range", "PUT", PATH, OPERATOR, "application/json", "{\"brightness\":65}",
      .status = "400 Bad Request",
      .contains = "\"detail\":\"“brightness” is 65, expected -64 to 64\"" },
    { "a fraction", "PUT", PATH, OPERATOR, "application/json", "{\"brightness\":1.5}",
      .status = "400 Bad Request",
      .contains = "“brightness” is a number with a fraction, expected -64 to 64" },
    { "null", "PUT", PATH, OPERATOR, "application/json", "{\"brightness\":null}",
      .status = "400 Bad Request", .contains = "“brightness” is null, expected -64 to 64" },
    { "an object", "PUT", PATH, OPERATOR, "application/json", "{\"brightness\":{\"a\":1}}",
      .status = "400 Bad Request", .contains = "“brightness” is an object, expected" },
    { "unknown, and so nothing is set", "PUT", PATH, OPERATOR, "application/json",
      "{\"brightness\":20,\"zoom\":1}", .status = "400 Bad Request",
      .contains = "the camera has no control “zoom”" },
    { "an endless name", "PUT", PATH, OPERATOR, "application/json",
      "{\"öööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööö\":1}",
      .status = "400 Bad Request",
      .contains = "“öööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööö…”" },
    { "read-only", "PUT", PATH, OPERATOR, "application/json", "{\"auto_focus_status\":1}",
      .status = "400 Bad Request", .contains = "“auto_focus_status” can only be read" },
    { "refused by the camera", "PUT", PATH, OPERATOR, "application/json",
      "{\"brightness\":20,\"exposure_time_absolute\":100}", .status = "409 Conflict",
      .contains = "Set: brightness. Not set: exposure_time_absolute", .log = "Brightness=20 " },
    { "no JSON", "PUT", PATH, OPERATOR, "application/json", "brightness=20",
      .status = "400 Bad Request" },
    { "no object", "PUT", PATH, OPERATOR, "application/json", "[1]", .status = "400 Bad Request" },
    { "no body", "PUT", PATH, OPERATOR, "application/json", "", .status = "400 Bad Request" },
    { "a form", "PUT", PATH, OPERATOR, "application/x-www-form-urlencoded", BODY_OF_BRIGHTNESS,
      .status = "415 Unsupported Media Type", .contains = "application/json" },
    { "no type", "PUT", PATH, OPERATOR, NULL, BODY_OF_BRIGHTNESS,
      .status = "415 Unsupported Media Type" },

    { "a guest gets nothing", "GET", PATH, GUEST, .status = "403 Forbidden",
      .contains = "Only the operator's key shows and changes what the camera is set to." },
    { "a guest puts nothing", "PUT", PATH, GUEST, "application/json", BODY_OF_BRIGHTNESS,
      .status = "403 Forbidden" },
    { "nobody", "PUT", PATH, NOBODY, "application/json", BODY_OF_BRIGHTNESS,
      .status = "401 Unauthorized" },
    { "a page of another site", "PUT", PATH, "Origin: http://evil.example.org\r\n",
      "application/json", BODY_OF_BRIGHTNESS, .status = "403 Forbidden",
      .contains = "another site" },
    { "a page of another site without an origin", "PUT", PATH, "Sec-Fetch-Site: cross-site\r\n",
      "application/json", BODY_OF_BRIGHTNESS, .status = "403 Forbidden" },
    { "a sandboxed page", "PUT", PATH, "Origin: null\r\n", "application/json", BODY_OF_BRIGHTNESS,
      .status = "403 Forbidden" },

    { "unknown stream", "GET", "/api/streams/other/controls", OPERATOR, .status = "404 Not Found",
      .contains = "There is no stream of this name here." },
    { "unknown stream, put", "PUT", "/api/streams/other/controls", OPERATOR, "application/json",
      BODY_OF_BRIGHTNESS, .status = "404 Not Found" },
    { "no camera", "GET", PATH, OPERATOR, .camera = IS_NONE, .status = "404 Not Found",
      .contains = "This stream does not come from a camera of this machine" },
    { "no camera, put", "PUT", PATH, OPERATOR, "application/json", BODY_OF_BRIGHTNESS, IS_NONE,
      "404 Not Found" },
    { "a camera that is away", "GET", PATH, OPERATOR, .camera = IS_AWAY,
      .status = "503 Service Unavailable", .contains = "The camera is not there" },
    { "a camera that is away, put", "PUT", PATH, OPERATOR, "application/json", BODY_OF_BRIGHTNESS,
      IS_AWAY, "503 Service Unavailable" },
    { "a camera that has just gone", "GET", PATH, OPERATOR, .camera = IS_GONE,
      .status = "503 Service Unavailable", .contains = "/dev/video7 is not there" },
    { "a camera that goes meanwhile", "PUT", PATH, OPERATOR, "application/json", BODY_OF_BRIGHTNESS,
      IS_UNPLUGGED, "503 Service Unavailable", "the camera is gone" },

    { "post", "POST", PATH, OPERATOR, "application/json", BODY_OF_BRIGHTNESS,
      .status = "405 Method Not Allowed", .contains = "Allow: GET, HEAD, PUT\r\n" },
    { "patch", "PATCH", PATH, OPERATOR, "application/json", BODY_OF_BRIGHTNESS,
      .status = "405 Method Not Allowed", .contains = "Only GET, HEAD and PUT are known here." },
    { "delete", "DELETE", PATH, OPERATOR, .status = "405 Method Not Allowed" },
    { "elsewhere there is no put", "PUT", "/api/status", OPERATOR, "application/json",
      BODY_OF_BRIGHTNESS, .status = "405 Method Not Allowed", .contains = "Allow: GET, HEAD\r\n" },
    { "nor on the stream", "PUT", "/api/streams/camera", OPERATOR, "application/json",
      BODY_OF_BRIGHTNESS, .status = "405 Method Not Allowed" },
    { "nor below", "PUT", PATH "/brightness", OPERATOR, "application/json", BODY_OF_BRIGHTNESS,
      .status = "405 Method Not Allowed" },
};

typedef struct {
    HttpFixture http;
    SlControlKeeper *keeper;
} Fixture;

static void
start(Fixture *self, Camera camera)
{
    fake_controls_reset(FAKE_CONTROLS, camera == IS_GONE ? 0 : FAKE_N_CONTROLS);
    if (camera == IS_UNPLUGGED)
        fake_controls_unplug();
    http_fixture_prepare(&self->http);
    self->http.limits.max_body_bytes = 4096;
    http_fixture_start(&self->http, "127.0.0.1", NULL);
    self->keeper = sl_control_keeper_new(g_main_context_default(), "camera", &FAKE_CONTROL_DEVICE);
    if (camera != IS_NONE)
        fake_stream_set_controls(self->http.stream, self->keeper,
                                 camera == IS_AWAY ? NULL : "/dev/video7");
}

static void
stop(Fixture *self)
{
    gpointer keeper = self->keeper;

    g_object_add_weak_pointer(keeper, &keeper);
    g_clear_object(&self->keeper);
    http_fixture_stop(&self->http);
    WAIT_UNTIL(keeper == NULL);
}

static char *
make_request(Fixture *self, const char *method, const char *path, const char *headers,
             const char *type, const char *body)
{
    g_autofree char *described =
        type != NULL ? g_strdup_printf("Content-Type: %s\r\n", type) : NULL;

    return g_strdup_printf("%s %s HTTP/1.1\r\nHost: localhost:%u\r\nConnection: "
                           "close\r\n%s%sContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                           method, path, self->http.port, headers,
                           described != NULL ? described : "", body != NULL ? strlen(body) : 0,
                           body != NULL ? body : "");
}

static void
test_case(gconstpointer data)
{
    const Case *c = data;
    Fixture fixture;
    g_autofree char *request = NULL;
    g_autofree char *answer = NULL;
    g_autofree char *status = g_strdup_printf("HTTP/1.1 %s\r\n", c->status);
    g_autofree char *log = NULL;

    start(&fixture, c->camera);
    request = make_request(&fixture, c->method, c->path, c->headers, c->type, c->body);
    answer = http_fixture_request(&fixture.http, "127.0.0.1", request);
    if (!g_str_has_prefix(answer, status) ||
        (c->contains != NULL && strstr(answer, c->contains) == NULL))
        g_error("expected %s with %s, got %s", c->status, c->contains, answer);
    if (*c->status != '2')
        g_assert_nonnull(strstr(answer, "Content-Type: application/problem+json\r\n"));
    log = fake_controls_get_log();
    g_assert_cmpstr(log, ==, c->log != NULL ? c->log : "");
    stop(&fixture);
}

static void
test_too_much(void)
{
    Fixture fixture;
    g_autofree char *body = g_strnfill(4097, ' ');
    g_autofree char *request = NULL;
    g_autofree char *answer = NULL;

    start(&fixture, WORKS);
    request = make_request(&fixture, "PUT", PATH, OPERATOR, "application/json", body);
    answer = http_fixture_request(&fixture.http, "127.0.0.1", request);
    g_assert_nonnull(strstr(answer, "HTTP/1.1 413"));
    g_assert_cmpuint(fake_controls_get_n_calls(), ==, 0);
    stop(&fixture);
}

static void
test_too_much_in_chunks(void)
{
    Fixture fixture;
    GSocket *socket;
    g_autofree char *chunk = g_strnfill(2048, ' ');
    g_autofree char *head = NULL;
    g_autofree char *answer = NULL;

    start(&fixture, WORKS);
    socket = http_fixture_connect(&fixture.http, "127.0.0.1");
    head = g_strdup_printf("PUT " PATH " HTTP/1.1\r\nHost: localhost:%u\r\nContent-Type: "
                           "application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
                           fixture.http.port);
    http_fixture_send(socket, head, -1);
    for (guint i = 0; i < 3; i++) {
        http_fixture_send(socket, "800\r\n", -1);
        http_fixture_send(socket, chunk, -1);
        http_fixture_send(socket, "\r\n", -1);
    }
    http_fixture_send(socket, "0\r\n\r\n", -1);
    answer = http_fixture_receive_until_end(socket);
    g_assert_nonnull(strstr(answer, "HTTP/1.1 413"));
    g_object_unref(socket);
    stop(&fixture);
}

static void
test_too_many_settings(void)
{
    Fixture fixture;
    g_autoptr(GString) body = g_string_new("{\"a\":1");
    g_autofree char *request = NULL;
    g_autofree char *answer = NULL;

    for (guint i = 0; i < 256; i++)
        g_string_append_printf(body, ",\"a%u\":1", i);
    g_string_append_c(body, '}');
    start(&fixture, WORKS);
    request = make_request(&fixture, "PUT", PATH, OPERATOR, "application/json", body->str);
    answer = http_fixture_request(&fixture.http, "127.0.0.1", request);
    g_assert_nonnull(strstr(answer, "HTTP/1.1 400"));
    g_assert_nonnull(strstr(answer, "No camera has so many controls."));
    stop(&fixture);
}

/* A camera that hangs: everything else is answered meanwhile, and whoever is too many at once. */
static void
test_hangs(void)
{
    Fixture fixture;
    GSocket *sockets[5];
    g_autofree char *request = NULL;
    g_autofree char *refused = NULL;
    g_autofree char *status = NULL;

    start(&fixture, WORKS);
    fake_controls_block(TRUE);
    request = make_request(&fixture, "GET", PATH, OPERATOR, NULL, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++) {
        sockets[i] = http_fixture_connect(&fixture.http, "127.0.0.1");
        http_fixture_send(sockets[i], request, -1);
    }
    WAIT_UNTIL(fake_controls_get_n_calls() == 1);
    status = http_fixture_request(&fixture.http, "127.0.0.1",
                                  "GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n");
    g_assert_nonnull(strstr(status, "HTTP/1.1 200 OK"));
    refused = http_fixture_request(&fixture.http, "127.0.0.1", request);
    g_assert_nonnull(strstr(refused, "HTTP/1.1 503"));
    g_assert_nonnull(strstr(refused, "Retry-After: 1\r\n"));
    g_assert_nonnull(strstr(refused, "the camera is still busy with earlier requests; try again"));

    fake_controls_block(FALSE);
    for (guint i = 0; i < G_N_ELEMENTS(sockets); i++) {
        g_autofree char *answer = http_fixture_receive_until_end(sockets[i]);
        g_assert_nonnull(strstr(answer, "HTTP/1.1 200 OK"));
        g_object_unref(sockets[i]);
    }
    stop(&fixture);
}

/* Clients, and the server itself, may be gone when the camera answers. */
static void
test_gone_meanwhile(void)
{
    for (guint is_server = 0; is_server < 2; is_server++) {
        Fixture fixture;
        GSocket *socket;
        g_autofree char *request = NULL;

        start(&fixture, WORKS);
        fake_controls_block(TRUE);
        socket = http_fixture_connect(&fixture.http, "127.0.0.1");
        request =
            make_request(&fixture, "PUT", PATH, OPERATOR, "application/json", BODY_OF_BRIGHTNESS);
        http_fixture_send(socket, request, -1);
        WAIT_UNTIL(fake_controls_get_n_calls() == 1);
        if (is_server)
            sl_http_server_close(fixture.http.server);
        g_object_unref(socket);
        fake_controls_block(FALSE);
        WAIT_UNTIL(fake_controls_get("Brightness") == 20);
        stop(&fixture);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *path = g_strdup_printf("/http-controls/%s", CASES[i].name);
        g_test_add_data_func(path, &CASES[i], test_case);
    }
    g_test_add_func("/http-controls/too-much", test_too_much);
    g_test_add_func("/http-controls/too-much-in-chunks", test_too_much_in_chunks);
    g_test_add_func("/http-controls/too-many-settings", test_too_many_settings);
    g_test_add_func("/http-controls/hangs", test_hangs);
    g_test_add_func("/http-controls/gone-meanwhile", test_gone_meanwhile);
    return g_test_run();
}
