#include "fuzz.h"
#include "object-witness-private.h"
#include "sl-json.h"

#include <string.h>

#define MAX_CHUNK 16384
#define HEADER 12
#define MAX_WINDOW ((guint64)1024 * 1024)
/* RFC 6817 has the window grow by no more than what was acknowledged. */
#define FIRST_WINDOW ((guint64)16 * 1024)
#define STALLED_US (60 * (gint64)G_USEC_PER_SEC)

static guint64
get_number(JsonObject *object, const char *name)
{
    gint64 value = 0;
    g_autoptr(GError) error = NULL;

    fuzz_check(sl_json_get_integer(object, name, 0, SL_JSON_MAX_INTEGER, &value, &error), "%s",
               error->message);
    return (guint64)value;
}

static void
check_window(ObjectWitness *self)
{
    guint64 in_flight = self->received - self->acked;

    fuzz_check(in_flight <= MAX_WINDOW,
               "%c has %" G_GUINT64_FORMAT " bytes that it did not acknowledge", self->name,
               in_flight);
}

static void
check_window_of(ObjectWitness *self, const ObjectTransfer *transfer)
{
    guint64 in_flight = transfer->received - transfer->acked;

    fuzz_check(in_flight <= FIRST_WINDOW + MAX_CHUNK + self->acked,
               "get %u of %c has %" G_GUINT64_FORMAT " bytes not acknowledged, where it has "
               "acknowledged %" G_GUINT64_FORMAT " in all",
               transfer->id, self->name, in_flight, self->acked);
}

void
witness_take_chunk(ObjectWitness *self, GBytes *bytes)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    ObjectTransfer *transfer;
    guint32 id;
    guint64 offset;

    fuzz_check(len > HEADER && len <= HEADER + MAX_CHUNK, "a chunk of %" G_GSIZE_FORMAT " bytes",
               len);
    memcpy(&id, data, 4);
    memcpy(&offset, data + 4, 8);
    id = GUINT32_FROM_BE(id);
    offset = GUINT64_FROM_BE(offset);
    len -= HEADER;
    fuzz_show("%c gets %" G_GSIZE_FORMAT " bytes of %u at %" G_GUINT64_FORMAT, self->name, len, id,
              offset);
    transfer = witness_find(self, id);
    fuzz_check(transfer != NULL && !transfer->is_put && transfer->phase == OBJECT_GOING,
               "a chunk of %u, which is no get that goes on", id);
    fuzz_check(offset == transfer->received,
               "a chunk at %" G_GUINT64_FORMAT ", it was the turn of %" G_GUINT64_FORMAT, offset,
               transfer->received);
    object_contents_check(transfer->content, offset, data + HEADER, len);
    transfer->received += len;
    self->received += len;
    check_window(self);
    check_window_of(self, transfer);
}

/* --- answers --- */

static void
take_welcome(ObjectWitness *self, JsonObject *object)
{
    fuzz_check(!self->welcome, "welcome twice");
    fuzz_check(get_number(object, "version") == 1, "another version");
    self->welcome = TRUE;
    self->window = get_number(object, "window");
    fuzz_check(self->window > 0, "a window of nothing");
    fuzz_check(get_number(object, "max-object-bytes") == (guint64)1024 * 1024,
               "another size for objects");
    self->may_put = json_object_get_boolean_member(object, "put");
    fuzz_check(self->may_put == sl_grant_allows(self->grant, SL_ROLE_PUBLISH, NULL),
               "it may put, or may it not?");
}

static void
take_putting(ObjectWitness *self, ObjectTransfer *transfer, JsonObject *object)
{
    guint64 offset = get_number(object, "offset");
    ObjectUpload *upload = transfer->upload;

    fuzz_check(transfer->is_put && transfer->phase == OBJECT_ASKED, "“putting” for nothing");
    fuzz_check(self->may_put, "who may not put is putting");
    fuzz_check(offset <= upload->sent || (offset == upload->size &&
                                          object_stage_may_be_there(self->stage, upload->content)),
               "it is to go on from %" G_GUINT64_FORMAT ", but nobody has sent more than "
               "%" G_GUINT64_FORMAT,
               offset, upload->sent);
    fuzz_check(offset >= upload->acked || object_stage_may_have_gone(self->stage, upload),
               "it is to go on from %" G_GUINT64_FORMAT ", but %" G_GUINT64_FORMAT
               " was acknowledged",
               offset, upload->acked);
    transfer->phase = OBJECT_GOING;
    transfer->sent = transfer->acked = offset;
    /* Where it is about to be there, nothing of this upload is. */
    upload->acked = offset < upload->size ? offset : 0;
    upload->still_us = transfer->began_us;
}

