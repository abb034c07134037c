#include "sl-object-exchange.h"

#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fake-transport.h"
#include "object-fixture.h"
#include "sl-census.h"
#include "sl-object-wire.h"

#define CHUNK ((gsize)16384)
#define WINDOW ((gsize)1048576)
#define NOBODY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define WELCOME                                                                    \
    "{\"type\":\"welcome\",\"version\":1,\"window\":1048576,\"max-object-bytes\":" \
    "268435456,\"put\":true}"

static gint skew_s; /* atomic: by how much the clock is ahead */

/* What libraries call is looked up in the program first. */
int
clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    int result = (int)syscall(SYS_clock_gettime, clock, ret_time);

    ret_time->tv_sec += g_atomic_int_get(&skew_s);
    return result;
}

typedef struct {
    ObjectFixture base;
    SlObjectExchange *exchange;
    SlGrant *grant;
    GBytes *bytes; /* an object, … */
    gsize size;
    char *hash;
} Fixture;

static void
set_up(Fixture *self, gconstpointer setup)
{
    object_fixture_set_up(&self->base, setup);
    self->exchange =
        sl_object_exchange_new(self->base.context, &self->base.limits, self->base.store);
    self->grant = sl_grant_new("test", SL_ROLES_GUEST, NULL, 0);
    self->size = 5 * CHUNK + 100;
    self->bytes = object_make(7, self->size);
    self->hash = object_hash(self->bytes);
}

static void
tear_down(Fixture *self, gconstpointer setup)
{
    sl_object_exchange_close(self->exchange);
    g_assert_cmpuint(sl_object_exchange_get_n_clients(self->exchange), ==, 0);
    g_clear_object(&self->exchange);
    sl_grant_unref(self->grant);
    g_bytes_unref(self->bytes);
    g_free(self->hash);
    object_fixture_tear_down(&self->base, setup);
    g_assert_cmpuint(sl_census_get("SlObjectClient"), ==, 0);
    g_assert_cmpuint(sl_census_get("SlObjectPut"), ==, 0);
    g_assert_cmpuint(sl_census_get("SlObjectGet"), ==, 0);
}

/* --- what a client does --- */

static FakeTransport *
attach_granted(Fixture *self, SlGrant *grant)
{
    FakeTransport *client = fake_transport_new();

    sl_object_exchange_attach(self->exchange, SL_RELAY_TRANSPORT(client), grant, NULL);
    return client;
}

/* Waits for the next text. */
G_GNUC_PRINTF(3, 4)
static void
expect(Fixture *self, FakeTransport *client, const char *format, ...)
{
    g_autofree char *expected = NULL, *text = NULL;
    va_list args;

    va_start(args, format);
    expected = g_strdup_vprintf(format, args);
    va_end(args);
    while (fake_transport_get_n_sent(client) == 0)
        g_main_context_iteration(self->base.context, TRUE);
    text = fake_transport_take(client);
    g_assert_cmpstr(text, ==, expected);
}

static FakeTransport *
attach(Fixture *self)
{
    FakeTransport *client = attach_granted(self, self->grant);

    expect(self, client, "%s", WELCOME);
    return client;
}

static void
say_put(Fixture *self, FakeTransport *client, guint id, const char *key)
{
    fake_transport_say(client,
                       "{\"type\":\"put\",\"id\":%u,\"hash\":\"%s\",\"size\":%" G_GSIZE_FORMAT
                       ",\"key\":\"%s\"}",
                       id, self->hash, self->size, key);
}

static void
say_get(Fixture *self, FakeTransport *client, guint id, guint64 offset)
{
    fake_transport_say(
        client, "{\"type\":\"get\",\"id\":%u,\"hash\":\"%s\",\"offset\":%" G_GUINT64_FORMAT "}", id,
        self->hash, offset);
}

static void
say_ack(FakeTransport *client, guint id, guint64 offset)
{
    fake_transport_say(client, "{\"type\":\"ack\",\"id\":%u,\"offset\":%" G_GUINT64_FORMAT "}", id,
                       offset);
}

static void
send_chunk(Fixture *self, FakeTransport *client, guint32 id, guint64 offset, gsize size)
{
    const SlObjectChunk chunk = { id, offset, size };

    fake_transport_say_bytes(
        client, sl_object_chunk_to_bytes(&chunk, self->bytes, MIN(offset, self->size - size)));
}

