#include "sl-launch-tokens.h"

#include <gst/gst.h>
#include <string.h>

/* Launch text and its tokens, one a line: LINE KIND NAME=VALUE; or its problems. */
typedef struct {
    const char *text;
    const char *expected;
} Case;

static const Case cases[] = {
    { "a", "1 element a" },
    { "a!b", "1 element a|1 link|1 element b" },
    { " a\n!\n\n b", "1 element a|2 link|4 element b" },
    { "a p=1 q = \"x ! y\" r=\n2 b", "1 element a|1 p=1|1 q=\"x ! y\"|1 r=2|2 element b" },
    { "a p=", "1: found 'p=', expected a value after '='" },
    { "a p=\"\"", "1 element a|1 p=\"\"" },
    { "a p=b!c ! d", "1 element a|1 p=b!c|1 link|1 element d" },
    { "a ! v/x ! b", "1 element a|1 link|1 caps v/x|1 link|1 element b" },
    { "a ! v/x-raw(memory:DMABuf),w=[1,\n2];i/j!b",
      "1 element a|1 link|1 caps v/x-raw(memory:DMABuf),w=[1,\n2];i/j|2 link|2 element b" },
    { "a ! v/x", "1: found 'v/x', expected '!' after caps" },
    { "v/x ! a", "1: found 'v/x', expected '!' before caps" },
    { "t. ! a\nt.src_0 ! u.sink ( b )", "1 reference t.|1 link|1 element a|2 reference t.src_0|2 "
                                        "link|2 reference u.sink|2 (|2 element b|2 )" },
    { "t. a", "1: found 'a', expected '!' before it" },
    { "a ! t. ! b", "1: found '!', expected an element before it" },
    { "${capture} ! a p=${x} q=\"${y} z\"",
      "1 input ${capture}|1 link|1 element a|1 p=${x}|1 q=\"${y} z\"" },
    { "( ( ( ( ( a ) ) ) ) )", "1: found '(', expected bins nested four deep at most|1: found ')', "
                               "expected a '(' before it" },
    { "( )", "1: found ')', expected an element before it" },
    { "a ! ( name=x b ! c )", "1: found 'name=x', expected an element before it" },
    { "", "9: [x] is empty, expected launch text" },
    { "a\n! ", "2: [x] ends with '!', expected an element after it" },
    { "a p=\"x\ny\"",
      "1: found '\"x', expected a closing '\"' on the same line|2: found 'y\"', expected an "
      "element, PROPERTY=VALUE or '!'" },
};

static SlLaunch *
make_launch(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    SlLaunch *launch = sl_launch_new(9);

    if (*text == '\0')
        return launch;
    for (guint i = 0; lines[i] != NULL; i++) {
        if (i > 0)
            sl_launch_append(launch, i + 1, "\n", 1);
        sl_launch_append(launch, i + 1, lines[i], -1);
    }
    return launch;
}

static void
append_token(GString *text, SlToken *token)
{
    const char *quote = token->quoted ? "\"" : "";

    g_string_append_printf(text, "%s%u ", text->len > 0 ? "|" : "", token->line);
    switch (token->kind) {
    case SL_TOKEN_ELEMENT:
        g_string_append_printf(text, "element %s", token->name);
        break;
    case SL_TOKEN_ASSIGNMENT:
        g_string_append_printf(text, "%s=%s%s%s", token->name, quote, token->value, quote);
        break;
    case SL_TOKEN_LINK:
        g_string_append(text, "link");
        break;
    case SL_TOKEN_CAPS:
        g_string_append_printf(text, "caps %s", token->value);
        break;
    case SL_TOKEN_REFERENCE:
        g_string_append_printf(text, "reference %s.%s", token->name,
                               token->value != NULL ? token->value : "");
        break;
    case SL_TOKEN_BIN_OPEN:
        g_string_append_c(text, '(');
        break;
    case SL_TOKEN_BIN_CLOSE:
        g_string_append_c(text, ')');
        break;
    case SL_TOKEN_INPUT:
        g_string_append_printf(text, "input %s", token->value);
        break;
    }
}

static void
test_case(gconstpointer data)
{
    const Case *c = data;
    g_autoptr(SlLaunch) launch = make_launch(c->text);
    g_autoptr(SlProblems) problems = sl_problems_new("");
    g_autoptr(GPtrArray) tokens = sl_launch_tokens_read(launch, "[x]", problems);
    GString *found = g_string_new(NULL);

    for (guint i = 0; i < tokens->len; i++)
        append_token(found, g_ptr_array_index(tokens, i));
    if (sl_problems_get_count(problems) > 0) {
        g_autofree char *all = sl_problems_to_text(problems);

        g_string_assign(found, g_strdelimit(all, "\n", '|') + 1);
        g_string_replace(found, "|:", "|", 0);
    }
    g_assert_cmpstr(found->str, ==, c->expected);
    g_string_free(found, TRUE);
}

/* Every byte of the text belongs to the line that it came from, in texts of any number of pieces.
 */
static void
test_lines(void)
{
    g_autoptr(SlLaunch) launch = sl_launch_new(3);

    g_assert_cmpuint(sl_launch_get_line(launch, 0), ==, 3);
    for (guint line = 5; line < 50; line++)
        sl_launch_append(launch, line, "abc", -1);
    for (gsize offset = 0; offset < sl_launch_get_length(launch); offset++)
        g_assert_cmpuint(sl_launch_get_line(launch, offset), ==, 5 + offset / 3);
    g_assert_cmpuint(sl_launch_get_line(launch, 10000), ==, 49);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/launch-tokens/%" G_GSIZE_FORMAT, i);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    g_test_add_func("/launch-tokens/lines", test_lines);
    return g_test_run();
}
