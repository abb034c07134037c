#include "sl-channel-taker.h"

#include "sl-census.h"
#include "sl-context.h"

/* Labels that we don't know are a mistake; who makes more of them has other things in mind. */
#define MAX_CHANNELS 4

typedef struct {
    const char *label;    /* static (nullable) */
    SlDataChannel *taken; /* nullable */
} Wanted;

/* Shared with webrtcbin's threads. */
typedef struct {
    gatomicrefcount refs;
    GMainContext *context;
    SlWeak *taker;

    GMutex lock;
    gboolean is_detached; /* the rest is empty then, and stays so */
    guint n_channels;
    Wanted wanted[SL_CHANNEL_N_KINDS];
    GPtrArray *others; /* of GstWebRTCDataChannel: to be closed */
} TakerLink;

struct _SlChannelTaker {
    GObject parent_instance;

    TakerLink *link;
};

G_DEFINE_FINAL_TYPE(SlChannelTaker, sl_channel_taker, G_TYPE_OBJECT)

enum { TAKEN, TOO_MANY, N_SIGNALS };
static guint signals[N_SIGNALS];

static TakerLink *
link_ref(TakerLink *link)
{
    g_atomic_ref_count_inc(&link->refs);
    return link;
}

static void
link_unref(TakerLink *link)
{
    if (!g_atomic_ref_count_dec(&link->refs))
        return;
    g_main_context_unref(link->context);
    sl_weak_unref(link->taker);
    g_ptr_array_unref(link->others);
    g_mutex_clear(&link->lock);
    g_free(link);
}

static void
link_closure_notify(gpointer link, GClosure *closure)
{
    link_unref(link);
}

/* --- on the main thread --- */

static void
on_taken(gpointer object, gpointer data)
{
    SlChannelTaker *self = object;
    guint kind = GPOINTER_TO_UINT(data);
    g_autoptr(SlDataChannel) channel = NULL;

    g_mutex_lock(&self->link->lock);
    g_set_object(&channel, self->link->wanted[kind].taken);
    g_mutex_unlock(&self->link->lock);
    if (channel != NULL)
        g_signal_emit(self, signals[TAKEN], 0, channel, kind);
}

static void
on_other(gpointer object, gpointer unused)
{
    SlChannelTaker *self = object;
    g_autoptr(GstWebRTCDataChannel) channel = NULL;

    g_mutex_lock(&self->link->lock);
    if (self->link->others->len > 0)
        channel = g_ptr_array_steal_index(self->link->others, 0);
    g_mutex_unlock(&self->link->lock);
    if (channel != NULL)
        gst_webrtc_data_channel_close(channel);
}

static void
on_too_many(gpointer object, gpointer unused)
{
    SlChannelTaker *self = object;

    if (!self->link->is_detached)
        g_signal_emit(self, signals[TOO_MANY], 0);
}

/* --- on webrtcbin's threads: the peer connection's lock is held, so nothing is asked of it --- */

static gboolean
wants_any(const TakerLink *link)
{
    for (guint i = 0; i < G_N_ELEMENTS(link->wanted); i++) {
        if (link->wanted[i].label != NULL)
            return TRUE;
    }
    return FALSE;
}

/* Before it is open, so that those count, too, that never will be. */
static void
on_prepare_channel(GstElement *webrtcbin, GstWebRTCDataChannel *channel, gboolean is_local,
                   gpointer data)
{
    TakerLink *link = data;
    guint max = wants_any(link) ? MAX_CHANNELS : 0;
    gboolean is_one_too_many;

    if (is_local)
        return;
    g_mutex_lock(&link->lock);
    is_one_too_many = ++link->n_channels == max + 1;
    g_mutex_unlock(&link->lock);
    if (is_one_too_many)
        sl_context_post(link->context, link->taker, on_too_many, NULL, NULL);
}

static gboolean
is_fit(SlChannelKind kind, GstWebRTCDataChannel *channel)
{
    gboolean is_ordered, is_unreliable;
    gint max_retransmits, max_lifetime_ms;

    g_object_get(channel, "ordered", &is_ordered, "max-retransmits", &max_retransmits,
                 "max-packet-lifetime", &max_lifetime_ms, NULL);
    is_unreliable = !is_ordered && max_retransmits == 0;
    if (kind == SL_CHANNEL_OBJECTS)
        return is_ordered && max_retransmits < 0 && max_lifetime_ms < 0;
    return is_unreliable == (kind == SL_CHANNEL_UNRELIABLE);
}