static void
send_from(Fixture *self, FakeTransport *client, guint32 id, gsize offset, gsize end)
{
    for (; offset < end; offset += CHUNK)
        send_chunk(self, client, id, offset, MIN(CHUNK, end - offset));
}

/* Reads texts up to `stored`; acknowledgements only go forward. */
static void
expect_stored(Fixture *self, FakeTransport *client, guint id)
{
    g_autofree char *stored =
        g_strdup_printf("{\"type\":\"stored\",\"id\":%u,\"hash\":\"%s\"}", id, self->hash);
    g_autofree char *ack = g_strdup_printf("{\"type\":\"ack\",\"id\":%u,\"offset\":", id);
    guint64 acked = 0;

    for (;;) {
        g_autofree char *text = NULL;

        while ((text = fake_transport_take(client)) == NULL)
            g_main_context_iteration(self->base.context, TRUE);
        if (strcmp(text, stored) == 0)
            return;
        g_assert_true(g_str_has_prefix(text, ack));
        g_assert_cmpuint(g_ascii_strtoull(text + strlen(ack), NULL, 10), >, acked);
        acked = g_ascii_strtoull(text + strlen(ack), NULL, 10);
        g_assert_cmpuint(acked, <=, self->size);
    }
}

static void
put(Fixture *self)
{
    g_autoptr(FakeTransport) client = attach(self);

    say_put(self, client, 1, "k");
    expect(self, client, "{\"type\":\"putting\",\"id\":1,\"offset\":0}");
    send_from(self, client, 1, 0, self->size);
    expect_stored(self, client, 1);
    fake_transport_break(client);
}

/* Waits for the next chunk, which must be of the object. */
static SlObjectChunk
take_chunk(Fixture *self, FakeTransport *client)
{
    g_autoptr(GBytes) message = NULL;
    SlObjectChunk chunk;
    const char *data, *object = g_bytes_get_data(self->bytes, NULL);

    while ((message = fake_transport_take_bytes(client)) == NULL)
        g_main_context_iteration(self->base.context, TRUE);
    data = g_bytes_get_data(message, NULL);
    g_assert_true(sl_object_chunk_parse(&chunk, message, NULL));
    g_assert_cmpuint(chunk.offset + chunk.size, <=, self->size);
    g_assert_cmpmem(data + 12, chunk.size, object + chunk.offset, chunk.size);
    return chunk;
}

static void
assert_no_chunk(Fixture *self, FakeTransport *client)
{
    object_fixture_settle(&self->base);
    g_assert_null(fake_transport_take_bytes(client));
}

static void
assert_silent(Fixture *self, FakeTransport *client)
{
    assert_no_chunk(self, client);
    g_assert_cmpuint(fake_transport_get_n_sent(client), ==, 0);
    g_assert_false(fake_transport_is_closed(client));
}

static void
get_rest(Fixture *self, FakeTransport *client, guint id, guint64 offset)
{
    while (offset < self->size) {
        SlObjectChunk chunk = take_chunk(self, client);

        g_assert_cmpuint(chunk.id, ==, id);
        g_assert_cmpuint(chunk.offset, ==, offset);
        offset += chunk.size;
        say_ack(client, id, offset);
    }
}

/* --- tests --- */

static void
test_put_and_get(Fixture *self, gconstpointer setup)
{
    g_autoptr(FakeTransport) client = NULL;

    put(self);
    object_assert_is(&self->base, self->hash, self->bytes);
    client = attach(self);
    say_put(self, client, 0, "another");
    expect(self, client, "{\"type\":\"stored\",\"id\":0,\"hash\":\"%s\"}", self->hash);
    say_get(self, client, 1, 0);
    expect(self, client, "{\"type\":\"getting\",\"id\":1,\"size\":%u,\"offset\":0}",
           (guint)self->size);
    get_rest(self, client, 1, 0);
    fake_transport_say(client, "{\"type\":\"stop\",\"id\":1}");
    expect(self, client,
           "{\"type\":\"error\",\"id\":1,\"code\":\"unknown-transfer\",\"message\":"
           "\"there is no transfer 1\"}");
    g_assert_cmpuint(sl_object_store_get_figures(self->base.store).served_bytes, ==, self->size);
    fake_transport_break(client);
}

