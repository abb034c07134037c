#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

#include "proc-fixture.h"
#include "sl-census.h"
#include "sl-codec-probe.h"
#include "sl-feed.h"
#include "sl-live-setting.h"
#include "sl-stream.h"
#include "sl-teardown.h"

/* A stream's setup takes another's place, or does not, while viewers watch. */

/* So small that a trial has a picture in time also on a machine that is busy with other tests. The
 * variables stand at the end: lines are counted from [source]. */
#define SMALL "${capture} ! video/x-raw,width=${width},height=${height}"
#define SIZE "[variables]\nwidth = 64\nheight = 36\n"

static const char vp8[] =
    "[source]\n" SMALL " ! vp8enc deadline=1 keyframe-max-dist=2000 ! appsink name=video\n"
    "[viewer video]\nrtpvp8pay\n" SIZE;
static const char small_vp8[] = "[source]\n${capture} ! videoscale ! video/x-raw,width=${width}"
                                " ! vp8enc deadline=1 ! appsink name=video\n"
                                "[viewer video]\nrtpvp8pay mtu=900\n[variables]\nwidth = 32\n";
static const char vp9[] = "[source]\n" SMALL " ! vp9enc deadline=1 cpu-used=8"
                          " ! appsink name=video\n[viewer video]\nrtpvp9pay\n" SIZE;
static const char with_sound[] = "[source]\n" SMALL " ! vp8enc deadline=1 ! appsink name=video\n"
                                 "audiotestsrc is-live=true ! opusenc ! appsink name=audio\n"
                                 "[viewer video]\nrtpvp8pay\n" SIZE;

typedef struct {
    SlStream *stream;
    guint n_codecs, n_tracks, n_descriptions, n_inputs;
    guint states; /* that were reported: a bit each */
} Fixture;

typedef struct {
    gboolean ended;
    GError *error;
} Outcome;

static SlDescription *
parse(const char *text)
{
    g_autoptr(SlProblems) problems = sl_problems_new("test.pipeline");
    SlDescription *description = sl_description_parse("test", text, strlen(text), problems);
    g_autofree char *said = sl_problems_to_text(problems);

    g_assert_cmpstr(said, ==, "");
    return description;
}

static void
count(SlStream *stream, guint *n)
{
    (*n)++;
}

static void
note_state(SlStream *stream, Fixture *fixture)
{
    fixture->states |= 1u << sl_stream_get_state(stream);
}

static void
set_up_from(Fixture *fixture, const char *text, const char *device, guint linger_ms)
{
    g_autoptr(SlDescription) description = parse(text);
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);
    g_autoptr(SlInput) input = sl_input_resolve(device, NULL);
    SlLimits limits;

    *fixture = (Fixture){ 0 };
    sl_limits_init(&limits);
    limits.linger_ms = linger_ms;
    fixture->stream =
        sl_stream_new(g_main_context_default(), &(SlStreamConfig){ .name = "camera",
                                                                   .input = input,
                                                                   .description = description,
                                                                   .values = values,
                                                                   .limits = &limits });
    g_signal_connect(fixture->stream, "codecs-changed", G_CALLBACK(count), &fixture->n_codecs);
    g_signal_connect(fixture->stream, "tracks-changed", G_CALLBACK(count), &fixture->n_tracks);
    g_signal_connect(fixture->stream, "description-changed", G_CALLBACK(count),
                     &fixture->n_descriptions);
    g_signal_connect(fixture->stream, "input-changed", G_CALLBACK(count), &fixture->n_inputs);
    g_signal_connect(fixture->stream, "state-changed", G_CALLBACK(note_state), fixture);
}

/* With a viewer, and a picture. What was reported on the way is forgotten. */
static void
set_up(Fixture *fixture)
{
    set_up_from(fixture, vp8, "test", 1);
    sl_stream_acquire(fixture->stream);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture->stream) == SL_STREAM_LIVE);
    fixture->n_codecs = 0;
    fixture->states = 0;
}

