#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

#include "relay-fixture.h"
#include "sl-relay-listener.h"

#define MAX_CLIENTS 2u

typedef struct {
    RelayFixture base;
    char *dir, *path;
    SlRelayListener *listener;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    RelaySetup setup = { .settings = NULL };

    sl_limits_init(&setup.limits);
    setup.limits.max_local_clients = MAX_CLIENTS;
    relay_fixture_set_up(&fixture->base, &setup);
    fixture->dir = g_dir_make_tmp("sl-XXXXXX", &error);
    g_assert_no_error(error);
    fixture->path = g_build_filename(fixture->dir, "relay", NULL);
    fixture->listener =
        sl_relay_listener_new(fixture->base.context, fixture->base.relay, &setup.limits);
    g_assert_true(sl_relay_listener_listen(fixture->listener, fixture->path, 0600, NULL, &error));
    g_assert_no_error(error);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    gpointer listener = fixture->listener;

    g_object_add_weak_pointer(listener, &listener);
    sl_relay_close(fixture->base.relay);
    relay_fixture_settle(&fixture->base);
    g_object_unref(fixture->listener);
    g_assert_null(listener);
    g_assert_no_errno(g_rmdir(fixture->dir));
    g_free(fixture->path);
    g_free(fixture->dir);
    relay_fixture_tear_down(&fixture->base, NULL);
}

/* --- a program --- */

static GSocket *
run_program(Fixture *fixture)
{
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(fixture->path);
    GSocket *program = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);

    g_assert_true(g_socket_connect(program, address, NULL, NULL));
    g_socket_set_blocking(program, FALSE);
    relay_fixture_settle(&fixture->base);
    return program;
}

static void
say(Fixture *fixture, GSocket *program, const char *text)
{
    g_assert_cmpint(g_socket_send(program, text, strlen(text), NULL, NULL), ==, strlen(text));
    relay_fixture_settle(&fixture->base);
}

/* @lines: (array zero-terminated=1): what each line begins with, in any order: what takes a while
 * is answered later */
static void
expect_lines(Fixture *fixture, GSocket *program, const char *const *lines, gboolean is_end)
{
    g_autoptr(GString) heard = g_string_new(NULL);
    g_auto(GStrv) found = NULL;
    char buffer[4096];
    gssize n;

    relay_fixture_settle(&fixture->base);
    while ((n = g_socket_receive(program, buffer, sizeof(buffer), NULL, NULL)) > 0) {
        g_string_append_len(heard, buffer, n);
        relay_fixture_settle(&fixture->base);
    }
    g_assert_true((n == 0) == is_end);
    found = g_strsplit(heard->str, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        guint k = 0;

        while (found[k] != NULL && !g_str_has_prefix(found[k], lines[i]))
            k++;
        if (found[k] == NULL)
            g_error("expected %s, found %s", lines[i], heard->str);
    }
    g_assert_cmpuint(g_strv_length(found), ==, g_strv_length((char **)lines) + 1);
    g_assert_cmpstr(found[g_strv_length((char **)lines)], ==, "");
}
#define EXPECT(fixture, program, is_end, ...) \
    expect_lines(fixture, program, (const char *const[]){ __VA_ARGS__, NULL }, is_end)

#define WELCOME "{\"type\":\"welcome\",\"version\":1,"
#define PUBLISH(channel, id) \
    "{\"type\":\"publish\",\"id\":" #id ",\"channel\":\"" channel "\",\"data\":\"" #id "\"}\n"
#define PUBLISHED(channel, id, offset) \
    "{\"type\":\"published\",\"id\":" #id ",\"channel\":\"" channel "\",\"offset\":" #offset "}"
#define SUBSCRIBE(channel) "{\"type\":\"subscribe\",\"id\":0,\"channel\":\"" channel "\"}\n"
#define SUBSCRIBED(channel) "{\"type\":\"subscribed\",\"id\":0,\"channel\":\"" channel "\","
#define MESSAGE_FORMAT "{\"type\":\"message\",\"channel\":\"%s\",\"offset\":%u,"
#define MESSAGE(channel, offset) \
    "{\"type\":\"message\",\"channel\":\"" channel "\",\"offset\":" #offset ","

static void
test_talk(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GSocket) program = run_program(fixture);
    FakeTransport *viewer = relay_fixture_join(&fixture->base, NULL);

    EXPECT(fixture, program, FALSE, WELCOME);
    say(fixture, program, SUBSCRIBE("room:a") PUBLISH("room:a", 1));
    EXPECT(fixture, program, FALSE, SUBSCRIBED("room:a"), PUBLISHED("room:a", 1, 1),
           MESSAGE("room:a", 1));
    fake_transport_say(viewer, "{\"type\":\"publish\",\"channel\":\"room:a\",\"data\":2,\"id\":0}");
    EXPECT(fixture, program, FALSE, MESSAGE("room:a", 2));
    relay_expect(&fixture->base, viewer, "\"type\":\"published\"");
    relay_fixture_leave(&fixture->base, viewer);
}

/* As `echo … | socat` does: it is answered, gets what there is, and then the end. */
static void
test_half_closed(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GSocket) program = run_program(fixture);

    say(fixture, program, PUBLISH("room:a", 1) PUBLISH("room:b", 2) SUBSCRIBE("room:a"));
    g_assert_cmpint(
        g_socket_send(program, PUBLISH("room:b", 3), strlen(PUBLISH("room:b", 3)) - 1, NULL, NULL),
        >, 0);
    g_assert_true(g_socket_shutdown(program, FALSE, TRUE, NULL));
    EXPECT(fixture, program, TRUE, WELCOME, PUBLISHED("room:a", 1, 1), PUBLISHED("room:b", 2, 1),
           SUBSCRIBED("room:a"), MESSAGE("room:a", 1), PUBLISHED("room:b", 3, 2));
    g_assert_cmpuint(sl_relay_get_n_clients(fixture->base.relay), ==, 0);
    g_assert_cmpuint(sl_relay_listener_get_n_clients(fixture->listener), ==, 0);
}

