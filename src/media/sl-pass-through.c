#include "sl-pass-through.h"

#include "sl-description.h"
#include "sl-sound.h"

/* Times that go back as often as this, among so many pictures, are no accident of a network. */
#define STEPS_BACK 3
#define STEPS_WINDOW 120
/* What goes back farther is a clock that was set. */
#define LONGEST_STEP_BACK GST_SECOND

#define REMEDY                                                                           \
    "; set the camera to H.264 of profile Main or Baseline without B-frames, or take a " \
    "pipeline that encodes, such as vp8"

/* Who made it can be told not to. */
#define OWN_B_FRAMES                                                                         \
    "the encoder makes B-frames, which WebRTC does not show in order; switch them off (for " \
    "x264enc: tune=zerolatency, or bframes=0)"

typedef struct {
    char *where;
    gboolean is_own;   /* encoded here */
    GstClockTime last; /* NONE: none yet */
    guint n_frames, n_steps_back;
    gboolean has_failed;
} Watch;

static void
watch_free(gpointer data)
{
    Watch *self = data;

    g_free(self->where);
    g_free(self);
}

/* --- what the caps say --- */

/* WebRTC's browsers list these, RFC 7742, section 6.2, and Main. */
static gboolean
is_playable(const char *profile)
{
    static const char *const playable[] = { "constrained-baseline", "baseline", "main", NULL };

    return profile == NULL || g_strv_contains(playable, profile);
}

/* `high-4:2:2` → `High 4:2:2` */
static char *
name_profile(const char *profile)
{
    char *name = g_strdelimit(g_strdup(profile), "-", ' ');

    *name = g_ascii_toupper(*name);
    return name;
}

static const char *
name_codec(const char *name)
{
    static const struct {
        const char *name, *label;
    } codecs[] = {
        { "video/x-h265", "H.265 (HEVC)" }, { "H265", "H.265 (HEVC)" },
        { "image/jpeg", "JPEG" },           { "JPEG", "JPEG" },
        { "video/x-vp8", "VP8" },           { "video/x-vp9", "VP9" },
        { "video/x-av1", "AV1" },           { "video/mpeg", "MPEG video" },
        { "MP4V-ES", "MPEG-4 video" },      { "video/x-raw", "something else" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(codecs); i++) {
        if (g_strcmp0(codecs[i].name, name) == 0)
            return codecs[i].label;
    }
    return name;
}

static gboolean
is_interlaced(const GstStructure *structure)
{
    const char *mode = gst_structure_get_string(structure, "interlace-mode");
    const char *picture = gst_structure_get_string(structure, "coded-picture-structure");

    return (mode != NULL && !g_str_equal(mode, "progressive")) || g_strcmp0(picture, "field") == 0;
}

char *
sl_pass_through_check_caps(const GstCaps *caps)
{
    const GstStructure *structure = gst_caps_get_structure(caps, 0);
    const char *profile = gst_structure_get_string(structure, "profile");

    if (!gst_structure_has_name(structure, "video/x-h264"))
        return NULL;
    if (!is_playable(profile)) {
        g_autofree char *name = name_profile(profile);
        return g_strdup_printf("H.264 of profile %s, which browsers don't take", name);
    }
    return is_interlaced(structure)
               ? g_strdup("interlaced H.264 (fields, as in television), which browsers don't show "
                          "as pictures")
               : NULL;
}

char *
sl_pass_through_describe(const GstCaps *caps)
{
    const char *profile = gst_structure_get_string(gst_caps_get_structure(caps, 0), "profile");

    return profile != NULL ? name_profile(profile) : NULL;
}

/* --- what comes --- */

static void
post(GstElement *element, GError *fault)
{
    g_autoptr(GError) error = fault;

    gst_element_post_message(element,
                             gst_message_new_error(GST_OBJECT(element), error, "as it comes"));
}

static GError *
new_input_fault(const char *where, const char *what)
{
    return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE, "%sthe input sends %s" REMEDY,
                       where, what);
}

