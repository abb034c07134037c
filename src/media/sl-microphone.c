#include "sl-microphone.h"

#include <string.h>

#include "sl-description.h"
#include "sl-sound.h"
#include "sl-worker.h"

/* In microseconds: what is captured at once, and what may wait while the machine is busy. */
#define LATENCY_TIME ((gint64)10000)
#define BUFFER_TIME ((gint64)60000)
/* Where a driver does not answer, no more threads than these wait for it. */
#define MAX_OPENING 4

static gint n_opening; /* atomic */

typedef struct {
    GWeakRef pipeline; /* it may be gone before a microphone answers */
    char *device;
} Opening;

static void
opening_free(Opening *self)
{
    g_weak_ref_clear(&self->pipeline);
    g_free(self->device);
    g_free(self);
}

/* What the last error on @bus says. */
static char *
take_reason(GstBus *bus)
{
    g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    g_autoptr(GError) error = NULL;

    if (message == NULL)
        return g_strdup("it can't be opened");
    gst_message_parse_error(message, &error, NULL);
    return g_strdup(error->message);
}

static void
add_ghost(GstElement *bin, GstElement *child)
{
    g_autoptr(GstPad) target = gst_element_get_static_pad(child, "src");

    gst_element_add_pad(bin, gst_ghost_pad_new("src", target));
}

/* Returns: (transfer floating) (nullable): opened; else *ret_reason, NULL: it is not installed */
static GstElement *
try_source(const char *factory, const char *device, char **ret_reason)
{
    GstElement *source = gst_element_factory_make(factory, NULL);
    g_autoptr(GstBus) bus = gst_bus_new();
    GstElement *bin, *out;

    if (source == NULL)
        return NULL;
    g_object_set(source, "latency-time", LATENCY_TIME, "buffer-time", BUFFER_TIME, NULL);
    if (!g_str_equal(device, SL_MICROPHONE_DEFAULT))
        g_object_set(source, "device", device, NULL);
    bin = gst_parse_bin_from_description("audioconvert name=in ! audioresample ! "
                                         "capsfilter name=out caps=\"" SL_SOUND_CAPS "\"",
                                         FALSE, NULL);
    if (bin == NULL) {
        gst_object_unref(gst_object_ref_sink(source));
        return NULL;
    }
    gst_bin_add(GST_BIN(bin), source);
    out = gst_bin_get_by_name(GST_BIN(bin), "in");
    gst_element_link(source, out);
    gst_object_unref(out);
    out = gst_bin_get_by_name(GST_BIN(bin), "out");
    add_ghost(bin, out);
    gst_object_unref(out);

    gst_element_set_bus(bin, bus);
    if (gst_element_set_state(bin, GST_STATE_READY) != GST_STATE_CHANGE_FAILURE) {
        gst_element_set_bus(bin, NULL);
        return bin;
    }
    g_free(*ret_reason);
    *ret_reason = take_reason(bus);
    gst_element_set_bus(bin, NULL);
    gst_element_set_state(bin, GST_STATE_NULL);
    gst_object_unref(gst_object_ref_sink(bin));
    return NULL;
}

/* PipeWire has PulseAudio's door, too. A name with a colon, `hw:1,0`, is ALSA's. */
static GstElement *
open_microphone(const char *device, char **ret_reason)
{
    gboolean is_alsas = strchr(device, ':') != NULL;
    GstElement *source = is_alsas ? NULL : try_source("pulsesrc", device, ret_reason);

    return source != NULL ? source : try_source("alsasrc", device, ret_reason);
}

static void
warn(GstElement *pipeline, const char *device, const char *reason)
{
    g_autoptr(GError) error = NULL;

    if (reason == NULL)
        error = g_error_new_literal(SL_MEDIA_ERROR, SL_MEDIA_ERROR_MISSING_ELEMENT,
                                    "nothing is installed that captures sound: apt-get install "
                                    "gstreamer1.0-alsa");
    else if (g_str_equal(device, SL_MICROPHONE_DEFAULT))
        error = g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND, "no microphone: %s", reason);
    else
        error = g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND, "microphone %s: %s", device,
                            reason);
    gst_element_post_message(pipeline, gst_message_new_warning(GST_OBJECT(pipeline), error, NULL));
}

static gpointer
run(gpointer data)
{
    Opening *self = data;
    g_autofree char *reason = NULL;
    GstElement *source = open_microphone(self->device, &reason);
    g_autoptr(GstElement) pipeline = g_weak_ref_get(&self->pipeline);

    g_atomic_int_add(&n_opening, -1);
    if (source != NULL && pipeline != NULL) {
        sl_sound_attach(GST_BIN(pipeline), source);
    } else if (source != NULL) {
        gst_element_set_state(source, GST_STATE_NULL);
        gst_object_unref(gst_object_ref_sink(source));
    } else if (pipeline != NULL) {
        warn(pipeline, self->device, reason);
    }
    opening_free(self);
    return NULL;
}

void
sl_microphone_start(GstElement *pipeline, const char *device)
{
    Opening *self;

    if (g_atomic_int_add(&n_opening, 1) >= MAX_OPENING) {
        g_atomic_int_add(&n_opening, -1);
        warn(pipeline, device, "it does not answer");
        return;
    }
    self = g_new0(Opening, 1);
    g_weak_ref_init(&self->pipeline, pipeline);
    self->device = g_strdup(device);
    if (sl_worker_start("microphone", run, self, NULL))
        return;
    g_atomic_int_add(&n_opening, -1);
    warn(pipeline, device, "no thread can be started for it");
    opening_free(self);
}
