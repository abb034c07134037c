#pragma once

#include <gio/gio.h>

#include "sl-input.h"
#include "sl-problems.h"
#include "sl-variable.h"

G_BEGIN_DECLS

/**
 * SL_MEDIA_ERROR: the media layer's domain.
 *
 * @SL_MEDIA_ERROR_DESCRIPTION: the description can't be used (exit status 78); the message may have
 *   several lines, one a problem
 * @SL_MEDIA_ERROR_NOT_FOUND: no such device or description
 * @SL_MEDIA_ERROR_BUSY: the device is held by another program (exit status 69)
 * @SL_MEDIA_ERROR_PERMISSION: the message names the group that is needed (69)
 * @SL_MEDIA_ERROR_FROZEN: the device gave frames, and gives none any more
 * @SL_MEDIA_ERROR_DEVICE: any other fault of a device
 * @SL_MEDIA_ERROR_NO_SENDER: the program that makes the pictures is not there
 * @SL_MEDIA_ERROR_VALUE: a control that the camera has not, a value that it or an element does not
 * take, or a variable that is not live
 * @SL_MEDIA_ERROR_REFUSED: the camera refuses a value that it should take
 * @SL_MEDIA_ERROR_CROWDED: as many wait for the camera already as may; to be asked again
 * @SL_MEDIA_ERROR_PIPELINE: a pipeline could not be built or broke
 * @SL_MEDIA_ERROR_ENDED: a description's own source came to its end
 * @SL_MEDIA_ERROR_MISSING_ELEMENT: GStreamer elements are not installed; the message names them
 * with their packages
 * @SL_MEDIA_ERROR_PUBLISHER_LEFT: who published has left, or was lost
 * @SL_MEDIA_ERROR_REPLACED: another publisher has come
 * @SL_MEDIA_ERROR_UNSUPPORTED: the stream is set not to do this
 */
#define SL_MEDIA_ERROR (sl_media_error_quark())
GQuark sl_media_error_quark(void);

typedef enum {
    SL_MEDIA_ERROR_DESCRIPTION,
    SL_MEDIA_ERROR_NOT_FOUND,
    SL_MEDIA_ERROR_BUSY,
    SL_MEDIA_ERROR_PERMISSION,
    SL_MEDIA_ERROR_FROZEN,
    SL_MEDIA_ERROR_DEVICE,
    SL_MEDIA_ERROR_NO_SENDER,
    SL_MEDIA_ERROR_VALUE,
    SL_MEDIA_ERROR_REFUSED,
    SL_MEDIA_ERROR_CROWDED,
    SL_MEDIA_ERROR_PIPELINE,
    SL_MEDIA_ERROR_ENDED,
    SL_MEDIA_ERROR_MISSING_ELEMENT,
    SL_MEDIA_ERROR_PUBLISHER_LEFT,
    SL_MEDIA_ERROR_REPLACED,
    SL_MEDIA_ERROR_UNSUPPORTED,
} SlMediaError;

#define SL_DESCRIPTION_MAX_BYTES (64 * 1024)

/**
 * SlDescription: a description file as it was read (docs/pipelines.md): sections, variables with
 * their types, launch text with its lines. Immutable, reference-counted, any thread.
 */
typedef struct _SlDescription SlDescription;

/**
 * sl_description_parse:
 * @name: what the description is called (`vp8`)
 * @text: not necessarily terminated or UTF-8
 * @problems: every mistake goes here
 *
 * Reads without touching GStreamer's registry: syntax, sections, variables, placeholders, tracks.
 *
 * Returns: (transfer full) (nullable): %NULL if there was any problem
 */
SlDescription *sl_description_parse(const char *name, const char *text, gsize len,
                                    SlProblems *problems);

/**
 * sl_description_load:
 * @path: a file
 *
 * As sl_description_parse(), from a regular file of at most SL_DESCRIPTION_MAX_BYTES.
 * Returns: (transfer full) (nullable): SL_MEDIA_ERROR_NOT_FOUND, or SL_MEDIA_ERROR_DESCRIPTION
 *   with all problems in the message
 */
SlDescription *sl_description_load(const char *path, GError **error);

/**
 * sl_description_load_available:
 * @name_or_file, @installed_dir: as for sl_description_find()
 * @ret_instead: (out) (transfer full) (nullable): where elements that it names are not installed,
 *   and it was the one that its `[about] otherwise` names: a sentence that says so
 *
 * sl_description_find() and sl_description_load(), of the first whose elements are installed here.
 * One without an `otherwise` is taken as it is: sl_description_check() says what it lacks. Needs
 * gst_init().
 *
 * Returns: (transfer full) (nullable): as these two; SL_MEDIA_ERROR_MISSING_ELEMENT with a line for
 *   each that is missing, where none of them can be had
 */
