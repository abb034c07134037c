#include "fuzz-clock.h"
#include "fuzz-pool.h"
#include "fuzz.h"
#include "object-witness.h"

/*
 * A store in memory with some clients, driven by bytes: who puts and gets what, how far it comes,
 * who acknowledges how much, whose line is cut, which of the pool's jobs are done when, how time
 * passes, what the operator removes, and who reads meanwhile. ObjectWitness and ObjectStage say
 * what must hold.
 */

#define N_WITNESSES 3

typedef struct {
    FuzzInput input;
    ObjectStage *stage;
    ObjectWitness *witnesses[N_WITNESSES]; /* nullable */
    SlObject *held;                        /* nullable: somebody else's */
    const ObjectContent *held_content;
    guint n_opening;
    GCancellable *cancellable;
} Play;

/* n: 0 to 15 */
typedef void (*Step)(Play *play, ObjectWitness *who, guint n);

static ObjectWitness *
join(Play *play)
{
    static const SlRoles roles[] = { SL_ROLES_GUEST, SL_ROLES_GUEST, SL_ROLE_WATCH,
                                     SL_ROLES_OPERATOR };
    static const char *const addresses[] = { "192.0.2.1", "192.0.2.2", NULL };
    guint8 kind = fuzz_input_byte(&play->input);
    gint64 ends_us = kind & 4 ? g_get_real_time() + G_USEC_PER_SEC : 0;
    g_autoptr(SlGrant) grant =
        sl_grant_new("fuzz", roles[kind % G_N_ELEMENTS(roles)], NULL, ends_us);

    return object_witness_new(play->stage, grant, addresses[kind / 8 % G_N_ELEMENTS(addresses)]);
}

static const char *
get_key(guint8 n)
{
    static const char *const keys[] = { "k", "another key" };

    return keys[n % G_N_ELEMENTS(keys)];
}

static void
step_break(Play *play, ObjectWitness *who, guint n)
{
    object_witness_break(who, n);
}

static void
step_put(Play *play, ObjectWitness *who, guint n)
{
    const ObjectContent *content = object_contents_get(n);

    object_witness_put(who, content, g_bytes_get_size(content->bytes),
                       get_key(fuzz_input_byte(&play->input)));
}

static void
step_put_wrongly(Play *play, ObjectWitness *who, guint n)
{
    static const guint64 sizes[] = {
        0, 1, 100, 16384, 100000, 1048576, 1048577, 4294967296, 9007199254740991,
    };
    guint8 how = fuzz_input_byte(&play->input);

    object_witness_put(who, object_contents_get(n), sizes[how % G_N_ELEMENTS(sizes)],
                       get_key(how / 16));
}

static void
step_chunk(Play *play, ObjectWitness *who, guint n)
{
    object_witness_chunk(who, n, 1 + fuzz_input_byte(&play->input) * (gsize)65, FALSE);
}

static void
step_lie(Play *play, ObjectWitness *who, guint n)
{
    object_witness_chunk(who, n, 1 + fuzz_input_byte(&play->input) * (gsize)65, TRUE);
}

static void
step_pump(Play *play, ObjectWitness *who, guint n)
{
    object_witness_pump(who, n);
}

