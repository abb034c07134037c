#include "sl-frame-watch.h"

#include "sl-census.h"
#include "sl-context.h"

#define CHECK_MS 250
/* So many frames must be missing, however few come. */
#define SILENT_INTERVALS 4

struct _SlFrameWatch {
    GObject parent_instance;

    GMainContext *context;
    SlWeak *weak;
    GPtrArray *watched; /* of Watched, as the source's tracks */
    GSource *timer;     /* waits for the first frames, then sees that there are more */
    gboolean is_on;     /* and has not fallen silent */
    guint run;          /* counts beginnings */
    guint silence_ms;
    double fps;

    SlFrameRate rate;
    int picture; /* the track that is measured; -1: none yet */
};

typedef struct {
    SlTrack *track;
    gboolean has_begun; /* gave a frame in this run */
    guint64 n_frames;   /* when it was last looked at */
    guint silent_ms;    /* how long there were no more than before */
    double fps;         /* by its caps; 0: they don't say */
} Watched;

typedef struct {
    guint run;
    guint index;
    GstSample *sample;
} FirstFrame;

typedef struct {
    GMainContext *context;
    SlWeak *watch;
    guint run;
    guint index;
} FirstFrameLink;

G_DEFINE_FINAL_TYPE(SlFrameWatch, sl_frame_watch, G_TYPE_OBJECT)

