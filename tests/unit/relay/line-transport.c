#include "sl-line-transport.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_LINE 1024u
#define MAX_QUEUE (1024u * 1024u)

typedef struct {
    GMainContext *context;
    SlLineTransport *transport;
    GSocket *program; /* the other side */
    GPtrArray *received;
    guint n_drained, n_ended, n_closed, n_gone;
    gboolean answers; /* each line with itself */
    gboolean quits;   /* with the first line */
} Fixture;

static void
on_received(SlRelayTransport *transport, GBytes *message, gboolean is_binary, Fixture *fixture)
{
    gsize len;
    const char *text = g_bytes_get_data(message, &len);
    char *line = len > 0 ? g_strndup(text, len) : g_strdup("");

    g_assert_cmpuint(fixture->n_closed, ==, 0);
    g_ptr_array_add(fixture->received, line);
    if (fixture->answers)
        sl_relay_transport_send(transport, line);
    if (fixture->quits)
        sl_relay_transport_close(transport, "enough");
}

static void
count(gpointer transport, guint *counter)
{
    (*counter)++;
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
    SlLimits limits;
    g_autoptr(GSocket) socket = NULL;
    int fds[2];

    sl_limits_init(&limits);
    limits.max_message_bytes = MAX_LINE;
    limits.max_queue_bytes = MAX_QUEUE;
    g_assert_no_errno(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
    socket = g_socket_new_from_fd(fds[0], NULL);
    fixture->program = g_socket_new_from_fd(fds[1], NULL);
    g_socket_set_blocking(fixture->program, FALSE);
    fixture->context = g_main_context_new();
    fixture->received = g_ptr_array_new_with_free_func(g_free);
    fixture->transport = sl_line_transport_new(fixture->context, socket, &limits);
    g_signal_connect(fixture->transport, "received", G_CALLBACK(on_received), fixture);
    g_signal_connect(fixture->transport, "drained", G_CALLBACK(count), &fixture->n_drained);
    g_signal_connect(fixture->transport, "ended", G_CALLBACK(count), &fixture->n_ended);
    g_signal_connect(fixture->transport, "closed", G_CALLBACK(count), &fixture->n_closed);
    g_signal_connect(fixture->transport, "gone", G_CALLBACK(count), &fixture->n_gone);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    gpointer transport = fixture->transport;

    g_object_add_weak_pointer(transport, &transport);
    g_object_unref(fixture->transport);
    g_assert_null(transport);
    g_ptr_array_unref(fixture->received);
    g_object_unref(fixture->program);
    g_main_context_unref(fixture->context);
}

static void
settle(Fixture *fixture)
{
    while (g_main_context_iteration(fixture->context, FALSE))
        ;
}

static void
wait_for(Fixture *fixture, const guint *counter)
{
    while (*counter == 0)
        g_main_context_iteration(fixture->context, TRUE);
}

/* --- what the program does --- */

/* All of it, however much that is: the transport reads meanwhile. Stops where nobody reads. */
static void
say(Fixture *fixture, const char *text, gsize len)
{
    while (len > 0) {
        gssize n = g_socket_send(fixture->program, text, len, NULL, NULL);

        if (n < 0 && fixture->n_closed > 0)
            return;
        if (n > 0) {
            text += n;
            len -= (gsize)n;
        }
        settle(fixture);
    }
}

static void
say_no_more(Fixture *fixture)
{
    g_assert_true(g_socket_shutdown(fixture->program, FALSE, TRUE, NULL));
    settle(fixture);
}

/* What there is to read now; @ret_ended: and nothing follows */
static char *
hear(Fixture *fixture, gboolean *ret_ended)
{
    g_autoptr(GString) heard = g_string_new(NULL);
    char buffer[4096];
    gssize n;

    *ret_ended = FALSE;
    do {
        settle(fixture);
        while ((n = g_socket_receive(fixture->program, buffer, sizeof(buffer), NULL, NULL)) > 0)
            g_string_append_len(heard, buffer, n);
        *ret_ended = n == 0;
    } while (g_main_context_pending(fixture->context));
    return g_string_free(g_steal_pointer(&heard), FALSE);
}

static void
expect_to_hear(Fixture *fixture, const char *text, gboolean is_end)
{
    gboolean ended;
    g_autofree char *heard = hear(fixture, &ended);

    g_assert_cmpstr(heard, ==, text);
    g_assert_true(ended == is_end);
}

static void
hang_up(Fixture *fixture)
{
    g_assert_true(g_socket_close(fixture->program, NULL));
    settle(fixture);
}

/* --- lines --- */

static void
test_lines(void)
{
    static const struct {
        const char *said;
        const char *lines; /* with a bar after each */
        const char *last;  /* what the end completes */
    } cases[] = {
        { "", "", "" },
        { "\n\n", "", "" },
        { "one\n", "one|", "" },
        { "one\ntwo\n", "one|two|", "" },
        { "one\n\ntwo\r\n", "one|two\r|", "" },
        { "one\ntwo", "one|", "two|" },
        { "one", "", "one|" },
        { "\xff\xfe\n{}", "\xff\xfe|", "{}|" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases) * 2; i++) {
        const char *said = cases[i / 2].said;
        Fixture fixture = { NULL };
        g_autofree char *joined = NULL;
        g_autofree char *expected = NULL;

        set_up(&fixture, NULL);
        for (gsize pos = 0; pos < strlen(said); pos += i % 2 == 0 ? strlen(said) : 1)
            say(&fixture, said + pos, i % 2 == 0 ? strlen(said) : 1);
        g_assert_cmpuint(fixture.n_ended, ==, 0);
        for (guint j = 0; j < 2; j++) {
            g_autoptr(GString) lines = g_string_new(NULL);

            for (guint k = 0; k < fixture.received->len; k++)
                g_string_append_printf(lines, "%s|", (char *)fixture.received->pdata[k]);
            g_free(expected);
            expected = g_strconcat(cases[i / 2].lines, j == 1 ? cases[i / 2].last : "", NULL);
            g_assert_cmpstr(lines->str, ==, expected);
            if (j == 0)
                say_no_more(&fixture);
        }
        g_assert_cmpuint(fixture.n_ended, ==, 1);
        g_assert_cmpuint(fixture.n_closed, ==, 0);
        tear_down(&fixture, NULL);
    }
}

static void
test_longest(Fixture *fixture, gconstpointer data)
{
    g_autofree char *line = g_strnfill(MAX_LINE, 'x');

    for (guint i = 0; i < 2; i++) {
        say(fixture, line, MAX_LINE);
        say(fixture, "\n", 1);
    }
    g_assert_cmpuint(fixture->received->len, ==, 2);
    g_assert_cmpstr(fixture->received->pdata[1], ==, line);
    expect_to_hear(fixture, "", FALSE);
}

/* However it comes: with its end, without one, without any end at all. */
static void
test_too_long(gconstpointer data)
{
    static const gsize lengths[] = { MAX_LINE + 1, MAX_LINE * 3, 64 * 1024, 900 * 1024 };

    for (guint i = 0; i < G_N_ELEMENTS(lengths) * 2; i++) {
        g_autofree char *line = g_strnfill(lengths[i / 2], 'x');
        Fixture fixture = { NULL };

        if (i % 2 == 1)
            line[lengths[i / 2] - 1] = '\n';
        if (i == 1)
            continue; /* not too long */
        set_up(&fixture, NULL);
        say(&fixture, "first\n", 6);
        say(&fixture, line, lengths[i / 2]);
        g_assert_cmpuint(fixture.received->len, ==, 1);
        g_assert_cmpuint(fixture.n_closed, ==, 1);
        expect_to_hear(
            &fixture,
            "{\"type\":\"error\",\"code\":\"too-large\",\"message\":\"a line has more than "
            "1024 bytes\"}\n",
            TRUE);
        g_assert_cmpuint(fixture.n_gone, ==, 0);
        hang_up(&fixture);
        g_assert_cmpuint(fixture.n_gone, ==, 1);
        tear_down(&fixture, NULL);
    }
}

/* Who goes on and on is not listened to for ever. */
static void
test_endless(Fixture *fixture, gconstpointer data)
{
    g_autofree char *line = g_strnfill(64 * 1024, 'x');

    for (guint i = 0; i < 64 && fixture->n_gone == 0; i++)
        say(fixture, line, 64 * 1024);
    g_assert_cmpuint(fixture->n_gone, ==, 1);
}

/* One who floods leaves each turn to the others. */
static void
test_turns(Fixture *fixture, gconstpointer data)
{
    g_autofree char *flood = g_strnfill(64 * 1024, 'x');

    for (gsize i = 1; i < 64 * 1024; i += 2)
        flood[i] = '\n';
    g_assert_cmpint(g_socket_send(fixture->program, flood, 64 * 1024, NULL, NULL), ==, 64 * 1024);
    for (guint turn = 1; turn <= 4; turn++) {
        g_main_context_iteration(fixture->context, FALSE);
        g_assert_cmpuint(fixture->received->len, ==, turn * 8 * 1024);
    }
}

/* --- what is sent --- */

static void
test_drained(Fixture *fixture, gconstpointer data)
{
    SlRelayTransport *transport = SL_RELAY_TRANSPORT(fixture->transport);

    g_assert_true(sl_relay_transport_is_acknowledging(transport));
    sl_relay_transport_send(transport, "one");
    sl_relay_transport_send(transport, "two\nthree");
    g_assert_cmpuint(fixture->n_drained, ==, 0);
    settle(fixture);
    g_assert_cmpuint(fixture->n_drained, ==, 1);
    expect_to_hear(fixture, "one\ntwo\nthree\n", FALSE);
    sl_relay_transport_send(transport, "four");
    settle(fixture);
    g_assert_cmpuint(fixture->n_drained, ==, 2);
}

/* More than the system takes: no more is drained than is read. */
static void
test_slow(Fixture *fixture, gconstpointer data)
{
    g_autofree char *text = g_strnfill(MAX_QUEUE - 1, 'x');
    g_autofree char *expected = g_strconcat(text, "\n", NULL);

    sl_relay_transport_send(SL_RELAY_TRANSPORT(fixture->transport), text);
    settle(fixture);
    g_assert_cmpuint(fixture->n_drained, ==, 0);
    expect_to_hear(fixture, expected, FALSE);
    g_assert_cmpuint(fixture->n_drained, ==, 1);
}

static void
test_full(Fixture *fixture, gconstpointer data)
{
    SlRelayTransport *transport = SL_RELAY_TRANSPORT(fixture->transport);
    g_autofree char *text = g_strnfill(MAX_QUEUE - 2, 'x');

    sl_relay_transport_send(transport, text);
    sl_relay_transport_send(transport, "");
    g_assert_cmpuint(fixture->n_closed, ==, 0);
    sl_relay_transport_send(transport, "");
    g_assert_cmpuint(fixture->n_closed, ==, 1);
    g_assert_cmpuint(fixture->n_gone, ==, 1);
    sl_relay_transport_send(transport, "unheard");
    sl_relay_transport_close(transport, NULL);
    settle(fixture);
    g_assert_cmpuint(fixture->n_closed, ==, 1);
    g_assert_cmpuint(fixture->n_gone, ==, 1);
}

/* --- the end --- */

static void
test_half_closed(Fixture *fixture, gconstpointer data)
{
    fixture->answers = TRUE;
    say(fixture, "one\ntwo", 7);
    say_no_more(fixture);
    g_assert_cmpuint(fixture->n_ended, ==, 1);
    g_assert_cmpuint(fixture->n_closed, ==, 0);
    expect_to_hear(fixture, "one\ntwo\n", FALSE);
    sl_relay_transport_send(SL_RELAY_TRANSPORT(fixture->transport), "later");
    sl_relay_transport_close(SL_RELAY_TRANSPORT(fixture->transport), NULL);
    expect_to_hear(fixture, "later\n", TRUE);
    g_assert_cmpuint(fixture->n_gone, ==, 1);
}

/* What was said before the end gets there, however much it is. */
static void
test_closed(Fixture *fixture, gconstpointer data)
{
    g_autofree char *text = g_strnfill(MAX_QUEUE - 1, 'x');
    g_autofree char *expected = g_strconcat(text, "\n", NULL);

    sl_relay_transport_send(SL_RELAY_TRANSPORT(fixture->transport), text);
    sl_relay_transport_close(SL_RELAY_TRANSPORT(fixture->transport), NULL);
    g_assert_cmpuint(fixture->n_closed, ==, 1);
    g_assert_cmpuint(fixture->n_gone, ==, 0);
    say(fixture, "unheard\n", 8);
    expect_to_hear(fixture, expected, TRUE);
    g_assert_cmpuint(fixture->received->len, ==, 0);
    g_assert_cmpuint(fixture->n_drained, ==, 0);
    hang_up(fixture);
    g_assert_cmpuint(fixture->n_gone, ==, 1);
}

/* By the first of several lines that came together. */
static void
test_closed_inside(Fixture *fixture, gconstpointer data)
{
    fixture->quits = TRUE;
    say(fixture, "one\ntwo\nthree", 13);
    say_no_more(fixture);
    g_assert_cmpuint(fixture->received->len, ==, 1);
    g_assert_cmpuint(fixture->n_ended, ==, 0);
    g_assert_cmpuint(fixture->n_closed, ==, 1);
    g_assert_cmpuint(fixture->n_gone, ==, 1);
}

/* Who neither reads nor leaves is waited for for some seconds. */
static void
test_left_alone(Fixture *fixture, gconstpointer data)
{
    g_autofree char *text = g_strnfill(MAX_QUEUE - 1, 'x');

    sl_relay_transport_send(SL_RELAY_TRANSPORT(fixture->transport), text);
    sl_relay_transport_close(SL_RELAY_TRANSPORT(fixture->transport), NULL);
    wait_for(fixture, &fixture->n_gone);
}

static void
test_hung_up(Fixture *fixture, gconstpointer data)
{
    say(fixture, "one\ntwo", 7);
    hang_up(fixture);
    g_assert_cmpuint(fixture->received->len, ==, 2);
    g_assert_cmpuint(fixture->n_ended, ==, 1);
    sl_relay_transport_send(SL_RELAY_TRANSPORT(fixture->transport), "unheard");
    settle(fixture);
    g_assert_cmpuint(fixture->n_closed, ==, 0);
    sl_relay_transport_close(SL_RELAY_TRANSPORT(fixture->transport), NULL);
    g_assert_cmpuint(fixture->n_closed, ==, 1);
    g_assert_cmpuint(fixture->n_gone, ==, 1);
}

/* It is heard to the end, however soon it has gone, and whatever there was to tell it. */
static void
test_in_a_hurry(Fixture *fixture, gconstpointer data)
{
    g_autofree char *flood = g_strnfill(48 * 1024, 'x');

    for (gsize i = 11; i < 48 * 1024; i += 12)
        flood[i] = '\n';
    g_assert_cmpint(g_socket_send(fixture->program, flood, 48 * 1024, NULL, NULL), ==, 48 * 1024);
    sl_relay_transport_send(SL_RELAY_TRANSPORT(fixture->transport), "unheard");
    fixture->answers = TRUE;
    hang_up(fixture);
    g_assert_cmpuint(fixture->received->len, ==, 4096);
    g_assert_cmpuint(fixture->n_ended, ==, 1);
    g_assert_cmpuint(fixture->n_drained, >=, 1);
    sl_relay_transport_close(SL_RELAY_TRANSPORT(fixture->transport), NULL);
    g_assert_cmpuint(fixture->n_gone, ==, 1);
}

/* With something that it did not read any more. */
static void
test_reset(Fixture *fixture, gconstpointer data)
{
    sl_relay_transport_send(SL_RELAY_TRANSPORT(fixture->transport), "unread");
    settle(fixture);
    g_assert_cmpint(g_socket_send(fixture->program, "one\ntwo", 7, NULL, NULL), ==, 7);
    hang_up(fixture);
    g_assert_cmpuint(fixture->received->len, ==, 2);
    g_assert_cmpuint(fixture->n_ended, ==, 1);
    g_assert_cmpuint(fixture->n_closed, ==, 0);
    sl_relay_transport_close(SL_RELAY_TRANSPORT(fixture->transport), NULL);
    g_assert_cmpuint(fixture->n_gone, ==, 1);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*func)(Fixture *, gconstpointer);
    } tests[] = {
        { "/line-transport/longest", test_longest },
        { "/line-transport/endless", test_endless },
        { "/line-transport/turns", test_turns },
        { "/line-transport/drained", test_drained },
        { "/line-transport/slow", test_slow },
        { "/line-transport/full", test_full },
        { "/line-transport/half-closed", test_half_closed },
        { "/line-transport/closed", test_closed },
        { "/line-transport/closed-inside", test_closed_inside },
        { "/line-transport/left-alone", test_left_alone },
        { "/line-transport/hung-up", test_hung_up },
        { "/line-transport/in-a-hurry", test_in_a_hurry },
        { "/line-transport/reset", test_reset },
    };

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/line-transport/lines", test_lines);
    g_test_add_data_func("/line-transport/too-long", NULL, test_too_long);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].func, tear_down);
    return g_test_run();
}
