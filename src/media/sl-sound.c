#include "sl-sound.h"

#include "sl-description.h"

/* What is mixed in may be as late as this. */
#define MIXER_LATENCY_NS "20000000"
#define MIXER "sl-sound"
#define SILENCE "sl-silence"
/* The mark of an input whose sound was attached: of several languages, the first. */
#define ATTACHED "sl-sound-attached"

/* Long enough for what is decoded but not due yet, in a file whose picture is ahead by some frames:
 * see sl-file-loop. */
#define QUEUE "queue name=in max-size-time=300000000 max-size-buffers=0 max-size-bytes=0"
#define CONVERTED "audioconvert ! audioresample ! capsfilter name=out caps=\"" SL_SOUND_CAPS "\""
#define DECODED_TEXT QUEUE " ! clocksync ! " CONVERTED
#define RTP_TEXT QUEUE " ! decodebin ! " CONVERTED

char *
sl_sound_tone_text(void)
{
    return g_strdup("audiotestsrc is-live=true volume=0.05 samplesperbuffer=480 ! " SL_SOUND_CAPS);
}

char *
sl_sound_silence_text(void)
{
    return g_strdup("audiotestsrc is-live=true wave=silence samplesperbuffer=480 "
                    "! " SL_SOUND_CAPS);
}

/* Not ignore-inactive-pads, with which the mixer of 1.22 may end before it has begun. */
char *
sl_sound_mixed_text(guint latency_ms)
{
    return g_strdup_printf("audiotestsrc name=" SILENCE
                           " is-live=true wave=silence samplesperbuffer=480 ! " SL_SOUND_CAPS
                           " ! audiomixer name=" MIXER " latency=" MIXER_LATENCY_NS
                           " min-upstream-latency=%u000000 ! " SL_SOUND_CAPS,
                           latency_ms);
}

/* --- what sound is attached in --- */

/* While a pipeline is on its way to PLAYING, a part that stays half-way, or an error, holds it
 * where it is, and the picture with it. Sound does neither: its errors become warnings. */
typedef GstBin SlSoundBin;
typedef GstBinClass SlSoundBinClass;

static GType sl_sound_bin_get_type(void);
G_DEFINE_TYPE(SlSoundBin, sl_sound_bin, GST_TYPE_BIN)

static GstMessage *
make_warning(GstMessage *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) warning = NULL;
    g_autofree char *debug = NULL;

    gst_message_parse_error(message, &error, &debug);
    warning = g_error_new_literal(SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE, error->message);
    return gst_message_new_warning(GST_MESSAGE_SRC(message), warning, debug);
}

static void
sl_sound_bin_handle_message(GstBin *bin, GstMessage *message)
{
    GstMessageType type = GST_MESSAGE_TYPE(message);
    GstMessage *warning;

    if (type == GST_MESSAGE_ASYNC_START || type == GST_MESSAGE_ASYNC_DONE) {
        gst_message_unref(message);
        return;
    }
    if (type == GST_MESSAGE_ERROR) {
        warning = make_warning(message);
        gst_message_unref(message);
        message = warning;
    }
    GST_BIN_CLASS(sl_sound_bin_parent_class)->handle_message(bin, message);
}

static GstStateChangeReturn
sl_sound_bin_change_state(GstElement *element, GstStateChange change)
{
    GstStateChangeReturn result =
        GST_ELEMENT_CLASS(sl_sound_bin_parent_class)->change_state(element, change);

    return result == GST_STATE_CHANGE_ASYNC ? GST_STATE_CHANGE_SUCCESS : result;
}

static void
sl_sound_bin_class_init(SlSoundBinClass *klass)
{
    GST_ELEMENT_CLASS(klass)->change_state = sl_sound_bin_change_state;
    klass->handle_message = sl_sound_bin_handle_message;
}

static void
sl_sound_bin_init(SlSoundBin *self)
{
}

static void
add_ghost(GstElement *bin, GstElement *child, const char *name)
{
    g_autoptr(GstPad) target = gst_element_get_static_pad(child, name);

    if (target != NULL)
        gst_element_add_pad(bin, gst_ghost_pad_new(name, target));
}

