#include "sl-camera-controls.h"

#include "sl-description.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>

/* Bounds on what a device may list. The longest lists seen: 40 controls (a webcam with a vendor's
 * own), 30 items. */
#define MAX_ASKED 1024
#define MAX_CONTROLS 128
#define MAX_INDEXES 256
#define MAX_ITEMS 64
/* A UVC camera that hangs takes 5 s to fail, for each of its controls. */
#define MAX_FAILURES 3

typedef struct {
    SlCameraIoctl ioctl;
    gpointer device;
    gboolean is_old; /* knows no VIDIOC_QUERY_EXT_CTRL */
    guint n_failures;
    GPtrArray *controls;
} Reader;

static gboolean
is_gone(int code)
{
    return code == ENODEV || code == ENXIO || code == ESHUTDOWN;
}

static void
set_gone_error(GError **error)
{
    g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE, "the camera is gone");
}

/* --- what there is --- */

static int
query_old(Reader *reader, guint32 id, struct v4l2_query_ext_ctrl *ret_query)
{
    struct v4l2_queryctrl query = { .id = id };
    int code = sl_camera_ask(reader->ioctl, reader->device, VIDIOC_QUERYCTRL, &query);
    if (code != 0)
        return code;
    *ret_query = (struct v4l2_query_ext_ctrl){
        .id = query.id,
        .type = query.type,
        .minimum = query.minimum,
        .maximum = query.maximum,
        .step = query.step > 0 ? (guint64)query.step : 0,
        .default_value = query.default_value,
        .flags = query.flags,
        .elems = 1,
    };
    memcpy(ret_query->name, query.name, MIN(sizeof ret_query->name, sizeof query.name));
    /* Its range does not fit. */
    if (query.type == V4L2_CTRL_TYPE_INTEGER64)
        ret_query->flags |= V4L2_CTRL_FLAG_DISABLED;
    return 0;
}

static int
query_control(Reader *reader, guint32 id, struct v4l2_query_ext_ctrl *ret_query)
{
    int code = ENOTTY;
    *ret_query = (struct v4l2_query_ext_ctrl){ .id = id };
    if (!reader->is_old)
        code = sl_camera_ask(reader->ioctl, reader->device, VIDIOC_QUERY_EXT_CTRL, ret_query);
    if (code != ENOTTY)
        return code;
    reader->is_old = TRUE;
    return query_old(reader, id, ret_query);
}

static gboolean
is_wanted_class(guint32 id)
{
    switch (V4L2_CTRL_ID2WHICH(id)) {
    case V4L2_CTRL_CLASS_USER:
    case V4L2_CTRL_CLASS_CAMERA:
    case V4L2_CTRL_CLASS_IMAGE_SOURCE:
    case V4L2_CTRL_CLASS_IMAGE_PROC:
        return TRUE;
    default:
        return FALSE;
    }
}

static gboolean
find_type(guint32 type, SlControlType *ret_type)
{
    switch (type) {
    case V4L2_CTRL_TYPE_INTEGER:
    case V4L2_CTRL_TYPE_INTEGER64:
        *ret_type = SL_CONTROL_INTEGER;
        return TRUE;
    case V4L2_CTRL_TYPE_BOOLEAN:
        *ret_type = SL_CONTROL_BOOLEAN;
        return TRUE;
    case V4L2_CTRL_TYPE_MENU:
    case V4L2_CTRL_TYPE_INTEGER_MENU:
        *ret_type = SL_CONTROL_MENU;
        return TRUE;
    case V4L2_CTRL_TYPE_BUTTON:
        *ret_type = SL_CONTROL_BUTTON;
        return TRUE;
    default: /* strings, bit masks, arrays: nothing that a person would set */
        return FALSE;
    }
}

static void
add_items(Reader *reader, SlCameraControl *control, gboolean of_numbers)
{
    gint64 last = MIN(control->max, control->min + MAX_INDEXES - 1);
    for (gint64 i = control->min; i <= last && control->items->len < MAX_ITEMS; i++) {
        struct v4l2_querymenu query = { .id = control->id, .index = (guint32)i };
        int code = sl_camera_ask(reader->ioctl, reader->device, VIDIOC_QUERYMENU, &query);
        if (is_gone(code))
            return;
        if (code != 0)
            continue; /* a gap */
        g_autofree char *label =
            of_numbers ? g_strdup_printf("%" G_GINT64_FORMAT, (gint64)query.value)
                       : sl_camera_clean_text((const char *)query.name, sizeof query.name);
        sl_camera_control_add_item(control, i, *label != '\0' ? label : "?");
    }
}

/* Drivers pass on whatever a camera says of itself. Returns FALSE where nothing can be made of it
 */
