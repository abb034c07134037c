#include "sl-camera-formats.h"
#include "sl-camera-list.h"
#include "sl-description.h"

#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>

/* Appends `YUYV 1280x720@30/1,15/1 640x480@30/1`: a format, then sizes with their rates. */
static void
add_modes(GArray *modes, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    const char *f = words[0];
    for (guint i = 1; words[i] != NULL; i++) {
        SlCameraMode mode = { .format =
                                  sl_camera_format_lookup(v4l2_fourcc(f[0], f[1], f[2], f[3])) };
        g_assert_nonnull(mode.format);
        char *rates = strchr(words[i], '@');
        g_assert_cmpint(sscanf(words[i], "%ux%u", &mode.width, &mode.height), ==, 2);
        do {
            g_assert_cmpint(sscanf(rates + 1, "%u/%u", &mode.fps_n, &mode.fps_d), ==, 2);
            g_array_append_val(modes, mode);
        } while ((rates = strchr(rates + 1, ',')) != NULL);
    }
}

static GArray *
make_modes(const char *text)
{
    GArray *modes = g_array_new(FALSE, FALSE, sizeof(SlCameraMode));
    g_auto(GStrv) formats = g_strsplit(text, ";", -1);
    for (guint i = 0; formats[i] != NULL; i++)
        add_modes(modes, formats[i]);
    return modes;
}

static void
add_entry(GPtrArray *entries, const char *node, const char *name, const char *links, GArray *modes)
{
    SlCameraEntry *entry = g_new0(SlCameraEntry, 1);
    entry->node = g_strdup(node);
    entry->name = g_strdup(name);
    entry->links = *links != '\0' ? g_strsplit(links, ";", -1) : g_new0(char *, 1);
    g_ptr_array_add(entries, entry);
    if (modes == NULL) {
        entry->error = g_strdup_printf("no permission to open %s: it belongs to the group video; "
                                       "`sudo usermod -aG video $USER`, then log in again",
                                       node);
        return;
    }
    entry->camera = g_new0(SlCamera, 1);
    entry->camera->driver = g_strdup("uvcvideo");
    entry->camera->bus = g_strdup("usb-0000:00:14.0-1");
    entry->camera->modes = modes;
}

static GPtrArray *
make_entries(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)sl_camera_entry_free);
}

#define C920_ID "/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920_8A2B3C4D-video-index0"
#define C920_PATH "/dev/v4l/by-path/pci-0000:00:14.0-usb-0:1:1.0-video-index0"

static void
test_text(void)
{
    g_autoptr(GPtrArray) entries = make_entries();
    add_entry(entries, "/dev/video0", "HD Pro Webcam C920", C920_ID ";" C920_PATH,
              make_modes("YUYV 640x480@30/1,15/1 320x240@30/1,15/1 1280x720@10/1,15/2;"
                         "MJPG 1920x1080@30/1,30000/1001 1280x720@30/1,30000/1001"));
    add_entry(entries, "/dev/video10", "Größe", "",
              make_modes("NV12 640x480@0/1;NM12 640x480@0/1"));
    add_entry(entries, "/dev/video11", "Integrated Camera: Integrated C",
              C920_ID "-and-much-longer", NULL);
    g_autofree char *text = sl_camera_list_to_text(entries);
    g_assert_cmpstr(text, ==,
                    "NODE          NAME                             STABLE PATH\n"
                    "/dev/video0   HD Pro Webcam C920\n"
                    "    " C920_ID "\n"
                    "    YUY2\n"
                    "        1280x720 at 10, 7.5\n"
                    "        640x480, 320x240 at 30, 15\n"
                    "    MJPEG\n"
                    "        1920x1080, 1280x720 at 30, 29.97\n"
                    "/dev/video10  Größe                            -\n"
                    "    NV12\n"
                    "        640x480\n"
                    "/dev/video11  Integrated Camera: Integrated C\n"
                    "    " C920_ID "-and-much-longer\n"
                    "    no permission to open /dev/video11: it belongs to the group video; `sudo "
                    "usermod -aG video\n"
                    "    $USER`, then log in again\n");
}

static void
test_nothing(void)
{
    g_autoptr(GPtrArray) entries = make_entries();
    g_autofree char *text = sl_camera_list_to_text(entries);
    g_autofree char *json = sl_camera_list_to_json(entries);
    g_assert_true(g_str_has_prefix(text, "No camera found."));
    g_assert_cmpstr(json, ==, "[]\n");
}

static const SlCameraMode range_mode = {
    .width = 4096,
    .height = 2160,
    .fps_n = 60,
    .fps_d = 1,
    .sizes = { 16, 4096, 2, 32, 2160, 4 },
    .rates = { 1, 1, 60, 1 },
};

static GArray *
make_range(void)
{
    GArray *modes = g_array_new(FALSE, FALSE, sizeof(SlCameraMode));
    SlCameraMode mode = range_mode;
    mode.format = sl_camera_format_lookup(V4L2_PIX_FMT_UYVY);
    g_array_append_val(modes, mode);
    return modes;
}

