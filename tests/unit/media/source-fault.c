#include "sl-source-fault.h"

#include <gst/gst.h>

static const char text[] = "[source]\n"
                           "${capture}\n"
                           "  ! videoconvert\n"
                           "  ! vp8enc ! appsink name=video\n"
                           "shmsrc ! appsink name=program\n"
                           "filesrc ! appsink name=other\n";

/* The place of the first element that is one of @elements, as if it had been built. */
static SlPlace *
find_place(SlLaunch *launch, const char *const *elements)
{
    g_autoptr(SlProblems) ignored = sl_problems_new("");
    g_autoptr(GPtrArray) tokens = sl_launch_tokens_read(launch, "[source]", ignored);

    for (; *elements != NULL; elements++) {
        for (guint i = 0; i < tokens->len; i++) {
            const SlToken *token = g_ptr_array_index(tokens, i);
            SlPlace *place;

            if (token->kind != SL_TOKEN_ELEMENT || !g_str_equal(token->name, *elements))
                continue;
            place = g_new0(SlPlace, 1);
            place->element = g_strdup(token->name);
            place->line = token->line;
            place->is_input = sl_launch_is_input(launch, token->start);
            place->is_source = g_str_has_suffix(token->name, "src");
            return place;
        }
    }
    return NULL;
}

typedef struct {
    const char *device;
    const char *elements[3];
    GQuark (*domain)(void);
    int code;
    const char *message, *debug;
    SlMediaError wanted;
    const char *words, *for_viewers;
} Case;

#define RESOURCE gst_resource_error_quark
#define STREAM gst_stream_error_quark
#define CORE gst_core_error_quark
#define RTSP "rtsp://user:geheim@camera/1"
#define DEBUG "gstrtspsrc.c(1): send (): /GstPipeline:pipeline0/GstRTSPSrc:rtspsrc0:\n"
#define AT_FAULT "Its pipeline does not work here: the server's log says why"
#define NOT_LET_IN "The camera does not let the server in: its log says why"
#define NOT_REACHED "The camera can't be reached"

