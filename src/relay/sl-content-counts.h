#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SL_CONTENT_COUNTS_MAX 1024
#define SL_CONTENT_COUNTS_MAX_BYTES (256 * 1024)

/** SlContentCount: borrowed from its table. */
typedef struct {
    guint count;
    gsize length; /* of text */
    const char *text;
} SlContentCount;

/**
 * SlContentCounts: how often each content was published on a channel. Of so many different ones;
 * that which was not published for longest makes room. Pure data.
 */
typedef struct {
    GHashTable *entries; /* set of Entry, by its text; owned by the queue */
    GQueue by_use;       /* of Entry, the latest first */
    gsize bytes;         /* of their texts */
} SlContentCounts;

void sl_content_counts_init(SlContentCounts *self);
void sl_content_counts_clear(SlContentCounts *self);

/** sl_content_counts_add: Returns: how often @text has been there, this time included */
guint sl_content_counts_add(SlContentCounts *self, const char *text);

/**
 * sl_content_counts_get_most:
 * @ret_most: (array length=n) (out caller-allocates): the most frequent first; of the same count,
 * the latest first. Valid until something is added
 *
 * Returns: how many there are, @n at most
 */
guint sl_content_counts_get_most(const SlContentCounts *self, SlContentCount *ret_most, guint n);

G_END_DECLS
