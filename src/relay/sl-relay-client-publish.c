#include "sl-json.h"
#include "sl-relay-client-private.h"

#include <string.h>

typedef struct {
    SlRelayClient *client;
    gint64 id;
} Publish;

static void
on_channel_publish_done(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autofree Publish *publish = user_data;
    g_autoptr(SlRelayClient) self = publish->client;
    SlChannel *channel = SL_CHANNEL(source);
    guint64 offset = sl_channel_publish_finish(channel, result, NULL);

    /* It fails only when the client has closed. */
    if (offset != 0 && publish->id >= 0)
        sl_relay_client_send(
            self, sl_relay_wire_published(publish->id, sl_channel_get_name(channel), offset));
    self->n_publishing--;
    sl_relay_client_leave_if_done(self);
}

/* All channels of a namespace together. */
static gboolean
check_rate(SlRelayClient *self, const SlRelayNamespace *namespace_, GError **error)
{
    gint64 now_us = g_get_monotonic_time();
    SlTokenBucket *bucket = g_hash_table_lookup(self->rates, namespace_->name);
    SlTokenResult result;

    if (bucket == NULL) {
        bucket = g_new0(SlTokenBucket, 1);
        sl_token_bucket_init(bucket, namespace_->messages_per_second, namespace_->message_burst,
                             now_us);
        g_hash_table_insert(self->rates, g_strdup(namespace_->name), bucket);
    }
    result = sl_token_bucket_take(bucket, 1, now_us);
    if (result == SL_TOKEN_TAKEN)
        return TRUE;
    g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_FAST,
                "more than %u messages a second in “%s”", bucket->rate, namespace_->name);
    if (result == SL_TOKEN_ABUSED)
        self->abused = TRUE;
    return FALSE;
}

/* Returns: (transfer full) (nullable) */
static char *
get_data(const SlRelayRequest *request, const SlRelayNamespace *namespace_, GError **error)
{
    g_autofree char *data = sl_json_node_to_text(request->data);

    if (strlen(data) <= namespace_->max_message_bytes)
        return g_steal_pointer(&data);
    g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_LARGE,
                "“data” has %" G_GSIZE_FORMAT " bytes, expected at most %u", strlen(data),
                namespace_->max_message_bytes);
    return NULL;
}

/* Only what gets through keeps the channel. */
static gboolean
check_command(SlRelayClient *self, const SlRelayRequest *request, SlChannel *channel,
              GError **error)
{
    const SlRelayNamespace *namespace_ = sl_channel_get_namespace(channel);
    SlRelayHolder *holder = sl_channel_get_holder(channel);

    if (request->command &&
        !sl_relay_age_check(&self->age, request->channel, request->seq, request->at_us,
                            g_get_monotonic_time(), namespace_->max_age_ms, error))
        return FALSE;
    return holder == NULL || sl_relay_holder_handle(holder, SL_HOLDER_PUBLISH,
                                                    sl_relay_client_get_person(self), error);
}

static gboolean
publish_on(SlRelayClient *self, const SlRelayRequest *request, SlChannel *channel, GError **error)
{
    const SlRelayNamespace *namespace_ = sl_channel_get_namespace(channel);
    g_autofree char *data = NULL;
    Publish *publish;

    if (!check_rate(self, namespace_, error))
        return FALSE;
    data = get_data(request, namespace_, error);
    if (data == NULL || !check_command(self, request, channel, error))
        return FALSE;
    publish = g_new0(Publish, 1);
    publish->client = g_object_ref(self);
    publish->id = request->id;
    self->n_publishing++;
    sl_channel_publish_async(channel, self->id, self->name, request->key, data, self->cancellable,
                             on_channel_publish_done, publish);
    return TRUE;
}

gboolean
sl_relay_client_handle_publish(SlRelayClient *self, const SlRelayRequest *request, GError **error)
{
    gboolean made;
    g_autoptr(SlChannel) channel =
        sl_relay_client_find_channel(self, request->channel, TRUE, &made, error);
    g_autoptr(GError) problem = NULL;

    if (channel == NULL)
        return FALSE;
    if (publish_on(self, request, channel, &problem))
        return TRUE;
    if (g_error_matches(problem, SL_RELAY_ERROR, SL_RELAY_ERROR_STALE))
        sl_channel_count_stale(channel);
    else
        sl_channel_count_refused(channel);
    g_propagate_error(error, g_steal_pointer(&problem));
    return FALSE;
}
