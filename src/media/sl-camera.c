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

#define MAX_NODES 256

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

int
sl_camera_ioctl(gpointer device, gulong request, gpointer arg)
{
    return ioctl(GPOINTER_TO_INT(device), request, arg);
}

static gint
compare_nodes(gconstpointer a, gconstpointer b)
{
    g_autofree char *name_a = g_path_get_basename(*(const char *const *)a);
    g_autofree char *name_b = g_path_get_basename(*(const char *const *)b);
    gint64 number_a = sl_camera_node_number(name_a), number_b = sl_camera_node_number(name_b);
    return (number_a > number_b) - (number_a < number_b);
}

GPtrArray *
sl_camera_list_nodes(const char *dir)
{
    GPtrArray *nodes = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
    const char *name;
    while (entries != NULL && (name = g_dir_read_name(entries)) != NULL)
        if (sl_camera_node_number(name) >= 0)
            g_ptr_array_add(nodes, g_build_filename(dir, name, NULL));
    g_ptr_array_sort(nodes, compare_nodes);
    if (nodes->len > MAX_NODES)
        g_ptr_array_set_size(nodes, MAX_NODES);
    return nodes;
}

static char *
describe_what_is_there(void)
{
    g_autoptr(GPtrArray) nodes = sl_camera_list_nodes(SL_CAMERA_DEV_DIR);
    if (nodes->len == 0)
        return g_strdup("there is no camera at all");
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
        g_autofree char *advice =
            sl_camera_owner_permission_advice(path, sl_camera_owner_is_in_container());
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

int
sl_camera_open(const char *path, GError **error)
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
    struct stat status;
    guint64 number = stat(path, &status) == 0 ? status.st_rdev : 0;
    return sl_camera_identity_copy(sl_camera_identity_find_device(list, name, number));
}

static SlCamera *
query(const char *path, const SlCameraWish *wish, gboolean may_be_busy, GError **error)
{
    int fd = sl_camera_open(path, error);
    if (fd < 0)
        return NULL;
    g_autoptr(SlCamera) self =
        sl_camera_probe(sl_camera_ioctl, GINT_TO_POINTER(fd), path, wish, error);
    gboolean busy = self != NULL && !may_be_busy &&
                    sl_camera_probe_is_busy(sl_camera_ioctl, GINT_TO_POINTER(fd));
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

SlCamera *
sl_camera_query_shared(const char *path, const SlCameraWish *wish, GError **error)
{
    return query(path, wish, TRUE, error);
}

/* Of what the system tells everybody about a node. */
static char *
read_system_file(const char *node, const char *file)
{
    g_autofree char *name = g_path_get_basename(node);
    g_autofree char *path = g_build_filename(SL_CAMERA_CLASS_DIR, name, file, NULL);
    char *text = NULL;
    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

/* UVC and others number the nodes of one device: 0 is the picture, others are metadata. Without
 * permission to ask the node itself, that is what tells them apart. */
static gboolean
is_secondary(const char *node)
{
    g_autofree char *index = read_system_file(node, "index");
    return index != NULL && atoi(index) > 0;
}

gboolean
sl_camera_may_be_behind(const char *node, const GError *error)
{
    return g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_BUSY) ||
           (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PERMISSION) &&
            !is_secondary(node));
}

char *
sl_camera_clean_text(const char *text, gssize len)
{
    g_autofree char *bounded = len < 0 ? g_strdup(text) : g_strndup(text, (gsize)len);
    char *clean = g_utf8_make_valid(bounded, -1);
    for (char *c = clean; *c != '\0'; c++)
        if (g_ascii_iscntrl(*c))
            *c = ' ';
    return g_strstrip(clean);
}

char *
sl_camera_dup_system_name(const char *node)
{
    g_autofree char *text = read_system_file(node, "name");
    return sl_camera_clean_text(text != NULL ? text : "", -1);
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
        if (sl_camera_may_be_behind(nodes->pdata[i], local_error)) {
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
