#include "sl-camera-identity.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sys/sysmacros.h>

typedef struct {
    const char *model, *port;
    guint index;
    gboolean alone;
} Row;

static GPtrArray *
make_list(const Row *rows, guint n)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)sl_camera_identity_free);

    for (guint i = 0; i < n && rows[i].model != NULL; i++) {
        const SlCameraIdentity one = { (char *)"", (char *)rows[i].model, (char *)rows[i].port,
                                       rows[i].index, rows[i].alone };
        SlCameraIdentity *copy = sl_camera_identity_copy(&one);
        g_free(copy->node);
        copy->node = g_strdup_printf("video%u", i);
        g_ptr_array_add(list, copy);
    }
    return list;
}

static void
test_find(void)
{
    static const struct {
        const char *what;
        Row wanted;
        Row there[3];
        const char *found; /* NULL: none */
    } cases[] = {
        { "same model, same port", { "A", "1", 0, TRUE }, { { "A", "1", 0 } }, "video0" },
        { "another port, and alone", { "A", "1", 0, TRUE }, { { "A", "2", 0 } }, "video0" },
        { "another port, and it was not alone", { "A", "1", 0 }, { { "A", "2", 0 } }, NULL },
        { "another port, where there are two now",
          { "A", "1", 0, TRUE },
          { { "A", "2", 0 }, { "A", "3", 0 } },
          NULL },
        { "two alike without serial numbers",
          { "A ::", "2", 0 },
          { { "A ::", "1", 0 }, { "A ::", "2", 0 } },
          "video1" },
        { "two with one serial number, ours unplugged",
          { "A :SN1", "2", 0 },
          { { "A :SN1", "1", 0 } },
          NULL },
        { "its other node", { "A", "1", 1, TRUE }, { { "A", "1", 0 } }, NULL },
        { "both its nodes", { "A", "1", 1, TRUE }, { { "A", "1", 0 }, { "A", "1", 1 } }, "video1" },
        { "another camera took its port and node",
          { "A", "1", 0, TRUE },
          { { "B", "1", 0 } },
          NULL },
        { "nothing is there", { "A", "1", 0, TRUE }, { { NULL } }, NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) wanted = make_list(&cases[i].wanted, 1);
        g_autoptr(GPtrArray) list = make_list(cases[i].there, G_N_ELEMENTS(cases[i].there));
        const SlCameraIdentity *found = sl_camera_identity_find(list, wanted->pdata[0]);

        g_test_message("%s", cases[i].what);
        g_assert_cmpstr(found != NULL ? found->node : NULL, ==, cases[i].found);
    }
}

/* --- sysfs --- */

static void
put(const char *root, const char *dir, const char *name, const char *text)
{
    g_autofree char *folder = g_build_filename(root, dir, NULL);
    g_autofree char *path = g_build_filename(folder, name, NULL);

    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
link_to(const char *root, const char *target, const char *link)
{
    g_autofree char *from = g_build_filename(root, target, NULL);
    g_autofree char *to = g_build_filename(root, link, NULL);
    g_autofree char *folder = g_path_get_dirname(to);
    g_autoptr(GFile) file = g_file_new_for_path(to);

    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_make_symbolic_link(file, from, NULL, NULL));
}

/* As the kernel lays it out: the class has links to nodes in their devices' folders. */
static void
add_node(const char *root, const char *device, const char *node, const char *title,
         const char *index)
{
    g_autofree char *dir = g_strdup_printf("devices/%s/video4linux/%s", device, node);
    g_autofree char *class = g_strdup_printf("class/%s", node);
    g_autofree char *to_device = g_strdup_printf("%s/device", dir);
    g_autofree char *parent = g_strdup_printf("devices/%s", device);

    put(root, dir, "name", title);
    put(root, dir, "index", index);
    link_to(root, dir, class);
    if (!g_str_equal(device, "virtual"))
        link_to(root, parent, to_device);
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) entries = g_dir_open(path, 0, NULL);
    const char *name;

    while (!g_file_test(path, G_FILE_TEST_IS_SYMLINK) && entries != NULL &&
           (name = g_dir_read_name(entries)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    g_assert_cmpint(g_remove(path), ==, 0);
}

static const SlCameraIdentity *
get_node(GPtrArray *list, const char *node, const char *model, guint index, gboolean alone)
{
    const SlCameraIdentity *found = sl_camera_identity_find_node(list, node);

    g_assert_nonnull(found);
    g_assert_cmpstr(found->model, ==, model);
    g_assert_cmpuint(found->index, ==, index);
    g_assert_cmpint(found->alone, ==, alone);
    return found;
}

static void
test_list(void)
{
    g_autofree char *root = g_dir_make_tmp("sightline-XXXXXX", NULL);
    g_autofree char *class = g_build_filename(root, "class", NULL);
    g_autoptr(GPtrArray) none = sl_camera_identity_list(class);
    g_autoptr(GPtrArray) list = NULL;

    g_assert_cmpuint(none->len, ==, 0);

    put(root, "devices/usb1/1-2", "idVendor", "046d\n");
    put(root, "devices/usb1/1-2", "idProduct", "0825\n");
    put(root, "devices/usb1/1-2", "serial", "ABC\n");
    put(root, "devices/usb1/1-3", "idVendor", "046d\n");
    put(root, "devices/usb1/1-3", "idProduct", "0825\n");
    add_node(root, "usb1/1-2/1-2:1.0", "video0", "Webcam\n", "0\n");
    add_node(root, "usb1/1-2/1-2:1.0", "video1", "Webcam\n", "1\n");
    add_node(root, "usb1/1-3/1-3:1.0", "video10", "Webcam\n", "0\n");
    add_node(root, "platform/vivid.0", "video3", "vivid-000-vid-cap\n", "2\n");
    add_node(root, "virtual", "video4", "Dummy\n", "0\n");
    add_node(root, "virtual", "video5", "Dummy\n", "0\n");
    put(root, "devices/usb1/1-2/1-2:1.0/video4linux/video0", "dev", "81:0\n");
    put(root, "class", "subsystem", "");

    list = sl_camera_identity_list(class);
    g_assert_cmpuint(list->len, ==, 6);
    get_node(list, "video0", "Webcam 046d:0825:ABC", 0, TRUE);
    get_node(list, "video1", "Webcam 046d:0825:ABC", 1, TRUE);
    get_node(list, "video10", "Webcam 046d:0825:", 0, TRUE);
    get_node(list, "video3", "vivid-000-vid-cap", 0, TRUE); /* 2 of the kernel's: others went */
    get_node(list, "video4", "Dummy", 0, FALSE);
    get_node(list, "video5", "Dummy", 0, FALSE);
    for (guint i = 0; i < list->len; i++) /* each finds itself */
        g_assert_true(sl_camera_identity_find(list, list->pdata[i]) == list->pdata[i]);
    g_assert_nonnull(sl_camera_identity_find_device(list, "video0", makedev(81, 0)));
    /* `docker run --device /dev/video2:/dev/video0` */
    g_assert_null(sl_camera_identity_find_device(list, "video0", makedev(81, 2)));
    g_assert_nonnull(sl_camera_identity_find_device(list, "video1", makedev(81, 1)));
    remove_tree(root);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/camera-identity/find", test_find);
    g_test_add_func("/camera-identity/list", test_list);
    return g_test_run();
}
