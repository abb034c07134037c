#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SL_BASE_ERROR: what the lowest layer reports. Each layer has one domain of its own; low layers
 * return errors, the top logs them once.
 *
 * @SL_BASE_ERROR_INVALID: a value from outside that is not what it must be; the message says what
 *   was found and what was expected, fit to be shown to whoever sent it.
 * @SL_BASE_ERROR_TOO_LARGE: a value beyond its bound.
 */
#define SL_BASE_ERROR (sl_base_error_quark())
GQuark sl_base_error_quark(void);

typedef enum {
    SL_BASE_ERROR_INVALID,
    SL_BASE_ERROR_TOO_LARGE,
} SlBaseError;

G_END_DECLS
