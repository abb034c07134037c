#include "sl-acceptor.h"

#include <gio/gunixsocketaddress.h>
#include <sys/resource.h>

#define A_TURN 3

typedef struct {
    GMainContext *context;
    GSocket *listening;
    SlAcceptor *acceptor;
    guint n_taken;
    guint free_at; /* it frees the acceptor when it gets so many */
} Fixture;

static void
on_connection(GSocket *socket, gpointer data)
{
    Fixture *fixture = data;

    g_assert_true(g_socket_is_connected(socket));
    if (++fixture->n_taken == fixture->free_at)
        g_clear_pointer(&fixture->acceptor, sl_acceptor_free);
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    g_autofree char *name = g_uuid_string_random();
    g_autoptr(GSocketAddress) address =
        g_unix_socket_address_new_with_type(name, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);
    g_autoptr(GError) error = NULL;

    fixture->context = g_main_context_new();
    fixture->listening =
        g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);
    g_assert_no_error(error);
    g_socket_set_blocking(fixture->listening, FALSE);
    g_socket_bind(fixture->listening, address, FALSE, &error);
    g_assert_no_error(error);
    g_socket_listen(fixture->listening, &error);
    g_assert_no_error(error);
    fixture->acceptor = sl_acceptor_new(fixture->context, fixture->listening, G_PRIORITY_DEFAULT,
                                        A_TURN, on_connection, fixture);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_clear_pointer(&fixture->acceptor, sl_acceptor_free);
    g_assert_cmpint(G_OBJECT(fixture->listening)->ref_count, ==, 1);
    g_object_unref(fixture->listening);
    g_main_context_unref(fixture->context);
}

static GPtrArray *
connect_some(Fixture *fixture, guint n)
{
    g_autoptr(GSocketAddress) address = g_socket_get_local_address(fixture->listening, NULL);
    GPtrArray *clients = g_ptr_array_new_with_free_func(g_object_unref);

    for (guint i = 0; i < n; i++) {
        g_autoptr(GError) error = NULL;
        GSocket *client = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM,
                                       G_SOCKET_PROTOCOL_DEFAULT, &error);

        g_assert_no_error(error);
        g_socket_connect(client, address, NULL, &error);
        g_assert_no_error(error);
        g_ptr_array_add(clients, client);
    }
    return clients;
}

static void
test_turns(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GPtrArray) clients = connect_some(fixture, A_TURN + 2);

    g_main_context_iteration(fixture->context, TRUE);
    g_assert_cmpuint(fixture->n_taken, ==, A_TURN);
    g_main_context_iteration(fixture->context, TRUE);
    g_assert_cmpuint(fixture->n_taken, ==, A_TURN + 2);
    g_assert_false(g_main_context_pending(fixture->context));
}

static void
test_freed_in_func(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GPtrArray) clients = connect_some(fixture, A_TURN);

    fixture->free_at = 2;
    g_main_context_iteration(fixture->context, TRUE);
    g_assert_cmpuint(fixture->n_taken, ==, 2);
    g_assert_false(g_main_context_pending(fixture->context));
}

/* It waits instead of spinning, and takes the connection when there are some again. */
static void
test_no_descriptors(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GPtrArray) clients = connect_some(fixture, 1);
    struct rlimit limit, none;

    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    none = (struct rlimit){ 3, limit.rlim_max };
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
    g_main_context_iteration(fixture->context, FALSE);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    g_assert_cmpuint(fixture->n_taken, ==, 0);
    g_assert_false(g_main_context_pending(fixture->context));
    while (fixture->n_taken == 0)
        g_main_context_iteration(fixture->context, TRUE);
    g_assert_cmpuint(fixture->n_taken, ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/acceptor/turns", Fixture, NULL, set_up, test_turns, tear_down);
    g_test_add("/acceptor/freed-in-func", Fixture, NULL, set_up, test_freed_in_func, tear_down);
    g_test_add("/acceptor/no-descriptors", Fixture, NULL, set_up, test_no_descriptors, tear_down);
    return g_test_run();
}
