#include "sl-debug-objects.h"

#include <unistd.h>

#include <gst/gst.h>

#include "sl-census.h"
#include "sl-json.h"

static JsonObject *
census_to_json(void)
{
    g_autoptr(GPtrArray) kinds = sl_census_list();
    JsonObject *object = json_object_new();

    for (guint i = 0; i < kinds->len; i++)
        json_object_set_int_member(object, g_ptr_array_index(kinds, i),
                                   sl_census_get(g_ptr_array_index(kinds, i)));
    return object;
}

/*
 * The tracer hands over references that it never took: freeing its list would end what is alive, so
 * each object gets one before. In between another thread may have dropped the last: a count is for
 * when nothing moves.
 */
static void
take_reference(const GValue *object)
{
    if (G_VALUE_HOLDS_OBJECT(object))
        g_value_dup_object(object);
    else if (G_VALUE_HOLDS_BOXED(object))
        g_value_dup_boxed(object);
}

static void
count_live_object(JsonObject *object, const GValue *live)
{
    const GValue *value = gst_structure_get_value(gst_value_get_structure(live), "object");
    const char *kind = value != NULL ? G_VALUE_TYPE_NAME(value) : "unknown";

    if (value != NULL)
        take_reference(value);
    json_object_set_int_member(object, kind,
                               json_object_get_int_member_with_default(object, kind, 0) + 1);
}

/* (nullable): nobody traces them */
static JsonObject *
gstreamer_to_json(void)
{
    GList *tracers = gst_tracing_get_active_tracers();
    g_autoptr(GstStructure) live = NULL;
    const GValue *list;
    JsonObject *object;

    for (GList *l = tracers; l != NULL && live == NULL; l = l->next) {
        if (strcmp(G_OBJECT_TYPE_NAME(l->data), "GstLeaksTracer") == 0)
            g_signal_emit_by_name(l->data, "get-live-objects", &live);
    }
    g_list_free_full(tracers, gst_object_unref);
    if (live == NULL)
        return NULL;

    object = json_object_new();
    list = gst_structure_get_value(live, "live-objects-list");
    for (guint i = 0; list != NULL && i < gst_value_list_get_size(list); i++)
        count_live_object(object, gst_value_list_get_value(list, i));
    return object;
}

static gint64
count_entries(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    gint64 count = 0;

    while (dir != NULL && g_dir_read_name(dir) != NULL)
        count++;
    return count;
}

static gint64
get_resident_bytes(void)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) pages = NULL;

    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
        return 0;
    pages = g_strsplit(text, " ", 3);
    return g_strv_length(pages) == 3 ? g_ascii_strtoll(pages[1], NULL, 10) * sysconf(_SC_PAGESIZE)
                                     : 0;
}

char *
sl_debug_objects_to_text(void)
{
    g_autoptr(JsonObject) object = json_object_new();
    JsonObject *gstreamer = gstreamer_to_json();

    json_object_set_object_member(object, "objects", census_to_json());
    if (gstreamer != NULL)
        json_object_set_object_member(object, "gstreamer", gstreamer);
    json_object_set_int_member(object, "threads", count_entries("/proc/self/task"));
    /* Less the one that reads the folder. */
    json_object_set_int_member(object, "descriptors", count_entries("/proc/self/fd") - 1);
    json_object_set_int_member(object, "resident_bytes", get_resident_bytes());
    return sl_json_to_text(object);
}
