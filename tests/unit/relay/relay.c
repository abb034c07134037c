#include <json-glib/json-glib.h>

#include "relay-fixture.h"

#include "sl-relay-client.h"

static void
subscribe(RelayFixture *fixture, FakeTransport *client, const char *channel)
{
    fake_transport_say(client, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"%s\"}", channel);
    relay_expect(fixture, client, "\"type\":\"subscribed\",\"id\":1,\"channel\":\"%s\"", channel);
}

static void
test_conversation(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *anna = relay_fixture_join(fixture, NULL);
    FakeTransport *bert = relay_fixture_join(fixture, NULL);
    const char *epoch = sl_channel_get_epoch(sl_relay_get_channel(fixture->relay, "room:a"));

    g_assert_cmpuint(sl_relay_get_n_clients(fixture->relay), ==, 2);
    fake_transport_say(anna, "{\"type\":\"subscribe\",\"id\":7,\"channel\":\"room:a\"}");
    relay_expect(fixture, anna,
                 "\"type\":\"subscribed\",\"id\":7,\"channel\":\"room:a\",\"epoch\":\"%s\","
                 "\"offset\":0,\"recovered\":true",
                 epoch);
    subscribe(fixture, bert, "room:a");

    fake_transport_say(bert,
                       "{\"type\":\"publish\",\"id\":8,\"channel\":\"room:a\",\"data\":[\"hi\"]}");
    relay_expect(fixture, anna,
                 "\"type\":\"message\",\"channel\":\"room:a\",\"offset\":1,\"data\":[\"hi\"]");
    relay_fixture_settle(fixture);
    g_assert_cmpuint(fake_transport_get_n_sent(bert), ==, 2); /* the answer and the message */
    fake_transport_say(anna,
                       "{\"type\":\"publish\",\"id\":9,\"channel\":\"room:a\",\"data\":null}");
    relay_fixture_settle(fixture);
    g_assert_cmpuint(fake_transport_get_n_sent(anna), ==, 2);

    relay_fixture_leave(fixture, anna);
    g_assert_cmpuint(sl_relay_get_n_clients(fixture->relay), ==, 1);
    relay_fixture_leave(fixture, bert);
    g_assert_cmpuint(sl_relay_get_n_clients(fixture->relay), ==, 0);
}

static void
test_from(RelayFixture *fixture, gconstpointer data)
{
    g_autoptr(FakeTransport) client = fake_transport_new();
    g_autofree char *welcome = NULL;
    g_autoptr(JsonNode) node = NULL;

    sl_relay_attach(fixture->relay, SL_RELAY_TRANSPORT(client), fixture->grant,
                    SL_RELAY_KIND_LOCAL);
    welcome = fake_transport_take(client); /* at once */
    g_assert_nonnull(welcome);
    node = json_from_string(welcome, NULL);
    fake_transport_say(client, "{\"type\":\"publish\",\"id\":2,\"channel\":\"room:a\",\"data\":1}");
    relay_expect(fixture, client,
                 "\"type\":\"published\",\"id\":2,\"channel\":\"room:a\",\"offset\":1");
    subscribe(fixture, client, "room:a");
    relay_expect(fixture, client, "\"type\":\"message\",\"from\":\"%s\"",
                 json_object_get_string_member(json_node_get_object(node), "client"));
}

static void
test_order(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);
    FakeTransport *late;

    subscribe(fixture, client, "room:a");
    for (guint i = 0; i < 100; i++)
        relay_fixture_publish(fixture, "room:a", i);
    relay_expect_messages(fixture, client, "room:a", 1, 100);
    relay_expect_nothing(fixture, client);

    late = relay_fixture_join(fixture, NULL);
    subscribe(fixture, late, "room:a");
    relay_expect_messages(fixture, late, "room:a", 1, 100);
    relay_fixture_publish(fixture, "room:a", 100);
    relay_expect_messages(fixture, late, "room:a", 101, 101);
    relay_expect_messages(fixture, client, "room:a", 101, 101);
    relay_fixture_leave(fixture, late);
    relay_fixture_leave(fixture, client);
}

