#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * SlMessage: one message of a channel. Immutable, reference-counted. `json` is the complete
 * `{"type":"message",…}` text, made once for all who receive it.
 */
typedef struct {
    gatomicrefcount refs;
    guint64 offset; /* from 1 */
    gsize bytes;    /* what it counts for in bounds */
    char *key;      /* nullable: the publisher's idempotency key */
    char *json;
} SlMessage;

SlMessage *sl_message_ref(SlMessage *self);
void sl_message_unref(SlMessage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlMessage, sl_message_unref)

/**
 * SlChannel: an ordered, numbered, bounded history of messages. It keeps the newest
 * @max_messages and @max_bytes; older ones go first, and a channel never says otherwise.
 *
 * Publishing and reading are asynchronous even though the history is in memory: a bus between
 * machines may come later. Callbacks run in the channel's main context, never from inside the call.
 * Main thread only.
 *
 * Signal `published` (): there is something new after what was last read.
 */
#define SL_TYPE_CHANNEL (sl_channel_get_type())
G_DECLARE_FINAL_TYPE(SlChannel, sl_channel, SL, CHANNEL, GObject)

/**
 * sl_channel_new:
 * @name: `NAMESPACE:REST`
 *
 * Returns: (transfer full): a channel with an empty history and a random epoch
 */
SlChannel *sl_channel_new(GMainContext *context, const char *name, guint max_messages,
                          gsize max_bytes);

const char *sl_channel_get_name(SlChannel *self);
const char *sl_channel_get_epoch(SlChannel *self);
/** sl_channel_get_first_offset: of the oldest message kept; last offset + 1 if there is none. */
guint64 sl_channel_get_first_offset(SlChannel *self);
/** sl_channel_get_last_offset: of the newest message ever published; 0 if there was none. */
guint64 sl_channel_get_last_offset(SlChannel *self);

/**
 * sl_channel_publish_async:
 * @from: the client's ID
 * @key: (nullable): if a message with this key is still kept, nothing is added and its offset is
 * the result
 * @data: (transfer none): any JSON
 *
 * Order of publishing is the order of calls.
 */
void sl_channel_publish_async(SlChannel *self, const char *from, const char *key, JsonNode *data,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data);
/** Returns: the message's offset, or 0 with @error set (cancelled). */
guint64 sl_channel_publish_finish(SlChannel *self, GAsyncResult *result, GError **error);

/**
 * sl_channel_read_async:
 * @after: an offset; what comes back begins with the oldest message kept beyond it
 * @max_messages, @max_bytes: at most so much; at least one message if there is any
 */
void sl_channel_read_async(SlChannel *self, guint64 after, guint max_messages, gsize max_bytes,
                           GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data);
/** Returns: (transfer full) (element-type SlMessage): possibly empty; %NULL with @error set. */
GPtrArray *sl_channel_read_finish(SlChannel *self, GAsyncResult *result, GError **error);

G_END_DECLS
