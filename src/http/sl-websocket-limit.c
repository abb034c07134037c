#include "sl-websocket-limit.h"

#include "sl-census.h"
#include "sl-meters.h"
#include "sl-token-bucket.h"

/* RFC 6455, section 5.2 */
#define OPCODE(header) ((header)[0] & 0x0f)
#define IS_CONTROL(header) (((header)[0] & 0x08) != 0)
#define OPCODE_CONTINUATION 0
#define OPCODE_CLOSE 8

struct _SlWebsocketLimit {
    SoupWebsocketExtension parent_instance;

    SlConnection *connection;
    SlLimits limits;
    gsize bytes; /* of the message so far */
    SlTokenBucket pings;
    guint64 n_queued; /* bytes, as n_written of the connection */
    char *refusal;    /* nullable */
};

G_DEFINE_FINAL_TYPE(SlWebsocketLimit, sl_websocket_limit, SOUP_TYPE_WEBSOCKET_EXTENSION)

G_GNUC_PRINTF(5, 6)
static GBytes *
refuse(SlWebsocketLimit *self, GBytes *payload, guint limit, GError **error, const char *format,
       ...)
{
    int code = limit == SL_LIMIT(max_message_bytes) ? SOUP_WEBSOCKET_CLOSE_TOO_BIG
                                                    : SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION;
    va_list args;

    /* libsoup shows it what comes after the end, too. */
    if (self->refusal == NULL) {
        sl_limits_reached(&self->limits, limit, NULL);
        va_start(args, format);
        self->refusal = g_strdup_vprintf(format, args);
        va_end(args);
    }
    g_set_error_literal(error, SOUP_WEBSOCKET_ERROR, code, self->refusal);
    g_bytes_unref(payload);
    return NULL;
}

/* A fragment of nothing is as cheap to send as a ping. */
static gboolean
is_cheap(guint8 *header, GBytes *payload)
{
    return IS_CONTROL(header) ||
           (OPCODE(header) == OPCODE_CONTINUATION && g_bytes_get_size(payload) == 0);
}

static GBytes *
sl_websocket_limit_process_incoming(SoupWebsocketExtension *extension, guint8 *header,
                                    GBytes *payload, GError **error)
{
    SlWebsocketLimit *self = SL_WEBSOCKET_LIMIT(extension);

    if (is_cheap(header, payload)) {
        if (sl_token_bucket_take(&self->pings, 1, g_get_monotonic_time()) == SL_TOKEN_TAKEN)
            return payload;
        return refuse(self, payload, SL_LIMIT(pings_per_second), error, "more than %u %s a second",
                      self->limits.pings_per_second,
                      IS_CONTROL(header) ? "pings or pongs" : "empty fragments");
    }
    if (OPCODE(header) != OPCODE_CONTINUATION)
        self->bytes = 0;
    self->bytes += g_bytes_get_size(payload);
    if (self->bytes <= self->limits.max_message_bytes)
        return payload;
    return refuse(self, payload, SL_LIMIT(max_message_bytes), error,
                  "a message of more than %u bytes", self->limits.max_message_bytes);
}

/* Of a frame that a server sends: no mask (RFC 6455, section 5.2) */
static gsize
frame_bytes(GBytes *payload)
{
    gsize len = g_bytes_get_size(payload);

    return len + (len < 126 ? 2 : len <= G_MAXUINT16 ? 4 : 10);
}

/* What libsoup has in its queue is what it was given, less what the connection took. */
static GBytes *
sl_websocket_limit_process_outgoing(SoupWebsocketExtension *extension, guint8 *header,
                                    GBytes *payload, GError **error)
{
    SlWebsocketLimit *self = SL_WEBSOCKET_LIMIT(extension);
    guint64 n_written = sl_connection_get_n_written(self->connection);

    if (OPCODE(header) == OPCODE_CLOSE)
        return payload;
    /* To the byte: what is too much here is never made up for. */
    self->n_queued = MAX(self->n_queued, n_written) + frame_bytes(payload);
    if (self->n_queued - n_written <= self->limits.max_queue_bytes)
        return payload;
    return refuse(self, payload, SL_LIMIT(max_queue_bytes), error, "more than %u bytes not read",
                  self->limits.max_queue_bytes);
}

const char *
sl_websocket_limit_get_refusal(SlWebsocketLimit *self)
{
    return self->refusal;
}

static void
sl_websocket_limit_finalize(GObject *object)
{
    SlWebsocketLimit *self = SL_WEBSOCKET_LIMIT(object);

    g_object_unref(self->connection);
    g_free(self->refusal);
    G_OBJECT_CLASS(sl_websocket_limit_parent_class)->finalize(object);
}

static void
sl_websocket_limit_class_init(SlWebsocketLimitClass *klass)
{
    SoupWebsocketExtensionClass *extension_class = SOUP_WEBSOCKET_EXTENSION_CLASS(klass);

    G_OBJECT_CLASS(klass)->finalize = sl_websocket_limit_finalize;
    extension_class->name = "sightline-limit";
    extension_class->process_incoming_message = sl_websocket_limit_process_incoming;
    extension_class->process_outgoing_message = sl_websocket_limit_process_outgoing;
}

static void
sl_websocket_limit_init(SlWebsocketLimit *self)
{
    sl_census_add_object(self);
}

SlWebsocketLimit *
sl_websocket_limit_new(SlConnection *connection, const SlLimits *limits)
{
    SlWebsocketLimit *self = g_object_new(SL_TYPE_WEBSOCKET_LIMIT, NULL);

    self->connection = g_object_ref(connection);
    self->limits = *limits;
    self->n_queued = sl_connection_get_n_written(connection);
    sl_token_bucket_init(&self->pings, limits->pings_per_second, limits->ping_burst,
                         g_get_monotonic_time());
    return self;
}
