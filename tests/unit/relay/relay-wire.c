#include "sl-json.h"
#include "sl-relay-wire.h"

#include <string.h>

typedef struct {
    const char *text;
    int code; /* SlRelayError, or -1 for none */
    gint64 id;
    const char *message; /* the exact error; NULL where another module words it */
} Case;

static const Case cases[] = {
    { "{\"type\":\"subscribe\",\"id\":0,\"channel\":\"a:b\"}", -1, 0, NULL },
    { "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"a:b\",\"epoch\":\"e\",\"offset\":7}", -1, 1,
      NULL },
    { "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"a:b\",\"epoch\":null,\"offset\":null}", -1, 1,
      NULL },
    { "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"a:b\",\"more\":[]}", -1, 1, NULL },
    { "{\"type\":\"unsubscribe\",\"id\":9007199254740991,\"channel\":\"a:b\"}", -1,
      SL_JSON_MAX_INTEGER, NULL },
    { "{\"type\":\"publish\",\"id\":2,\"channel\":\"a:b\",\"data\":null}", -1, 2, NULL },
    { "{\"type\":\"publish\",\"id\":2,\"channel\":\"a:b\",\"data\":{\"x\":1},\"key\":\"k\"}", -1, 2,
      NULL },
    { "{\"type\":\"ack\",\"received\":3}", -1, -1, NULL },

    { "", SL_RELAY_ERROR_BAD_MESSAGE, -1, "JSON ends at byte 0, expected an object" },
    { "[]", SL_RELAY_ERROR_BAD_MESSAGE, -1, "JSON has “[” at byte 0, expected an object" },
    { "{\"id\":5}", SL_RELAY_ERROR_BAD_MESSAGE, 5, "“type” is nothing, expected a string" },
    { "{\"type\":7}", SL_RELAY_ERROR_BAD_MESSAGE, -1, "“type” is an integer, expected a string" },
    { "{\"type\":\"shout\",\"id\":5}", SL_RELAY_ERROR_UNKNOWN_TYPE, 5,
      "“type” is “shout”, expected “subscribe”, “unsubscribe”, “publish” or “ack”" },
    { "{\"type\":\"subscribe\",\"channel\":\"a:b\"}", SL_RELAY_ERROR_BAD_MESSAGE, -1,
      "“id” is nothing, expected an integer" },
    { "{\"type\":\"subscribe\",\"id\":-1,\"channel\":\"a:b\"}", SL_RELAY_ERROR_BAD_MESSAGE, -1,
      "“id” is -1, expected 0 to 9007199254740991" },
    { "{\"type\":\"subscribe\",\"id\":9007199254740992,\"channel\":\"a:b\"}",
      SL_RELAY_ERROR_BAD_MESSAGE, -1, "“id” is 9007199254740992, expected 0 to 9007199254740991" },
    { "{\"type\":\"subscribe\",\"id\":1}", SL_RELAY_ERROR_BAD_MESSAGE, 1,
      "“channel” is nothing, expected a string" },
    { "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"a:b\",\"epoch\":\"e\"}",
      SL_RELAY_ERROR_BAD_MESSAGE, 1, "“epoch” without “offset”, expected both or neither" },
    { "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"a:b\",\"offset\":0}",
      SL_RELAY_ERROR_BAD_MESSAGE, 1, "“offset” without “epoch”, expected both or neither" },
    { "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"a:b\",\"epoch\":\"e\",\"offset\":-2}",
      SL_RELAY_ERROR_BAD_MESSAGE, 1, "“offset” is -2, expected 0 to 9007199254740991" },
    { "{\"type\":\"publish\",\"id\":1,\"channel\":\"a:b\"}", SL_RELAY_ERROR_BAD_MESSAGE, 1,
      "“data” is nothing, expected any value" },
    { "{\"type\":\"publish\",\"id\":1,\"channel\":\"a:b\",\"data\":1,\"key\":\"\"}",
      SL_RELAY_ERROR_BAD_MESSAGE, 1, "“key” has 0 characters, expected 1 to 64" },
    { "{\"type\":\"publish\",\"id\":1,\"channel\":\"a:b\",\"data\":1,\"key\":"
      "\"0123456789012345678901234567890123456789012345678901234567890123x\"}",
      SL_RELAY_ERROR_BAD_MESSAGE, 1, "“key” has 65 characters, expected 1 to 64" },
    { "{\"type\":\"publish\",\"id\":1,\"channel\":\"a:b\",\"data\":1,\"key\":1}",
      SL_RELAY_ERROR_BAD_MESSAGE, 1, "“key” is an integer, expected a string" },
    { "{\"type\":\"ack\"}", SL_RELAY_ERROR_BAD_MESSAGE, -1,
      "“received” is nothing, expected an integer" },
    { "{\"type\":\"ack\",\"received\":-1}", SL_RELAY_ERROR_BAD_MESSAGE, -1,
      "“received” is -1, expected 0 to 9007199254740991" },
};

