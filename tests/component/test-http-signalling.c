#include <string.h>

#include "http-fixture.h"
#include "sl-json.h"

#define HELLO "{\"type\":\"hello\",\"version\":1,\"page\":\"page-0001\"}"
#define OTHER_HELLO "{\"type\":\"hello\",\"version\":1,\"page\":\"page-0002\"}"

/* A viewer's end of a WebSocket. */
typedef struct {
    SoupSession *session;
    SoupWebsocketConnection *websocket;
    GError *error; /* of connecting */
    guint status;
    GPtrArray *texts;
    gboolean done;
    gboolean closed;
} Viewer;

static void
on_message(SoupWebsocketConnection *websocket, gint type, GBytes *message, Viewer *self)
{
    g_assert_cmpint(type, ==, SOUP_WEBSOCKET_DATA_TEXT);
    g_ptr_array_add(self->texts, g_strdup(g_bytes_get_data(message, NULL)));
}

static void
on_closed(SoupWebsocketConnection *websocket, Viewer *self)
{
    self->closed = TRUE;
}

static void
on_connected(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Viewer *self = user_data;

    self->websocket = soup_session_websocket_connect_finish(self->session, result, &self->error);
    if (self->websocket != NULL) {
        g_signal_connect(self->websocket, "message", G_CALLBACK(on_message), self);
        g_signal_connect(self->websocket, "closed", G_CALLBACK(on_closed), self);
    }
    self->done = TRUE;
}

/* @extra: (nullable): a header "Name: value" more */
static Viewer *
viewer_new(HttpFixture *fixture, const char *path, const char *extra)
{
    Viewer *self = g_new0(Viewer, 1);
    g_autofree char *uri = g_strdup_printf("ws://127.0.0.1:%u%s", fixture->port, path);
    g_autoptr(SoupMessage) message = soup_message_new("GET", uri);

    self->texts = g_ptr_array_new_with_free_func(g_free);
    self->session = soup_session_new_with_options("proxy-resolver", NULL, NULL);
    if (extra != NULL) {
        g_auto(GStrv) parts = g_strsplit(extra, ": ", 2);
        soup_message_headers_append(soup_message_get_request_headers(message), parts[0], parts[1]);
    }
    soup_session_websocket_connect_async(self->session, message, NULL, NULL, G_PRIORITY_DEFAULT,
                                         NULL, on_connected, self);
    WAIT_UNTIL(self->done);
    self->status = soup_message_get_status(message);
    return self;
}

static void
viewer_free(Viewer *self)
{
    if (self->websocket != NULL) {
        if (soup_websocket_connection_get_state(self->websocket) == SOUP_WEBSOCKET_STATE_OPEN)
            soup_websocket_connection_close(self->websocket, 1000, NULL);
        WAIT_UNTIL(self->closed);
        g_signal_handlers_disconnect_by_data(self->websocket, self);
    }
    g_clear_object(&self->websocket);
    soup_session_abort(self->session);
    g_clear_object(&self->session);
    g_clear_error(&self->error);
    g_ptr_array_unref(self->texts);
    g_free(self);
}

static void
viewer_send(Viewer *self, const char *text)
{
    soup_websocket_connection_send_text(self->websocket, text);
}

/* Waits until as many texts have come. */
static const char *
viewer_text(Viewer *self, guint index)
{
    WAIT_UNTIL(self->texts->len > index || self->closed);
    g_assert_cmpuint(self->texts->len, >, index);
    return g_ptr_array_index(self->texts, index);
}

static void
viewer_assert_closed(Viewer *self, gushort code)
{
    WAIT_UNTIL(self->closed);
    g_assert_cmpuint(soup_websocket_connection_get_close_code(self->websocket), ==, code);
}

static Viewer *
viewer_welcomed(HttpFixture *fixture, const char *hello)
{
    Viewer *self = viewer_new(fixture, "/ws/camera", NULL);

    g_assert_no_error(self->error);
    viewer_send(self, hello);
    g_assert_nonnull(strstr(viewer_text(self, 0), "\"welcome\""));
    g_assert_nonnull(strstr(viewer_text(self, 1), "\"state\""));
    g_assert_nonnull(strstr(viewer_text(self, 2), "\"viewers\""));
    /* Whoever is on this machine may operate. */
    g_assert_nonnull(strstr(viewer_text(self, 3), "\"pipeline\""));
    g_ptr_array_remove_index(self->texts, 3);
    return self;
}

/* Errors of what is said first, and of what is said after hello. */

typedef struct {
    const char *name;
    gboolean after_hello;
    const char *text;
    const char *code;
    const char *message; /* nullable: any */
    gushort close_code;  /* 0: it goes on */
} Case;

