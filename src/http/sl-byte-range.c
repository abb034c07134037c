#include "sl-byte-range.h"

#include <string.h>

#define UNIT "bytes="

/* Cuts digits off; more than there are bytes anywhere counts as G_MAXUINT64. */
static gboolean
take_number(const char **text, guint64 *ret_number)
{
    const char *digit = *text;
    guint64 number = 0;

    for (; g_ascii_isdigit(*digit); digit++) {
        guint64 value = (guint64)(*digit - '0');

        number = number > (G_MAXUINT64 - value) / 10 ? G_MAXUINT64 : number * 10 + value;
    }
    if (digit == *text)
        return FALSE;
    *text = digit;
    *ret_number = number;
    return TRUE;
}

static gboolean
is_end(const char *text)
{
    return text[strspn(text, " \t")] == '\0';
}

/* `-N`: the last N bytes */
static SlByteRangeKind
parse_suffix(const char *text, guint64 size, SlByteRange *range)
{
    guint64 n;

    if (!take_number(&text, &n) || !is_end(text))
        return SL_BYTE_RANGE_WHOLE;
    range->begin = size - MIN(n, size);
    range->end = size;
    return range->begin < range->end ? SL_BYTE_RANGE_PART : SL_BYTE_RANGE_BEYOND;
}

/* `FIRST-` or `FIRST-LAST` */
static SlByteRangeKind
parse_first(const char *text, guint64 size, SlByteRange *range)
{
    guint64 first, last = G_MAXUINT64;

    if (!take_number(&text, &first) || *text++ != '-' ||
        (!is_end(text) && (!take_number(&text, &last) || !is_end(text))) || first > last)
        return SL_BYTE_RANGE_WHOLE;
    range->begin = first;
    range->end = last < size ? last + 1 : size;
    return first < size ? SL_BYTE_RANGE_PART : SL_BYTE_RANGE_BEYOND;
}

SlByteRangeKind
sl_byte_range_parse(const char *header, guint64 size, SlByteRange *ret_range)
{
    SlByteRange range = { 0, 0 };
    SlByteRangeKind kind = SL_BYTE_RANGE_WHOLE;

    if (header != NULL && g_ascii_strncasecmp(header, UNIT, strlen(UNIT)) == 0) {
        const char *text = header + strlen(UNIT);

        text += strspn(text, " \t");
        kind =
            *text == '-' ? parse_suffix(text + 1, size, &range) : parse_first(text, size, &range);
    }
    if (kind == SL_BYTE_RANGE_WHOLE)
        range = (SlByteRange){ 0, size };
    else if (kind == SL_BYTE_RANGE_BEYOND)
        range = (SlByteRange){ 0, 0 };
    *ret_range = range;
    return kind;
}