static void
on_stopped(GObject *stream, GAsyncResult *result, gpointer data)
{
    *(gboolean *)data = sl_stream_stop_finish(SL_STREAM(stream), result, NULL);
}

static void
stop(Fixture *fixture)
{
    gboolean stopped = FALSE;

    sl_stream_stop_async(fixture->stream, on_stopped, &stopped);
    PROC_WAIT_UNTIL(stopped);
    g_assert_cmpint(sl_stream_get_state(fixture->stream), ==, SL_STREAM_IDLE);
}

static void
drop(Fixture *fixture)
{
    gpointer weak = fixture->stream;

    g_object_add_weak_pointer(weak, &weak);
    g_object_unref(fixture->stream);
    PROC_WAIT_UNTIL(weak == NULL && sl_teardown_get_n_pending() == 0);
    PROC_WAIT_UNTIL(sl_census_get("SlSetup") == 0 && sl_census_get("SlSwap") == 0);
    PROC_WAIT_UNTIL(sl_census_get("SlTrack") == 0);
}

static void
tear_down(Fixture *fixture)
{
    while (sl_stream_get_n_viewers(fixture->stream) > 0)
        sl_stream_release(fixture->stream);
    stop(fixture);
    drop(fixture);
}

static void
on_swapped(GObject *stream, GAsyncResult *result, gpointer data)
{
    Outcome *outcome = data;

    g_assert_false(outcome->ended);
    sl_stream_swap_finish(SL_STREAM(stream), result, &outcome->error);
    outcome->ended = TRUE;
}

static void
begin_swap(Fixture *fixture, const char *text, Outcome *outcome)
{
    g_autoptr(SlDescription) description = parse(text);
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);

    *outcome = (Outcome){ 0 };
    sl_stream_swap_async(fixture->stream, description, values, on_swapped, outcome);
    g_assert_false(outcome->ended);
}

static void
swap(Fixture *fixture, const char *text)
{
    Outcome outcome;

    begin_swap(fixture, text, &outcome);
    g_assert_true(sl_stream_is_swapping(fixture->stream));
    PROC_WAIT_UNTIL(outcome.ended);
    g_assert_no_error(outcome.error);
    g_assert_false(sl_stream_is_swapping(fixture->stream));
}

static SlTrackCodec *
get_codec(Fixture *fixture, guint index)
{
    return g_ptr_array_index(sl_stream_get_codecs(fixture->stream), index);
}

static const char *
get_codec_name(Fixture *fixture, guint index)
{
    return sl_codec_get_name(get_codec(fixture, index)->rtp_caps);
}

/* A viewer's end of a track. */
typedef struct {
    GstElement *appsrc;
    SlFeed *feed;
} Viewer;

static void
viewer_begin(Viewer *viewer, SlTrack *track)
{
    viewer->appsrc = gst_object_ref_sink(gst_element_factory_make("appsrc", NULL));
    g_object_set(viewer->appsrc, "format", GST_FORMAT_TIME, "max-bytes", (guint64)0, NULL);
    gst_element_set_state(viewer->appsrc, GST_STATE_PAUSED);
    viewer->feed = sl_track_subscribe(track, GST_APP_SRC(viewer->appsrc));
}

static void
viewer_end(Viewer *viewer)
{
    sl_feed_unsubscribe(viewer->feed);
    gst_element_set_state(viewer->appsrc, GST_STATE_NULL);
    gst_object_unref(viewer->appsrc);
}

