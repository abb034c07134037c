#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** SlObjectBacklog: bytes of an upload, in order, that no job has yet. All zeros: none. */
typedef struct {
    GQueue pieces;     /* of GBytes */
    GByteArray *small; /* nullable: what follows them, as long as it is little */
} SlObjectBacklog;

void sl_object_backlog_clear(SlObjectBacklog *self);
gboolean sl_object_backlog_is_empty(const SlObjectBacklog *self);

/** sl_object_backlog_push: @bytes: (transfer none). Small ones are kept together */
void sl_object_backlog_push(SlObjectBacklog *self, GBytes *bytes);

/** sl_object_backlog_take: the oldest. Returns: (transfer full) (nullable): none are there */
GBytes *sl_object_backlog_take(SlObjectBacklog *self);

/** sl_object_backlog_cut: lets go of the newest @n bytes, or of all. Returns: of how many */
guint64 sl_object_backlog_cut(SlObjectBacklog *self, guint64 n);

G_END_DECLS
