#include "sl-variables.h"

#include <math.h>
#include <string.h>

#define MAX_VALUE_BYTES 1024
#define MAX_ENUM_VALUES 64

static const char *const type_names[] = {
    [SL_VARIABLE_INT] = "int",   [SL_VARIABLE_NUMBER] = "number", [SL_VARIABLE_BOOL] = "bool",
    [SL_VARIABLE_ENUM] = "enum", [SL_VARIABLE_STRING] = "string", NULL,
};

static const char *const key_names[] = {
    "type", "default", "min", "max", "values", "unit", "label", "live", NULL,
};

const char *
sl_variable_type_to_string(SlVariableType type)
{
    return type_names[type];
}

gboolean
sl_name_is_valid(const char *name)
{
    gsize n = 0;

    if (!g_ascii_islower(name[0]))
        return FALSE;
    while (g_ascii_islower(name[n]) || g_ascii_isdigit(name[n]) || name[n] == '_' || name[n] == '-')
        n++;
    return name[n] == '\0' && n <= 64;
}

gboolean
sl_text_is_insertable(const char *text)
{
    if (!g_utf8_validate(text, -1, NULL))
        return FALSE;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c == '"' || c == '\\' || g_unichar_iscntrl(c))
            return FALSE;
    }
    return TRUE;
}

static gboolean
parse_int(const char *text, gint64 *ret_value)
{
    const char *digits = text[0] == '-' ? text + 1 : text;

    return g_ascii_isdigit(digits[0]) &&
           g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, ret_value, NULL);
}

/* Decimal only: strtod's hexadecimal, infinity and nan are no property values. */
static gboolean
parse_number(const char *text, double *ret_value)
{
    static const char allowed[] = "0123456789.eE+-";
    char *end;

    if (strspn(text, allowed) != strlen(text) || (!g_ascii_isdigit(text[0]) && text[0] != '-') ||
        text[0] == '\0')
        return FALSE;
    *ret_value = g_ascii_strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*ret_value);
}

static gboolean
is_enum_value(const char *text)
{
    gsize n = 0;

    while (g_ascii_isalnum(text[n]) || (text[n] != '\0' && strchr("_+.:/-", text[n]) != NULL))
        n++;
    return n > 0 && text[n] == '\0' && n <= 64;
}

static int
compare(SlVariableType type, const char *a, const char *b)
{
    gint64 int_a = 0, int_b = 0;
    double number_a = 0, number_b = 0;

    if (type == SL_VARIABLE_INT) {
        parse_int(a, &int_a);
        parse_int(b, &int_b);
        return int_a < int_b ? -1 : int_a > int_b;
    }
    parse_number(a, &number_a);
    parse_number(b, &number_b);
    return number_a < number_b ? -1 : number_a > number_b;
}

static gboolean
is_of_type(const SlVariable *self, const char *text)
{
    gint64 int_value;
    double number;

    switch (self->type) {
    case SL_VARIABLE_INT:
        return parse_int(text, &int_value);
    case SL_VARIABLE_NUMBER:
        return parse_number(text, &number);
    case SL_VARIABLE_BOOL:
        return g_str_equal(text, "true") || g_str_equal(text, "false");
    case SL_VARIABLE_ENUM:
        return self->values != NULL && g_strv_contains((const char *const *)self->values, text);
    case SL_VARIABLE_STRING:
        return strlen(text) <= MAX_VALUE_BYTES && sl_text_is_insertable(text);
    }
    return FALSE;
}

static char *
describe_type(const SlVariable *self)
{
    g_autofree char *joined = NULL;

    switch (self->type) {
    case SL_VARIABLE_INT:
        return g_strdup("a whole number");
    case SL_VARIABLE_NUMBER:
        return g_strdup("a number");
    case SL_VARIABLE_BOOL:
        return g_strdup("true or false");
    case SL_VARIABLE_ENUM:
        joined = self->values != NULL ? g_strjoinv(", ", self->values) : NULL;
        return g_strdup_printf("one of %s", joined != NULL ? joined : "its values");
    case SL_VARIABLE_STRING:
        return g_strdup_printf(
            "text without '\"', '\\' and control characters, of %d bytes at most", MAX_VALUE_BYTES);
    }
    return NULL;
}

