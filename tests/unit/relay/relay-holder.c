#include "sl-relay-holder.h"

typedef struct {
    SlHolderState state;
    SlHolderEvent event;
    SlHolderState next;
    int error; /* -1: none */
    const char *reason;
} Step;

#define HELD SL_RELAY_ERROR_HELD
#define NOT_HOLDER SL_RELAY_ERROR_NOT_HOLDER

static const Step steps[] = {
    { SL_HOLDER_NOBODY, SL_HOLDER_TAKE, SL_HOLDER_SELF, -1, "taken" },
    { SL_HOLDER_NOBODY, SL_HOLDER_FORCE, SL_HOLDER_SELF, -1, "taken" },
    { SL_HOLDER_NOBODY, SL_HOLDER_RELEASE, SL_HOLDER_NOBODY, NOT_HOLDER, NULL },
    { SL_HOLDER_NOBODY, SL_HOLDER_PUBLISH, SL_HOLDER_NOBODY, NOT_HOLDER, NULL },
    { SL_HOLDER_NOBODY, SL_HOLDER_LEAVE, SL_HOLDER_NOBODY, -1, NULL },
    { SL_HOLDER_NOBODY, SL_HOLDER_SILENCE, SL_HOLDER_NOBODY, -1, NULL },
    { SL_HOLDER_SELF, SL_HOLDER_TAKE, SL_HOLDER_SELF, -1, NULL },
    { SL_HOLDER_SELF, SL_HOLDER_FORCE, SL_HOLDER_SELF, -1, NULL },
    { SL_HOLDER_SELF, SL_HOLDER_RELEASE, SL_HOLDER_NOBODY, -1, "released" },
    { SL_HOLDER_SELF, SL_HOLDER_PUBLISH, SL_HOLDER_SELF, -1, NULL },
    { SL_HOLDER_SELF, SL_HOLDER_LEAVE, SL_HOLDER_NOBODY, -1, "left" },
    { SL_HOLDER_SELF, SL_HOLDER_SILENCE, SL_HOLDER_NOBODY, -1, "silent" },
    { SL_HOLDER_OTHER, SL_HOLDER_TAKE, SL_HOLDER_OTHER, HELD, NULL },
    { SL_HOLDER_OTHER, SL_HOLDER_FORCE, SL_HOLDER_SELF, -1, "overruled" },
    { SL_HOLDER_OTHER, SL_HOLDER_RELEASE, SL_HOLDER_OTHER, NOT_HOLDER, NULL },
    { SL_HOLDER_OTHER, SL_HOLDER_PUBLISH, SL_HOLDER_OTHER, NOT_HOLDER, NULL },
    { SL_HOLDER_OTHER, SL_HOLDER_LEAVE, SL_HOLDER_OTHER, -1, NULL },
    { SL_HOLDER_OTHER, SL_HOLDER_SILENCE, SL_HOLDER_OTHER, -1, NULL },
};

static void
test_steps(void)
{
    g_assert_cmpuint(G_N_ELEMENTS(steps), ==, 3 * (SL_HOLDER_SILENCE + 1));
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        const Step *step = &steps[i];
        SlHolderStep found = sl_holder_next(step->state, step->event);

        g_test_message("state %d, event %d", (int)step->state, (int)step->event);
        g_assert_cmpint(found.state, ==, step->next);
        g_assert_cmpint(found.error, ==, step->error);
        g_assert_cmpstr(found.reason, ==, step->reason);
    }
}

typedef struct {
    GMainContext *context;
    SlRelayHolder *holder;
    GString *heard; /* "FORMER>HOLDER:REASON " */
} Fixture;

static void
on_changed(SlRelayHolder *holder, const char *former, const char *reason, Fixture *fixture)
{
    SlRelayPerson now = sl_relay_holder_get(holder);

    g_string_append_printf(fixture->heard, "%s>%s:%s ", former != NULL ? former : "",
                           now.client != NULL ? now.client : "", reason);
}

