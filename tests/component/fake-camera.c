#include "fake-camera.h"

#include <gst/base/gstbasesrc.h>

#include "sl-capture.h"

static struct {
    GMutex lock;
    GCond cond;
    const char *node;
    SlMediaError code;
    const char *text;
    gboolean hangs, open_hangs, close_hangs;
    guint n_asked;
    guint n_waiting;
    guint n_open;
    guint n_refused;
} camera;

static SlCapture *
capture_new(SlInput *input, const char *text)
{
    SlCapture *self = g_new0(SlCapture, 1);

    self->raw = g_strdup(text);
    self->input = sl_input_ref(input);
    self->fps_n = 30;
    self->fps_d = 1;
    return self;
}

static SlCapture *
capture_camera(SlInput *input, GError **error)
{
    g_autofree char *node = g_strdup_printf("/dev/%s", camera.node);
    SlCameraIdentity identity = {
        .node = (char *)camera.node, .model = (char *)"Camera", .port = (char *)"1", .alone = TRUE
    };
    SlCamera seen = { .node = node, .name = (char *)"Camera (2.0)", .identity = &identity };
    g_autoptr(SlInput) found = NULL;
    SlCapture *self;

    if (camera.node == NULL || camera.code != 0) {
        g_set_error_literal(error, SL_MEDIA_ERROR,
                            camera.node != NULL ? camera.code : SL_MEDIA_ERROR_NOT_FOUND,
                            "not to be had");
        return NULL;
    }
    found = sl_input_new_camera(input->spec, &seen);
    self = capture_new(found, camera.text);
    self->mode = g_strdup("I420 64x64 at 30");
    return self;
}

SlCapture *
sl_capture_new(SlInput *input, SlDescription *description, SlValues *values, SlCaptureFlags flags,
               GError **error)
{
    SlCapture *self;

    g_mutex_lock(&camera.lock);
    camera.n_asked++;
    camera.n_waiting++;
    while (camera.hangs)
        g_cond_wait(&camera.cond, &camera.lock);
    camera.n_waiting--;
    self = capture_camera(input, input->kind == SL_INPUT_NO_CAMERA ? NULL : error);
    if (self == NULL && input->kind == SL_INPUT_NO_CAMERA)
        self = capture_new(input, FAKE_CAMERA_MOVING);
    g_mutex_unlock(&camera.lock);
    return self;
}

void
fake_camera_set(const char *node, SlMediaError code, const char *text)
{
    g_mutex_lock(&camera.lock);
    camera.node = node;
    camera.code = code;
    camera.text = text;
    g_mutex_unlock(&camera.lock);
}

static void
set_flag(gboolean *flag, gboolean value)
{
    g_mutex_lock(&camera.lock);
    *flag = value;
    g_cond_broadcast(&camera.cond);
    g_mutex_unlock(&camera.lock);
}

void
fake_camera_set_hangs(gboolean hangs)
{
    set_flag(&camera.hangs, hangs);
}

void
fake_camera_set_open_hangs(gboolean hangs)
{
    set_flag(&camera.open_hangs, hangs);
}

void
fake_camera_set_close_hangs(gboolean hangs)
{
    set_flag(&camera.close_hangs, hangs);
}

static guint
get_count(const guint *count)
{
    guint n;

    g_mutex_lock(&camera.lock);
    n = *count;
    g_mutex_unlock(&camera.lock);
    return n;
}

guint
fake_camera_count_asked(void)
{
    return get_count(&camera.n_asked);
}

guint
fake_camera_count_waiting(void)
{
    return get_count(&camera.n_waiting);
}

guint
fake_camera_count_open(void)
{
    return get_count(&camera.n_open);
}

guint
fake_camera_count_refused(void)
{
    return get_count(&camera.n_refused);
}

void
fake_camera_forget_asked(void)
{
    camera.n_asked = 0;
}

/* --- the device --- */

static GstBaseSrcClass *parent_class;

static gboolean
open_device(GstBaseSrc *src)
{
    gboolean is_free;

    g_mutex_lock(&camera.lock);
    while (camera.open_hangs)
        g_cond_wait(&camera.cond, &camera.lock);
    is_free = camera.n_open == 0;
    camera.n_open += is_free;
    camera.n_refused += !is_free;
    g_mutex_unlock(&camera.lock);
    if (is_free)
        return parent_class->start(src);
    GST_ELEMENT_ERROR(src, RESOURCE, BUSY, ("The device is in use"), (NULL));
    return FALSE;
}

static gboolean
close_device(GstBaseSrc *src)
{
    g_mutex_lock(&camera.lock);
    while (camera.close_hangs)
        g_cond_wait(&camera.cond, &camera.lock);
    camera.n_open--;
    g_mutex_unlock(&camera.lock);
    return parent_class->stop == NULL || parent_class->stop(src);
}

static void
class_init(gpointer klass, gpointer unused)
{
    parent_class = g_type_class_peek_parent(klass);
    GST_BASE_SRC_CLASS(klass)->start = open_device;
    GST_BASE_SRC_CLASS(klass)->stop = close_device;
}

void
fake_camera_register(void)
{
    GstElement *example = gst_object_ref_sink(gst_element_factory_make("videotestsrc", NULL));
    GTypeQuery query;
    GType type;

    g_type_query(G_OBJECT_TYPE(example), &query);
    type = g_type_register_static_simple(query.type, "FakeCameraSrc", (guint)query.class_size,
                                         class_init, (guint)query.instance_size, NULL, 0);
    g_assert_true(gst_element_register(NULL, "fakecamerasrc", GST_RANK_NONE, type));
    gst_object_unref(example);
}