SlDescription *sl_description_load_available(const char *name_or_file, const char *installed_dir,
                                             char **ret_instead, GError **error);

#define SL_DESCRIPTION_PUBLISHED "published"

/**
 * sl_description_new_published:
 * @tracks: (array zero-terminated=1): names; none: of a publisher that is awaited
 *
 * What stands for a publisher in the place of a file: no text, no variables, each track with its
 * codec's standard payloader. Its name is SL_DESCRIPTION_PUBLISHED, which, without tracks,
 * sl_description_load_available() finds, too.
 * Returns: (transfer full)
 */
SlDescription *sl_description_new_published(const char *const *tracks);

/** sl_description_check_otherwise: what `[about] otherwise` names is there and does not lead back.
 * @installed_dir as for sl_description_find(). */
void sl_description_check_otherwise(SlDescription *self, const char *installed_dir,
                                    SlProblems *problems);

SlDescription *sl_description_ref(SlDescription *self);
void sl_description_unref(SlDescription *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlDescription, sl_description_unref)

const char *sl_description_get_name(SlDescription *self);
/** sl_description_get_file: as problems name it */
const char *sl_description_get_file(SlDescription *self);
/** sl_description_get_bytes: (transfer none): the text as it was read, which may begin with a byte
 * order mark; it may hold passwords */
GBytes *sl_description_get_bytes(SlDescription *self);
/** sl_description_get_title: `[about] title`, or the name */
const char *sl_description_get_title(SlDescription *self);

/** sl_description_get_tracks: (transfer none) (array zero-terminated=1): names of the appsinks in
 * `[source]`, in order */
const char *const *sl_description_get_tracks(SlDescription *self);

/** sl_description_list_variables: (transfer container) (array zero-terminated=1): their names, in
 * the file's order */
const char **sl_description_list_variables(SlDescription *self);

/** sl_description_get_variable: (transfer none) (nullable) */
const SlVariable *sl_description_get_variable(SlDescription *self, const char *name);

#define SL_CODEC_RAW "raw"

/** sl_description_get_captured_codec: (nullable): what `[source]` captures: SL_CODEC_RAW
 * (`${capture}`), or the CODEC of `${capture:CODEC}`; %NULL where it captures nothing */
const char *sl_description_get_captured_codec(SlDescription *self);

/** sl_description_names_any: [source] itself names one of these @elements (zero-terminated) */
gboolean sl_description_names_any(SlDescription *self, const char *const *elements);
/** sl_description_captures_audio: whether there is an `${audio}` in `[source]` */
gboolean sl_description_captures_audio(SlDescription *self);

/**
 * SlValues: the values of a description's variables after --set: checked and typed.
 */
typedef struct _SlValues SlValues;

/**
 * sl_values_new:
 * @settings: (array zero-terminated=1) (nullable): NAME=VALUE, as with --set; the last of a name
 * counts
 *
 * Returns: (transfer full) (nullable): SL_MEDIA_ERROR_DESCRIPTION where a name is unknown (the
 *   message lists the known ones) or a value is not of its type or out of range
 */
SlValues *sl_values_new(SlDescription *description, const char *const *settings, GError **error);
/**
 * sl_values_new_changed:
 * @settings: (array zero-terminated=1) (nullable): NAME=VALUE over the values of @self
 *
 * Returns: (transfer full) (nullable): as sl_values_new()
 */
SlValues *sl_values_new_changed(SlValues *self, const char *const *settings, GError **error);
SlValues *sl_values_ref(SlValues *self);
void sl_values_unref(SlValues *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlValues, sl_values_unref)
/** Returns: @fallback where the description has no such variable, or one that is no int */
gint64 sl_values_get_int(SlValues *self, const char *name, gint64 fallback);
/** sl_values_get_text: (transfer full) (nullable): as it is inserted; %NULL where the description
 * has no such variable */
char *sl_values_get_text(SlValues *self, const char *name);
/** sl_values_equal: the same variables with the same texts, maybe of two readings of a file */
gboolean sl_values_equal(SlValues *a, SlValues *b);
/** sl_values_get_description: (transfer none) */
SlDescription *sl_values_get_description(SlValues *self);

/**
 * SlLaunch: launch text after placeholders, for gst_parse_launch(), that still knows the lines it
 * came from.
 */
