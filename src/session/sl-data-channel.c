#include "sl-data-channel.h"

#include "sl-census.h"
#include "sl-context.h"
#include "sl-json.h"

/*
 * What may wait for the main thread: more than a client that keeps to the relay's limits can send
 * in the time that a busy main loop takes for one round.
 */
#define MAX_PENDING 512

/*
 * What may wait to be sent: the relay's window, and answers to a client that asks and does not
 * read. Beyond it the client is cut off; it comes back and goes on from where it was.
 */
#define MAX_BUFFERED_BYTES (2 * 1024 * 1024)

/* SCTP takes some for itself; what is beyond that waits, and this is little of it. */
#define CONGESTED_BYTES (4 * 1024)

/*
 * A text is a packet at least, which passes through three threads of webrtcbin's: 0.1 ms of CPU.
 * This is less than anybody notices, and what is said meanwhile goes together.
 */
#define PAUSE_MS 3

/* Shared with webrtcbin's threads. */
typedef struct {
    gatomicrefcount refs;
    GMainContext *context;
    SlWeak *channel;
    gint n_pending; /* atomic */
    gint cut_off;   /* atomic: it sent more than is read, and its end is posted */
} ChannelLink;

struct _SlDataChannel {
    GObject parent_instance;

    GMainContext *context;
    ChannelLink *link;
    GstWebRTCDataChannel *channel; /* NULL once detached */
};

typedef struct {
    ChannelLink *link;
    GBytes *message;
    gboolean is_binary;
} Received;

