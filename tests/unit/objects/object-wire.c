#include "sl-object-wire.h"

#include <string.h>

#define H "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define KEY64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* @error: `WORD: MESSAGE`; NULL: it is one */
typedef struct {
    const char *text, *error;
    gint64 id;
} Case;

static const Case cases[] = {
    { "{\"type\":\"put\",\"id\":0,\"hash\":\"" H "\",\"size\":0,\"key\":\"k\"}", NULL, 0 },
    { "{\"type\":\"put\",\"id\":4294967295,\"hash\":\"" H "\",\"size\":9007199254740991,\"key\":"
      "\"" KEY64 "\",\"more\":[]}",
      NULL, 4294967295 },
    { "{\"type\":\"get\",\"id\":1,\"hash\":\"" H "\"}", NULL, 1 },
    { "{\"type\":\"get\",\"id\":1,\"hash\":\"" H "\",\"offset\":null}", NULL, 1 },
    { "{\"type\":\"ack\",\"id\":1,\"offset\":16384}", NULL, 1 },
    { "{\"type\":\"stop\",\"id\":1}", NULL, 1 },

    { "", "bad-message: JSON ends at byte 0, expected an object", -1 },
    { "[]", "bad-message: JSON has “[” at byte 0, expected an object", -1 },
    { "{}", "bad-message: “type” is nothing, expected a string", -1 },
    { "{\"type\":\"fetch\",\"id\":3}",
      "unknown-type: “type” is “fetch”, expected “put”, “get”, “ack” or “stop”", 3 },
    { "{\"type\":\"stop\"}", "bad-message: “id” is nothing, expected an integer", -1 },
    { "{\"type\":\"stop\",\"id\":4294967296}",
      "bad-message: “id” is 4294967296, expected 0 to 4294967295", -1 },
    { "{\"type\":\"stop\",\"id\":-1}", "bad-message: “id” is -1, expected 0 to 4294967295", -1 },
    { "{\"type\":\"get\",\"id\":1}", "bad-message: “hash” is nothing, expected a string", 1 },
    { "{\"type\":\"get\",\"id\":1,\"hash\":\"E3B0\"}",
      "bad-message: “hash” is not 64 digits of 0-9 and a-f", 1 },
    { "{\"type\":\"get\",\"id\":1,\"hash\":\"../../etc/passwd\"}",
      "bad-message: “hash” is not 64 digits of 0-9 and a-f", 1 },
    { "{\"type\":\"get\",\"id\":1,\"hash\":\"" H "\",\"offset\":-1}",
      "bad-message: “offset” is -1, expected 0 to 9007199254740991", 1 },
    { "{\"type\":\"put\",\"id\":1,\"hash\":\"" H "\",\"key\":\"k\"}",
      "bad-message: “size” is nothing, expected an integer", 1 },
    { "{\"type\":\"put\",\"id\":1,\"hash\":\"" H "\",\"size\":1.5,\"key\":\"k\"}",
      "bad-message: “size” is a number, expected an integer", 1 },
    { "{\"type\":\"put\",\"id\":1,\"hash\":\"" H "\",\"size\":9007199254740992,\"key\":\"k\"}",
      "bad-message: “size” is 9007199254740992, expected 0 to 9007199254740991", 1 },
    { "{\"type\":\"put\",\"id\":1,\"hash\":\"" H "\",\"size\":1}",
      "bad-message: “key” is nothing, expected a string", 1 },
    { "{\"type\":\"put\",\"id\":1,\"hash\":\"" H "\",\"size\":1,\"key\":\"\"}",
      "bad-message: “key” has 0 characters, expected 1 to 64", 1 },
    { "{\"type\":\"put\",\"id\":1,\"hash\":\"" H "\",\"size\":1,\"key\":\"" KEY64 "x\"}",
      "bad-message: “key” has 65 characters, expected 1 to 64", 1 },
    { "{\"type\":\"ack\",\"id\":1}", "bad-message: “offset” is nothing, expected an integer", 1 },
};

static void
test_requests(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(SlObjectRequest) request = { NULL };
        g_autoptr(GError) error = NULL;
        g_autofree char *said = NULL;

        g_test_message("%s", cases[i].text);
        g_assert_cmpint(
            sl_object_request_parse(&request, cases[i].text, strlen(cases[i].text), &error), ==,
            cases[i].error == NULL);
        g_assert_cmpint(request.id, ==, cases[i].id);
        if (error != NULL)
            said = g_strdup_printf("%s: %s", sl_object_error_get_word(error), error->message);
        g_assert_cmpstr(said, ==, cases[i].error);
    }
}

static void
test_long_text(void)
{
    g_autofree char *longest = g_strdup_printf("{\"type\":\"stop\",\"id\":1}%*s", 4096 - 22, "");

    g_assert_cmpuint(strlen(longest), ==, 4096);
    for (gsize more = 0; more < 2; more++) {
        g_autofree char *text = g_strdup_printf("%s%*s", longest, (int)more, "");
        g_auto(SlObjectRequest) request = { NULL };
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(sl_object_request_parse(&request, text, strlen(text), &error), ==,
                        more == 0);
        if (more > 0)
            g_assert_cmpstr(error->message, ==, "a text of 4097 bytes, at most 4096 are allowed");
    }
}

