#pragma once

#include "sl-track.h"

G_BEGIN_DECLS

/**
 * SlSource: what runs once for a stream, however many watch: a description's `[source]`, or a
 * publisher. Main thread only.
 *
 * Signals:
 *  - `broke` (GError *error): it can't go on by itself; call stop(). Emitted once for a start(). A
 *    publisher that has left says so while it is stopped, too, and again after each later start.
 *  - `stopped` (): nothing of it runs any more, and what it held is free; it can be started again.
 *  - `dismissed` (GError *reason): (nullable) its stream will not start it again.
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

/**
 * sl_source_dismiss:
 * @reason: (nullable): %NULL: another one has taken its place
 *
 * Says that the stream has let go of it for good: what exists for that stream alone, a publisher,
 * ends. Once; when nothing takes its frames any more.
 */
void sl_source_dismiss(SlSource *self, const GError *reason);

/* For implementations. */
void sl_source_emit_broke(SlSource *self, const GError *error);
void sl_source_emit_stopped(SlSource *self);

G_END_DECLS