static void
test_offsets(Fixture *self, gconstpointer setup)
{
    g_autoptr(FakeTransport) client = NULL;
    guint size = (guint)self->size;

    put(self);
    client = attach(self);
    say_get(self, client, 1, 3 * CHUNK + 7);
    expect(self, client, "{\"type\":\"getting\",\"id\":1,\"size\":%u,\"offset\":%u}", size,
           (guint)(3 * CHUNK + 7));
    get_rest(self, client, 1, 3 * CHUNK + 7);
    say_get(self, client, 2, size);
    expect(self, client, "{\"type\":\"getting\",\"id\":2,\"size\":%u,\"offset\":%u}", size, size);
    say_ack(client, 2, size);
    assert_silent(self, client);
    say_get(self, client, 3, size + 1);
    expect(self, client,
           "{\"type\":\"error\",\"id\":3,\"code\":\"bad-offset\",\"message\":\"the "
           "object has %u bytes\"}",
           size);
    fake_transport_break(client);
}

/* By another connection: what was there before it is not asked for again. */
static void
test_resume(Fixture *self, gconstpointer setup)
{
    g_autoptr(FakeTransport) first = attach(self), second = NULL, third = NULL;

    say_put(self, first, 1, "k");
    expect(self, first, "{\"type\":\"putting\",\"id\":1,\"offset\":0}");
    send_from(self, first, 1, 0, 2 * CHUNK);
    fake_transport_break(first);
    second = attach(self);
    say_put(self, second, 5, "k");
    expect(self, second, "{\"type\":\"putting\",\"id\":5,\"offset\":%u}", (guint)(2 * CHUNK));
    third = attach(self);
    say_put(self, third, 1, "k");
    expect(self, third, "{\"type\":\"putting\",\"id\":1,\"offset\":%u}", (guint)(2 * CHUNK));
    while (fake_transport_get_n_sent(second) == 0)
        g_main_context_iteration(self->base.context, TRUE);
    {
        g_autofree char *text = fake_transport_take(second);
        g_assert_true(
            g_str_has_prefix(text, "{\"type\":\"error\",\"id\":5,\"code\":\"taken-over\""));
    }
    send_chunk(self, second, 5, 2 * CHUNK, CHUNK); /* had crossed it */
    assert_silent(self, second);
    send_from(self, third, 1, 2 * CHUNK, self->size);
    expect_stored(self, third, 1);
    object_assert_is(&self->base, self->hash, self->bytes);
    fake_transport_break(second);
    fake_transport_break(third);
}

static void
test_wrong_bytes(Fixture *self, gconstpointer setup)
{
    g_autoptr(FakeTransport) client = attach(self);

    fake_transport_say(
        client, "{\"type\":\"put\",\"id\":1,\"hash\":\"" NOBODY "\",\"size\":%u,\"key\":\"k\"}",
        (guint)CHUNK);
    expect(self, client, "{\"type\":\"putting\",\"id\":1,\"offset\":0}");
    send_chunk(self, client, 1, 0, CHUNK);
    for (gboolean failed = FALSE; !failed;) {
        g_autofree char *text = NULL;

        while ((text = fake_transport_take(client)) == NULL)
            g_main_context_iteration(self->base.context, TRUE);
        failed = strstr(text, "\"code\":\"hash-mismatch\"") != NULL;
        g_assert_true(failed || g_str_has_prefix(text, "{\"type\":\"ack\",\"id\":1,"));
    }
    g_assert_false(fake_transport_is_closed(client));
    object_assert_gone(&self->base, NOBODY);
    fake_transport_break(client);
}

/* --- what is refused --- */

/* What is said in the middle of a put (1), which has come to CHUNK bytes, and of a get (2) that
 * waits for its first acknowledgement. @chunk: sent rather than @text. @error: `CODE: MESSAGE`. */
typedef struct {
    const char *name, *text;
    SlObjectChunk chunk;
    const char *error;
    gint64 id;
    gboolean closed;
} Refusal;

