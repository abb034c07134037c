#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SlProblems: the mistakes found in one file, each `FILE:LINE: what was found, what was expected`.
 * They are collected, not thrown at the first. Not thread-safe.
 */
typedef struct _SlProblems SlProblems;

/** @file: as it is to be printed */
SlProblems *sl_problems_new(const char *file);
void sl_problems_free(SlProblems *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlProblems, sl_problems_free)

/** @line: from 1; 0 for the file as a whole (`FILE: …`) */
void sl_problems_add(SlProblems *self, guint line, const char *format, ...) G_GNUC_PRINTF(3, 4);
guint sl_problems_get_count(SlProblems *self);
/** Returns: (transfer full): one problem a line, in the order of lines, without a last newline; ""
 * if there is none */
char *sl_problems_to_text(SlProblems *self);

/**
 * sl_problems_quote:
 *
 * Returns: (transfer full): @found between quotes, cut to a length that reads well, without control
 * characters
 */
char *sl_problems_quote(const char *found);

/** sl_problems_guess: Returns: (transfer none) (nullable): the one of @known that is written nearly
 * as @word */
const char *sl_problems_guess(const char *word, const char *const *known);

/** sl_problems_did_you_mean: Returns: (transfer full): `; did you mean '…'?`, or "" */
char *sl_problems_did_you_mean(const char *word, const char *const *known);

G_END_DECLS
