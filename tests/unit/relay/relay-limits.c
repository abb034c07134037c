#include "relay-fixture.h"

#include <string.h>

static void
subscribe(RelayFixture *fixture, FakeTransport *client, const char *channel)
{
    fake_transport_say(client, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"%s\"}", channel);
    relay_expect(fixture, client, "\"type\":\"subscribed\",\"id\":1,\"channel\":\"%s\"", channel);
}

static void
publish_many(RelayFixture *fixture, const char *channel, guint n)
{
    for (guint i = 0; i < n; i++)
        relay_fixture_publish(fixture, channel, i);
}

/* The window is 8 messages here. */
static void
test_window(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);

    subscribe(fixture, client, "room:a");
    subscribe(fixture, client, "room:b");
    publish_many(fixture, "room:a", 12);
    relay_expect_messages(fixture, client, "room:a", 1, 8);
    relay_expect_nothing(fixture, client);
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":3}");
    relay_expect_messages(fixture, client, "room:a", 9, 11);
    relay_expect_nothing(fixture, client);
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":3}");
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":1}");
    relay_expect_nothing(fixture, client);
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":11}");
    relay_expect_messages(fixture, client, "room:a", 12, 12);

    publish_many(fixture, "room:b", 9); /* one window for all channels */
    relay_expect_messages(fixture, client, "room:b", 1, 7);
    relay_expect_nothing(fixture, client);
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":20}");
    relay_expect(fixture, client,
                 "\"type\":\"error\",\"code\":\"bad-message\","
                 "\"message\":\"“received” is 20, but 19 messages were sent\"");
    g_assert_true(fake_transport_is_closed(client));
    relay_fixture_leave(fixture, client);
}

static void
test_window_bytes(RelayFixture *fixture, gconstpointer data)
{
    g_autofree char *text = g_strnfill(1000, 'x');
    FakeTransport *client = relay_fixture_join(fixture, NULL);

    subscribe(fixture, client, "room:a");
    for (guint i = 0; i < 5; i++) {
        fake_transport_say(
            client, "{\"type\":\"publish\",\"id\":2,\"channel\":\"room:b\",\"data\":\"%s\"}", text);
        relay_expect(fixture, client, "\"type\":\"published\"");
    }
    subscribe(fixture, client, "room:b");
    relay_expect_messages(fixture, client, "room:b", 1, 2); /* 2,500 bytes hold two */
    relay_expect_nothing(fixture, client);
    publish_many(fixture, "room:a", 1); /* would fit, but not past those that came before it */
    relay_expect_nothing(fixture, client);
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":2}");
    relay_fixture_settle(fixture);
    g_assert_cmpuint(fake_transport_get_n_sent(client), >=, 2);
    relay_fixture_leave(fixture, client);
}

static void
test_slow_client_alone(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *slow = relay_fixture_join(fixture, NULL);
    FakeTransport *fast = relay_fixture_join(fixture, NULL);

    subscribe(fixture, slow, "room:a");
    subscribe(fixture, fast, "room:a");
    for (guint i = 0; i < 50; i++) {
        relay_fixture_publish(fixture, "room:a", i);
        relay_expect_messages(fixture, fast, "room:a", i + 1, i + 1);
        fake_transport_say(fast, "{\"type\":\"ack\",\"received\":%u}", i + 1);
    }
    /* 20 are kept: 31 to 50. */
    relay_expect_messages(fixture, slow, "room:a", 1, 8);
    relay_expect_nothing(fixture, slow);
    fake_transport_say(slow, "{\"type\":\"ack\",\"received\":8}");
    relay_expect(fixture, slow, "\"type\":\"gap\",\"channel\":\"room:a\",\"from\":9,\"to\":30");
    relay_expect_messages(fixture, slow, "room:a", 31, 38);
    relay_expect_nothing(fixture, slow);
    fake_transport_say(slow, "{\"type\":\"ack\",\"received\":16}");
    relay_expect_messages(fixture, slow, "room:a", 39, 46);
    fake_transport_say(slow, "{\"type\":\"ack\",\"received\":24}");
    relay_expect_messages(fixture, slow, "room:a", 47, 50);
    relay_expect_nothing(fixture, slow);
    relay_fixture_leave(fixture, slow);
    relay_fixture_leave(fixture, fast);
}

