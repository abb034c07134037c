#include "sl-source.h"

G_DEFINE_INTERFACE(SlSource, sl_source, G_TYPE_OBJECT)

enum { BROKE, STOPPED, DISMISSED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
sl_source_default_init(SlSourceInterface *iface)
{
    signals[BROKE] = g_signal_new("broke", SL_TYPE_SOURCE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_ERROR);
    signals[STOPPED] = g_signal_new("stopped", SL_TYPE_SOURCE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                    NULL, G_TYPE_NONE, 0);
    signals[DISMISSED] = g_signal_new("dismissed", SL_TYPE_SOURCE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                      NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

void
sl_source_start(SlSource *self)
{
    SL_SOURCE_GET_IFACE(self)->start(self);
}

void
sl_source_stop(SlSource *self)
{
    SL_SOURCE_GET_IFACE(self)->stop(self);
}

GPtrArray *
sl_source_get_tracks(SlSource *self)
{
    return SL_SOURCE_GET_IFACE(self)->get_tracks(self);
}

void
sl_source_request_keyframe(SlSource *self, SlTrack *track)
{
    SL_SOURCE_GET_IFACE(self)->request_keyframe(self, track);
}

void
sl_source_dismiss(SlSource *self, const GError *reason)
{
    g_signal_emit(self, signals[DISMISSED], 0, reason);
}

void
sl_source_emit_broke(SlSource *self, const GError *error)
{
    g_signal_emit(self, signals[BROKE], 0, error);
}

void
sl_source_emit_stopped(SlSource *self)
{
    g_signal_emit(self, signals[STOPPED], 0);
}