char *
sl_variable_check(const SlVariable *self, const char *text)
{
    if (!is_of_type(self, text))
        return describe_type(self);
    if (self->min != NULL && compare(self->type, text, self->min) < 0)
        return g_strdup_printf("%s or more", self->min);
    if (self->max != NULL && compare(self->type, text, self->max) > 0)
        return g_strdup_printf("%s or less", self->max);
    return NULL;
}

void
sl_variable_free(SlVariable *self)
{
    if (self == NULL)
        return;
    g_free(self->name);
    g_free(self->value);
    g_free(self->min);
    g_free(self->max);
    g_strfreev(self->values);
    g_free(self->unit);
    g_free(self->label);
    g_free(self->live_element);
    g_free(self->live_property);
    g_free(self);
}

static void
check_default(SlVariable *self, guint line, SlProblems *problems)
{
    g_autofree char *expected = sl_variable_check(self, self->value);
    g_autofree char *found = sl_problems_quote(self->value);

    if (expected != NULL)
        sl_problems_add(problems, line, "the default of '%s' is %s, expected %s", self->name, found,
                        expected);
}

SlVariable *
sl_variable_new_inferred(const char *name, guint line, const char *text, SlProblems *problems)
{
    SlVariable *self = g_new0(SlVariable, 1);
    gint64 int_value;
    double number;

    self->name = g_strdup(name);
    self->line = line;
    self->value = g_strdup(text);
    if (parse_int(text, &int_value))
        self->type = SL_VARIABLE_INT;
    else if (parse_number(text, &number))
        self->type = SL_VARIABLE_NUMBER;
    else if (g_str_equal(text, "true") || g_str_equal(text, "false"))
        self->type = SL_VARIABLE_BOOL;
    else
        self->type = SL_VARIABLE_STRING;
    check_default(self, line, problems);
    return self;
}

static SlVariableKey *
find_key(GPtrArray *keys, const char *name)
{
    for (guint i = 0; i < keys->len; i++) {
        SlVariableKey *key = g_ptr_array_index(keys, i);

        if (g_str_equal(key->name, name))
            return key;
    }
    return NULL;
}

static void
check_keys(GPtrArray *keys, SlProblems *problems)
{
    for (guint i = 0; i < keys->len; i++) {
        SlVariableKey *key = g_ptr_array_index(keys, i);
        g_autofree char *found = sl_problems_quote(key->name);
        g_autofree char *hint = sl_problems_did_you_mean(key->name, key_names);

        if (!g_strv_contains(key_names, key->name))
            sl_problems_add(problems, key->line,
                            "found %s, expected type, default, min, max, values, unit, label or "
                            "live%s",
                            found, hint);
        else if (find_key(keys, key->name) != key)
            sl_problems_add(problems, key->line,
                            "'%s' again, expected it once; it is set in line %u", key->name,
                            find_key(keys, key->name)->line);
    }
}

static gboolean
read_type(SlVariable *self, SlVariableKey *key, SlProblems *problems)
{
    g_autofree char *found = NULL;

    if (key == NULL) {
        sl_problems_add(problems, self->line, "[variable %s] has no type, expected type = %s",
                        self->name, "int, number, bool, enum or string");
        return FALSE;
    }
    for (guint type = 0; type_names[type] != NULL; type++) {
        if (g_str_equal(key->value, type_names[type])) {
            self->type = type;
            return TRUE;
        }
    }
    found = sl_problems_quote(key->value);
    sl_problems_add(problems, key->line,
                    "found type %s, expected int, number, bool, enum or string", found);
    return FALSE;
}

static void
read_limit(SlVariable *self, SlVariableKey *key, char **ret_limit, SlProblems *problems)
{
    g_autofree char *found = NULL;
    g_autofree char *expected = NULL;

    if (key == NULL)
        return;
    if (self->type != SL_VARIABLE_INT && self->type != SL_VARIABLE_NUMBER) {
        sl_problems_add(problems, key->line, "'%s' for type %s, expected it for int or number only",
                        key->name, type_names[self->type]);
    } else if (!is_of_type(self, key->value)) {
        found = sl_problems_quote(key->value);
        expected = describe_type(self);
        sl_problems_add(problems, key->line, "'%s' is %s, expected %s", key->name, found, expected);
    } else {
        *ret_limit = g_strdup(key->value);
    }
}

