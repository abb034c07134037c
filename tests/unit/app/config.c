#include <gio/gio.h>
#include <glib/gstdio.h>

#include "sl-options.h"

/* Reads @text as the file of --config, with @more on the command line; "FILE" in the message stands
 * for its path. */
static SlOptions *
parse(const char *text, const char *more, char **ret_message)
{
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) message = g_string_new(NULL);
    g_auto(GStrv) extra = g_strsplit(more, " ", -1);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_auto(GStrv) argv = NULL;
    SlOptions *options;
    int fd = g_file_open_tmp("config-XXXXXX", &path, &error);

    g_assert_no_error(error);
    g_close(fd, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_strv_builder_add_many(builder, "sightline", "--config", path, NULL);
    if (*more != '\0')
        g_strv_builder_addv(builder, (const char **)extra);
    argv = g_strv_builder_end(builder);
    options = sl_options_parse((const char *const *)argv, &error);
    if (error != NULL) {
        g_string_append(message, error->message);
        g_string_replace(message, path, "FILE", 0);
        *ret_message = g_strdup(message->str);
    }
    g_unlink(path);
    return options;
}

static const char two_streams[] = "[server]\n"
                                  "listen=:9000\n"
                                  "media-ports=50000-50010\n"
                                  "ice-server=stun:a.example.org;stun:b.example.org\n"
                                  "no-keys=true\n"
                                  "wait=true\n"
                                  "[limits]\n"
                                  "max-sessions=7\n"
                                  "history-bytes=4096\n"
                                  "[stream front]\n"
                                  "device=/dev/video0\n"
                                  "pipeline=vp8-per-viewer\n"
                                  "set=width=640;height=480\n"
                                  "[stream back]\n"
                                  "device=test\n";

static void
test_all(void)
{
    g_autofree char *message = NULL;
    g_autoptr(SlOptions) options = parse(two_streams, "", &message);
    SlStreamOptions *front, *back;

    g_assert_null(message);
    g_assert_null(options->address);
    g_assert_cmpuint(options->port, ==, 9000);
    g_assert_cmpuint(options->ice.port_max, ==, 50010);
    g_assert_cmpuint(g_strv_length(options->ice.servers), ==, 2);
    g_assert_true(options->no_keys);
    g_assert_true(options->wait);
    g_assert_cmpuint(options->limits.max_sessions, ==, 7);
    g_assert_cmpuint(options->limits.history_bytes, ==, 4096);
    g_assert_cmpuint(options->streams->len, ==, 2);
    front = g_ptr_array_index(options->streams, 0);
    back = g_ptr_array_index(options->streams, 1);
    g_assert_cmpstr(front->name, ==, "front");
    g_assert_cmpstr(front->device, ==, "/dev/video0");
    g_assert_cmpstr(front->pipeline, ==, "vp8-per-viewer");
    g_assert_cmpstr(front->set[1], ==, "height=480");
    g_assert_cmpstr(back->pipeline, ==, "auto");
}

static void
test_command_line_counts_for_more(void)
{
    g_autofree char *message = NULL;
    g_autoptr(SlOptions) options =
        parse("[server]\nlisten=:9000\n[stream camera]\ndevice=test\nset=width=640\n",
              "/dev/video1 --listen 127.0.0.1:1 --set width=320", &message);
    SlStreamOptions *stream;

    g_assert_null(message);
    g_assert_cmpstr(options->address, ==, "127.0.0.1");
    stream = g_ptr_array_index(options->streams, 0);
    g_assert_cmpstr(stream->device, ==, "/dev/video1");
    g_assert_cmpstr(stream->set[0], ==, "width=640");
    g_assert_cmpstr(stream->set[1], ==, "width=320"); /* the last one counts */
}

static void
test_strict(void)
{
    static const struct {
        const char *line;
        gboolean front, back;
    } cases[] = { { "", FALSE, TRUE }, { "--strict", TRUE, TRUE } };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *message = NULL;
        g_autoptr(SlOptions) options = parse(
            "[stream front]\nstrict=false\n[stream back]\nstrict=true\n", cases[i].line, &message);

        g_assert_null(message);
        g_assert_cmpint(((SlStreamOptions *)options->streams->pdata[0])->strict, ==,
                        cases[i].front);
        g_assert_cmpint(((SlStreamOptions *)options->streams->pdata[1])->strict, ==, cases[i].back);
    }
}

