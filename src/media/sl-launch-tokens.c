#include "sl-launch-tokens.h"

#include <string.h>

#define MAX_BIN_DEPTH 4

/* What may come next is decided by what came last. */
typedef enum {
    PLACE_START,         /* of a chain */
    PLACE_AFTER_ELEMENT, /* its assignments, a link, another chain */
    PLACE_AFTER_INPUT,   /* a link only */
    PLACE_AFTER_SOURCE_REFERENCE,
    PLACE_AFTER_SINK_REFERENCE, /* the chain is closed */
    PLACE_AFTER_LINK,
    PLACE_AFTER_CAPS,
    PLACE_LOST, /* after a mistake: up to the next link nothing is judged */
} Place;

typedef struct {
    SlLaunch *launch;
    const char *text;
    const char *section;
    gsize pos;
    Place place;
    guint depth;
    GPtrArray *tokens;
    SlProblems *problems;
} Reader;

static void
free_token(gpointer data)
{
    sl_token_free(data);
}

static gboolean
is_space(char c)
{
    return g_ascii_isspace(c) || c == '\v';
}

static gboolean
is_name_char(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '-';
}

static gsize
skip_spaces(Reader *self, gsize pos)
{
    while (is_space(self->text[pos]))
        pos++;
    return pos;
}

static gsize
find_word_end(Reader *self, gsize pos)
{
    while (self->text[pos] != '\0' && !is_space(self->text[pos]))
        pos++;
    return pos;
}

static guint
line_at(Reader *self, gsize pos)
{
    return sl_launch_get_line(self->launch, pos);
}

static SlToken *
add_token(Reader *self, SlTokenKind kind, gsize start, gsize end)
{
    SlToken *token = g_new0(SlToken, 1);

    token->kind = kind;
    token->line = line_at(self, start);
    token->start = start;
    token->end = end;
    g_ptr_array_add(self->tokens, token);
    self->pos = end;
    return token;
}

/* A mistake at @start; reading goes on at @end. */
static void
refuse(Reader *self, gsize start, gsize end, const char *expected)
{
    g_autofree char *word = g_strndup(self->text + start, MAX(end, start + 1) - start);
    g_autofree char *found = sl_problems_quote(word);

    sl_problems_add(self->problems, line_at(self, start), "found %s, %s", found, expected);
    self->pos = MAX(end, start + 1);
    self->place = PLACE_LOST;
}

static void
refuse_word(Reader *self, gsize start, const char *expected)
{
    refuse(self, start, find_word_end(self, start), expected);
}

/* May an element, or what stands for one, begin here? */
static gboolean
check_element_place(Reader *self, gsize start)
{
    if (self->place == PLACE_AFTER_INPUT || self->place == PLACE_AFTER_SOURCE_REFERENCE) {
        refuse_word(self, start, "expected '!' before it");
        return FALSE;
    }
    return TRUE;
}

static void
read_link(Reader *self)
{
    gsize start = self->pos;

    if (self->place == PLACE_START || self->place == PLACE_AFTER_SINK_REFERENCE)
        refuse(self, start, start + 1, "expected an element before it");
    else if (self->place == PLACE_AFTER_LINK)
        refuse(self, start, start + 1, "expected an element between it and the '!' before");
    else
        add_token(self, SL_TOKEN_LINK, start, start + 1);
    self->place = PLACE_AFTER_LINK;
}

/* The length of `video/x-raw` at @pos, or 0. */
static gsize
media_type_length(Reader *self, gsize pos)
{
    const char *p = self->text + pos;

    while (g_ascii_isalnum(*p) || *p == '-')
        p++;
    if (p == self->text + pos || *p != '/')
        return 0;
    if (!g_ascii_isalnum(p[1]) && p[1] != '-')
        return 0;
    for (p++; g_ascii_isalnum(*p) || *p == '-';)
        p++;
    return p - self->text - pos;
}

/* Quotes do not protect a `!` in caps: gst-launch ends them at the first. */
static void
read_caps(Reader *self)
{
    gsize start = self->pos;
    const char *link = strchr(self->text + start, '!');
    gsize end = link != NULL ? (gsize)(link - self->text) : sl_launch_get_length(self->launch);
    SlToken *token;

    while (end > start && is_space(self->text[end - 1]))
        end--;
    if (link == NULL) {
        refuse_word(self, start, "expected '!' after caps");
        return;
    }
    if (memchr(self->text + start, '\\', end - start) != NULL) {
        refuse(self, start, end, "expected caps without '\\'");
        return;
    }
    token = add_token(self, SL_TOKEN_CAPS, start, end);
    token->value = g_strndup(self->text + start, end - start);
    self->place = PLACE_AFTER_CAPS;
}