static void
set_up(Fixture *fixture, gconstpointer silence_ms)
{
    fixture->context = g_main_context_new();
    fixture->holder = sl_relay_holder_new(fixture->context, GPOINTER_TO_UINT(silence_ms));
    fixture->heard = g_string_new(NULL);
    g_signal_connect(fixture->holder, "changed", G_CALLBACK(on_changed), fixture);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    gpointer gone = fixture->holder;

    g_object_add_weak_pointer(G_OBJECT(fixture->holder), &gone);
    g_object_unref(fixture->holder);
    g_assert_null(gone);
    g_string_free(fixture->heard, TRUE);
    g_main_context_unref(fixture->context);
}

static gboolean
handle(Fixture *fixture, SlHolderEvent event, const char *who)
{
    return sl_relay_holder_handle(fixture->holder, event, (SlRelayPerson){ who, "N" }, NULL);
}

static void
test_people(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    SlRelayPerson a = { "a", NULL };

    g_assert_true(handle(fixture, SL_HOLDER_TAKE, "a"));
    g_assert_false(handle(fixture, SL_HOLDER_TAKE, "b"));
    g_assert_false(sl_relay_holder_handle(fixture->holder, SL_HOLDER_PUBLISH,
                                          (SlRelayPerson){ "b", NULL }, &error));
    g_assert_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_NOT_HOLDER);
    g_assert_true(handle(fixture, SL_HOLDER_LEAVE, "b"));
    g_assert_true(handle(fixture, SL_HOLDER_PUBLISH, "a"));
    g_assert_cmpstr(sl_relay_holder_get(fixture->holder).name, ==, "N");
    sl_relay_holder_rename(fixture->holder, (SlRelayPerson){ "b", NULL });
    g_assert_cmpstr(sl_relay_holder_get(fixture->holder).name, ==, "N");
    sl_relay_holder_rename(fixture->holder, a);
    g_assert_null(sl_relay_holder_get(fixture->holder).name);
    g_assert_true(handle(fixture, SL_HOLDER_FORCE, "b"));
    g_assert_true(handle(fixture, SL_HOLDER_RELEASE, "b"));
    g_assert_true(handle(fixture, SL_HOLDER_TAKE, "a"));
    g_assert_true(handle(fixture, SL_HOLDER_LEAVE, "a"));
    g_assert_cmpstr(fixture->heard->str, ==,
                    ">a:taken a>b:overruled b>:released >a:taken a>:left ");
}

/* 100 ms. However long they took: who publishes keeps it longer than that, who does not loses it.
 */
static void
test_silence(Fixture *fixture, gconstpointer data)
{
    gint64 taken_us = g_get_monotonic_time(), heard_us = taken_us;

    g_assert_true(handle(fixture, SL_HOLDER_TAKE, "a"));
    while (g_get_monotonic_time() - taken_us < 300000) {
        heard_us = g_get_monotonic_time();
        g_assert_true(handle(fixture, SL_HOLDER_PUBLISH, "a"));
        g_main_context_iteration(fixture->context, FALSE);
        if (g_get_monotonic_time() - heard_us > 90000) {
            g_test_skip("the machine stood still for as long as silence takes");
            return;
        }
        g_usleep(5000);
    }
    g_assert_cmpstr(fixture->heard->str, ==, ">a:taken ");
    while (sl_relay_holder_get(fixture->holder).client != NULL)
        g_main_context_iteration(fixture->context, TRUE);
    g_assert_cmpint(g_get_monotonic_time() - heard_us, >=, 90000);
    g_assert_cmpstr(fixture->heard->str, ==, ">a:taken a>:silent ");
    g_assert_false(handle(fixture, SL_HOLDER_PUBLISH, "a"));
    g_assert_true(handle(fixture, SL_HOLDER_TAKE, "b"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/relay-holder/steps", test_steps);
    g_test_add("/relay-holder/people", Fixture, GUINT_TO_POINTER(0), set_up, test_people,
               tear_down);
    g_test_add("/relay-holder/silence", Fixture, GUINT_TO_POINTER(100), set_up, test_silence,
               tear_down);
    return g_test_run();
}
