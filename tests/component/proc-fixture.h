#pragma once

#include <glib-object.h>

/* Waiting for conditions with a watchdog, and what /proc says of this process. */

#define PROC_FIXTURE_TIMEOUT_US (60 * G_USEC_PER_SEC)

/** Fails the test if @condition does not hold within a generous time; runs the default main
 * context. */
#define PROC_WAIT_UNTIL(condition)                                             \
    G_STMT_START                                                               \
    {                                                                          \
        gint64 wait_end_us = g_get_monotonic_time() + PROC_FIXTURE_TIMEOUT_US; \
        while (!(condition)) {                                                 \
            if (g_get_monotonic_time() > wait_end_us)                          \
                g_error("%s:%d: never: %s", __FILE__, __LINE__, #condition);   \
            proc_fixture_iterate();                                            \
        }                                                                      \
    }                                                                          \
    G_STMT_END

/** One round of the main context; returns after some milliseconds even if nothing happens. */
void proc_fixture_iterate(void);

/**
 * proc_fixture_run:
 *
 * g_test_run(), for tests that run pipelines. Afterwards waits until the threads of GStreamer's and
 * webrtcbin's that end by themselves are gone: a thread that ends while the process does leaves
 * behind what OpenSSL frees with each thread. One that does not end fails the test.
 */
int proc_fixture_run(void);

guint proc_fixture_count_threads(void);
guint proc_fixture_count_fds(void);

/** @name: at most 15 characters of it, as the kernel keeps them */
gboolean proc_fixture_has_thread(const char *name);
