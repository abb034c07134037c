#include "sl-publish-keys.h"

void
sl_publish_keys_init(SlPublishKeys *self)
{
    *self = (SlPublishKeys){ NULL };
}

void
sl_publish_keys_clear(SlPublishKeys *self)
{
    g_clear_pointer(&self->offsets, g_hash_table_unref);
    g_clear_pointer(&self->ring, g_free);
}

guint64
sl_publish_keys_find(const SlPublishKeys *self, const char *key)
{
    const guint64 *offset = self->offsets != NULL ? g_hash_table_lookup(self->offsets, key) : NULL;

    return offset != NULL ? *offset : 0;
}

void
sl_publish_keys_add(SlPublishKeys *self, const char *key, guint64 offset)
{
    char *kept = g_strdup(key);

    /* Made with the first one: most channels never see a key. */
    if (self->offsets == NULL) {
        self->offsets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        self->ring = g_new0(char *, SL_PUBLISH_KEYS_MAX);
    }
    if (self->ring[self->next] != NULL)
        g_hash_table_remove(self->offsets, self->ring[self->next]);
    self->ring[self->next] = kept;
    self->next = (self->next + 1) % SL_PUBLISH_KEYS_MAX;
    g_hash_table_insert(self->offsets, kept, g_memdup2(&offset, sizeof offset));
}