/* The former goes on for who still takes its frames, and ends when nobody does. */
static void
test_same_codec(void)
{
    g_autoptr(SlTrack) former = NULL;
    g_autoptr(GstElement) bin = NULL;
    Fixture fixture;
    Viewer viewer;
    guint64 n_frames;

    set_up(&fixture);
    former = g_object_ref(get_codec(&fixture, 0)->track);
    viewer_begin(&viewer, former);
    swap(&fixture, small_vp8);

    g_assert_cmpuint(fixture.n_tracks, ==, 1);
    g_assert_cmpuint(fixture.n_codecs, ==, 0);
    g_assert_cmpuint(fixture.n_descriptions, ==, 1);
    g_assert_cmpuint(fixture.states & ~(1u << SL_STREAM_LIVE), ==, 0);
    g_assert_true(get_codec(&fixture, 0)->track != former);
    n_frames = sl_track_get_n_frames(get_codec(&fixture, 0)->track);
    PROC_WAIT_UNTIL(sl_track_get_n_frames(get_codec(&fixture, 0)->track) > n_frames + 5);

    n_frames = sl_track_get_n_frames(former);
    PROC_WAIT_UNTIL(sl_track_get_n_frames(former) > n_frames + 15);
    bin = sl_stream_make_viewer_bin(fixture.stream, former, NULL);
    g_assert_nonnull(bin);
    gst_object_ref_sink(bin);
    g_assert_cmpuint(sl_census_get("SlSetup"), ==, 2);
    viewer_end(&viewer);
    PROC_WAIT_UNTIL(sl_census_get("SlSetup") == 1);
    g_clear_object(&former);
    tear_down(&fixture);
}

static void
test_gone_track(void)
{
    g_autoptr(SlTrack) former = NULL;
    g_autoptr(GError) error = NULL;
    Fixture fixture;

    set_up(&fixture);
    former = g_object_ref(get_codec(&fixture, 0)->track);
    swap(&fixture, small_vp8);
    PROC_WAIT_UNTIL(sl_census_get("SlSetup") == 1);
    g_assert_null(sl_stream_make_viewer_bin(fixture.stream, former, &error));
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE);
    g_clear_object(&former);
    tear_down(&fixture);
}

static void
test_other_codec(void)
{
    Fixture fixture;

    set_up(&fixture);
    swap(&fixture, vp9);
    g_assert_cmpuint(fixture.n_codecs, ==, 1);
    g_assert_cmpuint(fixture.n_tracks, ==, 0);
    g_assert_cmpstr(get_codec_name(&fixture, 0), ==, "VP9");
    swap(&fixture, vp8);
    g_assert_cmpuint(fixture.n_codecs, ==, 2);
    g_assert_cmpstr(get_codec_name(&fixture, 0), ==, "VP8");
    tear_down(&fixture);
}

static void
test_other_tracks(void)
{
    Fixture fixture;

    set_up(&fixture);
    swap(&fixture, with_sound);
    g_assert_cmpuint(fixture.n_codecs, ==, 1);
    g_assert_cmpuint(sl_stream_get_codecs(fixture.stream)->len, ==, 2);
    g_assert_cmpstr(get_codec_name(&fixture, 1), ==, "OPUS");
    swap(&fixture, with_sound);
    g_assert_cmpuint(fixture.n_codecs, ==, 1);
    g_assert_cmpuint(fixture.n_tracks, ==, 1);
    swap(&fixture, vp8);
    g_assert_cmpuint(sl_stream_get_codecs(fixture.stream)->len, ==, 1);
    tear_down(&fixture);
}

/* Nobody watches: it is known whether it works, and what it is encoded in. */
static void
test_idle(void)
{
    Fixture fixture;
    Outcome outcome;

    set_up_from(&fixture, vp8, "test", 1);
    swap(&fixture, vp9);
    g_assert_cmpstr(get_codec_name(&fixture, 0), ==, "VP9");
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_IDLE);

    begin_swap(&fixture, "[source]\n" SMALL " ! identity error-after=1 ! appsink name=video\n" SIZE,
               &outcome);
    PROC_WAIT_UNTIL(outcome.ended);
    g_assert_error(outcome.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE);
    g_clear_error(&outcome.error);
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_IDLE);
    g_assert_null(sl_stream_get_fault(fixture.stream));

    sl_stream_acquire(fixture.stream);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_LIVE);
    g_assert_cmpstr(get_codec_name(&fixture, 0), ==, "VP9");
    tear_down(&fixture);
}

