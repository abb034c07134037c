#include "sl-websocket-limit.h"

#include "sl-census.h"

/* RFC 6455, section 5.2 */
#define OPCODE(header) ((header)[0] & 0x0f)
#define IS_CONTROL(header) (((header)[0] & 0x08) != 0)
#define OPCODE_CONTINUATION 0

/* A browser answers a ping in 5 s, and sends none. */
#define CONTROL_WINDOW_US (10 * G_USEC_PER_SEC)
#define CONTROL_MAX 50

struct _SlWebsocketLimit {
    SoupWebsocketExtension parent_instance;

    gsize max_bytes;
    gsize bytes; /* of the message so far */
    guint n_control;
    gint64 window_us;
};

G_DEFINE_FINAL_TYPE(SlWebsocketLimit, sl_websocket_limit, SOUP_TYPE_WEBSOCKET_EXTENSION)

static gboolean
count_control(SlWebsocketLimit *self)
{
    gint64 now = g_get_monotonic_time();

    if (now - self->window_us > CONTROL_WINDOW_US) {
        self->window_us = now;
        self->n_control = 0;
    }
    return ++self->n_control <= CONTROL_MAX;
}

static GBytes *
sl_websocket_limit_process_incoming(SoupWebsocketExtension *extension, guint8 *header,
                                    GBytes *payload, GError **error)
{
    SlWebsocketLimit *self = SL_WEBSOCKET_LIMIT(extension);

    if (IS_CONTROL(header)) {
        if (count_control(self))
            return payload;
        g_set_error(error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION,
                    "More pings than anybody needs");
    } else {
        if (OPCODE(header) != OPCODE_CONTINUATION)
            self->bytes = 0;
        self->bytes += g_bytes_get_size(payload);
        if (self->bytes <= self->max_bytes)
            return payload;
        g_set_error(error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_TOO_BIG,
                    "A message of more than %" G_GSIZE_FORMAT " bytes", self->max_bytes);
    }
    g_bytes_unref(payload);
    return NULL;
}

static GBytes *
sl_websocket_limit_process_outgoing(SoupWebsocketExtension *extension, guint8 *header,
                                    GBytes *payload, GError **error)
{
    return payload;
}

static void
sl_websocket_limit_class_init(SlWebsocketLimitClass *klass)
{
    SoupWebsocketExtensionClass *extension_class = SOUP_WEBSOCKET_EXTENSION_CLASS(klass);

    extension_class->name = "sightline-limit";
    extension_class->process_incoming_message = sl_websocket_limit_process_incoming;
    extension_class->process_outgoing_message = sl_websocket_limit_process_outgoing;
}

static void
sl_websocket_limit_init(SlWebsocketLimit *self)
{
    sl_census_add_object(self);
}

SoupWebsocketExtension *
sl_websocket_limit_new(gsize max_bytes)
{
    SlWebsocketLimit *self = g_object_new(SL_TYPE_WEBSOCKET_LIMIT, NULL);

    self->max_bytes = max_bytes;
    return SOUP_WEBSOCKET_EXTENSION(self);
}