static void
read_quoted_value(Reader *self, SlToken *token)
{
    gsize start = self->pos;
    gsize end = start + 1;

    while (self->text[end] != '"' && self->text[end] != '\0' && self->text[end] != '\n')
        end++;
    if (self->text[end] != '"') {
        refuse(self, start, end, "expected a closing '\"' on the same line");
    } else if (memchr(self->text + start, '\\', end - start) != NULL) {
        refuse(self, start, end + 1, "expected a value without '\\'");
    } else if (self->text[end + 1] != '\0' && !is_space(self->text[end + 1])) {
        refuse(self, start, find_word_end(self, end),
               "expected white space after the closing '\"'");
    } else {
        token->value = g_strndup(self->text + start + 1, end - start - 1);
        token->quoted = TRUE;
        token->end = self->pos = end + 1;
    }
}

static void
read_plain_value(Reader *self, SlToken *token)
{
    gsize start = self->pos;
    gsize end = find_word_end(self, start);

    if (end == start || self->text[start] == '!') {
        refuse(self, token->start, start, "expected a value after '='");
    } else if (self->text[start] == '\'') {
        refuse(self, start, end, "expected quotes of the kind \"…\"");
    } else if (memchr(self->text + start, '"', end - start) != NULL) {
        refuse(self, start, end, "expected the whole value in quotes");
    } else if (memchr(self->text + start, '\\', end - start) != NULL) {
        refuse(self, start, end, "expected a value without '\\'");
    } else {
        token->value = g_strndup(self->text + start, end - start);
        token->end = self->pos = end;
    }
}

static void
read_assignment(Reader *self, gsize start, gsize name_end, gsize value_start)
{
    gboolean is_lost = self->place == PLACE_LOST;
    SlToken *token;

    if (self->place != PLACE_AFTER_ELEMENT && !is_lost) {
        refuse(self, start, find_word_end(self, value_start), "expected an element before it");
        return;
    }
    token = add_token(self, SL_TOKEN_ASSIGNMENT, start, value_start);
    token->name = g_strndup(self->text + start, name_end - start);
    self->pos = value_start;
    if (self->text[value_start] == '"')
        read_quoted_value(self, token);
    else
        read_plain_value(self, token);
    /* Where an element could not be read, its properties would be taken for another's. */
    if (token->value == NULL || is_lost)
        g_ptr_array_remove(self->tokens, token);
}

/* `t.` or `t.src_0`; @dot is where the dot is. */
static void
read_reference(Reader *self, gsize start, gsize dot)
{
    gboolean is_sink = self->place == PLACE_AFTER_LINK;
    gsize end = dot + 1;
    SlToken *token;

    while (is_name_char(self->text[end]))
        end++;
    if (self->text[end] != '\0' && self->text[end] != '!' && self->text[end] != ')' &&
        !is_space(self->text[end])) {
        refuse_word(self, start, "expected NAME. or NAME.PAD");
        return;
    }
    if (!check_element_place(self, start))
        return;
    token = add_token(self, SL_TOKEN_REFERENCE, start, end);
    token->name = g_strndup(self->text + start, dot - start);
    if (end > dot + 1)
        token->value = g_strndup(self->text + dot + 1, end - dot - 1);
    self->place = is_sink ? PLACE_AFTER_SINK_REFERENCE : PLACE_AFTER_SOURCE_REFERENCE;
}

static void
read_element(Reader *self, gsize start, gsize end)
{
    SlToken *token;

    if (!check_element_place(self, start))
        return;
    token = add_token(self, SL_TOKEN_ELEMENT, start, end);
    token->name = g_strndup(self->text + start, end - start);
    self->place = PLACE_AFTER_ELEMENT;
}

static void
read_word(Reader *self)
{
    gsize start = self->pos;
    gsize end = start;
    gsize after;
    char next;

    if (self->place == PLACE_AFTER_LINK && media_type_length(self, start) > 0) {
        read_caps(self);
        return;
    }
    while (is_name_char(self->text[end]) || self->text[end] == ':' || self->text[end] == '%')
        end++;
    next = self->text[end];
    after = skip_spaces(self, end);
    if (self->text[after] == '=')
        read_assignment(self, start, end, skip_spaces(self, after + 1));
    else if (g_str_has_prefix(self->text + start, "gst-launch"))
        refuse_word(self, start, "expected launch text alone, without the command");
    else if (next == ':' || memchr(self->text + start, ':', end - start) != NULL)
        refuse_word(self, start,
                    "expected an element; a URI is given as a property: uridecodebin uri=…");
    else if (next == '.' && self->text[end + 1] != '(')
        read_reference(self, start, end);
    else if (media_type_length(self, start) > 0)
        refuse_word(self, start, "expected '!' before caps");
    else if (memchr(self->text + start, '%', end - start) != NULL ||
             (next != '\0' && next != '!' && next != '(' && next != ')' && !is_space(next)))
        refuse_word(self, start, "expected an element, PROPERTY=VALUE or '!'");
    else
        read_element(self, start, end);
}

