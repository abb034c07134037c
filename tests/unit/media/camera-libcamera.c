#include "sl-camera-formats.h"
#include "sl-camera-libcamera.h"
#include "sl-camera-list.h"
#include "sl-capture.h"

#include <gst/gst.h>
#include <string.h>

/* --- what gstreamer1.0-libcamera registers, with cameras that a test wants --- */

typedef GstDevice FakeDevice;
typedef GstDeviceClass FakeDeviceClass;
GType fake_device_get_type(void);
G_DEFINE_TYPE(FakeDevice, fake_device, GST_TYPE_DEVICE)

static void
fake_device_class_init(FakeDeviceClass *klass)
{
}

static void
fake_device_init(FakeDevice *self)
{
}

typedef GstDeviceProvider FakeProvider;
typedef GstDeviceProviderClass FakeProviderClass;
GType fake_provider_get_type(void);
G_DEFINE_TYPE(FakeProvider, fake_provider, GST_TYPE_DEVICE_PROVIDER)

#define NV12 "video/x-raw,format=NV12,width=1280,height=720"

static const struct {
    const char *id, *caps;
} fakes[] = {
    { "\\_SB_.PCI0.XHC_.RHUB.HS08-8:1.0-0c45:671b", NV12 }, /* V4L2's */
    { "/base/soc/i2c0mux/i2c@1/imx219@1",
      "video/x-raw,format=NV12,width=640,height=480; video/x-raw,format={NV12,YUY2},"
      "width=[64,3280,2],height=[64,2464,2]" },
    { "/base/soc/i2c0mux/i2c@1/imx219@10", NV12 },
    { "/base/soc/ov5647@36", NV12 ",framerate=[1/1,60/1]" },
    { "/base/raw@1", "video/x-bayer,format=bggr,width=1280,height=720" },
    { "/base/odd\"name@1", NV12 },
};

static GList *
fake_provider_probe(GstDeviceProvider *provider)
{
    GList *devices = NULL;
    for (gsize i = G_N_ELEMENTS(fakes); i-- > 0;) {
        g_autoptr(GstCaps) caps = gst_caps_from_string(fakes[i].caps);
        g_assert_nonnull(caps);
        devices = g_list_prepend(devices,
                                 g_object_new(fake_device_get_type(), "display-name", fakes[i].id,
                                              "caps", caps, "device-class", "Source/Video", NULL));
    }
    return devices;
}

static void
fake_provider_class_init(FakeProviderClass *klass)
{
    klass->probe = fake_provider_probe;
    gst_device_provider_class_set_static_metadata(klass, "Fake", "Source/Video", "Fake", "Test");
}

static void
fake_provider_init(FakeProvider *self)
{
}

typedef GstElement FakeSource;
typedef GstElementClass FakeSourceClass;
GType fake_source_get_type(void);
G_DEFINE_TYPE(FakeSource, fake_source, GST_TYPE_ELEMENT)

static GstStaticPadTemplate source_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

static void
on_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    g_object_set_data_full(object, "camera-name", g_value_dup_string(value), g_free);
}

static void
fake_source_class_init(FakeSourceClass *klass)
{
    G_OBJECT_CLASS(klass)->set_property = on_property;
    g_object_class_install_property(
        G_OBJECT_CLASS(klass), 1,
        g_param_spec_string("camera-name", "", "", NULL, G_PARAM_WRITABLE));
    gst_element_class_add_static_pad_template(klass, &source_template);
    gst_element_class_set_static_metadata(klass, "Fake", "Source/Video", "Fake", "Test");
}

static void
fake_source_init(FakeSource *self)
{
    gst_element_add_pad(self, gst_pad_new_from_static_template(&source_template, "src"));
}

static void
register_fakes(void)
{
    g_assert_true(
        gst_element_register(NULL, "libcamerasrc", GST_RANK_NONE, fake_source_get_type()));
    g_assert_true(gst_device_provider_register(NULL, "libcameraprovider", GST_RANK_NONE,
                                               fake_provider_get_type()));
}

/* --- tests --- */

static const SlCameraWish wish = { .width = 1280, .height = 720, .fps = 30 };