static void
test_range(void)
{
    g_autoptr(GPtrArray) entries = make_entries();
    add_entry(entries, "/dev/video0", "Range", "", make_range());
    g_autofree char *text = sl_camera_list_to_text(entries);
    g_assert_cmpstr(text, ==,
                    "NODE         NAME   STABLE PATH\n"
                    "/dev/video0  Range  -\n"
                    "    UYVY\n"
                    "        16x32 to 4096x2160 in steps of 2x4 at 1 to 60\n");
    g_autofree char *json = sl_camera_list_to_json(entries);
    g_assert_cmpstr(json, ==,
                    "[{\"name\":\"Range\",\"node\":\"/dev/video0\",\"stable_paths\":[],"
                    "\"driver\":\"uvcvideo\",\"bus\":\"usb-0000:00:14.0-1\",\"formats\":[{"
                    "\"format\":\"UYVY\",\"codec\":\"raw\",\"sizes\":[{"
                    "\"width\":{\"min\":16,\"max\":4096,\"step\":2},"
                    "\"height\":{\"min\":32,\"max\":2160,\"step\":4},"
                    "\"rates\":{\"min\":1,\"max\":60}}]}]}]\n");
}

static void
test_json(void)
{
    g_autoptr(GPtrArray) entries = make_entries();
    add_entry(entries, "/dev/video0", "A \"B\"", C920_ID ";" C920_PATH,
              make_modes("MJPG 640x480@15/2,30000/1001;H264 640x480@30/1;YUYV 640x480@0/1"));
    add_entry(entries, "/dev/video2", "C", "", NULL);
    g_autofree char *json = sl_camera_list_to_json(entries);
    g_assert_cmpstr(
        json, ==,
        "[{\"name\":\"A \\\"B\\\"\",\"node\":\"/dev/video0\",\"stable_paths\":[\"" C920_ID
        "\",\"" C920_PATH "\"],\"driver\":\"uvcvideo\",\"bus\":\"usb-0000:00:14.0-1\",\"formats\":["
        "{\"format\":\"MJPEG\",\"codec\":\"jpeg\",\"sizes\":"
        "[{\"width\":640,\"height\":480,\"rates\":[29.97,7.5]}]},"
        "{\"format\":\"H.264\",\"codec\":\"h264\",\"sizes\":"
        "[{\"width\":640,\"height\":480,\"rates\":[30]}]},"
        "{\"format\":\"YUY2\",\"codec\":\"raw\",\"sizes\":"
        "[{\"width\":640,\"height\":480,\"rates\":[]}]}]},"
        "{\"name\":\"C\",\"node\":\"/dev/video2\",\"stable_paths\":[],"
        "\"error\":\"no permission to open /dev/video2: it belongs to the group video; "
        "`sudo usermod -aG video $USER`, then log in again\"}]\n");
}

/* The most that a device can say (sl-camera-probe.c): every format with many sizes, each with many
 * rates that no other has. */
static GArray *
make_endless(void)
{
    static const guint32 fourccs[] = { V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_UYVY,
                                       V4L2_PIX_FMT_MJPEG };
    GArray *modes = g_array_new(FALSE, FALSE, sizeof(SlCameraMode));
    for (guint i = 0; i < 8192; i++) {
        guint f = i / 2048, size = i / 32 % 64, rate = i % 32;
        SlCameraMode mode = { .format = sl_camera_format_lookup(fourccs[f]),
                              .width = 16000 - size * 10 - f,
                              .height = 16000,
                              .fps_n = 99900 + size * 32 + rate + f,
                              .fps_d = 101 };
        g_array_append_val(modes, mode);
    }
    return modes;
}

static void
test_bounds(void)
{
    g_autoptr(GPtrArray) entries = make_entries();
    add_entry(entries, "/dev/video0", "Endless", "", make_endless());
    g_autofree char *text = sl_camera_list_to_text(entries);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 2 + 4 * (1 + 12) + 1);
    for (guint i = 0; lines[i] != NULL; i++)
        g_assert_cmpint(g_utf8_strlen(lines[i], -1), <=, 100);
    g_assert_nonnull(strstr(text, "… and 53 more, down to 15370x16000\n"));
    g_assert_nonnull(strstr(text, ", …, "));

    SlCameraEntry *entry = entries->pdata[0];
    g_autofree char *sentence = sl_camera_formats_to_sentence(entry->camera->modes);
    g_assert_cmpuint(strlen(sentence), <, 2000);
}