/* A viewer comes, the last one goes, while it is tried. */
static void
test_viewers_come_and_go(void)
{
    Fixture fixture;
    Outcome outcome;

    set_up_from(&fixture, vp8, "test", 1);
    begin_swap(&fixture, vp9, &outcome);
    sl_stream_acquire(fixture.stream);
    PROC_WAIT_UNTIL(outcome.ended);
    g_assert_no_error(outcome.error);
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_LIVE);

    begin_swap(&fixture, vp8, &outcome);
    sl_stream_release(fixture.stream);
    PROC_WAIT_UNTIL(outcome.ended);
    g_assert_no_error(outcome.error);
    g_assert_cmpstr(get_codec_name(&fixture, 0), ==, "VP8");
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_IDLE);
    tear_down(&fixture);
}

/* A present setup that does not work is replaced as well. */
static void
test_broken_present(void)
{
    Fixture fixture;

    set_up_from(&fixture,
                "[source]\n" SMALL " ! identity error-after=1 ! appsink name=video\n" SIZE, "test",
                1);
    sl_stream_acquire(fixture.stream);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_FAILED);
    swap(&fixture, vp8);
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_LIVE);
    g_assert_null(sl_stream_get_fault(fixture.stream));
    g_assert_cmpuint(fixture.n_codecs, ==, 1);
    tear_down(&fixture);
}

static void
test_one_at_a_time(void)
{
    Fixture fixture;
    Outcome first, second;

    set_up(&fixture);
    begin_swap(&fixture, vp9, &first);
    begin_swap(&fixture, with_sound, &second);
    PROC_WAIT_UNTIL(second.ended);
    g_assert_error(second.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED);
    g_clear_error(&second.error);
    PROC_WAIT_UNTIL(first.ended);
    g_assert_no_error(first.error);
    g_assert_cmpstr(get_codec_name(&fixture, 0), ==, "VP9");
    tear_down(&fixture);
}

static void
test_stops_during_trial(void)
{
    Fixture fixture;
    Outcome outcome;

    set_up(&fixture);
    begin_swap(&fixture, vp9, &outcome);
    sl_stream_release(fixture.stream);
    stop(&fixture);
    g_assert_true(outcome.ended);
    g_assert_error(outcome.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED);
    g_clear_error(&outcome.error);
    begin_swap(&fixture, vp9, &outcome);
    PROC_WAIT_UNTIL(outcome.ended);
    g_assert_error(outcome.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED);
    g_clear_error(&outcome.error);
    drop(&fixture);
}

/* What still feeds a viewer does not outlive the stream's end. */
static void
test_stops_with_a_former_one(void)
{
    Fixture fixture;
    Viewer viewer;

    set_up(&fixture);
    viewer_begin(&viewer, get_codec(&fixture, 0)->track);
    swap(&fixture, vp9);
    PROC_WAIT_UNTIL(sl_teardown_get_n_pending() == 0); /* what found the codec */
    sl_stream_release(fixture.stream);
    stop(&fixture);
    g_assert_cmpuint(sl_teardown_get_n_pending(), ==, 0);
    viewer_end(&viewer);
    drop(&fixture);
}

/* Viewers that do not leave: the pipelines before are bounded all the same. */
static void
test_few_former_ones(void)
{
    Viewer viewers[6];
    Fixture fixture;

    set_up(&fixture);
    for (guint i = 0; i < G_N_ELEMENTS(viewers); i++) {
        viewer_begin(&viewers[i], get_codec(&fixture, 0)->track);
        swap(&fixture, small_vp8);
        PROC_WAIT_UNTIL(sl_census_get("SlSetup") <= 3);
    }
    for (guint i = 0; i < G_N_ELEMENTS(viewers); i++)
        viewer_end(&viewers[i]);
    tear_down(&fixture);
}

/* --- what is undone --- */

