#include "sl-channel.h"

#include "sl-census.h"
#include "sl-publish-keys.h"
#include "sl-relay-wire.h"

struct _SlChannel {
    GObject parent_instance;

    GMainContext *context;
    SlRelayNamespace *namespace_;
    char *name;
    char *stream; /* nullable */
    char *epoch;
    SlRelayHolder *holder;     /* nullable */
    SlRelayPresence *presence; /* nullable */

    SlHistory history;
    SlPublishKeys keys;
    SlContentCounts contents;
    SlChannelFigures figures;
    guint n_subscribers;
    gint64 used_us;
};

G_DEFINE_FINAL_TYPE(SlChannel, sl_channel, G_TYPE_OBJECT)

enum { PUBLISHED, CLOSED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* --- publishing and reading --- */

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

static guint64
append(SlChannel *self, const char *from, const char *name, const char *data)
{
    guint64 offset = self->history.last_offset + 1;
    guint count = sl_content_counts_add(&self->contents, data);
    SlMessage *message =
        sl_message_new(offset, g_get_monotonic_time(),
                       sl_relay_wire_message(self->name, offset, g_get_real_time() / 1000, from,
                                             name, count, data));

    self->figures.published.messages++;
    self->figures.published.bytes += message->length;
    self->used_us = message->made_us;
    sl_history_expire(&self->history, message->made_us);
    sl_history_append(&self->history, message);
    return offset;
}

static void
return_offset(GTask *task, guint64 offset)
{
    g_task_return_pointer(task, g_memdup2(&offset, sizeof offset), g_free);
}

void
sl_channel_publish_async(SlChannel *self, const char *from, const char *name, const char *key,
                         const char *data, GCancellable *cancellable, GAsyncReadyCallback callback,
                         gpointer user_data)
{
    g_autoptr(GTask) task = NULL;
    guint64 offset;

    g_return_if_fail(SL_IS_CHANNEL(self) && from != NULL && data != NULL);

    task = task_new(self, cancellable, callback, user_data, sl_channel_publish_async);
    if (g_task_return_error_if_cancelled(task))
        return;

    offset = key != NULL ? sl_publish_keys_find(&self->keys, key) : 0;
    if (offset != 0) {
        self->figures.repeated++;
        return_offset(task, offset);
        return;
    }
    offset = append(self, from, name, data);
    if (key != NULL)
        sl_publish_keys_add(&self->keys, key, offset);
    return_offset(task, offset);
    g_signal_emit(self, signals[PUBLISHED], 0);
}

guint64
sl_channel_publish_finish(SlChannel *self, GAsyncResult *result, GError **error)
{
    g_autofree guint64 *offset = NULL;

    g_return_val_if_fail(g_task_is_valid(result, self), 0);
    offset = g_task_propagate_pointer(G_TASK(result), error);
    return offset != NULL ? *offset : 0;
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
    sl_channel_expire(self, g_get_monotonic_time());
    after = MAX(after, self->history.first_offset - 1);
    for (guint64 offset = after; offset < self->history.last_offset; offset++) {
        SlMessage *message = sl_history_get(&self->history, offset + 1);

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

gboolean
sl_channel_start_after(SlChannel *self, const char *epoch, guint64 offset, guint64 *ret_cursor)
{
    gboolean knows;

    sl_channel_expire(self, g_get_monotonic_time());
    if (epoch == NULL)
        return sl_history_start_after(&self->history, NULL, ret_cursor);
    knows = g_str_equal(epoch, self->epoch);
    return sl_history_start_after(&self->history, knows ? &offset : NULL, ret_cursor) && knows;
}

void
sl_channel_expire(SlChannel *self, gint64 now_us)
{
    sl_history_expire(&self->history, now_us);
}

/* --- who uses it --- */

SlRelayHolder *
sl_channel_get_holder(SlChannel *self)
{
    return self->holder;
}

SlRelayPresence *
sl_channel_get_presence(SlChannel *self)
{
    return self->presence;
}

void
sl_channel_add_subscriber(SlChannel *self)
{
    self->n_subscribers++;
}

void
sl_channel_remove_subscriber(SlChannel *self)
{
    g_return_if_fail(self->n_subscribers > 0);
    self->n_subscribers--;
    self->used_us = g_get_monotonic_time();
}

guint
sl_channel_get_n_subscribers(SlChannel *self)
{
    return self->n_subscribers;
}

gboolean
sl_channel_is_held(SlChannel *self)
{
    return self->holder != NULL && sl_relay_holder_get(self->holder).client != NULL;
}

gboolean
sl_channel_is_unused(SlChannel *self, gint64 *ret_since_us)
{
    if (ret_since_us != NULL)
        *ret_since_us = self->used_us;
    return self->n_subscribers == 0 && !sl_history_holds(&self->history) &&
           !sl_channel_is_held(self);
}

void
sl_channel_close(SlChannel *self)
{
    g_signal_emit(self, signals[CLOSED], 0);
}

/* --- figures --- */

const SlChannelFigures *
sl_channel_get_figures(SlChannel *self)
{
    return &self->figures;
}

SlTally
sl_channel_get_kept(SlChannel *self)
{
    sl_channel_expire(self, g_get_monotonic_time());
    return (SlTally){ sl_history_get_length(&self->history), self->history.bytes };
}

const SlContentCounts *
sl_channel_get_contents(SlChannel *self)
{
    return &self->contents;
}

void
sl_channel_count_delivered(SlChannel *self, const SlMessage *message)
{
    self->figures.delivered.messages++;
    self->figures.delivered.bytes += message->length;
}

void
sl_channel_count_stale(SlChannel *self)
{
    self->figures.stale++;
}

void
sl_channel_count_refused(SlChannel *self)
{
    self->figures.refused++;
}

/* --- the object --- */

const SlRelayNamespace *
sl_channel_get_namespace(SlChannel *self)
{
    return self->namespace_;
}

const char *
sl_channel_get_name(SlChannel *self)
{
    return self->name;
}

const char *
sl_channel_get_stream(SlChannel *self)
{
    return self->stream;
}

const char *
sl_channel_get_epoch(SlChannel *self)
{
    return self->epoch;
}

guint64
sl_channel_get_first_offset(SlChannel *self)
{
    return self->history.first_offset;
}

guint64
sl_channel_get_last_offset(SlChannel *self)
{
    return self->history.last_offset;
}

SlChannel *
sl_channel_new(GMainContext *context, SlRelayNamespace *namespace_, const char *name,
               const char *stream)
{
    SlChannel *self = g_object_new(SL_TYPE_CHANNEL, NULL);

    self->context = context != NULL ? g_main_context_ref(context) : NULL;
    self->namespace_ = sl_relay_namespace_ref(namespace_);
    self->name = g_strdup(name);
    self->stream = g_strdup(stream);
    sl_history_init(&self->history, namespace_);
    if (namespace_->holder)
        self->holder = sl_relay_holder_new(context, namespace_->holder_silence_ms);
    if (namespace_->presence)
        self->presence = sl_relay_presence_new(context, name);
    return self;
}

static void
sl_channel_finalize(GObject *object)
{
    SlChannel *self = SL_CHANNEL(object);

    sl_history_clear(&self->history);
    sl_publish_keys_clear(&self->keys);
    sl_content_counts_clear(&self->contents);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_clear_object(&self->holder);
    g_clear_object(&self->presence);
    g_clear_pointer(&self->namespace_, sl_relay_namespace_unref);
    g_free(self->stream);
    g_free(self->name);
    g_free(self->epoch);
    G_OBJECT_CLASS(sl_channel_parent_class)->finalize(object);
}

static void
sl_channel_init(SlChannel *self)
{
    sl_census_add_object(self);
    self->epoch = g_uuid_string_random();
    self->used_us = g_get_monotonic_time();
    sl_publish_keys_init(&self->keys);
    sl_content_counts_init(&self->contents);
}

static void
sl_channel_class_init(SlChannelClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_channel_finalize;

    signals[PUBLISHED] = g_signal_new("published", SL_TYPE_CHANNEL, G_SIGNAL_RUN_LAST, 0, NULL,
                                      NULL, NULL, G_TYPE_NONE, 0);
    signals[CLOSED] = g_signal_new("closed", SL_TYPE_CHANNEL, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}
