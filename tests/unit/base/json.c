#include "sl-error.h"
#include "sl-json.h"

#include <string.h>

typedef struct {
    const char *text;
    const char *expected; /* what comes out again, or the error's message */
} Case;

static const Case valid[] = {
    { "{}", "{}" },
    { " \t\r\n{ } \n", "{}" },
    { "{\"a\":1,\"b\":[true,false,null,-0,0,12]}", "{\"a\":1,\"b\":[true,false,null,0,0,12]}" },
    { "{\"a\":9223372036854775807,\"b\":-9223372036854775808}",
      "{\"a\":9223372036854775807,\"b\":-9223372036854775808}" },
    { "{\"a\":[0.1,1e20,1E-7,-2.5e+3,1.7976931348623157e308]}",
      "{\"a\":[0.1,1e+20,1e-07,-2500,1.7976931348623157e+308]}" },
    { "{\"a\":\"\\u00e9\\ud83d\\ude00\\/\\\\\\\"\\b\\f\\n\\r\\t\"}",
      "{\"a\":\"é😀/\\\\\\\"\\u0008\\u000c\\n\\u000d\\u0009\"}" },
    { "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}" },
    { "{\"\":{\"x\":{}}}", "{\"\":{\"x\":{}}}" },
    { "{\"é\":\"\x7f\"}", "{\"é\":\"\x7f\"}" },
};

static const Case invalid[] = {
    { "", "JSON ends at byte 0, expected an object" },
    { "  ", "JSON ends at byte 2, expected an object" },
    { "[]", "JSON has “[” at byte 0, expected an object" },
    { "null", "JSON has “n” at byte 0, expected an object" },
    { "{", "JSON ends at byte 1, expected a member's name" },
    { "{}x", "JSON has “x” at byte 2, expected its end" },
    { "{}{}", "JSON has “{” at byte 2, expected its end" },
    { "// c\n{}", "JSON has “/” at byte 0, expected an object" },
    { "{/**/}", "JSON has “/” at byte 1, expected a member's name" },
    { "{'a':1}", "JSON has “'” at byte 1, expected a member's name" },
    { "{a:1}", "JSON has “a” at byte 1, expected a member's name" },
    { "{\"a\"}", "JSON has “}” at byte 4, expected “:”" },
    { "{\"a\":}", "JSON has “}” at byte 5, expected a value" },
    { "{\"a\":1,}", "JSON has “}” at byte 7, expected a member's name" },
    { "{\"a\":1 \"b\":2}", "JSON has “\"” at byte 7, expected “,” or “}”" },
    { "{\"a\":[1,]}", "JSON has “]” at byte 8, expected a value" },
    { "{\"a\":[1}", "JSON has “}” at byte 7, expected “,” or “]”" },
    { "{\"a\":tru}", "JSON has “t” at byte 5, expected a value" },
    { "{\"a\":NaN}", "JSON has “N” at byte 5, expected a value" },
    { "{\"a\":01}", "JSON has “1” at byte 6, expected “,” or “}”" },
    { "{\"a\":0x1}", "JSON has “x” at byte 6, expected “,” or “}”" },
    { "{\"a\":+1}", "JSON has “+” at byte 5, expected a value" },
    { "{\"a\":-}", "JSON has “}” at byte 6, expected a digit" },
    { "{\"a\":1.}", "JSON has “}” at byte 7, expected a digit" },
    { "{\"a\":.5}", "JSON has “.” at byte 5, expected a value" },
    { "{\"a\":1e}", "JSON has “}” at byte 7, expected a digit" },
    { "{\"a\":9223372036854775808}",
      "JSON has “9” at byte 5, expected a number of at most 64 bits" },
    { "{\"a\":1e999}", "JSON has “1” at byte 5, expected a number of at most 64 bits" },
    { "{\"a\":\"", "JSON ends at byte 6, expected the end of a string" },
    { "{\"a\":\"\n\"}", "JSON has byte 0x0a at byte 6, expected no control character in a string" },
    { "{\"a\":\"\\x41\"}", "JSON has “x” at byte 7, expected an escape" },
    { "{\"a\":\"\\", "JSON ends at byte 7, expected an escape" },
    { "{\"a\":\"\\u12\"}", "JSON has “\"” at byte 10, expected four hexadecimal digits" },
    { "{\"a\":\"\\u0000\"}", "JSON has “0” at byte 8, expected no NUL in a string" },
    { "{\"a\":\"\\ud800\"}", "JSON has “\"” at byte 12, expected a surrogate pair" },
    { "{\"a\":\"\\udc00\"}", "JSON has “\"” at byte 12, expected a surrogate pair" },
    { "{\"a\":\"\\ud800\\u0041\"}", "JSON has “\"” at byte 18, expected a surrogate pair" },
    { "{\"a\":\"\xff\"}", "JSON is not UTF-8 at byte 6" },
    { "{\"a\":\"\xed\xa0\x80\"}", "JSON is not UTF-8 at byte 6" },
};

static void
test_valid(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(valid); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(JsonObject) object =
            sl_json_parse_object(valid[i].text, strlen(valid[i].text), &error);
        g_autofree char *text = NULL;

        g_test_message("%s", valid[i].text);
        g_assert_no_error(error);
        text = sl_json_to_text(object);
        g_assert_cmpstr(text, ==, valid[i].expected);
    }
}

