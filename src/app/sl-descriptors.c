#include "sl-descriptors.h"

#include "sl-log.h"
#include "sl-options.h"

/* The program itself, sources, and what has not yet been torn down. */
#define N_SPARE 64

/* Some 12 while nothing changes; for a moment a viewer has two peers. */
#define N_PER_SESSION 16

#define ADVICE "raise it with ulimit -n %" G_GUINT64_FORMAT ", or LimitNOFILE= in a systemd unit"

/* One address keeps its part of fewer: who has all of it keeps the others out. */
static void
lower(guint *total, guint *per_address, guint64 max)
{
    if (max >= *total)
        return;
    *per_address = (guint)MAX((guint64)*per_address * max / *total, 1);
    *total = (guint)max;
}

gboolean
sl_descriptors_fit(SlLimits *limits, guint n_local, guint64 n_available, GError **error)
{
    guint64 n_spare = N_SPARE + n_local;
    guint64 n_needed = n_spare + (guint64)limits->max_connections + limits->max_waiting +
                       (guint64)limits->max_sessions * N_PER_SESSION;
    guint64 max_connections = MIN(limits->max_connections, MAX(n_available / 4, 1));
    guint64 max_waiting = MIN(limits->max_waiting, MAX(n_available / 8, 1));
    guint64 n_taken = n_spare + max_connections + max_waiting;
    guint64 max_sessions = n_available > n_taken ? (n_available - n_taken) / N_PER_SESSION : 0;

    if (n_needed <= n_available)
        return TRUE;
    if (max_sessions == 0) {
        g_set_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_CONFIG,
                    "%" G_GUINT64_FORMAT " open files are allowed, too few for one viewer; " ADVICE,
                    n_available, n_needed);
        return FALSE;
    }
    lower(&limits->max_connections, &limits->max_connections_per_address, max_connections);
    lower(&limits->max_waiting, &limits->max_waiting_per_address, max_waiting);
    lower(&limits->max_sessions, &limits->max_sessions_per_address, max_sessions);
    sl_log_warning("%" G_GUINT64_FORMAT " open files are allowed, enough for %u viewers; " ADVICE,
                   n_available, limits->max_sessions, n_needed);
    return TRUE;
}
