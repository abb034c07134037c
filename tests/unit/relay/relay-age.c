#include "sl-relay-age.h"

#define OK (-1)

typedef struct {
    guint64 seq;
    gint64 at_ms, now_ms;
    guint max_age_ms;
    int expected; /* SlRelayError */
    const char *message;
} Command;

/* One connection's. The client's clock is 1,000 ms behind at first. */
static const Command commands[] = {
    { 1, 0, 1050, 300, OK, NULL },   /* whatever its way took */
    { 2, 50, 1080, 300, OK, NULL },  /* 30 ms: the quickest now */
    { 3, 100, 1430, 300, OK, NULL }, /* 300 ms more than that */
    { 4, 101, 1432, 300, SL_RELAY_ERROR_STALE,
      "it took 300 ms longer than the quickest, expected at most 300" },
    { 5, 102, 2432, 300, SL_RELAY_ERROR_STALE,
      "it took 1299 ms longer than the quickest, expected at most 300" },
    { 6, 103, 9000, 0, OK, NULL }, /* any age will do */
    { 6, 8000, 9030, 300, SL_RELAY_ERROR_STALE, "“seq” is 6, but 6 came before" },
    { 5, 8000, 9030, 300, SL_RELAY_ERROR_STALE, "“seq” is 5, but 6 came before" },
    { 7, 8100, 9130, 300, OK, NULL },
    /* An hour later, and the clocks have gone apart by 1.44 s: 400 in a million. */
    { 8, 3608100, 3610570, 300, OK, NULL },
    /* And back. */
    { 9, 7208100, 7209130, 300, OK, NULL },
    { 10, 7208200, 7209600, 300, SL_RELAY_ERROR_STALE,
      "it took 369 ms longer than the quickest, expected at most 300" },
    /* A clock that was set back makes one late, and those after it as late. */
    { 11, 7208300, 7209330, 300, OK, NULL },
    { 12, 0, 7209400, 300, SL_RELAY_ERROR_STALE,
      "it took 7208369 ms longer than the quickest, expected at most 300" },
    /* One that was set ahead makes the quickest. */
    { 13, G_GINT64_CONSTANT(9007199254740), 7209500, 300, OK, NULL },
};

static void
test_commands(void)
{
    SlRelayAge age;

    sl_relay_age_init(&age);
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        const Command *command = &commands[i];
        g_autoptr(GError) error = NULL;
        gboolean good = sl_relay_age_check(&age, "a:b", command->seq, command->at_ms * 1000,
                                           command->now_ms * 1000, command->max_age_ms, &error);

        g_test_message("command %u", i);
        if (command->expected == OK) {
            g_assert_no_error(error);
            g_assert_true(good);
        } else {
            g_assert_error(error, SL_RELAY_ERROR, command->expected);
            g_assert_cmpstr(error->message, ==, command->message);
        }
    }
    sl_relay_age_clear(&age);
}

/* The way is the connection's, the order each channel's own. */
static void
test_channels(void)
{
    SlRelayAge age;
    g_autoptr(GError) error = NULL;

    sl_relay_age_init(&age);
    g_assert_true(sl_relay_age_check(&age, "a:b", 9, 0, 0, 300, NULL));
    g_assert_true(sl_relay_age_check(&age, "a:c", 1, 1000, 1000, 300, NULL));
    g_assert_false(sl_relay_age_check(&age, "a:d", 1, 0, 500000, 300, NULL));
    for (guint i = 3; i < SL_RELAY_MAX_SEQS; i++) {
        g_autofree char *name = g_strdup_printf("many:n%u", i);

        g_assert_true(sl_relay_age_check(&age, name, 1, 0, 0, 0, NULL));
    }
    g_assert_false(sl_relay_age_check(&age, "one:more", 1, 0, 0, 0, &error));
    g_assert_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_MANY);
    g_assert_true(sl_relay_age_check(&age, "a:b", 10, 0, 0, 0, NULL));
    sl_relay_age_clear(&age);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/relay-age/commands", test_commands);
    g_test_add_func("/relay-age/channels", test_channels);
    return g_test_run();
}