static const Case cases[] = {
    { "test",
      { "shmsrc", "pipeline" },
      RESOURCE,
      GST_RESOURCE_ERROR_NOT_FOUND,
      "/tmp/frames: No such file or directory",
      NULL,
      SL_MEDIA_ERROR_NO_SENDER,
      "x.pipeline:5: no program sends pictures (/tmp/frames: No such file or directory), waiting "
      "for one",
      "The program that makes the picture is not running, waiting for it" },
    { RTSP,
      { "rtspsrc", "pipeline" },
      RESOURCE,
      GST_RESOURCE_ERROR_NOT_AUTHORIZED,
      "Unauthorized",
      DEBUG "Unauthorized (401)",
      SL_MEDIA_ERROR_PERMISSION,
      "rtsp://user:***@camera/1 refuses this user and password; correct them (a character such as "
      "@ or / is written %40, %2F)",
      NOT_LET_IN },
    { "rtsp://camera/1",
      { "rtspsrc" },
      RESOURCE,
      GST_RESOURCE_ERROR_NOT_AUTHORIZED,
      "Unauthorized",
      DEBUG "Unauthorized (401)",
      SL_MEDIA_ERROR_PERMISSION,
      "rtsp://camera/1 wants a user and a password: //USER:PASSWORD@ in front of the host",
      NOT_LET_IN },
    { RTSP,
      { "rtspsrc" },
      RESOURCE,
      GST_RESOURCE_ERROR_NOT_FOUND,
      "Not found",
      DEBUG "Not Found (404)",
      SL_MEDIA_ERROR_NOT_FOUND,
      "rtsp://user:***@camera/1 answers, but has nothing at this path, trying again; the camera's "
      "manual says which path it has",
      NOT_REACHED },
    { RTSP,
      { "rtspsrc" },
      RESOURCE,
      GST_RESOURCE_ERROR_READ,
      "Unhandled error",
      DEBUG "Forbidden (403)",
      SL_MEDIA_ERROR_PERMISSION,
      "rtsp://user:***@camera/1 refuses: Forbidden (403), trying again; may this user watch, do "
      "too "
      "many watch already?",
      NOT_LET_IN },
    { RTSP,
      { "rtspsrc" },
      RESOURCE,
      GST_RESOURCE_ERROR_OPEN_READ_WRITE,
      "Could not open.",
      DEBUG "Failed to connect. (Generic error)",
      SL_MEDIA_ERROR_NOT_FOUND,
      "rtsp://user:***@camera/1 can't be reached, trying again; is it on, are host and port right?",
      NOT_REACHED },
    { RTSP,
      { "rtspsrc" },
      RESOURCE,
      GST_RESOURCE_ERROR_READ,
      "Could not read from resource.",
      DEBUG "Could not receive message. (Timeout)",
      SL_MEDIA_ERROR_NOT_FOUND,
      "rtsp://user:***@camera/1 does not answer, trying again; is this its port?",
      NOT_REACHED },
    { RTSP,
      { "rtspsrc" },
      RESOURCE,
      GST_RESOURCE_ERROR_SETTINGS,
      "Could not set.",
      DEBUG "Server did not select transport.",
      SL_MEDIA_ERROR_DEVICE,
      "rtsp://user:***@camera/1 sends neither by UDP nor by TCP, trying again; rtspt:// asks for "
      "TCP alone",
      "The camera gives no picture" },
    { RTSP,
      { "avdec_h264", "decodebin" },
      STREAM,
      GST_STREAM_ERROR_DECODE,
      "No valid frames of " RTSP ".",
      NULL,
      SL_MEDIA_ERROR_DEVICE,
      "rtsp://user:***@camera/1 gives nothing that can be played (No valid frames of "
      "rtsp://user:***@camera/1), trying again",
      "The camera gives no picture" },
    { "http://camera/1",
      { "souphttpsrc", "uridecodebin" },
      STREAM,
      GST_STREAM_ERROR_FAILED,
      "Internal data stream error.",
      "streaming stopped, reason error (-5)",
      SL_MEDIA_ERROR_NOT_FOUND,
      "http://camera/1 can't be reached, trying again; is it on, are host and port right?",
      NOT_REACHED },
    { "file:///proc/self/stat",
      { "typefind", "decodebin", "uridecodebin" },
      STREAM,
      GST_STREAM_ERROR_TYPE_NOT_FOUND,
      "Could not determine type of stream.",
      NULL,
      SL_MEDIA_ERROR_DEVICE,
      "/proc/self/stat can't be played (Could not determine type of stream); does another player "
      "play it?",
      "The film can't be played: the server's log says why" },
    { "file:///proc/self/stat",
      { "oggdemux", "decodebin", "uridecodebin" },
      STREAM,
      GST_STREAM_ERROR_FAILED,
      "Internal data stream error.",
      "streaming stopped, reason not-linked (-1)",
      SL_MEDIA_ERROR_DEVICE,
      "stat has no picture in it, or one that nothing installed decodes",
      "The film can't be played: the server's log says why" },
    { "file:///proc/self/stat",
      { "decodebin", "uridecodebin" },
      CORE,
      GST_CORE_ERROR_MISSING_PLUGIN,
      "Your installation is missing a plug-in.",
      NULL,
      SL_MEDIA_ERROR_DEVICE,
      "/proc/self/stat needs a decoder that is not installed: apt-get install gstreamer1.0-libav",
      "The film can't be played: the server's log says why" },
    { "test",
      { "vp8enc", "pipeline" },
      STREAM,
      GST_STREAM_ERROR_ENCODE,
      "Can't encode.",
      NULL,
      SL_MEDIA_ERROR_PIPELINE,
      "x.pipeline:4: 'vp8enc' failed (Can't encode); change it or its properties",
      AT_FAULT },
    { RTSP,
      { "inner", "videoconvert", "pipeline" },
      STREAM,
      GST_STREAM_ERROR_FAILED,
      "Stop.",
      NULL,
      SL_MEDIA_ERROR_PIPELINE,
      "x.pipeline:3: 'videoconvert' failed (Stop); change it or its properties",
      AT_FAULT },
    { "test",
      { "videotestsrc" },
      STREAM,
      GST_STREAM_ERROR_FAILED,
      "Internal data stream error.",
      "streaming stopped, reason not-negotiated (-4)",
      SL_MEDIA_ERROR_PIPELINE,
      "x.pipeline:1: its elements can't agree on a format for Test pattern; look at the caps in "
      "[source]",
      AT_FAULT },
    { "test",
      { "filesrc" },
      RESOURCE,
      GST_RESOURCE_ERROR_OPEN_READ_WRITE,
      "Could not open socket.",
      NULL,
      SL_MEDIA_ERROR_NOT_FOUND,
      "x.pipeline:6: 'filesrc' failed (Could not open socket); is what it reads from there, and "
      "free?",
      "Camera unplugged, waiting for it" },
    { "test",
      { "filesrc" },
      RESOURCE,
      GST_RESOURCE_ERROR_SETTINGS,
      "No socket path.",
      NULL,
      SL_MEDIA_ERROR_PIPELINE,
      "x.pipeline:6: 'filesrc' failed (No socket path); change it or its properties",
      AT_FAULT },
};

