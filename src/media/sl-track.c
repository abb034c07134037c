#include "sl-track.h"

#include "sl-census.h"
#include "sl-context.h"
#include "sl-feed-private.h"
#include "sl-rtp-keyframe.h"

/* Requests of many viewers within this time become one keyframe. */
#define KEYFRAME_INTERVAL_MS 250

struct _SlTrack {
    GObject parent_instance;

    char *name;
    char *profile; /* nullable */
    GMainContext *context;
    SlWeak *weak; /* for posts from streaming threads */

    /* Main thread. */
    SlTrackKeyframeFunc keyframe_func;
    gpointer keyframe_data;
    GSource *keyframe_timer;  /* runs while a request was granted less than the interval ago */
    gboolean keyframe_wanted; /* by somebody since then */

    gint keyframe_posted; /* atomic: a post to the main thread is under way */

    SlRtpKeyframes rtp; /* the source's streaming thread */

    GMutex lock;
    GPtrArray *feeds;             /* protected by lock */
    gboolean keeps_group;         /* protected by lock */
    SlFrameGroup group;           /* protected by lock */
    guint64 n_frames;             /* protected by lock */
    SlTrackSampleFunc first_func; /* protected by lock, as are its two companions */
    gpointer first_data;
    GDestroyNotify first_destroy;
};

G_DEFINE_FINAL_TYPE(SlTrack, sl_track, G_TYPE_OBJECT)

static void
sl_track_finalize(GObject *object)
{
    SlTrack *self = SL_TRACK(object);

    g_assert(self->feeds->len == 0); /* each holds a reference */
    if (self->first_destroy != NULL)
        self->first_destroy(self->first_data);
    sl_rtp_keyframes_clear(&self->rtp);
    sl_frame_group_clear(&self->group);
    sl_clear_source(&self->keyframe_timer);
    g_clear_pointer(&self->feeds, g_ptr_array_unref);
    g_clear_pointer(&self->weak, sl_weak_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_clear_pointer(&self->name, g_free);
    g_clear_pointer(&self->profile, g_free);
    g_mutex_clear(&self->lock);
    G_OBJECT_CLASS(sl_track_parent_class)->finalize(object);
}

static void
sl_track_class_init(SlTrackClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_track_finalize;
}

static void
sl_track_init(SlTrack *self)
{
    sl_census_add_object(self);
    g_mutex_init(&self->lock);
    self->feeds = g_ptr_array_new();
    self->weak = sl_weak_new(self);
}

SlTrack *
sl_track_new(GMainContext *context, const char *name)
{
    SlTrack *self = g_object_new(SL_TYPE_TRACK, NULL);

    self->context = g_main_context_ref(context);
    self->name = g_strdup(name);
    return self;
}

const char *
sl_track_get_name(SlTrack *self)
{
    return self->name;
}

void
sl_track_lock(SlTrack *self)
{
    g_mutex_lock(&self->lock);
}

void
sl_track_unlock(SlTrack *self)
{
    g_mutex_unlock(&self->lock);
}

static GstClockTime
to_clock_time(const GstSegment *segment, GstClockTime timestamp, GstClockTime base_time)
{
    GstClockTime running_time;

    if (!GST_CLOCK_TIME_IS_VALID(timestamp))
        return GST_CLOCK_TIME_NONE;
    running_time = gst_segment_to_running_time(segment, GST_FORMAT_TIME, timestamp);
    return GST_CLOCK_TIME_IS_VALID(running_time) ? running_time + base_time : GST_CLOCK_TIME_NONE;
}

/* A copy of the metadata only: the frame itself is shared. */
static GstBuffer *
copy_with_clock_time(GstBuffer *buffer, const GstSegment *segment, GstClockTime base_time)
{
    GstBuffer *copy = gst_buffer_copy(buffer);

    GST_BUFFER_PTS(copy) = to_clock_time(segment, GST_BUFFER_PTS(buffer), base_time);
    GST_BUFFER_DTS(copy) = to_clock_time(segment, GST_BUFFER_DTS(buffer), base_time);
    return copy;
}

static gboolean
take_first_func_locked(SlTrack *self, GstBuffer *buffer, SlTrackSampleFunc *ret_func,
                       gpointer *ret_data, GDestroyNotify *ret_destroy)
{
    if (self->first_func == NULL || GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT))
        return FALSE;
    *ret_func = g_steal_pointer(&self->first_func);
    *ret_data = g_steal_pointer(&self->first_data);
    *ret_destroy = g_steal_pointer(&self->first_destroy);
    return TRUE;
}

