#include <gio/gio.h>
#include <glib/gstdio.h>

#include "sl-options.h"
#include "sl-relay-namespaces.h"

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
                                  "relay-byte-burst=65536\n"
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
    g_assert_cmpuint(options->limits.relay_byte_burst, ==, 65536);
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

/* One way to have a certificate takes the place of the other. */
static void
test_certificates(void)
{
    static const char own[] = "[server]\ntls-self-signed=true\n";
    static const char files[] = "[server]\ntls-cert=a.pem\ntls-key=b.pem\n";
    static const struct {
        const char *text, *more, *cert, *key;
        gboolean self_signed;
    } cases[] = {
        { own, "", NULL, NULL, TRUE },
        { files, "", "a.pem", "b.pem", FALSE },
        { own, "--tls-cert c.pem --tls-key d.pem", "c.pem", "d.pem", FALSE },
        { files, "--tls-self-signed", NULL, NULL, TRUE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *message = NULL;
        g_autoptr(SlOptions) options = parse(cases[i].text, cases[i].more, &message);

        g_assert_null(message);
        g_assert_cmpstr(options->tls_cert, ==, cases[i].cert);
        g_assert_cmpstr(options->tls_key, ==, cases[i].key);
        g_assert_cmpint(options->tls_self_signed, ==, cases[i].self_signed);
    }
}

static void
test_relay_socket(void)
{
    static const char text[] =
        "[server]\ncache-dir=/var/cache/sightline\nrelay-socket=/run/sightline/relay\n"
        "relay-socket-mode=0666\nrelay-socket-group=robots\n";
    static const struct {
        const char *more, *path;
        guint mode;
        const char *group;
    } cases[] = {
        { "", "/run/sightline/relay", 0666, "robots" },
        { "--relay-socket /tmp/relay", "/tmp/relay", 0666, "robots" },
        { "--relay-socket-mode 600 --relay-socket-group 0", "/run/sightline/relay", 0600, "0" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *message = NULL;
        g_autoptr(SlOptions) options = parse(text, cases[i].more, &message);

        g_assert_null(message);
        g_assert_cmpstr(options->relay_socket, ==, cases[i].path);
        g_assert_cmpuint(options->relay_socket_mode, ==, cases[i].mode);
        g_assert_cmpstr(options->relay_socket_group, ==, cases[i].group);
        g_assert_cmpstr(options->cache_dir, ==, "/var/cache/sightline");
    }
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

/* A stream's own counts over the server's, the command line over both. */
static void
test_publish(void)
{
    static const struct {
        const char *line;
        SlPublishPolicy front, back;
    } cases[] = {
        { "", SL_PUBLISH_REFUSE, SL_PUBLISH_OFF },
        { "--publish replace", SL_PUBLISH_REPLACE, SL_PUBLISH_REPLACE },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *message = NULL;
        g_autoptr(SlOptions) options =
            parse("[stream front]\n[stream back]\npublish=off\n[server]\npublish=refuse\n",
                  cases[i].line, &message);

        g_assert_null(message);
        g_assert_cmpint(((SlStreamOptions *)options->streams->pdata[0])->publish, ==,
                        cases[i].front);
        g_assert_cmpint(((SlStreamOptions *)options->streams->pdata[1])->publish, ==,
                        cases[i].back);
    }
}

static const SlRelayNamespace *
find_namespace(const SlOptions *options, const char *name)
{
    return sl_relay_namespaces_find(options->namespaces, name);
}

static void
test_namespaces(void)
{
    g_autofree char *message = NULL;
    g_autofree char *again = NULL;
    g_autoptr(SlOptions) options = parse("[namespace chat]\n"
                                         "history-messages=5000\n"
                                         "history-seconds=86400\n"
                                         "[namespace robots]\n"
                                         "holder=true\n"
                                         "subscribe=operate\n",
                                         "", &message);
    g_autoptr(SlOptions) defaults = parse("[server]\n", "", &again);
    const SlRelayNamespace *chat, *robots;

    g_assert_cmpstr(message, ==, NULL);
    g_assert_cmpuint(options->namespaces->len, ==, 4);
    chat = find_namespace(options, "chat");
    g_assert_cmpuint(chat->history_messages, ==, 5000);
    g_assert_cmpuint(chat->history_seconds, ==, 86400);
    g_assert_cmpuint(chat->history_bytes, ==, 1 << 20);
    g_assert_true(chat->presence);
    robots = find_namespace(options, "robots");
    g_assert_true(robots->holder);
    g_assert_cmpint(robots->subscribe, ==, SL_ROLE_OPERATE);
    g_assert_cmpint(robots->publish, ==, SL_ROLE_PUBLISH);
    g_assert_cmpuint(robots->max_channels, ==, 64);

    g_assert_cmpuint(defaults->namespaces->len, ==, 3);
    g_assert_cmpint(find_namespace(defaults, "telemetry")->history, ==, SL_HISTORY_LAST);
    g_assert_cmpint(find_namespace(defaults, "control")->history, ==, SL_HISTORY_NONE);
    g_assert_true(find_namespace(defaults, "control")->unreliable);
    g_assert_cmpuint(find_namespace(defaults, "chat")->max_channels, ==, 0);
}

static void
test_too_many_namespaces(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *message = NULL;
    g_autofree char *again = NULL;
    g_autoptr(SlOptions) all = NULL, more = NULL;

    for (guint i = 0; i < 13; i++)
        g_string_append_printf(text, "[namespace n%u]\n", i);
    all = parse(text->str, "", &message);
    g_assert_cmpstr(message, ==, NULL);
    g_assert_cmpuint(all->namespaces->len, ==, 16);
    g_string_append(text, "[namespace one-more]\n");
    more = parse(text->str, "", &again);
    g_assert_cmpstr(again, ==,
                    "FILE: [namespace one-more]: expected 16 namespaces at most, with chat, "
                    "telemetry and control");
}

static void
test_mistakes(void)
{
    static const struct {
        const char *text, *more, *message;
    } cases[] = {
        { "[sever]\n", "",
          "FILE: [sever]: expected [server], [limits], [namespace NAME] or [stream NAME]" },
        { "[server]\nport=80\n", "",
          "FILE: [server] port: expected one of listen, tls-self-signed, tls-cert, tls-key, "
          "media-ports, ice-server, allow-host, allow-origin, no-keys, wait, allow-edit, publish, "
          "relay-socket, relay-socket-mode, relay-socket-group, cache-dir" },
        { "[server]\nmedia-port=1\n", "",
          "FILE: [server] media-port: expected one of listen, tls-self-signed, tls-cert, tls-key, "
          "media-ports, ice-server, allow-host, allow-origin, no-keys, wait, allow-edit, publish, "
          "relay-socket, relay-socket-mode, relay-socket-group, cache-dir; did you mean "
          "'media-ports'?" },
        { "[server]\ntls-cert=a.pem\n", "",
          "FILE: [server]: tls-cert alone, expected tls-key with it" },
        { "[server]\ntls-cert=a.pem\ntls-key=b.pem\ntls-self-signed=true\n", "",
          "FILE: [server]: tls-self-signed makes a certificate, tls-cert brings one: expected one "
          "of them" },
        { "[server]\nrelay-socket=/run/sightline/relay\nrelay-socket-mode=rw-rw----\n", "",
          "FILE: [server] relay-socket-mode: rw-rw----: expected permissions in octal, such as "
          "0660" },
        { "[server]\nrelay-socket-group=robots\n", "",
          "FILE: [server]: relay-socket-group alone, expected relay-socket with it" },
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
        { "[limits]\nno-such-thing=1\n", "",
          "FILE: [limits] no-such-thing: there is no such limit" },
        { "[limits]\nmax-session=1\n", "",
          "FILE: [limits] max-session: there is no such limit; did you mean 'max-sessions'?" },
        { "[limits]\nmax-header-bytes=1 KiB\n", "",
          "FILE: [limits] max-header-bytes: expected a number from 1024 to 61440" },
        { "[limits]\nhistory-messages=1\n", "",
          "FILE: [limits] history-messages: there is no such limit" },
        { "[namespace A]\n", "",
          "FILE: [namespace A]: expected a name of a-z, 0-9, '_' and '-' that begins with a "
          "letter" },
        { "[namespace chat]\nslow=never\n", "",
          "FILE: [namespace chat] slow: expected drop-oldest, latest-only or recover" },
        { "[namespace a]\nhistory-messages=0\n", "",
          "FILE: [namespace a] history-messages: expected a number from 1 to 10000000" },
        { "[namespace a]\npublish=chat\n", "",
          "FILE: [namespace a] publish: expected watch, publish, ingest, operate or admin" },
        { "[namespace a]\nhistory-second=1\n", "",
          "FILE: [namespace a] history-second: expected one of history, history-messages, "
          "history-bytes, history-seconds, presence, subscribe, publish, max-message-bytes, "
          "messages-per-second, message-burst, slow, holder, holder-silence-ms, max-age-ms, "
          "unreliable, max-channels; did you mean 'history-seconds'?" },
        { "[stream A]\n", "",
          "FILE: [stream A]: expected a name of a-z, 0-9, '_' and '-' that begins with a letter" },
        { "[stream a]\nstrict=very\n", "", "FILE: [stream a] strict: expected true or false" },
        { "[stream a]\nurl=x\n", "",
          "FILE: [stream a] url: expected one of device, audio, pipeline, publish, set, strict" },
        { "[stream a]\npublish=maybe\n", "",
          "FILE: [stream a] publish: expected replace, refuse or off" },
        { "[server]\npublish=\n", "", "FILE: [server] publish: expected replace, refuse or off" },
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
          "FILE: settings before the first section, expected [server], [limits], [namespace NAME] "
          "or "
          "[stream NAME] above them" },
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
    g_test_add_func("/config/certificates", test_certificates);
    g_test_add_func("/config/relay-socket", test_relay_socket);
    g_test_add_func("/config/strict", test_strict);
    g_test_add_func("/config/publish", test_publish);
    g_test_add_func("/config/namespaces", test_namespaces);
    g_test_add_func("/config/too-many-namespaces", test_too_many_namespaces);
    g_test_add_func("/config/mistakes", test_mistakes);
    return g_test_run();
}
