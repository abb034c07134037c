#include "fake-controls.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>

#include "sl-description.h"

#define MAX_CONTROLS 32

const FakeControl FAKE_CONTROLS[FAKE_N_CONTROLS] = {
    { V4L2_CID_BRIGHTNESS, V4L2_CTRL_TYPE_INTEGER, "Brightness", -64, 64, 1, 0, 10 },
    { V4L2_CID_GAMMA, V4L2_CTRL_TYPE_INTEGER, "Gamma", 100, 500, 50, 300, 300 },
    { V4L2_CID_POWER_LINE_FREQUENCY, V4L2_CTRL_TYPE_MENU, "Power Line Frequency", 0, 3, 1, 1, 1,
      .items = { "Disabled", "50 Hz", NULL, "Auto" } },
    { V4L2_CID_CAMERA_CLASS_BASE, V4L2_CTRL_TYPE_CTRL_CLASS, "Camera Controls" },
    { V4L2_CID_EXPOSURE_ABSOLUTE, V4L2_CTRL_TYPE_INTEGER, "Exposure Time, Absolute", 3, 2047, 1,
      250, 250, .ruled_by = V4L2_CID_EXPOSURE_AUTO_PRIORITY },
    { V4L2_CID_EXPOSURE_AUTO_PRIORITY, V4L2_CTRL_TYPE_BOOLEAN, "Exposure, Automatic", 0, 1, 1, 1,
      1 },
    { V4L2_CID_AUTO_FOCUS_START, V4L2_CTRL_TYPE_BUTTON, "Auto Focus, Start" },
    { V4L2_CID_AUTO_FOCUS_STATUS, V4L2_CTRL_TYPE_INTEGER, "Auto Focus, Status", 0, 4, 1, 0, 2,
      V4L2_CTRL_FLAG_READ_ONLY | V4L2_CTRL_FLAG_VOLATILE },
};

static struct {
    GMutex lock;
    GCond cond;
    /* The rest is protected by the lock. */
    FakeControl controls[MAX_CONTROLS];
    guint n_controls, n_calls, n_open, most_open;
    gboolean is_old, is_endless, is_rising, is_gone, is_blocked;
    GString *log;
} camera;

void
fake_controls_reset(const FakeControl *controls, guint n)
{
    g_mutex_lock(&camera.lock);
    g_assert_cmpuint(n, <=, MAX_CONTROLS);
    if (n > 0)
        memcpy(camera.controls, controls, n * sizeof *controls);
    camera.n_controls = n;
    camera.n_calls = camera.most_open = 0;
    camera.is_old = camera.is_endless = camera.is_gone = camera.is_blocked = FALSE;
    if (camera.log == NULL)
        camera.log = g_string_new(NULL);
    g_string_truncate(camera.log, 0);
    g_mutex_unlock(&camera.lock);
}

void
fake_controls_make_old(void)
{
    camera.is_old = TRUE;
}

void
fake_controls_make_endless(gboolean is_rising)
{
    camera.is_endless = TRUE;
    camera.is_rising = is_rising;
}

void
fake_controls_unplug(void)
{
    g_mutex_lock(&camera.lock);
    camera.is_gone = TRUE;
    g_mutex_unlock(&camera.lock);
}

void
fake_controls_block(gboolean is_blocked)
{
    g_mutex_lock(&camera.lock);
    camera.is_blocked = is_blocked;
    g_cond_broadcast(&camera.cond);
    g_mutex_unlock(&camera.lock);
}

static FakeControl *
find_by_name(const char *name)
{
    for (guint i = 0; i < camera.n_controls; i++)
        if (strcmp(camera.controls[i].name, name) == 0)
            return &camera.controls[i];
    g_assert_not_reached();
}

void
fake_controls_refuse(const char *name, int code)
{
    g_mutex_lock(&camera.lock);
    find_by_name(name)->set_errno = code;
    g_mutex_unlock(&camera.lock);
}

gint64
fake_controls_get(const char *name)
{
    gint64 value;

    g_mutex_lock(&camera.lock);
    value = find_by_name(name)->value;
    g_mutex_unlock(&camera.lock);
    return value;
}

char *
fake_controls_get_log(void)
{
    char *log;

    g_mutex_lock(&camera.lock);
    log = g_strdup(camera.log->str);
    g_mutex_unlock(&camera.lock);
    return log;
}

guint
fake_controls_get_n_calls(void)
{
    guint n;

    g_mutex_lock(&camera.lock);
    n = camera.n_calls;
    g_mutex_unlock(&camera.lock);
    return n;
}

guint
fake_controls_get_most_open(void)
{
    guint n;

    g_mutex_lock(&camera.lock);
    n = camera.most_open;
    g_mutex_unlock(&camera.lock);
    return n;
}

/* --- the device's side; the caller holds the lock --- */

static FakeControl *
find_locked(guint32 id)
{
    FakeControl *found = NULL;

    if ((id & V4L2_CTRL_FLAG_NEXT_CTRL) == 0) {
        for (guint i = 0; i < camera.n_controls; i++)
            if (camera.controls[i].id == id)
                return &camera.controls[i];
        return NULL;
    }
    for (guint i = 0; i < camera.n_controls; i++)
        if (camera.controls[i].id > (id & ~V4L2_CTRL_FLAG_NEXT_CTRL) &&
            (found == NULL || camera.controls[i].id < found->id))
            found = &camera.controls[i];
    return found;
}

static gboolean
is_inactive_locked(const FakeControl *control)
{
    const FakeControl *ruler = control->ruled_by != 0 ? find_locked(control->ruled_by) : NULL;

    return ruler != NULL && ruler->value != 0;
}