void
sl_track_push(SlTrack *self, GstSample *sample, GstClockTime base_time)
{
    GstCaps *caps = gst_sample_get_caps(sample);
    SlTrackSampleFunc first_func = NULL;
    gpointer first_data = NULL;
    GDestroyNotify first_destroy = NULL;
    g_autoptr(GstBuffer) buffer = NULL;
    gboolean begins;

    if (caps == NULL || gst_sample_get_buffer(sample) == NULL)
        return;
    buffer = copy_with_clock_time(gst_sample_get_buffer(sample), gst_sample_get_segment(sample),
                                  base_time);
    begins = sl_rtp_keyframes_mark(&self->rtp, buffer, caps);

    sl_track_lock(self);
    self->n_frames += begins;
    for (guint i = 0; i < self->feeds->len; i++)
        sl_feed_push_locked(g_ptr_array_index(self->feeds, i), buffer, caps);
    if (self->keeps_group)
        sl_frame_group_add(&self->group, buffer, caps);
    take_first_func_locked(self, buffer, &first_func, &first_data, &first_destroy);
    sl_track_unlock(self);

    if (first_func != NULL) {
        g_autoptr(GstSample) first = gst_sample_new(buffer, caps, NULL, NULL);
        first_func(self, first, first_data);
        if (first_destroy != NULL)
            first_destroy(first_data);
    }
}

static gboolean
on_keyframe_timer(gpointer data)
{
    SlTrack *self = data;

    if (!self->keyframe_wanted) {
        sl_clear_source(&self->keyframe_timer);
        return G_SOURCE_REMOVE;
    }
    self->keyframe_wanted = FALSE;
    self->keyframe_func(self, self->keyframe_data);
    return G_SOURCE_CONTINUE;
}

static void
on_keyframe_requested(gpointer object, gpointer unused)
{
    SlTrack *self = object;

    g_atomic_int_set(&self->keyframe_posted, FALSE);
    if (self->keyframe_func == NULL)
        return;
    if (self->keyframe_timer != NULL) {
        self->keyframe_wanted = TRUE;
        return;
    }
    self->keyframe_timer =
        sl_context_add_timeout(self->context, KEYFRAME_INTERVAL_MS, on_keyframe_timer, self);
    self->keyframe_func(self, self->keyframe_data);
}

void
sl_track_request_keyframe(SlTrack *self)
{
    if (g_atomic_int_compare_and_exchange(&self->keyframe_posted, FALSE, TRUE))
        sl_context_post(self->context, self->weak, on_keyframe_requested, NULL, NULL);
}

void
sl_track_set_keyframe_func(SlTrack *self, SlTrackKeyframeFunc func, gpointer user_data)
{
    sl_context_assert(self->context);
    self->keyframe_func = func;
    self->keyframe_data = user_data;
    if (func == NULL) /* it may be freed on another thread from now on */
        sl_clear_source(&self->keyframe_timer);
}

guint64
sl_track_get_n_frames(SlTrack *self)
{
    guint64 n_frames;

    sl_track_lock(self);
    n_frames = self->n_frames;
    sl_track_unlock(self);
    return n_frames;
}

guint
sl_track_get_n_feeds(SlTrack *self)
{
    guint n_feeds;

    sl_track_lock(self);
    n_feeds = self->feeds->len;
    sl_track_unlock(self);
    return n_feeds;
}

void
sl_track_set_first_frame_func(SlTrack *self, SlTrackSampleFunc func, gpointer user_data,
                              GDestroyNotify destroy)
{
    gpointer old_data;
    GDestroyNotify old_destroy;

    sl_track_lock(self);
    old_data = self->first_data;
    old_destroy = self->first_destroy;
    self->first_func = func;
    self->first_data = user_data;
    self->first_destroy = destroy;
    sl_track_unlock(self);

    if (old_destroy != NULL)
        old_destroy(old_data);
}

void
sl_track_set_keep_group(SlTrack *self, gboolean keep_group)
{
    sl_track_lock(self);
    self->keeps_group = keep_group;
    sl_track_unlock(self);
}

void
sl_track_set_profile(SlTrack *self, const char *profile_level_id)
{
    g_free(self->profile);
    self->profile = g_strdup(profile_level_id);
}

const char *
sl_track_get_profile(SlTrack *self)
{
    return self->profile;
}

void
sl_track_drop_group(SlTrack *self)
{
    sl_track_lock(self);
    sl_frame_group_clear(&self->group);
    sl_track_unlock(self);
}

SlFeed *
sl_track_subscribe(SlTrack *self, GstAppSrc *appsrc)
{
    SlFeed *feed = sl_feed_new(self, appsrc);
    gboolean has_begun;

    sl_context_assert(self->context);
    sl_track_lock(self);
    has_begun = sl_feed_begin_locked(feed, &self->group);
    g_ptr_array_add(self->feeds, feed);
    sl_track_unlock(self);

    if (!has_begun)
        sl_track_request_keyframe(self);
    return feed;
}

void
sl_track_remove_feed(SlTrack *self, SlFeed *feed)
{
    sl_context_assert(self->context);
    sl_track_lock(self);
    g_ptr_array_remove_fast(self->feeds, feed);
    sl_track_unlock(self);
}
