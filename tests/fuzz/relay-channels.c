#include "fuzz-clock.h"
#include "fuzz.h"
#include "relay-witness.h"

/*
 * The relay with some clients, driven by bytes: who says what on which channel, who acknowledges
 * how much, whose line is cut, how time passes. RelayWitness says what must hold.
 */

#define N_WITNESSES 4

typedef struct {
    FuzzInput input;
    RelayStage *stage;
    RelayWitness *witnesses[N_WITNESSES]; /* nullable */
} Play;

/* n: 0 to 15; where a channel is meant, which one */
typedef void (*Step)(Play *play, RelayWitness *who, guint n);

static RelayWitness *
join(Play *play)
{
    static const char *const streams[] = { "a", NULL };
    static const SlRoles roles[] = { SL_ROLES_GUEST, SL_ROLE_WATCH, SL_ROLES_OPERATOR,
                                     SL_ROLES_GUEST };
    guint8 kind = fuzz_input_byte(&play->input);
    guint role = kind % G_N_ELEMENTS(roles);
    gint64 ends_us = kind & 4 ? g_get_real_time() + G_USEC_PER_SEC : 0;
    g_autoptr(SlGrant) grant =
        sl_grant_new("fuzz", roles[role], role == 3 ? streams : NULL, ends_us);

    return relay_witness_new(play->stage, grant, kind & 8);
}

static void
step_break(Play *play, RelayWitness *who, guint n)
{
    relay_witness_break(who, n);
}

static void
step_subscribe(Play *play, RelayWitness *who, guint n)
{
    relay_witness_subscribe(who, relay_stage_get_channel(n), FALSE, WITNESS_FRESH, 0);
}

static void
step_subscribe_to_all(Play *play, RelayWitness *who, guint n)
{
    relay_witness_subscribe(who, relay_stage_get_channel(n), TRUE, WITNESS_FRESH, 0);
}

static void
step_recover(Play *play, RelayWitness *who, guint n)
{
    relay_witness_subscribe(who, relay_stage_get_channel(n), FALSE, WITNESS_KNOWN,
                            fuzz_input_byte(&play->input) % 16);
}

static void
step_recover_wrongly(Play *play, RelayWitness *who, guint n)
{
    relay_witness_subscribe(who, relay_stage_get_channel(n), FALSE, WITNESS_LOST,
                            fuzz_input_byte(&play->input) % 16);
}

static void
step_unsubscribe(Play *play, RelayWitness *who, guint n)
{
    relay_witness_unsubscribe(who, relay_stage_get_channel(n));
}

static void
step_publish(Play *play, RelayWitness *who, guint n)
{
    static const char *const contents[] = {
        "\"hi\"", "1", "null", "{\"a\":[true]}", "\"a rather long one, so that few of it fit\"",
    };
    static const char *const keys[] = { "k", "l", "\303\244" };
    guint8 what = fuzz_input_byte(&play->input);
    guint key = what / G_N_ELEMENTS(contents) % (G_N_ELEMENTS(keys) * 4);

    relay_witness_publish(who, relay_stage_get_channel(n), contents[what % G_N_ELEMENTS(contents)],
                          key < G_N_ELEMENTS(keys) ? keys[key] : NULL, what < 200);
}

static void
step_publish_too_much(Play *play, RelayWitness *who, guint n)
{
    g_autofree char *filling = g_strnfill(fuzz_input_byte(&play->input), 'x');
    g_autofree char *data = g_strdup_printf("\"%s\"", filling);

    relay_witness_publish(who, relay_stage_get_channel(n), data, NULL, TRUE);
}

/* Mostly one after the other and in time. */
static void
step_command(Play *play, RelayWitness *who, guint n)
{
    guint8 how = fuzz_input_byte(&play->input);

    relay_witness_command(who, relay_stage_get_channel(n), how & 8 ? how % 4 : 0,
                          how & 16 ? how : 0);
}

static void
step_take(Play *play, RelayWitness *who, guint n)
{
    relay_witness_take(who, relay_stage_get_channel(n), FALSE);
}

static void
step_force(Play *play, RelayWitness *who, guint n)
{
    relay_witness_take(who, relay_stage_get_channel(n), TRUE);
}

static void
step_yield(Play *play, RelayWitness *who, guint n)
{
    relay_witness_yield(who, relay_stage_get_channel(n));
}

static void
step_rename(Play *play, RelayWitness *who, guint n)
{
    static const char *const names[] = { "Anna",         "",
                                         "Bert",         "\303\204\314\210",
                                         "\n",           " ",
                                         "\342\200\256", "a name that is by far too long for one" };

    relay_witness_rename(who, names[n % G_N_ELEMENTS(names)]);
}

