#include "fake-publisher.h"

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

#include "sl-context.h"
#include "sl-description.h"

#define SMALL_VP8                                                                         \
    "videotestsrc is-live=true ! video/x-raw,width=48,height=48,framerate=30/1 ! vp8enc " \
    "deadline=1 cpu-used=16 keyframe-max-dist=2000 ! appsink name=video"

struct _FakePublisher {
    GObject parent_instance;

    SlWeak *weak;
    GstElement *pipeline;
    GPtrArray *appsinks;
    GPtrArray *tracks;
    gboolean is_started; /* atomic */
    gboolean is_muted;   /* atomic */
    gboolean has_left;
    guint n_starts, n_dismissals;
    GError *reason;
};

static void fake_publisher_iface_init(SlSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(FakePublisher, fake_publisher, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(SL_TYPE_SOURCE, fake_publisher_iface_init))

static GstFlowReturn
on_new_sample(GstAppSink *appsink, gpointer data)
{
    FakePublisher *self = data;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(appsink);
    guint index;

    if (sample == NULL || !g_atomic_int_get(&self->is_started) ||
        g_atomic_int_get(&self->is_muted) || !g_ptr_array_find(self->appsinks, appsink, &index))
        return GST_FLOW_OK;
    sl_track_push(g_ptr_array_index(self->tracks, index), sample,
                  gst_element_get_base_time(GST_ELEMENT(appsink)));
    return GST_FLOW_OK;
}

static void
request_keyframe(SlSource *source, SlTrack *track)
{
    FakePublisher *self = FAKE_PUBLISHER(source);
    g_autoptr(GstPad) pad = NULL;
    guint index;

    if (!g_ptr_array_find(self->tracks, track, &index))
        return;
    pad = gst_element_get_static_pad(g_ptr_array_index(self->appsinks, index), "sink");
    gst_pad_push_event(pad,
                       gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

static void
say_left(gpointer object, gpointer unused)
{
    g_autoptr(GError) error = g_error_new_literal(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PUBLISHER_LEFT,
                                                  "the publisher has left");

    sl_source_emit_broke(object, error);
}

static void
start(SlSource *source)
{
    FakePublisher *self = FAKE_PUBLISHER(source);

    g_assert_false(self->is_started);
    self->n_starts++;
    g_atomic_int_set(&self->is_started, TRUE);
    for (guint i = 0; i < self->tracks->len; i++)
        request_keyframe(source, g_ptr_array_index(self->tracks, i));
    if (self->has_left)
        sl_context_post(g_main_context_default(), self->weak, say_left, NULL, NULL);
}

static void
on_stopped(gpointer object, gpointer unused)
{
    sl_source_emit_stopped(object);
}

static void
stop(SlSource *source)
{
    FakePublisher *self = FAKE_PUBLISHER(source);

    g_assert_true(self->is_started);
    g_atomic_int_set(&self->is_started, FALSE);
    sl_context_post(g_main_context_default(), self->weak, on_stopped, NULL, NULL);
}

static GPtrArray *
get_tracks(SlSource *source)
{
    return FAKE_PUBLISHER(source)->tracks;
}

static void
fake_publisher_iface_init(SlSourceInterface *iface)
{
    iface->start = start;
    iface->stop = stop;
    iface->get_tracks = get_tracks;
    iface->request_keyframe = request_keyframe;
}

static void
fake_publisher_finalize(GObject *object)
{
    FakePublisher *self = FAKE_PUBLISHER(object);

    gst_element_set_state(self->pipeline, GST_STATE_NULL);
    for (guint i = 0; i < self->tracks->len; i++)
        sl_track_set_keyframe_func(g_ptr_array_index(self->tracks, i), NULL, NULL);
    g_ptr_array_unref(self->tracks);
    g_ptr_array_unref(self->appsinks);
    gst_object_unref(self->pipeline);
    g_clear_error(&self->reason);
    sl_weak_unref(self->weak);
    G_OBJECT_CLASS(fake_publisher_parent_class)->finalize(object);
}

static void
fake_publisher_class_init(FakePublisherClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = fake_publisher_finalize;
}

static void
on_dismissed(FakePublisher *self, const GError *reason, gpointer unused)
{
    self->n_dismissals++;
    g_clear_error(&self->reason);
    self->reason = reason != NULL ? g_error_copy(reason) : NULL;
}

static void
fake_publisher_init(FakePublisher *self)
{
    self->weak = sl_weak_new(self);
    self->tracks = g_ptr_array_new_with_free_func(g_object_unref);
    self->appsinks = g_ptr_array_new_with_free_func(gst_object_unref);
    g_signal_connect(self, "dismissed", G_CALLBACK(on_dismissed), NULL);
}

static void
on_keyframe_wanted(SlTrack *track, gpointer self)
{
    request_keyframe(self, track);
}

static void
add_track(FakePublisher *self, const char *name)
{
    GstAppSinkCallbacks callbacks = { .new_sample = on_new_sample };
    GstElement *appsink = gst_bin_get_by_name(GST_BIN(self->pipeline), name);
    SlTrack *track;

    if (appsink == NULL)
        return;
    g_object_set(appsink, "sync", FALSE, NULL);
    track = sl_track_new(g_main_context_default(), name);
    sl_track_set_keyframe_func(track, on_keyframe_wanted, self);
    g_ptr_array_add(self->tracks, track);
    g_ptr_array_add(self->appsinks, appsink);
    gst_app_sink_set_callbacks(GST_APP_SINK(appsink), &callbacks, self, NULL);
}

FakePublisher *
fake_publisher_new(const char *launch)
{
    FakePublisher *self = g_object_new(TYPE_FAKE_PUBLISHER, NULL);
    g_autoptr(GstClock) clock = gst_system_clock_obtain();
    g_autoptr(GError) error = NULL;

    self->pipeline = gst_parse_launch(launch != NULL ? launch : SMALL_VP8, &error);
    g_assert_no_error(error);
    gst_object_ref_sink(self->pipeline);
    gst_pipeline_use_clock(GST_PIPELINE(self->pipeline), clock);
    add_track(self, "video");
    add_track(self, "audio");
    gst_element_set_state(self->pipeline, GST_STATE_PLAYING);
    return self;
}

void
fake_publisher_leave(FakePublisher *self)
{
    self->has_left = TRUE;
    say_left(self, NULL);
}

void
fake_publisher_mute(FakePublisher *self, gboolean mute)
{
    g_atomic_int_set(&self->is_muted, mute);
}

gboolean
fake_publisher_is_started(FakePublisher *self)
{
    return self->is_started;
}

guint
fake_publisher_get_n_starts(FakePublisher *self)
{
    return self->n_starts;
}

guint
fake_publisher_get_n_dismissals(FakePublisher *self)
{
    return self->n_dismissals;
}

const GError *
fake_publisher_get_reason(FakePublisher *self)
{
    return self->reason;
}
