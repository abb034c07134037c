#include "relay-fixture.h"

#include "sl-relay-client.h"

#include <string.h>

static void
subscribe(RelayFixture *fixture, FakeTransport *client, const char *more)
{
    fake_transport_say(client, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"room:a\"}");
    relay_expect(fixture, client, "\"type\":\"subscribed\",\"id\":1%s", more);
}

static void
take(RelayFixture *fixture, FakeTransport *client)
{
    fake_transport_say(client, "{\"type\":\"take\",\"id\":2,\"channel\":\"room:a\"}");
}

static void
command(FakeTransport *client, guint seq, gint64 at_ms)
{
    fake_transport_say(client,
                       "{\"type\":\"publish\",\"id\":3,\"channel\":\"room:a\",\"data\":%u,"
                       "\"seq\":%u,\"at\":%" G_GINT64_FORMAT "}",
                       seq, seq, at_ms);
}

static gint64
now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

#define ERROR(id, code) \
    "\"type\":\"error\",\"id\":" id ",\"channel\":\"room:a\",\"code\":\"" code "\""

static void
test_holding(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *anna = relay_fixture_join(fixture, NULL);
    FakeTransport *bert = relay_fixture_join(fixture, NULL);
    FakeTransport *program = relay_fixture_join(fixture, NULL);

    fake_transport_say(anna, "{\"type\":\"name\",\"id\":9,\"name\":\"Anna\"}");
    relay_expect(fixture, anna, "\"type\":\"named\",\"id\":9,\"name\":\"Anna\"");
    subscribe(fixture, program, ",\"holder\":null,\"publish\":true");
    command(anna, 1, 0);
    relay_expect(fixture, anna, ERROR("3", "not-holder"));
    take(fixture, anna); /* without a subscription */
    relay_expect(fixture, anna, "\"type\":\"taken\",\"id\":2,\"channel\":\"room:a\"");
    relay_expect(fixture, program,
                 "\"type\":\"holder\",\"channel\":\"room:a\",\"reason\":\"taken\"");
    command(anna, 2, 1);
    relay_expect(fixture, anna, "\"type\":\"published\",\"id\":3,\"offset\":1");
    relay_expect(fixture, program,
                 "\"type\":\"message\",\"offset\":1,\"name\":\"Anna\",\"data\":2");
    take(fixture, bert);
    relay_expect(fixture, bert, ERROR("2", "held"));
    command(bert, 1, 0);
    relay_expect(fixture, bert, ERROR("3", "not-holder"));
    fake_transport_say(bert, "{\"type\":\"release\",\"id\":4,\"channel\":\"room:a\"}");
    relay_expect(fixture, bert, ERROR("4", "not-holder"));
    fake_transport_say(bert, "{\"type\":\"take\",\"id\":4,\"channel\":\"room:a\",\"force\":true}");
    relay_expect(fixture, bert, ERROR("4", "not-allowed"));
    take(fixture, anna); /* again */
    relay_expect(fixture, anna, "\"type\":\"taken\",\"id\":2");
    relay_expect_nothing(fixture, program);
    fake_transport_say(anna, "{\"type\":\"release\",\"id\":5,\"channel\":\"room:a\"}");
    relay_expect(fixture, anna, "\"type\":\"holder\",\"holder\":null,\"reason\":\"released\"");
    relay_expect(fixture, anna, "\"type\":\"released\",\"id\":5,\"channel\":\"room:a\"");
    relay_expect(fixture, program, "\"type\":\"holder\",\"holder\":null,\"reason\":\"released\"");
    relay_fixture_leave(fixture, anna);
    relay_fixture_leave(fixture, bert);
    relay_fixture_leave(fixture, program);
}

/* Whoever loses it, and how: the program is told. */
static void
test_losing(RelayFixture *fixture, gconstpointer data)
{
    g_autoptr(SlGrant) operator= sl_grant_new("operator", SL_ROLES_OPERATOR, NULL, 0);
    FakeTransport *program = relay_fixture_join(fixture, NULL);
    FakeTransport *anna = relay_fixture_join(fixture, NULL);
    FakeTransport *boss = relay_fixture_join(fixture, operator);

    subscribe(fixture, program, "");
    subscribe(fixture, boss, "");
    take(fixture, anna);
    relay_expect(fixture, program, "\"type\":\"holder\",\"reason\":\"taken\"");
    relay_expect(fixture, boss, "\"type\":\"holder\",\"reason\":\"taken\"");
    relay_expect(fixture, anna, "\"type\":\"taken\"");
    fake_transport_say(boss, "{\"type\":\"take\",\"id\":4,\"channel\":\"room:a\",\"force\":true}");
    relay_expect(fixture, boss, "\"type\":\"holder\",\"reason\":\"overruled\"");
    relay_expect(fixture, boss, "\"type\":\"taken\",\"id\":4");
    relay_expect(fixture, program, "\"type\":\"holder\",\"reason\":\"overruled\"");
    relay_expect(fixture, anna, "\"type\":\"holder\",\"reason\":\"overruled\"");
    relay_fixture_leave(fixture, boss);
    relay_expect(fixture, program, "\"type\":\"holder\",\"holder\":null,\"reason\":\"left\"");
    relay_expect_nothing(fixture, anna); /* it is not hers any more */
    take(fixture, anna);
    relay_expect(fixture, program, "\"type\":\"holder\",\"reason\":\"taken\"");
    while (
        sl_relay_holder_get(sl_channel_get_holder(sl_relay_get_channel(fixture->relay, "room:a")))
            .client != NULL)
        g_main_context_iteration(fixture->context, TRUE);
    relay_expect(fixture, program, "\"type\":\"holder\",\"holder\":null,\"reason\":\"silent\"");
    relay_fixture_leave(fixture, anna);
    relay_expect_nothing(fixture, program);
    relay_fixture_leave(fixture, program);
}

