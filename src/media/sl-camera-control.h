#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** SlControlType: how a person would show it. */
typedef enum {
    SL_CONTROL_INTEGER, /* of 32 or 64 bits */
    SL_CONTROL_BOOLEAN,
    SL_CONTROL_MENU,   /* of names or of numbers */
    SL_CONTROL_BUTTON, /* does something; has no value */
} SlControlType;

/** sl_control_type_to_string: the word of docs/api.md */
const char *sl_control_type_to_string(SlControlType type);

/** SlControlItem: an entry of a menu. */
typedef struct {
    gint64 value;
    char *label;
} SlControlItem;

/** SlCameraControl: something that a camera lets be changed, as it was when it was asked. */
typedef struct {
    guint32 id;  /* V4L2's */
    char *name;  /* as v4l2-ctl makes it: `white_balance_automatic`; unique among a camera's */
    char *label; /* the driver's: UTF-8 without control characters, never empty */
    SlControlType type;
    gboolean is_wide; /* of 64 bits */
    gint64 min, max;  /* min <= max */
    guint64 step;     /* at least 1 */
    gint64 initial;   /* what the driver calls the default; within the range */
    gint64 value;     /* where has_value; it may be out of range */
    gboolean has_value;
    gboolean is_read_only;
    gboolean is_inactive; /* without effect now, since another control rules it */
    gboolean is_volatile; /* the camera changes it by itself */
    gboolean is_grabbed;  /* can't be changed while the camera runs as it does */
    GArray *items;        /* (element-type SlControlItem): of menus; they may have gaps */
} SlCameraControl;

SlCameraControl *sl_camera_control_new(void);
void sl_camera_control_free(SlCameraControl *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlCameraControl, sl_camera_control_free)

void sl_camera_control_add_item(SlCameraControl *self, gint64 value, const char *label);

#define SL_CONTROL_N_TURNS 3

/**
 * sl_camera_control_get_turn:
 *
 * Of several that are set together, when is this one's turn? Automatics come first, so that what
 * they rule can be set; what is pressed comes last, since it acts on all of it.
 */
guint sl_camera_control_get_turn(const SlCameraControl *self);

/**
 * sl_camera_control_name:
 * @label: (nullable): what the driver calls it
 *
 * Returns: (transfer full): letters and digits in lower case with single `_` between; empty where
 *   there are none
 */
char *sl_camera_control_name(const char *label);

/** SlControlSettingKind: what somebody gave as a value. */
typedef enum {
    SL_SETTING_INTEGER,
    SL_SETTING_BOOLEAN,
    SL_SETTING_TEXT,
    SL_SETTING_OTHER, /* what no control takes; the text says what it is: "an array" */
} SlControlSettingKind;

/** SlControlSetting: a value that somebody wants a control to have. */
typedef struct {
    char *name;
    SlControlSettingKind kind;
    gint64 number;
    char *text; /* (nullable) */
} SlControlSetting;

SlControlSetting *sl_control_setting_new(const char *name, SlControlSettingKind kind, gint64 number,
                                         const char *text);
void sl_control_setting_free(SlControlSetting *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlControlSetting, sl_control_setting_free)

/** sl_control_quote: (transfer full): @text, which is UTF-8, in quotes and bounded, for an error */
char *sl_control_quote(const char *text);

/**
 * sl_camera_control_check:
 * @setting: for this control; menus take the value or the label of an item, buttons take `true`
 * @ret_value: what the device is to be given
 *
 * Returns: FALSE with SL_MEDIA_ERROR_VALUE: what was found, what was expected
 */
gboolean sl_camera_control_check(const SlCameraControl *self, const SlControlSetting *setting,
                                 gint64 *ret_value, GError **error);

G_END_DECLS
