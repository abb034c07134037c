#include "sl-object-note.h"

#include <stdio.h>
#include <string.h>

void
sl_object_note_format(const SlObjectNote *self, char text[SL_OBJECT_NOTE_LENGTH + 1])
{
    g_snprintf(text, SL_OBJECT_NOTE_LENGTH + 1,
               "%019" G_GINT64_FORMAT " %019" G_GINT64_FORMAT " %c\n", MAX(self->stored_ms, 0),
               MAX(self->used_ms, 0), self->pinned ? 'p' : '-');
}

gboolean
sl_object_note_parse(SlObjectNote *self, const char *text, gsize length)
{
    char line[SL_OBJECT_NOTE_LENGTH + 1];
    guint64 stored_ms, used_ms;

    if (length != SL_OBJECT_NOTE_LENGTH || text[19] != ' ' || text[39] != ' ' || text[41] != '\n' ||
        (text[40] != 'p' && text[40] != '-'))
        return FALSE;
    memcpy(line, text, length);
    line[19] = line[39] = '\0';
    if (!g_ascii_string_to_unsigned(line, 10, 0, G_MAXINT64, &stored_ms, NULL) ||
        !g_ascii_string_to_unsigned(line + 20, 10, 0, G_MAXINT64, &used_ms, NULL))
        return FALSE;
    self->stored_ms = (gint64)stored_ms;
    self->used_ms = (gint64)used_ms;
    self->pinned = text[40] == 'p';
    return TRUE;
}
