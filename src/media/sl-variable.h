#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    SL_VARIABLE_INT,
    SL_VARIABLE_NUMBER,
    SL_VARIABLE_BOOL,
    SL_VARIABLE_ENUM,
    SL_VARIABLE_STRING,
} SlVariableType;

/** sl_variable_type_to_string: as a description names it: `int` */
const char *sl_variable_type_to_string(SlVariableType type);

/** SlVariable: what a description says of a value that can be set. Immutable; of its description.
 */
typedef struct {
    char *name;
    guint line;
    SlVariableType type;
    char *value; /* the default, as it is inserted */
    char *min;   /* NULL: no limit; int and number only */
    char *max;
    char **values; /* of an enum */
    char *unit;
    char *label;
    char *live_element; /* NULL: takes effect with the next pipeline */
    char *live_property;
    guint live_line;
} SlVariable;

G_END_DECLS
