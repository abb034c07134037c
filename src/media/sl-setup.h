#pragma once

#include "sl-capture.h"
#include "sl-frame-rate.h"
#include "sl-source.h"
#include "sl-stream-codecs.h"

G_BEGIN_DECLS

/**
 * SlSetup: a description with its values, or a publisher, and all that runs of it: source, tracks,
 * codecs, the watch over its frames. A stream has one at present, and maybe others that are tried
 * or that leave. Main thread only.
 *
 * Signals:
 *  - `found` (): read sl_setup_get_capture(); frames or `broke` follow
 *  - `complete` (): in this run every track has given a frame, and its codec is known
 *  - `codecs-changed` (): they became known, or are others than before; before `complete`
 *  - `measured` (): read sl_setup_get_rate()
 *  - `broke` (GError *error): it can't go on by itself; SL_MEDIA_ERROR_*. Call stop(). A
 * publisher's may while it is stopped, too
 *  - `stopped` (): nothing of it runs any more, and what it held is free; it can be started again
 */
#define SL_TYPE_SETUP (sl_setup_get_type())
G_DECLARE_FINAL_TYPE(SlSetup, sl_setup, SL, SETUP, GObject)

/** @input: as it was last found; it is looked for at each start. A @description without tracks
 * runs nothing. */
SlSetup *sl_setup_new(GMainContext *context, SlInput *input, SlDescription *description,
                      SlValues *values, SlCaptureFlags flags);
/**
 * sl_setup_new_published:
 * @source: a publisher's, not started; its frames may be as far apart as they like, it tells its
 *   own end
 * @title: (nullable)
 */
SlSetup *sl_setup_new_published(GMainContext *context, SlSource *source, const char *title);
/** sl_setup_get_publisher: (transfer none) (nullable): the source of one that is published */
SlSource *sl_setup_get_publisher(SlSetup *self);

/** sl_setup_start: only while stopped */
void sl_setup_start(SlSetup *self);
/** sl_setup_stop: only while it runs; `stopped` follows, never from inside the call */
void sl_setup_stop(SlSetup *self);
/** sl_setup_is_running: started, and not asked to stop */
gboolean sl_setup_is_running(SlSetup *self);
/** sl_setup_is_stopped: never started, or stopped since */
gboolean sl_setup_is_stopped(SlSetup *self);
/** sl_setup_is_gone: stopped, and its input does not owe an answer that a driver holds back */
gboolean sl_setup_is_gone(SlSetup *self);

/**
 * sl_setup_new_delay:
 * @ms: since it was started
 *
 * Returns: (transfer full): what it is not complete for: SL_MEDIA_ERROR_*, with file and line where
 * it is the description's
 */
GError *sl_setup_new_delay(SlSetup *self, guint ms);

/** sl_setup_excludes: while @self runs, @other can't: each opens a device that opens once */
gboolean sl_setup_excludes(SlSetup *self, SlSetup *other);

SlDescription *sl_setup_get_description(SlSetup *self);
SlValues *sl_setup_get_values(SlSetup *self);
/**
 * sl_setup_set_live:
 * @values: of its description; for what is made from now on
 * @settings: (element-type SlLiveSetting): what makes them of the present ones. Those of [source]
 * are set on what runs, those of viewers are left to who has their bins
 *
 * Returns: FALSE with sl_live_setting_apply()'s errors; the former values are there again then
 */
gboolean sl_setup_set_live(SlSetup *self, SlValues *values, GPtrArray *settings, GError **error);
/** sl_setup_get_input: as it was last found */
SlInput *sl_setup_get_input(SlSetup *self);
/** sl_setup_set_input: more is known of the same one; for the next start */
void sl_setup_set_input(SlSetup *self, SlInput *input);
/** sl_setup_get_capture: (nullable): of the latest start that found its input */
const SlCapture *sl_setup_get_capture(SlSetup *self);
/** sl_setup_get_tracks: (transfer none) (element-type SlTrack): the same for its whole life */
GPtrArray *sl_setup_get_tracks(SlSetup *self);
/** sl_setup_count_feeds: of all its tracks */
guint sl_setup_count_feeds(SlSetup *self);
/** sl_setup_get_codecs: as sl_stream_get_codecs() */
GPtrArray *sl_setup_get_codecs(SlSetup *self);
/** sl_setup_get_rate: as sl_stream_get_rate() */
const SlFrameRate *sl_setup_get_rate(SlSetup *self);
/** sl_setup_make_viewer_bin: as sl_stream_make_viewer_bin(), for one of its tracks */
GstElement *sl_setup_make_viewer_bin(SlSetup *self, SlTrack *track, GError **error);

G_END_DECLS
