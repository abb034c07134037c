#pragma once

#include <gst/gst.h>

#include "sl-camera-monitor.h"
#include "sl-capture.h"
#include "sl-control-keeper.h"
#include "sl-description.h"
#include "sl-frame-rate.h"
#include "sl-publish-policy.h"
#include "sl-settings.h"
#include "sl-source.h"
#include "sl-stream-codecs.h"
#include "sl-track.h"

G_BEGIN_DECLS

/** SlStreamState: what viewers are told. */
typedef enum {
    SL_STREAM_IDLE,     /* nobody watches, nothing runs */
    SL_STREAM_STARTING, /* no frame yet */
    SL_STREAM_LIVE,
    SL_STREAM_LOST,    /* the source broke or is absent; it is retried */
    SL_STREAM_FAILED,  /* the description does not work; it is retried, slower */
    SL_STREAM_WAITING, /* for somebody to publish, or for what comes after who has left */
} SlStreamState;

/** sl_stream_state_to_string: the word of docs/signalling.md */
const char *sl_stream_state_to_string(SlStreamState state);

/**
 * SlStream: a name, an input and a description, and the source made from them while somebody
 * watches. Main thread only.
 *
 * What it runs is its present setup; another one takes its place by sl_stream_swap_async().
 *
 * Signals:
 *  - `state-changed` (): read sl_stream_get_state(), _get_detail() and _get_title()
 *  - `codecs-changed` (): the tracks' codecs became known, or are others than before: viewers need
 *    another peer
 *  - `tracks-changed` (): other SlTracks, maybe with other [viewer] sections, that carry the same
 *    codecs in the same order as when codecs were told last: peers can take them over as they are.
 *    Who found that they were not known meanwhile finds them known now
 *  - `values-changed` (GPtrArray *settings): (element-type SlLiveSetting): live values were set;
 *    those of [viewer] sections are to be applied in every viewer's bin of the present tracks
 *  - `description-changed` (): the present description or its values became others
 *  - `input-changed` (): the input that was found is another than before: a camera instead of the
 *    pattern
 *  - `broke` (GError *error): the present setup did; it is tried again, or not, as ever
 */
#define SL_TYPE_STREAM (sl_stream_get_type())
G_DECLARE_FINAL_TYPE(SlStream, sl_stream, SL, STREAM, GObject)

/** SlStreamConfig: what a stream is made of. It takes references and copies. */
typedef struct {
    const char *name;
    SlInput *input;
    SlDescription *description;
    SlValues *values;
    SlCaptureFlags flags;
    SlPublishPolicy publish;
    const SlLimits *limits;
    SlCameraMonitor
        *monitor; /* nullable: cameras that come are noticed when they are tried again */
} SlStreamConfig;
SlStream *sl_stream_new(GMainContext *context, const SlStreamConfig *config);
/** sl_stream_tell_awaited: tells the log that the camera was not to be had at the start, so that
 * the first viewer's attempt need not */
void sl_stream_tell_awaited(SlStream *self, const GError *reason);

const char *sl_stream_get_name(SlStream *self);
/** sl_stream_get_title: what the page calls it: the camera's, the file's or the publisher's name */
const char *sl_stream_get_title(SlStream *self);
/** sl_stream_get_description: of what runs by itself; while a publisher has its place, of what will
 */
SlDescription *sl_stream_get_description(SlStream *self);
SlValues *sl_stream_get_values(SlStream *self);
/** sl_stream_get_input: as it was last found */
SlInput *sl_stream_get_input(SlStream *self);
/** sl_stream_get_capture: (nullable): of the present setup's latest start that found its input */
const SlCapture *sl_stream_get_capture(SlStream *self);
/** sl_stream_has_track: of its present description */
gboolean sl_stream_has_track(SlStream *self, SlTrack *track);
/** sl_stream_get_input_label: the camera or file, for people; no passwords */
const char *sl_stream_get_input_label(SlStream *self);
/** sl_stream_get_camera: (transfer none) (nullable): as it was last found; %NULL: it is no V4L2
 * camera, or is not there */
SlInput *sl_stream_get_camera(SlStream *self);
/** sl_stream_get_controls: (transfer none) (nullable): the door to the camera's controls; NULL
 * where the input is no camera */
SlControlKeeper *sl_stream_get_controls(SlStream *self);
/** sl_stream_get_mode: (nullable): a camera's, as it was last found: `YUY2 1280x720 at 30` */
const char *sl_stream_get_mode(SlStream *self);
/** sl_stream_get_rate: (transfer none) (nullable): how many frames come; %NULL: that is not known
 */
const SlFrameRate *sl_stream_get_rate(SlStream *self);
SlStreamState sl_stream_get_state(SlStream *self);
/** sl_stream_get_detail: (transfer none): why, in words that a viewer understands; "" if there is
 * nothing to say */
