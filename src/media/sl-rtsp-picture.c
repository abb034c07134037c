#include "sl-rtsp-picture.h"

#include "sl-sound.h"

/* Pads show on threads of their own: one at a time is linked. */
typedef struct {
    GMutex lock;
    GstPad *sink;
} Link;

static void
link_free(gpointer data, GClosure *closure)
{
    Link *self = data;

    g_mutex_clear(&self->lock);
    gst_object_unref(self->sink);
    g_free(self);
}

static gboolean
is_picture(GstPad *pad)
{
    g_autoptr(GstCaps) caps = gst_pad_query_caps(pad, NULL);

    return !gst_caps_is_any(caps) && !gst_caps_is_empty(caps) &&
           g_strcmp0(gst_structure_get_string(gst_caps_get_structure(caps, 0), "media"), "video") ==
               0;
}

/* One that does not fit is left to the next. */
static void
on_pad_added(GstElement *input, GstPad *pad, gpointer user_data)
{
    Link *self = user_data;

    if (!is_picture(pad))
        return;
    g_mutex_lock(&self->lock);
    if (!gst_pad_is_linked(self->sink))
        gst_pad_link(pad, self->sink);
    g_mutex_unlock(&self->lock);
}

void
sl_rtsp_picture_install(GstBin *bin)
{
    g_autoptr(GstElement) input = gst_bin_get_by_name(bin, SL_SOUND_INPUT);
    g_autoptr(GstElement) picture = gst_bin_get_by_name(bin, SL_RTSP_PICTURE_NAME);
    Link *link;

    if (input == NULL || picture == NULL)
        return;
    link = g_new0(Link, 1);
    g_mutex_init(&link->lock);
    link->sink = gst_element_get_static_pad(picture, "sink");
    g_signal_connect_data(input, "pad-added", G_CALLBACK(on_pad_added), link, link_free, 0);
}
