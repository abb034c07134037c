#pragma once

#include "sl-description.h"

G_BEGIN_DECLS

/** sl_name_is_valid: `[a-z][a-z0-9_-]*`, at most 64 bytes */
gboolean sl_name_is_valid(const char *name);
#define SL_NAME_EXPECTED "a name of a-z, 0-9, '_' and '-' that begins with a letter"

/** sl_variable_new: [variables] NAME = DEFAULT: the type is what the text looks like */
SlVariable *sl_variable_new_inferred(const char *name, guint line, const char *text,
                                     SlProblems *problems);

/** SlVariableKey: a line of a `[variable NAME]` section */
typedef struct {
    guint line;
    char *name;
    char *value;
} SlVariableKey;

/** @keys: (element-type SlVariableKey); Returns: (nullable) */
SlVariable *sl_variable_new(const char *name, guint line, GPtrArray *keys, SlProblems *problems);
void sl_variable_free(SlVariable *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlVariable, sl_variable_free)

/**
 * sl_variable_check:
 *
 * Returns: (transfer full) (nullable): what is expected instead of @text, or %NULL where it is a
 * value of the variable
 */
char *sl_variable_check(const SlVariable *self, const char *text);

/** sl_text_is_insertable: may stand between quotes in launch text: UTF-8 without `"`, `\` and
 * control characters */
gboolean sl_text_is_insertable(const char *text);

G_END_DECLS