/* Somebody holds it when the relay ends. */
static void
test_held_to_the_end(RelayFixture *fixture, gconstpointer data)
{
    g_autoptr(FakeTransport) anna = relay_fixture_join(fixture, NULL);

    subscribe(fixture, anna, "");
    take(fixture, anna);
}

static void
test_stale(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *anna = relay_fixture_join(fixture, NULL);

    take(fixture, anna);
    relay_expect(fixture, anna, "\"type\":\"taken\"");
    command(anna, 5, now_ms());
    relay_expect(fixture, anna, "\"type\":\"published\"");
    command(anna, 5, now_ms());
    relay_expect(fixture, anna, ERROR("3", "stale"));
    command(anna, 6, now_ms() - 10000);
    relay_expect(fixture, anna, ERROR("3", "stale"));
    fake_transport_say(anna, "{\"type\":\"publish\",\"channel\":\"room:a\",\"data\":1,\"seq\":1,"
                             "\"at\":1}"); /* did not ask */
    relay_expect_nothing(fixture, anna);
    command(anna, 7, now_ms());
    relay_expect(fixture, anna, "\"type\":\"published\",\"offset\":2");
    fake_transport_say(anna, "{\"type\":\"publish\",\"channel\":\"room:a\",\"data\":1}");
    relay_expect_nothing(fixture, anna); /* nor here */
    relay_fixture_leave(fixture, anna);
}

static FakeTransport *
set_unreliable(RelayFixture *fixture, FakeTransport **ret_loose)
{
    FakeTransport *transport = fake_transport_new();
    SlRelayClient *client = sl_relay_attach(fixture->relay, SL_RELAY_TRANSPORT(transport),
                                            fixture->grant, SL_RELAY_KIND_CHANNEL);

    relay_expect(fixture, transport, "\"type\":\"welcome\"");
    g_assert_nonnull(client);
    *ret_loose = fake_transport_new();
    sl_relay_client_set_unreliable(client, SL_RELAY_TRANSPORT(*ret_loose));
    return transport;
}

static void
test_unreliable(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *loose;
    FakeTransport *client = set_unreliable(fixture, &loose);
    guint n_texts;
    gsize longest;

    /* Requests that come by it are answered on the other. */
    fake_transport_say(loose, "{\"type\":\"subscribe\",\"id\":1,\"channel\":\"room:a\"}");
    relay_expect(fixture, client, "\"type\":\"subscribed\"");
    for (guint i = 1; i <= 20; i++) { /* more than the window of 8 has room for */
        relay_fixture_publish(fixture, "room:a", i);
        relay_expect_messages(fixture, loose, "room:a", i, i);
    }
    relay_expect_nothing(fixture, client);
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":0}"); /* they do not count */

    fake_transport_set_congested(loose, TRUE);
    relay_fixture_publish(fixture, "room:a", 21);
    relay_expect_nothing(fixture, loose);
    fake_transport_set_congested(loose, FALSE);
    relay_expect_nothing(fixture, loose); /* it is gone */
    relay_fixture_publish(fixture, "room:a", 22);
    relay_fixture_publish(fixture, "room:a", 23);
    relay_expect_messages(fixture, loose, "room:a", 22, 23);
    n_texts = fake_transport_get_n_texts(loose, &longest);
    g_assert_cmpuint(n_texts, ==, 22); /* each alone */

    fake_transport_break(loose); /* then it goes by the other */
    relay_fixture_publish(fixture, "room:a", 24);
    relay_expect_messages(fixture, client, "room:a", 24, 24);
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":1}");
    relay_expect_nothing(fixture, client);
    relay_fixture_leave(fixture, loose);
    relay_fixture_leave(fixture, client);
}

