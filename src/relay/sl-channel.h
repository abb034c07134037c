#pragma once

#include <gio/gio.h>

#include "sl-content-counts.h"
#include "sl-history.h"
#include "sl-relay-holder.h"
#include "sl-relay-presence.h"

G_BEGIN_DECLS

/**
 * SlChannel: an ordered, numbered, bounded history of messages, and what is counted of them. It
 * keeps the newest, as its namespace says; older ones go first, and a channel never says otherwise.
 *
 * Publishing and reading are asynchronous even though the history is in memory: a bus between
 * machines may come later. Callbacks run in the channel's main context, never from inside the call.
 * Main thread only.
 *
 * Signals:
 *  - `published` (): there is something new after what was last read
 *  - `closed` (): it is no channel of the relay any more: another has its place. Emitted at most
 *    once; whoever subscribes drops it then
 */
#define SL_TYPE_CHANNEL (sl_channel_get_type())
G_DECLARE_FINAL_TYPE(SlChannel, sl_channel, SL, CHANNEL, GObject)

/**
 * sl_channel_new:
 * @namespace_: (transfer none): what it keeps
 * @name: `NAMESPACE:REST`
 * @stream: (nullable): the stream it belongs to
 *
 * Returns: (transfer full): a channel with an empty history and a random epoch
 */
SlChannel *sl_channel_new(GMainContext *context, SlRelayNamespace *namespace_, const char *name,
                          const char *stream);

/** sl_channel_get_namespace: Returns: (transfer none) */
const SlRelayNamespace *sl_channel_get_namespace(SlChannel *self);
const char *sl_channel_get_name(SlChannel *self);
/** sl_channel_get_stream: Returns: (nullable): a grant must cover it for any use of the channel */
const char *sl_channel_get_stream(SlChannel *self);
/** sl_channel_get_holder: Returns: (transfer none) (nullable): its namespace has none */
SlRelayHolder *sl_channel_get_holder(SlChannel *self);
/** sl_channel_get_presence: Returns: (transfer none) (nullable): its namespace has none */
SlRelayPresence *sl_channel_get_presence(SlChannel *self);
const char *sl_channel_get_epoch(SlChannel *self);
/** sl_channel_get_first_offset: of the oldest message kept; last offset + 1 if there is none. */
guint64 sl_channel_get_first_offset(SlChannel *self);
/** sl_channel_get_last_offset: of the newest message ever published; 0 if there was none. */
guint64 sl_channel_get_last_offset(SlChannel *self);

/**
 * sl_channel_start_after:
 * @epoch: (nullable): what somebody knows of the channel who was here before, with @offset
 * @ret_cursor: the message after which he begins
 *
 * Returns: whether he then misses nothing
 */
gboolean sl_channel_start_after(SlChannel *self, const char *epoch, guint64 offset,
                                guint64 *ret_cursor);

/**
 * sl_channel_publish_async:
 * @from: the client's ID
 * @name: (nullable): what the client calls itself
 * @key: (nullable): if it is one of the last that were published with here, nothing is added and
 * that message's offset is the result
 * @data: any JSON value, as compact text (sl_json_node_to_text())
 *
 * Order of publishing is the order of calls.
 */
void sl_channel_publish_async(SlChannel *self, const char *from, const char *name, const char *key,
                              const char *data, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data);
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
/**
 * sl_channel_read_finish:
 *
 * Returns: (transfer full) (element-type SlMessage): %NULL with @error set. Empty where there is
 * nothing after @after, or nothing any more, for its age
 */
GPtrArray *sl_channel_read_finish(SlChannel *self, GAsyncResult *result, GError **error);

/** sl_channel_add_subscriber: while there is one, the channel stays; each is removed once. */
void sl_channel_add_subscriber(SlChannel *self);
void sl_channel_remove_subscriber(SlChannel *self);
guint sl_channel_get_n_subscribers(SlChannel *self);

/** sl_channel_expire: drops what is too old; reading does so, too */
void sl_channel_expire(SlChannel *self, gint64 now_us);

/** sl_channel_is_held: somebody is its holder */
gboolean sl_channel_is_held(SlChannel *self);
/** sl_channel_is_unused: it holds nothing, and nobody subscribes to it; @ret_since_us: (optional):
 * g_get_monotonic_time() of its last use */
gboolean sl_channel_is_unused(SlChannel *self, gint64 *ret_since_us);

/** sl_channel_close: for the relay, which has dropped it: emits `closed` */
void sl_channel_close(SlChannel *self);

/* --- figures --- */

typedef struct {
    guint64 messages, bytes; /* of their texts */
} SlTally;

typedef struct {
    SlTally published, delivered;
    guint64 repeated; /* publishes whose key was known */
    guint64 stale;    /* commands that were dropped for being late */
    guint64 refused;  /* publishes that got an error other than `stale` */
} SlChannelFigures;

const SlChannelFigures *sl_channel_get_figures(SlChannel *self);
/** sl_channel_get_kept: the history's messages, and bytes as its bound counts them */
SlTally sl_channel_get_kept(SlChannel *self);
/** sl_channel_get_contents: Returns: (transfer none) */
const SlContentCounts *sl_channel_get_contents(SlChannel *self);

void sl_channel_count_delivered(SlChannel *self, const SlMessage *message);
void sl_channel_count_stale(SlChannel *self);
void sl_channel_count_refused(SlChannel *self);

G_END_DECLS