static const Refusal refusals[] = {
    { "no-json",
      "hello",
      { 0 },
      "bad-message: JSON has “h” at byte 0, expected an object",
      -1,
      TRUE },
    { "unknown-type",
      "{\"type\":\"x\",\"id\":9}",
      { 0 },
      "unknown-type: “type” is “x”, expected “put”, “get”, “ack” or “stop”",
      9,
      FALSE },
    { "same-id",
      "{\"type\":\"get\",\"id\":2,\"hash\":\"" NOBODY "\"}",
      { 0 },
      "bad-message: “id” is 2, expected more than 2",
      2,
      TRUE },
    { "nothing-there",
      "{\"type\":\"get\",\"id\":3,\"hash\":\"" NOBODY "\"}",
      { 0 },
      "unknown-object: ",
      3,
      FALSE },
    { "too-large",
      "{\"type\":\"put\",\"id\":3,\"hash\":\"" NOBODY "\",\"size\":268435457,\"key\":\"k\"}",
      { 0 },
      "too-large: ",
      3,
      FALSE },
    { "ack-of-put",
      "{\"type\":\"ack\",\"id\":1,\"offset\":0}",
      { 0 },
      "bad-message: an “ack” of a “put”",
      1,
      TRUE },
    { "ack-beyond",
      "{\"type\":\"ack\",\"id\":2,\"offset\":32769}",
      { 0 },
      "bad-message: “offset” is 32769, but what comes before 32768 was sent",
      2,
      TRUE },
    { "ack-of-none",
      "{\"type\":\"ack\",\"id\":3,\"offset\":0}",
      { 0 },
      "unknown-transfer: there is no transfer 3",
      3,
      FALSE },
    { "stop-of-none",
      "{\"type\":\"stop\",\"id\":0}",
      { 0 },
      "unknown-transfer: there is no transfer 0",
      0,
      FALSE },
    { "chunk-of-none",
      NULL,
      { 3, 0, CHUNK },
      "unknown-transfer: there is no transfer 3",
      3,
      FALSE },
    { "chunk-of-get", NULL, { 2, 0, CHUNK }, "bad-message: a chunk of a “get”", 2, TRUE },
    { "chunk-again",
      NULL,
      { 1, 0, CHUNK },
      "bad-message: a chunk that does not begin at 16384",
      1,
      TRUE },
    { "chunk-too-far",
      NULL,
      { 1, 2 * CHUNK, CHUNK },
      "bad-message: a chunk that does not begin at 16384",
      1,
      TRUE },
    { "chunk-of-no-bytes",
      NULL,
      { 1, CHUNK, 0 },
      "bad-message: a chunk of 12 bytes, expected 13 to 16396",
      -1,
      TRUE },
};

static void
test_refusal(Fixture *self, gconstpointer setup, const Refusal *refusal)
{
    g_autoptr(FakeTransport) client = attach(self);
    g_autoptr(GBytes) other = object_make(9, 3 * CHUNK);
    g_autofree char *other_hash = object_hash(other), *text = NULL, *start = NULL;
    g_auto(GStrv) words = g_strsplit(refusal->error, ": ", 2);

    fake_transport_say(client,
                       "{\"type\":\"put\",\"id\":1,\"hash\":\"%s\",\"size\":49152,\"key\":\"%s\"}",
                       other_hash, refusal->name);
    expect(self, client, "{\"type\":\"putting\",\"id\":1,\"offset\":0}");
    send_chunk(self, client, 1, 0, CHUNK);
    expect(self, client, "{\"type\":\"ack\",\"id\":1,\"offset\":16384}");
    say_get(self, client, 2, 0);
    expect(self, client, "{\"type\":\"getting\",\"id\":2,\"size\":%u,\"offset\":0}",
           (guint)self->size);
    take_chunk(self, client);
    take_chunk(self, client);

    if (refusal->text != NULL)
        fake_transport_say(client, "%s", refusal->text);
    else
        send_chunk(self, client, refusal->chunk.id, refusal->chunk.offset, refusal->chunk.size);
    while ((text = fake_transport_take(client)) == NULL)
        g_main_context_iteration(self->base.context, TRUE);
    start = refusal->id < 0
                ? g_strdup_printf("{\"type\":\"error\",\"code\":\"%s\",\"message\":\"%s", words[0],
                                  words[1])
                : g_strdup_printf("{\"type\":\"error\",\"id\":%d,\"code\":\"%s\",\"message\":\"%s",
                                  (int)refusal->id, words[0], words[1]);
    g_test_message("%s: %s", refusal->name, text);
    g_assert_true(g_str_has_prefix(text, start));
    g_assert_cmpint(fake_transport_is_closed(client), ==, refusal->closed);
    if (refusal->closed) {
        g_assert_cmpstr(fake_transport_get_reason(client), ==, "bad-message");
    } else {
        say_ack(client, 2, 2 * CHUNK);
        get_rest(self, client, 2, 2 * CHUNK);
    }
    fake_transport_break(client);
}

