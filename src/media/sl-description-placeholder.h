#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** SlPlaceholder: `${…}` in launch text. */
typedef enum {
    SL_PLACEHOLDER_VARIABLE, /* name; divisor 1 where there is none */
    SL_PLACEHOLDER_CAPTURE,  /* `${capture}` */
    SL_PLACEHOLDER_ENCODED,  /* `${capture:CODEC}`; name: the codec */
    SL_PLACEHOLDER_AUDIO,
    SL_PLACEHOLDER_DEVICE,
    SL_PLACEHOLDER_INVALID,
} SlPlaceholderKind;

typedef struct {
    SlPlaceholderKind kind;
    const char *start; /* the `$` */
    gsize length;      /* with the braces */
    char *name;
    gint64 divisor;
} SlPlaceholder;

/**
 * sl_placeholder_next:
 * @ret_placeholder: (out): to be cleared
 *
 * Returns: %FALSE where @text has no further `${`
 */
gboolean sl_placeholder_next(const char *text, SlPlaceholder *ret_placeholder);
void sl_placeholder_clear(SlPlaceholder *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SlPlaceholder, sl_placeholder_clear)

G_END_DECLS