static void
fail_pad(Watch *self, GstPad *pad, GError *fault)
{
    g_autoptr(GstElement) element = gst_pad_get_parent_element(pad);

    self->has_failed = TRUE;
    if (element != NULL)
        post(element, fault);
    else
        g_error_free(fault);
}

static GError *
new_b_frames_fault(const Watch *self)
{
    if (self->is_own)
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE, "%s" OWN_B_FRAMES, self->where);
    return new_input_fault(self->where, "H.264 with B-frames, which WebRTC does not show in order");
}

static void
check_time(Watch *self, GstPad *pad, const GstBuffer *buffer)
{
    GstClockTime time = GST_BUFFER_PTS(buffer);

    if (!GST_CLOCK_TIME_IS_VALID(time))
        return;
    if (++self->n_frames % STEPS_WINDOW == 0)
        self->n_steps_back = 0;
    if (GST_CLOCK_TIME_IS_VALID(self->last) && time < self->last &&
        self->last - time < LONGEST_STEP_BACK)
        self->n_steps_back++;
    self->last = time;
    if (self->n_steps_back >= STEPS_BACK)
        fail_pad(self, pad, new_b_frames_fault(self));
}

static GstPadProbeReturn
on_data(GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
    Watch *self = user_data;
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    g_autofree char *what = NULL;

    if (self->has_failed)
        return GST_PAD_PROBE_OK;
    if ((info->type & GST_PAD_PROBE_TYPE_BUFFER) != 0) {
        check_time(self, pad, GST_PAD_PROBE_INFO_BUFFER(info));
    } else if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
        self->last = GST_CLOCK_TIME_NONE;
    } else if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS && !self->is_own) {
        GstCaps *caps;
        gst_event_parse_caps(event, &caps);
        if ((what = sl_pass_through_check_caps(caps)) != NULL)
            fail_pad(self, pad, new_input_fault(self->where, what));
    }
    return GST_PAD_PROBE_OK;
}

void
sl_pass_through_watch(GstPad *pad, const char *where, gboolean is_own)
{
    Watch *self = g_new0(Watch, 1);

    self->where = g_strdup(where);
    self->is_own = is_own;
    self->last = GST_CLOCK_TIME_NONE;
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_data,
                      self, watch_free);
}

/* --- an input that is no H.264 --- */

static void
on_pad_added(GstElement *input, GstPad *pad, gpointer user_data)
{
    const char *where = user_data;
    g_autoptr(GstCaps) caps = gst_pad_query_caps(pad, NULL);
    const GstStructure *structure;
    const char *codec;
    g_autofree char *what = NULL;

    if (gst_caps_is_any(caps) || gst_caps_is_empty(caps))
        return;
    structure = gst_caps_get_structure(caps, 0);
    codec = gst_structure_get_name(structure);
    if (g_str_equal(codec, "application/x-rtp")) {
        if (g_strcmp0(gst_structure_get_string(structure, "media"), "video") != 0)
            return;
        codec = gst_structure_get_string(structure, "encoding-name");
    } else if (!g_str_has_prefix(codec, "video/") && !g_str_has_prefix(codec, "image/")) {
        return;
    }
    if (codec == NULL || g_str_equal(codec, "H264") || g_str_equal(codec, "video/x-h264"))
        return;
    what = g_strdup_printf("%s, not H.264", name_codec(codec));
    post(input, new_input_fault(where, what));
}

static void
free_where(gpointer where, GClosure *closure)
{
    g_free(where);
}

void
sl_pass_through_watch_input(GstBin *bin, const char *where)
{
    g_autoptr(GstElement) input = gst_bin_get_by_name(bin, SL_SOUND_INPUT);

    if (input != NULL)
        g_signal_connect_data(input, "pad-added", G_CALLBACK(on_pad_added), g_strdup(where),
                              free_where, 0);
}
