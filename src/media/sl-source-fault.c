#include "sl-source-fault.h"

#include <errno.h>
#include <string.h>

#include "sl-log.h"

/* The element that takes another program's pictures. */
#define SHM_SOURCE "shmsrc"

/* --- whose fault it is --- */

static gboolean
is_not_negotiated(const GError *error, const char *debug)
{
    return g_error_matches(error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION) ||
           strstr(debug, "not-negotiated") != NULL;
}

static GError *
describe_negotiation(const SlFaultScene *scene)
{
    const char *file = sl_description_get_file(scene->description);

    if (scene->place != NULL && scene->place->next != NULL)
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE,
                           "%s:%u: '%s' can give nothing that is taken after it, up to '%s' in "
                           "line %u; look at the caps there",
                           file, scene->place->line, scene->place->element, scene->place->next,
                           scene->place->next_line);
    if (scene->place != NULL && scene->place->is_stuck)
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE,
                           "%s:%u: '%s' and what is before it can't agree on a format for %s; look "
                           "at the caps around it",
                           file, scene->place->line, scene->place->element, scene->input->label);
    return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE,
                       "%s:%u: its elements can't agree on a format for %s; look at the caps in "
                       "[source]",
                       file, sl_description_get_source_line(scene->description),
                       scene->input->label);
}

/* What is not here may still come; a mistake does not mend itself. */
static SlMediaError
find_own_code(const GError *error)
{
    static const struct {
        GstResourceError theirs;
        SlMediaError ours;
    } codes[] = {
        { GST_RESOURCE_ERROR_NOT_FOUND, SL_MEDIA_ERROR_NOT_FOUND },
        { GST_RESOURCE_ERROR_OPEN_READ, SL_MEDIA_ERROR_NOT_FOUND },
        { GST_RESOURCE_ERROR_OPEN_READ_WRITE, SL_MEDIA_ERROR_NOT_FOUND },
        { GST_RESOURCE_ERROR_BUSY, SL_MEDIA_ERROR_BUSY },
        { GST_RESOURCE_ERROR_NOT_AUTHORIZED, SL_MEDIA_ERROR_PERMISSION },
        { GST_RESOURCE_ERROR_READ, SL_MEDIA_ERROR_DEVICE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (g_error_matches(error, GST_RESOURCE_ERROR, (int)codes[i].theirs))
            return codes[i].ours;
    }
    return SL_MEDIA_ERROR_PIPELINE;
}

static GError *
describe_place(const SlFaultScene *scene, const GError *error, const char *message)
{
    const SlPlace *place = scene->place;
    SlMediaError code = place->is_source ? find_own_code(error) : SL_MEDIA_ERROR_PIPELINE;

    return g_error_new(SL_MEDIA_ERROR, (int)code, "%s:%u: '%s' failed (%s); %s",
                       sl_description_get_file(scene->description), place->line, place->element,
                       message,
                       code == SL_MEDIA_ERROR_PIPELINE ? "change it or its properties"
                                                       : "is what it reads from there, and free?");
}

static GError *
describe_sender(const SlFaultScene *scene, const char *message)
{
    return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_NO_SENDER,
                       "%s:%u: no program sends pictures (%s), waiting for one",
                       sl_description_get_file(scene->description), scene->place->line, message);
}

/* --- inputs --- */

GError *
sl_source_fault_new_unplugged(const SlInput *input)
{
    return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND, "%s is unplugged, waiting for it",
                       input->label);
}

/* A node may stay for a moment when its device is gone. */
static gboolean
is_unplugged(const SlInput *input, const char *debug)
{
    return (input->kind == SL_INPUT_CAMERA && !g_file_test(input->location, G_FILE_TEST_EXISTS)) ||
           strstr(debug, g_strerror(ENODEV)) != NULL;
}

