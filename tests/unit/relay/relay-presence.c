#include "sl-relay-presence.h"

#include <json-glib/json-glib.h>

typedef struct {
    GMainContext *context;
    SlRelayPresence *presence;
    GPtrArray *texts;
} Fixture;

static void
on_changed(SlRelayPresence *presence, const char *text, Fixture *fixture)
{
    g_ptr_array_add(fixture->texts, g_strdup(text));
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->context = g_main_context_new();
    fixture->presence = sl_relay_presence_new(fixture->context, "a:b");
    fixture->texts = g_ptr_array_new_with_free_func(g_free);
    g_signal_connect(fixture->presence, "changed", G_CALLBACK(on_changed), fixture);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    gpointer gone = fixture->presence;

    g_object_add_weak_pointer(G_OBJECT(fixture->presence), &gone);
    g_object_unref(fixture->presence);
    g_assert_null(gone);
    g_ptr_array_unref(fixture->texts);
    g_main_context_unref(fixture->context);
}

static void
set(Fixture *fixture, const char *client, const char *name)
{
    sl_relay_presence_set(fixture->presence, (SlRelayPerson){ client, name });
}

static void
wait_for_text(Fixture *fixture)
{
    while (fixture->texts->len == 0)
        g_main_context_iteration(fixture->context, TRUE);
}

static void
expect(Fixture *fixture, const char *text)
{
    wait_for_text(fixture);
    g_assert_cmpstr(fixture->texts->pdata[0], ==, text);
    g_ptr_array_remove_index(fixture->texts, 0);
}

#define HEAD "{\"type\":\"presence\",\"channel\":\"a:b\",\"count\":"

static void
test_changes(Fixture *fixture, gconstpointer data)
{
    set(fixture, "c1", NULL);
    expect(fixture, HEAD "1,\"joined\":[{\"client\":\"c1\"}],\"left\":[]}");
    set(fixture, "c1", "Anna");
    expect(fixture, HEAD "1,\"joined\":[{\"client\":\"c1\",\"name\":\"Anna\"}],\"left\":[]}");
    sl_relay_presence_remove(fixture->presence, "c1");
    sl_relay_presence_remove(fixture->presence, "c1");
    expect(fixture, HEAD "0,\"joined\":[],\"left\":[\"c1\"]}");
    g_assert_cmpuint(sl_relay_presence_get_count(fixture->presence), ==, 0);
}

/* What happens in between is told by what is left of it. */
static void
test_together(Fixture *fixture, gconstpointer data)
{
    set(fixture, "c1", NULL);
    expect(fixture, HEAD "1,\"joined\":[{\"client\":\"c1\"}],\"left\":[]}");
    set(fixture, "c2", NULL);
    sl_relay_presence_remove(fixture->presence, "c2"); /* nobody knew of him */
    sl_relay_presence_remove(fixture->presence, "c1");
    set(fixture, "c1", "Anna");
    set(fixture, "c1", "Anne");
    g_assert_cmpuint(fixture->texts->len, ==, 0);
    expect(fixture, HEAD "1,\"joined\":[{\"client\":\"c1\",\"name\":\"Anne\"}],\"left\":[]}");
    sl_relay_presence_remove(fixture->presence, "c1");
    set(fixture, "c1", NULL);
    sl_relay_presence_remove(fixture->presence, "c1"); /* they still believe that he is there */
    expect(fixture, HEAD "0,\"joined\":[],\"left\":[\"c1\"]}");
}

static void
test_rate(Fixture *fixture, gconstpointer data)
{
    gint64 start_us = g_get_monotonic_time();
    guint n = 0;

    while (g_get_monotonic_time() - start_us < 500000 || fixture->texts->len < 2) {
        set(fixture, "c1", n++ % 2 == 0 ? "even" : "odd");
        g_main_context_iteration(fixture->context, FALSE);
        g_usleep(2000);
    }
    g_assert_cmpuint(fixture->texts->len, >=, 2);
    g_assert_cmpuint(fixture->texts->len, <=,
                     1 + (g_get_monotonic_time() - start_us) / (SL_RELAY_PRESENCE_MS * 1000));
}

static guint
count_of(const char *text, const char *member)
{
    g_autoptr(JsonNode) node = json_from_string(text, NULL);

    return json_array_get_length(json_object_get_array_member(json_node_get_object(node), member));
}

/* At most 64 are listed; as many changes at once are told as a new list. */
static void
test_many(Fixture *fixture, gconstpointer data)
{
    for (guint i = 0; i < 100; i++) {
        g_autofree char *client = g_strdup_printf("c%u", i);

        set(fixture, client, NULL);
    }
    wait_for_text(fixture);
    g_assert_true(g_str_has_prefix(fixture->texts->pdata[0], HEAD "100,\"clients\":["));
    g_assert_cmpuint(count_of(fixture->texts->pdata[0], "clients"), ==, 64);
    g_assert_cmpstr(fixture->texts->pdata[0], ==,
                    sl_relay_presence_get_snapshot(fixture->presence));
    sl_relay_presence_remove(fixture->presence, "c0");
    g_assert_true(g_str_has_prefix(sl_relay_presence_get_snapshot(fixture->presence),
                                   HEAD "99,\"clients\":[{\"client\":\"c1\"},"));
    g_ptr_array_set_size(fixture->texts, 0);
    expect(fixture, HEAD "99,\"joined\":[],\"left\":[\"c0\"]}");

    /* Who saw the list counted one who is not in it. */
    set(fixture, "c100", NULL);
    sl_relay_presence_get_snapshot(fixture->presence);
    sl_relay_presence_remove(fixture->presence, "c100");
    expect(fixture, HEAD "99,\"joined\":[],\"left\":[\"c100\"]}");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/relay-presence/" name, Fixture, NULL, set_up, func, tear_down)
    ADD("changes", test_changes);
    ADD("together", test_together);
    ADD("rate", test_rate);
    ADD("many", test_many);
    return g_test_run();
}
