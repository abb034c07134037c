#include "sl-camera.h"

#include "sl-camera-owner.h"
#include "sl-camera-probe.h"
#include "sl-description.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define STABLE_DIR "/dev/v4l/by-id"
#define MAX_NODES 256
#define MAX_STABLE_PATHS 256

void
sl_camera_free(SlCamera *self)
{
    if (self == NULL)
        return;
    g_free(self->node);
    g_free(self->name);
    g_free(self->driver);
    g_free(self->bus);
    sl_camera_identity_free(self->identity);
    g_clear_pointer(&self->modes, g_array_unref);
    g_free(self);
}

static int
ioctl_on_descriptor(gpointer device, gulong request, gpointer arg)
{
    return ioctl(GPOINTER_TO_INT(device), request, arg);
}

/* The N of videoN, or -1. */
static gint64
node_number(const char *name)
{
    guint64 number;
    if (!g_str_has_prefix(name, "video") ||
        !g_ascii_string_to_unsigned(name + strlen("video"), 10, 0, G_MAXINT, &number, NULL))
        return -1;
    return (gint64)number;
}

static gint
compare_nodes(gconstpointer a, gconstpointer b)
{
    g_autofree char *name_a = g_path_get_basename(*(const char *const *)a);
    g_autofree char *name_b = g_path_get_basename(*(const char *const *)b);
    gint64 number_a = node_number(name_a), number_b = node_number(name_b);
    return (number_a > number_b) - (number_a < number_b);
}

GPtrArray *
sl_camera_list_nodes(const char *dir)
{
    GPtrArray *nodes = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
    const char *name;
    while (entries != NULL && (name = g_dir_read_name(entries)) != NULL)
        if (node_number(name) >= 0)
            g_ptr_array_add(nodes, g_build_filename(dir, name, NULL));
    g_ptr_array_sort(nodes, compare_nodes);
    if (nodes->len > MAX_NODES)
        g_ptr_array_set_size(nodes, MAX_NODES);
    return nodes;
}

/* The link in by-id that leads to the node: it stays the same camera's when nodes change. */
static char *
find_stable_path(const char *node)
{
    g_autoptr(GDir) entries = g_dir_open(STABLE_DIR, 0, NULL);
    const char *name;
    for (guint i = 0; i < MAX_STABLE_PATHS && entries != NULL; i++) {
        if ((name = g_dir_read_name(entries)) == NULL)
            break;
        g_autofree char *path = g_build_filename(STABLE_DIR, name, NULL);
        g_autofree char *target = realpath(path, NULL);
        if (g_strcmp0(target, node) == 0)
            return g_steal_pointer(&path);
    }
    return NULL;
}

static char *
describe_what_is_there(void)
{
    g_autoptr(GPtrArray) nodes = sl_camera_list_nodes(SL_CAMERA_DEV_DIR);
    if (nodes->len == 0)
        return g_strdup("there is no camera at all: plug one in, or show \"test\"");
    g_ptr_array_set_size(nodes, MIN(nodes->len, 16));
    g_ptr_array_add(nodes, NULL);
    g_autofree char *list = g_strjoinv(", ", (char **)nodes->pdata);
    return g_strdup_printf("there are %s", list);
}

static void
set_open_error(const char *path, int code, GError **error)
{
    if (code == ENOENT || code == ENOTDIR || code == ENXIO || code == ENODEV) {
        g_autofree char *there = describe_what_is_there();
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND, "%s is not there; %s", path,
                    there);
    } else if (code == EACCES || code == EPERM) {
        g_autofree char *advice = sl_camera_owner_permission_advice(path);
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PERMISSION,
                    "no permission to open %s: %s", path, advice);
    } else if (code == EBUSY) {
        g_autofree char *user = sl_camera_owner_describe_user(path);
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_BUSY, "%s is in use by %s", path, user);
    } else {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE, "can't open %s: %s", path,
                    g_strerror(code));
    }
}

/* Before it is opened: a file that may only be read has another problem than a camera. */
static gboolean
check_is_device(const char *path, GError **error)
{
    struct stat status;
    if (stat(path, &status) != 0 || S_ISCHR(status.st_mode))
        return TRUE;
    if (S_ISREG(status.st_mode)) {
        g_autofree char *uri = g_filename_to_uri(path, NULL, NULL);
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                    "%s is a file, no camera; a film is named by its URI: %s", path, uri);
    } else {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                    "%s is no camera; --list-devices shows what is one", path);
    }
    return FALSE;
}

static int
open_node(const char *path, GError **error)
{
    if (!check_is_device(path, error))
        return -1;
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        set_open_error(path, errno, error);
    return fd;
}

static SlCameraIdentity *
identify(const char *path)
{
    g_autofree char *target = realpath(path, NULL);
    g_autofree char *name = g_path_get_basename(target != NULL ? target : path);
    g_autoptr(GPtrArray) list = sl_camera_identity_list(SL_CAMERA_CLASS_DIR);
    return sl_camera_identity_copy(sl_camera_identity_find_node(list, name));
}

