#include "sl-save-name.h"

#include <string.h>

/* What some system takes for a part of a path, a device, or a shell's. */
#define REPLACED "/\\:*?\"<>|"
/* RFC 8187, section 3.2.1: attr-char, besides letters and digits (which GLib knows) and "-._~" */
#define ATTR_CHARS "!#$&+^`|"

/* What can't be seen, or turns the direction of what is beside it ("exe.txt"). */
static gboolean
is_hidden(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);

    return type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT || type == G_UNICODE_SURROGATE ||
           type == G_UNICODE_UNASSIGNED || type == G_UNICODE_LINE_SEPARATOR ||
           type == G_UNICODE_PARAGRAPH_SEPARATOR;
}

static gboolean
is_replaced(gunichar c)
{
    return c < 0x80 && strchr(REPLACED, (int)c) != NULL;
}

/* At most so many bytes, whole characters. */
static void
cut(GString *name, gsize max)
{
    if (name->len > max)
        g_string_truncate(
            name, (gsize)(g_utf8_find_prev_char(name->str, name->str + max + 1) - name->str));
}

char *
sl_save_name_clean(const char *name)
{
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    g_autoptr(GString) clean = g_string_new(NULL);
    gboolean has_letter = FALSE;

    for (const char *c = valid; *c != '\0'; c = g_utf8_next_char(c)) {
        gunichar character = g_utf8_get_char(c);

        if (is_hidden(character))
            continue;
        /* A name that begins with a dot is hidden, one that begins with a space looks like another.
         */
        if (clean->len == 0 && (character == '.' || g_unichar_isspace(character)))
            continue;
        g_string_append_unichar(clean, is_replaced(character) ? '_' : character);
        has_letter |= !is_replaced(character);
    }
    cut(clean, SL_SAVE_NAME_MAX_BYTES);
    /* Windows leaves these out. */
    while (clean->len > 0 && strchr(". ", clean->str[clean->len - 1]) != NULL)
        g_string_truncate(clean, clean->len - 1);
    return clean->len > 0 && has_letter ? g_string_free(g_steal_pointer(&clean), FALSE) : NULL;
}

/* For who does not know `filename*`. */
static char *
to_ascii(const char *name)
{
    g_autoptr(GString) ascii = g_string_new(NULL);

    for (const char *c = name; *c != '\0'; c = g_utf8_next_char(c))
        g_string_append_c(ascii, (guchar)*c < 0x80 && *c != '%' ? *c : '_');
    return g_string_free(g_steal_pointer(&ascii), FALSE);
}

char *
sl_save_name_to_disposition(const char *name)
{
    g_autofree char *clean = name != NULL ? sl_save_name_clean(name) : NULL;
    g_autofree char *ascii = NULL;
    g_autofree char *escaped = NULL;

    if (clean == NULL)
        return g_strdup("attachment");
    ascii = to_ascii(clean);
    if (strcmp(ascii, clean) == 0)
        return g_strdup_printf("attachment; filename=\"%s\"", ascii);
    escaped = g_uri_escape_string(clean, ATTR_CHARS, FALSE);
    return g_strdup_printf("attachment; filename=\"%s\"; filename*=UTF-8''%s", ascii, escaped);
}