static const Case CASES[] = {
    { "not JSON", FALSE, "nonsense", "bad-message", NULL, 1008 },
    { "an array", FALSE, "[]", "bad-message", NULL, 1008 },
    { "empty", FALSE, "", "bad-message", NULL, 1008 },
    { "no type", FALSE, "{}", "bad-message", NULL, 1008 },
    { "type is a number", FALSE, "{\"type\":1}", "bad-message", NULL, 1008 },
    { "not hello", FALSE, "{\"type\":\"restart\"}", "hello-expected", "The first message is hello",
      1008 },
    { "unknown before hello", FALSE, "{\"type\":\"x\"}", "hello-expected", NULL, 1008 },
    { "no version", FALSE, "{\"type\":\"hello\",\"page\":\"page-0001\"}", "bad-message", NULL,
      1008 },
    { "version 2", FALSE, "{\"type\":\"hello\",\"version\":2,\"page\":\"page-0001\"}",
      "bad-version", "Version 2 is not spoken here, 1 is", 1008 },
    { "version as text", FALSE, "{\"type\":\"hello\",\"version\":\"1\",\"page\":\"page-0001\"}",
      "bad-message", NULL, 1008 },
    { "no page", FALSE, "{\"type\":\"hello\",\"version\":1}", "bad-message", NULL, 1008 },
    { "short page", FALSE, "{\"type\":\"hello\",\"version\":1,\"page\":\"1234567\"}", "bad-message",
      "\"page\" must be 8 to 64 characters A-Z a-z 0-9 _ -", 1008 },
    { "page with a space", FALSE, "{\"type\":\"hello\",\"version\":1,\"page\":\"12345 678\"}",
      "bad-message", NULL, 1008 },
    { "second hello", TRUE, HELLO, "repeated-hello", NULL, 1008 },
    { "unknown type", TRUE, "{\"type\":\"x\"}", "unknown-type",
      "There is no message of the type \"x\"", 0 },
    { "answer without a peer", TRUE, "{\"type\":\"answer\",\"sdp\":\"x\"}", "bad-message", NULL,
      1008 },
    { "answer with a large peer", TRUE, "{\"type\":\"answer\",\"peer\":4294967296,\"sdp\":\"x\"}",
      "bad-message", NULL, 1008 },
    { "answer without SDP", TRUE, "{\"type\":\"answer\",\"peer\":1}", "bad-message", NULL, 1008 },
    { "candidate is null", TRUE, "{\"type\":\"candidate\",\"peer\":1,\"candidate\":null}",
      "bad-message", NULL, 1008 },
    { "m-line is text", TRUE,
      "{\"type\":\"candidate\",\"peer\":1,\"candidate\":\"\",\"sdpMLineIndex\":\"0\"}",
      "bad-message", NULL, 1008 },
    { "bye without a peer", TRUE, "{\"type\":\"bye\"}", "bad-message", NULL, 1008 },
    { "garbage later", TRUE, "{", "bad-message", NULL, 1008 },
};

static void
assert_error(const char *text, const char *code, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) object = sl_json_parse_object(text, strlen(text), &error);

    g_assert_no_error(error);
    g_assert_cmpstr(json_object_get_string_member(object, "type"), ==, "error");
    g_assert_cmpstr(json_object_get_string_member(object, "code"), ==, code);
    g_assert_cmpstr(json_object_get_string_member(object, "message"), !=, "");
    if (message != NULL)
        g_assert_cmpstr(json_object_get_string_member(object, "message"), ==, message);
}

static void
test_case(gconstpointer data)
{
    const Case *test = data;
    HttpFixture fixture;
    Viewer *viewer;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    viewer = test->after_hello ? viewer_welcomed(&fixture, HELLO)
                               : viewer_new(&fixture, "/ws/camera", NULL);
    viewer_send(viewer, test->text);
    assert_error(viewer_text(viewer, test->after_hello ? 3 : 0), test->code, test->message);
    if (test->close_code != 0) {
        viewer_assert_closed(viewer, test->close_code);
    } else {
        viewer_send(viewer, "{\"type\":\"x\"}");
        assert_error(viewer_text(viewer, test->after_hello ? 4 : 1), "unknown-type", NULL);
    }
    viewer_free(viewer);
    WAIT_UNTIL(sl_session_pool_get_n_sessions(fixture.pool) == 0);
    http_fixture_stop(&fixture);
}

/* What a session refuses, and whether the viewer stays. */

static const struct {
    SlSessionError error;
    const char *code;
    gushort close_code;
} SESSION_ERRORS[] = {
    { SL_SESSION_ERROR_BAD_SDP, "bad-sdp", 0 },
    { SL_SESSION_ERROR_BAD_CANDIDATE, "bad-candidate", 0 },
    { SL_SESSION_ERROR_CODEC_UNSUPPORTED, "codec-unsupported", 0 },
    { SL_SESSION_ERROR_TOO_MANY, "too-many", 1008 },
    { SL_SESSION_ERROR_INTERNAL, "internal", 1011 },
};

