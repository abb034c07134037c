#include "fuzz-clock.h"
#include "fuzz.h"
#include "sl-census.h"
#include "sl-json.h"
#include "sl-line-transport.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A connection of the Unix socket, driven by bytes: what a program writes comes in any pieces and
 * joined in any way, and is read, answered and closed at any time. However it came: the lines are
 * those that were written, each once and in order, up to the first one that is too long; and what
 * was sent is what the program reads.
 */

#define MAX_LINE 48
#define MAX_QUEUE 6000
#define BUFFER 2304

typedef struct {
    FuzzInput input;
    GMainContext *context;
    SlLineTransport *transport; /* until it is gone */
    int fd;                     /* the program's; -1: closed */
    GByteArray *written;        /* what it wrote */
    gsize taken;                /* of that, what is behind the last line that came */
    GByteArray *sent;           /* what it should read */
    GByteArray *read;
    gboolean finished; /* it said that nothing follows */
    gboolean ended;    /* this was told */
    gboolean closed;
    guint close_at; /* the so many-th line closes it; 0: none does */
} Play;

/* Returns: where the next line that says something begins, and @ret_len its length; -1 if there is
 * none (yet) */
static gssize
find_line(const Play *play, gsize *ret_len)
{
    gsize at = play->taken;
    const guint8 *end;

    while (at < play->written->len && play->written->data[at] == '\n')
        at++;
    if (at == play->written->len)
        return -1;
    end = memchr(play->written->data + at, '\n', play->written->len - at);
    *ret_len = end != NULL ? (gsize)(end - play->written->data) - at : play->written->len - at;
    return end != NULL || play->finished ? (gssize)at : -1;
}

static void
on_received(SlRelayTransport *transport, GBytes *message, gboolean is_binary, Play *play)
{
    gsize len, expected_len = 0;
    const char *text = g_bytes_get_data(message, &len);
    gssize at = find_line(play, &expected_len);

    fuzz_check(!play->closed && !play->ended, "a line after the end");
    fuzz_check(at >= 0, "a line that nobody wrote");
    fuzz_check(len == expected_len && memcmp(text, play->written->data + at, len) == 0,
               "a line of %" G_GSIZE_FORMAT " bytes came, it was the turn of another one", len);
    fuzz_check(len <= MAX_LINE, "a line of %" G_GSIZE_FORMAT " bytes", len);
    play->taken = (gsize)at + len;
    if (play->close_at > 0 && --play->close_at == 0)
        sl_relay_transport_close(transport, "enough");
}

static void
on_ended(SlRelayTransport *transport, Play *play)
{
    gsize len;

    fuzz_check(!play->ended && !play->closed, "it ends twice");
    fuzz_check(play->finished || play->fd == -1, "it ends, but it goes on");
    fuzz_check(find_line(play, &len) < 0, "it ends before its last line");
    play->ended = TRUE;
}

static void
on_closed(SlRelayTransport *transport, Play *play)
{
    fuzz_check(!play->closed, "it is closed twice");
    play->closed = TRUE;
}

static void
on_drained(SlRelayTransport *transport, Play *play)
{
    int n;

    fuzz_check(!play->closed, "drained after it was closed");
    if (play->fd >= 0 && ioctl(play->fd, FIONREAD, &n) == 0)
        fuzz_check(play->read->len + (guint)n == play->sent->len,
                   "drained, but not all is on its way");
}

static void
on_gone(SlLineTransport *transport, Play *play)
{
    fuzz_check(play->closed, "it is gone before it is closed");
    fuzz_check(transport == play->transport, "it is gone twice");
    g_signal_handlers_disconnect_by_data(transport, play);
    g_clear_object(&play->transport);
}

static void
settle(Play *play)
{
    guint turns = 0;

    while (g_main_context_iteration(play->context, FALSE))
        fuzz_check(turns++ < 100000, "it never comes to rest");
}

/* What the system does not take at once is not written. */
static void
write_bytes(Play *play, const guint8 *data, gsize len)
{
    ssize_t n = play->fd >= 0 && !play->finished ? send(play->fd, data, len, MSG_NOSIGNAL) : 0;

    if (n > 0)
        g_byte_array_append(play->written, data, (guint)n);
}

