#include "sl-sdp-text.h"
#include "sl-error.h"

#include <string.h>

/* webrtcbin's parser cuts what it reads at 8 KiB. */
#define MAX_LINE_BYTES 4096
#define MAX_MEDIAS 32
#define MAX_KEY_BYTES 64

static SlSdpSection *
section_new(guint line)
{
    SlSdpSection *self = g_new0(SlSdpSection, 1);

    self->line = line;
    self->attributes = g_array_new(FALSE, FALSE, sizeof(SlSdpAttribute));
    return self;
}

static void
section_free(gpointer data)
{
    SlSdpSection *self = data;

    g_free(self->kind);
    g_free(self->proto);
    g_strfreev(self->formats);
    g_array_unref(self->attributes);
    g_free(self);
}

void
sl_sdp_text_free(SlSdpText *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->medias);
    section_free(self->session);
    g_free(self->text);
    g_free(self);
}

static gboolean
invalid(GError **error, guint line, const char *problem)
{
    g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID, "SDP line %u: %s", line, problem);
    return FALSE;
}

static gboolean
parse_media(SlSdpText *self, const char *value, guint line, GError **error)
{
    g_auto(GStrv) words = g_strsplit(value, " ", -1);
    guint n = g_strv_length(words);
    guint64 port;
    SlSdpSection *media;

    if (n < 4)
        return invalid(error, line, "expected “m=KIND PORT PROTOCOL FORMAT …”");
    for (guint i = 0; i < n; i++) {
        if (*words[i] == '\0')
            return invalid(error, line, "more than one space in “m=”");
    }
    if (!g_ascii_string_to_unsigned(words[1], 10, 0, G_MAXUINT16, &port, NULL))
        return invalid(error, line, "the port of “m=” is not 0 to 65535");
    if (self->medias->len >= MAX_MEDIAS)
        return invalid(error, line, "more than 32 “m=” lines");

    media = section_new(line);
    media->kind = g_strdup(words[0]);
    media->port = port;
    media->proto = g_strdup(words[2]);
    media->formats = g_strdupv(words + 3);
    g_ptr_array_add(self->medias, media);
    return TRUE;
}

static gboolean
parse_attribute(SlSdpSection *section, char *value, guint line, GError **error)
{
    SlSdpAttribute attribute = { .line = line, .key = value };
    gsize len = 0;

    /* Narrower than a token, but so are all names there are. */
    while (g_ascii_isalnum(value[len]) || value[len] == '-' || value[len] == '_')
        len++;
    if (len == 0 || len > MAX_KEY_BYTES || (value[len] != ':' && value[len] != '\0'))
        return invalid(error, line, "expected “a=NAME” or “a=NAME:VALUE”");
    attribute.value = value[len] == ':' ? value + len + 1 : value + len;
    value[len] = '\0';
    g_array_append_val(section->attributes, attribute);
    return TRUE;
}

static gboolean
parse_line(SlSdpText *self, char *text, guint line, GError **error)
{
    SlSdpSection *section =
        self->medias->len > 0 ? self->medias->pdata[self->medias->len - 1] : self->session;

    if (strlen(text) > MAX_LINE_BYTES)
        return invalid(error, line, "longer than 4096 bytes");
    if (strchr("vosiuepcbtrzam", text[0]) == NULL || text[0] == '\0' || text[1] != '=')
        return invalid(error, line, "expected a type that an SDP has here, and “=”");
    for (const char *p = text; *p != '\0'; p++) {
        if (g_ascii_iscntrl(*p))
            return invalid(error, line, "a control character");
    }
    if (text[0] == 'm')
        return parse_media(self, text + 2, line, error);
    if (text[0] == 'a')
        return parse_attribute(section, text + 2, line, error);
    if (text[0] == 'o' && self->origin == NULL)
        self->origin = text + 2;
    return TRUE;
}

static gboolean
parse_lines(SlSdpText *self, gboolean is_fragment, GError **error)
{
    guint line = 0;

    for (char *text = self->text, *next; *text != '\0'; text = next) {
        gsize len = strcspn(text, "\n");

        next = text[len] != '\0' ? text + len + 1 : text + len;
        text[len] = '\0';
        if (len > 0 && text[len - 1] == '\r')
            text[len - 1] = '\0';
        if (++line == 1 && !is_fragment && strcmp(text, "v=0") != 0)
            return invalid(error, line, "expected “v=0”");
        if (!parse_line(self, text, line, error))
            return FALSE;
    }
    return line > 0 || invalid(error, 1, "the SDP is empty");
}

static SlSdpText *
parse(const char *text, gsize max_bytes, gboolean is_fragment, GError **error)
{
    g_autoptr(SlSdpText) self = NULL;
    gsize len = strlen(text);

    if (len > max_bytes) {
        g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_TOO_LARGE,
                    "SDP of %" G_GSIZE_FORMAT " bytes, at most %" G_GSIZE_FORMAT " are allowed",
                    len, max_bytes);
        return NULL;
    }
    if (!g_utf8_validate(text, -1, NULL)) {
        g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID, "SDP is not UTF-8");
        return NULL;
    }
    self = g_new0(SlSdpText, 1);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    self->text = g_strndup(text, len);
    self->session = section_new(1);
    self->medias = g_ptr_array_new_with_free_func(section_free);
    return parse_lines(self, is_fragment, error) ? g_steal_pointer(&self) : NULL;
}

SlSdpText *
sl_sdp_text_parse(const char *text, gsize max_bytes, GError **error)
{
    return parse(text, max_bytes, FALSE, error);
}

SlSdpText *
sl_sdp_text_parse_fragment(const char *text, gsize max_bytes, GError **error)
{
    return parse(text, max_bytes, TRUE, error);
}

const SlSdpAttribute *
sl_sdp_section_find(const SlSdpSection *self, const char *key, guint n)
{
    for (guint i = 0; i < self->attributes->len; i++) {
        const SlSdpAttribute *attribute = &g_array_index(self->attributes, SlSdpAttribute, i);

        if (strcmp(attribute->key, key) == 0 && n-- == 0)
            return attribute;
    }
    return NULL;
}

const char *
sl_sdp_section_get(const SlSdpSection *self, const char *key)
{
    const SlSdpAttribute *attribute = sl_sdp_section_find(self, key, 0);

    return attribute != NULL ? attribute->value : NULL;
}

gboolean
sl_sdp_section_invalid(GError **error, const SlSdpSection *section, const char *format, ...)
{
    g_autofree char *problem = NULL;
    va_list args;

    va_start(args, format);
    problem = g_strdup_vprintf(format, args);
    va_end(args);
    return invalid(error, section->line, problem);
}
