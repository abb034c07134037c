#include "sl-channel-set.h"

#include <string.h>

#include "sl-context.h"
#include "sl-relay-request.h"

/* Reading is exact by itself: this is for memory alone. */
#define SWEEP_INTERVAL_MS 5000

struct _SlChannelSet {
    GMainContext *context;
    GHashTable *namespaces; /* name → SlRelayNamespace, owned */
    GHashTable *streams;    /* set of names */
    GHashTable *channels;   /* name → Entry, owned */
    SlChannelFigures past;  /* of those that were dropped */
    guint n_made;
    gboolean ages; /* one that stays keeps messages up to an age */
    GSource *sweep;
};

typedef struct {
    SlChannel *channel;
    gboolean made; /* on use */
} Entry;

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    g_object_unref(entry->channel);
    g_free(entry);
}

/* --- dropping --- */

static void
add_figures(SlChannelFigures *totals, const SlChannelFigures *figures)
{
    totals->published.messages += figures->published.messages;
    totals->published.bytes += figures->published.bytes;
    totals->delivered.messages += figures->delivered.messages;
    totals->delivered.bytes += figures->delivered.bytes;
    totals->repeated += figures->repeated;
    totals->stale += figures->stale;
    totals->refused += figures->refused;
}

static gboolean
is_past(SlChannel *channel, gint64 now_us)
{
    gint64 since_us;

    return sl_channel_is_unused(channel, &since_us) &&
           now_us - since_us >= SL_CHANNEL_LINGER_S * G_USEC_PER_SEC;
}

void
sl_channel_set_sweep(SlChannelSet *self, gint64 now_us)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, self->channels);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Entry *entry = value;

        sl_channel_expire(entry->channel, now_us);
        if (!entry->made || !is_past(entry->channel, now_us))
            continue;
        self->n_made--;
        add_figures(&self->past, sl_channel_get_figures(entry->channel));
        g_hash_table_iter_remove(&iter);
    }
    if (self->n_made == 0 && !self->ages)
        sl_clear_source(&self->sweep);
}

static gboolean
on_sweep_due(gpointer data)
{
    sl_channel_set_sweep(data, g_get_monotonic_time());
    return G_SOURCE_CONTINUE;
}

static void
start_sweeping(SlChannelSet *self)
{
    if (self->sweep == NULL)
        self->sweep = sl_context_add_timeout(self->context, SWEEP_INTERVAL_MS, on_sweep_due, self);
}

/* Whoever still subscribes is told by the channel. */
static void
drop(SlChannelSet *self, SlChannel *channel)
{
    g_autoptr(SlChannel) alive = g_object_ref(channel);

    self->n_made--;
    add_figures(&self->past, sl_channel_get_figures(alive));
    g_hash_table_remove(self->channels, sl_channel_get_name(alive));
    sl_channel_close(alive);
}

/* --- making --- */

/* NAMESPACE:REST. Returns: (transfer none) (nullable) */
static SlRelayNamespace *
find_namespace(SlChannelSet *self, const char *name, const char **ret_rest)
{
    const char *colon = strchr(name, ':');
    g_autofree char *namespace_ = NULL;

    if (colon == NULL || strlen(name) > SL_RELAY_MAX_CHANNEL_BYTES || !g_ascii_islower(colon[1]) ||
        colon[1 + strspn(colon + 1, "abcdefghijklmnopqrstuvwxyz0123456789._-")] != '\0')
        return NULL;
    namespace_ = g_strndup(name, (gsize)(colon - name));
    *ret_rest = colon + 1;
    return g_hash_table_lookup(self->namespaces, namespace_);
}

/* Returns: (nullable): the stream's name, as it is kept */
static const char *
find_stream(SlChannelSet *self, const char *rest)
{
    g_autofree char *name = g_strndup(rest, strcspn(rest, "."));
    gpointer known = NULL;

    g_hash_table_lookup_extended(self->streams, name, &known, NULL);
    return known;
}

static SlChannel *
add(SlChannelSet *self, SlRelayNamespace *namespace_, const char *name, const char *rest,
    gboolean made)
{
    Entry *entry = g_new0(Entry, 1);

    entry->channel = sl_channel_new(self->context, namespace_, name, find_stream(self, rest));
    entry->made = made;
    g_hash_table_insert(self->channels, (char *)sl_channel_get_name(entry->channel), entry);
    if (made)
        self->n_made++;
    else if (namespace_->history_seconds > 0)
        self->ages = TRUE;
    if (made || self->ages)
        start_sweeping(self);
    return entry->channel;
}

/* What makes room for another channel of @namespace_: the one that has been unused for longest;
 * for who publishes, the oldest that nobody holds or ever published to. */