static void
check(const Case *row)
{
    g_autoptr(SlProblems) problems = sl_problems_new("x.pipeline");
    g_autoptr(SlDescription) description =
        sl_description_parse("x", text, sizeof text - 1, problems);
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);
    g_autoptr(SlInput) input = sl_input_resolve(row->device, NULL);
    g_autoptr(SlCapture) capture =
        sl_capture_new(input, description, values, SL_CAPTURE_DEFAULT, NULL);
    g_autoptr(SlLaunch) launch =
        sl_description_expand_source(description, values, capture, problems);
    g_autoptr(GError) error = g_error_new_literal(row->domain(), row->code, row->message);
    const char *elements[] = { row->elements[0], row->elements[1], row->elements[2], NULL };
    g_autoptr(SlPlace) place = find_place(launch, elements);
    SlFaultScene scene = { input, description, place };
    g_autoptr(GError) fault = sl_source_fault_new(&scene, error, row->debug);

    g_assert_cmpstr(fault->message, ==, row->words);
    g_assert_error(fault, SL_MEDIA_ERROR, (int)row->wanted);
    g_assert_cmpstr(sl_source_fault_for_viewers(fault, input->kind), ==, row->for_viewers);
}

static void
test_table(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        check(&cases[i]);
}

/* A camera's faults need a device; what viewers are told of them does not. */
static void
test_cameras(void)
{
    static const struct {
        SlMediaError code;
        const char *words;
    } rows[] = {
        { SL_MEDIA_ERROR_NOT_FOUND, "Camera unplugged, waiting for it" },
        { SL_MEDIA_ERROR_BUSY, "The camera is in use by another program" },
        { SL_MEDIA_ERROR_PERMISSION, "The server may not open the camera: its log says why" },
        { SL_MEDIA_ERROR_FROZEN, "The camera is frozen, starting it again" },
        { SL_MEDIA_ERROR_DEVICE, "The camera gives no picture" },
        { SL_MEDIA_ERROR_DESCRIPTION, AT_FAULT },
        { SL_MEDIA_ERROR_MISSING_ELEMENT, AT_FAULT },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) fault =
            g_error_new(SL_MEDIA_ERROR, (int)rows[i].code, "/dev/video0 is not for guests");
        g_assert_cmpstr(sl_source_fault_for_viewers(fault, SL_INPUT_CAMERA), ==, rows[i].words);
    }
}

static void
test_publishers(void)
{
    g_autoptr(GError) fault =
        g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PUBLISHER_LEFT, "10.0.0.9 is gone");

    g_assert_false(sl_source_fault_is_pipelines(fault));
    g_assert_cmpstr(sl_source_fault_for_viewers(fault, SL_INPUT_CAMERA), ==,
                    "The publisher has left");
    g_assert_cmpstr(sl_source_fault_for_viewers(fault, SL_INPUT_FILE), ==,
                    "The publisher has left");
    g_assert_cmpstr(sl_source_fault_for_viewers(fault, SL_INPUT_PUBLISHER), ==,
                    "The publisher has left, waiting for another");
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/source-fault/table", test_table);
    g_test_add_func("/source-fault/cameras", test_cameras);
    g_test_add_func("/source-fault/publishers", test_publishers);
    return g_test_run();
}
