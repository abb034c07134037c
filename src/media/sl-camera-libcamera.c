#include "sl-camera-libcamera.h"

#include "sl-description.h"
#include "sl-variables.h"

#include <gst/gst.h>
#include <string.h>

#define ELEMENT "libcamerasrc"
#define PROVIDER "libcameraprovider"

/* Bounds on what a camera may list. */
#define MAX_CAMERAS 64
#define MAX_STRUCTURES 512
#define MAX_VALUES 32

/* --- modes --- */

/* One of the caps' structures, with those of its values that are not written as lists. */
typedef struct {
    GArray *modes;
    const SlCameraWish *wish;
    const GstStructure *structure;
    const SlCameraFormat *format;
    SlCameraMode mode;
} Reader;

static guint
get_length(const GValue *value)
{
    return value != NULL && GST_VALUE_HOLDS_LIST(value)
               ? MIN(gst_value_list_get_size(value), MAX_VALUES)
               : 1;
}

static const GValue *
get_nth(const GValue *value, guint n)
{
    return value != NULL && GST_VALUE_HOLDS_LIST(value) ? gst_value_list_get_value(value, n)
                                                        : value;
}

static gboolean
is_edge(gint value)
{
    return value >= 1 && value <= SL_CAMERA_MAX_EDGE;
}

static gboolean
read_range(const GValue *value, guint *ret_min, guint *ret_max, guint *ret_step)
{
    if (value == NULL || !GST_VALUE_HOLDS_INT_RANGE(value))
        return FALSE;
    gint min = gst_value_get_int_range_min(value);
    gint max = MIN(gst_value_get_int_range_max(value), SL_CAMERA_MAX_EDGE);
    if (!is_edge(min) || min > max)
        return FALSE;
    *ret_min = (guint)min;
    *ret_max = (guint)max;
    *ret_step = (guint)MIN(gst_value_get_int_range_step(value), max - min);
    return TRUE;
}

static gboolean
read_size(Reader *self)
{
    const GValue *width = gst_structure_get_value(self->structure, "width");
    const GValue *height = gst_structure_get_value(self->structure, "height");
    SlCameraRange *range = &self->mode.sizes;
    gint w, h;
    if (gst_structure_get_int(self->structure, "width", &w) &&
        gst_structure_get_int(self->structure, "height", &h)) {
        self->mode.width = (guint)w;
        self->mode.height = (guint)h;
        return is_edge(w) && is_edge(h);
    }
    if (!read_range(width, &range->min_width, &range->max_width, &range->step_width) ||
        !read_range(height, &range->min_height, &range->max_height, &range->step_height))
        return FALSE;
    sl_camera_range_fit(range, range->max_width, range->max_height, self->wish, &self->mode.width,
                        &self->mode.height);
    return TRUE;
}

static gboolean
read_fraction(const GValue *value, guint *ret_n, guint *ret_d)
{
    gint n = gst_value_get_fraction_numerator(value), d = gst_value_get_fraction_denominator(value);
    if (n < 0 || d < 1 || n / d > SL_CAMERA_MAX_RATE)
        return FALSE;
    *ret_n = (guint)n;
    *ret_d = (guint)d;
    return TRUE;
}

/* FALSE where it is no rate: then none is known. */
static gboolean
read_rate(const GValue *value, const SlCameraWish *wish, SlCameraMode *mode)
{
    SlCameraRates *rates = &mode->rates;
    if (value != NULL && GST_VALUE_HOLDS_FRACTION(value))
        return read_fraction(value, &mode->fps_n, &mode->fps_d);
    if (value == NULL || !GST_VALUE_HOLDS_FRACTION_RANGE(value) ||
        !read_fraction(gst_value_get_fraction_range_min(value), &rates->slow_n, &rates->slow_d) ||
        !read_fraction(gst_value_get_fraction_range_max(value), &rates->fast_n, &rates->fast_d))
        return FALSE;
    sl_camera_rates_fit(rates, wish, &mode->fps_n, &mode->fps_d);
    return TRUE;
}

static void
add_rates(Reader *self)
{
    const GValue *rates = gst_structure_get_value(self->structure, "framerate");
    for (guint i = 0; i < get_length(rates) && self->modes->len < SL_CAMERA_MAX_MODES; i++) {
        SlCameraMode mode = self->mode;
        if (!read_rate(get_nth(rates, i), self->wish, &mode)) {
            mode.fps_n = 0;
            mode.fps_d = 1;
            mode.rates = (SlCameraRates){ 0 };
        }
        g_array_append_val(self->modes, mode);
    }
}

