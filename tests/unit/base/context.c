#include "sl-context.h"

typedef struct {
    GMainContext *context;
    GString *log;
    guint freed;
} Fixture;

static Fixture *current;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->context = g_main_context_new();
    fixture->log = g_string_new(NULL);
    current = fixture;
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    g_main_context_unref(fixture->context);
    g_string_free(fixture->log, TRUE);
}

static void
settle(Fixture *fixture)
{
    while (g_main_context_iteration(fixture->context, FALSE))
        ;
}

static void
on_posted(gpointer object, gpointer data)
{
    sl_context_assert(current->context);
    g_string_append(current->log, data);
    g_string_append_c(current->log, object != NULL ? '+' : '-');
}

static void
count_freed(gpointer data)
{
    current->freed++;
}

static void
test_order(Fixture *fixture, gconstpointer data)
{
    sl_context_post(fixture->context, NULL, on_posted, (gpointer) "a", count_freed);
    sl_context_post(fixture->context, NULL, on_posted, (gpointer) "b", NULL);
    g_assert_cmpstr(fixture->log->str, ==, ""); /* never before it returns */
    settle(fixture);
    g_assert_cmpstr(fixture->log->str, ==, "a-b-");
    g_assert_cmpuint(fixture->freed, ==, 1);
}

static void
test_weak(Fixture *fixture, gconstpointer data)
{
    GObject *object = g_object_new(G_TYPE_OBJECT, NULL);
    SlWeak *weak = sl_weak_new(object);
    gpointer gone = object;

    g_object_add_weak_pointer(object, &gone);
    sl_context_post(fixture->context, weak, on_posted, (gpointer) "a", count_freed);
    settle(fixture);
    g_assert_cmpstr(fixture->log->str, ==, "a+");

    sl_context_post(fixture->context, weak, on_posted, (gpointer) "b", count_freed);
    sl_weak_unref(weak);
    g_object_unref(object);
    g_assert_null(gone);
    settle(fixture);
    g_assert_cmpstr(fixture->log->str, ==, "a+"); /* too late, but freed */
    g_assert_cmpuint(fixture->freed, ==, 2);
}

static gpointer
post_from_thread(gpointer weak)
{
    sl_context_post(current->context, weak, on_posted, (gpointer) "t", NULL);
    sl_weak_unref(weak);
    return NULL;
}

static void
test_thread(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GObject) object = g_object_new(G_TYPE_OBJECT, NULL);

    g_thread_join(g_thread_new("post", post_from_thread, sl_weak_new(object)));
    while (fixture->log->len == 0)
        g_main_context_iteration(fixture->context, TRUE);
    g_assert_cmpstr(fixture->log->str, ==, "t+");
}

static gboolean
on_timeout(gpointer data)
{
    ++*(guint *)data;
    return G_SOURCE_CONTINUE;
}

static void
test_timeout(Fixture *fixture, gconstpointer data)
{
    guint count = 0;
    GSource *source = sl_context_add_timeout(fixture->context, 1, on_timeout, &count);

    while (count < 3)
        g_main_context_iteration(fixture->context, TRUE);
    sl_clear_source(&source);
    g_assert_null(source);
    sl_clear_source(&source);
    settle(fixture);
    g_assert_cmpuint(count, ==, 3);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/context/" name, Fixture, NULL, set_up, func, tear_down)
    ADD("order", test_order);
    ADD("weak", test_weak);
    ADD("thread", test_thread);
    ADD("timeout", test_timeout);
    return g_test_run();
}