const char *sl_stream_get_detail(SlStream *self);
/** sl_stream_get_fault: (transfer none) (nullable): the same for whoever runs the server: with
 * devices, addresses and files */
const GError *sl_stream_get_fault(SlStream *self);

/**
 * sl_stream_acquire, sl_stream_release: a viewer comes or goes. The source starts with the first
 * and stops some seconds after the last.
 */
void sl_stream_acquire(SlStream *self);
void sl_stream_release(SlStream *self);
guint sl_stream_get_n_viewers(SlStream *self);

/**
 * sl_stream_get_codecs:
 *
 * Returns: (transfer none) (nullable) (element-type SlTrackCodec): a codec for each track, in the
 *   description's order; %NULL while not all are known. Stays known while nothing runs, but not
 *   when a publisher leaves.
 */
GPtrArray *sl_stream_get_codecs(SlStream *self);

/**
 * sl_stream_make_viewer_bin:
 *
 * Returns: (transfer floating) (nullable): what stands between an appsrc and webrtcbin for a viewer
 * of @track: the `[viewer TRACK]` section, or the codec's standard payloader; with one ghost pad
 * `sink` and one `src`
 */
GstElement *sl_stream_make_viewer_bin(SlStream *self, SlTrack *track, GError **error);

/** How long a trial has for the first frame of every track, and its codec. */
#define SL_STREAM_TRIAL_MS 5000

/**
 * sl_stream_swap_async:
 *
 * Tries a setup of @description and @values; when every track has given a frame and its codec is
 * known, it takes the present one's place, else it is undone. Where both open a device that opens
 * once, the present one is stopped for it, and started again if the trial fails; else it goes on
 * beside the trial. With and without viewers. @callback is called when that has ended.
 */
void sl_stream_swap_async(SlStream *self, SlDescription *description, SlValues *values,
                          GAsyncReadyCallback callback, gpointer user_data);
/**
 * sl_stream_swap_finish: Returns: FALSE with SL_MEDIA_ERROR_*: why it was undone, with file and
 * line where they are known; _CROWDED: another one is being tried, nothing was done
 */
gboolean sl_stream_swap_finish(SlStream *self, GAsyncResult *result, GError **error);
gboolean sl_stream_is_swapping(SlStream *self);

/**
 * sl_stream_may_publish: Returns: FALSE with SL_MEDIA_ERROR_UNSUPPORTED: nobody may; _CROWDED:
 * somebody does, or is about to, and who comes is refused
 */
gboolean sl_stream_may_publish(SlStream *self, GError **error);
/**
 * sl_stream_publish_async:
 * @source: that has not been started, with all its tracks; of one or two
 * @title: (nullable): what viewers are shown while it has the place; %NULL: the stream's name
 *
 * Tries @source as a swap is tried: it is started, and when every track has given a frame and its
 * codec is known, it takes the place of what there is. While nobody watches it is stopped, and
 * started again for the first who does. Where another publisher is still being tried, that one is
 * given up with SL_MEDIA_ERROR_REPLACED; a pipeline that is being tried is waited for.
 *
 * What took the place is let go of by sl_source_dismiss(): when another one has it and nobody takes
 * its frames any more, when it broke, when the stream is stopped. When it breaks, also while it is
 * stopped, the stream's own description runs again; what is changed of that meanwhile is tried
 * beside it and kept.
 */
void sl_stream_publish_async(SlStream *self, SlSource *source, const char *title,
                             GAsyncReadyCallback callback, gpointer user_data);
/** sl_stream_publish_finish: Returns: FALSE: @source has stopped, or was asked to, and is not used
 * any more: sl_stream_may_publish()'s errors; SL_MEDIA_ERROR_*: why it was undone */
gboolean sl_stream_publish_finish(SlStream *self, GAsyncResult *result, GError **error);
/** sl_stream_is_published: a publisher's source has the place */
gboolean sl_stream_is_published(SlStream *self);
/** sl_stream_set_publish_policy: for who comes from now on */
void sl_stream_set_publish_policy(SlStream *self, SlPublishPolicy policy);
/** sl_stream_get_source_word: whose picture it is, for programs: `publisher`, `camera`, `test`,
 * `file`, `address`, `pipeline` (a description's own), `none` (nobody publishes) */
const char *sl_stream_get_source_word(SlStream *self);

/**
 * sl_stream_set_live:
 * @values: of the present description; they differ from the present ones in live variables only
 *
 * Sets them on what runs, and keeps them for the next start.
 * Returns: FALSE with SL_MEDIA_ERROR_VALUE, _CROWDED while another setup is tried
 */
gboolean sl_stream_set_live(SlStream *self, SlValues *values, GError **error);

/**
 * sl_stream_stop_async: stops at once and for good; @callback when nothing of it runs any more.
 */
void sl_stream_stop_async(SlStream *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean sl_stream_stop_finish(SlStream *self, GAsyncResult *result, GError **error);

G_END_DECLS
