#include "sl-awaited-source.h"

#include "sl-census.h"
#include "sl-context.h"

struct _SlAwaitedSource {
    GObject parent_instance;

    GMainContext *context;
    SlWeak *weak;
    GPtrArray *tracks; /* none */
};

static void awaited_source_iface_init(SlSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(SlAwaitedSource, sl_awaited_source, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(SL_TYPE_SOURCE, awaited_source_iface_init))

static void
sl_awaited_source_start(SlSource *source)
{
}

static void
on_stopped(gpointer object, gpointer unused)
{
    sl_source_emit_stopped(object);
}

static void
sl_awaited_source_stop(SlSource *source)
{
    SlAwaitedSource *self = SL_AWAITED_SOURCE(source);

    sl_context_post(self->context, self->weak, on_stopped, NULL, NULL);
}

static GPtrArray *
sl_awaited_source_get_tracks(SlSource *source)
{
    return SL_AWAITED_SOURCE(source)->tracks;
}

static void
sl_awaited_source_request_keyframe(SlSource *source, SlTrack *track)
{
}

static void
awaited_source_iface_init(SlSourceInterface *iface)
{
    iface->start = sl_awaited_source_start;
    iface->stop = sl_awaited_source_stop;
    iface->get_tracks = sl_awaited_source_get_tracks;
    iface->request_keyframe = sl_awaited_source_request_keyframe;
}

static void
sl_awaited_source_finalize(GObject *object)
{
    SlAwaitedSource *self = SL_AWAITED_SOURCE(object);

    g_ptr_array_unref(self->tracks);
    sl_weak_unref(self->weak);
    g_main_context_unref(self->context);
    G_OBJECT_CLASS(sl_awaited_source_parent_class)->finalize(object);
}

static void
sl_awaited_source_class_init(SlAwaitedSourceClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_awaited_source_finalize;
}

static void
sl_awaited_source_init(SlAwaitedSource *self)
{
    sl_census_add_object(self);
    self->weak = sl_weak_new(self);
    self->tracks = g_ptr_array_new();
}

SlSource *
sl_awaited_source_new(GMainContext *context)
{
    SlAwaitedSource *self = g_object_new(SL_TYPE_AWAITED_SOURCE, NULL);

    self->context = g_main_context_ref(context);
    return SL_SOURCE(self);
}