static void
test_session_errors(void)
{
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(SESSION_ERRORS); i++) {
        Viewer *viewer = viewer_welcomed(&fixture, HELLO);

        fake_session_fail_next(fake_pool_get_last(fixture.pool), SESSION_ERRORS[i].error, "words");
        viewer_send(viewer, "{\"type\":\"answer\",\"peer\":7,\"sdp\":\"v=0\"}");
        assert_error(viewer_text(viewer, 3), SESSION_ERRORS[i].code, "words");
        if (SESSION_ERRORS[i].close_code != 0)
            viewer_assert_closed(viewer, SESSION_ERRORS[i].close_code);
        else
            g_assert_nonnull(fake_pool_get_last(fixture.pool));
        viewer_free(viewer);
        WAIT_UNTIL(fake_pool_get_last(fixture.pool) == NULL);
    }
    http_fixture_stop(&fixture);
}

static void
test_conversation(void)
{
    HttpFixture fixture;
    Viewer *viewer;
    SlSession *session;
    g_autoptr(GError) problem =
        g_error_new_literal(SL_SESSION_ERROR, SL_SESSION_ERROR_CODEC_UNSUPPORTED, "no VP8");
    g_autoptr(GError) no_path =
        g_error_new_literal(SL_SESSION_ERROR, SL_SESSION_ERROR_NO_PATH, "why");

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    viewer = viewer_welcomed(&fixture, HELLO);
    session = fake_pool_get_last(fixture.pool);
    g_assert_cmpstr(viewer_text(viewer, 0), ==,
                    "{\"type\":\"welcome\",\"version\":1,\"session\":"
                    "\"0123456789abcdef0123456789abcdef\",\"stream\":\"camera\",\"title\":"
                    "\"A <camera>\",\"iceServers\":[{\"urls\":\"stun:stun.example.org\"}],"
                    "\"channels\":[\"talk:camera\"],\"roles\":[\"watch\",\"publish\","
                    "\"ingest\",\"operate\",\"admin\"]}");
    g_assert_cmpstr(viewer_text(viewer, 1), ==,
                    "{\"type\":\"state\",\"state\":\"starting\",\"detail\":\"\",\"title\":"
                    "\"A <camera>\",\"controls\":false}");
    g_assert_cmpstr(viewer_text(viewer, 2), ==, "{\"type\":\"viewers\",\"count\":1}");

    g_signal_emit_by_name(session, "offer", 1, "v=0");
    g_signal_emit_by_name(session, "candidate", 1, 0, "video0", "candidate:1");
    g_signal_emit_by_name(session, "candidate", 1, 0, NULL, "");
    fake_stream_set_state(fixture.stream, SL_STREAM_LOST, "The camera is unplugged");
    g_signal_emit_by_name(session, "problem", problem);
    g_signal_emit_by_name(session, "peer-ended", 1, no_path);
    g_signal_emit_by_name(session, "peer-ended", 2, NULL);
    g_assert_cmpstr(viewer_text(viewer, 3), ==, "{\"type\":\"offer\",\"peer\":1,\"sdp\":\"v=0\"}");
    g_assert_cmpstr(viewer_text(viewer, 4), ==,
                    "{\"type\":\"candidate\",\"peer\":1,\"candidate\":\"candidate:1\",\"sdpMid\":"
                    "\"video0\",\"sdpMLineIndex\":0}");
    g_assert_cmpstr(viewer_text(viewer, 5), ==,
                    "{\"type\":\"candidate\",\"peer\":1,\"candidate\":\"\",\"sdpMLineIndex\":0}");
    g_assert_cmpstr(viewer_text(viewer, 6), ==,
                    "{\"type\":\"state\",\"state\":\"camera-lost\",\"detail\":"
                    "\"The camera is unplugged\",\"title\":\"A <camera>\",\"controls\":false}");
    assert_error(viewer_text(viewer, 7), "codec-unsupported", "no VP8");
    g_assert_cmpstr(viewer_text(viewer, 8), ==,
                    "{\"type\":\"bye\",\"peer\":1,\"reason\":\"why\",\"code\":\"no-path\"}");
    g_assert_cmpstr(viewer_text(viewer, 9), ==, "{\"type\":\"bye\",\"peer\":2,\"reason\":\"\"}");

    viewer_send(viewer, "{\"type\":\"answer\",\"peer\":1,\"sdp\":\"v=0\"}");
    viewer_send(viewer, "{\"type\":\"candidate\",\"peer\":1,\"candidate\":\"c\",\"sdpMid\":\"m\","
                        "\"sdpMLineIndex\":2}");
    viewer_send(viewer, "{\"type\":\"candidate\",\"peer\":1,\"candidate\":\"\",\"more\":true}");
    viewer_send(viewer, "{\"type\":\"bye\",\"peer\":1}");
    viewer_send(viewer, "{\"type\":\"restart\"}");
    WAIT_UNTIL(g_str_has_suffix(fake_session_get_log(session), "restart\n"));
    g_assert_cmpstr(fake_session_get_log(session), ==,
                    "start\nanswer 1 v=0\ncandidate 1 m 2 'c'\ncandidate 1 - -1 ''\nbye 1\n"
                    "restart\n");

    /* The end of the WebSocket is the end of the session. */
    viewer_free(viewer);
    WAIT_UNTIL(sl_session_pool_get_n_sessions(fixture.pool) == 0);
    http_fixture_stop(&fixture);
}

