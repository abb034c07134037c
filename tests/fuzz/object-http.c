#include "fuzz.h"
#include "sl-byte-range.h"
#include "sl-save-name.h"

#include <string.h>

/*
 * What the address and the header of a download may say, as any bytes: `Range`, of which what is to
 * be given lies within the object and is what a range in plain words for it gives; and `name`, of
 * which what comes back stays one header and one file's name.
 */

static void
check_range(const char *header, guint64 size)
{
    SlByteRange range, again;
    SlByteRangeKind kind = sl_byte_range_parse(header, size, &range);
    g_autofree char *plain = NULL;

    fuzz_check(range.begin <= range.end && range.end <= size,
               "%" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT, range.begin,
               range.end, size);
    fuzz_check(kind != SL_BYTE_RANGE_WHOLE || (range.begin == 0 && range.end == size),
               "not the whole");
    fuzz_check(kind != SL_BYTE_RANGE_BEYOND || range.end == 0, "beyond the end, and yet something");
    fuzz_check(kind == SL_BYTE_RANGE_WHOLE ||
                   (g_ascii_strncasecmp(header, "bytes=", 6) == 0 && strchr(header, ',') == NULL),
               "of another unit, or several");
    if (kind != SL_BYTE_RANGE_PART)
        return;
    fuzz_check(range.begin < range.end, "a part of nothing");
    plain = g_strdup_printf("bytes=%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, range.begin,
                            range.end - 1);
    fuzz_check(sl_byte_range_parse(plain, size, &again) == SL_BYTE_RANGE_PART &&
                   again.begin == range.begin && again.end == range.end,
               "%s is something else", plain);
}

static void
check_clean(const char *name)
{
    g_autofree char *again = sl_save_name_clean(name);

    fuzz_check(*name != '\0' && strlen(name) <= SL_SAVE_NAME_MAX_BYTES &&
                   g_utf8_validate(name, -1, NULL),
               "a name of %" G_GSIZE_FORMAT " bytes", strlen(name));
    fuzz_check(strpbrk(name, "/\\:*?\"<>|\r\n\t") == NULL && *name != '.', "it is called %s", name);
    fuzz_check(again != NULL && g_str_equal(again, name), "%s is %s the next time", name, again);
}

static void
check_name(const char *name)
{
    g_autofree char *clean = sl_save_name_clean(name);
    g_autofree char *header = sl_save_name_to_disposition(name);
    const char *extended = strstr(header, "; filename*=UTF-8''");

    if (clean != NULL)
        check_clean(clean);
    fuzz_check(g_str_has_prefix(header, "attachment"), "it is shown: %s", header);
    fuzz_check((clean == NULL) == g_str_equal(header, "attachment"), "a name that is none");
    for (const char *c = header; *c != '\0'; c++)
        fuzz_check(g_ascii_isprint(*c), "a header with byte %d", *c);
    if (extended != NULL) {
        g_autofree char *said = g_uri_unescape_string(strstr(extended, "''") + 2, NULL);

        fuzz_check(g_strcmp0(said, clean) == 0, "it says %s, it is %s", said, clean);
    } else if (clean != NULL) {
        g_autofree char *expected = g_strdup_printf("attachment; filename=\"%s\"", clean);

        fuzz_check(g_str_equal(header, expected), "it says %s, it is %s", header, clean);
    }
}

/* The first bytes: a size. */
int
LLVMFuzzerTestOneInput(const guint8 *data, gsize len)
{
    FuzzInput input = { data, len, 0 };
    guint bits = fuzz_input_byte(&input) % 64;
    guint64 size = (G_GUINT64_CONSTANT(1) << bits) - 1 + fuzz_input_byte(&input) % 4;
    g_autofree char *text = g_strndup((const char *)data + input.at, len - input.at);

    check_range(text, size);
    check_name(text);
    return 0;
}
