#include "sl-log.h"

typedef struct {
    const char *text, *expected;
} Case;

static const Case cases[] = {
    { "", "" },
    { "no URI here: a user:password@host", "no URI here: a user:password@host" },
    { "rtsp://user:secret@host/path", "rtsp://user:***@host/path" },
    { "rtsp://user:secret@host:554", "rtsp://user:***@host:554" },
    { "rtsp://user:sec@ret@host/", "rtsp://user:***@host/" },
    { "rtsp://user:sec:ret@host/", "rtsp://user:***@host/" },
    { "rtsp://user:sec/ret@host/a", "rtsp://user:***@host/a" },
    { "rtsp://:secret@host/", "rtsp://:***@host/" },
    { "rtsp://user:@host/", "rtsp://user:***@host/" },
    { "rtsp://user@host/", "rtsp://user@host/" },
    { "rtsp://host:554/a@b", "rtsp://host:554/a@b" },
    { "rtsp://host/a:b@c", "rtsp://host/a:b@c" },
    { "RTSP://User:Secret@Host/", "RTSP://User:***@Host/" },
    { "turn:user:secret@host:3478?transport=udp", "turn:user:***@host:3478?transport=udp" },
    { "turns:user:secret@[2001:db8::1]", "turns:user:***@[2001:db8::1]" },
    { "turn://user:secret@host", "turn://user:***@host" },
    { "http://h/?key=abc", "http://h/?key=***" },
    { "http://h/?a=1&token=abc&b=2", "http://h/?a=1&token=***&b=2" },
    { "http://h/?Password=abc#x", "http://h/?Password=***#x" },
    { "http://h/#key=abc", "http://h/#key=***" },
    { "http://h/?passwd=a&pwd=b&secret=c", "http://h/?passwd=***&pwd=***&secret=***" },
    { "http://h/?monkey=abc", "http://h/?monkey=abc" },
    { "Could not open \"rtsp://u:p@h/\" or rtsp://v:q@i/x?key=k sorry",
      "Could not open \"rtsp://u:***@h/\" or rtsp://v:***@i/x?key=*** sorry" },
    { "rtsp://u:p\xff@h/", "rtsp://u:***@h/" },
};

static void
test_redact(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = sl_log_redact_text(cases[i].text);
        g_autofree char *uri = sl_log_redact_uri(cases[i].text);

        g_assert_cmpstr(text, ==, cases[i].expected);
        g_assert_cmpstr(uri, ==, cases[i].expected);
    }
}

static void
test_lines(void)
{
    if (g_test_subprocess()) {
        sl_log_info("ready at %d", 1);
        sl_log_warning("a\nfake\tline \033[31m");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("ready at 1\nWarning: a fake line  [31m\n");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log/redact", test_redact);
    g_test_add_func("/log/lines", test_lines);
    return g_test_run();
}