/* Operators are told of the pipeline, guests are not. */
static void
test_pipeline(void)
{
    HttpFixture fixture;
    Viewer *operator_, *guest;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    operator_ = viewer_new(&fixture, "/ws/camera?key=" FIXTURE_OPERATOR_KEY, "Via: 1.1 p");
    viewer_send(operator_, HELLO);
    g_assert_cmpstr(viewer_text(operator_, 3), ==,
                    "{\"type\":\"pipeline\",\"name\":\"plain\",\"title\":\"Plain\",\"auto\":false,"
                    "\"problem\":null,"
                    "\"swapping\":false}");
    guest = viewer_new(&fixture, "/ws/camera?key=" FIXTURE_GUEST_KEY, "Via: 1.1 p");
    viewer_send(guest, OTHER_HELLO);
    g_assert_nonnull(strstr(viewer_text(guest, 2), "\"viewers\""));
    g_assert_nonnull(strstr(viewer_text(operator_, 4), "\"viewers\""));

    http_fixture_write(&fixture, FIXTURE_PIPELINE, "[source]\nnonsense !\n");
    g_assert_nonnull(strstr(viewer_text(operator_, 5), "\"problem\":null,\"swapping\":true"));
    g_assert_nonnull(strstr(viewer_text(operator_, 6), "plain.pipeline:2: "));
    g_assert_nonnull(strstr(viewer_text(operator_, 6), "\"swapping\":false"));
    fake_stream_set_state(fixture.stream, SL_STREAM_LIVE, "");
    g_assert_nonnull(strstr(viewer_text(guest, 3), "\"state\""));
    viewer_free(guest);
    viewer_free(operator_);
    http_fixture_stop(&fixture);
}

static void
test_viewers(void)
{
    HttpFixture fixture;
    Viewer *first, *second;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    first = viewer_welcomed(&fixture, HELLO);
    second = viewer_welcomed(&fixture, OTHER_HELLO);
    g_assert_cmpstr(viewer_text(first, 3), ==, "{\"type\":\"viewers\",\"count\":2}");
    viewer_free(second);
    g_assert_cmpstr(viewer_text(first, 4), ==, "{\"type\":\"viewers\",\"count\":1}");
    viewer_free(first);
    http_fixture_stop(&fixture);
}

static void
test_replaced_and_full(void)
{
    HttpFixture fixture;
    Viewer *first, *second, *third;

    http_fixture_prepare(&fixture);
    fixture.limits.max_sessions = 1;
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    first = viewer_welcomed(&fixture, HELLO);
    second = viewer_welcomed(&fixture, HELLO);
    assert_error(viewer_text(first, 3), "replaced", NULL);
    viewer_assert_closed(first, 4000);

    third = viewer_new(&fixture, "/ws/camera", NULL);
    viewer_send(third, OTHER_HELLO);
    assert_error(viewer_text(third, 0), "full", NULL);
    viewer_assert_closed(third, 4001);

    g_assert_false(second->closed);
    viewer_free(first);
    viewer_free(second);
    viewer_free(third);
    http_fixture_stop(&fixture);
}

static void
test_no_hello(void)
{
    HttpFixture fixture;
    Viewer *viewer;

    http_fixture_prepare(&fixture);
    fixture.limits.hello_timeout_ms = 50;
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    viewer = viewer_new(&fixture, "/ws/camera", NULL);
    assert_error(viewer_text(viewer, 0), "hello-expected", "hello did not come in time");
    viewer_assert_closed(viewer, 1008);
    viewer_free(viewer);
    http_fixture_stop(&fixture);
}

static void
test_too_many(void)
{
    HttpFixture fixture;
    Viewer *viewer;

    http_fixture_prepare(&fixture);
    fixture.limits.signal_burst = 20;
    fixture.limits.signals_per_second = 1;
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    viewer = viewer_welcomed(&fixture, HELLO);
    for (guint i = 0; i < 100; i++)
        viewer_send(viewer, "{\"type\":\"restart\"}");
    assert_error(viewer_text(viewer, 3), "too-many", "More than 1 messages a second");
    viewer_assert_closed(viewer, 1008);
    viewer_free(viewer);
    http_fixture_stop(&fixture);
}

static void
test_binary(void)
{
    HttpFixture fixture;
    Viewer *viewer;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    viewer = viewer_welcomed(&fixture, HELLO);
    soup_websocket_connection_send_binary(viewer->websocket, "x", 1);
    viewer_assert_closed(viewer, 1003);
    viewer_free(viewer);
    WAIT_UNTIL(sl_session_pool_get_n_sessions(fixture.pool) == 0);
    http_fixture_stop(&fixture);
}