static void
test_refusals(Fixture *self, gconstpointer setup)
{
    put(self);
    for (guint i = 0; i < G_N_ELEMENTS(refusals); i++)
        test_refusal(self, setup, &refusals[i]);
}

/* One byte more than the window, with nothing acknowledged. */
static void
test_put_window(Fixture *self, gconstpointer setup)
{
    g_autoptr(FakeTransport) client = attach(self);

    fake_transport_say(client,
                       "{\"type\":\"put\",\"id\":1,\"hash\":\"%s\",\"size\":2000000,\"key\":"
                       "\"k\"}",
                       self->hash);
    expect(self, client, "{\"type\":\"putting\",\"id\":1,\"offset\":0}");
    for (gsize offset = 0; offset < WINDOW; offset += CHUNK)
        send_chunk(self, client, 1, offset, CHUNK);
    g_assert_false(fake_transport_is_closed(client));
    send_chunk(self, client, 1, WINDOW, 1);
    expect(self, client,
           "{\"type\":\"error\",\"id\":1,\"code\":\"bad-message\",\"message\":\"a "
           "chunk beyond the window of 1048576\"}");
    g_assert_true(fake_transport_is_closed(client));
}

static void
limit_few(SlLimits *limits)
{
    limits->max_puts = limits->max_gets = 1;
    limits->object_request_burst = 8;
    limits->object_requests_per_second = 1;
}

static void
test_limits(Fixture *self, gconstpointer setup)
{
    g_autoptr(FakeTransport) client = NULL;
    SlObjectChunk chunk;

    put(self);
    client = attach(self);
    say_get(self, client, 1, 0);
    expect(self, client, "{\"type\":\"getting\",\"id\":1,\"size\":%u,\"offset\":0}",
           (guint)self->size);
    say_get(self, client, 2, 0);
    expect(self, client,
           "{\"type\":\"error\",\"id\":2,\"code\":\"too-many\",\"message\":\"more "
           "than 1 downloads at once\"}");
    fake_transport_say(client, "{\"type\":\"put\",\"id\":3,\"hash\":\"" NOBODY
                               "\",\"size\":1,\"key\":\"k\"}");
    expect(self, client, "{\"type\":\"putting\",\"id\":3,\"offset\":0}");
    say_put(self, client, 4, "k");
    expect(self, client,
           "{\"type\":\"error\",\"id\":4,\"code\":\"too-many\",\"message\":\"more "
           "than 1 uploads at once\"}");
    fake_transport_say(client, "{\"type\":\"stop\",\"id\":3}");
    expect(self, client, "{\"type\":\"stopped\",\"id\":3}");
    chunk = take_chunk(self, client);
    say_ack(client, 1, 1); /* of a chunk's first byte: one would do that for each byte */
    say_ack(client, 1, chunk.size);
    get_rest(self, client, 1, chunk.size); /* other acknowledgements are no requests */
    for (guint i = 5; i < 8; i++)
        say_ack(client, 1, 0);
    say_get(self, client, 5, 0);
    expect(self, client,
           "{\"type\":\"error\",\"id\":5,\"code\":\"too-fast\",\"message\":\"more "
           "than 1 requests a second\"}");
    while (!fake_transport_is_closed(client))
        say_ack(client, 1, 0);
    g_assert_cmpstr(fake_transport_get_reason(client), ==, "too-fast");
}