static GError *
describe_camera(const SlInput *input, const GError *error, const char *debug, const char *message)
{
    if (is_unplugged(input, debug))
        return sl_source_fault_new_unplugged(input);
    if (g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_BUSY))
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_BUSY,
                           "%s is in use by another program, waiting for it", input->label);
    return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                       "%s gives no picture (%s), trying again", input->label, message);
}

static gboolean
has_user(const SlInput *input)
{
    const char *authority = input->location != NULL ? strstr(input->location, "://") : NULL;

    if (authority == NULL)
        return FALSE;
    authority += strlen("://");
    return memchr(authority, '@', strcspn(authority, "/?#")) != NULL;
}

/* The answer with its number as rtspsrc gives it: `Forbidden (403)`. NULL: it was none. */
static const char *
find_answer(const char *debug)
{
    const char *line = strrchr(debug, '\n');

    line = line != NULL ? line + 1 : debug;
    return g_regex_match_simple("^[A-Za-z ]+ \\([1-9][0-9]{2}\\)$", line, 0, 0) ? line : NULL;
}

static GError *
describe_refusal(const SlInput *input)
{
    if (has_user(input))
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PERMISSION,
                           "%s refuses this user and password; correct them (a character such as "
                           "@ or / is written %%40, %%2F)",
                           input->label);
    return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PERMISSION,
                       "%s wants a user and a password: //USER:PASSWORD@ in front of the host",
                       input->label);
}

static GError *
describe_unreached(const SlInput *input, const GError *error, const char *debug)
{
    if (g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND))
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                           "%s answers, but has nothing at this path, trying again; the camera's "
                           "manual says which path it has",
                           input->label);
    if (g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ_WRITE) ||
        strstr(debug, "reason error") != NULL)
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                           "%s can't be reached, trying again; is it on, are host and port right?",
                           input->label);
    if (g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ))
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                           "%s does not answer, trying again; is this its port?", input->label);
    return NULL;
}

static GError *
describe_address(const SlInput *input, const GError *error, const char *debug, const char *message)
{
    const char *answer = find_answer(debug);
    GError *unreached;

    if (g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED))
        return describe_refusal(input);
    if (answer != NULL && !g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND))
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PERMISSION,
                           "%s refuses: %s, trying again; may this user watch, do too many watch "
                           "already?",
                           input->label, answer);
    unreached = describe_unreached(input, error, debug);
    if (unreached != NULL)
        return unreached;
    if (g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS))
        return g_error_new(
            SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
            "%s sends neither by UDP nor by TCP, trying again; rtspt:// asks for TCP "
            "alone",
            input->label);
    return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                       "%s gives nothing that can be played (%s), trying again", input->label,
                       message);
}

static GError *
describe_file(const SlInput *input, const GError *error, const char *message)
{
    g_autofree char *path = g_filename_from_uri(input->location, NULL, NULL);
    g_autofree char *shown = g_filename_display_name(path != NULL ? path : input->label);

    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND,
                           "%s is not there any more, waiting for it", shown);
    if (g_error_matches(error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN) ||
        g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND))
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                           "%s needs a decoder that is not installed: apt-get install "
                           "gstreamer1.0-libav",
                           shown);
    return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                       "%s can't be played (%s); does another player play it?", shown, message);
}

/* Nothing is ever wrong with it. */
static GError *
describe_pattern(const SlFaultScene *scene, const char *message)
{
    guint line = scene->place != NULL ? scene->place->line
                                      : sl_description_get_source_line(scene->description);

    return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE,
                       "%s:%u: the test picture is not taken by what comes after it (%s)",
                       sl_description_get_file(scene->description), line, message);
}

