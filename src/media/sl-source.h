#pragma once

#include "sl-track.h"

G_BEGIN_DECLS

/**
 * SlSource: what runs once for a stream, however many watch: a description's `[source]`, later a
 * publisher. Main thread only.
 *
 * Signals:
 *  - `broke` (GError *error): it can't go on by itself; call stop(). Emitted once for a start().
 *  - `stopped` (): nothing of it runs any more, and what it held is free; it can be started again.
 */
#define SL_TYPE_SOURCE (sl_source_get_type())
G_DECLARE_INTERFACE(SlSource, sl_source, SL, SOURCE, GObject)

struct _SlSourceInterface {
    GTypeInterface parent_iface;

    void (*start)(SlSource *self);
    void (*stop)(SlSource *self);
    GPtrArray *(*get_tracks)(SlSource *self);
    void (*request_keyframe)(SlSource *self, SlTrack *track);
};

/** sl_source_start: begins; frames follow in the tracks, or `broke`. Only while stopped. */
void sl_source_start(SlSource *self);
/** sl_source_stop: `stopped` follows, never from inside the call. Only while started. */
void sl_source_stop(SlSource *self);
/** sl_source_get_tracks: (transfer none) (element-type SlTrack): the same for its whole life */
GPtrArray *sl_source_get_tracks(SlSource *self);
void sl_source_request_keyframe(SlSource *self, SlTrack *track);

/* For implementations. */
void sl_source_emit_broke(SlSource *self, const GError *error);
void sl_source_emit_stopped(SlSource *self);

G_END_DECLS