static SlCamera *
query(const char *path, const SlCameraWish *wish, gboolean may_be_busy, GError **error)
{
    int fd = open_node(path, error);
    if (fd < 0)
        return NULL;
    g_autoptr(SlCamera) self =
        sl_camera_probe(ioctl_on_descriptor, GINT_TO_POINTER(fd), path, wish, error);
    gboolean busy = self != NULL && !may_be_busy &&
                    sl_camera_probe_is_busy(ioctl_on_descriptor, GINT_TO_POINTER(fd));
    close(fd);
    if (busy) {
        set_open_error(path, EBUSY, error);
        return NULL;
    }
    if (self != NULL)
        self->identity = identify(path);
    return g_steal_pointer(&self);
}

SlCamera *
sl_camera_query(const char *path, const SlCameraWish *wish, GError **error)
{
    return query(path, wish, FALSE, error);
}

/* UVC and others number the nodes of one device: 0 is the picture, others are metadata. Without
 * permission to ask the node itself, that is what tells them apart. */
static gboolean
is_secondary(const char *node)
{
    g_autofree char *name = g_path_get_basename(node);
    g_autofree char *path = g_build_filename(SL_CAMERA_CLASS_DIR, name, "index", NULL);
    g_autofree char *index = NULL;
    return g_file_get_contents(path, &index, NULL, NULL) && atoi(index) > 0;
}

static gboolean
is_grey(const SlCamera *self)
{
    for (guint i = 0; i < self->modes->len; i++)
        if (!sl_camera_format_is_grey(g_array_index(self->modes, SlCameraMode, i).format))
            return FALSE;
    return TRUE;
}

SlCamera *
sl_camera_query_first(GPtrArray *nodes, const SlCameraWish *wish, SlCameraQuery func,
                      GError **error)
{
    g_autoptr(SlCamera) without_colours = NULL;
    for (guint i = 0; i < nodes->len; i++) {
        g_autoptr(GError) local_error = NULL;
        g_autoptr(SlCamera) camera = func(nodes->pdata[i], wish, &local_error);
        gboolean counts =
            g_error_matches(local_error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_BUSY) ||
            (g_error_matches(local_error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PERMISSION) &&
             !is_secondary(nodes->pdata[i]));
        if (counts) {
            g_propagate_error(error, g_steal_pointer(&local_error));
            return NULL;
        }
        if (camera == NULL || camera->is_part)
            continue;
        if (!is_grey(camera))
            return g_steal_pointer(&camera);
        if (without_colours == NULL)
            without_colours = g_steal_pointer(&camera);
    }
    if (without_colours == NULL)
        g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND, "no camera found");
    return g_steal_pointer(&without_colours);
}

char *
sl_camera_get_label(const SlCamera *self)
{
    return g_strdup_printf("%s (%s)", self->name, self->node);
}

static gboolean
is_larger_or_faster(const SlCameraMode *a, const SlCameraMode *b)
{
    guint64 area_a = (guint64)a->width * a->height, area_b = (guint64)b->width * b->height;
    return area_a > area_b ||
           (area_a == area_b && (guint64)a->fps_n * b->fps_d > (guint64)b->fps_n * a->fps_d);
}

/* For each format the largest picture, at the highest rate that it has there. Several pixel formats
 * of V4L2 may be one to GStreamer. */
static char *
describe_formats(GArray *modes)
{
    g_autoptr(GPtrArray) best_of_format = g_ptr_array_new();
    for (guint i = 0; i < modes->len; i++) {
        SlCameraMode *mode = &g_array_index(modes, SlCameraMode, i);
        guint j = 0;
        while (j < best_of_format->len &&
               !g_str_equal(((SlCameraMode *)best_of_format->pdata[j])->format->name,
                            mode->format->name))
            j++;
        if (j == best_of_format->len)
            g_ptr_array_add(best_of_format, mode);
        else if (is_larger_or_faster(mode, best_of_format->pdata[j]))
            best_of_format->pdata[j] = mode;
    }
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < best_of_format->len; i++) {
        g_autofree char *mode_text = sl_camera_mode_to_text(best_of_format->pdata[i]);
        g_string_append_printf(text, "    %s\n", mode_text);
    }
    return g_string_free(text, FALSE);
}

static void
append_device(GString *text, const char *node)
{
    SlCameraWish everything = { SL_CAMERA_MAX_EDGE, SL_CAMERA_MAX_EDGE, SL_CAMERA_MAX_RATE };
    g_autoptr(GError) error = NULL;
    g_autoptr(SlCamera) camera = query(node, &everything, TRUE, &error);
    if (camera != NULL) {
        g_autofree char *stable = find_stable_path(node);
        g_autofree char *formats = describe_formats(camera->modes);
        g_string_append_printf(text, "%-14s %-32s %s\n%s", node, camera->name,
                               stable != NULL ? stable : "-", formats);
    } else if (!g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE) &&
               !is_secondary(node)) {
        g_string_append_printf(text, "%-14s %s\n", node, error->message);
    }
}

char *
sl_camera_list_text(void)
{
    g_autoptr(GPtrArray) nodes = sl_camera_list_nodes(SL_CAMERA_DEV_DIR);
    g_autoptr(GString) devices = g_string_new(NULL);
    for (guint i = 0; i < nodes->len; i++)
        append_device(devices, nodes->pdata[i]);
    if (devices->len == 0)
        return g_strdup(
            "No camera found. Plug one in (in a virtual machine or a container, pass it "
            "through: docker run --device /dev/video0 …),\n"
            "or name a source: sightline test, rtsp://…, file:///….\n");
    return g_strdup_printf("%-14s %-32s %s\n%s", "NODE", "NAME", "STABLE PATH", devices->str);
}
