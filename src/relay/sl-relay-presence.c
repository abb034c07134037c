#include "sl-relay-presence.h"

#include "sl-census.h"
#include "sl-context.h"

struct _SlRelayPresence {
    GObject parent_instance;

    GMainContext *context;
    char *channel;
    GQueue members;     /* Member, in the order in which they came */
    GHashTable *by_id;  /* client → Member, owned */
    GHashTable *untold; /* set of IDs, owned: who came, went or was renamed */
    GSource *telling;   /* nullable */
    gint64 told_us;     /* when it was last told */
    char *snapshot;     /* nullable */
};

typedef struct {
    GList link;
    char *client, *name; /* name: nullable */
    gboolean told;       /* that it is there */
} Member;

G_DEFINE_FINAL_TYPE(SlRelayPresence, sl_relay_presence, G_TYPE_OBJECT)

static guint signal_changed;

static void
member_free(gpointer data)
{
    Member *member = data;

    g_free(member->client);
    g_free(member->name);
    g_free(member);
}

const char *
sl_relay_presence_get_snapshot(SlRelayPresence *self)
{
    g_autoptr(GArray) people = NULL;

    if (self->snapshot != NULL)
        return self->snapshot;
    people = g_array_new(FALSE, FALSE, sizeof(SlRelayPerson));
    for (GList *at = self->members.head; at != NULL; at = at->next) {
        Member *member = at->data;
        SlRelayPerson person = { member->client, member->name };

        /* To somebody, who counts it, too: when it goes, that has to be told, even before its
         * coming was to all. */
        member->told = TRUE;
        if (people->len < SL_RELAY_MAX_LISTED)
            g_array_append_val(people, person);
    }
    self->snapshot = sl_relay_wire_presence(self->channel, self->members.length, people);
    return self->snapshot;
}

/* Returns: (transfer full) (nullable): nothing is different */
static char *
make_change(SlRelayPresence *self)
{
    g_autoptr(GArray) joined = g_array_new(FALSE, FALSE, sizeof(SlRelayPerson));
    g_autoptr(GPtrArray) left = g_ptr_array_new();
    GHashTableIter iter;
    gpointer id;

    g_hash_table_iter_init(&iter, self->untold);
    while (g_hash_table_iter_next(&iter, &id, NULL)) {
        Member *member = g_hash_table_lookup(self->by_id, id);

        if (member != NULL) {
            SlRelayPerson person = { member->client, member->name };

            member->told = TRUE;
            g_array_append_val(joined, person);
        } else {
            g_ptr_array_add(left, id);
        }
    }
    if (joined->len + left->len == 0)
        return NULL;
    if (joined->len + left->len > SL_RELAY_MAX_LISTED)
        return g_strdup(sl_relay_presence_get_snapshot(self));
    return sl_relay_wire_presence_change(self->channel, self->members.length, joined, left);
}

static gboolean
on_telling(gpointer data)
{
    SlRelayPresence *self = data;
    g_autoptr(SlRelayPresence) alive = g_object_ref(self);
    g_autofree char *text = make_change(self);

    sl_clear_source(&self->telling);
    g_hash_table_remove_all(self->untold);
    self->told_us = g_get_monotonic_time();
    if (text != NULL)
        g_signal_emit(self, signal_changed, 0, text);
    return G_SOURCE_REMOVE;
}

static void
changed(SlRelayPresence *self)
{
    gint64 since_ms = (g_get_monotonic_time() - self->told_us) / 1000;
    gint64 wait_ms = SL_RELAY_PRESENCE_MS - MIN(since_ms, SL_RELAY_PRESENCE_MS);

    g_clear_pointer(&self->snapshot, g_free);
    if (self->telling == NULL)
        self->telling = sl_context_add_timeout(self->context, (guint)wait_ms, on_telling, self);
}

void
sl_relay_presence_set(SlRelayPresence *self, SlRelayPerson who)
{
    Member *member = g_hash_table_lookup(self->by_id, who.client);

    if (member == NULL) {
        member = g_new0(Member, 1);
        member->client = g_strdup(who.client);
        member->link.data = member;
        /* Who went and is back before that was told is there still, to those who are told. */
        member->told = g_hash_table_contains(self->untold, who.client);
        g_hash_table_insert(self->by_id, member->client, member);
        g_queue_push_tail_link(&self->members, &member->link);
    }
    g_free(member->name);
    member->name = g_strdup(who.name);
    g_hash_table_add(self->untold, g_strdup(who.client));
    changed(self);
}

void
sl_relay_presence_remove(SlRelayPresence *self, const char *client)
{
    Member *member = g_hash_table_lookup(self->by_id, client);

    if (member == NULL)
        return;
    g_queue_unlink(&self->members, &member->link);
    if (member->told)
        g_hash_table_add(self->untold, g_strdup(client));
    else
        g_hash_table_remove(self->untold, client);
    g_hash_table_remove(self->by_id, client);
    changed(self);
}

guint
sl_relay_presence_get_count(SlRelayPresence *self)
{
    return self->members.length;
}

SlRelayPresence *
sl_relay_presence_new(GMainContext *context, const char *channel)
{
    SlRelayPresence *self = g_object_new(SL_TYPE_RELAY_PRESENCE, NULL);

    self->context = context != NULL ? g_main_context_ref(context) : NULL;
    self->channel = g_strdup(channel);
    return self;
}

static void
sl_relay_presence_finalize(GObject *object)
{
    SlRelayPresence *self = SL_RELAY_PRESENCE(object);

    sl_clear_source(&self->telling);
    g_clear_pointer(&self->untold, g_hash_table_unref);
    g_clear_pointer(&self->by_id, g_hash_table_unref);
    g_clear_pointer(&self->context, g_main_context_unref);
    g_free(self->snapshot);
    g_free(self->channel);
    G_OBJECT_CLASS(sl_relay_presence_parent_class)->finalize(object);
}

static void
sl_relay_presence_init(SlRelayPresence *self)
{
    sl_census_add_object(self);
    g_queue_init(&self->members);
    self->told_us = g_get_monotonic_time() - SL_RELAY_PRESENCE_MS * 1000;
    self->by_id = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, member_free);
    self->untold = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void
sl_relay_presence_class_init(SlRelayPresenceClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_relay_presence_finalize;

    signal_changed = g_signal_new("changed", SL_TYPE_RELAY_PRESENCE, G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}
