#include "sl-context.h"

#include "sl-census.h"

struct _SlWeak {
    gatomicrefcount refs;
    GWeakRef ref;
};

typedef struct {
    SlWeak *object; /* nullable */
    SlContextFunc func;
    gpointer data;
    GDestroyNotify destroy;
} Post;

/* Only so that its end is noticed. */
typedef struct {
    GSourceFunc func;
    gpointer data;
} Timeout;

SlWeak *
sl_weak_new(gpointer object)
{
    SlWeak *self = g_new0(SlWeak, 1);

    sl_census_enter("SlWeak");
    g_atomic_ref_count_init(&self->refs);
    g_weak_ref_init(&self->ref, object);
    return self;
}

SlWeak *
sl_weak_ref(SlWeak *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
sl_weak_unref(SlWeak *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->refs))
        return;
    g_weak_ref_clear(&self->ref);
    g_free(self);
    sl_census_leave("SlWeak");
}

void
sl_weak_closure_notify(gpointer weak, GClosure *closure)
{
    sl_weak_unref(weak);
}

static gboolean
post_run(gpointer data)
{
    Post *post = data;

    if (post->object == NULL) {
        post->func(NULL, post->data);
    } else {
        g_autoptr(GObject) object = g_weak_ref_get(&post->object->ref);
        if (object != NULL)
            post->func(object, post->data);
    }
    return G_SOURCE_REMOVE;
}

static void
post_free(gpointer data)
{
    Post *post = data;

    if (post->destroy != NULL && post->data != NULL)
        post->destroy(post->data);
    sl_weak_unref(post->object);
    g_free(post);
}

void
sl_context_post(GMainContext *context, SlWeak *object, SlContextFunc func, gpointer data,
                GDestroyNotify destroy)
{
    Post *post = g_new0(Post, 1);
    g_autoptr(GSource) source = g_idle_source_new();

    post->object = object != NULL ? sl_weak_ref(object) : NULL;
    post->func = func;
    post->data = data;
    post->destroy = destroy;

    /* Not the idle priority: what happened to a viewer is not less urgent than its next message. */
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_static_name(source, "sl_context_post");
    g_source_set_callback(source, post_run, post, post_free);
    g_source_attach(source, context);
}

static gboolean
timeout_run(gpointer data)
{
    Timeout *timeout = data;

    return timeout->func(timeout->data);
}

static void
timeout_free(gpointer data)
{
    g_free(data);
    sl_census_leave("timeout");
}

GSource *
sl_context_add_timeout(GMainContext *context, guint interval_ms, GSourceFunc func, gpointer data)
{
    GSource *source = g_timeout_source_new(interval_ms);
    Timeout *timeout = g_new0(Timeout, 1);

    /* The notification comes when the source is destroyed, by itself or by whoever owns it. */
    timeout->func = func;
    timeout->data = data;
    sl_census_enter("timeout");
    g_source_set_callback(source, timeout_run, timeout, timeout_free);
    g_source_attach(source, context);
    return source;
}

void
sl_clear_source(GSource **source)
{
    GSource *owned = g_steal_pointer(source);

    if (owned == NULL)
        return;
    g_source_destroy(owned);
    g_source_unref(owned);
}