static const struct {
    const char *name;
    const char *text;
    SlMediaError code;
    const char *message; /* a pattern */
} broken[] = {
    { "element-missing", "[source]\n" SMALL " ! nothing-like-it ! appsink name=video\n" SIZE,
      SL_MEDIA_ERROR_DESCRIPTION, "test.pipeline:2: GStreamer: no element \"nothing-like-it\"; *" },
    { "does-not-link",
      "[source]\n${capture} ! video/x-raw,format=GRAY8 ! vp8enc ! appsink name=video\n",
      SL_MEDIA_ERROR_DESCRIPTION, "test.pipeline:2: GStreamer: could not link the input to *" },
    { "error-at-first-frame",
      "[source]\n" SMALL "\n ! identity error-after=1 ! vp8enc ! appsink name=video\n" SIZE,
      SL_MEDIA_ERROR_PIPELINE, "test.pipeline:3: 'identity' failed (*" },
    { "error-later", /* but before a frame comes out */
      "[source]\n" SMALL "\n ! identity error-after=10\n ! valve drop=true ! vp8enc"
      " ! appsink name=video\n" SIZE,
      SL_MEDIA_ERROR_PIPELINE, "test.pipeline:3: 'identity' failed (*" },
    { "error-of-other-track",
      "[source]\n" SMALL " ! vp8enc deadline=1 ! appsink name=video\naudiotestsrc is-live=true"
      " ! identity error-after=1 ! opusenc ! appsink name=audio\n" SIZE,
      SL_MEDIA_ERROR_PIPELINE, "test.pipeline:3: 'identity' failed (*" },
    { "file-missing",
      "[source]\nfilesrc location=/nowhere\n ! matroskademux ! appsink name=video\n",
      SL_MEDIA_ERROR_NOT_FOUND, "test.pipeline:2: 'filesrc' failed (*" },
    { "no-film",
      "[source]\nfilesrc location=/etc/passwd\n ! decodebin ! videoconvert ! vp8enc"
      " ! appsink name=video\n",
      SL_MEDIA_ERROR_PIPELINE, "test.pipeline:3: 'decodebin' failed (*" },
    { "ends", "[source]\nvideotestsrc is-live=true num-buffers=0 ! vp8enc ! appsink name=video\n",
      SL_MEDIA_ERROR_ENDED, "test.pipeline:1: [source] ended; *" },
    { "no-frame", "[source]\n" SMALL " ! valve drop=true ! vp8enc\n ! appsink name=video\n" SIZE,
      SL_MEDIA_ERROR_PIPELINE, "test.pipeline:3: track video gave no frame within 5 s" },
    { "no-frame-of-one-track",
      "[source]\n" SMALL " ! vp8enc deadline=1 ! appsink name=video\naudiotestsrc is-live=true"
      " ! valve drop=true ! opusenc ! appsink name=audio\n" SIZE,
      SL_MEDIA_ERROR_PIPELINE, "test.pipeline:3: track audio gave no frame within 5 s" },
    { "viewer-gives-nothing",
      "[source]\n" SMALL " ! vp8enc deadline=1 ! appsink name=video\n"
      "[viewer video]\nrtpvp8pay ! valve drop=true\n" SIZE,
      SL_MEDIA_ERROR_PIPELINE,
      "test.pipeline:3: [viewer video]: it gave nothing for a frame within 5 s; does it end in a "
      "payloader?" },
    { "viewer-ends-in-no-rtp",
      "[source]\n" SMALL " ! vp8enc deadline=1 ! appsink name=video\n"
      "[viewer video]\nidentity\n" SIZE,
      SL_MEDIA_ERROR_PIPELINE,
      "test.pipeline:3: [viewer video]: it ends in video/x-vp8, expected RTP, from a payloader" },
    { "viewer-does-not-fit",
      "[source]\n" SMALL " ! vp8enc deadline=1 ! appsink name=video\n"
      "[viewer video]\nrtpvp9pay\n" SIZE,
      SL_MEDIA_ERROR_PIPELINE, "test.pipeline:4: [viewer video]: 'rtpvp9pay' does not take *" },
    { "viewer-breaks",
      "[source]\n" SMALL " ! vp8enc deadline=1 ! appsink name=video\n"
      "[viewer video]\nidentity error-after=1 ! rtpvp8pay\n" SIZE,
      SL_MEDIA_ERROR_PIPELINE, "test.pipeline:4: [viewer video]: 'identity' failed (*" },
};