enum { FIRST_FRAME, SILENT, MEASURED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
watched_free(gpointer data)
{
    Watched *watched = data;

    g_clear_object(&watched->track);
    g_free(watched);
}

static void
first_frame_free(gpointer data)
{
    FirstFrame *frame = data;

    gst_sample_unref(frame->sample);
    g_free(frame);
}

static void
first_frame_link_free(gpointer data)
{
    FirstFrameLink *link = data;

    g_main_context_unref(link->context);
    sl_weak_unref(link->watch);
    g_free(link);
}

static void
fall_silent(SlFrameWatch *self, guint silence_ms)
{
    sl_clear_source(&self->timer);
    self->is_on = FALSE;
    g_signal_emit(self, signals[SILENT], 0, silence_ms);
}

static gboolean
on_no_first_frame(gpointer data)
{
    fall_silent(data, 0);
    return G_SOURCE_REMOVE;
}

static void
measure(SlFrameWatch *self, gint64 now_us)
{
    const Watched *picture;

    if (self->picture < 0)
        return;
    picture = g_ptr_array_index(self->watched, self->picture);
    if (sl_frame_rate_update(&self->rate, now_us, picture->n_frames))
        g_signal_emit(self, signals[MEASURED], 0);
}

/* Of two rates the lower; the other where one is not known. */
static double
lower_rate(double a, double b)
{
    return a > 0 && b > 0 ? MIN(a, b) : MAX(a, b);
}

/* A camera may give a frame now and then, or a description let one through. */
static guint
get_silence_ms(SlFrameWatch *self, const Watched *watched)
{
    double fps = lower_rate(watched->fps, self->fps);

    return fps > 0 && self->silence_ms > 0
               ? MAX(self->silence_ms, (guint)(SILENT_INTERVALS * 1000 / fps))
               : self->silence_ms;
}

/* Some cameras and servers fall silent without an error. By looks, and not by the clock: a process
 * that stood still had no frames either. */
static gboolean
on_check(gpointer data)
{
    SlFrameWatch *self = data;

    for (guint i = 0; i < self->watched->len; i++) {
        Watched *watched = g_ptr_array_index(self->watched, i);
        guint64 n_frames = sl_track_get_n_frames(watched->track);
        guint silence_ms = get_silence_ms(self, watched);

        watched->silent_ms = n_frames == watched->n_frames ? watched->silent_ms + CHECK_MS : 0;
        watched->n_frames = n_frames;
        if (silence_ms > 0 && watched->silent_ms >= silence_ms) {
            fall_silent(self, silence_ms);
            return G_SOURCE_REMOVE;
        }
    }
    measure(self, g_get_monotonic_time());
    return G_SOURCE_CONTINUE;
}

/* What the description says of its output: it may let fewer frames through than come. */
static double
find_rate(const GstStructure *structure)
{
    const char *text = gst_structure_get_string(structure, "a-framerate");
    int n, d;

    if (gst_structure_get_fraction(structure, "framerate", &n, &d) && n > 0 && d > 0)
        return (double)n / d;
    return text != NULL ? g_ascii_strtod(text, NULL) : 0;
}

static gboolean
is_picture(const GstStructure *structure)
{
    return gst_structure_has_name(structure, "application/x-rtp")
               ? g_strcmp0(gst_structure_get_string(structure, "media"), "video") == 0
               : g_str_has_prefix(gst_structure_get_name(structure), "video/") ||
                     g_str_has_prefix(gst_structure_get_name(structure), "image/");
}

static void
begin_measuring(SlFrameWatch *self, guint index, GstSample *sample)
{
    const GstStructure *structure = gst_caps_get_structure(gst_sample_get_caps(sample), 0);
    Watched *watched = g_ptr_array_index(self->watched, index);

    watched->fps = find_rate(structure);
    if ((self->picture >= 0 && self->picture < (int)index) || !is_picture(structure))
        return;
    self->picture = (int)index;
    sl_frame_rate_begin(
        &self->rate, watched->fps > 0 && self->fps > 0 ? MIN(watched->fps, self->fps) : self->fps,
        g_get_monotonic_time(), sl_track_get_n_frames(watched->track));
}

static void
begin_checking(SlFrameWatch *self)
{
    sl_clear_source(&self->timer);
    for (guint i = 0; i < self->watched->len; i++)
        ((Watched *)g_ptr_array_index(self->watched, i))->silent_ms = 0;
    self->timer = sl_context_add_timeout(self->context, CHECK_MS, on_check, self);
}

static void
on_first_frame(gpointer object, gpointer data)
{
    SlFrameWatch *self = object;
    FirstFrame *frame = data;

    if (frame->run != self->run || !self->is_on)
        return;
    ((Watched *)g_ptr_array_index(self->watched, frame->index))->has_begun = TRUE;
    begin_measuring(self, frame->index, frame->sample);
    if (sl_frame_watch_is_complete(self))
        begin_checking(self);
    g_signal_emit(self, signals[FIRST_FRAME], 0, frame->index, frame->sample);
}

/* The source's streaming thread. */
static void
on_track_first_frame(SlTrack *track, GstSample *sample, gpointer user_data)
{
    FirstFrameLink *link = user_data;
    FirstFrame *frame = g_new0(FirstFrame, 1);

    frame->run = link->run;
    frame->index = link->index;
    frame->sample = gst_sample_ref(sample);
    sl_context_post(link->context, link->watch, on_first_frame, frame, first_frame_free);
}

void
sl_frame_watch_begin(SlFrameWatch *self, guint first_ms)
{
    sl_frame_watch_end(self);
    self->run++;
    for (guint i = 0; i < self->watched->len; i++) {
        Watched *watched = g_ptr_array_index(self->watched, i);
        FirstFrameLink *link = g_new0(FirstFrameLink, 1);

        link->context = g_main_context_ref(self->context);
        link->watch = sl_weak_ref(self->weak);
        link->run = self->run;
        link->index = i;
        sl_track_set_first_frame_func(watched->track, on_track_first_frame, link,
                                      first_frame_link_free);
    }
    self->is_on = TRUE;
    if (first_ms > 0)
        self->timer = sl_context_add_timeout(self->context, first_ms, on_no_first_frame, self);
}

void
sl_frame_watch_expect(SlFrameWatch *self, guint silence_ms, double fps)
{
    self->silence_ms = silence_ms;
    self->fps = fps;
}

void
sl_frame_watch_end(SlFrameWatch *self)
{
    sl_clear_source(&self->timer);
    self->is_on = FALSE;
    for (guint i = 0; i < self->watched->len; i++) {
        Watched *watched = g_ptr_array_index(self->watched, i);
        sl_track_set_first_frame_func(watched->track, NULL, NULL, NULL);
        watched->has_begun = FALSE;
    }
    self->picture = -1;
    self->rate = (SlFrameRate){ 0 };
}

gboolean
sl_frame_watch_is_complete(SlFrameWatch *self)
{
    for (guint i = 0; i < self->watched->len; i++) {
        if (!sl_frame_watch_has_begun(self, i))
            return FALSE;
    }
    return TRUE;
}

gboolean
sl_frame_watch_has_begun(SlFrameWatch *self, guint index)
{
    return ((Watched *)g_ptr_array_index(self->watched, index))->has_begun;
}

const SlFrameRate *
sl_frame_watch_get_rate(SlFrameWatch *self)
{
    return &self->rate;
}

static void
sl_frame_watch_dispose(GObject *object)
{
    SlFrameWatch *self = SL_FRAME_WATCH(object);

    if (self->watched != NULL)
        sl_frame_watch_end(self);
    g_clear_pointer(&self->watched, g_ptr_array_unref);
    G_OBJECT_CLASS(sl_frame_watch_parent_class)->dispose(object);
}

static void
sl_frame_watch_finalize(GObject *object)
{
    SlFrameWatch *self = SL_FRAME_WATCH(object);

    sl_weak_unref(self->weak);
    g_main_context_unref(self->context);
    G_OBJECT_CLASS(sl_frame_watch_parent_class)->finalize(object);
}

static void
sl_frame_watch_class_init(SlFrameWatchClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_frame_watch_dispose;
    object_class->finalize = sl_frame_watch_finalize;
    signals[FIRST_FRAME] =
        g_signal_new("first-frame", SL_TYPE_FRAME_WATCH, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                     G_TYPE_NONE, 2, G_TYPE_UINT, GST_TYPE_SAMPLE);
    signals[SILENT] = g_signal_new("silent", SL_TYPE_FRAME_WATCH, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
    signals[MEASURED] = g_signal_new("measured", SL_TYPE_FRAME_WATCH, G_SIGNAL_RUN_LAST, 0, NULL,
                                     NULL, NULL, G_TYPE_NONE, 0);
}

static void
sl_frame_watch_init(SlFrameWatch *self)
{
    sl_census_add_object(self);
    self->weak = sl_weak_new(self);
    self->watched = g_ptr_array_new_with_free_func(watched_free);
}

SlFrameWatch *
sl_frame_watch_new(GMainContext *context, GPtrArray *tracks)
{
    SlFrameWatch *self = g_object_new(SL_TYPE_FRAME_WATCH, NULL);

    self->context = g_main_context_ref(context);
    self->picture = -1;
    for (guint i = 0; i < tracks->len; i++) {
        Watched *watched = g_new0(Watched, 1);
        watched->track = g_object_ref(g_ptr_array_index(tracks, i));
        g_ptr_array_add(self->watched, watched);
    }
    return self;
}
