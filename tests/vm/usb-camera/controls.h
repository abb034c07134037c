#pragma once

#include <glib.h>

/* Requests of the USB Video Class (1.1, A.8). */
enum { SET_CUR = 0x01, GET_CUR = 0x81, GET_MIN, GET_MAX, GET_RES, GET_LEN, GET_INFO, GET_DEF };

/* Whether there is such a control of that unit; on GET its value is appended to @answer. */
gboolean control_request(guint unit, guint selector, guint request, const guint8 *data,
                         guint length, GByteArray *answer);