/* Each line is a request, up to the one that closes the connection. */
static void
test_lines(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);

    fake_transport_say(client, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"room:a\"}\n\n"
                               "{\"type\":\"unsubscribe\",\"id\":2,\"channel\":\"room:a\"}\r\n");
    relay_expect(fixture, client, "\"type\":\"subscribed\",\"id\":1");
    relay_expect(fixture, client, "\"type\":\"unsubscribed\",\"id\":2");
    relay_expect_nothing(fixture, client);
    fake_transport_say(client, "{\"type\":\"sing\",\"id\":3}\n{\n{\"type\":\"sing\",\"id\":4}");
    relay_expect(fixture, client, "\"type\":\"error\",\"id\":3,\"code\":\"unknown-type\"");
    relay_expect(fixture, client, "\"type\":\"error\",\"code\":\"bad-message\"");
    relay_expect_nothing(fixture, client);
    g_assert_true(fake_transport_is_closed(client));
    relay_fixture_leave(fixture, client);
}

/* What is ready at once comes in few texts, each of at most 16 KiB, but for longer messages. */
static void
test_joined(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);
    g_autofree char *large = g_strnfill(16 * 1024 - 10, 'x');
    gsize longest;
    guint before, n;

    for (guint i = 0; i < 240; i++)
        relay_fixture_publish(fixture, "room:a", i);
    before = fake_transport_get_n_texts(client, &longest);
    fake_transport_say(client, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"room:a\"}");
    relay_expect(fixture, client, "\"type\":\"subscribed\"");
    relay_expect_messages(fixture, client, "room:a", 1, 240);
    n = fake_transport_get_n_texts(client, &longest) - before;
    g_test_message("%u texts, the longest has %u bytes", n, (guint)longest);
    g_assert_cmpuint(n, <=, 10);
    g_assert_cmpuint(longest, <=, 16 * 1024);

    fake_transport_say(
        client, "{\"type\":\"publish\",\"id\":2,\"channel\":\"room:a\",\"data\":\"%s\"}", large);
    relay_expect(fixture, client, "\"type\":\"published\"");
    relay_expect_messages(fixture, client, "room:a", 241, 241);
    g_assert_cmpuint(fake_transport_get_n_texts(client, &longest), >, 1);
    g_assert_cmpuint(longest, <, 16 * 1024 + 200);
    relay_fixture_leave(fixture, client);
}

/* What is ready in a transport's pause goes together: at its end, or when there is enough. */
static void
test_pause(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);
    g_autofree char *large = g_strnfill(16 * 1024 - 10, 'x');
    gsize longest;
    guint before;

    subscribe(fixture, client, "room:a");
    fake_transport_set_pause_ms(client, 3600 * 1000);
    before = fake_transport_get_n_texts(client, &longest);
    for (guint i = 0; i < 20; i++) {
        relay_fixture_publish(fixture, "room:a", i);
        relay_expect_nothing(fixture, client);
    }
    fake_transport_say(
        client, "{\"type\":\"publish\",\"id\":2,\"channel\":\"room:a\",\"data\":\"%s\"}", large);
    relay_expect_messages(fixture, client, "room:a", 1, 20);
    g_assert_cmpuint(fake_transport_get_n_texts(client, &longest), <=, before + 2);
    relay_fixture_leave(fixture, client);
}

static void
test_channels_apart(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);

    subscribe(fixture, client, "room:a");
    subscribe(fixture, client, "free:all");
    relay_fixture_publish(fixture, "room:b", 1);
    relay_expect_nothing(fixture, client);
    relay_fixture_publish(fixture, "free:all", 1);
    relay_expect_messages(fixture, client, "free:all", 1, 1);

    fake_transport_say(client, "{\"type\":\"unsubscribe\",\"id\":5,\"channel\":\"free:all\"}");
    relay_expect(fixture, client, "\"type\":\"unsubscribed\",\"id\":5,\"channel\":\"free:all\"");
    relay_fixture_publish(fixture, "free:all", 1);
    relay_expect_nothing(fixture, client);
    subscribe(fixture, client, "free:all");
    relay_expect_messages(fixture, client, "free:all", 1, 2);
    relay_fixture_leave(fixture, client);
}

