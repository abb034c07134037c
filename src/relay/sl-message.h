#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SlMessage: one message of a channel. Immutable, reference-counted. `json` is the complete
 * `{"type":"message",…}` text, made once for all who receive it.
 */
typedef struct {
    gatomicrefcount refs;
    guint64 offset; /* from 1 */
    gint64 made_us; /* g_get_monotonic_time() */
    gsize bytes;    /* what it counts for in bounds */
    gsize length;   /* of json */
    char *json;
} SlMessage;

/** sl_message_new: @json: (transfer full) */
SlMessage *sl_message_new(guint64 offset, gint64 made_us, char *json);
SlMessage *sl_message_ref(SlMessage *self);
void sl_message_unref(SlMessage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlMessage, sl_message_unref)

G_END_DECLS
