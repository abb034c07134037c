#include "sl-input.h"

#include "sl-camera-libcamera.h"
#include "sl-camera-list.h"
#include "sl-description.h"
#include "sl-log.h"
#include "sl-source-fault.h"
#include "sl-variables.h"

#include <errno.h>
#include <fcntl.h>
#include <gst/gst.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

SlInput *
sl_input_new(SlInputKind kind, const char *location, const char *label)
{
    SlInput *self = g_new0(SlInput, 1);
    g_atomic_ref_count_init(&self->refs);
    self->kind = kind;
    self->spec = g_strdup(location);
    self->location = g_strdup(location);
    self->label = g_utf8_make_valid(label, -1); /* file names and cameras may say anything */
    return self;
}

SlInput *
sl_input_new_camera(const char *spec, const SlCamera *camera)
{
    g_autofree char *label = sl_camera_get_label(camera);
    SlInput *self =
        sl_input_new(camera->api == SL_CAMERA_LIBCAMERA ? SL_INPUT_LIBCAMERA : SL_INPUT_CAMERA,
                     camera->node, label);
    g_free(self->spec);
    self->spec = g_strdup(spec);
    self->identity = sl_camera_identity_copy(camera->identity);
    return self;
}

SlInput *
sl_input_new_awaited(const char *spec)
{
    SlInput *self = sl_input_new(SL_INPUT_CAMERA, NULL, spec != NULL ? spec : "The first camera");
    self->spec = g_strdup(spec);
    return self;
}

SlInput *
sl_input_new_publisher(const char *title)
{
    return sl_input_new(SL_INPUT_PUBLISHER, title, title != NULL ? title : "A publisher");
}

SlInput *
sl_input_new_no_camera(void)
{
    return sl_input_new(SL_INPUT_NO_CAMERA, NULL, "Test pattern (no camera)");
}

SlInput *
sl_input_ref(SlInput *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
sl_input_unref(SlInput *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->refs))
        return;
    g_free(self->spec);
    g_free(self->location);
    g_free(self->label);
    sl_camera_identity_free(self->identity);
    g_free(self->sound);
    g_free(self);
}

void
sl_input_set_sound(SlInput *self, const char *sound)
{
    char *copy = g_strdup(sound); /* it may be its own */

    g_free(self->sound);
    self->sound = copy;
}

gboolean
sl_input_is_camera(const SlInput *self)
{
    return self->kind == SL_INPUT_CAMERA || self->kind == SL_INPUT_LIBCAMERA;
}

char *
sl_input_make_title(const SlInput *self, const char *fallback)
{
    g_autofree char *path = NULL;
    const char *node;
    switch (self->kind) {
    case SL_INPUT_CAMERA: /* `NAME (/dev/video0)` */
    case SL_INPUT_LIBCAMERA:
        node = g_strrstr(self->label, " (");
        return self->location != NULL && node != NULL
                   ? g_strndup(self->label, (gsize)(node - self->label))
                   : g_strdup(fallback);
    case SL_INPUT_FILE:
        path = g_filename_from_uri(self->location, NULL, NULL);
        return path != NULL ? g_filename_display_basename(path) : g_strdup(fallback);
    case SL_INPUT_TEST:
    case SL_INPUT_NO_CAMERA:
        return g_strdup("Test pattern");
    case SL_INPUT_PUBLISHER:
        return g_strdup(self->location != NULL ? self->location : fallback);
    case SL_INPUT_RTSP:
    case SL_INPUT_URI:
        break;
    }
    return g_strdup(fallback);
}

static SlInput *
input_with_label(SlInputKind kind, const char *location, char *label)
{
    SlInput *self = sl_input_new(kind, location, label);
    g_free(label);
    return self;
}

static SlCameraWish
default_wish(void)
{
    return (SlCameraWish){ SL_CAMERA_DEFAULT_WIDTH, SL_CAMERA_DEFAULT_HEIGHT,
                           SL_CAMERA_DEFAULT_FRAMERATE };
}

static SlInput *
resolve_first_camera(GError **error)
{
    SlCameraWish wish = default_wish();
    g_autoptr(GError) local_error = NULL;
    g_autoptr(GPtrArray) nodes = sl_camera_list_nodes(SL_CAMERA_DEV_DIR);
    g_autoptr(SlCamera) camera = sl_camera_query_first(nodes, &wish, sl_camera_query, &local_error);
    if (camera != NULL)
        return sl_input_new_camera(NULL, camera);
    if (!g_error_matches(local_error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&local_error));
        return NULL;
    }
    g_autoptr(GPtrArray) sensors = sl_camera_libcamera_list(&wish);
    return sensors->len > 0 ? sl_input_new_camera(NULL, sensors->pdata[0])
                            : sl_input_new_no_camera();
}

