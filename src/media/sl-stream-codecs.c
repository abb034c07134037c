#include "sl-stream-codecs.h"

#include "sl-census.h"
#include "sl-codec-probe.h"

struct _SlStreamCodecs {
    GObject parent_instance;

    GMainContext *context;
    SlDescription *description;
    SlValues *values;
    GPtrArray *outputs; /* of Output, as the source's tracks */
    GPtrArray *codecs;  /* of SlTrackCodec; NULL until all are known */
};

/* A track and what is known of its codec. */
typedef struct {
    SlStreamCodecs *owner; /* not owned: it owns this */
    SlTrack *track;
    GstCaps *caps;       /* what the track carried when its codec was last looked for */
    GstCaps *rtp_caps;   /* what became of that; NULL while not known */
    SlCodecProbe *probe; /* under way */
} Output;

G_DEFINE_FINAL_TYPE(SlStreamCodecs, sl_stream_codecs, G_TYPE_OBJECT)

enum { FOUND, CHANGED, FAILED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
track_codec_free(gpointer data)
{
    SlTrackCodec *codec = data;

    g_clear_object(&codec->track);
    gst_clear_caps(&codec->rtp_caps);
    g_free(codec);
}

static void
cancel_probe(Output *output)
{
    g_clear_pointer(&output->probe, sl_codec_probe_cancel);
}

static void
output_free(gpointer data)
{
    Output *output = data;

    cancel_probe(output);
    gst_clear_caps(&output->caps);
    gst_clear_caps(&output->rtp_caps);
    g_clear_object(&output->track);
    g_free(output);
}

GPtrArray *
sl_track_codecs_without_tracks(GPtrArray *codecs)
{
    GPtrArray *copies = g_ptr_array_new_with_free_func(track_codec_free);

    for (guint i = 0; i < codecs->len; i++) {
        const SlTrackCodec *codec = g_ptr_array_index(codecs, i);
        SlTrackCodec *copy = g_new0(SlTrackCodec, 1);

        copy->rtp_caps = gst_caps_ref(codec->rtp_caps);
        g_ptr_array_add(copies, copy);
    }
    return copies;
}

gboolean
sl_track_codecs_are_equal(GPtrArray *a, GPtrArray *b)
{
    if (a == NULL || b == NULL || a->len != b->len)
        return FALSE;
    for (guint i = 0; i < a->len; i++) {
        SlTrackCodec *codec_a = g_ptr_array_index(a, i);
        SlTrackCodec *codec_b = g_ptr_array_index(b, i);
        if (!gst_caps_is_equal(codec_a->rtp_caps, codec_b->rtp_caps))
            return FALSE;
    }
    return TRUE;
}

static void
publish_if_complete(SlStreamCodecs *self)
{
    g_autoptr(GPtrArray) codecs = g_ptr_array_new_with_free_func(track_codec_free);

    if (!sl_stream_codecs_are_known(self))
        return;
    for (guint i = 0; i < self->outputs->len; i++) {
        Output *output = g_ptr_array_index(self->outputs, i);
        SlTrackCodec *codec = g_new0(SlTrackCodec, 1);

        codec->track = g_object_ref(output->track);
        codec->rtp_caps = gst_caps_ref(output->rtp_caps);
        g_ptr_array_add(codecs, codec);
    }
    if (sl_track_codecs_are_equal(self->codecs, codecs))
        return;
    g_clear_pointer(&self->codecs, g_ptr_array_unref);
    self->codecs = g_steal_pointer(&codecs);
    g_signal_emit(self, signals[CHANGED], 0);
}

/* A section's mistakes show when there is a frame to try it with. @line: 0: the section's */
static void
fail(SlStreamCodecs *self, Output *output, const GError *error, guint line)
{
    const char *track = sl_track_get_name(output->track);
    guint known = line != 0 ? line : sl_description_get_viewer_line(self->description, track);
    g_autoptr(GError) fault =
        g_error_new(error->domain, error->code, "%s:%u: [viewer %s]: %s",
                    sl_description_get_file(self->description), known, track, error->message);

    g_signal_emit(self, signals[FAILED], 0, fault);
}

/* As the track's source calls it, where it does. Returns: (transfer full) (nullable) */
static GstCaps *
call_profile(SlTrack *track, GstCaps *rtp_caps)
{
    const char *profile = sl_track_get_profile(track);
    GstCaps *caps = rtp_caps != NULL ? gst_caps_copy(rtp_caps) : NULL;

    if (caps != NULL && profile != NULL)
        gst_caps_set_simple(caps, "profile-level-id", G_TYPE_STRING, profile, NULL);
    return caps;
}

static void
on_codec_found(GstCaps *rtp_caps, const GError *error, guint line, gpointer user_data)
{
    Output *output = user_data;
    g_autoptr(SlStreamCodecs) self = g_object_ref(output->owner);

    output->probe = NULL; /* it is over */
    gst_clear_caps(&output->rtp_caps);
    output->rtp_caps = call_profile(output->track, rtp_caps);
    if (rtp_caps == NULL) {
        fail(self, output, error, line);
        return;
    }
    publish_if_complete(self);
    g_signal_emit(self, signals[FOUND], 0);
}

void
sl_stream_codecs_look(SlStreamCodecs *self, guint index, GstSample *sample)
{
    Output *output = g_ptr_array_index(self->outputs, index);
    GstCaps *caps = gst_sample_get_caps(sample);
    g_autoptr(GError) error = NULL;
    GstElement *bin;

    if (output->rtp_caps != NULL && gst_caps_is_equal(output->caps, caps))
        return;
    cancel_probe(output);
    gst_caps_replace(&output->caps, caps);
    gst_clear_caps(&output->rtp_caps);

    bin = sl_stream_codecs_make_viewer_bin(self, output->track, &error);
    if (bin == NULL)
        fail(self, output, error, 0);
    else
        output->probe = sl_codec_probe(self->context, bin, sample, on_codec_found, output);
}

void
sl_stream_codecs_cancel(SlStreamCodecs *self)
{
    for (guint i = 0; i < self->outputs->len; i++)
        cancel_probe(g_ptr_array_index(self->outputs, i));
}

gboolean
sl_stream_codecs_is_known(SlStreamCodecs *self, guint index)
{
    return ((Output *)g_ptr_array_index(self->outputs, index))->rtp_caps != NULL;
}

gboolean
sl_stream_codecs_are_known(SlStreamCodecs *self)
{
    for (guint i = 0; i < self->outputs->len; i++) {
        if (!sl_stream_codecs_is_known(self, i))
            return FALSE;
    }
    return TRUE;
}

GPtrArray *
sl_stream_codecs_get(SlStreamCodecs *self)
{
    return self->codecs;
}

static Output *
find_output(SlStreamCodecs *self, SlTrack *track)
{
    for (guint i = 0; i < self->outputs->len; i++) {
        Output *output = g_ptr_array_index(self->outputs, i);
        if (output->track == track)
            return output;
    }
    return NULL;
}

GstElement *
sl_stream_codecs_make_viewer_bin(SlStreamCodecs *self, SlTrack *track, GError **error)
{
    g_autoptr(SlProblems) problems = sl_problems_new(sl_description_get_file(self->description));
    g_autoptr(SlLaunch) launch = sl_description_expand_viewer(self->description, self->values,
                                                              sl_track_get_name(track), problems);
    Output *output = find_output(self, track);

    g_return_val_if_fail(output != NULL && output->caps != NULL, NULL);
    if (sl_problems_get_count(problems) > 0) {
        g_autofree char *text = sl_problems_to_text(problems);
        g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION, text);
        return NULL;
    }
    return sl_codec_make_viewer_bin(launch, output->caps, error);
}

