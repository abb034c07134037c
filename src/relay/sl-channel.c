#include "sl-channel.h"
#include "sl-census.h"
#include "sl-relay-wire.h"

#include <string.h>

struct _SlChannel {
    GObject parent_instance;

    GMainContext *context;
    char *name;
    char *epoch;
    guint max_messages;
    gsize max_bytes;

    /* A ring: offset O, if it is kept, stands at O modulo max_messages. */
    SlMessage **ring;
    guint64 first_offset, last_offset;
    gsize bytes;
    GHashTable *by_key; /* key → SlMessage, both borrowed from the ring */
};

G_DEFINE_FINAL_TYPE(SlChannel, sl_channel, G_TYPE_OBJECT)

static guint signal_published;

SlMessage *
sl_message_ref(SlMessage *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
sl_message_unref(SlMessage *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->refs))
        return;
    g_free(self->key);
    g_free(self->json);
    g_free(self);
    sl_census_leave("SlMessage");
}

static SlMessage *
message_new(SlChannel *self, const char *from, const char *key, JsonNode *data)
{
    SlMessage *message = g_new0(SlMessage, 1);

    sl_census_enter("SlMessage");
    g_atomic_ref_count_init(&message->refs);
    message->offset = self->last_offset + 1;
    message->key = g_strdup(key);
    message->json =
        sl_relay_wire_message(self->name, message->offset, g_get_real_time() / 1000, from, data);
    message->bytes = sizeof *message + strlen(message->json) + (key != NULL ? strlen(key) : 0);
    return message;
}

static SlMessage **
slot(SlChannel *self, guint64 offset)
{
    return &self->ring[offset % self->max_messages];
}

static void
drop_oldest(SlChannel *self)
{
    SlMessage **oldest = slot(self, self->first_offset++);

    self->bytes -= (*oldest)->bytes;
    if ((*oldest)->key != NULL)
        g_hash_table_remove(self->by_key, (*oldest)->key);
    g_clear_pointer(oldest, sl_message_unref);
}

/* The newest message is kept however large it is: who publishes bounds that. */
static void
append(SlChannel *self, SlMessage *message)
{
    while (self->first_offset <= self->last_offset &&
           (self->last_offset - self->first_offset + 1 >= self->max_messages ||
            self->bytes + message->bytes > self->max_bytes))
        drop_oldest(self);

    *slot(self, message->offset) = message;
    self->last_offset = message->offset;
    self->bytes += message->bytes;
    if (message->key != NULL)
        g_hash_table_insert(self->by_key, message->key, message);
}

/* GTask calls back in the context that is the thread's default when it is made. */
static GTask *
task_new(SlChannel *self, GCancellable *cancellable, GAsyncReadyCallback callback,
         gpointer user_data, gpointer tag)
{
    GTask *task;

    g_main_context_push_thread_default(self->context);
    task = g_task_new(self, cancellable, callback, user_data);
    g_main_context_pop_thread_default(self->context);
    g_task_set_source_tag(task, tag);
    return task;
}

void
sl_channel_publish_async(SlChannel *self, const char *from, const char *key, JsonNode *data,
                         GCancellable *cancellable, GAsyncReadyCallback callback,
                         gpointer user_data)
{
    g_autoptr(GTask) task = NULL;
    SlMessage *message;

    g_return_if_fail(SL_IS_CHANNEL(self) && from != NULL && data != NULL);

    task = task_new(self, cancellable, callback, user_data, sl_channel_publish_async);
    if (g_task_return_error_if_cancelled(task))
        return;

    message = key != NULL ? g_hash_table_lookup(self->by_key, key) : NULL;
    if (message != NULL) {
        g_task_return_pointer(task, sl_message_ref(message), (GDestroyNotify)sl_message_unref);
        return;
    }
    message = message_new(self, from, key, data);
    append(self, message);
    g_task_return_pointer(task, sl_message_ref(message), (GDestroyNotify)sl_message_unref);
    g_signal_emit(self, signal_published, 0);
}

guint64
sl_channel_publish_finish(SlChannel *self, GAsyncResult *result, GError **error)
{
    g_autoptr(SlMessage) message = NULL;

    g_return_val_if_fail(g_task_is_valid(result, self), 0);
    message = g_task_propagate_pointer(G_TASK(result), error);
    return message != NULL ? message->offset : 0;
}

void
sl_channel_read_async(SlChannel *self, guint64 after, guint max_messages, gsize max_bytes,
                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
    g_autoptr(GTask) task = NULL;
    g_autoptr(GPtrArray) messages = NULL;
    gsize bytes = 0;

    g_return_if_fail(SL_IS_CHANNEL(self));

    task = task_new(self, cancellable, callback, user_data, sl_channel_read_async);
    messages = g_ptr_array_new_with_free_func((GDestroyNotify)sl_message_unref);
    after = MAX(after, self->first_offset - 1);
    for (guint64 offset = after; offset < self->last_offset; offset++) {
        SlMessage *message = *slot(self, offset + 1);

        if (messages->len > 0 &&
            (messages->len >= max_messages || bytes + message->bytes > max_bytes))
            break;
        bytes += message->bytes;
        g_ptr_array_add(messages, sl_message_ref(message));
    }
    g_task_return_pointer(task, g_steal_pointer(&messages), (GDestroyNotify)g_ptr_array_unref);
}

GPtrArray *
sl_channel_read_finish(SlChannel *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(g_task_is_valid(result, self), NULL);
    return g_task_propagate_pointer(G_TASK(result), error);
}

const char *
sl_channel_get_name(SlChannel *self)
{
    return self->name;
}

const char *
sl_channel_get_epoch(SlChannel *self)
{
    return self->epoch;
}

guint64
sl_channel_get_first_offset(SlChannel *self)
{
    return self->first_offset;
}

guint64
sl_channel_get_last_offset(SlChannel *self)
{
    return self->last_offset;
}

SlChannel *
sl_channel_new(GMainContext *context, const char *name, guint max_messages, gsize max_bytes)
{
    SlChannel *self = g_object_new(SL_TYPE_CHANNEL, NULL);

    self->context = context != NULL ? g_main_context_ref(context) : NULL;
    self->name = g_strdup(name);
    self->max_messages = MAX(max_messages, 1);
    self->max_bytes = max_bytes;
    self->ring = g_new0(SlMessage *, self->max_messages);
    return self;
}

static void
sl_channel_finalize(GObject *object)
{
    SlChannel *self = SL_CHANNEL(object);

    while (self->first_offset <= self->last_offset)
        drop_oldest(self);
    g_free(self->ring);
    g_clear_pointer(&self->by_key, g_hash_table_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_free(self->name);
    g_free(self->epoch);
    G_OBJECT_CLASS(sl_channel_parent_class)->finalize(object);
}

static void
sl_channel_init(SlChannel *self)
{
    sl_census_add_object(self);
    self->epoch = g_uuid_string_random();
    self->first_offset = 1;
    self->by_key = g_hash_table_new(g_str_hash, g_str_equal);
}

static void
sl_channel_class_init(SlChannelClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_channel_finalize;

    signal_published = g_signal_new("published", SL_TYPE_CHANNEL, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                    NULL, G_TYPE_NONE, 0);
}
