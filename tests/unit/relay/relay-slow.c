#include "relay-fixture.h"

#include <string.h>

/* The window is 8 messages, the history 20. */

static void
subscribe(RelayFixture *fixture, FakeTransport *client, const char *channel)
{
    fake_transport_say(client, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"%s\"}", channel);
    relay_expect(fixture, client, "\"type\":\"subscribed\",\"channel\":\"%s\"", channel);
}

/* Settled each time, so that nothing is read together. */
static void
publish_many(RelayFixture *fixture, guint n)
{
    for (guint i = 0; i < n; i++) {
        relay_fixture_publish(fixture, "room:a", i);
        relay_fixture_settle(fixture);
    }
}

static void
test_latest_only(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);

    subscribe(fixture, client, "room:a");
    publish_many(fixture, 50);
    relay_expect_messages(fixture, client, "room:a", 1, 8);
    relay_expect_nothing(fixture, client);
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":8}");
    relay_expect_messages(fixture, client, "room:a", 50, 50); /* and no gap */
    relay_expect_nothing(fixture, client);
    publish_many(fixture, 2);
    relay_expect_messages(fixture, client, "room:a", 51, 52);
    relay_fixture_leave(fixture, client);
}

static void
test_recover(RelayFixture *fixture, gconstpointer data)
{
    const char *epoch = sl_channel_get_epoch(sl_relay_get_channel(fixture->relay, "room:a"));
    FakeTransport *client = relay_fixture_join(fixture, NULL);

    subscribe(fixture, client, "room:a");
    publish_many(fixture, 28); /* 9 to 28 are kept: just what it lacks */
    relay_expect_messages(fixture, client, "room:a", 1, 8);
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":8}");
    relay_expect_messages(fixture, client, "room:a", 9, 16);
    publish_many(fixture, 9); /* 18 is the oldest */
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":16}");
    relay_expect(fixture, client,
                 "\"type\":\"error\",\"channel\":\"room:a\",\"code\":\"slow\","
                 "\"message\":\"messages up to 17 are no longer kept\"");
    relay_expect_nothing(fixture, client);
    g_assert_true(fake_transport_is_closed(client));
    g_assert_cmpstr(fake_transport_get_reason(client), ==, "slow");
    relay_fixture_leave(fixture, client);

    client = relay_fixture_join(fixture, NULL);
    fake_transport_say(client,
                       "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"room:a\",\"epoch\":\"%s\","
                       "\"offset\":16}",
                       epoch);
    relay_expect(fixture, client, "\"type\":\"subscribed\",\"recovered\":false");
    relay_expect_messages(fixture, client, "room:a", 18, 25);
    relay_fixture_leave(fixture, client);
}

/* What the system took counts, until the client says itself what it has. */
static void
test_drained(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);
    SlRelayTransport *transport = SL_RELAY_TRANSPORT(client);

    sl_relay_transport_emit_drained(transport); /* no more than that, for those who acknowledge */
    subscribe(fixture, client, "room:a");
    publish_many(fixture, 20);
    relay_expect_messages(fixture, client, "room:a", 1, 8);
    sl_relay_transport_emit_drained(transport);
    relay_expect_nothing(fixture, client);
    fake_transport_set_acknowledging(client);
    sl_relay_transport_emit_drained(transport);
    relay_expect_messages(fixture, client, "room:a", 9, 16);
    relay_expect_nothing(fixture, client);
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":10}");
    relay_expect_messages(fixture, client, "room:a", 17, 18);
    sl_relay_transport_emit_drained(transport);
    relay_expect_nothing(fixture, client);
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":18}");
    relay_expect_messages(fixture, client, "room:a", 19, 20);
    relay_fixture_leave(fixture, client);
}

/* Bursts of 5 in each namespace, one a second after it. */
static void
test_rates(RelayFixture *fixture, gconstpointer data)
{
    static const char *const channels[] = { "room:a", "room:b" };
    FakeTransport *client = relay_fixture_join(fixture, NULL);
    guint n = 0, refused = 0;

    for (; !fake_transport_is_closed(client); n++) {
        fake_transport_say(client, "{\"type\":\"publish\",\"channel\":\"%s\",\"data\":1}",
                           channels[n % 2]);
        relay_fixture_settle(fixture);
        if (n < 5) {
            fake_transport_say(client,
                               "{\"type\":\"publish\",\"channel\":\"free:all\",\"data\":1}");
            relay_expect_nothing(fixture, client);
        } else if (fake_transport_get_n_sent(client) > 0) {
            relay_expect(fixture, client,
                         "\"type\":\"error\",\"code\":\"too-fast\","
                         "\"message\":\"more than 1 messages a second in “room”\"");
            refused++;
        }
    }
    g_assert_cmpuint(refused, >=, 5); /* went on regardless, by another burst */
    g_assert_cmpstr(fake_transport_get_reason(client), ==, "too-fast");
    g_assert_cmpuint(sl_channel_get_last_offset(sl_relay_get_channel(fixture->relay, "free:all")),
                     ==, 5);
    relay_fixture_leave(fixture, client);
}

static void
wait_for_line(RelayFixture *fixture, FakeTransport *client)
{
    while (fake_transport_get_n_sent(client) == 0)
        g_main_context_iteration(fixture->context, TRUE);
}

