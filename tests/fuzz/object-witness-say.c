#include "fuzz.h"
#include "object-witness-private.h"

#include <string.h>

#define MAX_CHUNK 16384
#define SHORT_CHUNK 1024
#define HEADER 12

static void
say(ObjectWitness *self, const char *text)
{
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));

    fuzz_show("%c says %s", self->name, text);
    if (!self->closed)
        sl_relay_transport_emit_received(SL_RELAY_TRANSPORT(self), bytes, FALSE);
}

static ObjectTransfer *
begin(ObjectWitness *self, gboolean is_put, const ObjectContent *content)
{
    ObjectTransfer *transfer = g_new0(ObjectTransfer, 1);

    transfer->id = ++self->last_id;
    transfer->is_put = is_put;
    transfer->content = content;
    transfer->began_us = transfer->acked_us = g_get_monotonic_time();
    g_ptr_array_add(self->transfers, transfer);
    return transfer;
}

void
object_witness_put(ObjectWitness *self, const ObjectContent *content, guint64 size, const char *key)
{
    ObjectTransfer *transfer = begin(self, TRUE, content);
    g_autofree char *text =
        g_strdup_printf("{\"type\":\"put\",\"id\":%u,\"hash\":\"%s\",\"size\":%" G_GUINT64_FORMAT
                        ",\"key\":\"%s\"}",
                        transfer->id, content->hash, size, key);

    transfer->size = size;
    transfer->upload = object_stage_get_upload(self->stage, content, size, key);
    transfer->upload->writers++;
    transfer->start = ++transfer->upload->starts;
    say(self, text);
}

static void
say_get(ObjectWitness *self, guint32 id, const char *hash, guint64 offset)
{
    g_autofree char *text = g_strdup_printf(
        "{\"type\":\"get\",\"id\":%u,\"hash\":\"%s\",\"offset\":%" G_GUINT64_FORMAT "}", id, hash,
        offset);

    say(self, text);
}

void
object_witness_get(ObjectWitness *self, const char *hash, guint64 offset)
{
    ObjectTransfer *transfer = begin(self, FALSE, object_contents_find(hash));

    transfer->allowed = sl_grant_allows(self->grant, SL_ROLE_WATCH, NULL);
    transfer->first = transfer->received = transfer->acked = offset;
    say_get(self, transfer->id, hash, offset);
}

/* Returns: (nullable): one that goes on */
static ObjectTransfer *
choose(ObjectWitness *self, guint which, gboolean is_put)
{
    for (guint i = 0; i < self->transfers->len; i++) {
        ObjectTransfer *transfer = self->transfers->pdata[(which + i) % self->transfers->len];

        if (transfer->is_put == is_put && transfer->phase == OBJECT_GOING)
            return transfer;
    }
    return NULL;
}

static void
send_bytes(ObjectWitness *self, GBytes *bytes)
{
    if (self->closed)
        return;
    self->sends_short = g_bytes_get_size(bytes) < HEADER + SHORT_CHUNK;
    sl_relay_transport_emit_received(SL_RELAY_TRANSPORT(self), bytes, TRUE);
    self->sends_short = FALSE;
}

static void
send_chunk(ObjectWitness *self, guint32 id, guint64 offset, const guint8 *data, gsize len)
{
    guint32 be_id = GUINT32_TO_BE(id);
    guint64 be_offset = GUINT64_TO_BE(offset);
    guint8 *chunk = g_malloc(HEADER + len);
    g_autoptr(GBytes) bytes = NULL;

    memcpy(chunk, &be_id, 4);
    memcpy(chunk + 4, &be_offset, 8);
    if (len > 0)
        memcpy(chunk + HEADER, data, len);
    bytes = g_bytes_new_take(chunk, HEADER + len);
    fuzz_show("%c sends %" G_GSIZE_FORMAT " bytes of %u at %" G_GUINT64_FORMAT, self->name, len, id,
              offset);
    send_bytes(self, bytes);
}

static const guint8 zeros[MAX_CHUNK + 1];

/* Of an object it says the size of wrongly, it may have too few bytes. */
static const guint8 *
next_bytes(const ObjectTransfer *transfer, gsize len)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(transfer->content->bytes, &size);

    return len <= size && transfer->sent <= size - len ? data + transfer->sent : zeros;
}

static gsize
get_room(ObjectWitness *self, const ObjectTransfer *transfer)
{
    return (gsize)MIN(transfer->size - transfer->sent,
                      self->window - (transfer->sent - transfer->acked));
}

static gboolean
send_next(ObjectWitness *self, ObjectTransfer *transfer, gsize len, gboolean lies)
{
    guint64 offset = transfer->sent;
    const guint8 *data;

    len = MIN(MIN(len, MAX_CHUNK), get_room(self, transfer));
    if (len == 0 || self->closed || transfer->stopping)
        return FALSE;
    data = lies ? zeros : next_bytes(transfer, len);
    if (data == zeros)
        transfer->upload->lied = TRUE;
    transfer->sent += len;
    object_stage_note_sent(self->stage, transfer->upload, offset, len);
    send_chunk(self, transfer->id, offset, data, len);
    return TRUE;
}

void
object_witness_chunk(ObjectWitness *self, guint which, gsize len, gboolean lies)
{
    ObjectTransfer *transfer = choose(self, which, TRUE);

    if (transfer != NULL)
        send_next(self, transfer, len, lies);
}