static void
take_ack(ObjectWitness *self, ObjectTransfer *transfer, JsonObject *object)
{
    guint64 offset = get_number(object, "offset");

    fuzz_check(transfer->is_put && transfer->phase == OBJECT_GOING, "an ack of no put");
    fuzz_check(offset > transfer->acked && offset <= transfer->sent,
               "%" G_GUINT64_FORMAT " is acknowledged, of %" G_GUINT64_FORMAT
               " that were sent; %" G_GUINT64_FORMAT " were before",
               offset, transfer->sent, transfer->acked);
    transfer->acked = offset;
    transfer->upload->acked = MAX(transfer->upload->acked, offset);
}

static void
take_stored(ObjectWitness *self, ObjectTransfer *transfer, JsonObject *object)
{
    fuzz_check(transfer->is_put && transfer->phase != OBJECT_ENDED, "“stored” for nothing");
    fuzz_check(g_strcmp0(json_object_get_string_member_with_default(object, "hash", NULL),
                         transfer->content->hash) == 0,
               "another hash is stored");
    fuzz_check(object_stage_may_be_there(self->stage, transfer->content),
               "%s is stored, but nobody has sent it", transfer->content->hash);
    object_stage_end_uploads(self->stage, transfer->content);
    witness_end(self, transfer);
}

static void
take_getting(ObjectWitness *self, ObjectTransfer *transfer, JsonObject *object)
{
    fuzz_check(!transfer->is_put && transfer->phase == OBJECT_ASKED, "“getting” for nothing");
    fuzz_check(transfer->content != NULL, "an object that nobody has");
    fuzz_check(transfer->allowed, "who may not watch is getting");
    transfer->size = get_number(object, "size");
    fuzz_check(transfer->size == g_bytes_get_size(transfer->content->bytes), "another size");
    fuzz_check(get_number(object, "offset") == transfer->first, "another offset");
    fuzz_check(transfer->first <= transfer->size, "behind its end");
    transfer->phase = OBJECT_GOING;
    if (transfer->first == transfer->size)
        witness_end(self, transfer);
}

static void
take_stopped(ObjectWitness *self, ObjectTransfer *transfer, JsonObject *object)
{
    fuzz_check(transfer->stopping && transfer->phase != OBJECT_ENDED, "“stopped” for nothing");
    witness_end(self, transfer);
}

typedef struct {
    const char *type;
    void (*take)(ObjectWitness *self, ObjectTransfer *transfer, JsonObject *object);
} Answer;

static const Answer answers[] = {
    { "putting", take_putting }, { "ack", take_ack },         { "stored", take_stored },
    { "getting", take_getting }, { "stopped", take_stopped },
};

/* --- errors --- */

static gboolean
is_put_error(ObjectWitness *self, const ObjectTransfer *transfer, const char *code)
{
    const ObjectUpload *upload = transfer->upload;
    gint64 age_us = g_get_monotonic_time() - transfer->began_us;

    if (g_str_equal(code, "not-allowed"))
        return !sl_grant_allows(self->grant, SL_ROLE_PUBLISH, NULL);
    if (g_str_equal(code, "too-large"))
        return transfer->size > (guint64)1024 * 1024;
    if (g_str_equal(code, "no-room"))
        return transfer->size > 0 || self->stage->limits.max_objects < 10;
    if (g_str_equal(code, "too-many"))
        return witness_count(self, TRUE) > self->stage->limits.max_puts;
    if (g_str_equal(code, "hash-mismatch"))
        return object_upload_has_lied(upload);
    if (g_str_equal(code, "taken-over"))
        return upload->starts > transfer->start;
    if (g_str_equal(code, "expired"))
        return age_us >= self->stage->limits.partial_seconds * (gint64)G_USEC_PER_SEC;
    return FALSE;
}