static void
test_parse(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *c = &cases[i];
        g_auto(SlRelayRequest) request = { NULL };
        g_autoptr(GError) error = NULL;

        g_test_message("%s", c->text);
        g_assert_cmpint(sl_relay_request_parse(&request, c->text, strlen(c->text), &error), ==,
                        c->code == -1);
        g_assert_cmpint(request.id, ==, c->id);
        if (c->code == -1) {
            g_assert_no_error(error);
        } else {
            g_assert_error(error, SL_RELAY_ERROR, c->code);
            g_assert_cmpstr(error->message, ==, c->message);
        }
    }
}

static void
test_members(void)
{
    const char *text =
        "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"a:b\",\"epoch\":\"e\",\"offset\":7}";
    g_auto(SlRelayRequest) request = { NULL };

    g_assert_true(sl_relay_request_parse(&request, text, strlen(text), NULL));
    g_assert_cmpint(request.type, ==, SL_RELAY_SUBSCRIBE);
    g_assert_cmpstr(request.channel, ==, "a:b");
    g_assert_cmpstr(request.epoch, ==, "e");
    g_assert_cmpuint(request.offset, ==, 7);
}

static void
test_too_large(void)
{
    g_autofree char *text = g_strnfill(SL_JSON_MAX_BYTES + 1, ' ');
    g_auto(SlRelayRequest) request = { NULL };
    g_autoptr(GError) error = NULL;

    g_assert_false(sl_relay_request_parse(&request, text, strlen(text), &error));
    g_assert_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_LARGE);
    g_assert_cmpstr(error->message, ==, "JSON of 65537 bytes, at most 65536 are allowed");
}

static void
assert_text(char *text, const char *expected)
{
    g_assert_cmpstr(text, ==, expected);
    g_free(text);
}

static void
test_texts(void)
{
    static const char *const json = "{\"data\":{\"a\":[1,\"\\u00e9\",1e20]}}";
    g_autoptr(JsonObject) object = sl_json_parse_object(json, strlen(json), NULL);
    g_autoptr(GError) error =
        g_error_new(SL_RELAY_ERROR, SL_RELAY_ERROR_NOT_SUBSCRIBED, "no “%s”", "a:b");

    assert_text(sl_relay_wire_welcome("c1"),
                "{\"type\":\"welcome\",\"version\":1,\"client\":\"c1\"}");
    assert_text(
        sl_relay_wire_subscribed(3, "a:b", "e", 9, TRUE),
        "{\"type\":\"subscribed\",\"id\":3,\"channel\":\"a:b\",\"epoch\":\"e\",\"offset\":9,"
        "\"recovered\":true}");
    assert_text(sl_relay_wire_unsubscribed(0, "a:b"),
                "{\"type\":\"unsubscribed\",\"id\":0,\"channel\":\"a:b\"}");
    assert_text(sl_relay_wire_published(1, "a:b", 2),
                "{\"type\":\"published\",\"id\":1,\"channel\":\"a:b\",\"offset\":2}");
    assert_text(sl_relay_wire_gap("a:b", 1, 4),
                "{\"type\":\"gap\",\"channel\":\"a:b\",\"from\":1,\"to\":4}");
    assert_text(sl_relay_wire_message("a:b", 2, 1700000000123, "c1",
                                      json_object_get_member(object, "data")),
                "{\"type\":\"message\",\"channel\":\"a:b\",\"offset\":2,\"time\":1700000000123,"
                "\"from\":\"c1\",\"data\":{\"a\":[1,\"é\",1e+20]}}");
    assert_text(sl_relay_wire_error(-1, error),
                "{\"type\":\"error\",\"code\":\"not-subscribed\",\"message\":\"no “a:b”\"}");
}

static void
test_codes(void)
{
    static const char *const codes[] = {
        "bad-message", "unknown-type", "unknown-channel",    "not-allowed",    "too-large",
        "too-many",    "too-fast",     "already-subscribed", "not-subscribed",
    };

    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_autoptr(GError) error = g_error_new_literal(SL_RELAY_ERROR, i, "m");
        g_autofree char *expected = g_strdup_printf(
            "{\"type\":\"error\",\"id\":4,\"code\":\"%s\",\"message\":\"m\"}", codes[i]);

        assert_text(sl_relay_wire_error(4, error), expected);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/relay-wire/parse", test_parse);
    g_test_add_func("/relay-wire/members", test_members);
    g_test_add_func("/relay-wire/too-large", test_too_large);
    g_test_add_func("/relay-wire/texts", test_texts);
    g_test_add_func("/relay-wire/codes", test_codes);
    return g_test_run();
}