static void
pump(ObjectWitness *self, ObjectTransfer *transfer)
{
    while (send_next(self, transfer, MAX_CHUNK, FALSE))
        ;
}

void
object_witness_pump(ObjectWitness *self, guint which)
{
    ObjectTransfer *transfer = choose(self, which, TRUE);

    if (transfer != NULL)
        pump(self, transfer);
}

static void
acknowledge(ObjectWitness *self, ObjectTransfer *transfer, guint64 offset)
{
    g_autofree char *text = g_strdup_printf(
        "{\"type\":\"ack\",\"id\":%u,\"offset\":%" G_GUINT64_FORMAT "}", transfer->id, offset);

    if (offset > transfer->acked) {
        self->acked += offset - transfer->acked;
        transfer->acked_us = g_get_monotonic_time();
    }
    transfer->acked = MAX(transfer->acked, offset);
    say(self, text);
    /* Nothing is said of that. */
    if (transfer->acked == transfer->size)
        witness_end(self, transfer);
}

void
object_witness_ack(ObjectWitness *self, guint which, gsize less)
{
    ObjectTransfer *transfer = choose(self, which, FALSE);

    if (transfer != NULL)
        acknowledge(self, transfer,
                    transfer->received - MIN(less, transfer->received - transfer->first));
}

void
object_witness_stop(ObjectWitness *self, guint which)
{
    ObjectTransfer *transfer =
        self->transfers->len > 0 ? self->transfers->pdata[which % self->transfers->len] : NULL;
    g_autofree char *text = g_strdup_printf("{\"type\":\"stop\",\"id\":%u}",
                                            transfer != NULL ? transfer->id : self->last_id + 1);

    if (transfer != NULL && transfer->phase != OBJECT_ENDED && !transfer->stopping)
        transfer->stopping = TRUE;
    else
        self->n_stops++;
    say(self, text);
}

/* --- what it must not --- */

static gboolean
break_put(ObjectWitness *self, guint how, ObjectTransfer *transfer)
{
    guint64 offset = transfer->sent;

    if (transfer->stopping)
        return FALSE;
    switch (how % 5) {
    case 0: /* something is left out */
        send_chunk(self, transfer->id, offset + 1, zeros, 1);
        return TRUE;
    case 1: /* something is sent again */
        if (offset == 0)
            return FALSE;
        send_chunk(self, transfer->id, offset - 1, zeros, 1);
        return TRUE;
    case 2: /* far away */
        send_chunk(self, transfer->id, G_MAXUINT64 - how, zeros, how);
        return TRUE;
    case 3: /* beyond its end, or the window */
        pump(self, transfer);
        if (transfer->phase != OBJECT_GOING)
            return FALSE;
        send_chunk(self, transfer->id, transfer->sent, zeros, 1);
        return TRUE;
    default:
        send_chunk(self, transfer->id, offset, zeros, 0);
        return TRUE;
    }
}

static gboolean
break_get(ObjectWitness *self, guint how, ObjectTransfer *transfer)
{
    if (transfer->stopping)
        return FALSE;
    if (how % 2 == 0) {
        g_autofree char *text = g_strdup_printf(
            "{\"type\":\"ack\",\"id\":%u,\"offset\":%" G_GUINT64_FORMAT "}", transfer->id,
            how & 2 ? G_GUINT64_CONSTANT(9007199254740991) : transfer->size + 1);
        say(self, text);
    } else {
        send_chunk(self, transfer->id, transfer->received, zeros, 1);
    }
    return TRUE;
}

static gboolean
break_form(ObjectWitness *self, guint how)
{
    static const char *const texts[] = {
        "", "{", "[]", "{\"type\":\"put\"}", "{\"type\":\"get\",\"id\":4294967296}",
    };

    if (how % 2 == 0)
        say(self, texts[how / 2 % G_N_ELEMENTS(texts)]);
    else if (how % 4 == 1 || self->last_id == 0)
        send_chunk(self, self->last_id, 0, zeros, MAX_CHUNK + 1);
    else
        say_get(self, 1 + how % self->last_id, object_contents_get(how)->hash, 0); /* again */
    return TRUE;
}

void
object_witness_break_rule(ObjectWitness *self, guint how, guint which)
{
    ObjectTransfer *put = choose(self, which, TRUE), *get = choose(self, which, FALSE);
    gboolean broken;

    if (how % 4 == 0 && put != NULL)
        broken = break_put(self, how / 4, put);
    else if (how % 4 == 1 && get != NULL)
        broken = break_get(self, how / 4, get);
    else
        broken = break_form(self, how / 4);
    self->broke_rule = self->broke_rule || broken;
}

void
object_witness_say_any(ObjectWitness *self, GBytes *bytes, gboolean is_binary)
{
    self->said_any = TRUE;
    if (is_binary)
        send_bytes(self, bytes);
    else if (!self->closed)
        sl_relay_transport_emit_received(SL_RELAY_TRANSPORT(self), bytes, FALSE);
}

void
object_witness_help(ObjectWitness *self)
{
    object_witness_set_capacity(self, 0);
    for (guint i = 0; i < self->transfers->len && !self->closed; i++) {
        ObjectTransfer *transfer = self->transfers->pdata[i];

        if (transfer->phase != OBJECT_GOING || transfer->stopping)
            continue;
        if (transfer->is_put)
            pump(self, transfer);
        else if (transfer->received > transfer->acked)
            acknowledge(self, transfer, transfer->received);
    }
}