static gboolean
take_range(SlCameraControl *control, const struct v4l2_query_ext_ctrl *query)
{
    switch (control->type) {
    case SL_CONTROL_BOOLEAN:
        control->max = 1;
        break;
    case SL_CONTROL_BUTTON:
        break;
    case SL_CONTROL_MENU:
        control->min = query->minimum;
        control->max = query->maximum;
        if (control->min < 0 || control->max < control->min || control->max > G_MAXINT32)
            return FALSE;
        break;
    case SL_CONTROL_INTEGER:
        control->min = query->minimum;
        control->max = query->maximum;
        control->step = MAX(query->step, 1);
        if (control->max < control->min ||
            (!control->is_wide && (control->min < G_MININT32 || control->max > G_MAXINT32)))
            return FALSE;
        break;
    }
    control->initial = CLAMP(query->default_value, control->min, control->max);
    return TRUE;
}

static void
take_flags(SlCameraControl *control, guint32 flags)
{
    control->is_read_only = (flags & V4L2_CTRL_FLAG_READ_ONLY) != 0;
    control->is_inactive = (flags & V4L2_CTRL_FLAG_INACTIVE) != 0;
    control->is_volatile = (flags & V4L2_CTRL_FLAG_VOLATILE) != 0;
    control->is_grabbed = (flags & V4L2_CTRL_FLAG_GRABBED) != 0;
}

static char *
make_unique_name(GPtrArray *controls, const char *label, guint32 id)
{
    g_autofree char *base = sl_camera_control_name(label);
    if (*base == '\0') {
        g_free(base);
        base = g_strdup_printf("control_%08x", id);
    }
    char *name = g_strdup(base);
    for (guint n = 2; sl_camera_controls_find(controls, name) != NULL; n++) {
        g_free(name);
        name = g_strdup_printf("%s_%u", base, n);
    }
    return name;
}

/* Returns: (transfer full) (nullable): NULL for what is left out */
static SlCameraControl *
make_control(Reader *reader, const struct v4l2_query_ext_ctrl *query)
{
    g_autoptr(SlCameraControl) control = sl_camera_control_new();
    if (!is_wanted_class(query->id) || !find_type(query->type, &control->type) ||
        (query->flags & (V4L2_CTRL_FLAG_DISABLED | V4L2_CTRL_FLAG_HAS_PAYLOAD)) != 0 ||
        query->elems > 1 || query->nr_of_dims > 0)
        return NULL;
    control->id = query->id;
    control->is_wide = query->type == V4L2_CTRL_TYPE_INTEGER64;
    take_flags(control, query->flags);
    if (!take_range(control, query))
        return NULL;
    if (control->type == SL_CONTROL_MENU) {
        add_items(reader, control, query->type == V4L2_CTRL_TYPE_INTEGER_MENU);
        if (control->items->len == 0)
            return NULL;
    }
    g_autofree char *label = sl_camera_clean_text(query->name, sizeof query->name);
    control->name = make_unique_name(reader->controls, label, control->id);
    control->label = g_strdup(*label != '\0' ? label : control->name);
    return g_steal_pointer(&control);
}

/* --- values --- */

static int
get_value(SlCameraIoctl func, gpointer device, SlCameraControl *control)
{
    struct v4l2_ext_control value = { .id = control->id };
    struct v4l2_ext_controls values = { .count = 1, .controls = &value };
    int code = sl_camera_ask(func, device, VIDIOC_G_EXT_CTRLS, &values);
    if (code == ENOTTY && !control->is_wide) {
        struct v4l2_control old = { .id = control->id };
        code = sl_camera_ask(func, device, VIDIOC_G_CTRL, &old);
        value.value = old.value;
    }
    if (code == 0) {
        control->value = control->is_wide ? value.value64 : value.value;
        control->has_value = TRUE;
    }
    return code;
}

static int
set_value(SlCameraIoctl func, gpointer device, const SlCameraControl *control, gint64 number)
{
    struct v4l2_ext_control value = { .id = control->id };
    struct v4l2_ext_controls values = { .count = 1, .controls = &value };
    if (control->is_wide)
        value.value64 = number;
    else
        value.value = (gint32)number;
    int code = sl_camera_ask(func, device, VIDIOC_S_EXT_CTRLS, &values);
    if (code == ENOTTY && !control->is_wide) {
        struct v4l2_control old = { .id = control->id, .value = (gint32)number };
        code = sl_camera_ask(func, device, VIDIOC_S_CTRL, &old);
    }
    return code;
}

/* One that can't be read has no value; the others are told all the same. */
static gboolean
read_value(Reader *reader, SlCameraControl *control, guint32 flags, GError **error)
{
    int code;
    if (control->type == SL_CONTROL_BUTTON || (flags & V4L2_CTRL_FLAG_WRITE_ONLY) != 0)
        return TRUE;
    code = get_value(reader->ioctl, reader->device, control);
    if (is_gone(code)) {
        set_gone_error(error);
        return FALSE;
    }
    reader->n_failures += code != 0 && code != EINVAL && code != EACCES;
    if (reader->n_failures < MAX_FAILURES)
        return TRUE;
    g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                "the camera does not answer when it is asked for its controls: %s",
                g_strerror(code));
    return FALSE;
}