static SlChannel *
find_room(SlChannelSet *self, const SlRelayNamespace *namespace_, gboolean to_publish,
          guint *ret_made)
{
    SlChannel *best = NULL;
    gint64 best_us = 0;
    gboolean best_unused = FALSE;
    GHashTableIter iter;
    gpointer value;

    *ret_made = 0;
    g_hash_table_iter_init(&iter, self->channels);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Entry *entry = value;
        gint64 since_us;
        gboolean unused;

        if (!entry->made || sl_channel_get_namespace(entry->channel) != namespace_)
            continue;
        (*ret_made)++;
        unused = sl_channel_is_unused(entry->channel, &since_us);
        if (!unused && (!to_publish || sl_channel_get_last_offset(entry->channel) > 0 ||
                        sl_channel_is_held(entry->channel)))
            continue;
        if (best != NULL &&
            (best_unused > unused || (best_unused == unused && best_us <= since_us)))
            continue;
        best = entry->channel;
        best_us = since_us;
        best_unused = unused;
    }
    return best;
}

static void
fail_unknown(const char *name, GError **error)
{
    g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_UNKNOWN_CHANNEL, "there is no channel “%s”",
                name);
}

static SlChannel *
make(SlChannelSet *self, SlRelayNamespace *namespace_, const char *name, const char *rest,
     gboolean to_publish, GError **error)
{
    guint n_made;
    SlChannel *room;

    if (namespace_->max_channels == 0) {
        fail_unknown(name, error);
        return NULL;
    }
    room = find_room(self, namespace_, to_publish, &n_made);
    if (n_made >= namespace_->max_channels) {
        if (room == NULL) {
            g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_MANY,
                        "there are %u channels “%s:…” already, and may be no more", n_made,
                        namespace_->name);
            return NULL;
        }
        drop(self, room);
    }
    return add(self, namespace_, name, rest, TRUE);
}

SlChannel *
sl_channel_set_open(SlChannelSet *self, const char *name, SlGrant *grant, gboolean to_publish,
                    gboolean *ret_made, GError **error)
{
    const char *rest = NULL;
    SlRelayNamespace *namespace_ = find_namespace(self, name, &rest);
    SlChannel *channel = sl_channel_set_find(self, name);

    if (namespace_ == NULL) {
        fail_unknown(name, error);
        return NULL;
    }
    /* Who may not use it is not told whether it is there. */
    if (!sl_grant_allows(grant, to_publish ? namespace_->publish : namespace_->subscribe,
                         find_stream(self, rest))) {
        g_set_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_NOT_ALLOWED,
                    to_publish ? "the key does not allow to write to this channel"
                               : "the key does not allow to read this channel");
        return NULL;
    }
    if (channel == NULL && ret_made == NULL && namespace_->max_channels > 0) {
        g_set_error_literal(error, SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_MANY,
                            "this client has made as many channels as it may");
        return NULL;
    }
    if (ret_made != NULL)
        *ret_made = FALSE;
    if (channel != NULL)
        return channel;
    channel = make(self, namespace_, name, rest, to_publish, error);
    if (ret_made != NULL)
        *ret_made = channel != NULL;
    return channel;
}

SlChannel *
sl_channel_set_add(SlChannelSet *self, const char *name)
{
    const char *rest = NULL;
    SlRelayNamespace *namespace_ = find_namespace(self, name, &rest);

    g_return_val_if_fail(namespace_ != NULL, NULL);
    g_return_val_if_fail(!g_hash_table_contains(self->channels, name), NULL);
    return add(self, namespace_, name, rest, FALSE);
}

/* --- the set --- */

void
sl_channel_set_add_stream(SlChannelSet *self, const char *name)
{
    g_hash_table_add(self->streams, g_strdup(name));
}

SlChannel *
sl_channel_set_find(SlChannelSet *self, const char *name)
{
    const Entry *entry = g_hash_table_lookup(self->channels, name);

    return entry != NULL ? entry->channel : NULL;
}

SlChannelFigures
sl_channel_set_get_totals(SlChannelSet *self)
{
    SlChannelFigures totals = self->past;
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, self->channels);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        add_figures(&totals, sl_channel_get_figures(((const Entry *)value)->channel));
    return totals;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(sl_channel_get_name(*(SlChannel **)a), sl_channel_get_name(*(SlChannel **)b));
}

GPtrArray *
sl_channel_set_list(SlChannelSet *self)
{
    GPtrArray *channels = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, self->channels);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(channels, ((const Entry *)value)->channel);
    g_ptr_array_sort(channels, compare_names);
    return channels;
}

SlChannelSet *
sl_channel_set_new(GMainContext *context, GPtrArray *namespaces)
{
    SlChannelSet *self = g_new0(SlChannelSet, 1);

    self->context = context != NULL ? g_main_context_ref(context) : NULL;
    self->namespaces = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                             (GDestroyNotify)sl_relay_namespace_unref);
    for (guint i = 0; i < namespaces->len; i++) {
        SlRelayNamespace *namespace_ = g_ptr_array_index(namespaces, i);

        g_hash_table_insert(self->namespaces, namespace_->name, sl_relay_namespace_ref(namespace_));
    }
    self->streams = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->channels = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
    return self;
}

void
sl_channel_set_free(SlChannelSet *self)
{
    if (self == NULL)
        return;
    sl_clear_source(&self->sweep);
    g_hash_table_unref(self->channels);
    g_hash_table_unref(self->streams);
    g_hash_table_unref(self->namespaces);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_free(self);
}
