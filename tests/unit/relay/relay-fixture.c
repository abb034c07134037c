#include "relay-fixture.h"

#include <json-glib/json-glib.h>

static SlRelayNamespace *
make_namespace(const char *name, const char *settings)
{
    SlRelayNamespace *namespace_ = sl_relay_namespace_new(name);
    g_auto(GStrv) pairs = g_strsplit(settings != NULL ? settings : "", " ", -1);

    namespace_->max_channels = 0;
    for (guint i = 0; pairs[i] != NULL; i++) {
        g_auto(GStrv) pair = g_strsplit(pairs[i], "=", 2);
        g_autoptr(GError) error = NULL;

        g_assert_true(sl_relay_namespace_set(namespace_, pair[0], pair[1], &error));
        g_assert_no_error(error);
    }
    return namespace_;
}

void
relay_fixture_set_up(RelayFixture *fixture, gconstpointer data)
{
    static const char *const NAMESPACES[] = { "room", "free", "many" };
    const RelaySetup *setup = data;
    g_autoptr(GPtrArray) namespaces =
        g_ptr_array_new_with_free_func((GDestroyNotify)sl_relay_namespace_unref);

    for (guint i = 0; i < G_N_ELEMENTS(NAMESPACES); i++)
        g_ptr_array_add(namespaces,
                        make_namespace(NAMESPACES[i], setup != NULL ? setup->settings : NULL));
    fixture->context = g_main_context_new();
    if (setup != NULL)
        fixture->limits = setup->limits;
    else
        sl_limits_init(&fixture->limits);
    fixture->relay = sl_relay_new(fixture->context, &fixture->limits, namespaces);
    sl_relay_add_stream(fixture->relay, "a");
    sl_relay_add_stream(fixture->relay, "b");
    sl_relay_add_channel(fixture->relay, "room:a");
    sl_relay_add_channel(fixture->relay, "room:b");
    sl_relay_add_channel(fixture->relay, "free:all");
    fixture->grant = sl_grant_new("test", SL_ROLES_GUEST, NULL, 0);
}

void
relay_fixture_tear_down(RelayFixture *fixture, gconstpointer data)
{
    static const char *const names[] = { "room:a", "room:b", "free:all" };
    gpointer channels[G_N_ELEMENTS(names)];
    gpointer relay = fixture->relay;

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        channels[i] = sl_relay_get_channel(fixture->relay, names[i]);
        g_object_add_weak_pointer(channels[i], &channels[i]);
    }
    g_object_add_weak_pointer(relay, &relay);
    g_object_unref(fixture->relay);
    relay_fixture_settle(fixture);
    g_assert_null(relay);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_assert_null(channels[i]);
    sl_grant_unref(fixture->grant);
    g_main_context_unref(fixture->context);
}

void
relay_fixture_settle(RelayFixture *fixture)
{
    while (g_main_context_iteration(fixture->context, FALSE))
        ;
}

FakeTransport *
relay_fixture_join(RelayFixture *fixture, SlGrant *grant)
{
    FakeTransport *client = fake_transport_new();

    sl_relay_attach(fixture->relay, SL_RELAY_TRANSPORT(client),
                    grant != NULL ? grant : fixture->grant, SL_RELAY_KIND_WEBSOCKET);
    relay_expect(fixture, client, "\"type\":\"welcome\",\"version\":1");
    return client;
}

void
relay_fixture_leave(RelayFixture *fixture, FakeTransport *client)
{
    gpointer gone = client;

    g_object_add_weak_pointer(G_OBJECT(client), &gone);
    fake_transport_break(client);
    g_object_unref(client);
    relay_fixture_settle(fixture);
    g_assert_null(gone);
}

void
relay_fixture_publish(RelayFixture *fixture, const char *channel, gint64 data)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, data);

    sl_channel_publish_async(sl_relay_get_channel(fixture->relay, channel), "server", NULL, NULL,
                             text, NULL, NULL, NULL);
}

static gboolean
is_part_of(JsonNode *expected, JsonNode *found)
{
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    json_object_iter_init(&iter, json_node_get_object(expected));
    while (json_object_iter_next(&iter, &name, &node)) {
        JsonNode *other = json_object_get_member(json_node_get_object(found), name);

        if (other == NULL || !json_node_equal(node, other))
            return FALSE;
    }
    return TRUE;
}

void
relay_expect(RelayFixture *fixture, FakeTransport *client, const char *format, ...)
{
    g_autofree char *members = NULL;
    g_autofree char *expected_text = NULL;
    g_autofree char *found_text = NULL;
    g_autoptr(JsonNode) expected = NULL;
    g_autoptr(JsonNode) found = NULL;
    va_list args;

    va_start(args, format);
    members = g_strdup_vprintf(format, args);
    va_end(args);
    expected_text = g_strdup_printf("{%s}", members);
    expected = json_from_string(expected_text, NULL);
    g_assert_nonnull(expected);

    relay_fixture_settle(fixture);
    found_text = fake_transport_take(client);
    g_assert_nonnull(found_text);
    found = json_from_string(found_text, NULL);
    g_assert_nonnull(found);
    if (!is_part_of(expected, found))
        g_error("expected %s, found %s", expected_text, found_text);
}

void
relay_expect_nothing(RelayFixture *fixture, FakeTransport *client)
{
    g_autofree char *text = NULL;

    relay_fixture_settle(fixture);
    text = fake_transport_take(client);
    g_assert_cmpstr(text, ==, NULL);
}

void
relay_expect_messages(RelayFixture *fixture, FakeTransport *client, const char *channel,
                      guint64 first, guint64 last)
{
    for (guint64 offset = first; offset <= last; offset++)
        relay_expect(fixture, client,
                     "\"type\":\"message\",\"channel\":\"%s\",\"offset\":%" G_GUINT64_FORMAT,
                     channel, offset);
}
