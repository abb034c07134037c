#include "sl-worker.h"

typedef struct {
    GThreadFunc func;
    gpointer data;
} Worker;

static gint n_running; /* atomic */

void
sl_worker_begin(void)
{
    g_atomic_int_inc(&n_running);
}

void
sl_worker_end(void)
{
    g_atomic_int_add(&n_running, -1);
}

guint
sl_worker_get_n_running(void)
{
    return (guint)g_atomic_int_get(&n_running);
}

static gpointer
run(gpointer data)
{
    g_autofree Worker *self = data;

    self->func(self->data);
    sl_worker_end();
    return NULL;
}

gboolean
sl_worker_start(const char *name, GThreadFunc func, gpointer data, GError **error)
{
    Worker *self = g_new(Worker, 1);
    GThread *thread;

    *self = (Worker){ func, data };
    sl_worker_begin();
    thread = g_thread_try_new(name, run, self, error);
    if (thread != NULL) {
        g_thread_unref(thread);
        return TRUE;
    }
    sl_worker_end();
    g_free(self);
    return FALSE;
}
