#include "sl-camera-list.h"

#include "sl-camera-formats.h"
#include "sl-camera-libcamera.h"
#include "sl-description.h"

#include <stdlib.h>
#include <string.h>

#define LINK_FOLDERS "/dev/v4l/by-id", "/dev/v4l/by-path"
#define MAX_LINKS 256
#define WIDTH 100
#define FORMATS_INDENT 4
#define SIZES_INDENT 8
#define MAX_SIZES 12
#define MAX_CANDIDATES 8

void
sl_camera_entry_free(SlCameraEntry *self)
{
    if (self == NULL)
        return;
    g_free(self->node);
    g_free(self->name);
    g_strfreev(self->links);
    sl_camera_free(self->camera);
    g_free(self->error);
    g_free(self);
}

/* --- what there is --- */

static const SlCameraWish everything = { SL_CAMERA_MAX_EDGE, SL_CAMERA_MAX_EDGE,
                                         SL_CAMERA_MAX_RATE };

static void
add_links(GStrvBuilder *links, const char *folder, const char *node)
{
    g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
    const char *name;
    for (guint i = 0; i < MAX_LINKS && entries != NULL; i++) {
        if ((name = g_dir_read_name(entries)) == NULL)
            break;
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *target = realpath(path, NULL);
        if (g_strcmp0(target, node) == 0 && g_utf8_validate(path, -1, NULL))
            g_strv_builder_add(links, path);
    }
}

static char **
find_links(const char *node)
{
    static const char *const folders[] = { LINK_FOLDERS };
    g_autoptr(GStrvBuilder) links = g_strv_builder_new();
    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++)
        add_links(links, folders[i], node);
    return g_strv_builder_end(links);
}

