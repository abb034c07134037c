#include "sl-worker.h"

typedef struct {
    GMutex lock; /* taken by the test as long as the work is to take */
    gint n_runs; /* atomic */
} Work;

static gpointer
work(gpointer data)
{
    Work *self = data;

    g_mutex_lock(&self->lock);
    g_mutex_unlock(&self->lock);
    g_atomic_int_inc(&self->n_runs);
    return NULL;
}

static void
await_n_running(guint n)
{
    while (sl_worker_get_n_running() != n)
        g_thread_yield();
}

static void
test_counted(void)
{
    Work self = { 0 };
    g_autoptr(GError) error = NULL;

    g_mutex_init(&self.lock);
    g_mutex_lock(&self.lock);
    for (guint i = 1; i <= 3; i++) {
        g_assert_true(sl_worker_start("work", work, &self, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(sl_worker_get_n_running(), ==, i);
    }
    g_mutex_unlock(&self.lock);
    await_n_running(0);
    g_assert_cmpint(g_atomic_int_get(&self.n_runs), ==, 3);
    g_mutex_clear(&self.lock);
}

static void
test_of_another(void)
{
    sl_worker_begin();
    g_assert_cmpuint(sl_worker_get_n_running(), ==, 1);
    sl_worker_end();
    g_assert_cmpuint(sl_worker_get_n_running(), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/worker/counted", test_counted);
    g_test_add_func("/worker/of-another", test_of_another);
    return g_test_run();
}