GPtrArray *
sl_camera_controls_read(SlCameraIoctl func, gpointer device, GError **error)
{
    g_autoptr(GPtrArray) controls =
        g_ptr_array_new_with_free_func((GDestroyNotify)sl_camera_control_free);
    Reader reader = { .ioctl = func, .device = device, .controls = controls };
    guint32 id = 0;
    for (guint i = 0; i < MAX_ASKED && controls->len < MAX_CONTROLS; i++) {
        struct v4l2_query_ext_ctrl query;
        int code = query_control(&reader, id | V4L2_CTRL_FLAG_NEXT_CTRL, &query);
        if (is_gone(code)) {
            set_gone_error(error);
            return NULL;
        }
        /* They come in ascending order; a device that goes back would go round for ever. */
        if (code != 0 || query.id <= id || query.id >= V4L2_CTRL_FLAG_NEXT_COMPOUND)
            break;
        id = query.id;
        SlCameraControl *control = make_control(&reader, &query);
        if (control == NULL)
            continue;
        g_ptr_array_add(controls, control);
        if (!read_value(&reader, control, query.flags, error))
            return NULL;
    }
    return g_steal_pointer(&controls);
}

SlCameraControl *
sl_camera_controls_find(GPtrArray *controls, const char *name)
{
    for (guint i = 0; i < controls->len; i++) {
        SlCameraControl *control = g_ptr_array_index(controls, i);
        if (strcmp(control->name, name) == 0)
            return control;
    }
    return NULL;
}

/* --- what is set --- */

GArray *
sl_camera_controls_plan(GPtrArray *controls, GPtrArray *settings, GError **error)
{
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(SlControlChange));
    g_autoptr(GArray) ordered = g_array_new(FALSE, FALSE, sizeof(SlControlChange));
    for (guint i = 0; i < settings->len; i++) {
        const SlControlSetting *setting = g_ptr_array_index(settings, i);
        SlControlChange change = { .control = sl_camera_controls_find(controls, setting->name) };
        if (change.control == NULL) {
            g_autofree char *name = sl_control_quote(setting->name);
            g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE, "the camera has no control %s",
                        name);
            return NULL;
        }
        if (!sl_camera_control_check(change.control, setting, &change.value, error))
            return NULL;
        g_array_append_val(changes, change);
    }
    for (guint turn = 0; turn < SL_CONTROL_N_TURNS; turn++)
        for (guint i = 0; i < changes->len; i++) {
            SlControlChange *change = &g_array_index(changes, SlControlChange, i);
            if (sl_camera_control_get_turn(change->control) == turn)
                g_array_append_val(ordered, *change);
        }
    return g_steal_pointer(&ordered);
}

static gboolean
is_inactive_now(SlCameraIoctl func, gpointer device, const SlCameraControl *control)
{
    Reader reader = { .ioctl = func, .device = device };
    struct v4l2_query_ext_ctrl query;
    return query_control(&reader, control->id, &query) == 0 &&
           (query.flags & V4L2_CTRL_FLAG_INACTIVE) != 0;
}

/* Returns: FALSE with SL_MEDIA_ERROR_DEVICE or _REFUSED: why, about this one */
static gboolean
set_one(SlCameraIoctl func, gpointer device, const SlCameraControl *control, gint64 value,
        GError **error)
{
    int code = set_value(func, device, control, value);
    if (code == 0)
        return TRUE;
    if (is_gone(code))
        set_gone_error(error);
    else if (is_inactive_now(func, device, control))
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_REFUSED,
                    "“%s” can't be set while another control, such as an automatic, rules it",
                    control->name);
    else if (code == EBUSY)
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_REFUSED,
                    "“%s” can't be set while the camera gives pictures", control->name);
    else
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_REFUSED,
                    "the camera refuses %" G_GINT64_FORMAT " for “%s”: %s", value, control->name,
                    g_strerror(code));
    return FALSE;
}

static char *
join_names(GArray *changes, guint from, guint to)
{
    GString *text = g_string_new(NULL);
    for (guint i = from; i < to; i++)
        g_string_append_printf(text, "%s%s", i == from ? "" : ", ",
                               g_array_index(changes, SlControlChange, i).control->name);
    return g_string_free(text, FALSE);
}

gboolean
sl_camera_controls_apply(SlCameraIoctl func, gpointer device, GArray *changes, guint *ret_n_applied,
                         GError **error)
{
    g_autoptr(GError) why = NULL;
    guint n = 0;
    while (n < changes->len) {
        const SlControlChange *change = &g_array_index(changes, SlControlChange, n);
        if (!set_one(func, device, change->control, change->value, &why))
            break;
        n++;
    }
    *ret_n_applied = n;
    if (why == NULL)
        return TRUE;
    g_autofree char *done = join_names(changes, 0, n);
    g_autofree char *left = join_names(changes, n, changes->len);
    g_set_error(error, why->domain, why->code, "%s. Set: %s. Not set: %s", why->message,
                n > 0 ? done : "nothing", left);
    return FALSE;
}

gboolean
sl_camera_controls_set_again(SlCameraIoctl func, gpointer device, const SlCameraControl *control,
                             gint64 value, GError **error)
{
    return is_inactive_now(func, device, control) || set_one(func, device, control, value, error);
}
