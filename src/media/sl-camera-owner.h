#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** sl_camera_owner_is_in_container: Docker's, Podman's, or what else says so in $container */
gboolean sl_camera_owner_is_in_container(void);

/**
 * sl_camera_owner_permission_advice:
 * @in_container: users and groups of this system do not count
 *
 * Returns: (transfer full): whose the node is, and what to do to be let in: `it belongs to the
 * group video; sudo …`
 */
char *sl_camera_owner_permission_advice(const char *node, gboolean in_container);

/**
 * sl_camera_owner_describe_user:
 *
 * Looks through /proc for a descriptor on the device; other users' processes can't be seen without
 * privileges. Returns: (transfer full): `guvcview (process 4711)`, or `another program`
 */
char *sl_camera_owner_describe_user(const char *node);

G_END_DECLS