/* First of all: later, it is there. */
static void
test_not_installed(void)
{
    g_autoptr(GstElementFactory) real = gst_element_factory_find("libcamerasrc");
    if (real != NULL) {
        g_test_skip("gstreamer1.0-libcamera is installed here");
        return;
    }
    g_autoptr(GPtrArray) cameras = sl_camera_libcamera_list(&wish);
    g_assert_cmpuint(cameras->len, ==, 0);
    g_autoptr(GError) error = NULL;
    g_assert_null(sl_input_resolve("libcamera:imx219", &error));
    g_assert_error(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_NOT_FOUND);
    g_assert_cmpstr(error->message, ==,
                    "libcamera:imx219 is not there: libcamera finds no camera, or "
                    "gstreamer1.0-libcamera is not installed");
}

static void
test_modes(void)
{
    static const struct {
        const char *caps, *sentence;
        guint n;
    } cases[] = {
        { NV12, "NV12 (1280x720)", 1 },
        { NV12 ",framerate=30/1", "NV12 (1280x720 at 30)", 1 },
        { NV12 ",framerate={30/1,30000/1001,15/1}", "NV12 (1280x720 at 30, 29.97, 15)", 3 },
        { NV12 ",framerate=[1/1,60/1]", "NV12 (1280x720 at 1 to 60)", 1 },
        { NV12 ",framerate=[0/1,2147483647/1]", "NV12 (1280x720)", 1 },
        { "video/x-raw,format={NV12,I420},width=[16,4096,2],height=[16,2160,2]",
          "NV12, I420 (16x16 to 4096x2160 in steps of 2x2)", 2 },
        { "image/jpeg,width=640,height=480;video/x-raw,format=YUY2,width=320,height=240",
          "MJPEG (640x480), YUY2 (320x240)", 2 },
        { "video/x-bayer,format=bggr,width=640,height=480", "", 0 },
        { "video/x-raw,format=P010_10LE,width=640,height=480", "", 0 },
        { "video/x-raw,width=640,height=480", "", 0 },
        { "video/x-raw,format=NV12,width=640", "", 0 },
        { "video/x-raw,format=NV12,width=-1,height=480", "", 0 },
        { "video/x-raw,format=NV12,width=100000,height=480", "", 0 },
        { "video/x-raw,format=NV12,width=[20000,30000],height=[1,2]", "", 0 },
        { "video/x-raw,format=NV12,width=[1,2147483647],height=[1,2147483647]",
          "NV12 (1x1 to 16384x16384)", 1 },
        { "EMPTY", "", 0 },
        { "ANY", "", 0 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GstCaps) caps = gst_caps_from_string(cases[i].caps);
        g_assert_nonnull(caps);
        g_autoptr(GArray) modes = sl_camera_modes_from_caps(caps, &wish);
        g_autofree char *sentence = sl_camera_formats_to_sentence(modes);
        g_assert_cmpstr(sentence, ==, cases[i].sentence);
        g_assert_cmpuint(modes->len, ==, cases[i].n);
    }
}

static void
test_many_modes(void)
{
    g_autoptr(GstCaps) caps = gst_caps_new_empty();
    g_autoptr(GString) rates = g_string_new("{1/1");
    for (guint i = 2; i < 100; i++)
        g_string_append_printf(rates, ",%u/1", i);
    for (guint i = 1; i <= 1000; i++) {
        g_autofree char *text = g_strdup_printf(
            "video/x-raw,format={NV12,YUY2},width=%u,height=16,framerate=%s}", i, rates->str);
        gst_caps_append(caps, gst_caps_from_string(text));
    }
    g_autoptr(GArray) modes = sl_camera_modes_from_caps(caps, &wish);
    g_assert_cmpuint(modes->len, ==, 8192);
}

static void
test_list(void)
{
    g_autoptr(GPtrArray) entries = sl_camera_list_libcamera();
    g_autofree char *text = sl_camera_list_to_text(entries);
    g_assert_cmpstr(text, ==,
                    "NODE                                         NAME      STABLE PATH\n"
                    "libcamera:/base/soc/i2c0mux/i2c@1/imx219@1   imx219    -\n"
                    "    NV12\n"
                    "        64x64 to 3280x2464 in steps of 2x2, 640x480\n"
                    "    YUY2\n"
                    "        64x64 to 3280x2464 in steps of 2x2\n"
                    "libcamera:/base/soc/i2c0mux/i2c@1/imx219@10  imx219    -\n"
                    "    NV12\n"
                    "        1280x720\n"
                    "libcamera:/base/soc/ov5647@36                ov5647    -\n"
                    "    NV12\n"
                    "        1280x720 at 1 to 60\n"
                    "libcamera:/base/odd\"name@1                   odd\"name  -\n"
                    "    NV12\n"
                    "        1280x720\n");
}