GArray *
sl_camera_modes_from_caps(gconstpointer caps, const SlCameraWish *wish)
{
    Reader self = { .modes = g_array_new(FALSE, FALSE, sizeof(SlCameraMode)), .wish = wish };
    for (guint i = 0; i < MIN(gst_caps_get_size(caps), MAX_STRUCTURES); i++) {
        self.structure = gst_caps_get_structure(caps, i);
        self.mode = (SlCameraMode){ 0 };
        if (!read_size(&self))
            continue;
        const GValue *formats = gst_structure_get_value(self.structure, "format");
        for (guint j = 0; j < get_length(formats); j++) {
            const GValue *format = get_nth(formats, j);
            self.mode.format = sl_camera_format_lookup_caps(
                gst_structure_get_name(self.structure),
                format != NULL && G_VALUE_HOLDS_STRING(format) ? g_value_get_string(format) : NULL);
            if (self.mode.format != NULL)
                add_rates(&self);
        }
    }
    return self.modes;
}

/* --- cameras --- */

/* `…-046d:0825`: V4L2 has it, too, and says more of it. */
static gboolean
is_usb(const char *id)
{
    return g_regex_match_simple("-[0-9a-f]{4}:[0-9a-f]{4}$", id, 0, 0);
}

/* `imx219` of /base/soc/i2c0mux/i2c@1/imx219@10 */
static char *
dup_sensor_name(const char *id)
{
    const char *slash = strrchr(id, '/');
    const char *name = slash != NULL && slash[1] != '\0' ? slash + 1 : id;
    gsize len = strcspn(name, "@");
    return len > 0 ? g_strndup(name, len) : g_strdup(name);
}

static SlCamera *
camera_new(GstDevice *device, const SlCameraWish *wish)
{
    g_autofree char *id = gst_device_get_display_name(device);
    g_autoptr(GstCaps) caps = gst_device_get_caps(device);
    if (id == NULL || *id == '\0' || caps == NULL || is_usb(id))
        return NULL;
    g_autofree char *valid_id = g_utf8_make_valid(id, -1);
    SlCamera *self = g_new0(SlCamera, 1);
    self->api = SL_CAMERA_LIBCAMERA;
    self->node = g_strconcat(SL_CAMERA_LIBCAMERA_PREFIX, valid_id, NULL);
    self->name = dup_sensor_name(valid_id);
    self->driver = g_strdup("libcamera");
    self->bus = g_steal_pointer(&valid_id);
    self->modes = sl_camera_modes_from_caps(caps, wish);
    self->pixel_width = self->pixel_height = 1;
    return self;
}

GPtrArray *
sl_camera_libcamera_list(const SlCameraWish *wish)
{
    GPtrArray *cameras = g_ptr_array_new_with_free_func((GDestroyNotify)sl_camera_free);
    g_autoptr(GstElementFactory) element = gst_element_factory_find(ELEMENT);
    g_autoptr(GstDeviceProvider) provider =
        element != NULL ? gst_device_provider_factory_get_by_name(PROVIDER) : NULL;
    GList *devices = provider != NULL ? gst_device_provider_get_devices(provider) : NULL;
    for (GList *l = devices; l != NULL && cameras->len < MAX_CAMERAS; l = l->next) {
        g_autoptr(SlCamera) camera = camera_new(l->data, wish);
        if (camera != NULL && camera->modes->len > 0)
            g_ptr_array_add(cameras, g_steal_pointer(&camera));
    }
    g_list_free_full(devices, gst_object_unref);
    return cameras;
}

SlCamera *
sl_camera_libcamera_query(const char *node, const SlCameraWish *wish, GError **error)
{
    g_autoptr(GPtrArray) cameras = sl_camera_libcamera_list(wish);
    if (!sl_text_is_insertable(node)) {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                    "%s can't be used: its name has a character that must not stand in a pipeline "
                    "(\", \\ or a control character)",
                    node);
        return NULL;
    }
    for (guint i = 0; i < cameras->len; i++)
        if (g_str_equal(((SlCamera *)cameras->pdata[i])->node, node))
            return g_ptr_array_steal_index(cameras, i);
    g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                "%s is not there; --list-devices shows what is", node);
    return NULL;
}