/* The former one is not touched, and what is undone leaves nothing. */
static void
test_undone(gconstpointer data)
{
    guint index = GPOINTER_TO_UINT(data);
    GPtrArray *codecs;
    Fixture fixture;
    Outcome outcome;
    guint64 n_frames;
    SlTrack *track;

    set_up(&fixture);
    codecs = sl_stream_get_codecs(fixture.stream);
    track = get_codec(&fixture, 0)->track;
    begin_swap(&fixture, broken[index].text, &outcome);
    PROC_WAIT_UNTIL(outcome.ended);
    g_test_message("%s", outcome.error->message);
    g_assert_error(outcome.error, SL_MEDIA_ERROR, (gint)broken[index].code);
    if (!g_pattern_match_simple(broken[index].message, outcome.error->message))
        g_assert_cmpstr(outcome.error->message, ==, broken[index].message);
    g_clear_error(&outcome.error);

    n_frames = sl_track_get_n_frames(track);
    PROC_WAIT_UNTIL(sl_track_get_n_frames(track) > n_frames + 5);
    g_assert_true(sl_stream_get_codecs(fixture.stream) == codecs);
    g_assert_cmpuint(fixture.states, ==, 0);
    g_assert_cmpuint(fixture.n_codecs + fixture.n_tracks + fixture.n_descriptions, ==, 0);
    PROC_WAIT_UNTIL(sl_census_get("SlSetup") == 1);
    tear_down(&fixture);
}

/* Returns: how many frames of the former one came while another was tried for as long as it may */
static guint64
try_in_vain(Fixture *fixture)
{
    SlTrack *track = get_codec(fixture, 0)->track;
    guint64 n_frames = sl_track_get_n_frames(track);
    Outcome outcome;

    begin_swap(fixture,
               "[source]\n" SMALL " ! valve drop=true ! vp8enc ! appsink name=video\n" SIZE,
               &outcome);
    PROC_WAIT_UNTIL(outcome.ended);
    g_assert_error(outcome.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE);
    g_clear_error(&outcome.error);
    return sl_track_get_n_frames(track) - n_frames;
}

/* Without a pause that a viewer sees, in one of three: a machine may stand still meanwhile. */
static void
test_picture_goes_on(void)
{
    Fixture fixture;
    guint64 n_frames = 0;

    set_up(&fixture);
    /* Of 150; a pause for the trial would be nearly all of them. */
    for (guint i = 0; i < 3 && n_frames < 50; i++)
        n_frames = try_in_vain(&fixture);
    g_assert_cmpuint(n_frames, >=, 50);
    tear_down(&fixture);
}

/* --- values that need no other pipeline --- */

static const char gated[] =
    "[variable shut]\ntype = bool\ndefault = true\nlive = gate.drop\n"
    "[variable size]\ntype = int\ndefault = 900\nlive = pay.mtu\n"
    "[variable width]\ntype = int\ndefault = 64\n"
    "[source]\n${capture} ! videoscale ! video/x-raw,width=${width}"
    " ! valve name=gate drop=${shut} ! vp8enc deadline=1 ! appsink name=video\n"
    "[viewer video]\nrtpvp8pay name=pay mtu=${size}\n";

static SlValues *
change(Fixture *fixture, const char *setting)
{
    const char *const settings[] = { setting, NULL };
    g_autoptr(GError) error = NULL;
    SlValues *values =
        sl_values_new_changed(sl_stream_get_values(fixture->stream), settings, &error);

    g_assert_no_error(error);
    return values;
}

static gboolean
set_live(Fixture *fixture, const char *setting, GError **error)
{
    g_autoptr(SlValues) values = change(fixture, setting);

    return sl_stream_set_live(fixture->stream, values, error);
}

static void
note_settings(SlStream *stream, GPtrArray *settings, GString *said)
{
    for (guint i = 0; i < settings->len; i++) {
        const SlLiveSetting *setting = g_ptr_array_index(settings, i);
        g_string_append_printf(said, "%s:%s.%s=%s ", setting->track, setting->element,
                               setting->property, setting->text);
    }
}