static void
add_nodes(GPtrArray *entries)
{
    g_autoptr(GPtrArray) nodes = sl_camera_list_nodes(SL_CAMERA_DEV_DIR);
    for (guint i = 0; i < nodes->len; i++) {
        const char *node = nodes->pdata[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(SlCamera) camera = sl_camera_query_shared(node, &everything, &error);
        if (camera != NULL ? camera->is_part : !sl_camera_may_be_behind(node, error))
            continue;
        SlCameraEntry *entry = g_new0(SlCameraEntry, 1);
        entry->node = g_strdup(node);
        entry->name = camera != NULL ? g_strdup(camera->name) : sl_camera_dup_system_name(node);
        entry->links = find_links(node);
        entry->error = error != NULL ? g_strdup(error->message) : NULL;
        entry->camera = g_steal_pointer(&camera);
        g_ptr_array_add(entries, entry);
    }
}

/* Their IDs are stable. */
static void
add_libcamera(GPtrArray *entries)
{
    g_autoptr(GPtrArray) cameras = sl_camera_libcamera_list(&everything);
    while (cameras->len > 0) {
        SlCameraEntry *entry = g_new0(SlCameraEntry, 1);
        entry->camera = g_ptr_array_steal_index(cameras, 0);
        entry->node = g_strdup(entry->camera->node);
        entry->name = g_strdup(entry->camera->name);
        entry->links = g_new0(char *, 1);
        g_ptr_array_add(entries, entry);
    }
}

GPtrArray *
sl_camera_list_libcamera(void)
{
    GPtrArray *entries = g_ptr_array_new_with_free_func((GDestroyNotify)sl_camera_entry_free);
    add_libcamera(entries);
    return entries;
}

GPtrArray *
sl_camera_list(void)
{
    GPtrArray *entries = g_ptr_array_new_with_free_func((GDestroyNotify)sl_camera_entry_free);
    add_nodes(entries);
    add_libcamera(entries);
    return entries;
}

/* --- for people --- */

/* Words, on as many lines as they need. */
static void
append_wrapped(GString *text, const char *words, guint indent)
{
    g_auto(GStrv) parts = g_strsplit(words, " ", -1);
    gsize column = 0;
    for (guint i = 0; parts[i] != NULL; i++) {
        gsize len = (gsize)g_utf8_strlen(parts[i], -1);
        if (i > 0 && column + 1 + len <= WIDTH) {
            g_string_append_printf(text, " %s", parts[i]);
            column += 1 + len;
        } else {
            g_string_append_printf(text, "%s%*s%s", i > 0 ? "\n" : "", indent, "", parts[i]);
            column = indent + len;
        }
    }
    g_string_append_c(text, '\n');
}

static void
append_formats(GString *text, GArray *modes)
{
    g_autoptr(GPtrArray) groups =
        sl_camera_formats_describe(modes, WIDTH - SIZES_INDENT, MAX_SIZES);
    for (guint i = 0; i < groups->len; i++) {
        SlCameraFormatGroup *group = groups->pdata[i];
        g_autoptr(GString) names = g_string_new(NULL);
        for (guint j = 0; j < group->names->len; j++)
            g_string_append_printf(names, "%s%s", j > 0 ? ", " : "",
                                   (const char *)group->names->pdata[j]);
        append_wrapped(text, names->str, FORMATS_INDENT);
        for (guint j = 0; j < group->sizes->len; j++)
            g_string_append_printf(text, "%*s%s\n", SIZES_INDENT, "",
                                   (const char *)group->sizes->pdata[j]);
    }
}

static void
append_cell(GString *text, const char *cell, guint width)
{
    glong len = g_utf8_strlen(cell, -1);
    g_string_append_printf(text, "%s%*s  ", cell, (int)MAX((glong)width - len, 0), "");
}

static void
append_entry(GString *text, const SlCameraEntry *entry, guint node_width, guint name_width)
{
    const char *path = entry->links[0] != NULL ? entry->links[0] : "-";
    append_cell(text, entry->node, node_width);
    append_cell(text, entry->name, name_width);
    if (node_width + name_width + 4 + (gsize)g_utf8_strlen(path, -1) > WIDTH) {
        while (text->str[text->len - 1] == ' ')
            g_string_truncate(text, text->len - 1);
        g_string_append_printf(text, "\n%*s", FORMATS_INDENT, "");
    }
    g_string_append_printf(text, "%s\n", path);
    if (entry->camera != NULL)
        append_formats(text, entry->camera->modes);
    else
        append_wrapped(text, entry->error, FORMATS_INDENT);
}

char *
sl_camera_list_to_text(GPtrArray *entries)
{
    guint node_width = strlen("NODE"), name_width = strlen("NAME");
    if (entries->len == 0)
        return g_strdup(
            "No camera found. Plug one in (in a virtual machine or a container, pass it "
            "through: docker run --device /dev/video0 …),\n"
            "or name a source: sightline test, rtsp://…, file:///….\n");
    for (guint i = 0; i < entries->len; i++) {
        const SlCameraEntry *entry = entries->pdata[i];
        node_width = MAX(node_width, (guint)g_utf8_strlen(entry->node, -1));
        name_width = MAX(name_width, (guint)g_utf8_strlen(entry->name, -1));
    }
    GString *text = g_string_new(NULL);
    append_cell(text, "NODE", node_width);
    append_cell(text, "NAME", name_width);
    g_string_append(text, "STABLE PATH\n");
    for (guint i = 0; i < entries->len; i++)
        append_entry(text, entries->pdata[i], node_width, name_width);
    return g_string_free(text, FALSE);
}

/* --- by name --- */

static gboolean
has_text(const char *in, const char *folded)
{
    g_autofree char *folded_in = g_utf8_casefold(in, -1);
    return strstr(folded_in, folded) != NULL;
}

static gboolean
is_libcamera(const SlCameraEntry *entry)
{
    return g_str_has_prefix(entry->node, SL_CAMERA_LIBCAMERA_PREFIX);
}

static gboolean
is_named(const SlCameraEntry *entry, const char *folded)
{
    if (has_text(entry->name, folded) || (is_libcamera(entry) && has_text(entry->node, folded)))
        return TRUE;
    for (guint i = 0; entry->links[i] != NULL; i++) {
        g_autofree char *file = g_path_get_basename(entry->links[i]);
        if (has_text(file, folded))
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_whole_name(const SlCameraEntry *entry, const char *folded)
{
    g_autofree char *name = g_utf8_casefold(entry->name, -1);
    g_autofree char *node = g_utf8_casefold(entry->node, -1);
    return g_str_equal(name, folded) ||
           (is_libcamera(entry) &&
            (g_str_equal(node, folded) ||
             g_str_equal(node + strlen(SL_CAMERA_LIBCAMERA_PREFIX), folded)));
}

static GPtrArray *
select_entries(GPtrArray *entries, gboolean (*func)(const SlCameraEntry *, const char *),
               const char *folded)
{
    GPtrArray *selected = g_ptr_array_new();
    for (guint i = 0; i < entries->len; i++)
        if (func(entries->pdata[i], folded))
            g_ptr_array_add(selected, entries->pdata[i]);
    return selected;
}

/* `C920 (/dev/video0), …` */
static char *
list_names(GPtrArray *entries, gboolean with_links)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < MIN(entries->len, MAX_CANDIDATES); i++) {
        const SlCameraEntry *entry = entries->pdata[i];
        g_string_append_printf(text, "%s%s (%s", i > 0 ? ", " : "", entry->name, entry->node);
        if (with_links && entry->links[0] != NULL)
            g_string_append_printf(text, ", %s", entry->links[0]);
        g_string_append_c(text, ')');
    }
    if (entries->len > MAX_CANDIDATES)
        g_string_append(text, ", …");
    return g_string_free(text, FALSE);
}

SlCameraEntry *
sl_camera_list_find(GPtrArray *entries, const char *text, GError **error)
{
    g_autofree char *folded = g_utf8_casefold(text, -1);
    g_autoptr(GPtrArray) whole = select_entries(entries, is_whole_name, folded);
    g_autoptr(GPtrArray) partly = select_entries(entries, is_named, folded);
    GPtrArray *found = whole->len > 0 ? whole : partly;
    g_autofree char *candidates = list_names(found->len > 0 ? found : entries, found->len > 0);
    if (found->len == 1)
        return found->pdata[0];
    if (found->len > 1)
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                    "\"%s\" may be %s; name more of it, or its node or stable path", text,
                    candidates);
    else
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                    "no camera is called \"%s\"; %s%s", text,
                    entries->len > 0 ? "there are " : "there is none at all", candidates);
    return NULL;
}
