#pragma once

#include "fake-transport.h"
#include "sl-relay.h"

/* What a test's relay is like. */
typedef struct {
    SlLimits limits;
    const char *settings; /* nullable: of all namespaces: "history-messages=20 presence=true" */
} RelaySetup;

/* A relay with the channels room:a (of stream "a"), room:b (of "b") and free:all (of none), and
 * with the namespace many; no others are made unless @settings say so. */
typedef struct {
    GMainContext *context;
    SlLimits limits;
    SlRelay *relay;
    SlGrant *grant; /* everything for everybody */
} RelayFixture;

/** relay_fixture_set_up: @setup: (nullable): const RelaySetup */
void relay_fixture_set_up(RelayFixture *fixture, gconstpointer setup);
/** relay_fixture_tear_down: also proves that the relay and its channels are gone */
void relay_fixture_tear_down(RelayFixture *fixture, gconstpointer data);

/** relay_fixture_settle: runs the context until it has nothing to do */
void relay_fixture_settle(RelayFixture *fixture);

/** relay_fixture_join: a client, its welcome taken */
FakeTransport *relay_fixture_join(RelayFixture *fixture, SlGrant *grant);
/** relay_fixture_leave: breaks it and proves that nothing holds it any more */
void relay_fixture_leave(RelayFixture *fixture, FakeTransport *client);

/** relay_fixture_publish: publishes an integer, by the server itself */
void relay_fixture_publish(RelayFixture *fixture, const char *channel, gint64 data);

/**
 * relay_expect: settles, then takes the next message of @client and checks its type and, for each
 * `name, value` of the format (JSON members, without braces), that it is in it.
 */
void relay_expect(RelayFixture *fixture, FakeTransport *client, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void relay_expect_nothing(RelayFixture *fixture, FakeTransport *client);
/** relay_expect_messages: the offsets @first to @last of @channel, in order */
void relay_expect_messages(RelayFixture *fixture, FakeTransport *client, const char *channel,
                           guint64 first, guint64 last);
