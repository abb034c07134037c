#pragma once

#include "sl-description-launch.h"
#include "sl-launch-token.h"

G_BEGIN_DECLS

/**
 * sl_launch_tokens_read:
 * @section: for problems: `[source]`
 *
 * Text before and after placeholders is read by the same rules.
 *
 * Returns: (transfer full) (element-type SlToken): what could be read; all problems of syntax were
 * added
 */
GPtrArray *sl_launch_tokens_read(SlLaunch *launch, const char *section, SlProblems *problems);

G_END_DECLS