typedef struct {
    gboolean right_epoch;
    guint64 offset;
    gboolean recovered;
    guint64 first; /* that comes; 0 for none */
} Recovery;

/* With ten messages published and seven kept: 4 to 10. */
static const Recovery recoveries[] = {
    { TRUE, 10, TRUE, 0 },  { TRUE, 9, TRUE, 10 },
    { TRUE, 4, TRUE, 5 },   { TRUE, 3, TRUE, 4 },
    { TRUE, 2, FALSE, 4 },  { TRUE, 0, FALSE, 4 },
    { TRUE, 11, FALSE, 4 }, { FALSE, 10, FALSE, 4 },
    { FALSE, 0, FALSE, 4 }, { TRUE, G_GUINT64_CONSTANT(9007199254740991), FALSE, 4 },
};

static void
test_recovery(RelayFixture *fixture, gconstpointer data)
{
    const char *epoch = sl_channel_get_epoch(sl_relay_get_channel(fixture->relay, "room:a"));
    FakeTransport *client;

    for (guint i = 0; i < 10; i++)
        relay_fixture_publish(fixture, "room:a", i);
    for (guint i = 0; i < G_N_ELEMENTS(recoveries); i++) {
        const Recovery *recovery = &recoveries[i];

        client = relay_fixture_join(fixture, NULL);
        fake_transport_say(client,
                           "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"room:a\","
                           "\"epoch\":\"%s\",\"offset\":%" G_GUINT64_FORMAT "}",
                           recovery->right_epoch ? epoch : "another", recovery->offset);
        relay_expect(fixture, client, "\"type\":\"subscribed\",\"offset\":10,\"recovered\":%s",
                     recovery->recovered ? "true" : "false");
        if (recovery->first != 0)
            relay_expect_messages(fixture, client, "room:a", recovery->first, 10);
        relay_expect_nothing(fixture, client);
        relay_fixture_leave(fixture, client);
    }

    client = relay_fixture_join(fixture, NULL);
    fake_transport_say(client, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"room:a\"}");
    relay_expect(fixture, client, "\"type\":\"subscribed\",\"offset\":10,\"recovered\":false");
    relay_expect_messages(fixture, client, "room:a", 4, 10);
    relay_fixture_leave(fixture, client);
}

static void
test_key(RelayFixture *fixture, gconstpointer data)
{
    const char *publish =
        "{\"type\":\"publish\",\"id\":%d,\"channel\":\"room:a\",\"data\":%d,\"key\":\"k\"}";
    FakeTransport *before = relay_fixture_join(fixture, NULL);
    FakeTransport *after;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    fake_transport_say(before, publish, 1, 1);
    relay_fixture_leave(fixture, before); /* without having heard the answer */
    after = relay_fixture_join(fixture, NULL);
    fake_transport_say(after, publish, 1, 1);
#pragma GCC diagnostic pop
    relay_expect(fixture, after, "\"type\":\"published\",\"id\":1,\"offset\":1");
    g_assert_cmpuint(sl_channel_get_last_offset(sl_relay_get_channel(fixture->relay, "room:a")), ==,
                     1);
    relay_fixture_leave(fixture, after);
}

typedef struct {
    const char *request;
    const char *error; /* members of the answer */
    gboolean closes;
} Refusal;

