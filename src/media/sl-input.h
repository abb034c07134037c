#pragma once

#include "sl-camera.h"

G_BEGIN_DECLS

/** SlInputKind: what a DEVICE argument turned out to be. */
typedef enum {
    SL_INPUT_TEST,      /* "test": always the pattern */
    SL_INPUT_NO_CAMERA, /* nothing was named and there is none: the pattern, which says so */
    SL_INPUT_CAMERA,    /* a V4L2 node */
    SL_INPUT_LIBCAMERA, /* a sensor that libcamera knows */
    SL_INPUT_FILE,      /* file://: loops, with sl_file_loop_install() on the pipeline */
    SL_INPUT_RTSP,
    SL_INPUT_URI,       /* any other URI that uridecodebin plays */
    SL_INPUT_PUBLISHER, /* "publish": nothing of its own, somebody publishes */
} SlInputKind;

/** SlInput: where a stream's pictures come from. Immutable; counted, from any thread. */
typedef struct {
    gatomicrefcount refs;
    SlInputKind kind;
    char *spec;     /* a camera's: what was asked for; NULL: the first one */
    char *location; /* the node or URI (libcamera:ID), a publisher's title; NULL for the patterns,
                       and a camera not seen yet */
    char *label;    /* for people: `Integrated Camera (/dev/video0)`; no passwords */
    SlCameraIdentity *identity; /* nullable: a camera's that was seen */
    char *sound;                /* where its sound comes from, as with --audio; NULL: its own */
} SlInput;

/* What a DEVICE argument calls SL_INPUT_PUBLISHER. */
#define SL_INPUT_PUBLISH "publish"

#define SL_INPUT_SOUND_NONE "none"
#define SL_INPUT_SOUND_TEST "test"

/** sl_input_new: what sl_input_resolve() found; for tests, what it would have. */
SlInput *sl_input_new(SlInputKind kind, const char *location, const char *label);
/** sl_input_new_camera: @camera, which was asked for as @spec (nullable) */
SlInput *sl_input_new_camera(const char *spec, const SlCamera *camera);
/** sl_input_new_awaited: a camera that is not there, asked for as @spec (nullable) */
SlInput *sl_input_new_awaited(const char *spec);
/** sl_input_new_publisher: @title: (nullable): what viewers are shown */
SlInput *sl_input_new_publisher(const char *title);
/** sl_input_new_no_camera: the pattern, until there is a camera */
SlInput *sl_input_new_no_camera(void);
SlInput *sl_input_ref(SlInput *self);
void sl_input_unref(SlInput *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlInput, sl_input_unref)

/** sl_input_set_sound: before anybody else has it. @sound: (nullable): a microphone,
 * SL_MICROPHONE_DEFAULT, SL_INPUT_SOUND_NONE or SL_INPUT_SOUND_TEST */
void sl_input_set_sound(SlInput *self, const char *sound);

/** sl_input_is_camera: of this machine, by V4L2 or libcamera */
gboolean sl_input_is_camera(const SlInput *self);

/**
 * sl_input_make_title:
 *
 * What a viewer is shown: nothing of where a source is found.
 * Returns: (transfer full): the camera's or file's name; else @fallback
 */
char *sl_input_make_title(const SlInput *self, const char *fallback);

/**
 * sl_input_resolve:
 * @device: (nullable): the command line's DEVICE; %NULL: the first camera, or SL_INPUT_NO_CAMERA
 *
 * A text that is no path, URI or file is part of a camera's name: sl_camera_list_find(). So is what
 * stands behind `libcamera:`, among libcamera's.
 *
 * Refuses texts that must not stand in launch text (`"`, `\`, control characters), URIs without a
 * scheme GStreamer knows, nodes that are not V4L2 capture devices. A camera that exists and can't
 * be opened is SL_MEDIA_ERROR_PERMISSION or SL_MEDIA_ERROR_BUSY, also where nothing was named: it
 * is never replaced silently. Opens and closes the device.
 */
SlInput *sl_input_resolve(const char *device, GError **error);

/**
 * sl_input_can_be_awaited:
 * @error: sl_input_resolve()'s for @device (nullable)
 *
 * Whether it is a camera that may still come, or come free, rather than a mistake.
 */
gboolean sl_input_can_be_awaited(const char *device, const GError *error);

/**
 * sl_input_find:
 *
 * What it is now: a camera that was awaited, or the first one instead of the pattern. Others are as
 * they were.
 * Returns: (transfer full) (nullable): sl_input_resolve()'s errors
 */
SlInput *sl_input_find(SlInput *self, GError **error);

/**
 * sl_input_meet:
 * @list: (element-type SlCameraIdentity): what is there now
 *
 * A camera that was the only one of its model is that no longer once another was seen beside it:
 * that one must not be taken for it later.
 * Returns: (transfer full): @self, or what it is now
 */
SlInput *sl_input_meet(SlInput *self, GPtrArray *list);

/**
 * sl_input_find_node:
 * @self: of SL_INPUT_CAMERA, from sl_input_find()
 *
 * Where the camera is now: the one that was seen, whatever its node is; a link in /dev/v4l is what
 * it leads to. Opens nothing.
 * Returns: (transfer full) (nullable): a path; SL_MEDIA_ERROR_NOT_FOUND
 */
char *sl_input_find_node(SlInput *self, GError **error);

G_END_DECLS
