#include "sl-publisher-source.h"

#include "sl-census.h"
#include "sl-context.h"
#include "sl-publisher-choice.h"
#include "sl-receiver.h"

struct _SlPublisherSource {
    GObject parent_instance;

    GMainContext *context;
    SlWeak *weak;
    GPtrArray *tracks;    /* of SlTrack */
    GPtrArray *receivers; /* of SlReceiver, as tracks; fixed once something listens */
    gboolean is_started;
    GError *left; /* why nothing comes any more; NULL: it goes on */
};

static void publisher_source_iface_init(SlSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(SlPublisherSource, sl_publisher_source, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(SL_TYPE_SOURCE, publisher_source_iface_init))

/* --- what comes --- */

static SlReceiver *
find_receiver(GPtrArray *receivers, GstPad *pad)
{
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    gint payload_type;

    if (caps == NULL ||
        !gst_structure_get_int(gst_caps_get_structure(caps, 0), "payload", &payload_type))
        return NULL;
    for (guint i = 0; i < receivers->len; i++) {
        SlReceiver *receiver = g_ptr_array_index(receivers, i);
        if ((gint)sl_receiver_get_payload_type(receiver) == payload_type)
            return receiver;
    }
    return NULL;
}

/* webrtcbin's thread. By the payload type: where the offer names no SSRC, all come as the first
 * m-line's. */
static void
on_pad_added(GstElement *webrtcbin, GstPad *pad, gpointer data)
{
    SlReceiver *receiver = GST_PAD_IS_SRC(pad) ? find_receiver(data, pad) : NULL;

    if (receiver != NULL)
        sl_receiver_take_pad(receiver, pad);
}

static void
unref_receivers(gpointer receivers, GClosure *closure)
{
    g_ptr_array_unref(receivers);
}

void
sl_publisher_source_listen(SlPublisherSource *self, GstElement *webrtcbin)
{
    g_signal_connect_data(webrtcbin, "pad-added", G_CALLBACK(on_pad_added),
                          g_ptr_array_ref(self->receivers), unref_receivers, 0);
}

static void
on_track_wants_keyframe(SlTrack *track, gpointer data)
{
    sl_source_request_keyframe(data, track);
}

gboolean
sl_publisher_source_add_track(SlPublisherSource *self, GstElement *pipeline,
                              const SlSdpMedia *media, const SlSdpFormat *format, GError **error)
{
    g_autoptr(SlTrack) track = sl_track_new(self->context, media->kind);
    g_autofree char *profile = sl_publisher_get_profile(format);
    SlReceiver *receiver =
        sl_receiver_new(pipeline, format->encoding_name, format->payload_type, track, error);

    if (receiver == NULL)
        return FALSE;
    sl_track_set_profile(track, profile);
    sl_track_set_keyframe_func(track, on_track_wants_keyframe, self);
    g_ptr_array_add(self->receivers, receiver);
    g_ptr_array_add(self->tracks, g_steal_pointer(&track));
    return TRUE;
}

/* --- as a stream's source --- */

static void
request_all_keyframes(SlPublisherSource *self)
{
    for (guint i = 0; i < self->receivers->len; i++)
        sl_receiver_request_keyframe(g_ptr_array_index(self->receivers, i));
}

static void
set_open(SlPublisherSource *self, gboolean is_open)
{
    for (guint i = 0; i < self->receivers->len; i++)
        sl_receiver_set_open(g_ptr_array_index(self->receivers, i), is_open);
}

static void
on_started_in_vain(gpointer object, gpointer unused)
{
    SlPublisherSource *self = object;

    if (self->is_started)
        sl_source_emit_broke(SL_SOURCE(self), self->left);
}

static void
sl_publisher_source_start(SlSource *source)
{
    SlPublisherSource *self = SL_PUBLISHER_SOURCE(source);

    self->is_started = TRUE;
    if (self->left != NULL) {
        sl_context_post(self->context, self->weak, on_started_in_vain, NULL, NULL);
        return;
    }
    set_open(self, TRUE);
    request_all_keyframes(self);
}

static void
on_stopped(gpointer object, gpointer unused)
{
    sl_source_emit_stopped(object);
}

static void
sl_publisher_source_stop(SlSource *source)
{
    SlPublisherSource *self = SL_PUBLISHER_SOURCE(source);

    self->is_started = FALSE;
    set_open(self, FALSE);
    sl_context_post(self->context, self->weak, on_stopped, NULL, NULL);
}

void
sl_publisher_source_leave(SlPublisherSource *self, const GError *error)
{
    if (self->left != NULL)
        return;
    self->left = g_error_copy(error);
    for (guint i = 0; i < self->receivers->len; i++)
        sl_receiver_end(g_ptr_array_index(self->receivers, i));
    sl_source_emit_broke(SL_SOURCE(self), error);
}

static GPtrArray *
sl_publisher_source_get_tracks(SlSource *source)
{
    return SL_PUBLISHER_SOURCE(source)->tracks;
}

static void
sl_publisher_source_request_keyframe(SlSource *source, SlTrack *track)
{
    SlPublisherSource *self = SL_PUBLISHER_SOURCE(source);
    guint index;

    if (g_ptr_array_find(self->tracks, track, &index))
        sl_receiver_request_keyframe(g_ptr_array_index(self->receivers, index));
}

static void
publisher_source_iface_init(SlSourceInterface *iface)
{
    iface->start = sl_publisher_source_start;
    iface->stop = sl_publisher_source_stop;
    iface->get_tracks = sl_publisher_source_get_tracks;
    iface->request_keyframe = sl_publisher_source_request_keyframe;
}

/* --- the object --- */

static void
sl_publisher_source_dispose(GObject *object)
{
    SlPublisherSource *self = SL_PUBLISHER_SOURCE(object);

    for (guint i = 0; self->tracks != NULL && i < self->tracks->len; i++) {
        sl_track_set_keyframe_func(g_ptr_array_index(self->tracks, i), NULL, NULL);
        sl_receiver_end(g_ptr_array_index(self->receivers, i));
    }
    g_clear_pointer(&self->tracks, g_ptr_array_unref);
    g_clear_pointer(&self->receivers, g_ptr_array_unref);
    G_OBJECT_CLASS(sl_publisher_source_parent_class)->dispose(object);
}

static void
sl_publisher_source_finalize(GObject *object)
{
    SlPublisherSource *self = SL_PUBLISHER_SOURCE(object);

    g_clear_error(&self->left);
    g_clear_pointer(&self->weak, sl_weak_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    G_OBJECT_CLASS(sl_publisher_source_parent_class)->finalize(object);
}

static void
sl_publisher_source_class_init(SlPublisherSourceClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_publisher_source_dispose;
    object_class->finalize = sl_publisher_source_finalize;
}

static void
sl_publisher_source_init(SlPublisherSource *self)
{
    sl_census_add_object(self);
    self->weak = sl_weak_new(self);
    self->tracks = g_ptr_array_new_with_free_func(g_object_unref);
    self->receivers = g_ptr_array_new_with_free_func((GDestroyNotify)sl_receiver_unref);
}

SlPublisherSource *
sl_publisher_source_new(GMainContext *context)
{
    SlPublisherSource *self = g_object_new(SL_TYPE_PUBLISHER_SOURCE, NULL);

    self->context = g_main_context_ref(context);
    return self;
}