static const Refusal refusals[] = {
    { "{", "\"code\":\"bad-message\",\"message\":\"JSON ends at byte 1, expected a member's name\"",
      TRUE },
    { "{\"type\":\"ack\",\"received\":1}",
      "\"code\":\"bad-message\",\"message\":\"“received” is 1, but 0 messages were sent\"", TRUE },
    { "{\"type\":\"sing\",\"id\":3}", "\"id\":3,\"code\":\"unknown-type\"", FALSE },
    { "{\"type\":\"sing\"}", "\"code\":\"unknown-type\"", FALSE },
    { "{\"type\":\"subscribe\",\"id\":3,\"channel\":\"room:c\"}",
      "\"id\":3,\"code\":\"unknown-channel\",\"message\":\"there is no channel “room:c”\"", FALSE },
    { "{\"type\":\"publish\",\"id\":3,\"channel\":\"\",\"data\":1}",
      "\"id\":3,\"code\":\"unknown-channel\",\"message\":\"there is no channel “”\"", FALSE },
    { "{\"type\":\"unsubscribe\",\"id\":3,\"channel\":\"room:a\"}",
      "\"id\":3,\"code\":\"not-subscribed\",\"message\":\"not subscribed to “room:a”\"", FALSE },
    { "{\"type\":\"subscribe\",\"id\":3,\"channel\":\"free:all\"}",
      "\"id\":3,\"code\":\"already-subscribed\",\"message\":\"already subscribed to “free:all”\"",
      FALSE },
    { "{\"type\":\"subscribe\",\"id\":3,\"channel\":\"room:b\"}",
      "\"id\":3,\"code\":\"not-allowed\","
      "\"message\":\"the key does not allow to read this channel\"",
      FALSE },
    { "{\"type\":\"publish\",\"id\":3,\"channel\":\"room:b\",\"data\":1}",
      "\"id\":3,\"code\":\"not-allowed\","
      "\"message\":\"the key does not allow to write to this channel\"",
      FALSE },
};

static void
test_refusals(RelayFixture *fixture, gconstpointer data)
{
    static const char *const streams[] = { "a", NULL };
    g_autoptr(SlGrant) grant = sl_grant_new("only a", SL_ROLES_GUEST, streams, 0);

    for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
        const Refusal *refusal = &refusals[i];
        FakeTransport *client = relay_fixture_join(fixture, grant);

        g_test_message("%s", refusal->request);
        subscribe(fixture, client, "free:all");
        fake_transport_say(client, "%s", refusal->request);
        relay_expect(fixture, client, "\"type\":\"error\",%s", refusal->error);
        g_assert_cmpint(fake_transport_is_closed(client), ==, refusal->closes);
        if (refusal->closes)
            g_assert_cmpstr(fake_transport_get_reason(client), ==, "bad-message");
        relay_expect_nothing(fixture, client);
        relay_fixture_leave(fixture, client);
    }
}

static void
test_watch_only(RelayFixture *fixture, gconstpointer data)
{
    g_autoptr(SlGrant) grant = sl_grant_new("watch", SL_ROLE_WATCH, NULL, 0);
    FakeTransport *client = relay_fixture_join(fixture, grant);

    subscribe(fixture, client, "room:a");
    fake_transport_say(client, "{\"type\":\"publish\",\"id\":3,\"channel\":\"room:a\",\"data\":1}");
    relay_expect(fixture, client, "\"type\":\"error\",\"id\":3,\"code\":\"not-allowed\"");
    relay_fixture_leave(fixture, client);
}

static void
test_expiry(RelayFixture *fixture, gconstpointer data)
{
    gint64 expires_us = g_get_real_time() + G_USEC_PER_SEC;
    g_autoptr(SlGrant) grant = sl_grant_new("short", SL_ROLES_GUEST, NULL, expires_us);
    FakeTransport *client = relay_fixture_join(fixture, grant);

    subscribe(fixture, client, "room:a");
    relay_fixture_publish(fixture, "room:a", 1);
    relay_expect_messages(fixture, client, "room:a", 1, 1);
    while (g_get_real_time() < expires_us)
        g_usleep(1000);
    relay_fixture_publish(fixture, "room:a", 2);
    relay_expect(fixture, client, "\"type\":\"error\",\"code\":\"not-allowed\"");
    relay_expect_nothing(fixture, client);
    fake_transport_say(client, "{\"type\":\"publish\",\"id\":3,\"channel\":\"room:a\",\"data\":1}");
    relay_expect(fixture, client, "\"type\":\"error\",\"id\":3,\"code\":\"not-allowed\"");
    g_assert_false(fake_transport_is_closed(client));
    relay_fixture_leave(fixture, client);
}

static void
test_too_many(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);

    for (guint i = 0; i <= SL_RELAY_MAX_SUBSCRIPTIONS; i++) {
        g_autofree char *name = g_strdup_printf("many:n%u", i);

        sl_relay_add_channel(fixture->relay, name);
        fake_transport_say(client, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"%s\"}", name);
        if (i < SL_RELAY_MAX_SUBSCRIPTIONS)
            relay_expect(fixture, client, "\"type\":\"subscribed\"");
    }
    relay_expect(fixture, client,
                 "\"type\":\"error\",\"id\":1,\"code\":\"too-many\","
                 "\"message\":\"at most 64 channels can be subscribed to at once\"");
    relay_fixture_leave(fixture, client);
}