static int
query_locked(struct v4l2_query_ext_ctrl *query)
{
    guint32 asked = query->id & ~V4L2_CTRL_FLAG_NEXT_CTRL;
    const FakeControl *control = camera.is_endless ? &camera.controls[0] : find_locked(query->id);

    if (control == NULL)
        return EINVAL;
    memset(query, 0, sizeof *query);
    query->id = control->id;
    if (camera.is_endless && camera.is_rising)
        query->id = MAX(asked, V4L2_CID_BASE) + 1;
    query->type = control->type;
    memcpy(query->name, control->name, MIN(sizeof query->name, strlen(control->name) + 1));
    query->minimum = control->min;
    query->maximum = control->max;
    query->step = control->step;
    query->default_value = control->initial;
    query->flags = control->flags | (is_inactive_locked(control) ? V4L2_CTRL_FLAG_INACTIVE : 0);
    query->elems = 1;
    return 0;
}

static int
query_old_locked(struct v4l2_queryctrl *old)
{
    struct v4l2_query_ext_ctrl query = { .id = old->id };
    int code = query_locked(&query);

    *old = (struct v4l2_queryctrl){ .id = query.id,
                                    .type = query.type,
                                    .minimum = (gint32)query.minimum,
                                    .maximum = (gint32)query.maximum,
                                    .step = (gint32)query.step,
                                    .default_value = (gint32)query.default_value,
                                    .flags = query.flags };
    memcpy(old->name, query.name, sizeof old->name);
    return code;
}

static int
query_menu_locked(struct v4l2_querymenu *query)
{
    const FakeControl *control = find_locked(query->id);
    gint64 index = control != NULL ? query->index - control->min : -1;

    if (index < 0 || index >= (gint64)G_N_ELEMENTS(control->items) || control->items[index] == NULL)
        return EINVAL;
    if (control->type == V4L2_CTRL_TYPE_INTEGER_MENU)
        query->value = g_ascii_strtoll(control->items[index], NULL, 10);
    else
        g_strlcpy((char *)query->name, control->items[index], sizeof query->name);
    return 0;
}

static int
get_locked(guint32 id, gint64 *ret_value)
{
    const FakeControl *control = find_locked(id);

    if (control == NULL)
        return EINVAL;
    *ret_value = control->value;
    return control->get_errno;
}

static int
set_locked(guint32 id, gint64 value)
{
    FakeControl *control = find_locked(id);

    if (control == NULL)
        return EINVAL;
    if (control->set_errno != 0)
        return control->set_errno;
    if (is_inactive_locked(control))
        return EACCES;
    control->value = value;
    g_string_append_printf(camera.log, "%s=%" G_GINT64_FORMAT " ", control->name, value);
    return 0;
}

static int
do_locked(gulong request, gpointer arg)
{
    gboolean is_of_today = request == VIDIOC_QUERY_EXT_CTRL || request == VIDIOC_G_EXT_CTRLS ||
                           request == VIDIOC_S_EXT_CTRLS;
    struct v4l2_ext_controls *values = arg;
    struct v4l2_control *old = arg;
    gint64 value = 0;
    gboolean is_wide;
    int code;

    if (camera.is_gone)
        return ENODEV;
    if (camera.is_old && is_of_today)
        return ENOTTY;
    switch (request) {
    case VIDIOC_QUERY_EXT_CTRL:
        return query_locked(arg);
    case VIDIOC_QUERYCTRL:
        return query_old_locked(arg);
    case VIDIOC_QUERYMENU:
        return query_menu_locked(arg);
    case VIDIOC_G_CTRL:
        code = get_locked(old->id, &value);
        old->value = (gint32)value;
        return code;
    case VIDIOC_S_CTRL:
        return set_locked(old->id, old->value);
    case VIDIOC_G_EXT_CTRLS:
    case VIDIOC_S_EXT_CTRLS:
        g_assert_cmpuint(values->count, ==, 1);
        is_wide = find_locked(values->controls->id) != NULL &&
                  find_locked(values->controls->id)->type == V4L2_CTRL_TYPE_INTEGER64;
        if (request == VIDIOC_S_EXT_CTRLS)
            return set_locked(values->controls->id,
                              is_wide ? values->controls->value64 : values->controls->value);
        code = get_locked(values->controls->id, &value);
        if (is_wide)
            values->controls->value64 = value;
        else
            values->controls->value = (gint32)value;
        return code;
    default:
        return ENOTTY;
    }
}

int
fake_controls_ioctl(gpointer device, gulong request, gpointer arg)
{
    int code;

    g_mutex_lock(&camera.lock);
    camera.n_calls++;
    while (camera.is_blocked)
        g_cond_wait(&camera.cond, &camera.lock);
    code = do_locked(request, arg);
    g_mutex_unlock(&camera.lock);
    errno = code;
    return code == 0 ? 0 : -1;
}

static gboolean
fake_open(const char *node, gpointer *ret_device, GError **error)
{
    gboolean is_there;

    g_mutex_lock(&camera.lock);
    is_there = camera.n_controls > 0;
    camera.n_open += is_there;
    camera.most_open = MAX(camera.most_open, camera.n_open);
    g_mutex_unlock(&camera.lock);
    if (!is_there)
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND, "%s is not there", node);
    *ret_device = &camera;
    return is_there;
}

static void
fake_close(gpointer device)
{
    g_mutex_lock(&camera.lock);
    camera.n_open--;
    g_mutex_unlock(&camera.lock);
}

const SlControlDevice FAKE_CONTROL_DEVICE = { fake_open, fake_controls_ioctl, fake_close };
