#pragma once

#include "sl-description.h"

G_BEGIN_DECLS

/* How SlLaunch is made, and asked for lines. */

/** @line: of what is empty */
SlLaunch *sl_launch_new(guint line);

/** sl_launch_append: @len bytes of @text that come from @line; a newline in them does not count */
void sl_launch_append(SlLaunch *self, guint line, const char *text, gssize len);

/** sl_launch_append_input: likewise, what a placeholder of the input's became */
void sl_launch_append_input(SlLaunch *self, guint line, const char *text);

/** sl_launch_is_input: whether the byte at @offset is of such */
gboolean sl_launch_is_input(SlLaunch *self, gsize offset);

/** sl_launch_get_line: of the byte at @offset; the last line where @offset is the end */
guint sl_launch_get_line(SlLaunch *self, gsize offset);

gsize sl_launch_get_length(SlLaunch *self);

/** sl_launch_mask: overwrites what was found to be wrong, so that it is complained about once */
void sl_launch_mask(SlLaunch *self, gsize offset, gsize len, char with);

G_END_DECLS
