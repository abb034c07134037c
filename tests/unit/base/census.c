#include "sl-census.h"
#include "sl-context.h"

#define N_THREADS 4
#define N_EACH 1000

static void
test_kinds(void)
{
    g_autoptr(GPtrArray) kinds = NULL;

    g_assert_cmpuint(sl_census_get("pear"), ==, 0);
    sl_census_enter("pear");
    sl_census_enter("apple");
    sl_census_enter("pear");
    g_assert_cmpuint(sl_census_get("pear"), ==, 2);
    sl_census_leave("pear");
    sl_census_leave("pear");
    g_assert_cmpuint(sl_census_get("pear"), ==, 0);

    /* What is gone stays in the list: that it is none is what one wants to read. */
    kinds = sl_census_list();
    g_assert_cmpuint(kinds->len, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(kinds, 0), ==, "apple");
    g_assert_cmpstr(g_ptr_array_index(kinds, 1), ==, "pear");
    sl_census_leave("apple");
}

static void
test_object(void)
{
    GObject *object = g_object_new(G_TYPE_OBJECT, NULL);

    sl_census_add_object(object);
    g_object_ref(object);
    g_object_run_dispose(object);
    g_object_unref(object);
    g_assert_cmpuint(sl_census_get("GObject"), ==, 1); /* disposed, and still in memory */
    g_object_unref(object);
    g_assert_cmpuint(sl_census_get("GObject"), ==, 0);
}

static gboolean
on_timeout(gpointer data)
{
    g_assert_cmpuint(sl_census_get("timeout"), ==, 2);
    *(gboolean *)data = TRUE;
    return G_SOURCE_REMOVE;
}

static void
test_timeouts(void)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    gboolean ran = FALSE;
    GSource *ends = sl_context_add_timeout(context, 1, on_timeout, &ran);
    GSource *cleared = sl_context_add_timeout(context, G_MAXINT, on_timeout, &ran);

    while (!ran)
        g_main_context_iteration(context, TRUE);
    g_assert_cmpuint(sl_census_get("timeout"), ==, 1);
    sl_clear_source(&cleared);
    g_assert_cmpuint(sl_census_get("timeout"), ==, 0);
    sl_clear_source(&ends);
    g_assert_cmpuint(sl_census_get("timeout"), ==, 0);
}

static gpointer
come_and_go(gpointer unused)
{
    for (guint i = 0; i < N_EACH; i++) {
        sl_census_enter("thread's");
        sl_census_enter("thread's");
        sl_census_leave("thread's");
    }
    return NULL;
}

static void
test_threads(void)
{
    GThread *threads[N_THREADS];

    for (guint i = 0; i < N_THREADS; i++)
        threads[i] = g_thread_new("census", come_and_go, NULL);
    for (guint i = 0; i < N_THREADS; i++)
        g_thread_join(threads[i]);
    g_assert_cmpuint(sl_census_get("thread's"), ==, N_THREADS * N_EACH);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/census/kinds", test_kinds);
    g_test_add_func("/census/object", test_object);
    g_test_add_func("/census/timeouts", test_timeouts);
    g_test_add_func("/census/threads", test_threads);
    return g_test_run();
}