static GstElement *
wrap(GstElement *sound)
{
    GstElement *bin = g_object_new(sl_sound_bin_get_type(), NULL);

    gst_bin_add(GST_BIN(bin), sound);
    add_ghost(bin, sound, "sink");
    add_ghost(bin, sound, "src");
    return bin;
}

static gboolean
mix_in(GstBin *bin, GstElement *mixer, GstElement *sound)
{
    gst_bin_add(bin, sound);
    if (!gst_element_link_pads(sound, "src", mixer, "sink_%u")) {
        gst_bin_remove(bin, sound);
        return FALSE;
    }
    gst_element_sync_state_with_parent(sound);
    /* It may be later than silence is. */
    gst_element_post_message(mixer, gst_message_new_latency(GST_OBJECT(mixer)));
    return TRUE;
}

GstElement *
sl_sound_attach(GstBin *bin, GstElement *sound)
{
    g_autoptr(GstElement) mixer = gst_bin_get_by_name(bin, MIXER);
    gboolean is_mixed;

    sound = gst_object_ref_sink(wrap(sound));
    is_mixed = mixer != NULL && mix_in(bin, mixer, sound);
    if (!is_mixed)
        gst_element_set_state(sound, GST_STATE_NULL);
    gst_object_unref(sound);
    return is_mixed ? sound : NULL;
}

/* --- an input that has picture and sound --- */

/* NULL: it is none */
static const char *
get_text_for(const GstStructure *caps)
{
    if (gst_structure_has_name(caps, "audio/x-raw"))
        return DECODED_TEXT;
    if (gst_structure_has_name(caps, "application/x-rtp") &&
        g_strcmp0(gst_structure_get_string(caps, "media"), "audio") == 0)
        return RTP_TEXT;
    return NULL;
}

/* Silence would go on for ever, and the pipeline would not end. */
static GstPadProbeReturn
on_event(GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
    GstElement *silence = user_data;

    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS)
        gst_element_send_event(silence, gst_event_new_eos());
    return GST_PAD_PROBE_OK;
}

static void
end_silence_with(GstBin *bin, GstPad *pad)
{
    GstElement *silence = gst_bin_get_by_name(bin, SILENCE);

    if (silence != NULL)
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, silence,
                          gst_object_unref);
}

static void
add_end(GstElement *bin, const char *element, const char *name)
{
    g_autoptr(GstElement) child = gst_bin_get_by_name(GST_BIN(bin), element);

    add_ghost(bin, child, name);
}

static void
attach_pad(GstBin *bin, GstPad *pad, const char *text)
{
    GstElement *sound = gst_parse_bin_from_description(text, FALSE, NULL);
    g_autoptr(GstPad) sink = NULL;

    if (sound == NULL)
        return;
    add_end(sound, "in", "sink");
    add_end(sound, "out", "src");
    sound = sl_sound_attach(bin, sound);
    if (sound == NULL)
        return;
    sink = gst_element_get_static_pad(sound, "sink");
    gst_pad_link(pad, sink);
}

/* Of several languages, the first. */
static void
on_pad_added(GstElement *input, GstPad *pad, gpointer unused)
{
    g_autoptr(GstObject) bin = gst_object_get_parent(GST_OBJECT(input));
    g_autoptr(GstCaps) caps = gst_pad_query_caps(pad, NULL);
    const char *text = NULL;

    if (bin == NULL)
        return;
    if (gst_caps_is_any(caps) || gst_caps_is_empty(caps) ||
        (text = get_text_for(gst_caps_get_structure(caps, 0))) == NULL) {
        end_silence_with(GST_BIN(bin), pad);
        return;
    }
    if (g_object_get_data(G_OBJECT(input), ATTACHED) != NULL)
        return;
    g_object_set_data(G_OBJECT(input), ATTACHED, GINT_TO_POINTER(TRUE));
    attach_pad(GST_BIN(bin), pad, text);
}

void
sl_sound_install(GstBin *bin)
{
    g_autoptr(GstElement) mixer = gst_bin_get_by_name(bin, MIXER);
    g_autoptr(GstElement) input = gst_bin_get_by_name(bin, SL_SOUND_INPUT);

    if (mixer != NULL && input != NULL)
        g_signal_connect(input, "pad-added", G_CALLBACK(on_pad_added), NULL);
}
