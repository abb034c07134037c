#include "sl-byte-range.h"

typedef struct {
    const char *header; /* nullable */
    guint64 size;
    SlByteRangeKind kind;
    guint64 begin, end;
} Case;

#define WHOLE SL_BYTE_RANGE_WHOLE
#define PART SL_BYTE_RANGE_PART
#define BEYOND SL_BYTE_RANGE_BEYOND

static const Case CASES[] = {
    { NULL, 100, WHOLE, 0, 100 },
    { "bytes=0-0", 100, PART, 0, 1 },
    { "bytes=0-99", 100, PART, 0, 100 },
    { "bytes=0-100", 100, PART, 0, 100 },
    { "bytes=10-19", 100, PART, 10, 20 },
    { "bytes=99-", 100, PART, 99, 100 },
    { "bytes=0-", 100, PART, 0, 100 },
    { "bytes=-1", 100, PART, 99, 100 },
    { "bytes=-100", 100, PART, 0, 100 },
    { "bytes=-101", 100, PART, 0, 100 },
    { "Bytes= 5-6 ", 100, PART, 5, 7 },
    { "bytes=\t5-\t", 100, PART, 5, 100 },
    { "bytes=007-0008", 100, PART, 7, 9 },

    { "bytes=100-", 100, BEYOND, 0, 0 },
    { "bytes=100-200", 100, BEYOND, 0, 0 },
    { "bytes=-0", 100, BEYOND, 0, 0 },
    { "bytes=0-", 0, BEYOND, 0, 0 },
    { "bytes=-1", 0, BEYOND, 0, 0 },
    { "bytes=99999999999999999999999999-", 100, BEYOND, 0, 0 },
    { "bytes=18446744073709551615-18446744073709551615", 100, BEYOND, 0, 0 },

    { "bytes=0-18446744073709551615", 100, PART, 0, 100 },
    { "bytes=1-18446744073709551616", 100, PART, 1, 100 },
    { "bytes=0-99999999999999999999999999", 100, PART, 0, 100 },
    { "bytes=-99999999999999999999999999", 100, PART, 0, 100 },
    { "bytes=0-18446744073709551614", G_MAXUINT64, PART, 0, G_MAXUINT64 },
    { "bytes=-1", G_MAXUINT64, PART, G_MAXUINT64 - 1, G_MAXUINT64 },

    { "", 100, WHOLE, 0, 100 },
    { "bytes", 100, WHOLE, 0, 100 },
    { "bytes=", 100, WHOLE, 0, 100 },
    { "bytes=-", 100, WHOLE, 0, 100 },
    { "bytes=--1", 100, WHOLE, 0, 100 },
    { "bytes=+1-2", 100, WHOLE, 0, 100 },
    { "bytes=5", 100, WHOLE, 0, 100 },
    { "bytes=9-5", 100, WHOLE, 0, 100 },
    { "bytes=a-b", 100, WHOLE, 0, 100 },
    { "bytes=0x1-2", 100, WHOLE, 0, 100 },
    { "bytes=1-2x", 100, WHOLE, 0, 100 },
    { "bytes=1 -2", 100, WHOLE, 0, 100 },
    { "bytes=1-2-3", 100, WHOLE, 0, 100 },
    { "bytes =1-2", 100, WHOLE, 0, 100 },
    { "bytes=1-2,4-5", 100, WHOLE, 0, 100 },
    { "bytes=1-2,", 100, WHOLE, 0, 100 },
    { "bytes=-1,-2", 100, WHOLE, 0, 100 },
    { "items=1-2", 100, WHOLE, 0, 100 },
    { "bytes=0-", G_MAXUINT64, PART, 0, G_MAXUINT64 },
};

static void
test_case(gconstpointer data)
{
    const Case *test = data;
    SlByteRange range;

    g_assert_cmpint(sl_byte_range_parse(test->header, test->size, &range), ==, test->kind);
    g_assert_cmpuint(range.begin, ==, test->begin);
    g_assert_cmpuint(range.end, ==, test->end);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *path = g_strdup_printf("/byte-range/%u", i);
        g_test_add_data_func(path, &CASES[i], test_case);
    }
    return g_test_run();
}