static void
test_presence(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *anna = relay_fixture_join(fixture, NULL);
    FakeTransport *bert;

    fake_transport_say(
        anna, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"room:a\",\"presence\":true}");
    relay_expect(fixture, anna, "\"type\":\"subscribed\"");
    wait_for_line(fixture, anna);
    relay_expect(fixture, anna, "\"type\":\"presence\",\"channel\":\"room:a\",\"count\":1");
    bert = relay_fixture_join(fixture, NULL);
    fake_transport_say(bert, "{\"type\":\"name\",\"id\":9,\"name\":\"Bert\"}");
    relay_expect(fixture, bert, "\"type\":\"named\"");
    subscribe(fixture, bert, "room:a"); /* does not want to know, but is there */
    wait_for_line(fixture, anna);
    relay_expect(fixture, anna, "\"type\":\"presence\",\"count\":2,\"left\":[]");

    /* While she has not taken what she was sent, nothing is queued for her. */
    publish_many(fixture, 9);
    relay_expect_messages(fixture, anna, "room:a", 1, 8);
    fake_transport_say(bert, "{\"type\":\"name\",\"id\":9,\"name\":\"Bertram\"}");
    relay_fixture_leave(fixture, bert);
    while (sl_relay_presence_get_count(
               sl_channel_get_presence(sl_relay_get_channel(fixture->relay, "room:a"))) > 1)
        g_main_context_iteration(fixture->context, TRUE);
    for (gint64 start_us = g_get_monotonic_time();
         g_get_monotonic_time() - start_us < 2 * SL_RELAY_PRESENCE_MS * 1000;)
        g_main_context_iteration(fixture->context, FALSE);
    relay_expect_nothing(fixture, anna);
    fake_transport_say(anna, "{\"type\":\"ack\",\"received\":8}");
    relay_expect(fixture, anna, "\"type\":\"presence\",\"count\":1");
    relay_expect_messages(fixture, anna, "room:a", 9, 9);
    relay_expect_nothing(fixture, anna);
    relay_fixture_leave(fixture, anna);
}

static void
wait_for_presence(void)
{
    gint64 start_us = g_get_monotonic_time();

    while (g_get_monotonic_time() - start_us < 2 * SL_RELAY_PRESENCE_MS * 1000)
        g_usleep(1000);
}

/* Who will not acknowledge anything, having got no message, is told while it is congested, too. */
static void
test_presence_congested(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *anna = relay_fixture_join(fixture, NULL);
    FakeTransport *bert = relay_fixture_join(fixture, NULL);

    fake_transport_say(
        anna, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"room:a\",\"presence\":true}");
    relay_expect(fixture, anna, "\"type\":\"subscribed\"");
    relay_expect(fixture, anna, "\"type\":\"presence\",\"count\":1");
    fake_transport_set_congested(anna, TRUE);
    subscribe(fixture, bert, "room:a");
    wait_for_presence();
    relay_expect(fixture, anna, "\"type\":\"presence\",\"count\":2");
    publish_many(fixture, 1);
    relay_expect_messages(fixture, anna, "room:a", 1, 1);
    relay_fixture_leave(fixture, bert);
    wait_for_presence();
    relay_expect_nothing(fixture, anna);
    fake_transport_set_congested(anna, FALSE);
    fake_transport_say(anna, "{\"type\":\"ack\",\"received\":1}");
    relay_expect(fixture, anna, "\"type\":\"presence\",\"count\":1");
    relay_fixture_leave(fixture, anna);
}

#define OTHERS 49
#define MESSAGES 200

/*
 * One of 50 takes nothing more. The others have each message in the turns of the main loop in which
 * it is published, all of them; what is kept for the stalled one is its window.
 */
static void
test_stalled_among_50(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *stalled = relay_fixture_join(fixture, NULL);
    FakeTransport *others[OTHERS];
    guint kept = 0;

    subscribe(fixture, stalled, "room:a");
    for (guint i = 0; i < OTHERS; i++) {
        others[i] = relay_fixture_join(fixture, NULL);
        subscribe(fixture, others[i], "room:a");
    }
    for (guint n = 1; n <= MESSAGES; n++) {
        relay_fixture_publish(fixture, "room:a", n);
        relay_fixture_settle(fixture);
        for (guint i = 0; i < OTHERS; i++) {
            g_autofree char *line = fake_transport_take(others[i]);
            g_autofree char *part =
                g_strdup_printf("\"type\":\"message\",\"channel\":\"room:a\",\"offset\":%u,", n);

            g_assert_nonnull(line);
            g_assert_nonnull(strstr(line, part));
            g_assert_cmpuint(fake_transport_get_n_sent(others[i]), ==, 0);
            fake_transport_say(others[i], "{\"type\":\"ack\",\"received\":%u}", n);
        }
    }
    kept = fake_transport_get_n_sent(stalled);
    g_assert_cmpuint(kept, ==, 8);
    relay_fixture_leave(fixture, stalled);
    for (guint i = 0; i < OTHERS; i++)
        relay_fixture_leave(fixture, others[i]);
}

int
main(int argc, char **argv)
{
    static RelaySetup latest = { .settings = "history-messages=20 slow=latest-only" };
    static RelaySetup recover = { .settings = "history-messages=20 slow=recover" };
    static RelaySetup oldest = { .settings = "history-messages=20" };
    static RelaySetup slow = { .settings = "messages-per-second=1 message-burst=5" };
    static RelaySetup present = { .settings = "presence=true" };

    g_test_init(&argc, &argv, NULL);
    sl_limits_init(&oldest.limits);
    oldest.limits.relay_window_messages = 8;
    latest.limits = recover.limits = slow.limits = present.limits = oldest.limits;
#define ADD(name, setup, func)                                                       \
    g_test_add("/relay-slow/" name, RelayFixture, setup, relay_fixture_set_up, func, \
               relay_fixture_tear_down)
    ADD("latest-only", &latest, test_latest_only);
    ADD("recover", &recover, test_recover);
    ADD("drained", &oldest, test_drained);
    ADD("rates", &slow, test_rates);
    ADD("presence", &present, test_presence);
    ADD("presence-congested", &present, test_presence_congested);
    ADD("stalled-among-50", &oldest, test_stalled_among_50);
    return g_test_run();
}