static void
test_new_subscriber_has_no_gap(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);

    publish_many(fixture, "room:a", 30);
    subscribe(fixture, client, "room:a");
    relay_expect_messages(fixture, client, "room:a", 11, 18);
    relay_fixture_leave(fixture, client);
}

static void
test_publish_too_large(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);
    g_autofree char *fits = g_strnfill(1998, 'x'); /* and two quotes */

    fake_transport_say(
        client, "{\"type\":\"publish\",\"id\":2,\"channel\":\"room:a\",\"data\":\"%s\"}", fits);
    relay_expect(fixture, client, "\"type\":\"published\"");
    fake_transport_say(
        client, "{\"type\":\"publish\",\"id\":2,\"channel\":\"room:a\",\"data\":\"%sx\"}", fits);
    relay_expect(fixture, client,
                 "\"type\":\"error\",\"id\":2,\"code\":\"too-large\","
                 "\"message\":\"“data” has 2001 bytes, expected at most 2000\"");
    g_assert_false(fake_transport_is_closed(client));
    relay_fixture_leave(fixture, client);
}

static void
test_text_too_large(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);
    g_autofree char *text = g_strnfill(65537, ' ');

    fake_transport_say(client, "%s", text);
    relay_expect(fixture, client, "\"type\":\"error\",\"code\":\"too-large\"");
    g_assert_false(fake_transport_is_closed(client));
    relay_fixture_leave(fixture, client);
}

static void
test_many_lines_too_large(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);
    g_autoptr(GString) text = g_string_new(NULL);

    while (text->len <= 65536)
        g_string_append(text, "{\"type\":\"sing\"}\n");
    fake_transport_say(client, "%s", text->str);
    relay_expect(fixture, client, "\"type\":\"error\",\"code\":\"too-large\"");
    relay_expect_nothing(fixture, client);
    g_assert_false(fake_transport_is_closed(client));
    relay_fixture_leave(fixture, client);
}

/* A burst of 5, and nothing after it. */
static void
test_too_fast(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);
    guint refused = 0;

    for (guint i = 0; i < 5; i++) {
        fake_transport_say(client,
                           "{\"type\":\"publish\",\"id\":%u,\"channel\":\"room:a\",\"data\":1}", i);
        relay_expect(fixture, client, "\"type\":\"published\",\"id\":%u", i);
    }
    while (!fake_transport_is_closed(client)) {
        fake_transport_say(client,
                           "{\"type\":\"publish\",\"id\":9,\"channel\":\"room:a\",\"data\":1}");
        relay_expect(fixture, client,
                     "\"type\":\"error\",\"id\":9,\"code\":\"too-fast\","
                     "\"message\":\"more than 0 requests a second\"");
        refused++;
    }
    g_assert_cmpuint(refused, ==, 5); /* went on regardless, by another burst */
    g_assert_cmpstr(fake_transport_get_reason(client), ==, "too-fast");
    g_assert_cmpuint(sl_channel_get_last_offset(sl_relay_get_channel(fixture->relay, "room:a")), ==,
                     5);
    relay_fixture_leave(fixture, client);
}

/* Bytes are counted, too, whatever the requests say; with its own words. */
static void
test_too_many_bytes(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);
    g_autofree char *value = g_strnfill(1000, 'x');
    guint refused = 0;

    for (guint i = 0; i < 9; i++) {
        fake_transport_say(
            client, "{\"type\":\"publish\",\"id\":%u,\"channel\":\"room:a\",\"data\":\"%s\"}", i,
            value);
        relay_expect(fixture, client, "\"type\":\"published\",\"id\":%u", i);
    }
    while (!fake_transport_is_closed(client)) {
        fake_transport_say(client,
                           "{\"type\":\"publish\",\"id\":9,\"channel\":\"room:a\",\"data\":\"%s\"}",
                           value);
        relay_expect(fixture, client,
                     "\"type\":\"error\",\"id\":9,\"code\":\"too-fast\","
                     "\"message\":\"more than 0 bytes a second\"");
        refused++;
    }
    g_assert_cmpuint(refused, ==, 10);
    g_assert_cmpstr(fake_transport_get_reason(client), ==, "too-fast");
    relay_fixture_leave(fixture, client);
}