static void
step_ack(Play *play, RelayWitness *who, guint n)
{
    relay_witness_ack(who, n);
}

static void
step_ack_too_much(Play *play, RelayWitness *who, guint n)
{
    relay_witness_ack_too_much(who);
}

static void
step_say_any(Play *play, RelayWitness *who, guint n)
{
    g_autoptr(GBytes) bytes = fuzz_input_bytes(&play->input, fuzz_input_byte(&play->input));
    gsize len;
    const char *text = g_bytes_get_data(bytes, &len);

    relay_witness_say_any(who, text != NULL ? text : "", len);
}

static void
step_drain(Play *play, RelayWitness *who, guint n)
{
    relay_witness_drain(who);
}

static void
step_congest(Play *play, RelayWitness *who, guint n)
{
    relay_witness_set_congested(who, n % 2);
}

static void
step_sideline(Play *play, RelayWitness *who, guint n)
{
    relay_witness_toggle_sideline(who);
}

static void
step_hold(Play *play, RelayWitness *who, guint n)
{
    relay_witness_hold(who);
}

static void
step_release(Play *play, RelayWitness *who, guint n)
{
    relay_witness_release(who);
}

static void
step_settle(Play *play, RelayWitness *who, guint n)
{
    relay_stage_settle(play->stage);
}

static void
step_iterate(Play *play, RelayWitness *who, guint n)
{
    g_main_context_iteration(play->stage->context, FALSE);
}

static void
step_wait(Play *play, RelayWitness *who, guint n)
{
    static const guint waits_ms[] = { 1, 20, 60, 250, 600, 1000, 4000, 100000 };

    fuzz_clock_advance((gint64)waits_ms[n % G_N_ELEMENTS(waits_ms)] * 1000);
}

static const Step steps[] = {
    step_break,       step_subscribe, step_subscribe_to_all, step_recover,  step_recover_wrongly,
    step_unsubscribe, step_publish,   step_publish_too_much, step_command,  step_take,
    step_force,       step_yield,     step_rename,           step_ack,      step_ack_too_much,
    step_say_any,     step_drain,     step_congest,          step_sideline, step_hold,
    step_release,     step_settle,    step_iterate,          step_wait,
};

static gboolean
listen_all(Play *play)
{
    gboolean any = FALSE;

    for (guint i = 0; i < N_WITNESSES; i++) {
        if (play->witnesses[i] != NULL && relay_witness_listen(play->witnesses[i]))
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
    RelayWitness **who = &play->witnesses[which % N_WITNESSES];

    if (*who != NULL && relay_witness_is_closed(*who))
        g_clear_object(who);
    if (*who == NULL)
        *who = join(play);
    if (!relay_witness_is_closed(*who))
        step(play, *who, which / N_WITNESSES % 16);
    listen_all(play);
}

/* Everybody takes everything. */
static void
finish_one(RelayWitness *who)
{
    relay_witness_release(who);
    relay_witness_set_congested(who, FALSE);
    relay_witness_ack(who, 0);
    relay_witness_drain(who);
}

static void
finish(Play *play)
{
    guint rounds = 0;

    do {
        fuzz_check(rounds++ < 10000, "it never comes to an end");
        fuzz_clock_advance(G_USEC_PER_SEC);
        for (guint i = 0; i < N_WITNESSES; i++) {
            if (play->witnesses[i] != NULL)
                finish_one(play->witnesses[i]);
        }
        relay_stage_settle(play->stage);
    } while (listen_all(play));
    for (guint i = 0; i < N_WITNESSES; i++) {
        if (play->witnesses[i] != NULL)
            relay_witness_finish(play->witnesses[i], play->witnesses, N_WITNESSES);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize len)
{
    Play play = { .input = { data, len, 0 } };
    guint8 settings = fuzz_input_byte(&play.input);

    fuzz_clock_reset();
    g_random_set_seed(1);
    play.stage = relay_stage_new(settings);
    while (!fuzz_input_is_over(&play.input))
        next_step(&play);
    finish(&play);
    if (settings & 128)
        sl_relay_close(play.stage->relay);
    for (guint i = 0; i < N_WITNESSES; i++) {
        if (play.witnesses[i] != NULL)
            relay_witness_break(play.witnesses[i], 0);
        g_clear_object(&play.witnesses[i]);
    }
    relay_stage_free(play.stage);
    return 0;
}
