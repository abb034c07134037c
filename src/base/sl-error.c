#include "sl-error.h"

G_DEFINE_QUARK(sl_base_error, sl_base_error)
