#include "sl-error.h"

G_DEFINE_QUARK(sl - base - error - quark, sl_base_error)
