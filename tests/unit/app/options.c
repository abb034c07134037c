#include "sl-options.h"

static SlOptions *
parse(const char *line, GError **error)
{
    g_autofree char *full = g_strconcat("sightline ", line, NULL);
    g_auto(GStrv) argv = NULL;

    g_assert_true(g_shell_parse_argv(full, NULL, &argv, NULL));
    return sl_options_parse((const char *const *)argv, error);
}

static void
test_defaults(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SlOptions) options = parse("", &error);
    SlStreamOptions *stream;

    g_assert_no_error(error);
    g_assert_cmpstr(options->address, ==, "127.0.0.1");
    g_assert_cmpuint(options->port, ==, 8080);
    g_assert_null(options->ice.servers);
    g_assert_cmpuint(options->ice.port_max, ==, 0);
    g_assert_cmpuint(options->streams->len, ==, 1);
    stream = g_ptr_array_index(options->streams, 0);
    g_assert_cmpstr(stream->name, ==, "camera");
    g_assert_null(stream->device);
    g_assert_cmpstr(stream->pipeline, ==, "auto");
    g_assert_null(stream->set);
    g_assert_null(options->relay_socket);
    g_assert_null(options->cache_dir);
}

static void
test_all(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SlOptions) options =
        parse("/dev/video2 --pipeline ./my.pipeline --set bitrate=500000 --set width=640 "
              "--listen :0 --media-ports 50000-50100 --ice-server stun:stun.example.org "
              "--allow-host cam.example.org --allow-origin https://example.org --no-keys --wait "
              "--allow-edit --tls-cert a.pem --tls-key b.pem --publish refuse "
              "--relay-socket /run/relay --relay-socket-mode 0600 --relay-socket-group robots "
              "--cache-dir /var/cache/sightline "
              "--web " WEB_DIR,
              &error);
    SlStreamOptions *stream;

    g_assert_no_error(error);
    g_assert_null(options->address);
    g_assert_cmpuint(options->port, ==, 0);
    g_assert_cmpuint(options->ice.port_min, ==, 50000);
    g_assert_cmpuint(options->ice.port_max, ==, 50100);
    g_assert_cmpstr(options->ice.servers[0], ==, "stun:stun.example.org");
    g_assert_cmpstr(options->allow_hosts[0], ==, "cam.example.org");
    g_assert_cmpstr(options->allow_origins[0], ==, "https://example.org");
    g_assert_true(options->no_keys);
    g_assert_true(options->wait);
    g_assert_true(options->allow_edit);
    g_assert_cmpstr(options->tls_cert, ==, "a.pem");
    g_assert_cmpstr(options->tls_key, ==, "b.pem");
    g_assert_false(options->tls_self_signed);
    g_assert_cmpint(options->publish, ==, SL_PUBLISH_REFUSE);
    g_assert_cmpstr(options->relay_socket, ==, "/run/relay");
    g_assert_cmpuint(options->relay_socket_mode, ==, 0600);
    g_assert_cmpstr(options->relay_socket_group, ==, "robots");
    g_assert_cmpstr(options->cache_dir, ==, "/var/cache/sightline");
    g_assert_cmpstr(options->web_dir, ==, WEB_DIR);
    stream = g_ptr_array_index(options->streams, 0);
    g_assert_cmpstr(stream->device, ==, "/dev/video2");
    g_assert_cmpstr(stream->pipeline, ==, "./my.pipeline");
    g_assert_cmpstr(stream->set[0], ==, "bitrate=500000");
    g_assert_cmpstr(stream->set[1], ==, "width=640");
}

static void
test_list_devices(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SlOptions) options = parse("--list-devices --json", &error);

    g_assert_no_error(error);
    g_assert_true(options->list_devices && options->json);
}

