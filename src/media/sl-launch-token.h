#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SlToken: a piece of launch text and its line.
 *
 * What is read is a subset of gst-launch's language in which its reading and ours can't differ.
 * What that parser takes but reads surprisingly (escapes, single quotes, URIs as elements, presets)
 * is refused with words.
 */
typedef enum {
    SL_TOKEN_ELEMENT,    /* name: the factory */
    SL_TOKEN_ASSIGNMENT, /* name, value (without quotes); belongs to the element or bin before it */
    SL_TOKEN_LINK,       /* `!` */
    SL_TOKEN_CAPS,       /* value; between two links */
    SL_TOKEN_REFERENCE,  /* `name.pad`; value: the pad, or NULL */
    SL_TOKEN_BIN_OPEN,
    SL_TOKEN_BIN_CLOSE,
    SL_TOKEN_INPUT, /* value: a placeholder where an element stands */
} SlTokenKind;

typedef struct {
    SlTokenKind kind;
    gboolean quoted; /* an assignment's value */
    guint line;
    gsize start; /* bytes of the launch text */
    gsize end;
    char *name;
    char *value;
} SlToken;

void sl_token_free(SlToken *self);

/**
 * sl_launch_tokens_find_value:
 * @i: of an element
 * Returns: (transfer none) (nullable): the element's assignment of @property
 */
SlToken *sl_launch_tokens_find_value(GPtrArray *tokens, guint i, const char *property);

/** sl_launch_tokens_find_named: Returns: (transfer none) (nullable): the element with name=@name */
SlToken *sl_launch_tokens_find_named(GPtrArray *tokens, const char *name);

G_END_DECLS