static void
test_live_values(void)
{
    g_autoptr(GString) said = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    Fixture fixture;
    Outcome outcome;

    set_up_from(&fixture, gated, "test", 1);
    g_signal_connect(fixture.stream, "values-changed", G_CALLBACK(note_settings), said);
    sl_stream_acquire(fixture.stream);
    PROC_WAIT_UNTIL(sl_stream_get_capture(fixture.stream) != NULL);
    g_assert_cmpint(sl_stream_get_state(fixture.stream), ==, SL_STREAM_STARTING);

    g_assert_true(set_live(&fixture, "shut=false", &error));
    g_assert_no_error(error);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_LIVE);
    g_assert_true(set_live(&fixture, "size=500", NULL));
    g_assert_cmpstr(said->str, ==, "(null):gate.drop=false video:pay.mtu=500 ");
    g_assert_cmpuint(fixture.n_descriptions, ==, 2);

    g_assert_false(set_live(&fixture, "width=32", &error));
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE);
    g_clear_error(&error);

    sl_stream_release(fixture.stream);
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_IDLE);
    sl_stream_acquire(fixture.stream); /* it is kept */
    PROC_WAIT_UNTIL(sl_stream_get_state(fixture.stream) == SL_STREAM_LIVE);

    begin_swap(&fixture, vp8, &outcome);
    g_assert_false(set_live(&fixture, "size=600", &error));
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED);
    PROC_WAIT_UNTIL(outcome.ended);
    tear_down(&fixture);
}

static void
test_nothing_is_left(void)
{
    static const char *const texts[] = { small_vp8, vp9, with_sound, small_vp8, small_vp8 };
    guint n_rounds = g_getenv("SIGHTLINE_TEST_LONG") != NULL ? 200 : 50;
    guint n_threads = 0, n_fds = 0;
    Fixture fixture;

    set_up(&fixture);
    for (guint round = 0; round < n_rounds + 10; round++) {
        swap(&fixture, texts[round % G_N_ELEMENTS(texts)]);
        if (round % 10 == 9) {
            PROC_WAIT_UNTIL(sl_census_get("SlSetup") == 1 && sl_teardown_get_n_pending() == 0);
            PROC_WAIT_UNTIL(sl_census_get("SlTrack") == 1);
            PROC_WAIT_UNTIL(sl_census_get("SlPipelineSource") == 1);
        }
        if (round == 9) { /* pools and libraries have what they keep */
            n_threads = proc_fixture_count_threads();
            n_fds = proc_fixture_count_fds();
        }
    }
    PROC_WAIT_UNTIL(proc_fixture_count_threads() <= n_threads);
    PROC_WAIT_UNTIL(proc_fixture_count_fds() <= n_fds);
    tear_down(&fixture);
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_main_context_acquire(NULL);
    g_test_add_func("/stream-swap/same-codec", test_same_codec);
    g_test_add_func("/stream-swap/gone-track", test_gone_track);
    g_test_add_func("/stream-swap/other-codec", test_other_codec);
    g_test_add_func("/stream-swap/other-tracks", test_other_tracks);
    g_test_add_func("/stream-swap/idle", test_idle);
    g_test_add_func("/stream-swap/viewers-come-and-go", test_viewers_come_and_go);
    g_test_add_func("/stream-swap/broken-present", test_broken_present);
    g_test_add_func("/stream-swap/one-at-a-time", test_one_at_a_time);
    g_test_add_func("/stream-swap/stops-during-trial", test_stops_during_trial);
    g_test_add_func("/stream-swap/stops-with-a-former-one", test_stops_with_a_former_one);
    g_test_add_func("/stream-swap/few-former-ones", test_few_former_ones);
    for (guint i = 0; i < G_N_ELEMENTS(broken); i++) {
        g_autofree char *path = g_strdup_printf("/stream-swap/undone/%s", broken[i].name);
        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_undone);
    }
    g_test_add_func("/stream-swap/live-values", test_live_values);
    g_test_add_func("/stream-swap/picture-goes-on", test_picture_goes_on);
    g_test_add_func("/stream-swap/nothing-is-left", test_nothing_is_left);
    return proc_fixture_run();
}
