#include "sl-json.h"
#include "sl-relay-request.h"

#include <string.h>

typedef struct {
    const char *text;
    int code; /* SlRelayError, or -1 for none */
    gint64 id;
    const char *message; /* the exact error; NULL where another module words it */
} Case;

#define PUBLISH "{\"type\":\"publish\",\"id\":1,\"channel\":\"a:b\",\"data\":1,"
#define NAME "{\"type\":\"name\",\"id\":1,\"name\":"
#define BAD_NAME "a name has 1 to 32 printable characters on one line"

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
    { "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"a:b\",\"presence\":true}", -1, 1, NULL },
    { "{\"type\":\"publish\",\"channel\":\"a:b\",\"data\":1}", -1, -1, NULL },
    { PUBLISH "\"seq\":1,\"at\":2.5}", -1, 1, NULL },
    { "{\"type\":\"take\",\"id\":1,\"channel\":\"a:b\",\"force\":true}", -1, 1, NULL },
    { "{\"type\":\"take\",\"id\":1,\"channel\":\"a:b\",\"force\":null}", -1, 1, NULL },
    { "{\"type\":\"release\",\"id\":1,\"channel\":\"a:b\"}", -1, 1, NULL },
    { NAME "\"\"}", -1, 1, NULL },
    { NAME "\"Ännchen 👩‍🚀\"}", -1, 1, NULL },
    { NAME "\"01234567890123456789012345678901\"}", -1, 1, NULL },

    { "", SL_RELAY_ERROR_BAD_MESSAGE, -1, "JSON ends at byte 0, expected an object" },
    { "[]", SL_RELAY_ERROR_BAD_MESSAGE, -1, "JSON has “[” at byte 0, expected an object" },
    { "{\"id\":5}", SL_RELAY_ERROR_BAD_MESSAGE, 5, "“type” is nothing, expected a string" },
    { "{\"type\":7}", SL_RELAY_ERROR_BAD_MESSAGE, -1, "“type” is an integer, expected a string" },
    { "{\"type\":\"shout\",\"id\":5}", SL_RELAY_ERROR_UNKNOWN_TYPE, 5,
      "“type” is “shout”, expected “subscribe”, “unsubscribe”, “publish”, “take”, “release”, "
      "“name” or “ack”" },
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
    { "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"a:b\",\"presence\":1}",
      SL_RELAY_ERROR_BAD_MESSAGE, 1, "“presence” is an integer, expected true or false" },
    { PUBLISH "\"seq\":1}", SL_RELAY_ERROR_BAD_MESSAGE, 1,
      "“seq” without “at”, expected both or neither" },
    { PUBLISH "\"at\":1}", SL_RELAY_ERROR_BAD_MESSAGE, 1,
      "“at” without “seq”, expected both or neither" },
    { PUBLISH "\"seq\":1.5,\"at\":1}", SL_RELAY_ERROR_BAD_MESSAGE, 1,
      "“seq” is a number, expected an integer" },
    { PUBLISH "\"seq\":1,\"at\":\"now\"}", SL_RELAY_ERROR_BAD_MESSAGE, 1,
      "“at” is a string, expected a number" },
    { PUBLISH "\"seq\":1,\"at\":-1}", SL_RELAY_ERROR_BAD_MESSAGE, 1,
      "“at” is -1, expected 0 to 9007199254740991" },
    { PUBLISH "\"seq\":1,\"at\":1e300}", SL_RELAY_ERROR_BAD_MESSAGE, 1,
      "“at” is 1e+300, expected 0 to 9007199254740991" },
    { "{\"type\":\"take\",\"channel\":\"a:b\"}", SL_RELAY_ERROR_BAD_MESSAGE, -1,
      "“id” is nothing, expected an integer" },
    { "{\"type\":\"release\",\"id\":1}", SL_RELAY_ERROR_BAD_MESSAGE, 1,
      "“channel” is nothing, expected a string" },
    { "{\"type\":\"name\",\"id\":1}", SL_RELAY_ERROR_BAD_MESSAGE, 1,
      "“name” is nothing, expected a string" },
    { NAME "\"012345678901234567890123456789012\"}", SL_RELAY_ERROR_BAD_NAME, 1, BAD_NAME },
    { NAME "\"two\\nlines\"}", SL_RELAY_ERROR_BAD_NAME, 1, BAD_NAME },
    { NAME "\"two\\u2028lines\"}", SL_RELAY_ERROR_BAD_NAME, 1, BAD_NAME },
    { NAME "\"\\u202etfel\"}", SL_RELAY_ERROR_BAD_NAME, 1, BAD_NAME },
    { NAME "\"\\u0007\"}", SL_RELAY_ERROR_BAD_NAME, 1, BAD_NAME },
    { NAME "\"   \"}", SL_RELAY_ERROR_BAD_NAME, 1, BAD_NAME },
    { NAME "\"\\u200d\"}", SL_RELAY_ERROR_BAD_NAME, 1, BAD_NAME },
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
test_command(void)
{
    const char *text = PUBLISH "\"seq\":3,\"at\":1234.5}";
    const char *bare = "{\"type\":\"publish\",\"id\":1,\"channel\":\"a:b\",\"data\":1}";
    g_auto(SlRelayRequest) request = { NULL };
    g_auto(SlRelayRequest) other = { NULL };

    g_assert_true(sl_relay_request_parse(&request, text, strlen(text), NULL));
    g_assert_true(request.command);
    g_assert_cmpuint(request.seq, ==, 3);
    g_assert_cmpint(request.at_us, ==, 1234500);
    g_assert_true(sl_relay_request_parse(&other, bare, strlen(bare), NULL));
    g_assert_false(other.command);
}

/* What an error is answered with. */
static void
test_channel_of_errors(void)
{
    const char *text = "{\"type\":\"publish\",\"id\":1,\"channel\":\"a:b\"}";
    g_auto(SlRelayRequest) request = { NULL };

    g_assert_false(sl_relay_request_parse(&request, text, strlen(text), NULL));
    g_assert_cmpstr(request.channel, ==, "a:b");
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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/relay-request/parse", test_parse);
    g_test_add_func("/relay-request/members", test_members);
    g_test_add_func("/relay-request/command", test_command);
    g_test_add_func("/relay-request/channel-of-errors", test_channel_of_errors);
    g_test_add_func("/relay-request/too-large", test_too_large);
    return g_test_run();
}
