#include "relay-sideline.h"

struct _RelaySideline {
    GObject parent_instance;

    GQueue *heard; /* NULL: closed */
    gboolean congested;
};

static void relay_sideline_iface_init(SlRelayTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(RelaySideline, relay_sideline, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(SL_TYPE_RELAY_TRANSPORT,
                                                    relay_sideline_iface_init))

RelaySideline *
relay_sideline_new(GQueue *heard)
{
    RelaySideline *self = g_object_new(RELAY_TYPE_SIDELINE, NULL);

    self->heard = heard;
    return self;
}

gboolean
relay_sideline_is_closed(RelaySideline *self)
{
    return self->heard == NULL;
}

void
relay_sideline_set_congested(RelaySideline *self, gboolean congested)
{
    self->congested = congested;
}

void
relay_sideline_cut(RelaySideline *self)
{
    if (self->heard == NULL)
        return;
    self->heard = NULL;
    sl_relay_transport_emit_closed(SL_RELAY_TRANSPORT(self));
}

/* A text that came this way is told by a space before it, which JSON does not mind. */
static void
relay_sideline_send(SlRelayTransport *transport, const char *text)
{
    RelaySideline *self = RELAY_SIDELINE(transport);

    if (self->heard != NULL)
        g_queue_push_tail(self->heard, g_strconcat(" ", text, NULL));
}

static void
relay_sideline_close(SlRelayTransport *transport, const char *reason)
{
    relay_sideline_cut(RELAY_SIDELINE(transport));
}

static gboolean
relay_sideline_is_congested(SlRelayTransport *transport)
{
    return RELAY_SIDELINE(transport)->congested;
}

static void
relay_sideline_init(RelaySideline *self)
{
}

static void
relay_sideline_class_init(RelaySidelineClass *klass)
{
}

static void
relay_sideline_iface_init(SlRelayTransportInterface *iface)
{
    iface->send = relay_sideline_send;
    iface->close = relay_sideline_close;
    iface->is_congested = relay_sideline_is_congested;
}
