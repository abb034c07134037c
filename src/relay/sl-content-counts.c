#include "sl-content-counts.h"

#include <string.h>

typedef struct {
    GList link; /* of by_use; data is this entry */
    SlContentCount content;
    guint hash; /* of the text, which may be long */
    char text[];
} Entry;

static guint
entry_hash(gconstpointer data)
{
    return ((const Entry *)data)->hash;
}

static gboolean
entry_equal(gconstpointer a, gconstpointer b)
{
    const SlContentCount *one = &((const Entry *)a)->content;
    const SlContentCount *other = &((const Entry *)b)->content;

    return one->length == other->length && memcmp(one->text, other->text, one->length) == 0;
}

void
sl_content_counts_init(SlContentCounts *self)
{
    *self = (SlContentCounts){ .entries = g_hash_table_new(entry_hash, entry_equal) };
    g_queue_init(&self->by_use);
}

static void
drop_oldest(SlContentCounts *self)
{
    Entry *entry = g_queue_peek_tail(&self->by_use);

    self->bytes -= entry->content.length;
    g_queue_unlink(&self->by_use, &entry->link);
    g_hash_table_remove(self->entries, entry);
    g_free(entry);
}

void
sl_content_counts_clear(SlContentCounts *self)
{
    while (self->by_use.length > 0)
        drop_oldest(self);
    g_clear_pointer(&self->entries, g_hash_table_unref);
}

guint
sl_content_counts_add(SlContentCounts *self, const char *text)
{
    gsize length = strlen(text);
    Entry probe = { .content = { 0, length, text }, .hash = g_str_hash(text) };
    Entry *entry = g_hash_table_lookup(self->entries, &probe);

    if (entry != NULL) {
        g_queue_unlink(&self->by_use, &entry->link);
        g_queue_push_head_link(&self->by_use, &entry->link);
        if (entry->content.count < G_MAXUINT)
            entry->content.count++;
        return entry->content.count;
    }

    while (self->by_use.length > 0 && (self->by_use.length >= SL_CONTENT_COUNTS_MAX ||
                                       self->bytes + length > SL_CONTENT_COUNTS_MAX_BYTES))
        drop_oldest(self);
    entry = g_malloc(sizeof *entry + length + 1);
    *entry = probe;
    memcpy(entry->text, text, length + 1);
    entry->content = (SlContentCount){ 1, length, entry->text };
    entry->link.data = entry;
    g_queue_push_head_link(&self->by_use, &entry->link);
    g_hash_table_add(self->entries, entry);
    self->bytes += length;
    return 1;
}

guint
sl_content_counts_get_most(const SlContentCounts *self, SlContentCount *ret_most, guint n)
{
    guint found = 0;

    for (const GList *link = self->by_use.head; link != NULL; link = link->next) {
        const SlContentCount *content = &((const Entry *)link->data)->content;
        guint place = found;

        while (place > 0 && ret_most[place - 1].count < content->count)
            place--;
        if (place == n)
            continue;
        found = MIN(found + 1, n);
        memmove(&ret_most[place + 1], &ret_most[place], (found - place - 1) * sizeof *ret_most);
        ret_most[place] = *content;
    }
    return found;
}