/* A full window does not hold back what goes beside it. */
static void
test_unreliable_comes_later(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = fake_transport_new();
    FakeTransport *loose = fake_transport_new();
    FakeTransport *other = fake_transport_new();
    SlRelayClient *attached = sl_relay_attach(fixture->relay, SL_RELAY_TRANSPORT(client),
                                              fixture->grant, SL_RELAY_KIND_CHANNEL);

    relay_expect(fixture, client, "\"type\":\"welcome\"");
    subscribe(fixture, client, "");
    for (guint i = 1; i <= 10; i++)
        relay_fixture_publish(fixture, "room:a", i);
    relay_expect_messages(fixture, client, "room:a", 1, 8);
    relay_expect_nothing(fixture, client);
    sl_relay_client_set_unreliable(attached, SL_RELAY_TRANSPORT(loose));
    relay_expect_messages(fixture, loose, "room:a", 9, 10);
    sl_relay_client_set_unreliable(attached, SL_RELAY_TRANSPORT(other));
    g_assert_true(fake_transport_is_closed(loose));
    relay_fixture_publish(fixture, "room:a", 11);
    relay_expect_messages(fixture, other, "room:a", 11, 11);
    fake_transport_break_after(other, 1); /* while it is being sent to */
    relay_fixture_publish(fixture, "room:a", 12);
    relay_fixture_settle(fixture);
    relay_fixture_publish(fixture, "room:a", 13);
    relay_expect_nothing(fixture, client); /* whose window is full still */
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":8}");
    relay_expect_messages(fixture, client, "room:a", 13, 13);
    relay_fixture_leave(fixture, loose);
    g_object_unref(other);
    relay_fixture_leave(fixture, client);
}

/* It breaks amid what was read together: the rest goes by the other, once. */
static void
test_unreliable_breaks(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *loose;
    FakeTransport *client = set_unreliable(fixture, &loose);

    subscribe(fixture, client, "");
    fake_transport_break_after(loose, 2);
    for (guint i = 1; i <= 6; i++)
        relay_fixture_publish(fixture, "room:a", i);
    relay_expect_messages(fixture, loose, "room:a", 1, 2);
    relay_expect_messages(fixture, client, "room:a", 3, 6);
    relay_expect_nothing(fixture, client);
    relay_fixture_leave(fixture, loose);
    relay_fixture_leave(fixture, client);
}

static void
test_unreliable_ends_with_the_client(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *loose;
    FakeTransport *client = set_unreliable(fixture, &loose);

    relay_fixture_leave(fixture, client);
    g_assert_true(fake_transport_is_closed(loose));
    relay_fixture_leave(fixture, loose);
}

/* What waited longer than 300 ms for its window is dropped. */
static void
test_waited_too_long(RelayFixture *fixture, gconstpointer data)
{
    FakeTransport *client = relay_fixture_join(fixture, NULL);
    gint64 published_us;

    subscribe(fixture, client, "");
    for (guint i = 1; i <= 12; i++)
        relay_fixture_publish(fixture, "room:a", i);
    published_us = g_get_monotonic_time();
    relay_expect_messages(fixture, client, "room:a", 1, 8);
    while (g_get_monotonic_time() - published_us <= 300000)
        g_usleep(1000);
    relay_fixture_publish(fixture, "room:a", 13);
    fake_transport_say(client, "{\"type\":\"ack\",\"received\":8}");
    relay_expect(fixture, client, "\"type\":\"gap\",\"from\":9,\"to\":12");
    relay_expect_messages(fixture, client, "room:a", 13, 13);
    relay_fixture_leave(fixture, client);
}

int
main(int argc, char **argv)
{
    static RelaySetup holder = { .settings = "holder=true holder-silence-ms=100 max-age-ms=300" };
    static RelaySetup loose = { .settings = "unreliable=true" };
    static RelaySetup aged = { .settings = "max-age-ms=300" };
    static RelaySetup patient = { .settings =
                                      "holder=true holder-silence-ms=60000 max-age-ms=300" };

    g_test_init(&argc, &argv, NULL);
    sl_limits_init(&holder.limits);
    loose.limits = holder.limits;
    loose.limits.relay_window_messages = 8;
    aged.limits = loose.limits;
    patient.limits = holder.limits;
#define ADD(name, setup, func)                                                          \
    g_test_add("/relay-control/" name, RelayFixture, setup, relay_fixture_set_up, func, \
               relay_fixture_tear_down)
    ADD("holding", &patient, test_holding);
    ADD("losing", &holder, test_losing);
    ADD("held-to-the-end", &patient, test_held_to_the_end);
    ADD("stale", &patient, test_stale);
    ADD("unreliable", &loose, test_unreliable);
    ADD("unreliable-comes-later", &loose, test_unreliable_comes_later);
    ADD("unreliable-breaks", &loose, test_unreliable_breaks);
    ADD("unreliable-ends-with-the-client", &loose, test_unreliable_ends_with_the_client);
    ADD("waited-too-long", &aged, test_waited_too_long);
    return g_test_run();
}
