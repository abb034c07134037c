#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SlCameraIdentity: a V4L2 node as sysfs has it, and what its camera is known by when it comes
 * back, maybe as another node. Nothing is opened for it. Immutable.
 */
typedef struct {
    char *node;  /* `video0`: where it was seen */
    char *model; /* the device's name; of USB also vendor, product and serial number */
    char *port;  /* where it is plugged in */
    guint index; /* a camera may have several nodes: the how-manieth it is of those on its port */
    gboolean alone; /* no other of its model was there */
    guint64 number; /* the device's, as stat() has it; 0: not known */
} SlCameraIdentity;
SlCameraIdentity *sl_camera_identity_copy(const SlCameraIdentity *self);
void sl_camera_identity_free(SlCameraIdentity *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlCameraIdentity, sl_camera_identity_free)

/** sl_camera_node_number: the N of `videoN`, or -1 */
gint64 sl_camera_node_number(const char *name);

/**
 * sl_camera_identity_list:
 * @class_dir: `/sys/class/video4linux`
 *
 * Any thread.
 * Returns: (transfer full) (element-type SlCameraIdentity): every node there is, at most 256
 */
GPtrArray *sl_camera_identity_list(const char *class_dir);

/**
 * sl_camera_identity_find:
 * @list: (element-type SlCameraIdentity):
 *
 * The same camera is the same model on the same port; or, if it was the only one of its model, the
 * one that is the only one of its model now. Serial numbers alone do not make two cameras differ:
 * many makers give all of them the same.
 * Returns: (transfer none) (nullable): of @list
 */
const SlCameraIdentity *sl_camera_identity_find(GPtrArray *list, const SlCameraIdentity *wanted);

/** sl_camera_identity_find_node: (transfer none) (nullable): the one of @list that is `videoN` */
const SlCameraIdentity *sl_camera_identity_find_node(GPtrArray *list, const char *node);

/**
 * sl_camera_identity_find_device:
 * @number: the node's, as stat() has it
 *
 * As sl_camera_identity_find_node(), but not another device that has the name outside: a container
 * may be given a node under the name of another one.
 */
const SlCameraIdentity *sl_camera_identity_find_device(GPtrArray *list, const char *node,
                                                       guint64 number);

G_END_DECLS