/* More than its window and more than the system takes at once: all of it comes, without an
 * acknowledgement. */
static void
test_long_history(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GSocket) program = run_program(fixture);
    g_autoptr(GString) heard = g_string_new(NULL);
    const char *place;
    char buffer[4096];
    gssize n;

    for (guint i = 1; i <= 1000; i++)
        relay_fixture_publish(&fixture->base, "room:a", i);
    say(fixture, program, SUBSCRIBE("room:a"));
    g_assert_true(g_socket_shutdown(program, FALSE, TRUE, NULL));
    do {
        relay_fixture_settle(&fixture->base);
        n = g_socket_receive(program, buffer, sizeof(buffer), NULL, NULL);
        if (n > 0)
            g_string_append_len(heard, buffer, n);
    } while (n > 0);
    g_assert_cmpint(n, ==, 0);
    place = heard->str;
    for (guint i = 1; i <= 1000; i++) {
        g_autofree char *expected = g_strdup_printf(MESSAGE_FORMAT, "room:a", i);

        place = strstr(place, expected);
        g_assert_nonnull(place);
    }
    g_assert_null(strstr(heard->str, "\"gap\""));
}

/* It writes and ends, and reads nothing. */
static void
test_in_a_hurry(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(fixture->path);
    SlChannel *channel = sl_relay_get_channel(fixture->base.relay, "room:a");

    for (guint i = 0; i < 2; i++) {
        g_autoptr(GSocket) program =
            i == 0 ? g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL)
                   : run_program(fixture);

        if (i == 0)
            g_assert_true(g_socket_connect(program, address, NULL, NULL));
        g_assert_cmpint(
            g_socket_send(program, PUBLISH("room:a", 1), strlen(PUBLISH("room:a", 1)), NULL, NULL),
            >, 0);
        g_assert_true(g_socket_close(program, NULL));
        relay_fixture_settle(&fixture->base);
        g_assert_cmpuint(sl_channel_get_last_offset(channel), ==, i + 1);
        g_assert_cmpuint(sl_relay_get_n_clients(fixture->base.relay), ==, 0);
        g_assert_cmpuint(sl_relay_listener_get_n_clients(fixture->listener), ==, 0);
    }
}

/* Who said nothing has nothing to wait for. */
static void
test_silent(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GSocket) program = run_program(fixture);

    g_assert_true(g_socket_shutdown(program, FALSE, TRUE, NULL));
    EXPECT(fixture, program, TRUE, WELCOME);
    g_assert_cmpuint(sl_relay_listener_get_n_clients(fixture->listener), ==, 0);
}

static void
test_crowded(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GSocket) first = run_program(fixture);
    g_autoptr(GSocket) second = run_program(fixture);
    g_autoptr(GSocket) third = run_program(fixture);
    g_autoptr(GSocket) fourth = NULL;

    EXPECT(fixture, first, FALSE, WELCOME);
    EXPECT(fixture, second, FALSE, WELCOME);
    EXPECT(fixture, third, TRUE,
           "{\"type\":\"error\",\"code\":\"too-many\",\"message\":\"at most 2 programs can be "
           "connected at once\"}");
    g_assert_true(g_socket_close(first, NULL));
    relay_fixture_settle(&fixture->base);
    g_assert_cmpuint(sl_relay_listener_get_n_clients(fixture->listener), ==, 1);
    fourth = run_program(fixture);
    EXPECT(fixture, fourth, FALSE, WELCOME);
}

/* It hears why before it is closed. */
static void
test_bad_message(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GSocket) program = run_program(fixture);

    say(fixture, program, "{\"type\":\"ack\",\"received\":1}\n" PUBLISH("room:a", 1));
    EXPECT(fixture, program, TRUE, WELCOME,
           "{\"type\":\"error\",\"code\":\"bad-message\",\"message\":\"“received” is 1, but 0 "
           "messages were sent\"}");
    g_assert_cmpuint(sl_relay_get_n_clients(fixture->base.relay), ==, 0);
    g_assert_cmpuint(sl_relay_listener_get_n_clients(fixture->listener), ==, 1);
}

static void
test_close(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GSocket) program = run_program(fixture);

    sl_relay_listener_close(fixture->listener);
    g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
    say(fixture, program, PUBLISH("room:a", 1));
    EXPECT(fixture, program, FALSE, WELCOME, PUBLISHED("room:a", 1, 1));
    sl_relay_close(fixture->base.relay);
    relay_fixture_settle(&fixture->base);
    g_assert_true(g_socket_shutdown(program, FALSE, TRUE, NULL));
    relay_fixture_settle(&fixture->base);
    g_assert_cmpuint(sl_relay_listener_get_n_clients(fixture->listener), ==, 0);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*func)(Fixture *, gconstpointer);
    } tests[] = {
        { "/relay-listener/talk", test_talk },
        { "/relay-listener/half-closed", test_half_closed },
        { "/relay-listener/long-history", test_long_history },
        { "/relay-listener/in-a-hurry", test_in_a_hurry },
        { "/relay-listener/silent", test_silent },
        { "/relay-listener/crowded", test_crowded },
        { "/relay-listener/bad-message", test_bad_message },
        { "/relay-listener/close", test_close },
    };

    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].func, tear_down);
    return g_test_run();
}
