#pragma once

#include "sl-options.h"

G_BEGIN_DECLS

void sl_stream_options_free(SlStreamOptions *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlStreamOptions, sl_stream_options_free)

G_END_DECLS