/* What is nothing counts as bytes, too, and is answered once a text. */
static void
test_empty_lines(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);
    g_autofree char *lines = g_strnfill(6000, '\n');

    fake_transport_say(client, "%s", lines);
    relay_expect_nothing(fixture, client);
    for (guint i = 0; i < 3; i++) {
        g_assert_false(fake_transport_is_closed(client));
        fake_transport_say(client, "%s", lines);
        relay_expect(fixture, client, "\"type\":\"error\",\"code\":\"too-fast\"");
        relay_expect_nothing(fixture, client);
    }
    g_assert_true(fake_transport_is_closed(client));
    relay_fixture_leave(fixture, client);
}

static void
test_acks_are_free(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);

    subscribe(fixture, client, "room:a");
    for (guint i = 0; i < 100; i++) {
        relay_fixture_publish(fixture, "room:a", i);
        relay_expect_messages(fixture, client, "room:a", i + 1, i + 1);
        fake_transport_say(client, "{\"type\":\"ack\",\"received\":%u}", i + 1);
    }
    relay_expect_nothing(fixture, client);
    for (guint i = 0; i < 4; i++)
        fake_transport_say(client, "{\"type\":\"ack\",\"received\":100}"); /* says nothing new */
    relay_expect_nothing(fixture, client);
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":100}");
    relay_expect(fixture, client, "\"type\":\"error\",\"code\":\"too-fast\"");
    relay_fixture_leave(fixture, client);
}

/* However often a client subscribes and leaves again while its window is full, nothing grows. */
static void
test_resubscribing_while_full(RelayFixture *fixture, gconstpointer data)
{
    SlChannel *channel = sl_relay_get_channel(fixture->relay, "room:b");
    FakeTransport *client = relay_fixture_join(fixture, NULL);
    guint refs;

    subscribe(fixture, client, "room:a");
    publish_many(fixture, "room:a", 8);
    publish_many(fixture, "room:b", 8);
    relay_expect_messages(fixture, client, "room:a", 1, 8);
    relay_fixture_settle(fixture);
    refs = G_OBJECT(channel)->ref_count;
    for (guint i = 0; i < 80; i++) {
        subscribe(fixture, client, "room:b");
        fake_transport_say(client, "{\"type\":\"unsubscribe\",\"id\":1,\"channel\":\"room:b\"}");
        relay_expect(fixture, client, "\"type\":\"unsubscribed\"");
    }
    g_assert_cmpuint(G_OBJECT(channel)->ref_count, ==, refs);
    relay_fixture_leave(fixture, client);
}

int
main(int argc, char **argv)
{
    static RelaySetup small = { .settings = "history-messages=20 max-message-bytes=2000" };
    static RelaySetup bytes, slow, narrow;

    g_test_init(&argc, &argv, NULL);
    sl_limits_init(&small.limits);
    small.limits.relay_window_messages = 8;
    bytes = small;
    bytes.limits.relay_window_bytes = 2500;
    slow = small;
    slow.limits.relay_requests_per_second = 0;
    slow.limits.relay_request_burst = 5;
    narrow = small;
    narrow.limits.relay_bytes_per_second = 0;
    narrow.limits.relay_byte_burst = 10000;
#define ADD(name, setup, func)                                                         \
    g_test_add("/relay-limits/" name, RelayFixture, setup, relay_fixture_set_up, func, \
               relay_fixture_tear_down)
    ADD("window", &small, test_window);
    ADD("window-bytes", &bytes, test_window_bytes);
    ADD("slow-client-alone", &small, test_slow_client_alone);
    ADD("new-subscriber-has-no-gap", &small, test_new_subscriber_has_no_gap);
    ADD("publish-too-large", &small, test_publish_too_large);
    ADD("text-too-large", &small, test_text_too_large);
    ADD("many-lines-too-large", &small, test_many_lines_too_large);
    ADD("too-fast", &slow, test_too_fast);
    ADD("too-many-bytes", &narrow, test_too_many_bytes);
    ADD("empty-lines", &narrow, test_empty_lines);
    ADD("acks-are-free", &slow, test_acks_are_free);
    ADD("resubscribing-while-full", &small, test_resubscribing_while_full);
    return g_test_run();
}