/* vivid: everything in the same sizes, also what is one format to GStreamer. */
static void
test_many_formats(void)
{
    g_autoptr(GPtrArray) entries = make_entries();
    g_autoptr(GString) modes = g_string_new(NULL);
    static const char *const fourccs[] = { "NV12", "NM12", "YU12", "YUYV", "UYVY", "YVYU", "YV12",
                                           "NV21", "NV16", "NV61", "422P", "NV24", "RGB3", "BGR3",
                                           "BGR4", "XR24", "RGB4", "GREY", "AR24" };
    for (gsize i = 0; i < G_N_ELEMENTS(fourccs); i++)
        g_string_append_printf(
            modes,
            "%s%s 1920x1080@10/1 320x180@60/1,50/1,40/1,30/1,25/1,15/1,25/2,10/1,5/1,4/1,2/1,1/1",
            i > 0 ? ";" : "", fourccs[i]);
    add_entry(entries, "/dev/video0", "vivid", "/dev/v4l/by-path/platform-vivid.0-video-index0",
              make_modes(modes->str));
    g_autofree char *text = sl_camera_list_to_text(entries);
    g_assert_cmpstr(text, ==,
                    "NODE         NAME   STABLE PATH\n"
                    "/dev/video0  vivid  /dev/v4l/by-path/platform-vivid.0-video-index0\n"
                    "    NV12, I420, YUY2, UYVY, YVYU, YV12, NV21, NV16, NV61, Y42B, NV24, RGB, "
                    "BGR, BGRx, xRGB, "
                    "GRAY8,\n"
                    "    BGRA\n"
                    "        1920x1080 at 10\n"
                    "        320x180 at 60, 50, 40, 30, 25, 15, 12.5, 10, 5, 4, 2, 1\n");
}

static void
test_sentence(void)
{
    g_autoptr(GArray) modes =
        make_modes("YUYV 1280x720@10/1,5/1 640x480@30/1 320x240@30/1;NV12 640x480@30/1;"
                   "MJPG 1280x720@30/1;UYVY 5x5@5/1 4x4@4/1 3x3@3/1 2x2@2/1 1x1@1/1");
    g_autofree char *sentence = sl_camera_formats_to_sentence(modes);
    g_assert_cmpstr(sentence, ==,
                    "YUY2 (1280x720 at 10, 5; 640x480, 320x240 at 30), NV12 (640x480 at 30), "
                    "MJPEG (1280x720 at 30), "
                    "UYVY (5x5 at 5; 4x4 at 4; 3x3 at 3; … and 2 more, down to 1x1)");
}

static const struct {
    const char *text;
    const char *node, *error;
    SlMediaError code;
} find_cases[] = {
    { "C920", "/dev/video0", NULL },
    { "c920", "/dev/video0", NULL },
    { "hd pro webcam", "/dev/video0", NULL },
    { "usb-046d", "/dev/video0", NULL },
    { "größe", "/dev/video4", NULL },
    { "platform-vivid.1", "/dev/video8", NULL },
    { "Cam", "/dev/video9", NULL }, /* its whole name, which others have in theirs */
    { "locked", "/dev/video6", NULL },
    { "vivid", NULL,
      "\"vivid\" may be vivid (/dev/video7, /dev/v4l/by-path/platform-vivid.0-video-index0), vivid "
      "(/dev/video8, /dev/v4l/by-path/platform-vivid.1-video-index0); name more of it, or its node "
      "or stable path",
      SL_MEDIA_ERROR_DEVICE },
    { "C930", NULL,
      "no camera is called \"C930\"; there are HD Pro Webcam C920 (/dev/video0), Integrated "
      "Camera (/dev/video2), Größe (/dev/video4), Locked (/dev/video6), vivid (/dev/video7), vivid "
      "(/dev/video8), Cam (/dev/video9)",
      SL_MEDIA_ERROR_NOT_FOUND },
};

static void
test_find(gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);
    g_autoptr(GPtrArray) entries = make_entries();
    add_entry(entries, "/dev/video0", "HD Pro Webcam C920", C920_ID ";" C920_PATH, make_range());
    add_entry(entries, "/dev/video2", "Integrated Camera", "", make_range());
    add_entry(entries, "/dev/video4", "Größe", "", make_range());
    add_entry(entries, "/dev/video6", "Locked", "", NULL);
    add_entry(entries, "/dev/video7", "vivid", "/dev/v4l/by-path/platform-vivid.0-video-index0",
              make_range());
    add_entry(entries, "/dev/video8", "vivid", "/dev/v4l/by-path/platform-vivid.1-video-index0",
              make_range());
    add_entry(entries, "/dev/video9", "Cam", "", make_range());
    g_autoptr(GError) error = NULL;
    SlCameraEntry *found = sl_camera_list_find(entries, find_cases[i].text, &error);
    if (find_cases[i].error == NULL) {
        g_assert_no_error(error);
        g_assert_cmpstr(found->node, ==, find_cases[i].node);
        return;
    }
    g_assert_null(found);
    g_assert_error(error, SL_MEDIA_ERROR, (gint)find_cases[i].code);
    g_assert_cmpstr(error->message, ==, find_cases[i].error);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/camera-list/text", test_text);
    g_test_add_func("/camera-list/nothing", test_nothing);
    g_test_add_func("/camera-list/range", test_range);
    g_test_add_func("/camera-list/json", test_json);
    g_test_add_func("/camera-list/bounds", test_bounds);
    g_test_add_func("/camera-list/many-formats", test_many_formats);
    g_test_add_func("/camera-list/sentence", test_sentence);
    for (gsize i = 0; i < G_N_ELEMENTS(find_cases); i++) {
        g_autofree char *path = g_strdup_printf("/camera-list/find/%s", find_cases[i].text);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_find);
    }
    return g_test_run();
}
