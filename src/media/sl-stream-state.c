#include "sl-stream-state.h"

/* What has nothing that runs lets the device go at once. */
static SlStreamPhase
yield(SlStreamPhase phase)
{
    switch (phase) {
    case SL_STREAM_PHASE_IDLE:
    case SL_STREAM_PHASE_BACKOFF:
    case SL_STREAM_PHASE_AWAY:
        return SL_STREAM_PHASE_AWAY;
    case SL_STREAM_PHASE_RUNNING:
    case SL_STREAM_PHASE_LINGERING:
    case SL_STREAM_PHASE_STOPPING:
    case SL_STREAM_PHASE_RESTARTING:
    case SL_STREAM_PHASE_BREAKING:
    case SL_STREAM_PHASE_YIELDING:
        return SL_STREAM_PHASE_YIELDING;
    }
    return phase;
}

SlStreamPhase
sl_stream_phase_next(SlStreamPhase phase, SlStreamEvent event)
{
    if (event == SL_STREAM_EVENT_REPLACED)
        return SL_STREAM_PHASE_RUNNING;
    if (event == SL_STREAM_EVENT_YIELD)
        return yield(phase);

    switch (phase) {
    case SL_STREAM_PHASE_IDLE:
        return event == SL_STREAM_EVENT_WATCHED ? SL_STREAM_PHASE_RESTARTING : phase;

    case SL_STREAM_PHASE_RUNNING:
        if (event == SL_STREAM_EVENT_UNWATCHED)
            return SL_STREAM_PHASE_LINGERING;
        if (event == SL_STREAM_EVENT_CAME || event == SL_STREAM_EVENT_LEFT)
            return SL_STREAM_PHASE_RESTARTING;
        return event == SL_STREAM_EVENT_BROKE ? SL_STREAM_PHASE_BREAKING : phase;

    case SL_STREAM_PHASE_LINGERING:
        if (event == SL_STREAM_EVENT_WATCHED)
            return SL_STREAM_PHASE_RUNNING;
        if (event == SL_STREAM_EVENT_BROKE || event == SL_STREAM_EVENT_TIMEOUT ||
            event == SL_STREAM_EVENT_LEFT)
            return SL_STREAM_PHASE_STOPPING;
        return phase;

    case SL_STREAM_PHASE_STOPPING:
        if (event == SL_STREAM_EVENT_WATCHED)
            return SL_STREAM_PHASE_RESTARTING;
        return event == SL_STREAM_EVENT_STOPPED ? SL_STREAM_PHASE_IDLE : phase;

    case SL_STREAM_PHASE_RESTARTING:
        if (event == SL_STREAM_EVENT_UNWATCHED)
            return SL_STREAM_PHASE_STOPPING;
        return event == SL_STREAM_EVENT_STOPPED ? SL_STREAM_PHASE_RUNNING : phase;

    case SL_STREAM_PHASE_BREAKING:
        if (event == SL_STREAM_EVENT_UNWATCHED)
            return SL_STREAM_PHASE_STOPPING;
        if (event == SL_STREAM_EVENT_CAME)
            return SL_STREAM_PHASE_RESTARTING;
        return event == SL_STREAM_EVENT_STOPPED ? SL_STREAM_PHASE_BACKOFF : phase;

    case SL_STREAM_PHASE_BACKOFF:
        if (event == SL_STREAM_EVENT_UNWATCHED)
            return SL_STREAM_PHASE_IDLE;
        return event == SL_STREAM_EVENT_TIMEOUT || event == SL_STREAM_EVENT_CAME
                   ? SL_STREAM_PHASE_RUNNING
                   : phase;

    /* Who comes and goes meanwhile is counted, and found when it ends. */
    case SL_STREAM_PHASE_YIELDING:
        if (event == SL_STREAM_EVENT_RESUME)
            return SL_STREAM_PHASE_RESTARTING;
        if (event == SL_STREAM_EVENT_REST)
            return SL_STREAM_PHASE_STOPPING;
        return event == SL_STREAM_EVENT_STOPPED ? SL_STREAM_PHASE_AWAY : phase;

    case SL_STREAM_PHASE_AWAY:
        if (event == SL_STREAM_EVENT_RESUME)
            return SL_STREAM_PHASE_RUNNING;
        return event == SL_STREAM_EVENT_REST ? SL_STREAM_PHASE_IDLE : phase;
    }
    return phase;
}

gboolean
sl_stream_phase_has_source(SlStreamPhase phase)
{
    return phase == SL_STREAM_PHASE_RUNNING || phase == SL_STREAM_PHASE_LINGERING;
}

const char *
sl_stream_phase_to_string(SlStreamPhase phase)
{
    switch (phase) {
    case SL_STREAM_PHASE_IDLE:
        return "idle";
    case SL_STREAM_PHASE_RUNNING:
        return "running";
    case SL_STREAM_PHASE_LINGERING:
        return "lingering";
    case SL_STREAM_PHASE_STOPPING:
        return "stopping";
    case SL_STREAM_PHASE_RESTARTING:
        return "restarting";
    case SL_STREAM_PHASE_BREAKING:
        return "breaking";
    case SL_STREAM_PHASE_BACKOFF:
        return "backoff";
    case SL_STREAM_PHASE_YIELDING:
        return "yielding";
    case SL_STREAM_PHASE_AWAY:
        return "away";
    }
    return "?";
}

guint
sl_stream_backoff_ms(guint attempt, gboolean slow)
{
    guint first_ms = slow ? 5000 : 500;
    guint last_ms = slow ? 60000 : 8000;

    return MIN(first_ms << MIN(attempt, 8), last_ms);
}