/* The object's last chunk may be short; of others those that there are requests for. */
static void
test_short_chunks(Fixture *self, gconstpointer setup)
{
    const gsize shorter = 1023, n_free = 73 * 1024;
    g_autoptr(FakeTransport) client = attach(self);
    g_autofree char *text = NULL;
    guint offset = 0;

    say_put(self, client, 1, "k");
    expect(self, client, "{\"type\":\"putting\",\"id\":1,\"offset\":0}");
    for (; offset < n_free; offset += 1024)
        send_chunk(self, client, 1, offset, 1024);
    for (guint i = 1; i < 8; i++, offset += shorter)
        send_chunk(self, client, 1, offset, shorter);
    send_chunk(self, client, 1, offset, self->size - offset); /* 107 bytes */
    expect_stored(self, client, 1);
    fake_transport_break(client);
    client = (g_object_unref(client), attach(self));
    fake_transport_say(client, "{\"type\":\"put\",\"id\":1,\"hash\":\"" NOBODY
                               "\",\"size\":100000,\"key\":\"k\"}");
    expect(self, client, "{\"type\":\"putting\",\"id\":1,\"offset\":0}");
    for (offset = 0; offset < 16; offset++)
        send_chunk(self, client, 1, offset, 1);
    while (text == NULL || strstr(text, "\"ack\"") != NULL) {
        g_free(text);
        while ((text = fake_transport_take(client)) == NULL)
            g_main_context_iteration(self->base.context, TRUE);
    }
    g_assert_cmpstr(text, ==,
                    "{\"type\":\"error\",\"id\":1,\"code\":\"too-fast\",\"message\":\"more "
                    "than 1 requests a second\"}");
    assert_silent(self, client); /* of the others, which had crossed it, nothing is said */
    fake_transport_break(client);
}

static void
test_roles(Fixture *self, gconstpointer setup)
{
    g_autoptr(SlGrant) watcher = sl_grant_new("watcher", SL_ROLE_WATCH, NULL, 0);
    g_autoptr(SlGrant) nobody = sl_grant_new("nobody", SL_ROLE_CHAT, NULL, 0);
    g_autoptr(FakeTransport) client = attach_granted(self, watcher);
    g_autoptr(FakeTransport) other = attach_granted(self, nobody);

    expect(self, client,
           "{\"type\":\"welcome\",\"version\":1,\"window\":1048576,"
           "\"max-object-bytes\":268435456,\"put\":false}");
    say_put(self, client, 1, "k");
    expect(self, client,
           "{\"type\":\"error\",\"id\":1,\"code\":\"not-allowed\",\"message\":\"the "
           "key that was used does not allow to put objects\"}");
    expect(self, other, "%s", WELCOME);
    say_get(self, other, 1, 0);
    expect(self, other,
           "{\"type\":\"error\",\"id\":1,\"code\":\"not-allowed\",\"message\":\"the "
           "key that was used does not allow to get objects\"}");
    fake_transport_break(client);
    fake_transport_break(other);
}

/* --- turns --- */

/* Of nothing acknowledged no more than the first window comes; two share it by chunk. */
static void
test_turns(Fixture *self, gconstpointer setup)
{
    g_autoptr(FakeTransport) client = NULL;

    put(self);
    client = attach(self);
    say_get(self, client, 1, 0);
    say_get(self, client, 2, 0);
    g_assert_cmpuint(take_chunk(self, client).id, ==, 1);
    g_assert_cmpuint(take_chunk(self, client).id, ==, 2);
    assert_no_chunk(self, client);
    say_ack(client, 1, CHUNK);
    g_assert_cmpuint(take_chunk(self, client).id, ==, 1);
    g_assert_cmpuint(take_chunk(self, client).id, ==, 2);
    fake_transport_say(client, "{\"type\":\"stop\",\"id\":1}");
    g_assert_cmpuint(take_chunk(self, client).id, ==, 2); /* in the place of the other's */
    assert_no_chunk(self, client);
    fake_transport_break(client);
}

static void
test_congested(Fixture *self, gconstpointer setup)
{
    g_autoptr(FakeTransport) client = NULL;

    put(self);
    client = attach(self);
    fake_transport_set_congested(client, TRUE);
    say_get(self, client, 1, 0);
    assert_no_chunk(self, client);
    fake_transport_set_congested(client, FALSE);
    sl_relay_transport_emit_drained(SL_RELAY_TRANSPORT(client));
    get_rest(self, client, 1, 0);
    fake_transport_break(client);
}