static void
step_get(Play *play, ObjectWitness *who, guint n)
{
    static const char none[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    object_witness_get(who, n < OBJECT_N_CONTENTS ? object_contents_get(n)->hash : none, 0);
}

static void
step_get_from(Play *play, ObjectWitness *who, guint n)
{
    const ObjectContent *content = object_contents_get(n);
    guint8 how = fuzz_input_byte(&play->input);
    guint64 size = g_bytes_get_size(content->bytes);

    object_witness_get(who, content->hash,
                       how == 255 ? G_GUINT64_CONSTANT(9007199254740991) : size * how / 128);
}

static void
step_ack(Play *play, ObjectWitness *who, guint n)
{
    object_witness_ack(who, n, 0);
}

static void
step_ack_some(Play *play, ObjectWitness *who, guint n)
{
    object_witness_ack(who, n, fuzz_input_byte(&play->input) * (gsize)100);
}

static void
step_stop(Play *play, ObjectWitness *who, guint n)
{
    object_witness_stop(who, n);
}

static void
step_break_rule(Play *play, ObjectWitness *who, guint n)
{
    object_witness_break_rule(who, fuzz_input_byte(&play->input), n);
}

static void
step_say_any(Play *play, ObjectWitness *who, guint n)
{
    g_autoptr(GBytes) bytes = fuzz_input_bytes(&play->input, fuzz_input_byte(&play->input));

    object_witness_say_any(who, bytes, n % 2);
}

static void
step_capacity(Play *play, ObjectWitness *who, guint n)
{
    object_witness_set_capacity(who, n * (gsize)5000);
}

static void
step_drain(Play *play, ObjectWitness *who, guint n)
{
    object_witness_drain(who);
}

static void
step_work(Play *play, ObjectWitness *who, guint n)
{
    for (guint i = 0; i <= n / 4; i++)
        fuzz_pool_run(n % 4);
}

static void
step_iterate(Play *play, ObjectWitness *who, guint n)
{
    for (guint i = 0; i <= n; i++)
        object_stage_turn(play->stage);
}

static void
step_settle(Play *play, ObjectWitness *who, guint n)
{
    object_stage_settle(play->stage);
}

static void
step_wait(Play *play, ObjectWitness *who, guint n)
{
    static const guint waits_ms[] = { 1, 5, 30, 100, 300, 1000, 4000, 19000, 21000, 61000, 110000 };

    fuzz_clock_advance((gint64)waits_ms[n % G_N_ELEMENTS(waits_ms)] * 1000);
}

/* --- the operator, and somebody who reads --- */

static void
step_remove(Play *play, ObjectWitness *who, guint n)
{
    sl_object_store_remove(play->stage->store, object_contents_get(n)->hash, NULL);
}

static void
step_pin(Play *play, ObjectWitness *who, guint n)
{
    gboolean pinned = fuzz_input_byte(&play->input) % 2;

    sl_object_store_set_pinned(play->stage->store, object_contents_get(n)->hash, pinned, NULL);
}

static void
on_opened(GObject *source, GAsyncResult *result, gpointer data)
{
    Play *play = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(SlObject) object =
        sl_object_store_open_finish(SL_OBJECT_STORE(source), result, &error);

    play->n_opening--;
    fuzz_check((object == NULL) == (error != NULL), "opened with an error, or neither");
    if (object == NULL)
        return;
    g_set_object(&play->held, object);
    play->held_content = object_contents_find(sl_object_get_hash(object));
    fuzz_check(sl_object_get_size(object) == g_bytes_get_size(play->held_content->bytes),
               "it has another size");
}

static void
step_open(Play *play, ObjectWitness *who, guint n)
{
    play->n_opening++;
    sl_object_store_open_async(play->stage->store, object_contents_get(n)->hash, SL_OBJECT_USE_GET,
                               play->cancellable, on_opened, play);
}

static void
step_cancel(Play *play, ObjectWitness *who, guint n)
{
    g_cancellable_cancel(play->cancellable);
    g_object_unref(play->cancellable);
    play->cancellable = g_cancellable_new();
}

static void
step_let_go(Play *play, ObjectWitness *who, guint n)
{
    g_clear_object(&play->held);
}

typedef struct {
    Play *play;
    const ObjectContent *content;
    guint64 offset;
} Read;

static void
on_read(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autofree Read *read = data;

    read->play->n_opening--;
    object_contents_check_read(read->content, read->offset, SL_OBJECT(source), result);
}

static void
step_read(Play *play, ObjectWitness *who, guint n)
{
    Read *read;
    guint64 size;

    if (play->held == NULL)
        return;
    size = sl_object_get_size(play->held);
    if (size == 0)
        return;
    read = g_new0(Read, 1);
    *read = (Read){ play, play->held_content, (size - 1) * n / 15 };
    play->n_opening++;
    sl_object_read_async(play->held, read->offset, 1 + fuzz_input_byte(&play->input) * (gsize)10000,
                         play->cancellable, on_read, read);
}

static const Step steps[] = {
    step_break, step_put,     step_put,        step_put_wrongly, step_chunk,    step_lie,
    step_pump,  step_pump,    step_get,        step_get_from,    step_ack,      step_ack_some,
    step_stop,  step_settle,  step_break_rule, step_say_any,     step_capacity, step_drain,
    step_work,  step_iterate, step_settle,     step_wait,        step_remove,   step_pin,
    step_open,  step_cancel,  step_let_go,     step_read,
};

static gboolean
listen_all(Play *play)
{
    gboolean any = FALSE;

    for (guint i = 0; i < N_WITNESSES; i++) {
        if (play->witnesses[i] != NULL && object_witness_listen(play->witnesses[i]))
            any = TRUE;
    }
    return any;
}

/* Whose line is gone makes room for another one. */
static void
next_step(Play *play)
{
    Step step = steps[fuzz_input_byte(&play->input) % G_N_ELEMENTS(steps)];
    guint8 which = fuzz_input_byte(&play->input);
    ObjectWitness **who = &play->witnesses[which % N_WITNESSES];

    if (*who != NULL && object_witness_is_closed(*who))
        g_clear_object(who);
    if (*who == NULL)
        *who = join(play);
    listen_all(play);
    if (!object_witness_is_closed(*who))
        step(play, *who, which / N_WITNESSES % 16);
    listen_all(play);
    object_stage_check(play->stage);
}

/* Everybody does what he should. */
static void
finish(Play *play)
{
    guint rounds = 0, still = 0;

    while (still < 4) {
        gboolean any = FALSE;

        fuzz_check(rounds++ < 2000, "it never comes to an end");
        for (guint i = 0; i < N_WITNESSES; i++) {
            if (play->witnesses[i] != NULL)
                object_witness_help(play->witnesses[i]);
        }
        object_stage_settle(play->stage);
        any = listen_all(play);
        object_stage_check(play->stage);
        still = any ? 0 : still + 1;
        fuzz_clock_advance(G_USEC_PER_SEC);
    }
    for (guint i = 0; i < N_WITNESSES; i++) {
        if (play->witnesses[i] != NULL)
            object_witness_finish(play->witnesses[i]);
    }
    object_stage_check_objects(play->stage);
}

static void
leave(Play *play, guint i)
{
    if (play->witnesses[i] == NULL)
        return;
    object_witness_break(play->witnesses[i], 0);
    object_witness_listen(play->witnesses[i]);
    g_clear_object(&play->witnesses[i]);
}

/* Nothing of uploads is kept that nobody goes on with. */
static void
forget(Play *play)
{
    SlObjectFigures figures;

    for (guint i = 0; i < 3; i++) {
        fuzz_clock_advance(play->stage->limits.partial_seconds * (gint64)G_USEC_PER_SEC);
        object_stage_settle(play->stage);
    }
    figures = sl_object_store_get_figures(play->stage->store);
    fuzz_check(figures.partials == 0 && figures.partial_bytes == 0,
               "%u uploads are never forgotten, %" G_GUINT64_FORMAT " bytes", figures.partials,
               figures.partial_bytes);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize len)
{
    Play play = { .input = { data, len, 0 } };
    guint8 settings = fuzz_input_byte(&play.input), end = fuzz_input_byte(&play.input);

    fuzz_clock_reset();
    g_random_set_seed(1);
    play.stage = object_stage_new(settings, NULL);
    object_stage_add_exchange(play.stage);
    play.cancellable = g_cancellable_new();
    while (!fuzz_input_is_over(&play.input))
        next_step(&play);
    if (end & 1)
        finish(&play);
    for (guint i = 0; i < N_WITNESSES && !(end & 2); i++)
        leave(&play, i);
    if (!(end & 2))
        forget(&play);
    object_stage_close(play.stage, end & 4);
    fuzz_check(play.n_opening == 0, "what was asked of the store is never answered");
    g_clear_object(&play.held);
    for (guint i = 0; i < N_WITNESSES; i++) {
        fuzz_check(play.witnesses[i] == NULL || object_witness_is_closed(play.witnesses[i]),
                   "it is not closed");
        g_clear_object(&play.witnesses[i]);
    }
    g_object_unref(play.cancellable);
    object_stage_free(play.stage);
    return 0;
}