typedef struct _SlLaunch SlLaunch;
void sl_launch_free(SlLaunch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlLaunch, sl_launch_free)
const char *sl_launch_get_text(SlLaunch *self);

/**
 * SlCapture: what the placeholders `${capture}`, `${capture:CODEC}`, `${audio}` and `${device}`
 * become. Texts are launch text; each is NULL where this input has no such thing, which is a
 * problem only if the description asks for it.
 */
typedef struct {
    char *raw;     /* `${capture}` */
    char *encoded; /* `${capture:CODEC}`, of any codec that `encoded_codec` names */
    char *encoded_codec;
    char *audio;
    char *device;
    char *microphone; /* nullable: what is to be mixed into the sound: sl_microphone_start() */

    /* What it was made of. */
    SlInput *input; /* as it was found */
    char *mode;     /* a camera's, for people: `YUY2 1280x720 at 30`; or NULL */
    char *wanted;   /* where that is not what was wanted, that: `1920x1080 at 30` */
    char *offers;   /* where a camera has nothing in the codec that was asked for: what it has */
    guint fps_n, fps_d; /* the frames a second that it is to give; 0/1 where that is not known */
} SlCapture;
void sl_capture_free(SlCapture *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlCapture, sl_capture_free)

/**
 * sl_description_expand_source:
 *
 * Returns: (transfer full) (nullable): %NULL with problems added
 */
SlLaunch *sl_description_expand_source(SlDescription *self, SlValues *values,
                                       const SlCapture *capture, SlProblems *problems);

/**
 * sl_description_expand_viewer:
 * @track: a name from sl_description_get_tracks()
 *
 * Returns: (transfer full) (nullable): %NULL without a problem where the file has no `[viewer
 * TRACK]`
 */
SlLaunch *sl_description_expand_viewer(SlDescription *self, SlValues *values, const char *track,
                                       SlProblems *problems);

/** sl_description_get_source_line: of `[source]` */
guint sl_description_get_source_line(SlDescription *self);

/** sl_description_get_viewer_line: of [viewer TRACK], or of the track's appsink where there is
 * none.
 */
guint sl_description_get_viewer_line(SlDescription *self, const char *track);

/** sl_description_get_track_line: of the track's appsink, for problems that are found later. */
guint sl_description_get_track_line(SlDescription *self, const char *track);

/**
 * sl_description_check:
 * @capture: (nullable): %NULL: an input that has everything
 *
 * What can be known before anything runs, with lines: elements exist (a missing one is named with
 * its package), properties exist and take their values, caps parse, settings that Sightline makes
 * itself (an appsink's sync, max-buffers, drop, emit-signals, caps stay the author's) are not made
 * in the file, and finally gst_parse_launch()'s own verdict, put at the best line. Needs
 * gst_init(). Any thread. Adds to @problems.
 */
void sl_description_check(SlDescription *self, SlValues *values, const SlCapture *capture,
                          SlProblems *problems);

/**
 * sl_description_check_file:
 * @path: a file
 *
 * All that sl_description_load() and sl_description_check() have to say of a file, in one go, with
 * the defaults of its variables and for an input that has everything; a section that can't be
 * expanded is checked as far as it can be read. Needs gst_init().
 *
 * Returns: %FALSE with sl_description_load()'s errors
 */
gboolean sl_description_check_file(const char *path, GError **error);

/**
 * sl_description_find:
 * @name_or_file: a name with `/` or ending in `.pipeline` is a file; others are looked up in
 *   $SIGHTLINE_PIPELINES (`:` between folders), the user's (XDG data), the system's and the
 * installed folder
 * @installed_dir: the folder that belongs to this build
 *
 * Returns: (transfer full) (nullable): a path; SL_MEDIA_ERROR_NOT_FOUND lists where it was looked
 * for
 */
char *sl_description_find(const char *name_or_file, const char *installed_dir, GError **error);

/**
 * sl_description_list:
 *
 * Returns: (transfer full) (element-type utf8): a path for each name that sl_description_find()
 * would find, in the order of names; a folder earlier in the search hides later ones
 */
GPtrArray *sl_description_list(const char *installed_dir);

/** sl_element_is_installed: whether GStreamer has this element here */
gboolean sl_element_is_installed(const char *element);

/**
 * sl_element_package_hint:
 * @element: a GStreamer element's name
 *
 * Returns: (transfer none): the Debian package that has it, or %NULL where it is not known
 */
const char *sl_element_package_hint(const char *element);

G_END_DECLS