/* A placeholder at the place of an element. */
static void
read_input(Reader *self)
{
    gsize start = self->pos;
    const char *close = strchr(self->text + start, '}');
    gsize end = close != NULL ? (gsize)(close + 1 - self->text) : find_word_end(self, start);
    SlToken *token;

    if (self->place == PLACE_AFTER_LINK) {
        refuse(self, start, end, "expected an element: a placeholder here can only begin a chain");
        return;
    }
    if (!check_element_place(self, start))
        return;
    token = add_token(self, SL_TOKEN_INPUT, start, end);
    token->value = g_strndup(self->text + start, end - start);
    self->place = PLACE_AFTER_INPUT;
}

static void
read_bin_open(Reader *self)
{
    gsize start = self->pos;

    if (self->depth == MAX_BIN_DEPTH) {
        refuse(self, start, start + 1, "expected bins nested four deep at most");
        return;
    }
    if (!check_element_place(self, start))
        return;
    add_token(self, SL_TOKEN_BIN_OPEN, start, start + 1);
    self->depth++;
    self->place = PLACE_START;
}

static void
read_bin_close(Reader *self)
{
    gsize start = self->pos;

    if (self->depth == 0) {
        refuse(self, start, start + 1, "expected a '(' before it");
        return;
    }
    self->depth--;
    if (self->place != PLACE_AFTER_ELEMENT && self->place != PLACE_AFTER_SINK_REFERENCE &&
        self->place != PLACE_LOST) {
        refuse(self, start, start + 1, "expected an element before it");
        return;
    }
    add_token(self, SL_TOKEN_BIN_CLOSE, start, start + 1);
    self->place = PLACE_AFTER_ELEMENT;
}

static const char *
what_else(char c)
{
    switch (c) {
    case '\\':
        return "expected no '\\': lines need no continuation, and escapes are not read";
    case '"':
    case '\'':
        return "expected quotes only around a value, as in text=\"…\"; caps have none";
    case '.':
        return "expected NAME.PAD; a pad without its element's name is not read";
    case '@':
        return "expected PROPERTY=VALUE; presets are not read";
    case ':':
        return "expected '!'";
    case '-':
        return "expected launch text alone, without gst-launch-1.0's options";
    case '[':
        return "expected a section header from column 1, or launch text";
    default:
        return "expected an element, PROPERTY=VALUE or '!'";
    }
}

static void
read_one(Reader *self)
{
    char c = self->text[self->pos];

    if (c == '!')
        read_link(self);
    else if (c == '(')
        read_bin_open(self);
    else if (c == ')')
        read_bin_close(self);
    else if (c == '$' && self->text[self->pos + 1] == '{')
        read_input(self);
    else if (g_ascii_isalnum(c) || c == '_')
        read_word(self);
    else
        refuse_word(self, self->pos, what_else(c));
}

static void
check_end(Reader *self)
{
    guint line = line_at(self, sl_launch_get_length(self->launch));

    if (self->tokens->len == 0 && self->place == PLACE_START)
        sl_problems_add(self->problems, line, "%s is empty, expected launch text", self->section);
    else if (self->place == PLACE_AFTER_LINK)
        sl_problems_add(self->problems, line, "%s ends with '!', expected an element after it",
                        self->section);
    else if (self->place == PLACE_AFTER_INPUT || self->place == PLACE_AFTER_SOURCE_REFERENCE)
        sl_problems_add(self->problems, line, "%s ends here, expected '!' and an element",
                        self->section);
    else if (self->depth > 0)
        sl_problems_add(self->problems, line, "%s ends here, expected ')'", self->section);
}

GPtrArray *
sl_launch_tokens_read(SlLaunch *launch, const char *section, SlProblems *problems)
{
    Reader self = {
        .launch = launch,
        .text = sl_launch_get_text(launch),
        .section = section,
        .place = PLACE_START,
        .tokens = g_ptr_array_new_with_free_func(free_token),
        .problems = problems,
    };

    while (self.text[self.pos = skip_spaces(&self, self.pos)] != '\0')
        read_one(&self);
    check_end(&self);
    return self.tokens;
}
