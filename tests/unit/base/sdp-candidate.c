#include "sl-error.h"
#include "sl-sdp.h"

#include <string.h>

typedef struct {
    const char *candidate;
    gboolean usable;
} Case;

static const Case cases[] = {
    { "candidate:1 1 udp 1 192.0.2.1 5000 typ host", TRUE },
    { "candidate:1 1 UDP 4294967295 2001:db8::1 5000 typ host", TRUE },
    { "candidate:a+/9 1 udp 1 192.0.2.1 5000 typ srflx raddr 10.0.0.1 rport 5001", TRUE },
    { "candidate:1 1 udp 1 192.0.2.1 5000 typ relay raddr 0.0.0.0 rport 0", TRUE },
    { "candidate:1 1 udp 1 192.0.2.1 5000 typ prflx raddr :: rport 9 generation 0", TRUE },
    { "candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active", FALSE },
    { "candidate:1 1 udp 1 a1b2.local 5000 typ host", FALSE },
    { "candidate:1 1 udp 1 host.example.org 5000 typ host", FALSE },
    { "candidate:1 2 udp 1 192.0.2.1 5000 typ host", FALSE },
    { "candidate:1 1 udp 1 192.0.2.1 0 typ host", FALSE },
    { "candidate:1 1 udp 1 0.0.0.0 5000 typ host", FALSE },
    { "candidate:1 1 udp 1 :: 5000 typ host", FALSE },
    { "candidate:1 1 udp 1 239.1.2.3 5000 typ host", FALSE },
    { "candidate:1 1 udp 1 ff02::1 5000 typ host", FALSE },
    { "candidate:1 1 udp 1 fe80::1%eth0 5000 typ host", FALSE },
    { "candidate:1 1 udp 1 192.0.2.1 5000 typ magic", FALSE },
    { "candidate:1 1 udp 1 192.0.2.1 5000 typ srflx raddr a.local rport 5001", FALSE },
};

typedef struct {
    const char *candidate;
    const char *error;
} Malformed;

#define EXPECTED                                                                                 \
    "candidate: expected “candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ " \
    "TYPE …”"

static const Malformed malformed[] = {
    { "", "candidate: expected “candidate:” at its beginning" },
    { "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host",
      "candidate: expected “candidate:” at its beginning" },
    { "candidate:", EXPECTED },
    { "candidate:1", EXPECTED },
    { "candidate:1 1 udp 1 192.0.2.1 5000 typ", EXPECTED },
    { "candidate:1 1  udp 1 192.0.2.1 5000 typ host",
      "candidate: more than one space between two words" },
    { "candidate:1 1 udp 1 192.0.2.1 5000 typ host ",
      "candidate: more than one space between two words" },
    { "candidate:1_ 1 udp 1 192.0.2.1 5000 typ host",
      "candidate: the foundation is not 1 to 32 letters, digits, “+” or “/”" },
    { "candidate:012345678901234567890123456789012 1 udp 1 192.0.2.1 5000 typ host",
      "candidate: the foundation is not 1 to 32 letters, digits, “+” or “/”" },
    { "candidate:1 0 udp 1 192.0.2.1 5000 typ host", "candidate: the component is not 1 to 256" },
    { "candidate:1 257 udp 1 192.0.2.1 5000 typ host", "candidate: the component is not 1 to 256" },
    { "candidate:1 1 udp -1 192.0.2.1 5000 typ host",
      "candidate: the priority is not 1 to 4294967295" },
    { "candidate:1 1 udp 4294967296 192.0.2.1 5000 typ host",
      "candidate: the priority is not 1 to 4294967295" },
    { "candidate:1 1 udp 1 192.0.2.1;x 5000 typ host",
      "candidate: the address is neither an address nor a name" },
    { "candidate:1 1 udp 1 192.0.2.1 65536 typ host", "candidate: the port is not 0 to 65535" },
    { "candidate:1 1 udp 1 192.0.2.1 5000 type host", "candidate: expected “typ” after the port" },
    { "candidate:1 1 udp 1 192.0.2.1 5000 typ host raddr",
      "candidate: a name without a value at the end" },
    { "candidate:1 1 udp 1 192.0.2.1 5000 typ srflx raddr ; rport 1",
      "candidate: “raddr” is not an address" },
    { "candidate:1 1 udp 1 192.0.2.1 5000 typ srflx raddr 10.0.0.1 rport x",
      "candidate: “rport” is not 0 to 65535" },
    { "candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\na=mid:0",
      "candidate: something that is not printable ASCII" },
    { "candidate:1 1 udp 1 192.0.2.1 5000 typ h\xc3\xb6st",
      "candidate: something that is not printable ASCII" },
};

static void
assert_usable(const char *candidate, gboolean expected)
{
    g_autoptr(GError) error = NULL;
    gboolean usable = !expected;

    g_test_message("%s", candidate);
    g_assert_true(sl_sdp_check_candidate(candidate, &usable, &error));
    g_assert_no_error(error);
    g_assert_cmpint(usable, ==, expected);
}

static void
test_well_formed(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_usable(cases[i].candidate, cases[i].usable);
}

static void
test_malformed(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(malformed); i++) {
        g_autoptr(GError) error = NULL;
        gboolean usable;

        g_test_message("%s", malformed[i].candidate);
        g_assert_false(sl_sdp_check_candidate(malformed[i].candidate, &usable, &error));
        g_assert_error(error, SL_BASE_ERROR, SL_BASE_ERROR_INVALID);
        g_assert_cmpstr(error->message, ==, malformed[i].error);
    }
}

static void
test_too_long(void)
{
    g_autofree char *text = g_strnfill(SL_SDP_MAX_CANDIDATE_BYTES + 1, 'x');
    g_autoptr(GError) error = NULL;
    gboolean usable;

    g_assert_false(sl_sdp_check_candidate(text, &usable, &error));
    g_assert_error(error, SL_BASE_ERROR, SL_BASE_ERROR_TOO_LARGE);
    g_assert_cmpstr(error->message, ==, "candidate: 1025 bytes, at most 1024 are allowed");
}

/* What Chromium, Firefox and libwebrtc sent. */
static void
test_real(void)
{
    g_autofree char *path =
        g_test_build_filename(G_TEST_DIST, "fixtures", "sdp", "candidates.txt", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(g_strchomp(text), "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), >, 10);
    for (guint i = 0; lines[i] != NULL; i++) {
        gboolean usable = g_str_has_prefix(lines[i], "usable ");

        assert_usable(strchr(lines[i], ' ') + 1, usable);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdp-candidate/well-formed", test_well_formed);
    g_test_add_func("/sdp-candidate/malformed", test_malformed);
    g_test_add_func("/sdp-candidate/too-long", test_too_long);
    g_test_add_func("/sdp-candidate/real", test_real);
    return g_test_run();
}