static GError *
describe_input(const SlFaultScene *scene, const GError *error, const char *debug,
               const char *message)
{
    const SlInput *input = scene->input;

    if (strstr(debug, "not-linked") != NULL && input->location != NULL)
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE,
                           "%s has no picture in it, or one that nothing installed decodes",
                           input->label);
    switch (input->kind) {
    case SL_INPUT_CAMERA:
    case SL_INPUT_LIBCAMERA:
        return describe_camera(input, error, debug, message);
    case SL_INPUT_RTSP:
    case SL_INPUT_URI:
        return describe_address(input, error, debug, message);
    case SL_INPUT_FILE:
        return describe_file(input, error, message);
    case SL_INPUT_TEST:
    case SL_INPUT_NO_CAMERA:
    case SL_INPUT_PUBLISHER:
        break;
    }
    return describe_pattern(scene, message);
}

/* GStreamer's sentences go into ours. */
static char *
make_clause(const GError *error)
{
    char *text = sl_log_redact_text(error->message);
    gsize len = strlen(text);

    if (len > 0 && text[len - 1] == '.')
        text[len - 1] = '\0';
    return text;
}

GError *
sl_source_fault_new(const SlFaultScene *scene, const GError *error, const char *debug)
{
    g_autofree char *message = make_clause(error);

    if (debug == NULL)
        debug = "";
    if (is_not_negotiated(error, debug))
        return describe_negotiation(scene);
    if (scene->place != NULL && g_str_equal(scene->place->element, SHM_SOURCE))
        return describe_sender(scene, message);
    if (scene->place != NULL && !scene->place->is_input)
        return describe_place(scene, error, message);
    return describe_input(scene, error, debug, message);
}

/* What a stream that goes on does about a fault does not hold for one that was only tried. */
GError *
sl_source_fault_new_undone(const GError *fault)
{
    static const char *const prospects[] = { ", trying again", ", waiting for it",
                                             ", starting it again" };
    g_autoptr(GString) message = g_string_new(fault->message);

    for (guint i = 0; i < G_N_ELEMENTS(prospects); i++)
        g_string_replace(message, prospects[i], "", 0);
    return g_error_new_literal(fault->domain, fault->code, message->str);
}

GError *
sl_source_fault_new_ended(const SlFaultScene *scene)
{
    gboolean is_pattern =
        scene->input->kind == SL_INPUT_TEST || scene->input->kind == SL_INPUT_NO_CAMERA;

    if (is_pattern || sl_description_get_captured_codec(scene->description) == NULL)
        return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_ENDED,
                           "%s:%u: [source] ended; expected elements that go on (num-buffers, or a "
                           "file that ends?)",
                           sl_description_get_file(scene->description),
                           sl_description_get_source_line(scene->description));
    return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE, "%s ended, trying again",
                       scene->input->label);
}

/* --- for viewers --- */

gboolean
sl_source_fault_is_pipelines(const GError *fault)
{
    return g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION) ||
           g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE) ||
           g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_ENDED) ||
           g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_MISSING_ELEMENT);
}

const char *
sl_source_fault_for_viewers(const GError *fault, SlInputKind kind)
{
    gboolean is_address = kind == SL_INPUT_RTSP || kind == SL_INPUT_URI;

    if (sl_source_fault_is_pipelines(fault))
        return "Its pipeline does not work here: the server's log says why";
    if (g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PUBLISHER_LEFT))
        return kind == SL_INPUT_PUBLISHER ? "The publisher has left, waiting for another"
                                          : "The publisher has left";
    if (g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NO_SENDER))
        return "The program that makes the picture is not running, waiting for it";
    if (kind == SL_INPUT_FILE)
        return g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND)
                   ? "The film is not there any more"
                   : "The film can't be played: the server's log says why";
    if (g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND))
        return is_address ? "The camera can't be reached" : "Camera unplugged, waiting for it";
    if (g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_BUSY))
        return "The camera is in use by another program";
    if (g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PERMISSION))
        return is_address ? "The camera does not let the server in: its log says why"
                          : "The server may not open the camera: its log says why";
    if (g_error_matches(fault, SL_MEDIA_ERROR, SL_MEDIA_ERROR_FROZEN))
        return "The camera is frozen, starting it again";
    return "The camera gives no picture";
}
