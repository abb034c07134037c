#pragma once

#include "sl-options.h"

G_BEGIN_DECLS

/**
 * sl_config_load:
 * @path: a key file: `[server]` with the names of the command line's options, `[limits]` with those
 *   of SlLimits (`max-sessions`), `[namespace NAME]` with those of SlRelayNamespace,
 *   `[stream NAME]` with device, pipeline and set (`;` between values)
 *
 * Sets what the file says in @options. Unknown groups and keys are errors.
 * Returns: FALSE with SL_OPTIONS_ERROR_CONFIG set
 */
gboolean sl_config_load(const char *path, SlOptions *options, GError **error);

G_END_DECLS