static SlInput *
resolve_camera(const char *spec, const char *path, GError **error)
{
    SlCameraWish wish = default_wish();
    g_autoptr(SlCamera) camera = sl_camera_query(path, &wish, error);
    return camera != NULL ? sl_input_new_camera(spec, camera) : NULL;
}

/* 0, or why not: an errno */
static int
try_reading(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    int code = 0;
    if (fd < 0)
        return errno;
    if (fstat(fd, &status) != 0)
        code = errno;
    else if (S_ISDIR(status.st_mode))
        code = EISDIR;
    close(fd);
    return code;
}

static SlInput *
resolve_file(const char *uri, GError **error)
{
    g_autofree char *path = g_filename_from_uri(uri, NULL, NULL);
    if (path == NULL) {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                    "%s names no file; expected file:///PATH", uri);
        return NULL;
    }
    int code = try_reading(path);
    if (code == 0)
        return input_with_label(SL_INPUT_FILE, uri, g_path_get_basename(path));
    g_set_error(error, SL_MEDIA_ERROR,
                code == EACCES ? SL_MEDIA_ERROR_PERMISSION : SL_MEDIA_ERROR_NOT_FOUND,
                "can't read %s: %s", path, g_strerror(code));
    return NULL;
}

/* Of SCHEME://[USER[:PASSWORD]@]HOST…; passwords with raw characters are let through. */
static gboolean
has_host(const char *uri)
{
    const char *authority = strstr(uri, "://");
    if (authority == NULL)
        return FALSE;
    authority += strlen("://");
    const char *end = authority + strcspn(authority, "/?#");
    return end > authority && end[-1] != '@';
}

static SlInput *
resolve_uri(const char *uri, GError **error)
{
    g_autofree char *protocol = gst_uri_get_protocol(uri);
    if (g_str_equal(protocol, "file"))
        return resolve_file(uri, error);
    if ((g_str_has_prefix(protocol, "rtsp") || g_str_has_prefix(protocol, "http")) &&
        !has_host(uri)) {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                    "there is no host in the address; expected %s://HOST/PATH or "
                    "%s://USER:PASSWORD@HOST/PATH",
                    protocol, protocol);
        return NULL;
    }
    if (g_str_has_prefix(protocol, "rtsp"))
        return input_with_label(SL_INPUT_RTSP, uri, sl_log_redact_uri(uri));
    if (gst_uri_protocol_is_supported(GST_URI_SRC, protocol))
        return input_with_label(SL_INPUT_URI, uri, sl_log_redact_uri(uri));
    g_set_error(
        error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
        "no installed GStreamer plugin plays %s:// (rtsp://, http://, https:// and file:// are "
        "expected to work)",
        protocol);
    return NULL;
}

/* Escapes inside quotes can't be trusted in GStreamer 1.22's launch text, so there must be nothing
 * to escape. */
static gboolean
check_text(const char *device, GError **error)
{
    if (*device != '\0' && sl_text_is_insertable(device))
        return TRUE;
    g_set_error_literal(
        error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
        "the device's name is empty or has a character that it must not have (\", \\, "
        "a control character, or not UTF-8); write such characters as %XX in a URI");
    return FALSE;
}

/* NULL: it is named otherwise */
static const char *
get_path(const char *device)
{
    if (g_str_has_prefix(device, "v4l2://"))
        return device + strlen("v4l2://");
    return g_path_is_absolute(device) ? device : NULL;
}

/* Whatever is nothing else. */
static gboolean
is_name(const char *device)
{
    return get_path(device) == NULL && !gst_uri_is_valid(device) && !g_str_equal(device, "test") &&
           !g_str_equal(device, SL_INPUT_PUBLISH) && strchr(device, '/') == NULL &&
           !g_file_test(device, G_FILE_TEST_EXISTS);
}

static SlInput *
resolve_sensor(const char *spec, const char *node, GError **error)
{
    SlCameraWish wish = default_wish();
    g_autoptr(SlCamera) camera = sl_camera_libcamera_query(node, &wish, error);
    return camera != NULL ? sl_input_new_camera(spec, camera) : NULL;
}

