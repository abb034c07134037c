#pragma once

#include "sl-camera.h"

G_BEGIN_DECLS

/** SlCameraEntry: a node of --list-devices. */
typedef struct {
    char *node;
    char *name;       /* where the node can't be opened, what the system calls it */
    char **links;     /* stable paths: those in by-id before those in by-path */
    SlCamera *camera; /* nullable */
    char *error;      /* why not */
} SlCameraEntry;
void sl_camera_entry_free(SlCameraEntry *self);

/**
 * sl_camera_list:
 *
 * All cameras, and nodes that can't be opened and may be one: V4L2's by node, then libcamera's.
 * Opens and closes each, also those in use; may block. Any thread. Returns: (transfer full)
 * (element-type SlCameraEntry)
 */
GPtrArray *sl_camera_list(void);

/** sl_camera_list_libcamera: (transfer full) (element-type SlCameraEntry): only libcamera's */
GPtrArray *sl_camera_list_libcamera(void);

/** sl_camera_list_to_text: (transfer full): a table for people, 100 columns wide (paths are never
 * cut); ends with a newline */
char *sl_camera_list_to_text(GPtrArray *entries);

/** sl_camera_list_to_json: (transfer full): an array, as docs/sightline.1 has it; ends with a
 * newline */
char *sl_camera_list_to_json(GPtrArray *entries);

/**
 * sl_camera_list_find:
 * @text: part of a camera's name or of the file name of one of its links, in either case
 *
 * A camera whose whole name it is comes before those that only have it in theirs.
 *
 * Returns: (transfer none) (nullable): SL_MEDIA_ERROR_NOT_FOUND lists what is there, _DEVICE the
 * cameras that it may be
 */
SlCameraEntry *sl_camera_list_find(GPtrArray *entries, const char *text, GError **error);

G_END_DECLS