static void
test_mistakes(void)
{
    static const struct {
        const char *line;
        const char *message;
    } cases[] = {
        { "--listen 8080", "--listen 8080: expected [ADDRESS]:PORT, such as 127.0.0.1:8080, or "
                           ":8080 for every address" },
        { "--listen :65536", "--listen :65536: expected [ADDRESS]:PORT, such as 127.0.0.1:8080, or "
                             ":8080 for every address" },
        { "--listen :", "--listen :: expected [ADDRESS]:PORT, such as 127.0.0.1:8080, or :8080 for "
                        "every address" },
        { "--listen camera.example.org:80",
          "--listen camera.example.org:80: \"camera.example.org\" is no IP address of this "
          "machine; use :80 for every address" },
        { "--media-ports 50000",
          "--media-ports 50000: expected MIN-MAX, from 1024 to 65535, such as 50000-50100" },
        { "--media-ports 50100-50000",
          "--media-ports 50100-50000: expected MIN-MAX, from 1024 to 65535, such as 50000-50100" },
        { "--media-ports 80-90",
          "--media-ports 80-90: expected MIN-MAX, from 1024 to 65535, such as 50000-50100" },
        { "--check a b",
          "--check reads one description: found \"a\" and \"b\", expected one NAME or "
          "FILE" },
        { "a b", "One DEVICE at most: found \"a\" and \"b\"; several streams go into --config" },
        { "--frobnicate", "Unknown option --frobnicate; see --help" },
        { "--listen [fe80::1%lo]:80",
          "--listen [fe80::1%lo]:80: \"fe80::1%lo\" is no IP address of this machine; use :80 for "
          "every address" },
        { "--ice-server stun:user:secret@example.org",
          "--ice-server: “stun:” takes no user and password, expected “stun:HOST”" },
        { "--allow-host https://example.org",
          "--allow-host https://example.org: expected a host name alone, such as "
          "camera.example.org" },
        { "--allow-host ''",
          "--allow-host : expected a host name alone, such as camera.example.org" },
        { "--allow-origin example.org",
          "--allow-origin example.org: expected a scheme and a host, such as "
          "https://www.example.org" },
        { "--allow-origin https://example.org/",
          "--allow-origin https://example.org/: expected a scheme and a host, such as "
          "https://www.example.org" },
        { "--web /proc", "--web /proc: no index.html in there; expected the folder of the page, "
                         "such as the checkout's web" },
        { "--json", "--json is how --list-devices answers: expected --list-devices --json" },
        { "--relay-socket /run/relay --relay-socket-mode 0668",
          "--relay-socket-mode 0668: expected permissions in octal, such as 0660" },
        { "--relay-socket /run/relay --relay-socket-mode 0",
          "--relay-socket-mode 0: expected permissions in octal, such as 0660" },
        { "--relay-socket /run/relay --relay-socket-mode 1777",
          "--relay-socket-mode 1777: expected permissions in octal, such as 0660" },
        { "--relay-socket-mode 0600",
          "--relay-socket-mode alone, expected --relay-socket with it" },
        { "--relay-socket-group robots",
          "--relay-socket-group alone, expected --relay-socket with it" },
        { "--tls-cert a.pem", "--tls-cert alone, expected --tls-key with it" },
        { "--tls-key a.pem", "--tls-key alone, expected --tls-cert with it" },
        { "--tls-key a.pem --tls-self-signed",
          "--tls-self-signed makes a certificate, --tls-cert brings one: expected one of them" },
        { "--new-keys --no-keys",
          "--new-keys makes keys, --no-keys does without: expected one of them" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SlOptions) options = parse(cases[i].line, &error);
        g_assert_null(options);
        g_assert_error(error, SL_OPTIONS_ERROR, SL_OPTIONS_ERROR_USAGE);
        g_assert_cmpstr(error->message, ==, cases[i].message);
    }
}

static void
test_listen(void)
{
    static const struct {
        const char *text;
        const char *address;
        guint16 port;
    } cases[] = {
        { "127.0.0.1:8080", "127.0.0.1", 8080 },
        { "localhost:81", "127.0.0.1", 81 },
        { ":8080", NULL, 8080 },
        { "[::1]:8080", "::1", 8080 },
        { "0.0.0.0:0", "0.0.0.0", 0 },
        { "[::]:8443", "::", 8443 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *address = NULL;
        guint16 port;
        g_assert_true(sl_options_parse_listen(cases[i].text, &address, &port, &error));
        g_assert_cmpstr(address, ==, cases[i].address);
        g_assert_cmpuint(port, ==, cases[i].port);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/options/defaults", test_defaults);
    g_test_add_func("/options/all", test_all);
    g_test_add_func("/options/list-devices", test_list_devices);
    g_test_add_func("/options/mistakes", test_mistakes);
    g_test_add_func("/options/listen", test_listen);
    return g_test_run();
}