static void
write_any(Play *play, guint8 how_many)
{
    g_autoptr(GBytes) bytes = fuzz_input_bytes(&play->input, how_many);

    write_bytes(play, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

static void
write_line(Play *play, guint8 how_long)
{
    gsize len = how_long % (MAX_LINE + 4);
    g_autofree char *line = g_strnfill(len, 'x');

    line[len] = '\n'; /* in the place of its end */
    write_bytes(play, (const guint8 *)line, len + 1);
}

static void
write_part(Play *play, guint8 how_long)
{
    gsize len = how_long % (MAX_LINE + 4);
    g_autofree char *part = g_strnfill(len, 'y');

    write_bytes(play, (const guint8 *)part, len);
}

static void
read_some(Play *play, guint8 how_many)
{
    guint8 buffer[256 * 16];
    ssize_t n = play->fd >= 0 ? recv(play->fd, buffer, how_many * (gsize)16 + 1, 0) : 0;

    if (n > 0)
        g_byte_array_append(play->read, buffer, (guint)n);
}

static void
send_text(Play *play, guint8 len)
{
    g_autofree char *text = g_strnfill((gsize)len * 8, 'z');

    if (play->transport == NULL || play->closed)
        return;
    g_byte_array_append(play->sent, (const guint8 *)text, len * 8);
    g_byte_array_append(play->sent, (const guint8 *)"\n", 1);
    sl_relay_transport_send(SL_RELAY_TRANSPORT(play->transport), text);
}

static void
finish_writing(Play *play, guint8 unused)
{
    if (play->fd >= 0)
        shutdown(play->fd, SHUT_WR);
    play->finished = TRUE;
}

static void
close_program(Play *play, guint8 unused)
{
    if (play->fd >= 0)
        close(play->fd);
    play->fd = -1;
    play->finished = TRUE;
}

static void
close_transport(Play *play, guint8 unused)
{
    if (play->transport != NULL && !play->closed)
        sl_relay_transport_close(SL_RELAY_TRANSPORT(play->transport), "enough");
}

static void
close_at_line(Play *play, guint8 lines)
{
    play->close_at = lines;
}

static void
turn(Play *play, guint8 times)
{
    for (guint i = 0; i <= times; i++)
        g_main_context_iteration(play->context, FALSE);
}

static void
settle_step(Play *play, guint8 unused)
{
    settle(play);
}

static void
wait_for(Play *play, guint8 times)
{
    fuzz_clock_advance(times * (gint64)50000);
}

static void (*const steps[])(Play *play, guint8 argument) = {
    write_any,     write_line,      write_part,    read_some, send_text,   finish_writing,
    close_program, close_transport, close_at_line, turn,      settle_step, wait_for,
};

/* The longest beginning of a line that it must have seen. */
static gboolean
wrote_too_much(const Play *play)
{
    gsize len = 0;

    for (guint i = 0; i < play->written->len; i++) {
        len = play->written->data[i] == '\n' ? 0 : len + 1;
        if (len > MAX_LINE)
            return TRUE;
    }
    return FALSE;
}

/* What it reads begins with what was sent; behind that there may be one error. */
static void
check_read(const Play *play, gboolean all)
{
    gsize same = MIN(play->read->len, play->sent->len);
    g_autoptr(JsonObject) object = NULL;

    fuzz_check(same == 0 || memcmp(play->read->data, play->sent->data, same) == 0,
               "it reads something else than what was sent");
    if (play->read->len <= play->sent->len) {
        fuzz_check(!all || play->read->len == play->sent->len, "it was sent %u bytes and reads %u",
                   play->sent->len, play->read->len);
        return;
    }
    fuzz_check(wrote_too_much(play), "it reads more than what was sent");
    if (!all)
        return;
    object = sl_json_parse_object((const char *)play->read->data + same, play->read->len - same - 1,
                                  NULL);
    fuzz_check(object != NULL &&
                   g_str_equal(json_object_get_string_member(object, "code"), "too-large"),
               "it reads more than what was sent");
}

/* It takes everything, and then it is closed. */
static void
finish(Play *play)
{
    gboolean overrun;
    gsize len;

    for (guint i = 0; i < 64; i++) {
        settle(play);
        read_some(play, 255);
    }
    overrun = play->transport == NULL && play->fd >= 0;
    if (!play->closed) {
        fuzz_check(find_line(play, &len) < 0, "a line never came");
        fuzz_check(!wrote_too_much(play), "a line is too long, and it goes on");
        fuzz_check(!play->finished || play->ended, "its end was never told");
    }
    if (play->fd >= 0)
        check_read(play, !overrun);
    close_program(play, 0);
    close_transport(play, 0);
    settle(play);
    for (guint i = 0; i < 3; i++) {
        fuzz_clock_advance(5 * G_USEC_PER_SEC);
        settle(play);
    }
    fuzz_check(play->transport == NULL, "it never goes");
    fuzz_check(sl_census_get("SlLineTransport") == 0, "it is left");
}

static void
connect_both(Play *play)
{
    SlLimits limits;
    g_autoptr(GSocket) mine = NULL;
    int fds[2], size = BUFFER;

    sl_limits_init(&limits);
    limits.max_message_bytes = MAX_LINE;
    limits.max_queue_bytes = MAX_QUEUE;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
        fuzz_fail("socketpair: %s", g_strerror(errno));
    for (guint i = 0; i < 2; i++)
        setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    play->fd = fds[0];
    mine = g_socket_new_from_fd(fds[1], NULL);
    play->transport = sl_line_transport_new(play->context, mine, &limits);
    g_signal_connect(play->transport, "received", G_CALLBACK(on_received), play);
    g_signal_connect(play->transport, "ended", G_CALLBACK(on_ended), play);
    g_signal_connect(play->transport, "drained", G_CALLBACK(on_drained), play);
    g_signal_connect(play->transport, "closed", G_CALLBACK(on_closed), play);
    g_signal_connect(play->transport, "gone", G_CALLBACK(on_gone), play);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize len)
{
    Play play = { .input = { data, len, 0 } };

    fuzz_clock_reset();
    play.context = g_main_context_new();
    play.written = g_byte_array_new();
    play.sent = g_byte_array_new();
    play.read = g_byte_array_new();
    connect_both(&play);
    while (!fuzz_input_is_over(&play.input)) {
        guint8 step = fuzz_input_byte(&play.input);

        steps[step % G_N_ELEMENTS(steps)](&play, fuzz_input_byte(&play.input));
    }
    finish(&play);
    g_byte_array_unref(play.written);
    g_byte_array_unref(play.sent);
    g_byte_array_unref(play.read);
    g_main_context_unref(play.context);
    return 0;
}
