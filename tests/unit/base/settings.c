#include "sl-error.h"
#include "sl-settings.h"

typedef struct {
    const char *url;
    const char *error; /* nullable */
} Case;

static const Case cases[] = {
    { "stun:stun.example.org", NULL },
    { "stun:stun.example.org:3478", NULL },
    { "stun:192.0.2.1:65535", NULL },
    { "stun:[2001:db8::1]", NULL },
    { "stun:[2001:db8::1]:3478", NULL },
    { "turn:user:pass@turn.example.org", NULL },
    { "turn:user:p%40ss%3a%2F@turn.example.org:3478?transport=tcp", NULL },
    { "turn:1700000000:a+b/=@turn.example.org", "user and password must not be empty, "
                                                "and what is not a letter, a digit or one of "
                                                "-._~!$&'()*+,;= must be percent-encoded" },
    { "turn:user:p+s=@[::1]:3478?transport=udp", NULL },
    { "turns:user:pass@turn.example.org:5349?transport=tcp", NULL },

    { "", "expected “stun:HOST”, “turn:USER:PASSWORD@HOST” or "
          "“turns:USER:PASSWORD@HOST”" },
    { "http://example.org", "expected “stun:HOST”, “turn:USER:PASSWORD@HOST” or "
                            "“turns:USER:PASSWORD@HOST”" },
    { "stun:", "host “”, expected a name or an address" },
    { "stun://example.org", "host “//example.org”, expected a name or an address" },
    { "stun:exa mple", "host “exa mple”, expected a name or an address" },
    { "stun:example.org:0", "port “0”, expected 1 to 65535" },
    { "stun:example.org:65536", "port “65536”, expected 1 to 65535" },
    { "stun:example.org:", "port “”, expected 1 to 65535" },
    { "stun:user:secret@example.org", "“stun:” takes no user and password, expected “stun:HOST”" },
    { "stun:[::1", "“[” without “]”" },
    { "stun:[example]", "host “example”, expected a name or an address" },
    { "stun:[::1]x", "“x” after the address, expected “:PORT”" },
    { "turn:example.org", "“turn” without “USER:PASSWORD@”" },
    { "turn:user@example.org", "“turn” with a user and no password, expected “USER:PASSWORD@”" },
    { "turn:user:@example.org", "user and password must not be empty, and what is not "
                                "a letter, a digit or one of "
                                "-._~!$&'()*+,;= must be percent-encoded" },
    { "turn:user:secret%zz@example.org", "user and password must not be empty, and "
                                         "what is not a letter, a digit or one of "
                                         "-._~!$&'()*+,;= must be percent-encoded" },
    { "turn:user:pass@example.org?transport=sctp",
      "“turn:” takes no query but “transport=udp” or “transport=tcp”" },
    { "turns:user:pass@example.org?transport=udp", "“turns:” takes no query but “transport=tcp”" },
};

static void
test_ice_servers(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        gboolean valid = sl_ice_server_check(cases[i].url, &error);

        g_test_message("%s", cases[i].url);
        g_assert_cmpstr(error != NULL ? error->message : NULL, ==, cases[i].error);
        g_assert_cmpint(valid, ==, cases[i].error == NULL);
        if (error != NULL)
            g_assert_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/settings/ice-servers", test_ice_servers);
    return g_test_run();
}