static void
test_too_large(void)
{
    const gsize SIZES[] = { 64 * 1024 + 1, 100 * 1024, 4 * 1024 * 1024 };
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        Viewer *viewer = viewer_welcomed(&fixture, HELLO);
        g_autofree char *text = g_strnfill(SIZES[i], 'x');

        viewer_send(viewer, text);
        WAIT_UNTIL(viewer->closed);
        /* Of what is far too large the rest is not read, and the client may see only that. */
        if (SIZES[i] < 128 * 1024)
            viewer_assert_closed(viewer, 1009);
        viewer_free(viewer);
        WAIT_UNTIL(sl_session_pool_get_n_sessions(fixture.pool) == 0);
    }
    http_fixture_stop(&fixture);
}

/* By hand, where a client library would not do it. */

static GSocket *
raw_websocket_to(HttpFixture *fixture, const char *path, const char *from)
{
    GSocket *socket = http_fixture_connect_from(fixture, from, "127.0.0.1");
    g_autofree char *request = g_strdup_printf("GET %s HTTP/1.1\r\n", path);
    char buffer[4096];

    http_fixture_send(socket, request, -1);
    http_fixture_send(socket,
                      "Host: localhost\r\nUpgrade: websocket\r\n"
                      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                      -1);
    WAIT_UNTIL((g_socket_condition_check(socket, G_IO_IN) & G_IO_IN) != 0);
    memset(buffer, 0, sizeof(buffer));
    g_assert_cmpint(g_socket_receive(socket, buffer, sizeof(buffer) - 1, NULL, NULL), >, 0);
    g_assert_true(g_str_has_prefix(buffer, "HTTP/1.1 101 "));
    g_assert_nonnull(strstr(buffer, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    g_assert_null(strstr(buffer, "deflate"));
    return socket;
}

static GSocket *
raw_websocket(HttpFixture *fixture)
{
    return raw_websocket_to(fixture, "/ws/camera", NULL);
}

/* Masked with zeros, so that payloads stay readable */
static void
raw_send_frame(GSocket *socket, guint8 first, const char *payload, gsize len)
{
    g_autoptr(GByteArray) frame = g_byte_array_new();
    guint8 head[] = { first, 0x80 | 126, (guint8)(len >> 8), (guint8)len, 0, 0, 0, 0 };
    guint8 brief[] = { first, (guint8)(0x80 | len), 0, 0, 0, 0 };

    if (len < 126)
        g_byte_array_append(frame, brief, sizeof(brief));
    else
        g_byte_array_append(frame, head, sizeof(head));
    g_byte_array_append(frame, (const guint8 *)payload, (guint)len);
    http_fixture_send(socket, (const char *)frame->data, frame->len);
}

/* libsoup bounds frames, not messages: a message in a thousand frames must not fill the memory. */
static void
test_fragments(void)
{
    HttpFixture fixture;
    g_autoptr(GSocket) socket = NULL;
    g_autofree char *payload = g_strnfill(16000, 'x');
    g_autofree char *rest = NULL;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    socket = raw_websocket(&fixture);
    raw_send_frame(socket, 0x01, payload, 16000);
    /* The fifth is too much; whoever goes on is told so as well. */
    for (guint i = 0; i < 40; i++)
        raw_send_frame(socket, 0x00, payload, 16000);
    /* 88 24 03 f1: a close frame with 1009 and its reason */
    rest = http_fixture_receive_until_end(socket);
    g_assert_cmpstr(rest, ==,
                    "\x88\x24\x03\xf1"
                    "a message of more than 65536 bytes");
    g_clear_object(&socket);
    http_fixture_stop(&fixture);
}

static void
test_ping_flood(void)
{
    HttpFixture fixture;
    g_autoptr(GSocket) socket = NULL;
    g_autofree char *rest = NULL;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    socket = raw_websocket(&fixture);
    for (guint i = 0; i < 1000; i++)
        raw_send_frame(socket, 0x89, "x", 1);
    rest = http_fixture_receive_until_end(socket);
    g_assert_cmpuint(strlen(rest), <, 1000);
    g_assert_nonnull(strstr(rest, "\x88\x25\x03\xf0"
                                  "more than 5 pings or pongs a second"));
    g_clear_object(&socket);
    http_fixture_stop(&fixture);
}

/* Fragments of nothing never make a message too long. */
static void
test_empty_fragments(void)
{
    HttpFixture fixture;
    g_autoptr(GSocket) socket = NULL;
    g_autofree char *rest = NULL;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    socket = raw_websocket(&fixture);
    raw_send_frame(socket, 0x01, "x", 1);
    for (guint i = 0; i < 1000; i++)
        raw_send_frame(socket, 0x00, "", 0);
    rest = http_fixture_receive_until_end(socket);
    g_assert_cmpstr(rest, ==,
                    "\x88\x26\x03\xf0"
                    "more than 5 empty fragments a second");
    g_clear_object(&socket);
    http_fixture_stop(&fixture);
}

/* --- who reads, and who does not --- */

#define PUBLISHED_BYTES 16000

static GSocket *
raw_subscriber(HttpFixture *fixture)
{
    static const char subscribe[] = "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"talk:camera\"}";
    GSocket *socket = raw_websocket_to(fixture, "/relay", NULL);

    raw_send_frame(socket, 0x81, subscribe, strlen(subscribe));
    return socket;
}

static void
publish(HttpFixture *fixture, gsize bytes)
{
    g_autofree char *text = g_strnfill(bytes, 'x');
    g_autofree char *data = g_strdup_printf("\"%s\"", text);

    sl_channel_publish_async(sl_relay_get_channel(fixture->relay, "talk:camera"), "test", NULL,
                             NULL, data, NULL, NULL, NULL);
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

/* The relay's window is wide open, so that only the queue's bound holds. */
static void
prepare_wide(HttpFixture *fixture)
{
    http_fixture_prepare(fixture);
    fixture->limits.relay_window_messages = 100000;
    fixture->limits.relay_window_bytes = G_MAXUINT;
    fixture->limits.max_queue_bytes = 256 * 1024;
}

/* Returns: the bytes that come until the end; the last of them in @tail */
static gsize
drain(GSocket *socket, GByteArray *tail)
{
    static guint8 buffer[64 * 1024];
    gsize n_bytes = 0;

    while (TRUE) {
        gssize n;

        WAIT_UNTIL((g_socket_condition_check(socket, G_IO_IN) & G_IO_IN) != 0);
        n = g_socket_receive(socket, (char *)buffer, sizeof(buffer), NULL, NULL);
        if (n <= 0)
            return n_bytes;
        n_bytes += (gsize)n;
        g_byte_array_append(tail, buffer, (guint)n);
        if (tail->len > 256)
            g_byte_array_remove_range(tail, 0, tail->len - 256);
    }
}

static void
test_never_reads(void)
{
    HttpFixture fixture;
    g_autoptr(GSocket) socket = NULL;
    g_autoptr(GByteArray) tail = g_byte_array_new();
    gsize published = 0;

    prepare_wide(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    socket = raw_subscriber(&fixture);
    WAIT_UNTIL(sl_relay_get_n_clients(fixture.relay) == 1);
    while (sl_relay_get_n_clients(fixture.relay) == 1) {
        publish(&fixture, PUBLISHED_BYTES);
        published += PUBLISHED_BYTES;
        /* What the system takes for a connection, and the queue. */
        g_assert_cmpuint(published, <, 64 * 1024 * 1024);
    }
    g_assert_cmpuint(sl_meters_get_refused(fixture.meters, SL_LIMIT(max_queue_bytes)), ==, 1);
    /* Nothing is queued any more; who begins to read now is told why. */
    for (guint i = 0; i < 100; i++)
        publish(&fixture, PUBLISHED_BYTES);
    g_assert_cmpuint(drain(socket, tail), <, published + published / 8);
    g_assert_cmpuint(tail->len, >, 35);
    g_assert_cmpmem(tail->data + tail->len - 35, 35,
                    "\x88\x21\x03\xf0"
                    "more than 262144 bytes not read",
                    35);
    g_clear_object(&socket);
    http_fixture_stop(&fixture);
}

/* Slow, but it reads: many times the bound goes through. */
static void
test_slow_reader(void)
{
    enum { N_PUBLISHED = 1000, AHEAD_BYTES = 200 * 1024 };
    static char buffer[PUBLISHED_BYTES];
    HttpFixture fixture;
    g_autoptr(GSocket) socket = NULL;
    gsize published = 0, received = 0;

    prepare_wide(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    socket = raw_subscriber(&fixture);
    while (published < N_PUBLISHED * PUBLISHED_BYTES || received < published) {
        gssize n;

        while (published < N_PUBLISHED * PUBLISHED_BYTES && published < received + AHEAD_BYTES) {
            publish(&fixture, PUBLISHED_BYTES);
            published += PUBLISHED_BYTES;
        }
        WAIT_UNTIL((g_socket_condition_check(socket, G_IO_IN) & G_IO_IN) != 0);
        n = g_socket_receive(socket, buffer, sizeof(buffer), NULL, NULL);
        g_assert_cmpint(n, >, 0);
        received += (gsize)n;
    }
    g_assert_cmpuint(sl_relay_get_n_clients(fixture.relay), ==, 1);
    g_assert_cmpuint(sl_meters_get_refused(fixture.meters, SL_LIMIT(max_queue_bytes)), ==, 0);
    g_clear_object(&socket);
    WAIT_UNTIL(sl_relay_get_n_clients(fixture.relay) == 0);
    http_fixture_stop(&fixture);
}

/* Who reads all of it is never cut off, however many messages that are. */
static void
test_many_small(void)
{
    static char buffer[64 * 1024];
    HttpFixture fixture;
    g_autoptr(GSocket) socket = NULL;

    prepare_wide(&fixture);
    fixture.limits.max_queue_bytes = 64 * 1024;
    fixture.limits.pong_timeout_ms = 600000; /* nobody answers */
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    socket = raw_subscriber(&fixture);
    WAIT_UNTIL(sl_relay_get_n_clients(fixture.relay) == 1);
    for (guint i = 0; i < 12000; i++) {
        publish(&fixture, 1);
        while (g_socket_receive(socket, buffer, sizeof(buffer), NULL, NULL) > 0)
            ;
    }
    g_assert_cmpuint(sl_relay_get_n_clients(fixture.relay), ==, 1);
    g_assert_cmpuint(sl_meters_get_refused(fixture.meters, SL_LIMIT(max_queue_bytes)), ==, 0);
    g_clear_object(&socket);
    WAIT_UNTIL(sl_relay_get_n_clients(fixture.relay) == 0);
    http_fixture_stop(&fixture);
}

static void
test_full_for_an_address(void)
{
    HttpFixture fixture;
    g_autoptr(GSocket) first = NULL;
    g_autoptr(GSocket) second = NULL;
    g_autofree char *told = NULL;

    http_fixture_prepare(&fixture);
    fixture.limits.max_sessions_per_address = 1;
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    first = raw_websocket_to(&fixture, "/key/" FIXTURE_GUEST_KEY "/ws/camera", "127.0.0.2");
    raw_send_frame(first, 0x81, HELLO, strlen(HELLO));
    WAIT_UNTIL(sl_session_pool_get_n_sessions(fixture.pool) == 1);
    second = raw_websocket_to(&fixture, "/key/" FIXTURE_GUEST_KEY "/ws/camera", "127.0.0.2");
    raw_send_frame(second, 0x81, OTHER_HELLO, strlen(OTHER_HELLO));
    told = http_fixture_receive_until_end(second);
    g_assert_nonnull(strstr(told, "{\"type\":\"error\",\"code\":\"full-address\","));
    g_assert_nonnull(strstr(told, "\x88\x0e\x0f\xa2"
                                  "full-address"));
    g_clear_object(&second);
    g_clear_object(&first);
    WAIT_UNTIL(sl_session_pool_get_n_sessions(fixture.pool) == 0);
    http_fixture_stop(&fixture);
}

/* A viewer that vanished without a word: its connection stays open and nothing comes any more. */
static void
test_half_open(void)
{
    HttpFixture fixture;
    guint n_fds;
    g_autoptr(GSocket) socket = NULL;

    http_fixture_prepare(&fixture);
    fixture.limits.pong_timeout_ms = 1000;
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    socket = raw_websocket(&fixture);
    raw_send_frame(socket, 0x81, HELLO, strlen(HELLO));
    WAIT_UNTIL(sl_session_pool_get_n_sessions(fixture.pool) == 1);
    n_fds = http_fixture_count_fds();
    /* It neither reads nor closes, and both its session and its descriptor here go all the same. */
    WAIT_UNTIL(sl_session_pool_get_n_sessions(fixture.pool) == 0);
    WAIT_UNTIL(http_fixture_count_fds() == n_fds - 1);
    g_clear_object(&socket);
    http_fixture_stop(&fixture);
}

/* One that answers pings stays. */
static void
test_pong(void)
{
    HttpFixture fixture;
    Viewer *viewer;
    gint64 start;

    http_fixture_prepare(&fixture);
    fixture.limits.ping_interval_ms = 1000;
    fixture.limits.pong_timeout_ms = 8000;
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    viewer = viewer_welcomed(&fixture, HELLO);
    start = g_get_monotonic_time();
    WAIT_UNTIL(viewer->closed || g_get_monotonic_time() - start > 10000 * 1000);
    g_assert_false(viewer->closed);
    viewer_free(viewer);
    http_fixture_stop(&fixture);
}

static void
test_server_closes(void)
{
    HttpFixture fixture;
    Viewer *viewer;
    g_autoptr(GSocket) deaf = NULL;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    viewer = viewer_welcomed(&fixture, HELLO);
    deaf = raw_websocket(&fixture);
    sl_http_server_close(fixture.server);
    g_assert_cmpuint(sl_session_pool_get_n_sessions(fixture.pool), ==, 0);
    viewer_assert_closed(viewer, 1001);
    viewer_free(viewer);
    g_clear_object(&deaf);
    http_fixture_stop(&fixture);
}

static void
test_refused(void)
{
    static const struct {
        const char *path;
        const char *header;
        guint status;
    } REFUSED[] = {
        { "/ws/other", NULL, 404 },
        { "/ws/", NULL, 404 },
        { "/ws/camera", "Origin: http://evil.example.org", 403 },
        { "/ws/camera", "Origin: null", 403 },
        { "/ws/camera", "Sec-Fetch-Site: cross-site", 403 },
        { "/ws/camera", "X-Forwarded-For: 192.0.2.1", 401 },
        { "/ws/camera?key=wrong", "X-Forwarded-For: 192.0.2.1", 401 },
        { "/relay", "X-Forwarded-For: 192.0.2.1", 401 },
    };
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(REFUSED); i++) {
        Viewer *viewer = viewer_new(&fixture, REFUSED[i].path, REFUSED[i].header);

        g_assert_null(viewer->websocket);
        g_assert_cmpuint(viewer->status, ==, REFUSED[i].status);
        viewer_free(viewer);
    }
    http_fixture_stop(&fixture);
}

static void
test_let_in(void)
{
    static const struct {
        const char *path;
        const char *header;
    } LET_IN[] = {
        { "/ws/camera?key=" FIXTURE_GUEST_KEY, "X-Forwarded-For: 192.0.2.1" },
        { "/ws/camera", "Origin: https://site.example.org" },
    };
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(LET_IN); i++) {
        Viewer *viewer = viewer_new(&fixture, LET_IN[i].path, LET_IN[i].header);

        g_assert_no_error(viewer->error);
        viewer_free(viewer);
    }
    http_fixture_stop(&fixture);
}

static void
test_relay(void)
{
    HttpFixture fixture;
    Viewer *first, *second;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    first = viewer_new(&fixture, "/relay", NULL);
    g_assert_no_error(first->error);
    g_assert_nonnull(strstr(viewer_text(first, 0), "\"welcome\""));
    viewer_send(first,
                "{\"type\":\"publish\",\"id\":1,\"channel\":\"talk:camera\",\"data\":\"hej\"}");
    g_assert_nonnull(strstr(viewer_text(first, 1), "\"published\""));

    second = viewer_new(&fixture, "/relay?key=" FIXTURE_GUEST_KEY, "X-Forwarded-For: 192.0.2.1");
    g_assert_nonnull(strstr(viewer_text(second, 0), "\"welcome\""));
    viewer_send(second, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"talk:camera\"}");
    g_assert_nonnull(strstr(viewer_text(second, 1), "\"subscribed\""));
    g_assert_nonnull(strstr(viewer_text(second, 2), "\"data\":\"hej\""));
    g_assert_cmpuint(sl_relay_get_n_clients(fixture.relay), ==, 2);

    viewer_send(second, "nonsense");
    g_assert_nonnull(strstr(viewer_text(second, 3), "\"bad-message\""));
    viewer_assert_closed(second, 1008);
    WAIT_UNTIL(sl_relay_get_n_clients(fixture.relay) == 1);
    viewer_free(second);
    viewer_free(first);
    WAIT_UNTIL(sl_relay_get_n_clients(fixture.relay) == 0);
    http_fixture_stop(&fixture);
}

/* The first client opens what GIO then keeps (network monitor, resolver): not counted as left over
 * by a test. */
static void
warm_up(void)
{
    HttpFixture fixture;

    http_fixture_prepare(&fixture);
    fixture.n_fds = G_MAXUINT;
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    viewer_free(viewer_new(&fixture, "/relay", NULL));
    http_fixture_stop(&fixture);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    warm_up();
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *path = g_strconcat("/http/signalling/", CASES[i].name, NULL);
        g_test_add_data_func(path, &CASES[i], test_case);
    }
    g_test_add_func("/http/session-errors", test_session_errors);
    g_test_add_func("/http/conversation", test_conversation);
    g_test_add_func("/http/viewers", test_viewers);
    g_test_add_func("/http/pipeline", test_pipeline);
    g_test_add_func("/http/replaced-and-full", test_replaced_and_full);
    g_test_add_func("/http/no-hello", test_no_hello);
    g_test_add_func("/http/too-many", test_too_many);
    g_test_add_func("/http/binary", test_binary);
    g_test_add_func("/http/too-large", test_too_large);
    g_test_add_func("/http/fragments", test_fragments);
    g_test_add_func("/http/ping-flood", test_ping_flood);
    g_test_add_func("/http/empty-fragments", test_empty_fragments);
    g_test_add_func("/http/never-reads", test_never_reads);
    g_test_add_func("/http/slow-reader", test_slow_reader);
    g_test_add_func("/http/many-small", test_many_small);
    g_test_add_func("/http/full-for-an-address", test_full_for_an_address);
    g_test_add_func("/http/half-open", test_half_open);
    g_test_add_func("/http/pong", test_pong);
    g_test_add_func("/http/server-closes", test_server_closes);
    g_test_add_func("/http/refused", test_refused);
    g_test_add_func("/http/let-in", test_let_in);
    g_test_add_func("/http/relay", test_relay);
    return g_test_run();
}