static gboolean
is_get_error(ObjectWitness *self, const ObjectTransfer *transfer, const char *code)
{
    if (g_str_equal(code, "not-allowed"))
        return !sl_grant_allows(self->grant, SL_ROLE_WATCH, NULL);
    if (g_str_equal(code, "unknown-object"))
        return transfer->phase == OBJECT_ASKED;
    if (g_str_equal(code, "bad-offset"))
        return transfer->phase == OBJECT_ASKED && transfer->content != NULL &&
               transfer->first > g_bytes_get_size(transfer->content->bytes);
    if (g_str_equal(code, "too-many"))
        return witness_count(self, FALSE) > self->stage->limits.max_gets;
    if (g_str_equal(code, "stalled"))
        return transfer->received > transfer->acked &&
               g_get_monotonic_time() - transfer->acked_us >= STALLED_US;
    return FALSE;
}

static void
take_transfer_error(ObjectWitness *self, ObjectTransfer *transfer, const char *code)
{
    gboolean expected =
        g_str_equal(code, "too-fast") || (transfer->is_put ? is_put_error(self, transfer, code)
                                                           : is_get_error(self, transfer, code));

    fuzz_check(expected, "%s %u of %c ends with %s", transfer->is_put ? "put" : "get", transfer->id,
               self->name, code);
    if (transfer->upload != NULL && !g_str_equal(code, "taken-over") &&
        !g_str_equal(code, "too-fast") && transfer->phase == OBJECT_GOING)
        object_upload_reset(transfer->upload);
    if (g_str_equal(code, "not-allowed"))
        self->broke_rule = FALSE; /* it was not looked at */
    witness_end(self, transfer);
}

static void
take_error(ObjectWitness *self, JsonObject *object)
{
    const char *code = json_object_get_string_member(object, "code");
    gint64 id = json_object_get_int_member_with_default(object, "id", -1);
    ObjectTransfer *transfer = witness_find(self, id);

    fuzz_check(*json_object_get_string_member(object, "message") != '\0', "an error without words");
    if (g_str_equal(code, "bad-message")) {
        fuzz_check(self->broke_rule || self->said_any, "%c broke no rule", self->name);
        self->refused = TRUE;
        self->broke_rule = FALSE;
        return;
    }
    if (self->said_any && g_str_equal(code, "unknown-type"))
        return;
    if (g_str_equal(code, "unknown-transfer")) {
        fuzz_check(self->n_stops > 0 || self->said_any, "it asked for nothing of the kind");
        self->n_stops -= MIN(self->n_stops, 1);
        return;
    }
    if (g_str_equal(code, "too-fast") && self->heard_short && transfer != NULL &&
        transfer->is_put && transfer->phase == OBJECT_GOING) {
        self->broke_rule = FALSE; /* it was not looked at */
        witness_end(self, transfer);
        return;
    }
    if (g_str_equal(code, "too-fast") &&
        (transfer == NULL || transfer->phase != OBJECT_ASKED || self->broke_rule)) {
        self->broke_rule = FALSE; /* it was not looked at */
        self->n_stops = 0;
        return;
    }
    fuzz_check(transfer != NULL && transfer->phase != OBJECT_ENDED,
               "an error of %" G_GINT64_FORMAT ": %s", id, code);
    take_transfer_error(self, transfer, code);
}

void
witness_take_text(ObjectWitness *self, GBytes *text)
{
    gsize len;
    const char *start = g_bytes_get_data(text, &len);
    g_autoptr(JsonObject) object = sl_json_parse_object(start, len, NULL);
    ObjectTransfer *transfer;
    const char *type;

    fuzz_show("%c hears %.*s", self->name, (int)len, start);
    fuzz_check(object != NULL && len <= 4096, "it hears no JSON: %.*s", (int)len, start);
    type = json_object_get_string_member(object, "type");
    if (!self->welcome) {
        fuzz_check(g_str_equal(type, "welcome"), "no welcome, but %s", type);
        take_welcome(self, object);
        return;
    }
    if (g_str_equal(type, "error")) {
        take_error(self, object);
        return;
    }
    transfer = witness_find(self, (gint64)get_number(object, "id"));
    fuzz_check(transfer != NULL, "%s of no transfer of its own", type);
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        if (g_str_equal(type, answers[i].type)) {
            answers[i].take(self, transfer, object);
            return;
        }
    }
    fuzz_fail("it hears %s", type);
}