/* Returns: its kind, or -1 if it is not wanted */
static int
find_wanted_locked(const TakerLink *link, GstWebRTCDataChannel *channel)
{
    g_autofree char *label = NULL;

    g_object_get(channel, "label", &label, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(link->wanted); i++) {
        const Wanted *wanted = &link->wanted[i];

        if (wanted->label != NULL && wanted->taken == NULL && g_strcmp0(label, wanted->label) == 0)
            return is_fit((SlChannelKind)i, channel) ? (int)i : -1;
    }
    return -1;
}

/* It is open from now on, and its first message may follow at once. */
static void
on_data_channel(GstElement *webrtcbin, GstWebRTCDataChannel *channel, gpointer data)
{
    TakerLink *link = data;
    SlContextFunc func = NULL;
    int wanted;

    g_mutex_lock(&link->lock);
    wanted = find_wanted_locked(link, channel);
    if (!link->is_detached && wanted >= 0) {
        link->wanted[wanted].taken = sl_data_channel_new(link->context, g_object_ref(channel));
        func = on_taken;
    } else if (!link->is_detached) {
        g_ptr_array_add(link->others, g_object_ref(channel));
        func = on_other;
    }
    g_mutex_unlock(&link->lock);
    if (func != NULL)
        sl_context_post(link->context, link->taker, func, GUINT_TO_POINTER(MAX(wanted, 0)), NULL);
}

/* --- the object --- */

void
sl_channel_taker_detach(SlChannelTaker *self)
{
    SlDataChannel *taken[G_N_ELEMENTS(self->link->wanted)];

    g_mutex_lock(&self->link->lock);
    self->link->is_detached = TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(taken); i++)
        taken[i] = g_steal_pointer(&self->link->wanted[i].taken);
    g_ptr_array_set_size(self->link->others, 0);
    g_mutex_unlock(&self->link->lock);
    for (guint i = 0; i < G_N_ELEMENTS(taken); i++) {
        if (taken[i] != NULL)
            sl_data_channel_detach(taken[i]);
        g_clear_object(&taken[i]);
    }
}

static void
sl_channel_taker_dispose(GObject *object)
{
    sl_channel_taker_detach(SL_CHANNEL_TAKER(object));
    G_OBJECT_CLASS(sl_channel_taker_parent_class)->dispose(object);
}

static void
sl_channel_taker_finalize(GObject *object)
{
    link_unref(SL_CHANNEL_TAKER(object)->link);
    G_OBJECT_CLASS(sl_channel_taker_parent_class)->finalize(object);
}

static void
sl_channel_taker_class_init(SlChannelTakerClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_channel_taker_dispose;
    object_class->finalize = sl_channel_taker_finalize;
    signals[TAKEN] = g_signal_new("taken", SL_TYPE_CHANNEL_TAKER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 2, SL_TYPE_DATA_CHANNEL, G_TYPE_UINT);
    signals[TOO_MANY] = g_signal_new("too-many", SL_TYPE_CHANNEL_TAKER, G_SIGNAL_RUN_LAST, 0, NULL,
                                     NULL, NULL, G_TYPE_NONE, 0);
}

static void
sl_channel_taker_init(SlChannelTaker *self)
{
    sl_census_add_object(self);
    self->link = g_new0(TakerLink, 1);
    g_atomic_ref_count_init(&self->link->refs);
    g_mutex_init(&self->link->lock);
    self->link->taker = sl_weak_new(self);
    self->link->others = g_ptr_array_new_with_free_func(g_object_unref);
}

SlChannelTaker *
sl_channel_taker_new(GMainContext *context, GstElement *webrtcbin, const char *const *labels)
{
    SlChannelTaker *self = g_object_new(SL_TYPE_CHANNEL_TAKER, NULL);

    self->link->context = g_main_context_ref(context);
    for (guint i = 0; i < SL_CHANNEL_N_KINDS; i++)
        self->link->wanted[i].label = labels[i];
    g_signal_connect_data(webrtcbin, "prepare-data-channel", G_CALLBACK(on_prepare_channel),
                          link_ref(self->link), link_closure_notify, 0);
    g_signal_connect_data(webrtcbin, "on-data-channel", G_CALLBACK(on_data_channel),
                          link_ref(self->link), link_closure_notify, 0);
    return self;
}