static void transport_iface_init(SlRelayTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(SlDataChannel, sl_data_channel, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(SL_TYPE_RELAY_TRANSPORT, transport_iface_init))

enum { OPENED, N_SIGNALS };
static guint signals[N_SIGNALS];

static ChannelLink *
link_ref(ChannelLink *link)
{
    g_atomic_ref_count_inc(&link->refs);
    return link;
}

static void
link_unref(ChannelLink *link)
{
    if (!g_atomic_ref_count_dec(&link->refs))
        return;
    g_main_context_unref(link->context);
    sl_weak_unref(link->channel);
    g_free(link);
}

static void
link_closure_notify(gpointer link, GClosure *closure)
{
    link_unref(link);
}

/* --- on the main thread --- */

static void
received_free(gpointer data)
{
    Received *received = data;

    g_atomic_int_add(&received->link->n_pending, -1);
    link_unref(received->link);
    g_bytes_unref(received->message);
    g_free(received);
}

static void
on_received(gpointer object, gpointer data)
{
    SlDataChannel *self = object;
    Received *received = data;

    if (self->channel != NULL)
        sl_relay_transport_emit_received(SL_RELAY_TRANSPORT(self), received->message,
                                         received->is_binary);
}

static void
on_opened(gpointer object, gpointer unused)
{
    SlDataChannel *self = object;

    if (self->channel != NULL)
        g_signal_emit(self, signals[OPENED], 0);
}

static void
on_drained(gpointer object, gpointer unused)
{
    SlDataChannel *self = object;

    if (self->channel != NULL)
        sl_relay_transport_emit_drained(SL_RELAY_TRANSPORT(self));
}

static void
on_closed(gpointer object, gpointer unused)
{
    sl_data_channel_detach(object);
}

/* --- on webrtcbin's threads: the peer connection's lock is held, so nothing is asked of it --- */

static void
post_message(ChannelLink *link, GBytes *message, gboolean is_binary)
{
    Received *received;

    if (g_atomic_int_add(&link->n_pending, 1) >= MAX_PENDING || g_atomic_int_get(&link->cut_off)) {
        g_atomic_int_add(&link->n_pending, -1);
        g_bytes_unref(message);
        if (g_atomic_int_compare_and_exchange(&link->cut_off, FALSE, TRUE))
            sl_context_post(link->context, link->channel, on_closed, NULL, NULL);
        return;
    }
    received = g_new0(Received, 1);
    received->link = link_ref(link);
    received->message = message;
    received->is_binary = is_binary;
    sl_context_post(link->context, link->channel, on_received, received, received_free);
}

static void
on_channel_string(GstWebRTCDataChannel *channel, const char *text, gpointer data)
{
    text = text != NULL ? text : "";
    post_message(data, g_bytes_new(text, strlen(text)), FALSE);
}

static void
on_channel_data(GstWebRTCDataChannel *channel, GBytes *bytes, gpointer data)
{
    /* webrtcbin (1.22) has the kinds of empty messages the other way round (RFC 8831, section 8):
     * what has no bytes is a text here, whichever it was. */
    if (bytes == NULL || g_bytes_get_size(bytes) == 0)
        post_message(data, g_bytes_new_static("", 0), FALSE);
    else
        post_message(data, g_bytes_ref(bytes), TRUE);
}

static void
on_channel_open(GstWebRTCDataChannel *channel, gpointer data)
{
    ChannelLink *link = data;

    sl_context_post(link->context, link->channel, on_opened, NULL, NULL);
}

static void
on_channel_low(GstWebRTCDataChannel *channel, gpointer data)
{
    ChannelLink *link = data;

    sl_context_post(link->context, link->channel, on_drained, NULL, NULL);
}

static void
on_channel_close(GstWebRTCDataChannel *channel, gpointer data)
{
    ChannelLink *link = data;

    sl_context_post(link->context, link->channel, on_closed, NULL, NULL);
}

static void
on_channel_error(GstWebRTCDataChannel *channel, GError *error, gpointer data)
{
    on_channel_close(channel, data);
}

/* --- the transport --- */

/* Returns: whether it can be given something: else it would leak it. Cuts off who does not read. */
static gboolean
is_taking(SlDataChannel *self)
{
    GstWebRTCDataChannelState state = GST_WEBRTC_DATA_CHANNEL_STATE_CLOSED;
    guint64 buffered = 0;

    if (self->channel == NULL)
        return FALSE;
    g_object_get(self->channel, "ready-state", &state, "buffered-amount", &buffered, NULL);
    if (buffered <= MAX_BUFFERED_BYTES)
        return state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN;
    sl_data_channel_detach(self);
    return FALSE;
}

static void
sl_data_channel_send(SlRelayTransport *transport, const char *text)
{
    SlDataChannel *self = SL_DATA_CHANNEL(transport);

    if (is_taking(self))
        gst_webrtc_data_channel_send_string_full(self->channel, text, NULL);
}

static void
sl_data_channel_send_bytes(SlRelayTransport *transport, GBytes *message)
{
    SlDataChannel *self = SL_DATA_CHANNEL(transport);

    if (is_taking(self))
        gst_webrtc_data_channel_send_data_full(self->channel, message, NULL);
}

/*
 * The channel itself stays open: closing one leaves its thread behind in 1.22. What the client
 * sends from now on is not read any more, and its peer ends with its session.
 */
static void
sl_data_channel_close(SlRelayTransport *transport, const char *reason)
{
    sl_data_channel_detach(SL_DATA_CHANNEL(transport));
}

static gboolean
sl_data_channel_is_congested(SlRelayTransport *transport)
{
    SlDataChannel *self = SL_DATA_CHANNEL(transport);
    guint64 buffered = 0;

    if (self->channel != NULL)
        g_object_get(self->channel, "buffered-amount", &buffered, NULL);
    return buffered > CONGESTED_BYTES;
}

static guint
sl_data_channel_get_pause_ms(SlRelayTransport *transport)
{
    return PAUSE_MS;
}

static void
transport_iface_init(SlRelayTransportInterface *iface)
{
    iface->send = sl_data_channel_send;
    iface->send_bytes = sl_data_channel_send_bytes;
    iface->close = sl_data_channel_close;
    iface->is_congested = sl_data_channel_is_congested;
    iface->get_pause_ms = sl_data_channel_get_pause_ms;
}

void
sl_data_channel_detach(SlDataChannel *self)
{
    g_autoptr(SlDataChannel) alive = g_object_ref(self);
    g_autoptr(GstWebRTCDataChannel) channel = g_steal_pointer(&self->channel);

    if (channel == NULL)
        return;
    g_signal_handlers_disconnect_by_data(channel, self->link);
    sl_relay_transport_emit_closed(SL_RELAY_TRANSPORT(self));
}

static void
sl_data_channel_dispose(GObject *object)
{
    SlDataChannel *self = SL_DATA_CHANNEL(object);

    if (self->channel != NULL)
        g_signal_handlers_disconnect_by_data(self->channel, self->link);
    g_clear_object(&self->channel);
    G_OBJECT_CLASS(sl_data_channel_parent_class)->dispose(object);
}

static void
sl_data_channel_finalize(GObject *object)
{
    SlDataChannel *self = SL_DATA_CHANNEL(object);

    g_clear_pointer(&self->link, link_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    G_OBJECT_CLASS(sl_data_channel_parent_class)->finalize(object);
}

static void
sl_data_channel_class_init(SlDataChannelClass *klass)
{
    GObjectClass *object_class = G_OBJECT_CLASS(klass);

    object_class->dispose = sl_data_channel_dispose;
    object_class->finalize = sl_data_channel_finalize;
    signals[OPENED] = g_signal_new("opened", SL_TYPE_DATA_CHANNEL, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
sl_data_channel_init(SlDataChannel *self)
{
    sl_census_add_object(self);
}

static void
connect_signal(SlDataChannel *self, const char *name, GCallback callback)
{
    g_signal_connect_data(self->channel, name, callback, link_ref(self->link), link_closure_notify,
                          0);
}

SlDataChannel *
sl_data_channel_new(GMainContext *context, GstWebRTCDataChannel *channel)
{
    SlDataChannel *self = g_object_new(SL_TYPE_DATA_CHANNEL, NULL);

    self->context = g_main_context_ref(context);
    self->channel = channel;
    self->link = g_new0(ChannelLink, 1);
    g_atomic_ref_count_init(&self->link->refs);
    self->link->context = g_main_context_ref(context);
    self->link->channel = sl_weak_new(self);

    g_object_set(channel, "buffered-amount-low-threshold", (guint64)CONGESTED_BYTES, NULL);
    connect_signal(self, "on-buffered-amount-low", G_CALLBACK(on_channel_low));
    connect_signal(self, "on-open", G_CALLBACK(on_channel_open));
    connect_signal(self, "on-close", G_CALLBACK(on_channel_close));
    connect_signal(self, "on-error", G_CALLBACK(on_channel_error));
    connect_signal(self, "on-message-string", G_CALLBACK(on_channel_string));
    connect_signal(self, "on-message-data", G_CALLBACK(on_channel_data));
    return self;
}
