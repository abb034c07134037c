#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** SlObjectNote: what a folder remembers of an object beside its bytes; times in ms since 1970 */
typedef struct {
    gint64 stored_ms, used_ms;
    gboolean pinned;
} SlObjectNote;

/** SL_OBJECT_NOTE_LENGTH: of any note: one overwrites another in one piece */
#define SL_OBJECT_NOTE_LENGTH 42

void sl_object_note_format(const SlObjectNote *self, char text[SL_OBJECT_NOTE_LENGTH + 1]);

/** sl_object_note_parse: Returns: FALSE, and @self is as before, if @text is no note */
gboolean sl_object_note_parse(SlObjectNote *self, const char *text, gsize length);

G_END_DECLS