/* A minute after the last acknowledgement, not after the beginning. */
static void
test_stalled(Fixture *self, gconstpointer setup)
{
    g_autoptr(FakeTransport) client = NULL;

    put(self);
    client = attach(self);
    say_get(self, client, 1, 0);
    expect(self, client, "{\"type\":\"getting\",\"id\":1,\"size\":%u,\"offset\":0}",
           (guint)self->size);
    take_chunk(self, client);
    g_atomic_int_add(&skew_s, 50);
    say_ack(client, 1, CHUNK);
    take_chunk(self, client);
    g_atomic_int_add(&skew_s, 50);
    object_fixture_settle(&self->base);
    g_assert_cmpuint(fake_transport_get_n_sent(client), ==, 0);
    g_atomic_int_add(&skew_s, 11);
    expect(self, client,
           "{\"type\":\"error\",\"id\":1,\"code\":\"stalled\",\"message\":\"nothing of what was "
           "sent was acknowledged for 60 s\"}");
    say_get(self, client, 2, 0);
    expect(self, client, "{\"type\":\"getting\",\"id\":2,\"size\":%u,\"offset\":0}",
           (guint)self->size);
    fake_transport_break(client);
}

static void
limit_rates(SlLimits *limits)
{
    limits->put_bytes_per_second = limits->get_bytes_per_second = 200000;
}

/* 82,020 bytes at 200,000 a second, of which a quarter of a second's worth may come at once. */
static void
test_rates(Fixture *self, gconstpointer setup)
{
    gint64 start_us = g_get_monotonic_time(), least_us = 82020 * 5 - G_USEC_PER_SEC / 4;
    g_autoptr(FakeTransport) client = attach(self);

    say_put(self, client, 1, "k");
    expect(self, client, "{\"type\":\"putting\",\"id\":1,\"offset\":0}");
    send_from(self, client, 1, 0, self->size - 1);
    for (g_autofree char *last = g_strdup_printf("\"offset\":%u}", (guint)self->size - 1);;) {
        g_autofree char *text = NULL;

        while ((text = fake_transport_take(client)) == NULL)
            g_main_context_iteration(self->base.context, TRUE);
        if (g_str_has_suffix(text, last))
            break;
    }
    g_assert_cmpint(g_get_monotonic_time() - start_us, >=, least_us);
    send_chunk(self, client, 1, self->size - 1, 1);
    expect_stored(self, client, 1);
    start_us = g_get_monotonic_time();
    say_get(self, client, 2, 0);
    get_rest(self, client, 2, 0);
    g_assert_cmpint(g_get_monotonic_time() - start_us, >=, least_us);
    fake_transport_break(client);
}

static void
test_closed(Fixture *self, gconstpointer setup)
{
    g_autoptr(FakeTransport) client = attach(self), late = NULL;

    say_put(self, client, 1, "k");
    expect(self, client, "{\"type\":\"putting\",\"id\":1,\"offset\":0}");
    send_chunk(self, client, 1, 0, CHUNK);
    sl_object_exchange_close(self->exchange);
    g_assert_cmpstr(fake_transport_get_reason(client), ==, "the server ends");
    late = attach_granted(self, self->grant);
    g_assert_true(fake_transport_is_closed(late));
}

#define ADD(name, setup, func) \
    g_test_add("/object-exchange/" name, Fixture, setup, set_up, func, tear_down)

int
main(int argc, char **argv)
{
    static const ObjectSetup memory = { .on_disk = FALSE }, disk = { .on_disk = TRUE };
    static const ObjectSetup few = { .limit = limit_few }, slow = { .limit = limit_rates };

    g_test_init(&argc, &argv, NULL);
    ADD("put-and-get", &memory, test_put_and_get);
    ADD("put-and-get-disk", &disk, test_put_and_get);
    ADD("offsets", &memory, test_offsets);
    ADD("resume", &memory, test_resume);
    ADD("resume-disk", &disk, test_resume);
    ADD("wrong-bytes", &memory, test_wrong_bytes);
    ADD("refusals", &memory, test_refusals);
    ADD("put-window", &memory, test_put_window);
    ADD("limits", &few, test_limits);
    ADD("short-chunks", &few, test_short_chunks);
    ADD("roles", &memory, test_roles);
    ADD("turns", &memory, test_turns);
    ADD("congested", &memory, test_congested);
    ADD("stalled", &memory, test_stalled);
    ADD("rates", &slow, test_rates);
    ADD("closed", &memory, test_closed);
    return g_test_run();
}
