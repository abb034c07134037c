#include "sl-json-scan.h"
#include "sl-error.h"

#include <math.h>
#include <string.h>

typedef struct {
    const char *start, *pos, *end;
    guint depth, max_depth;
    GError **error;
} Scan;

static gboolean scan_value(Scan *scan, const char *expected);

static gboolean
fail(Scan *scan, const char *expected)
{
    gsize at = scan->pos - scan->start;
    char c;

    if (scan->pos == scan->end) {
        g_set_error(scan->error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID,
                    "JSON ends at byte %" G_GSIZE_FORMAT ", expected %s", at, expected);
        return FALSE;
    }
    c = *scan->pos;
    g_set_error(scan->error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID,
                g_ascii_isgraph(c) ? "JSON has “%c” at byte %" G_GSIZE_FORMAT ", expected %s"
                                   : "JSON has byte 0x%02x at byte %" G_GSIZE_FORMAT
                                     ", expected %s",
                (guchar)c, at, expected);
    return FALSE;
}

static void
skip_space(Scan *scan)
{
    while (scan->pos < scan->end && memchr(" \t\r\n", *scan->pos, 4) != NULL)
        scan->pos++;
}

static gboolean
take(Scan *scan, char c)
{
    if (scan->pos == scan->end || *scan->pos != c)
        return FALSE;
    scan->pos++;
    return TRUE;
}

static gboolean
take_word(Scan *scan, const char *word)
{
    gsize len = strlen(word);

    if ((gsize)(scan->end - scan->pos) < len || memcmp(scan->pos, word, len) != 0)
        return FALSE;
    scan->pos += len;
    return TRUE;
}

static gboolean
take_digits(Scan *scan)
{
    const char *first = scan->pos;

    while (scan->pos < scan->end && g_ascii_isdigit(*scan->pos))
        scan->pos++;
    return scan->pos > first;
}

static gboolean
scan_hex4(Scan *scan, guint *ret_unit)
{
    guint unit = 0;

    for (guint i = 0; i < 4; i++, scan->pos++) {
        if (scan->pos == scan->end || !g_ascii_isxdigit(*scan->pos))
            return fail(scan, "four hexadecimal digits");
        unit = unit << 4 | g_ascii_xdigit_value(*scan->pos);
    }
    *ret_unit = unit;
    return TRUE;
}

static gboolean
scan_unicode_escape(Scan *scan)
{
    const char *escape = scan->pos;
    guint unit, low;

    if (!scan_hex4(scan, &unit))
        return FALSE;
    if (unit == 0) {
        scan->pos = escape;
        return fail(scan, "no NUL in a string");
    }
    if (unit < 0xd800 || unit > 0xdfff)
        return TRUE;
    if (unit > 0xdbff || !take_word(scan, "\\u"))
        return fail(scan, "a surrogate pair");
    if (!scan_hex4(scan, &low))
        return FALSE;
    return (low >= 0xdc00 && low <= 0xdfff) || fail(scan, "a surrogate pair");
}

static gboolean
scan_string(Scan *scan, const char *expected)
{
    if (!take(scan, '"'))
        return fail(scan, expected);
    while (!take(scan, '"')) {
        if (scan->pos == scan->end)
            return fail(scan, "the end of a string");
        if ((guchar)*scan->pos < 0x20)
            return fail(scan, "no control character in a string");
        if (*scan->pos++ != '\\')
            continue;
        if (take(scan, 'u')) {
            if (!scan_unicode_escape(scan))
                return FALSE;
        } else if (scan->pos == scan->end || strchr("\"\\/bfnrt", *scan->pos) == NULL) {
            return fail(scan, "an escape");
        } else {
            scan->pos++;
        }
    }
    return TRUE;
}

static gboolean
number_fits(const char *text, gsize len, gboolean integer)
{
    g_autofree char *number = NULL;

    /* A double takes any number of digits; a few hundred are enough for every one there is. */
    if (len > 400)
        return FALSE;
    number = g_strndup(text, len);
    return integer ? g_ascii_string_to_signed(number, 10, G_MININT64, G_MAXINT64, NULL, NULL)
                   : isfinite(g_ascii_strtod(number, NULL));
}

static gboolean
scan_number(Scan *scan, const char *expected)
{
    const char *number = scan->pos;
    gboolean integer = TRUE;

    if (take(scan, '-'))
        expected = "a digit";
    if (!take(scan, '0') && !take_digits(scan))
        return fail(scan, expected);
    if (take(scan, '.')) {
        integer = FALSE;
        if (!take_digits(scan))
            return fail(scan, "a digit");
    }
    if (take(scan, 'e') || take(scan, 'E')) {
        integer = FALSE;
        if (!take(scan, '+'))
            take(scan, '-');
        if (!take_digits(scan))
            return fail(scan, "a digit");
    }
    if (!number_fits(number, scan->pos - number, integer)) {
        scan->pos = number;
        return fail(scan, "a number of at most 64 bits");
    }
    return TRUE;
}

static gboolean
scan_member(Scan *scan, gboolean in_object)
{
    skip_space(scan);
    if (!in_object)
        return scan_value(scan, "a value");
    if (!scan_string(scan, "a member's name"))
        return FALSE;
    skip_space(scan);
    if (!take(scan, ':'))
        return fail(scan, "“:”");
    skip_space(scan);
    return scan_value(scan, "a value");
}

static gboolean
scan_members(Scan *scan, gboolean in_object)
{
    char close = in_object ? '}' : ']';

    if (++scan->depth > scan->max_depth) {
        g_set_error(scan->error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID,
                    "JSON is nested more than %u deep", scan->max_depth);
        return FALSE;
    }
    skip_space(scan);
    if (!take(scan, close)) {
        do {
            if (!scan_member(scan, in_object))
                return FALSE;
            skip_space(scan);
        } while (take(scan, ','));
        if (!take(scan, close))
            return fail(scan, in_object ? "“,” or “}”" : "“,” or “]”");
    }
    scan->depth--;
    return TRUE;
}

static gboolean
scan_value(Scan *scan, const char *expected)
{
    if (take(scan, '{'))
        return scan_members(scan, TRUE);
    if (take(scan, '['))
        return scan_members(scan, FALSE);
    if (scan->pos < scan->end && *scan->pos == '"')
        return scan_string(scan, expected);
    if (take_word(scan, "true") || take_word(scan, "false") || take_word(scan, "null"))
        return TRUE;
    return scan_number(scan, expected);
}

gboolean
sl_json_scan(const char *text, gsize len, guint max_depth, GError **error)
{
    Scan scan = { text, text, text + len, 0, max_depth, error };
    const char *invalid;

    if (!g_utf8_validate_len(text, len, &invalid)) {
        g_set_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID,
                    "JSON is not UTF-8 at byte %" G_GSIZE_FORMAT, (gsize)(invalid - text));
        return FALSE;
    }
    skip_space(&scan);
    if (!take(&scan, '{'))
        return fail(&scan, "an object");
    if (!scan_members(&scan, TRUE))
        return FALSE;
    skip_space(&scan);
    return scan.pos == scan.end || fail(&scan, "its end");
}
