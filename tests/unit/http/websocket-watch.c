#include <string.h>
#include <sys/socket.h>

#include "sl-websocket-watch.h"

typedef struct {
    GSocket *client;
    SlWebsocketWatch *watch;
    gboolean sending;
    guint n_closing, n_gone;
} Fixture;

static void
on_closing(SlWebsocketWatch *watch, Fixture *self)
{
    g_assert_false(self->sending);
    self->n_closing++;
}

static void
on_gone(SlWebsocketWatch *watch, Fixture *self)
{
    self->n_gone++;
}

static GSocket *
take_socket(int fd)
{
    GSocket *socket = g_socket_new_from_fd(fd, NULL);

    g_assert_nonnull(socket);
    g_socket_set_blocking(socket, FALSE);
    return socket;
}

static void
set_up(Fixture *self, gconstpointer data)
{
    g_autoptr(GMainContext) context = g_main_context_ref_thread_default();
    g_autoptr(GUri) uri = g_uri_parse("ws://localhost/", G_URI_FLAGS_NONE, NULL);
    g_autoptr(GSocket) server = NULL;
    g_autoptr(SlConnection) connection = NULL;
    SlLimits limits;
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    self->client = take_socket(fds[0]);
    server = take_socket(fds[1]);
    connection = sl_connection_new(server, NULL, NULL);
    sl_limits_init(&limits);
    limits.max_queue_bytes = 64 * 1024;
    self->watch =
        sl_websocket_watch_new(context, G_IO_STREAM(connection), connection, uri, &limits);
    g_signal_connect(self->watch, "closing", G_CALLBACK(on_closing), self);
    g_signal_connect(self->watch, "gone", G_CALLBACK(on_gone), self);
}

static void
tear_down(Fixture *self, gconstpointer data)
{
    g_clear_object(&self->client);
    while (self->n_gone == 0)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(self->n_closing, ==, 1);
    g_assert_finalize_object(self->watch);
}

/* Whom `closing` ends may be who sends: it comes when that is done. */
static void
test_full_queue(Fixture *self, gconstpointer data)
{
    g_autofree char *text = g_strnfill(16000, 'x');

    while (self->n_closing == 0) {
        self->sending = TRUE;
        sl_websocket_watch_send(self->watch, text);
        self->sending = FALSE;
        while (g_main_context_iteration(NULL, FALSE))
            ;
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/websocket-watch/full-queue", Fixture, NULL, set_up, test_full_queue, tear_down);
    return g_test_run();
}