static void
test_members(void)
{
    const char *put = "{\"type\":\"put\",\"id\":7,\"hash\":\"" H "\",\"size\":12,\"key\":\"ab\"}";
    const char *get = "{\"type\":\"get\",\"id\":8,\"hash\":\"" H "\",\"offset\":5}";
    SlObjectRequest request;

    g_assert_true(sl_object_request_parse(&request, put, strlen(put), NULL));
    g_assert_cmpint(request.type, ==, SL_OBJECT_REQUEST_PUT);
    g_assert_cmpstr(request.hash, ==, H);
    g_assert_cmpstr(request.key, ==, "ab");
    g_assert_cmpuint(request.size, ==, 12);
    sl_object_request_clear(&request);
    g_assert_true(sl_object_request_parse(&request, get, strlen(get), NULL));
    g_assert_cmpint(request.type, ==, SL_OBJECT_REQUEST_GET);
    g_assert_cmpuint(request.offset, ==, 5);
    sl_object_request_clear(&request);
}

static void
test_chunks(void)
{
    static const guint8 wire[] = { 0xfe, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 'a', 'b' };
    const SlObjectChunk chunk = { 0xfe000001, 0x0102030405060708, 2 };
    g_autoptr(GBytes) payload = g_bytes_new_static("xxabyy", 6);
    g_autoptr(GBytes) message = sl_object_chunk_to_bytes(&chunk, payload, 2);
    SlObjectChunk parsed;

    g_assert_cmpmem(g_bytes_get_data(message, NULL), g_bytes_get_size(message), wire, sizeof(wire));
    g_assert_true(sl_object_chunk_parse(&parsed, message, NULL));
    g_assert_cmpuint(parsed.id, ==, chunk.id);
    g_assert_cmpuint(parsed.offset, ==, chunk.offset);
    g_assert_cmpuint(parsed.size, ==, chunk.size);
}

static void
test_chunk_sizes(void)
{
    static const guint8 zeros[12 + 16384 + 1];
    static const struct {
        gsize size;
        const char *error;
    } sizes[] = {
        { 0, "a chunk of 0 bytes, expected 13 to 16396" },
        { 12, "a chunk of 12 bytes, expected 13 to 16396" },
        { 13, NULL },
        { 16396, NULL },
        { 16397, "a chunk of 16397 bytes, expected 13 to 16396" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GBytes) message = g_bytes_new_static(zeros, sizes[i].size);
        g_autoptr(GError) error = NULL;
        SlObjectChunk chunk;

        g_assert_cmpint(sl_object_chunk_parse(&chunk, message, &error), ==, sizes[i].error == NULL);
        g_assert_cmpstr(error != NULL ? error->message : NULL, ==, sizes[i].error);
        g_assert_true(error == NULL ||
                      g_error_matches(error, SL_OBJECT_ERROR, SL_OBJECT_ERROR_BAD_MESSAGE));
    }
}

static void
assert_text(char *text, const char *expected)
{
    g_assert_cmpstr(text, ==, expected);
    g_free(text);
}

static void
test_answers(void)
{
    g_autoptr(GError) error =
        g_error_new_literal(SL_OBJECT_ERROR, SL_OBJECT_ERROR_NO_ROOM, "say \"no\"");

    assert_text(sl_object_wire_welcome(1048576, 268435456, TRUE),
                "{\"type\":\"welcome\",\"version\":1,\"window\":1048576,\"max-object-bytes\":"
                "268435456,\"put\":true}");
    assert_text(sl_object_wire_putting(0, 5), "{\"type\":\"putting\",\"id\":0,\"offset\":5}");
    assert_text(sl_object_wire_ack(G_MAXUINT32, 9007199254740991),
                "{\"type\":\"ack\",\"id\":4294967295,\"offset\":9007199254740991}");
    assert_text(sl_object_wire_stored(1, H), "{\"type\":\"stored\",\"id\":1,\"hash\":\"" H "\"}");
    assert_text(sl_object_wire_getting(1, 9, 3),
                "{\"type\":\"getting\",\"id\":1,\"size\":9,\"offset\":3}");
    assert_text(sl_object_wire_stopped(1), "{\"type\":\"stopped\",\"id\":1}");
    assert_text(sl_object_wire_error(1, error), "{\"type\":\"error\",\"id\":1,\"code\":\"no-room\","
                                                "\"message\":\"say \\\"no\\\"\"}");
    assert_text(sl_object_wire_error(-1, error),
                "{\"type\":\"error\",\"code\":\"no-room\",\"message\":\"say \\\"no\\\"\"}");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/object-wire/requests", test_requests);
    g_test_add_func("/object-wire/long-text", test_long_text);
    g_test_add_func("/object-wire/members", test_members);
    g_test_add_func("/object-wire/chunks", test_chunks);
    g_test_add_func("/object-wire/chunk-sizes", test_chunk_sizes);
    g_test_add_func("/object-wire/answers", test_answers);
    return g_test_run();
}