/* `values = ultrafast, superfast` */
static void
read_values(SlVariable *self, SlVariableKey *key, SlProblems *problems)
{
    if (self->type != SL_VARIABLE_ENUM) {
        if (key != NULL)
            sl_problems_add(problems, key->line, "'values' for type %s, expected it for enum only",
                            type_names[self->type]);
        return;
    }
    if (key == NULL) {
        sl_problems_add(problems, self->line, "enum '%s' has no values, expected values = A, B",
                        self->name);
        return;
    }
    self->values = g_strsplit(key->value, ",", MAX_ENUM_VALUES + 1);
    if (g_strv_length(self->values) > MAX_ENUM_VALUES)
        sl_problems_add(problems, key->line, "'%s' has more values than the %d that are read",
                        self->name, MAX_ENUM_VALUES);
    for (guint i = 0; self->values[i] != NULL && i < MAX_ENUM_VALUES; i++) {
        g_autofree char *found = sl_problems_quote(g_strstrip(self->values[i]));

        if (!is_enum_value(self->values[i]))
            sl_problems_add(problems, key->line,
                            "found value %s, expected letters, digits and _+.:/-", found);
    }
}

/* `live = ELEMENT.PROPERTY` */
static void
read_live(SlVariable *self, SlVariableKey *key, SlProblems *problems)
{
    g_auto(GStrv) parts = NULL;

    if (key == NULL)
        return;
    parts = g_strsplit(key->value, ".", 3);
    if (g_strv_length(parts) == 2 && is_enum_value(parts[0]) && is_enum_value(parts[1])) {
        self->live_element = g_strdup(parts[0]);
        self->live_property = g_strdelimit(g_strdup(parts[1]), "_", '-');
        self->live_line = key->line;
    } else {
        g_autofree char *found = sl_problems_quote(key->value);

        sl_problems_add(problems, key->line,
                        "live is %s, expected NAME.PROPERTY of an element with name=NAME", found);
    }
}

static void
read_default(SlVariable *self, SlVariableKey *key, SlProblems *problems)
{
    if (key == NULL) {
        sl_problems_add(problems, self->line,
                        "[variable %s] has no default, expected default = VALUE", self->name);
        return;
    }
    self->value = g_strdup(key->value);
    check_default(self, key->line, problems);
}

static void
check_limits(SlVariable *self, guint line, SlProblems *problems)
{
    if (self->min == NULL || self->max == NULL || compare(self->type, self->min, self->max) <= 0)
        return;
    sl_problems_add(problems, line, "max %s is less than min %s, expected it not to be", self->max,
                    self->min);
    g_clear_pointer(&self->max, g_free);
}

SlVariable *
sl_variable_new(const char *name, guint line, GPtrArray *keys, SlProblems *problems)
{
    SlVariable *self = g_new0(SlVariable, 1);
    SlVariableKey *unit = find_key(keys, "unit");
    SlVariableKey *label = find_key(keys, "label");
    SlVariableKey *max = find_key(keys, "max");

    self->name = g_strdup(name);
    self->line = line;
    self->unit = g_strdup(unit != NULL ? unit->value : NULL);
    self->label = g_strdup(label != NULL ? label->value : NULL);
    check_keys(keys, problems);
    if (!read_type(self, find_key(keys, "type"), problems)) {
        self->type = SL_VARIABLE_STRING;
        self->value = g_strdup("");
        return self;
    }
    read_values(self, find_key(keys, "values"), problems);
    read_limit(self, find_key(keys, "min"), &self->min, problems);
    read_limit(self, max, &self->max, problems);
    check_limits(self, max != NULL ? max->line : line, problems);
    read_live(self, find_key(keys, "live"), problems);
    read_default(self, find_key(keys, "default"), problems);
    if (self->value == NULL)
        self->value = g_strdup("");
    return self;
}