static void
sl_stream_codecs_dispose(GObject *object)
{
    SlStreamCodecs *self = SL_STREAM_CODECS(object);

    g_clear_pointer(&self->outputs, g_ptr_array_unref);
    g_clear_pointer(&self->codecs, g_ptr_array_unref);
    G_OBJECT_CLASS(sl_stream_codecs_parent_class)->dispose(object);
}

static void
sl_stream_codecs_finalize(GObject *object)
{
    SlStreamCodecs *self = SL_STREAM_CODECS(object);

    sl_values_unref(self->values);
    sl_description_unref(self->description);
    g_main_context_unref(self->context);
    G_OBJECT_CLASS(sl_stream_codecs_parent_class)->finalize(object);
}

static void
sl_stream_codecs_class_init(SlStreamCodecsClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_stream_codecs_dispose;
    object_class->finalize = sl_stream_codecs_finalize;
    signals[FOUND] = g_signal_new("found", SL_TYPE_STREAM_CODECS, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 0);
    signals[CHANGED] = g_signal_new("changed", SL_TYPE_STREAM_CODECS, G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 0);
    signals[FAILED] = g_signal_new("failed", SL_TYPE_STREAM_CODECS, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
sl_stream_codecs_init(SlStreamCodecs *self)
{
    sl_census_add_object(self);
    self->outputs = g_ptr_array_new_with_free_func(output_free);
}

void
sl_stream_codecs_set_values(SlStreamCodecs *self, SlValues *values)
{
    sl_values_ref(values);
    sl_values_unref(self->values);
    self->values = values;
}

SlStreamCodecs *
sl_stream_codecs_new(GMainContext *context, SlDescription *description, SlValues *values,
                     GPtrArray *tracks)
{
    SlStreamCodecs *self = g_object_new(SL_TYPE_STREAM_CODECS, NULL);

    self->context = g_main_context_ref(context);
    self->description = sl_description_ref(description);
    self->values = sl_values_ref(values);
    for (guint i = 0; i < tracks->len; i++) {
        Output *output = g_new0(Output, 1);
        output->owner = self;
        output->track = g_object_ref(g_ptr_array_index(tracks, i));
        g_ptr_array_add(self->outputs, output);
    }
    return self;
}
