#include "sl-camera-control.h"

#include "sl-description.h"

#include <string.h>

/* Items of a menu that an error names. */
#define MAX_ITEMS_SAID 16
/* Characters of what somebody sent. */
#define MAX_QUOTED 64

const char *
sl_control_type_to_string(SlControlType type)
{
    switch (type) {
    case SL_CONTROL_INTEGER:
        return "int";
    case SL_CONTROL_BOOLEAN:
        return "bool";
    case SL_CONTROL_MENU:
        return "menu";
    case SL_CONTROL_BUTTON:
        return "button";
    }
    return "?";
}

static void
item_clear(gpointer data)
{
    SlControlItem *item = data;

    g_clear_pointer(&item->label, g_free);
}

SlCameraControl *
sl_camera_control_new(void)
{
    SlCameraControl *self = g_new0(SlCameraControl, 1);

    self->step = 1;
    self->items = g_array_new(FALSE, FALSE, sizeof(SlControlItem));
    g_array_set_clear_func(self->items, item_clear);
    return self;
}

void
sl_camera_control_free(SlCameraControl *self)
{
    if (self == NULL)
        return;
    g_free(self->name);
    g_free(self->label);
    g_array_unref(self->items);
    g_free(self);
}

void
sl_camera_control_add_item(SlCameraControl *self, gint64 value, const char *label)
{
    SlControlItem item = { value, g_strdup(label) };

    g_array_append_val(self->items, item);
}

guint
sl_camera_control_get_turn(const SlCameraControl *self)
{
    switch (self->type) {
    case SL_CONTROL_BOOLEAN:
    case SL_CONTROL_MENU:
        return 0;
    case SL_CONTROL_INTEGER:
        return 1;
    case SL_CONTROL_BUTTON:
        break;
    }
    return SL_CONTROL_N_TURNS - 1;
}

char *
sl_camera_control_name(const char *label)
{
    GString *name = g_string_new(NULL);
    gboolean gap = FALSE;

    for (const char *c = label; c != NULL && *c != '\0'; c++) {
        if (!g_ascii_isalnum(*c)) {
            gap = name->len > 0;
            continue;
        }
        if (gap)
            g_string_append_c(name, '_');
        g_string_append_c(name, g_ascii_tolower(*c));
        gap = FALSE;
    }
    return g_string_free(name, FALSE);
}

SlControlSetting *
sl_control_setting_new(const char *name, SlControlSettingKind kind, gint64 number, const char *text)
{
    SlControlSetting *self = g_new0(SlControlSetting, 1);

    self->name = g_strdup(name);
    self->kind = kind;
    self->number = number;
    self->text = g_strdup(text);
    return self;
}

void
sl_control_setting_free(SlControlSetting *self)
{
    if (self == NULL)
        return;
    g_free(self->name);
    g_free(self->text);
    g_free(self);
}

char *
sl_control_quote(const char *text)
{
    g_autofree char *start = g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), MAX_QUOTED));

    return g_strdup_printf("“%s%s”", start, strlen(start) < strlen(text) ? "…" : "");
}

static char *
describe(const SlControlSetting *setting)
{
    switch (setting->kind) {
    case SL_SETTING_INTEGER:
        return g_strdup_printf("%" G_GINT64_FORMAT, setting->number);
    case SL_SETTING_BOOLEAN:
        return g_strdup(setting->number != 0 ? "true" : "false");
    case SL_SETTING_TEXT:
        return sl_control_quote(setting->text);
    case SL_SETTING_OTHER:
        return g_strdup(setting->text);
    }
    return NULL;
}

static char *
describe_items(const SlCameraControl *self)
{
    GString *text = g_string_new(NULL);
    guint n = MIN(self->items->len, MAX_ITEMS_SAID);

    for (guint i = 0; i < n; i++) {
        const SlControlItem *item = &g_array_index(self->items, SlControlItem, i);
        g_string_append_printf(text, "%s%" G_GINT64_FORMAT " (%s)", i == 0 ? "" : ", ", item->value,
                               item->label);
    }
    if (n < self->items->len)
        g_string_append(text, ", …");
    return g_string_free(text, FALSE);
}

static char *
describe_expected(const SlCameraControl *self)
{
    switch (self->type) {
    case SL_CONTROL_INTEGER:
        if (self->step > 1)
            return g_strdup_printf("%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                                   " in steps of %" G_GUINT64_FORMAT,
                                   self->min, self->max, self->step);
        return g_strdup_printf("%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, self->min, self->max);
    case SL_CONTROL_BOOLEAN:
        return g_strdup("true or false");
    case SL_CONTROL_MENU:
        return describe_items(self);
    case SL_CONTROL_BUTTON:
        return g_strdup("true, which presses it");
    }
    return NULL;
}

/* What the driver itself names is taken, even where it does not fit its own steps. */
static gboolean
integer_fits(const SlCameraControl *self, gint64 value)
{
    if (value < self->min || value > self->max)
        return FALSE;
    return value == self->max || value == self->initial ||
           ((guint64)value - (guint64)self->min) % self->step == 0;
}

static gboolean
find_item(const SlCameraControl *self, const SlControlSetting *setting, gint64 *ret_value)
{
    for (guint i = 0; i < self->items->len; i++) {
        const SlControlItem *item = &g_array_index(self->items, SlControlItem, i);
        if (setting->kind == SL_SETTING_INTEGER
                ? item->value == setting->number
                : setting->kind == SL_SETTING_TEXT && strcmp(item->label, setting->text) == 0) {
            *ret_value = item->value;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
fits(const SlCameraControl *self, const SlControlSetting *setting, gint64 *ret_value)
{
    *ret_value = setting->number;
    switch (self->type) {
    case SL_CONTROL_INTEGER:
        return setting->kind == SL_SETTING_INTEGER && integer_fits(self, setting->number);
    case SL_CONTROL_BOOLEAN:
        return setting->kind == SL_SETTING_BOOLEAN;
    case SL_CONTROL_MENU:
        return find_item(self, setting, ret_value);
    case SL_CONTROL_BUTTON:
        return setting->kind == SL_SETTING_BOOLEAN && setting->number != 0;
    }
    return FALSE;
}

gboolean
sl_camera_control_check(const SlCameraControl *self, const SlControlSetting *setting,
                        gint64 *ret_value, GError **error)
{
    if (self->is_read_only) {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE, "“%s” can only be read",
                    self->name);
        return FALSE;
    }
    if (!fits(self, setting, ret_value)) {
        g_autofree char *found = describe(setting);
        g_autofree char *expected = describe_expected(self);
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE, "“%s” is %s, expected %s",
                    self->name, found, expected);
        return FALSE;
    }
    return TRUE;
}
