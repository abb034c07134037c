#pragma once

#include "sl-description.h"
#include "sl-track.h"

G_BEGIN_DECLS

/** SlTrackCodec: a track and the RTP caps that its [viewer] section makes of it. */
typedef struct {
    SlTrack *track;    /* NULL: sl_track_codecs_without_tracks() */
    GstCaps *rtp_caps; /* fixed; without ssrc, payload and the random offsets */
} SlTrackCodec;

/** sl_track_codecs_are_equal: (element-type SlTrackCodec) (nullable): the same, in the same order;
 * what is not known equals nothing */
gboolean sl_track_codecs_are_equal(GPtrArray *a, GPtrArray *b);

/** sl_track_codecs_without_tracks: (transfer full) (element-type SlTrackCodec): to be compared with
 * others later; tracks may be gone by then */
GPtrArray *sl_track_codecs_without_tracks(GPtrArray *codecs);

/**
 * SlStreamCodecs: finds what a stream's tracks are encoded in, from a frame of each. Main thread.
 *
 * Signals:
 *  - `found` (): of one more track; read sl_stream_codecs_are_known()
 *  - `changed` (): read sl_stream_codecs_get()
 *  - `failed` (GError *error): a [viewer] section does not work, in the words of whoever runs the
 *    server
 */
#define SL_TYPE_STREAM_CODECS (sl_stream_codecs_get_type())
G_DECLARE_FINAL_TYPE(SlStreamCodecs, sl_stream_codecs, SL, STREAM_CODECS, GObject)

/** @tracks: (element-type SlTrack): of the stream's source */
SlStreamCodecs *sl_stream_codecs_new(GMainContext *context, SlDescription *description,
                                     SlValues *values, GPtrArray *tracks);

/** sl_stream_codecs_set_values: for the viewers' sections that are made from now on */
void sl_stream_codecs_set_values(SlStreamCodecs *self, SlValues *values);

/** sl_stream_codecs_look: @sample is one that decoding can begin with; @index is the track's. */
void sl_stream_codecs_look(SlStreamCodecs *self, guint index, GstSample *sample);

/** sl_stream_codecs_cancel: what is under way is dropped; what is known stays. */
void sl_stream_codecs_cancel(SlStreamCodecs *self);

/** sl_stream_codecs_are_known: of what each track carries now */
gboolean sl_stream_codecs_are_known(SlStreamCodecs *self);
/** sl_stream_codecs_is_known: of this track */
gboolean sl_stream_codecs_is_known(SlStreamCodecs *self, guint index);

/** sl_stream_codecs_get: as sl_stream_get_codecs() */
GPtrArray *sl_stream_codecs_get(SlStreamCodecs *self);

/** sl_stream_codecs_make_viewer_bin: as sl_stream_make_viewer_bin() */
GstElement *sl_stream_codecs_make_viewer_bin(SlStreamCodecs *self, SlTrack *track, GError **error);

G_END_DECLS