static void
test_invalid(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(invalid); i++) {
        /* Exactly as long as it is: a byte read beyond it is the sanitizer's. */
        gsize len = strlen(invalid[i].text);
        g_autofree char *text = g_memdup2(invalid[i].text, len);
        g_autoptr(GError) error = NULL;

        g_test_message("%s", invalid[i].expected);
        g_assert_null(sl_json_parse_object(text != NULL ? text : "", len, &error));
        g_assert_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID);
        g_assert_cmpstr(error->message, ==, invalid[i].expected);
    }
}

static JsonObject *
parse_nested(guint depth, GError **error)
{
    g_autoptr(GString) text = g_string_new("{\"a\":");

    for (guint i = 1; i < depth; i++)
        g_string_append_c(text, '[');
    for (guint i = 1; i < depth; i++)
        g_string_append_c(text, ']');
    if (depth == 1)
        g_string_append_c(text, '1');
    g_string_append_c(text, '}');
    return sl_json_parse_object(text->str, text->len, error);
}

static void
test_depth(void)
{
    g_autoptr(JsonObject) deep = parse_nested(SL_JSON_MAX_DEPTH, NULL);
    g_autoptr(GError) error = NULL;
    const char *brackets = "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}";
    g_autoptr(JsonObject) in_string = sl_json_parse_object(brackets, strlen(brackets), NULL);

    g_assert_nonnull(deep);
    g_assert_nonnull(in_string);
    g_assert_null(parse_nested(SL_JSON_MAX_DEPTH + 1, &error));
    g_assert_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID);
    g_assert_cmpstr(error->message, ==, "JSON is nested more than 32 deep");
    g_assert_null(parse_nested(30000, NULL));
}

static void
test_size(void)
{
    g_autofree char *text = g_strnfill(SL_JSON_MAX_BYTES + 1, ' ');
    g_autoptr(JsonObject) fits = NULL;
    g_autoptr(GError) error = NULL;

    memcpy(text, "{}", 2);
    fits = sl_json_parse_object(text, SL_JSON_MAX_BYTES, NULL);
    g_assert_nonnull(fits);
    g_assert_null(sl_json_parse_object(text, SL_JSON_MAX_BYTES + 1, &error));
    g_assert_error(error, SL_BASE_ERROR, SL_BASE_ERROR_TOO_LARGE);
    g_assert_cmpstr(error->message, ==, "JSON of 65537 bytes, at most 65536 are allowed");
}

static void
assert_string_error(JsonObject *object, const char *name, const char *message)
{
    const char *value = "untouched";
    g_autoptr(GError) error = NULL;

    g_assert_false(sl_json_get_string(object, name, 5, &value, &error));
    g_assert_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_cmpstr(value, ==, "untouched");
}

static void
assert_integer_error(JsonObject *object, const char *name, const char *message)
{
    gint64 value = 77;
    g_autoptr(GError) error = NULL;

    g_assert_false(sl_json_get_integer(object, name, 0, 9, &value, &error));
    g_assert_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_cmpint(value, ==, 77);
}

static void
test_getters(void)
{
    const char *text =
        "{\"s\":\"hello\",\"long\":\"hello!\",\"i\":9,\"ten\":10,\"d\":1.5,\"t\":true,"
        "\"n\":null,\"o\":{},\"a\":[]}";
    g_autoptr(JsonObject) object = sl_json_parse_object(text, strlen(text), NULL);
    const char *string;
    gint64 integer;

    g_assert_true(sl_json_get_string(object, "s", 5, &string, NULL));
    g_assert_cmpstr(string, ==, "hello");
    g_assert_true(sl_json_get_integer(object, "i", 0, 9, &integer, NULL));
    g_assert_cmpint(integer, ==, 9);

    assert_string_error(object, "long", "“long” has 6 bytes, expected at most 5");
    assert_string_error(object, "none", "“none” is nothing, expected a string");
    assert_string_error(object, "n", "“n” is null, expected a string");
    assert_string_error(object, "i", "“i” is an integer, expected a string");
    assert_string_error(object, "d", "“d” is a number, expected a string");
    assert_string_error(object, "t", "“t” is a boolean, expected a string");
    assert_string_error(object, "o", "“o” is an object, expected a string");
    assert_string_error(object, "a", "“a” is an array, expected a string");
    assert_integer_error(object, "ten", "“ten” is 10, expected 0 to 9");
    assert_integer_error(object, "s", "“s” is a string, expected an integer");
    assert_integer_error(object, "d", "“d” is a number, expected an integer");

    g_assert_true(sl_json_get_optional_string(object, "none", 5, &string, NULL));
    g_assert_null(string);
    g_assert_true(sl_json_get_optional_string(object, "s", 5, &string, NULL));
    g_assert_cmpstr(string, ==, "hello");
    g_assert_false(sl_json_get_optional_string(object, "i", 5, &string, NULL));
    g_assert_true(sl_json_get_optional_integer(object, "n", 0, 9, -1, &integer, NULL));
    g_assert_cmpint(integer, ==, -1);
    g_assert_false(sl_json_get_optional_integer(object, "ten", 0, 9, -1, &integer, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/valid", test_valid);
    g_test_add_func("/json/invalid", test_invalid);
    g_test_add_func("/json/depth", test_depth);
    g_test_add_func("/json/size", test_size);
    g_test_add_func("/json/getters", test_getters);
    return g_test_run();
}
