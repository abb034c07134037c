#include "sl-launch-token.h"

void
sl_token_free(SlToken *self)
{
    if (self == NULL)
        return;
    g_free(self->name);
    g_free(self->value);
    g_free(self);
}

SlToken *
sl_launch_tokens_find_value(GPtrArray *tokens, guint i, const char *property)
{
    for (i++; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);

        if (token->kind != SL_TOKEN_ASSIGNMENT)
            break;
        if (g_str_equal(token->name, property))
            return token;
    }
    return NULL;
}

SlToken *
sl_launch_tokens_find_named(GPtrArray *tokens, const char *name)
{
    for (guint i = 0; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);
        SlToken *value;

        if (token->kind != SL_TOKEN_ELEMENT)
            continue;
        value = sl_launch_tokens_find_value(tokens, i, "name");
        if (value != NULL && g_str_equal(value->value, name))
            return token;
    }
    return NULL;
}
