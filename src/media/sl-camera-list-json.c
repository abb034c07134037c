#include "sl-camera-formats.h"
#include "sl-camera-list.h"
#include "sl-json.h"

static JsonObject *
range_to_json(guint min, guint max, guint step)
{
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "min", min);
    json_object_set_int_member(object, "max", max);
    json_object_set_int_member(object, "step", MAX(step, 1));
    return object;
}

static JsonNode *
rate_to_json(guint fps_n, guint fps_d)
{
    JsonNode *node = json_node_alloc();
    guint64 thousandths = ((guint64)fps_n * 1000 + fps_d / 2) / fps_d;
    return thousandths % 1000 == 0 ? json_node_init_int(node, (gint64)thousandths / 1000)
                                   : json_node_init_double(node, (double)thousandths / 1000);
}

/* Of the size at @ret_next, which is moved to the next size. */
static JsonNode *
rates_to_json(GArray *sorted, guint *ret_next)
{
    const SlCameraMode *first = &g_array_index(sorted, SlCameraMode, *ret_next);
    g_autoptr(JsonArray) rates = json_array_new();
    g_autoptr(JsonObject) range = NULL;
    for (; *ret_next < sorted->len; (*ret_next)++) {
        const SlCameraMode *mode = &g_array_index(sorted, SlCameraMode, *ret_next);
        if (!sl_camera_mode_has_size_of(mode, first))
            break;
        if (mode->rates.fast_n != 0 && range == NULL) {
            range = json_object_new();
            json_object_set_member(range, "min",
                                   rate_to_json(mode->rates.slow_n, mode->rates.slow_d));
            json_object_set_member(range, "max",
                                   rate_to_json(mode->rates.fast_n, mode->rates.fast_d));
        } else if (mode->fps_n != 0) {
            json_array_add_element(rates, rate_to_json(mode->fps_n, mode->fps_d));
        }
    }
    JsonNode *node = json_node_alloc();
    return range != NULL ? json_node_init_object(node, range) : json_node_init_array(node, rates);
}

static JsonArray *
sizes_to_json(GArray *sorted)
{
    JsonArray *sizes = json_array_new();
    for (guint i = 0; i < sorted->len;) {
        const SlCameraMode *mode = &g_array_index(sorted, SlCameraMode, i);
        const SlCameraRange *range = &mode->sizes;
        JsonObject *size = json_object_new();
        if (range->max_width != 0) {
            json_object_set_object_member(
                size, "width",
                range_to_json(range->min_width, range->max_width, range->step_width));
            json_object_set_object_member(
                size, "height",
                range_to_json(range->min_height, range->max_height, range->step_height));
        } else {
            json_object_set_int_member(size, "width", mode->width);
            json_object_set_int_member(size, "height", mode->height);
        }
        json_object_set_member(size, "rates", rates_to_json(sorted, &i));
        json_array_add_object_element(sizes, size);
    }
    return sizes;
}

static JsonArray *
formats_to_json(GArray *modes)
{
    JsonArray *formats = json_array_new();
    g_autoptr(GPtrArray) names = sl_camera_formats_list_names(modes);
    for (guint i = 0; i < names->len; i++) {
        g_autoptr(GArray) sorted = sl_camera_formats_sort(modes, names->pdata[i]);
        SlCameraCoding coding = g_array_index(sorted, SlCameraMode, 0).format->coding;
        JsonObject *format = json_object_new();
        json_object_set_string_member(format, "format", names->pdata[i]);
        json_object_set_string_member(format, "codec", sl_camera_coding_get_codec(coding));
        json_object_set_array_member(format, "sizes", sizes_to_json(sorted));
        json_array_add_object_element(formats, format);
    }
    return formats;
}

static JsonObject *
entry_to_json(const SlCameraEntry *entry)
{
    JsonObject *object = json_object_new();
    JsonArray *links = json_array_new();
    for (guint i = 0; entry->links[i] != NULL; i++)
        json_array_add_string_element(links, entry->links[i]);
    json_object_set_string_member(object, "name", entry->name);
    json_object_set_string_member(object, "node", entry->node);
    json_object_set_array_member(object, "stable_paths", links);
    if (entry->camera == NULL) {
        json_object_set_string_member(object, "error", entry->error);
        return object;
    }
    json_object_set_string_member(object, "driver", entry->camera->driver);
    json_object_set_string_member(object, "bus", entry->camera->bus);
    json_object_set_array_member(object, "formats", formats_to_json(entry->camera->modes));
    return object;
}

char *
sl_camera_list_to_json(GPtrArray *entries)
{
    g_autoptr(JsonArray) array = json_array_new();
    for (guint i = 0; i < entries->len; i++)
        json_array_add_object_element(array, entry_to_json(entries->pdata[i]));
    g_autoptr(JsonNode) node = json_node_init_array(json_node_alloc(), array);
    g_autofree char *text = sl_json_node_to_text(node);
    return g_strconcat(text, "\n", NULL);
}