static void
test_resolve(void)
{
    static const struct {
        const char *text;
        const char *label, *error;
        SlMediaError code;
    } cases[] = {
        { "libcamera:ov5647", "ov5647 (libcamera:/base/soc/ov5647@36)", NULL },
        { "libcamera:/base/soc/i2c0mux/i2c@1/imx219@1",
          "imx219 (libcamera:/base/soc/i2c0mux/i2c@1/imx219@1)", NULL },
        { "libcamera:imx219", NULL,
          "\"imx219\" may be imx219 (libcamera:/base/soc/i2c0mux/i2c@1/imx219@1), imx219 "
          "(libcamera:/base/soc/i2c0mux/i2c@1/imx219@10); name more of it, or its node or stable "
          "path",
          SL_MEDIA_ERROR_DEVICE },
        { "libcamera:odd", NULL,
          "libcamera:/base/odd\"name@1 can't be used: its name has a character that must not stand "
          "in a pipeline (\", \\ or a control character)",
          SL_MEDIA_ERROR_DEVICE },
        { "libcamera:0c45", NULL, "no camera is called \"0c45\"; *", SL_MEDIA_ERROR_NOT_FOUND },
        { "OV5647", "ov5647 (libcamera:/base/soc/ov5647@36)", NULL },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SlInput) input = sl_input_resolve(cases[i].text, &error);
        if (cases[i].error != NULL) {
            g_assert_null(input);
            g_assert_error(error, SL_MEDIA_ERROR, (gint)cases[i].code);
            if (!g_pattern_match_simple(cases[i].error, error->message))
                g_test_fail_printf("%s: %s", cases[i].text, error->message);
            continue;
        }
        g_assert_no_error(error);
        g_assert_cmpint(input->kind, ==, SL_INPUT_LIBCAMERA);
        g_assert_cmpstr(input->label, ==, cases[i].label);
        g_assert_cmpstr(input->spec, ==, cases[i].text);
    }
}

static void
test_first(void)
{
    g_autoptr(GPtrArray) nodes = sl_camera_list_nodes(SL_CAMERA_DEV_DIR);
    if (nodes->len > 0) {
        g_test_skip("there are V4L2 devices here");
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(SlInput) input = sl_input_resolve(NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(input->label, ==, "imx219 (libcamera:/base/soc/i2c0mux/i2c@1/imx219@1)");
    g_assert_null(input->spec);
}

static void
test_capture(void)
{
    static const char text[] = "[variables]\nwidth = 640\nheight = 360\n"
                               "[source]\n${capture} ! appsink name=video\n";
    g_autoptr(SlProblems) problems = sl_problems_new("x.pipeline");
    g_autoptr(SlDescription) description = sl_description_parse("x", text, strlen(text), problems);
    g_autoptr(SlValues) values = sl_values_new(description, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(SlInput) input =
        sl_input_resolve("libcamera:/base/soc/i2c0mux/i2c@1/imx219@1", &error);
    g_assert_no_error(error);
    g_autoptr(SlCapture) capture =
        sl_capture_new(input, description, values, SL_CAPTURE_DEFAULT, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(capture->raw, ==,
                    "libcamerasrc camera-name=\"/base/soc/i2c0mux/i2c@1/imx219@1\" ! "
                    "video/x-raw,format=NV12,width=478,height=360");
    g_assert_cmpstr(capture->mode, ==, "NV12 478x360");
    g_assert_null(capture->device);
    g_assert_cmpint(capture->input->kind, ==, SL_INPUT_LIBCAMERA);
    sl_description_check(description, values, capture, problems);
    g_autofree char *found = sl_problems_to_text(problems);
    g_assert_cmpstr(found, ==, "");
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/camera-libcamera/not-installed", test_not_installed);
    g_test_add_func("/camera-libcamera/modes", test_modes);
    g_test_add_func("/camera-libcamera/many-modes", test_many_modes);
    g_test_add_func("/camera-libcamera/register", register_fakes);
    g_test_add_func("/camera-libcamera/list", test_list);
    g_test_add_func("/camera-libcamera/resolve", test_resolve);
    g_test_add_func("/camera-libcamera/first", test_first);
    g_test_add_func("/camera-libcamera/capture", test_capture);
    return g_test_run();
}
