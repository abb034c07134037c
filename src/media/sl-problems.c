#include "sl-problems.h"

/* A hostile file of 64 KiB can hold thousands of mistakes; nobody reads more than these. */
#define MAX_PROBLEMS 100
#define MAX_QUOTED_CHARS 60

typedef struct {
    guint line;
    char *text;
} Problem;

struct _SlProblems {
    char *file;
    GArray *problems; /* Problem */
    guint n_left_out;
};

static void
problem_clear(gpointer data)
{
    g_free(((Problem *)data)->text);
}

SlProblems *
sl_problems_new(const char *file)
{
    SlProblems *self = g_new0(SlProblems, 1);

    self->file = g_strdup(file);
    self->problems = g_array_new(FALSE, FALSE, sizeof(Problem));
    g_array_set_clear_func(self->problems, problem_clear);
    return self;
}

void
sl_problems_free(SlProblems *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->problems);
    g_free(self->file);
    g_free(self);
}

static gboolean
is_known(SlProblems *self, guint line, const char *text)
{
    for (guint i = 0; i < self->problems->len; i++) {
        Problem *problem = &g_array_index(self->problems, Problem, i);

        if (problem->line == line && g_str_equal(problem->text, text))
            return TRUE;
    }
    return FALSE;
}

void
sl_problems_add(SlProblems *self, guint line, const char *format, ...)
{
    Problem problem = { .line = line };
    va_list args;

    va_start(args, format);
    problem.text = g_strdup_vprintf(format, args);
    va_end(args);

    if (is_known(self, line, problem.text)) {
        g_free(problem.text);
    } else if (self->problems->len == MAX_PROBLEMS) {
        self->n_left_out++;
        g_free(problem.text);
    } else {
        g_array_append_val(self->problems, problem);
    }
}

guint
sl_problems_get_count(SlProblems *self)
{
    return self->problems->len + self->n_left_out;
}

static int
compare_lines(gconstpointer a, gconstpointer b)
{
    guint line_a = ((const Problem *)a)->line;
    guint line_b = ((const Problem *)b)->line;

    return line_a < line_b ? -1 : line_a > line_b;
}

char *
sl_problems_to_text(SlProblems *self)
{
    GString *text = g_string_new(NULL);

    g_array_sort(self->problems, compare_lines);
    for (guint i = 0; i < self->problems->len; i++) {
        Problem *problem = &g_array_index(self->problems, Problem, i);

        if (i > 0)
            g_string_append_c(text, '\n');
        if (problem->line > 0)
            g_string_append_printf(text, "%s:%u: %s", self->file, problem->line, problem->text);
        else
            g_string_append_printf(text, "%s: %s", self->file, problem->text);
    }
    if (self->n_left_out > 0)
        g_string_append_printf(text, "\n%s: and %u more", self->file, self->n_left_out);
    return g_string_free(text, FALSE);
}

char *
sl_problems_quote(const char *found)
{
    g_autofree char *valid = g_utf8_make_valid(found, -1);
    GString *quoted = g_string_new("'");
    guint n_chars = 0;

    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (n_chars++ == MAX_QUOTED_CHARS) {
            g_string_append(quoted, "…");
            break;
        }
        if (g_unichar_isprint(c))
            g_string_append_unichar(quoted, c);
        else if (g_unichar_isspace(c))
            g_string_append_c(quoted, ' ');
        else
            g_string_append_printf(quoted, "<U+%04X>", c);
    }
    g_string_append_c(quoted, '\'');
    return g_string_free(quoted, FALSE);
}

#define MAX_GUESS_LENGTH 40

/* Levenshtein's distance; swapped neighbours count as one. */
static guint
distance(const char *a, const char *b)
{
    guint row[3][MAX_GUESS_LENGTH + 1];
    gsize len_a = strlen(a);
    gsize len_b = strlen(b);

    if (len_a > MAX_GUESS_LENGTH || len_b > MAX_GUESS_LENGTH)
        return G_MAXUINT;
    for (gsize j = 0; j <= len_b; j++)
        row[0][j] = j;
    for (gsize i = 1; i <= len_a; i++) {
        guint *now = row[i % 3];
        guint *before = row[(i + 2) % 3];

        now[0] = i;
        for (gsize j = 1; j <= len_b; j++) {
            now[j] = MIN(before[j - 1] + (a[i - 1] != b[j - 1]), MIN(before[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = MIN(now[j], row[(i + 1) % 3][j - 2] + 1);
        }
    }
    return row[len_a % 3][len_b];
}

const char *
sl_problems_guess(const char *word, const char *const *known)
{
    guint best_distance = MIN(strlen(word) / 3 + 1, 4);
    const char *best = NULL;

    for (; known != NULL && *known != NULL; known++) {
        guint d = distance(word, *known);

        if (d <= best_distance && (best == NULL || d < best_distance)) {
            best_distance = d;
            best = *known;
        }
    }
    return best;
}

char *
sl_problems_did_you_mean(const char *word, const char *const *known)
{
    const char *guess = sl_problems_guess(word, known);

    return guess != NULL ? g_strdup_printf("; did you mean '%s'?", guess) : g_strdup("");
}
