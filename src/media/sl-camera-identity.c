#include "sl-camera-identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#define MAX_NODES 256
/* From a node's device up to what was plugged in: an interface, its device, a hub. */
#define MAX_PARENTS 4

/* A node with what only orders the list. */
typedef struct {
    SlCameraIdentity *identity;
    guint64 kernel_index;
    gint64 number;
} Node;

gint64
sl_camera_node_number(const char *name)
{
    guint64 number;

    if (!g_str_has_prefix(name, "video") ||
        !g_ascii_string_to_unsigned(name + strlen("video"), 10, 0, G_MAXINT, &number, NULL))
        return -1;
    return (gint64)number;
}

SlCameraIdentity *
sl_camera_identity_copy(const SlCameraIdentity *self)
{
    SlCameraIdentity *copy;

    if (self == NULL)
        return NULL;
    copy = g_new0(SlCameraIdentity, 1);
    copy->node = g_strdup(self->node);
    copy->model = g_strdup(self->model);
    copy->port = g_strdup(self->port);
    copy->index = self->index;
    copy->alone = self->alone;
    copy->number = self->number;
    return copy;
}

void
sl_camera_identity_free(SlCameraIdentity *self)
{
    if (self == NULL)
        return;
    g_free(self->node);
    g_free(self->model);
    g_free(self->port);
    g_free(self);
}

/* "" where there is none. */
static char *
read_attribute(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return g_strdup("");
    g_strstrip(text);
    return g_utf8_make_valid(text, -1);
}

/* ` VENDOR:PRODUCT:SERIAL` of the USB device that @dir is in, or "". */
static char *
read_usb_ids(const char *dir)
{
    g_autofree char *parent = g_strdup(dir);

    for (guint i = 0; i < MAX_PARENTS; i++) {
        g_autofree char *vendor = read_attribute(parent, "idVendor");
        char *next;

        if (*vendor != '\0') {
            g_autofree char *product = read_attribute(parent, "idProduct");
            g_autofree char *serial = read_attribute(parent, "serial");
            return g_strdup_printf(" %s:%s:%s", vendor, product, serial);
        }
        next = g_path_get_dirname(parent);
        g_free(parent);
        parent = next;
    }
    return g_strdup("");
}

/* `81:2` */
static guint64
read_number(const char *dir)
{
    g_autofree char *text = read_attribute(dir, "dev");
    guint major, minor;

    return sscanf(text, "%u:%u", &major, &minor) == 2 ? makedev(major, minor) : 0;
}

/* A node that no device stands behind (v4l2loopback's) is a port of its own. */
static char *
find_port(const char *class_dir, const char *name)
{
    g_autofree char *device = g_build_filename(class_dir, name, "device", NULL);
    g_autofree char *self = g_build_filename(class_dir, name, NULL);
    g_autofree char *path = realpath(device, NULL);

    if (path == NULL)
        path = realpath(self, NULL);
    return g_strdup(path != NULL ? path : self);
}

static void
add_node(GArray *nodes, const char *class_dir, const char *name, gint64 number)
{
    g_autofree char *dir = g_build_filename(class_dir, name, NULL);
    g_autofree char *title = read_attribute(dir, "name");
    g_autofree char *index = read_attribute(dir, "index");
    SlCameraIdentity *identity = g_new0(SlCameraIdentity, 1);
    Node node = { identity, g_ascii_strtoull(index, NULL, 10), number };
    g_autofree char *ids = NULL;

    identity->node = g_strdup(name);
    identity->number = read_number(dir);
    identity->port = find_port(class_dir, name);
    ids = read_usb_ids(identity->port);
    identity->model = g_strconcat(title, ids, NULL);
    g_array_append_val(nodes, node);
}

static gint
compare_nodes(gconstpointer a, gconstpointer b)
{
    const Node *node_a = a, *node_b = b;

    if (node_a->kernel_index != node_b->kernel_index)
        return node_a->kernel_index < node_b->kernel_index ? -1 : 1;
    return (node_a->number > node_b->number) - (node_a->number < node_b->number);
}

/* Not the kernel's index: a camera that comes back while its old node is still open would have
 * another one. */
static void
count_nodes(GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++) {
        SlCameraIdentity *self = list->pdata[i];

        for (guint j = 0; j < i; j++) {
            const SlCameraIdentity *other = list->pdata[j];
            if (g_str_equal(self->model, other->model) && g_str_equal(self->port, other->port))
                self->index++;
        }
    }
}

static gboolean
is_alike(const SlCameraIdentity *a, const SlCameraIdentity *b)
{
    return g_str_equal(a->model, b->model) && a->index == b->index;
}

static guint
count_alike(GPtrArray *list, const SlCameraIdentity *wanted, const SlCameraIdentity **ret_last)
{
    guint n = 0;

    for (guint i = 0; i < list->len; i++) {
        if (!is_alike(list->pdata[i], wanted))
            continue;
        n++;
        *ret_last = list->pdata[i];
    }
    return n;
}

GPtrArray *
sl_camera_identity_list(const char *class_dir)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)sl_camera_identity_free);
    g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(Node));
    g_autoptr(GDir) entries = g_dir_open(class_dir, 0, NULL);
    const char *name;
    gint64 number;

    while (entries != NULL && nodes->len < MAX_NODES && (name = g_dir_read_name(entries)) != NULL) {
        number = sl_camera_node_number(name);
        if (number >= 0)
            add_node(nodes, class_dir, name, number);
    }
    g_array_sort(nodes, compare_nodes);
    for (guint i = 0; i < nodes->len; i++)
        g_ptr_array_add(list, g_array_index(nodes, Node, i).identity);
    count_nodes(list);
    for (guint i = 0; i < list->len; i++) {
        SlCameraIdentity *self = list->pdata[i];
        const SlCameraIdentity *ignored;
        self->alone = count_alike(list, self, &ignored) == 1;
    }
    return list;
}

const SlCameraIdentity *
sl_camera_identity_find(GPtrArray *list, const SlCameraIdentity *wanted)
{
    const SlCameraIdentity *last = NULL;

    for (guint i = 0; i < list->len; i++) {
        const SlCameraIdentity *one = list->pdata[i];
        if (is_alike(one, wanted) && g_str_equal(one->port, wanted->port))
            return one;
    }
    return wanted->alone && count_alike(list, wanted, &last) == 1 ? last : NULL;
}

const SlCameraIdentity *
sl_camera_identity_find_node(GPtrArray *list, const char *node)
{
    for (guint i = 0; i < list->len; i++) {
        const SlCameraIdentity *one = list->pdata[i];
        if (g_str_equal(one->node, node))
            return one;
    }
    return NULL;
}

const SlCameraIdentity *
sl_camera_identity_find_device(GPtrArray *list, const char *node, guint64 number)
{
    const SlCameraIdentity *found = sl_camera_identity_find_node(list, node);

    return found == NULL || found->number == 0 || found->number == number ? found : NULL;
}
