#include "fuzz.h"
#include "object-witness-private.h"

#include <string.h>

typedef struct {
    GBytes *message;
    gboolean is_binary;
    gboolean to_short;
} Heard;

static void object_witness_iface_init(SlRelayTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(ObjectWitness, object_witness, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(SL_TYPE_RELAY_TRANSPORT,
                                                    object_witness_iface_init))

ObjectTransfer *
witness_find(ObjectWitness *self, gint64 id)
{
    for (guint i = 0; i < self->transfers->len; i++) {
        ObjectTransfer *transfer = self->transfers->pdata[i];

        if (transfer->id == id)
            return transfer;
    }
    return NULL;
}

guint
witness_count(ObjectWitness *self, gboolean puts)
{
    guint n = 0;

    for (guint i = 0; i < self->transfers->len; i++) {
        const ObjectTransfer *transfer = self->transfers->pdata[i];

        n += transfer->is_put == puts && transfer->phase != OBJECT_ENDED;
    }
    return n;
}

void
witness_end(ObjectWitness *self, ObjectTransfer *transfer)
{
    if (transfer->phase == OBJECT_ENDED)
        return;
    transfer->phase = OBJECT_ENDED;
    if (transfer->upload != NULL)
        transfer->upload->writers--;
}

/* --- the transport --- */

static void
heard_free(gpointer data)
{
    Heard *heard = data;

    g_bytes_unref(heard->message);
    g_free(heard);
}

void
object_witness_break(ObjectWitness *self, guint sends)
{
    self->break_after = sends;
    if (sends > 0 || self->closed)
        return;
    fuzz_show("%c is cut off", self->name);
    self->closed = TRUE;
    sl_relay_transport_emit_closed(SL_RELAY_TRANSPORT(self));
}

gboolean
object_witness_is_closed(ObjectWitness *self)
{
    return self->closed;
}

void
object_witness_drain(ObjectWitness *self)
{
    self->waiting = 0;
    if (!self->closed)
        sl_relay_transport_emit_drained(SL_RELAY_TRANSPORT(self));
}

void
object_witness_set_capacity(ObjectWitness *self, gsize bytes)
{
    self->capacity = bytes;
    if (bytes == 0)
        object_witness_drain(self);
}

static void
hear(ObjectWitness *self, GBytes *message, gboolean is_binary)
{
    Heard *heard;

    if (self->closed)
        return;
    heard = g_new0(Heard, 1);
    heard->message = g_bytes_ref(message);
    heard->is_binary = is_binary;
    heard->to_short = self->sends_short;
    self->waiting += g_bytes_get_size(message);
    g_queue_push_tail(&self->heard, heard);
    if (self->break_after > 0 && --self->break_after == 0)
        object_witness_break(self, 0);
}

static void
object_witness_send(SlRelayTransport *transport, const char *text)
{
    g_autoptr(GBytes) message = g_bytes_new(text, strlen(text));

    hear(OBJECT_WITNESS(transport), message, FALSE);
}

static void
object_witness_send_bytes(SlRelayTransport *transport, GBytes *message)
{
    ObjectWitness *self = OBJECT_WITNESS(transport);

    if (!self->closed)
        self->stage->sent_by_server += g_bytes_get_size(message) - 12;
    hear(self, message, TRUE);
}

static void
object_witness_close(SlRelayTransport *transport, const char *reason)
{
    fuzz_check(reason != NULL, "closed without a reason");
    object_witness_break(OBJECT_WITNESS(transport), 0);
}

static gboolean
object_witness_is_congested(SlRelayTransport *transport)
{
    ObjectWitness *self = OBJECT_WITNESS(transport);

    return self->capacity > 0 && self->waiting >= self->capacity;
}

static void
object_witness_iface_init(SlRelayTransportInterface *iface)
{
    iface->send = object_witness_send;
    iface->send_bytes = object_witness_send_bytes;
    iface->close = object_witness_close;
    iface->is_congested = object_witness_is_congested;
}

/* --- what it hears --- */

gboolean
object_witness_listen(ObjectWitness *self)
{
    gboolean any = self->heard.length > 0;
    Heard *heard;

    while ((heard = g_queue_pop_head(&self->heard)) != NULL) {
        fuzz_check(!self->refused, "%c hears something after it was refused", self->name);
        self->heard_short = heard->to_short;
        if (heard->is_binary)
            witness_take_chunk(self, heard->message);
        else
            witness_take_text(self, heard->message);
        heard_free(heard);
    }
    if (self->closed) {
        for (guint i = 0; i < self->transfers->len; i++)
            witness_end(self, self->transfers->pdata[i]);
    }
    return any;
}

/* A get that has come to its end does without being told; a put may wait for what others do. */
void
object_witness_finish(ObjectWitness *self)
{
    if (self->closed)
        return;
    fuzz_check(self->welcome, "%c was never welcomed", self->name);
    fuzz_check(!self->broke_rule, "%c broke a rule, and it goes on", self->name);
    for (guint i = 0; i < self->transfers->len; i++) {
        const ObjectTransfer *transfer = self->transfers->pdata[i];

        fuzz_check(transfer->phase == OBJECT_ENDED,
                   "%s %u of %c never ends: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                   " sent, %" G_GUINT64_FORMAT " received, %" G_GUINT64_FORMAT " acknowledged",
                   transfer->is_put ? "put" : "get", transfer->id, self->name, transfer->sent,
                   transfer->size, transfer->received, transfer->acked);
    }
}

static void
object_witness_finalize(GObject *object)
{
    ObjectWitness *self = OBJECT_WITNESS(object);

    g_queue_clear_full(&self->heard, heard_free);
    g_ptr_array_unref(self->transfers);
    sl_grant_unref(self->grant);
    G_OBJECT_CLASS(object_witness_parent_class)->finalize(object);
}

static void
object_witness_class_init(ObjectWitnessClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = object_witness_finalize;
}

static void
object_witness_init(ObjectWitness *self)
{
    g_queue_init(&self->heard);
    self->transfers = g_ptr_array_new_with_free_func(g_free);
}

ObjectWitness *
object_witness_new(ObjectStage *stage, SlGrant *grant, const char *address)
{
    static guint n = 0;
    ObjectWitness *self = g_object_new(OBJECT_TYPE_WITNESS, NULL);

    self->stage = stage;
    self->grant = sl_grant_ref(grant);
    self->name = (char)('A' + n++ % 26);
    sl_object_exchange_attach(stage->exchange, SL_RELAY_TRANSPORT(self), grant, address);
    return self;
}
