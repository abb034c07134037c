#include "sl-save-name.h"

#include <string.h>

typedef struct {
    const char *name;
    const char *clean;       /* nullable */
    const char *disposition; /* after `attachment` */
} Case;

static const Case CASES[] = {
    { "a.txt", "a.txt", "; filename=\"a.txt\"" },
    { "two words.tar.gz", "two words.tar.gz", "; filename=\"two words.tar.gz\"" },
    { "Grüße.pdf", "Grüße.pdf", "; filename=\"Gr__e.pdf\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.pdf" },
    { "100%.txt", "100%.txt", "; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt" },
    { "it's.txt", "it's.txt", "; filename=\"it's.txt\"" },
    { "ж'(1);=,@.txt", "ж'(1);=,@.txt",
      "; filename=\"_'(1);=,@.txt\"; filename*=UTF-8''%D0%B6%27%281%29%3B%3D%2C%40.txt" },
    { "../../etc/passwd", "_.._etc_passwd", "; filename=\"_.._etc_passwd\"" },
    { "..\\boot.ini", "_boot.ini", "; filename=\"_boot.ini\"" },
    { "C:\\x", "C__x", "; filename=\"C__x\"" },
    { ".bashrc", "bashrc", "; filename=\"bashrc\"" },
    { "  a  ", "a", "; filename=\"a\"" },
    { "a. . .", "a", "; filename=\"a\"" },
    { "\"; filename=evil.exe", "_; filename=evil.exe", "; filename=\"_; filename=evil.exe\"" },
    { "a\r\nSet-Cookie: b", "aSet-Cookie_ b", "; filename=\"aSet-Cookie_ b\"" },
    { "a\tb\x7f"
      "c\x01",
      "abc", "; filename=\"abc\"" },
    /* right-to-left override, zero-width space, byte order mark, line separator */
    { "annexe\u202etxt.exe", "annexetxt.exe", "; filename=\"annexetxt.exe\"" },
    { "a\u200bb\ufeffc\u2028d", "abcd", "; filename=\"abcd\"" },
    { "\xff.txt", "\ufffd.txt", "; filename=\"_.txt\"; filename*=UTF-8''%EF%BF%BD.txt" },
    { "", NULL, "" },
    { "...", NULL, "" },
    { "///", NULL, "" },
    { " . ", NULL, "" },
    { "\u202e\u202d", NULL, "" },
};

static void
test_case(gconstpointer data)
{
    const Case *test = data;
    g_autofree char *clean = sl_save_name_clean(test->name);
    g_autofree char *disposition = sl_save_name_to_disposition(test->name);
    g_autofree char *expected = g_strconcat("attachment", test->disposition, NULL);

    g_assert_cmpstr(clean, ==, test->clean);
    g_assert_cmpstr(disposition, ==, expected);
}

/* Cut between characters. */
static void
test_long(void)
{
    for (guint shift = 0; shift < 4; shift++) {
        g_autoptr(GString) name = g_string_new(NULL);
        g_autofree char *clean = NULL;

        for (guint i = 0; i < shift; i++)
            g_string_append_c(name, 'a');
        for (guint i = 0; i < 1000; i++)
            g_string_append(name, "\xf0\x9f\x93\xb7");
        clean = sl_save_name_clean(name->str);
        g_assert_true(g_utf8_validate(clean, -1, NULL));
        g_assert_cmpuint(strlen(clean), <=, SL_SAVE_NAME_MAX_BYTES);
        g_assert_cmpuint(strlen(clean), >, SL_SAVE_NAME_MAX_BYTES - 4);
        g_assert_true(g_str_has_prefix(name->str, clean));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *path = g_strdup_printf("/save-name/%u", i);
        g_test_add_data_func(path, &CASES[i], test_case);
    }
    g_test_add_func("/save-name-long", test_long);
    return g_test_run();
}