static SlInput *
resolve_camera_by_name(const char *text, GError **error)
{
    g_autoptr(GPtrArray) entries = sl_camera_list();
    const SlCameraEntry *entry = sl_camera_list_find(entries, text, error);
    if (entry == NULL)
        return NULL;
    return entry->camera != NULL && entry->camera->api == SL_CAMERA_LIBCAMERA
               ? resolve_sensor(text, entry->node, error)
               : resolve_camera(text, entry->node, error);
}

static SlInput *
resolve_libcamera(const char *spec, GError **error)
{
    const char *text = spec + strlen(SL_CAMERA_LIBCAMERA_PREFIX);
    g_autoptr(GPtrArray) entries = sl_camera_list_libcamera();
    if (entries->len == 0) {
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                    "%s is not there: libcamera finds no camera, or gstreamer1.0-libcamera is not "
                    "installed",
                    spec);
        return NULL;
    }
    const SlCameraEntry *entry = sl_camera_list_find(entries, text, error);
    return entry != NULL ? resolve_sensor(spec, entry->node, error) : NULL;
}

SlInput *
sl_input_resolve(const char *device, GError **error)
{
    if (device == NULL)
        return resolve_first_camera(error);
    if (!check_text(device, error))
        return NULL;
    if (g_str_equal(device, "test"))
        return sl_input_new(SL_INPUT_TEST, NULL, "Test pattern");
    if (g_str_equal(device, SL_INPUT_PUBLISH))
        return sl_input_new_publisher(NULL);
    if (get_path(device) != NULL)
        return resolve_camera(get_path(device), get_path(device), error);
    if (g_str_has_prefix(device, SL_CAMERA_LIBCAMERA_PREFIX))
        return resolve_libcamera(device, error);
    if (gst_uri_is_valid(device))
        return resolve_uri(device, error);
    if (g_file_test(device, G_FILE_TEST_IS_REGULAR)) {
        g_autofree char *path = g_canonicalize_filename(device, NULL);
        g_autofree char *file_uri = g_filename_to_uri(path, NULL, NULL);
        g_set_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                    "%s is a file, no camera; a film is named by its URI: %s", device, file_uri);
        return NULL;
    }
    return resolve_camera_by_name(device, error);
}

gboolean
sl_input_can_be_awaited(const char *device, const GError *error)
{
    gboolean is_camera = device == NULL || (check_text(device, NULL) &&
                                            (get_path(device) != NULL || is_name(device)));
    return is_camera && (g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND) ||
                         g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_BUSY) ||
                         g_error_matches(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PERMISSION));
}

/* A link that udev keeps for a camera, or for a port. */
static gboolean
is_stable_link(const char *spec)
{
    return spec != NULL && g_str_has_prefix(spec, "/dev/v4l/");
}

SlInput *
sl_input_find(SlInput *self, GError **error)
{
    gboolean is_awaited = self->kind == SL_INPUT_CAMERA && self->location == NULL;
    if (self->kind == SL_INPUT_NO_CAMERA) {
        SlInput *first = sl_input_resolve(NULL, NULL);
        return first != NULL ? first : sl_input_ref(self);
    }
    if (!is_awaited)
        return sl_input_ref(self);
    g_autoptr(SlInput) found = sl_input_resolve(self->spec, error);
    if (found != NULL && found->kind == SL_INPUT_NO_CAMERA) {
        g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                            "there is no camera yet");
        return NULL;
    }
    return g_steal_pointer(&found);
}

SlInput *
sl_input_meet(SlInput *self, GPtrArray *list)
{
    const SlCameraIdentity *seen =
        self->identity != NULL ? sl_camera_identity_find_node(list, self->identity->node) : NULL;
    if (seen == NULL || seen->alone || !self->identity->alone ||
        !g_str_equal(seen->model, self->identity->model))
        return sl_input_ref(self);
    SlInput *other = sl_input_new(self->kind, self->location, self->label);
    g_free(other->spec);
    other->spec = g_strdup(self->spec);
    other->identity = sl_camera_identity_copy(seen);
    sl_input_set_sound(other, self->sound);
    return other;
}

char *
sl_input_find_node(SlInput *self, GError **error)
{
    if (self->identity == NULL || is_stable_link(self->spec))
        return g_strdup(self->location);
    g_autoptr(GPtrArray) list = sl_camera_identity_list(SL_CAMERA_CLASS_DIR);
    const SlCameraIdentity *found = sl_camera_identity_find(list, self->identity);
    if (found != NULL)
        return g_build_filename("/dev", found->node, NULL);
    g_propagate_error(error, sl_source_fault_new_unplugged(self));
    return NULL;
}
