#include "sl-stream-state.h"

SlStreamPhase
sl_stream_phase_next(SlStreamPhase phase, SlStreamEvent event)
{
    switch (phase) {
    case SL_STREAM_PHASE_IDLE:
        return event == SL_STREAM_EVENT_WATCHED ? SL_STREAM_PHASE_RUNNING : phase;

    case SL_STREAM_PHASE_RUNNING:
        if (event == SL_STREAM_EVENT_UNWATCHED)
            return SL_STREAM_PHASE_LINGERING;
        if (event == SL_STREAM_EVENT_CAME)
            return SL_STREAM_PHASE_RESTARTING;
        return event == SL_STREAM_EVENT_BROKE ? SL_STREAM_PHASE_BREAKING : phase;

    case SL_STREAM_PHASE_LINGERING:
        if (event == SL_STREAM_EVENT_WATCHED)
            return SL_STREAM_PHASE_RUNNING;
        if (event == SL_STREAM_EVENT_BROKE || event == SL_STREAM_EVENT_TIMEOUT)
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
