#include "sl-relay-wire.h"

static void
assert_text(char *text, const char *expected)
{
    g_assert_cmpstr(text, ==, expected);
    g_free(text);
}

static void
test_texts(void)
{
    g_autoptr(GError) error =
        g_error_new(SL_RELAY_ERROR, SL_RELAY_ERROR_NOT_SUBSCRIBED, "no “%s”", "a:b");
    SlRelaySubscribed subscribed = { .channel = "a:b", .epoch = "e", .last = 9, .recovered = TRUE };
    SlRelayPerson bert = { "c2", "Bert" };
    g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(SlRelayPerson));
    g_autoptr(GPtrArray) left = g_ptr_array_new();

    assert_text(sl_relay_wire_welcome("c1"),
                "{\"type\":\"welcome\",\"version\":1,\"client\":\"c1\"}");
    assert_text(
        sl_relay_wire_subscribed(3, &subscribed),
        "{\"type\":\"subscribed\",\"id\":3,\"channel\":\"a:b\",\"epoch\":\"e\",\"offset\":9,"
        "\"recovered\":true,\"publish\":false}");
    subscribed.has_holder = TRUE;
    assert_text(
        sl_relay_wire_subscribed(3, &subscribed),
        "{\"type\":\"subscribed\",\"id\":3,\"channel\":\"a:b\",\"epoch\":\"e\",\"offset\":9,"
        "\"recovered\":true,\"publish\":false,\"holder\":null}");
    subscribed.holder = bert;
    assert_text(
        sl_relay_wire_subscribed(3, &subscribed),
        "{\"type\":\"subscribed\",\"id\":3,\"channel\":\"a:b\",\"epoch\":\"e\",\"offset\":9,"
        "\"recovered\":true,\"publish\":false,"
        "\"holder\":{\"client\":\"c2\",\"name\":\"Bert\"}}");
    assert_text(sl_relay_wire_taken(4, "a:b"), "{\"type\":\"taken\",\"id\":4,\"channel\":\"a:b\"}");
    assert_text(sl_relay_wire_released(4, "a:b"),
                "{\"type\":\"released\",\"id\":4,\"channel\":\"a:b\"}");
    assert_text(sl_relay_wire_named(4, "Bert"), "{\"type\":\"named\",\"id\":4,\"name\":\"Bert\"}");
    assert_text(sl_relay_wire_holder("a:b", bert, "taken"),
                "{\"type\":\"holder\",\"channel\":\"a:b\","
                "\"holder\":{\"client\":\"c2\",\"name\":\"Bert\"},\"reason\":\"taken\"}");
    assert_text(sl_relay_wire_holder("a:b", (SlRelayPerson){ NULL }, "left"),
                "{\"type\":\"holder\",\"channel\":\"a:b\",\"holder\":null,\"reason\":\"left\"}");
    g_array_append_val(people, bert);
    g_ptr_array_add(left, (gpointer) "c3");
    assert_text(sl_relay_wire_presence("a:b", 7, people),
                "{\"type\":\"presence\",\"channel\":\"a:b\",\"count\":7,"
                "\"clients\":[{\"client\":\"c2\",\"name\":\"Bert\"}]}");
    assert_text(sl_relay_wire_presence_change("a:b", 7, people, left),
                "{\"type\":\"presence\",\"channel\":\"a:b\",\"count\":7,"
                "\"joined\":[{\"client\":\"c2\",\"name\":\"Bert\"}],\"left\":[\"c3\"]}");
    assert_text(sl_relay_wire_unsubscribed(0, "a:b"),
                "{\"type\":\"unsubscribed\",\"id\":0,\"channel\":\"a:b\"}");
    assert_text(sl_relay_wire_published(1, "a:b", 2),
                "{\"type\":\"published\",\"id\":1,\"channel\":\"a:b\",\"offset\":2}");
    assert_text(sl_relay_wire_gap("a:b", 1, 4),
                "{\"type\":\"gap\",\"channel\":\"a:b\",\"from\":1,\"to\":4}");
    assert_text(sl_relay_wire_message("a:b", 2, 1700000000123, "c1", "é", 3, "[1]"),
                "{\"type\":\"message\",\"channel\":\"a:b\",\"offset\":2,\"time\":1700000000123,"
                "\"from\":\"c1\",\"name\":\"é\",\"count\":3,\"data\":[1]}");
    assert_text(sl_relay_wire_error(-1, NULL, error),
                "{\"type\":\"error\",\"code\":\"not-subscribed\",\"message\":\"no “a:b”\"}");
}

static void
test_codes(void)
{
    static const char *const codes[] = {
        "bad-message",
        "unknown-type",
        "unknown-channel",
        "not-allowed",
        "too-large",
        "too-many",
        "too-fast",
        "already-subscribed",
        "not-subscribed",
        "bad-name",
        "held",
        "not-holder",
        "stale",
        "slow",
    };

    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_autoptr(GError) error = g_error_new_literal(SL_RELAY_ERROR, i, "m");
        g_autofree char *expected = g_strdup_printf(
            "{\"type\":\"error\",\"id\":4,\"channel\":\"a:b\",\"code\":\"%s\",\"message\":\"m\"}",
            codes[i]);

        assert_text(sl_relay_wire_error(4, "a:b", error), expected);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/relay-wire/texts", test_texts);
    g_test_add_func("/relay-wire/codes", test_codes);
    return g_test_run();
}
