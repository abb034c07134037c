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

guint proc_fixture_count_threads(void);
guint proc_fixture_count_fds(void);

/** Names of this process' threads, for a message. */
char *proc_fixture_thread_names(void);