static void
test_mistakes(void)
{
    static const struct {
        const char *text, *more, *message;
    } cases[] = {
        { "[sever]\n", "", "FILE: [sever]: expected [server], [limits] or [stream NAME]" },
        { "[server]\nport=80\n", "",
          "FILE: [server] port: expected one of listen, media-ports, ice-server, allow-host, "
          "allow-origin, no-keys, wait, allow-edit" },
        { "[server]\nmedia-port=1\n", "",
          "FILE: [server] media-port: expected one of listen, media-ports, ice-server, allow-host, "
          "allow-origin, no-keys, wait, allow-edit; did you mean 'media-ports'?" },
        { "[server]\nmedia-ports=1-2\n", "",
          "FILE: [server] media-ports: 1-2: expected MIN-MAX, from 1024 to 65535, such as "
          "50000-50100" },
        { "[server]\nice-server=stun:a;turn:b:secret@\n", "",
          "FILE: [server] ice-server: host “”, expected a name or an address" },
        { "[server]\nallow-origin=*\n", "",
          "FILE: [server] allow-origin: *: expected a scheme and a host, such as "
          "https://www.example.org" },
        { "[server]\nno-keys=perhaps\n", "", "FILE: [server] no-keys: expected true or false" },
        { "[server]\nlisten=8080\n", "",
          "FILE: [server] listen: 8080: expected [ADDRESS]:PORT, such as 127.0.0.1:8080, or :8080 "
          "for every address" },
        { "[limits]\nmax-sessions=0\n", "",
          "FILE: [limits] max-sessions: expected a number from 1 to 10000" },
        { "[limits]\nmax-sessions=5 # five\n", "",
          "FILE: [limits] max-sessions: expected a number from 1 to 10000" },
        { "[limits]\nmax-fun=1\n", "", "FILE: [limits] max-fun: there is no such limit" },
        { "[limits]\nmax-session=1\n", "",
          "FILE: [limits] max-session: there is no such limit; did you mean 'max-sessions'?" },
        { "[limits]\nmax-header-bytes=1 KiB\n", "",
          "FILE: [limits] max-header-bytes: expected a number from 1024 to 61440" },
        { "[stream A]\n", "",
          "FILE: [stream A]: expected a name of a-z, 0-9, '_' and '-' that begins with a letter" },
        { "[stream a]\nstrict=very\n", "", "FILE: [stream a] strict: expected true or false" },
        { "[stream a]\nurl=x\n", "",
          "FILE: [stream a] url: expected one of device, audio, pipeline, set, strict" },
        { "[stream a]\n# again\n\n[stream a]\n", "",
          "FILE:4: [stream a] again, expected it once; the first is in line 1" },
        { "[stream a]\n[stream  a]\n", "",
          "FILE: [stream  a]: expected a name that no other stream has" },
        { "[stream a]\ndevice=test\n[stream b]\ndevice=test\ndevice = x\n", "",
          "FILE:5: [stream b] device again, expected it once; the first is in line 4" },
        { "[server]\nrtsp://user:secret@host/\n", "",
          "FILE: Key file contains line “rtsp://user:***@host/” which is not a key-value pair, "
          "group, or comment" },
        { "[stream a]\n[stream b]\n", "test",
          "DEVICE, --pipeline, --audio and --set are for one stream; --config has several" },
        { "listen=1\n", "",
          "FILE: settings before the first section, expected [server], [limits] or [stream NAME] "
          "above "
          "them" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *message = NULL;
        g_autoptr(SlOptions) options = parse(cases[i].text, cases[i].more, &message);
        g_assert_null(options);
        g_assert_cmpstr(message, ==, cases[i].message);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/config/all", test_all);
    g_test_add_func("/config/command-line-counts-for-more", test_command_line_counts_for_more);
    g_test_add_func("/config/strict", test_strict);
    g_test_add_func("/config/mistakes", test_mistakes);
    return g_test_run();
}
