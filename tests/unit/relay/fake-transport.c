#include "fake-transport.h"

#include <string.h>

struct _FakeTransport {
    GObject parent_instance;

    GQueue sent;       /* lines */
    GQueue sent_bytes; /* GBytes */
    guint n_texts;
    gsize longest;
    char *reason;
    guint break_after;
    guint pause_ms;
    gboolean closed, congested, acknowledging;
};

static void fake_transport_iface_init(SlRelayTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(FakeTransport, fake_transport, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(SL_TYPE_RELAY_TRANSPORT,
                                                    fake_transport_iface_init))

FakeTransport *
fake_transport_new(void)
{
    return g_object_new(FAKE_TYPE_TRANSPORT, NULL);
}

void
fake_transport_say(FakeTransport *self, const char *format, ...)
{
    g_autoptr(GBytes) bytes = NULL;
    va_list args;
    char *text;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    bytes = g_bytes_new_take(text, strlen(text));
    sl_relay_transport_emit_received(SL_RELAY_TRANSPORT(self), bytes, FALSE);
}

void
fake_transport_say_bytes(FakeTransport *self, GBytes *message)
{
    sl_relay_transport_emit_received(SL_RELAY_TRANSPORT(self), message, TRUE);
    g_bytes_unref(message);
}

GBytes *
fake_transport_take_bytes(FakeTransport *self)
{
    return g_queue_pop_head(&self->sent_bytes);
}

char *
fake_transport_take(FakeTransport *self)
{
    return g_queue_pop_head(&self->sent);
}

guint
fake_transport_get_n_sent(FakeTransport *self)
{
    return self->sent.length;
}

guint
fake_transport_get_n_texts(FakeTransport *self, gsize *ret_longest)
{
    *ret_longest = self->longest;
    return self->n_texts;
}

gboolean
fake_transport_is_closed(FakeTransport *self)
{
    return self->closed;
}

const char *
fake_transport_get_reason(FakeTransport *self)
{
    return self->reason;
}

void
fake_transport_set_congested(FakeTransport *self, gboolean congested)
{
    self->congested = congested;
}

void
fake_transport_set_acknowledging(FakeTransport *self)
{
    self->acknowledging = TRUE;
}

void
fake_transport_break(FakeTransport *self)
{
    if (self->closed)
        return;
    self->closed = TRUE;
    sl_relay_transport_emit_closed(SL_RELAY_TRANSPORT(self));
}

void
fake_transport_break_after(FakeTransport *self, guint n)
{
    self->break_after = n;
}

void
fake_transport_set_pause_ms(FakeTransport *self, guint pause_ms)
{
    self->pause_ms = pause_ms;
}

static guint
fake_transport_get_pause_ms(SlRelayTransport *transport)
{
    return FAKE_TRANSPORT(transport)->pause_ms;
}

static void
fake_transport_send(SlRelayTransport *transport, const char *text)
{
    FakeTransport *self = FAKE_TRANSPORT(transport);
    g_autofree char **lines = NULL;

    if (self->closed)
        return;
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        g_queue_push_tail(&self->sent, g_steal_pointer(&lines[i]));
    self->n_texts++;
    self->longest = MAX(self->longest, strlen(text));
    if (self->break_after > 0 && --self->break_after == 0)
        fake_transport_break(self);
}

static void
fake_transport_send_bytes(SlRelayTransport *transport, GBytes *message)
{
    FakeTransport *self = FAKE_TRANSPORT(transport);

    if (!self->closed)
        g_queue_push_tail(&self->sent_bytes, g_bytes_ref(message));
}

static void
fake_transport_close(SlRelayTransport *transport, const char *reason)
{
    FakeTransport *self = FAKE_TRANSPORT(transport);

    g_assert_null(self->reason);
    self->reason = g_strdup(reason);
    fake_transport_break(self);
}

static gboolean
fake_transport_is_congested(SlRelayTransport *transport)
{
    return FAKE_TRANSPORT(transport)->congested;
}

static gboolean
fake_transport_is_acknowledging(SlRelayTransport *transport)
{
    return FAKE_TRANSPORT(transport)->acknowledging;
}

static void
fake_transport_finalize(GObject *object)
{
    FakeTransport *self = FAKE_TRANSPORT(object);

    g_queue_clear_full(&self->sent, g_free);
    g_queue_clear_full(&self->sent_bytes, (GDestroyNotify)g_bytes_unref);
    g_free(self->reason);
    G_OBJECT_CLASS(fake_transport_parent_class)->finalize(object);
}

static void
fake_transport_init(FakeTransport *self)
{
    g_queue_init(&self->sent);
    g_queue_init(&self->sent_bytes);
}

static void
fake_transport_class_init(FakeTransportClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = fake_transport_finalize;
}

static void
fake_transport_iface_init(SlRelayTransportInterface *iface)
{
    iface->send = fake_transport_send;
    iface->send_bytes = fake_transport_send_bytes;
    iface->close = fake_transport_close;
    iface->is_congested = fake_transport_is_congested;
    iface->is_acknowledging = fake_transport_is_acknowledging;
    iface->get_pause_ms = fake_transport_get_pause_ms;
}
