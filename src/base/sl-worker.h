#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Work that nobody waits for, since what it asks (a driver, a network, an element that stops) may
 * not answer. It is counted: while there is some, the process must not clean up after itself, as
 * exit() does, but only leave.
 */

/**
 * sl_worker_start:
 * @func: what it returns is dropped; it tells of its end by itself, as by sl_context_post()
 *
 * Runs @func(@data) on a thread of its own. Any thread.
 * Returns: FALSE with @error: there is no thread to be had
 */
gboolean sl_worker_start(const char *name, GThreadFunc func, gpointer data, GError **error);

/** sl_worker_begin: the calling thread's work, or that of another that calls sl_worker_end(). */
void sl_worker_begin(void);
void sl_worker_end(void);

/** Any thread. */
guint sl_worker_get_n_running(void);

G_END_DECLS
