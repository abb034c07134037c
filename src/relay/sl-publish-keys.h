#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SL_PUBLISH_KEYS_MAX 1024

/**
 * SlPublishKeys: with which keys was published on a channel last, whether or not those messages are
 * still kept. It makes a repeat safe. Pure data.
 */
typedef struct {
    GHashTable *offsets; /* key → offset; owns the key */
    char **ring;         /* the keys in the order of their coming, borrowed */
    guint next;          /* where the next one goes */
} SlPublishKeys;

void sl_publish_keys_init(SlPublishKeys *self);
void sl_publish_keys_clear(SlPublishKeys *self);

/** sl_publish_keys_find: Returns: the offset that @key's message got; 0 if it is not known */
guint64 sl_publish_keys_find(const SlPublishKeys *self, const char *key);

/** sl_publish_keys_add: @key: one that is not known; the oldest makes room */
void sl_publish_keys_add(SlPublishKeys *self, const char *key, guint64 offset);

G_END_DECLS
