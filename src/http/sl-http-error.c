#include "sl-http-server.h"

G_DEFINE_QUARK(sl - http - error - quark, sl_http_error)