static void
test_close(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *anna = relay_fixture_join(fixture, NULL);
    FakeTransport *bert = relay_fixture_join(fixture, NULL);
    g_autoptr(FakeTransport) late = fake_transport_new();

    subscribe(fixture, anna, "room:a");
    relay_fixture_publish(fixture, "room:a", 1); /* a read is under way */
    sl_relay_close(fixture->relay);
    sl_relay_close(fixture->relay);
    g_assert_true(fake_transport_is_closed(anna));
    g_assert_true(fake_transport_is_closed(bert));
    g_assert_cmpstr(fake_transport_get_reason(bert), ==, "the server ends");
    g_assert_cmpuint(sl_relay_get_n_clients(fixture->relay), ==, 0);
    sl_relay_attach(fixture->relay, SL_RELAY_TRANSPORT(late), fixture->grant, SL_RELAY_KIND_LOCAL);
    g_assert_true(fake_transport_is_closed(late));
    relay_fixture_leave(fixture, anna);
    relay_fixture_leave(fixture, bert);
}

static void
test_breaks_while_sending(RelayFixture *fixture, gconstpointer data)
{
    for (guint n = 1; n <= 6; n++) {
        FakeTransport *client = relay_fixture_join(fixture, NULL);

        for (guint i = 0; i < 3; i++)
            relay_fixture_publish(fixture, "room:a", i);
        fake_transport_break_after(client, n);
        fake_transport_say(client, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"room:a\"}");
        fake_transport_say(client, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"free:all\"}");
        relay_fixture_settle(fixture);
        relay_fixture_leave(fixture, client);
        g_assert_cmpuint(sl_relay_get_n_clients(fixture->relay), ==, 0);
    }
}

/* What is asked at once is answered in few texts: sending one breaks it amid a request. */
static void
test_breaks_while_answering(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < 90; i++)
        g_string_append(text, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"room:a\"}\n"
                              "{\"type\":\"unsubscribe\",\"id\":2,\"channel\":\"room:a\"}\n");
    fake_transport_break_after(client, 1);
    fake_transport_say(client, "%s", text->str);
    g_assert_true(fake_transport_is_closed(client));
    relay_fixture_leave(fixture, client);
}

static void
test_left_attached(RelayFixture *fixture, gconstpointer data)
{
    g_autoptr(FakeTransport) client = relay_fixture_join(fixture, NULL);

    subscribe(fixture, client, "room:a");
    relay_fixture_publish(fixture, "room:a", 1);
    /* The tear-down proves that the relay goes all the same. */
}

int
main(int argc, char **argv)
{
    static RelaySetup seven = { .settings = "history-messages=7" };

    g_test_init(&argc, &argv, NULL);
    sl_limits_init(&seven.limits);
#define ADD(name, setup, func)                                                  \
    g_test_add("/relay/" name, RelayFixture, setup, relay_fixture_set_up, func, \
               relay_fixture_tear_down)
    ADD("conversation", NULL, test_conversation);
    ADD("from", NULL, test_from);
    ADD("order", NULL, test_order);
    ADD("lines", NULL, test_lines);
    ADD("joined", NULL, test_joined);
    ADD("pause", NULL, test_pause);
    ADD("channels-apart", NULL, test_channels_apart);
    ADD("recovery", &seven, test_recovery);
    ADD("key", NULL, test_key);
    ADD("refusals", NULL, test_refusals);
    ADD("watch-only", NULL, test_watch_only);
    ADD("expiry", NULL, test_expiry);
    ADD("too-many", NULL, test_too_many);
    ADD("close", NULL, test_close);
    ADD("breaks-while-sending", NULL, test_breaks_while_sending);
    ADD("breaks-while-answering", NULL, test_breaks_while_answering);
    ADD("left-attached", NULL, test_left_attached);
    return g_test_run();
}
