#include "sl-http-server.h"

G_DEFINE_QUARK(sl_http_error, sl_http_error)
