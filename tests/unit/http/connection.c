#include <string.h>
#include <sys/socket.h>

#include "sl-connection.h"

typedef struct {
    GSocket *client;
    SlConnection *connection;
} Pair;

static void
set_up(Pair *self, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocket) server = NULL;
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    self->client = g_socket_new_from_fd(fds[0], &error);
    server = g_socket_new_from_fd(fds[1], &error);
    g_assert_no_error(error);
    g_socket_set_blocking(self->client, FALSE);
    g_socket_set_blocking(server, FALSE);
    self->connection = sl_connection_new(server, NULL, NULL);
}

static void
tear_down(Pair *self, gconstpointer data)
{
    g_assert_finalize_object(self->connection);
    g_object_unref(self->client);
}

static void
say(Pair *self, const char *text)
{
    g_assert_cmpint(g_socket_send(self->client, text, strlen(text), NULL, NULL), ==, strlen(text));
}

static void
test_header(Pair *self, gconstpointer data)
{
    GInputStream *input;
    char text[64] = "";

    g_assert_cmpint(sl_connection_read_header(self->connection, 20), ==, SL_HEADER_MORE);
    say(self, "\r\n\n");
    g_assert_cmpint(sl_connection_read_header(self->connection, 20), ==, SL_HEADER_MORE);
    g_assert_false(sl_connection_has_begun(self->connection));
    say(self, "GET /\r\nA: b\r\n\r");
    g_assert_cmpint(sl_connection_read_header(self->connection, 20), ==, SL_HEADER_MORE);
    g_assert_true(sl_connection_has_begun(self->connection));
    say(self, "\nbody and more than 20 bytes");
    g_assert_cmpint(sl_connection_read_header(self->connection, 20), ==, SL_HEADER_COMPLETE);

    say(self, "!");
    input = g_io_stream_get_input_stream(G_IO_STREAM(self->connection));
    g_assert_true(g_input_stream_read_all(input, text, 43, NULL, NULL, NULL));
    g_assert_cmpstr(text, ==, "GET /\r\nA: b\r\n\r\nbody and more than 20 bytes!");
}

static void
test_ends_of_lines(Pair *self, gconstpointer data)
{
    say(self, "GET /\nA: b\n\n");
    g_assert_cmpint(sl_connection_read_header(self->connection, 12), ==, SL_HEADER_COMPLETE);
}

static void
test_too_large(Pair *self, gconstpointer data)
{
    say(self, "GET /\nA: b\n\n");
    g_assert_cmpint(sl_connection_read_header(self->connection, 11), ==, SL_HEADER_TOO_LARGE);
}

/* Somebody who sends nothing but empty lines has an end as well. */
static void
test_blank(Pair *self, gconstpointer data)
{
    g_autofree char *lines = g_strnfill(50000, '\n');

    say(self, lines);
    g_assert_cmpint(sl_connection_read_header(self->connection, 5000), ==, SL_HEADER_TOO_LARGE);
}

static void
test_malformed(Pair *self, gconstpointer data)
{
    say(self, "\x16\x03\x01");
    g_assert_cmpint(sl_connection_read_header(self->connection, 100), ==, SL_HEADER_MALFORMED);
}

static void
test_ended(Pair *self, gconstpointer data)
{
    say(self, "GET");
    g_socket_close(self->client, NULL);
    g_assert_cmpint(sl_connection_read_header(self->connection, 100), ==, SL_HEADER_ENDED);
}

static gsize
read_what_may_be(GPollableInputStream *input)
{
    static char buffer[10000];
    gsize total = 0;
    gssize n;

    while ((n = g_pollable_input_stream_read_nonblocking(input, buffer, sizeof(buffer), NULL,
                                                         NULL)) > 0)
        total += (gsize)n;
    return total;
}

/* However much there is, one turn ends, and the next begins with a source. */
static void
test_turns(Pair *self, gconstpointer data)
{
    g_autofree char *much = g_strnfill(100000, 'x');
    GPollableInputStream *input =
        G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(G_IO_STREAM(self->connection)));
    g_autoptr(GSource) source = NULL;

    g_assert_cmpint(g_socket_send(self->client, much, 100000, NULL, NULL), ==, 100000);
    g_assert_cmpuint(read_what_may_be(input), ==, 65536);
    g_assert_cmpuint(read_what_may_be(input), ==, 0);
    g_assert_true(g_pollable_input_stream_is_readable(input));
    source = g_pollable_input_stream_create_source(input, NULL);
    g_assert_cmpuint(read_what_may_be(input), ==, 100000 - 65536);
}

static void
test_written(Pair *self, gconstpointer data)
{
    GOutputStream *output = g_io_stream_get_output_stream(G_IO_STREAM(self->connection));
    g_autofree char *much = g_strnfill(64 * 1024 * 1024, 'x');
    gssize n;

    g_assert_true(g_output_stream_write_all(output, "12345", 5, NULL, NULL, NULL));
    g_assert_cmpuint(sl_connection_get_n_written(self->connection), ==, 5);
    /* Only what was taken counts. */
    n = g_pollable_output_stream_write_nonblocking(G_POLLABLE_OUTPUT_STREAM(output), much,
                                                   64 * 1024 * 1024, NULL, NULL);
    g_assert_cmpint(n, >, 0);
    g_assert_cmpint(n, <, 64 * 1024 * 1024);
    g_assert_cmpuint(sl_connection_get_n_written(self->connection), ==, 5 + (gsize)n);
    g_assert_cmpint(g_pollable_output_stream_write_nonblocking(G_POLLABLE_OUTPUT_STREAM(output),
                                                               much, 1, NULL, NULL),
                    ==, -1);
    g_assert_cmpuint(sl_connection_get_n_written(self->connection), ==, 5 + (gsize)n);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/connection/" name, Pair, NULL, set_up, func, tear_down)
    ADD("header", test_header);
    ADD("ends-of-lines", test_ends_of_lines);
    ADD("too-large", test_too_large);
    ADD("blank", test_blank);
    ADD("malformed", test_malformed);
    ADD("ended", test_ended);
    ADD("turns", test_turns);
    ADD("written", test_written);
    return g_test_run();
}
