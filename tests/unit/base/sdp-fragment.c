#include "sl-error.h"
#include "sl-sdp-fragment.h"

typedef struct {
    const char *file;
    const char *ufrag, *pwd;
    gboolean is_end;
    const char *candidates; /* MID CANDIDATE’S ADDRESS … */
} Real;

static const Real reals[] = {
    { "whip.sdpfrag", "EsAw", "P2uYro0UCOQ4zxjKXaWCBui1", TRUE, "0 192.0.2.1;0 198.51.100.1;" },
    { "restart.sdpfrag", "ysXw", "vw5LmwG4y/e6dPP/zAP9Gp5k", FALSE, "" },
    { "session.sdpfrag", "8hhY", "asd88fgpdd777uzjYhagZg", TRUE, "1 2001:db8::1;2 192.0.2.3;" },
    { "least.sdpfrag", NULL, NULL, FALSE, "video0 192.0.2.1;" },
    { "end.sdpfrag", NULL, NULL, TRUE, "" },
};

static char *
load(const char *name)
{
    g_autofree char *path =
        g_test_build_filename(G_TEST_DIST, "fixtures", "sdp", "fragments", name, NULL);
    g_autoptr(GError) error = NULL;
    char *text;

    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

static char *
describe(GPtrArray *candidates)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < candidates->len; i++) {
        const SlSdpCandidate *candidate = candidates->pdata[i];
        g_auto(GStrv) words = g_strsplit(candidate->candidate, " ", -1);

        g_assert_true(g_str_has_prefix(candidate->candidate, "candidate:"));
        g_assert_cmpint(candidate->mline, ==, -1);
        g_string_append_printf(text, "%s %s;", candidate->mid != NULL ? candidate->mid : "-",
                               words[4]);
    }
    return g_string_free(text, FALSE);
}

static void
test_real(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(reals); i++) {
        g_autofree char *text = load(reals[i].file);
        g_autofree char *found = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(SlSdpFragment) fragment = sl_sdp_fragment_new(text, 10000, 10, &error);

        g_test_message("%s", reals[i].file);
        g_assert_no_error(error);
        g_assert_cmpstr(fragment->ufrag, ==, reals[i].ufrag);
        g_assert_cmpstr(fragment->pwd, ==, reals[i].pwd);
        g_assert_cmpint(fragment->is_end, ==, reals[i].is_end);
        found = describe(fragment->candidates);
        g_assert_cmpstr(found, ==, reals[i].candidates);
    }
}

typedef struct {
    const char *text;
    int code;
    const char *error; /* NULL: it is read */
} Case;

#define MEDIA "m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
#define CANDIDATE "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"
#define PWD "a=ice-pwd:0123456789012345678901\r\n"

static const Case cases[] = {
    { "", SL_BASE_ERROR_INVALID, "SDP line 1: the SDP is empty" },
    { "\r\n\r\n", SL_BASE_ERROR_INVALID, "SDP line 1: the SDP is empty" },
    { "{}", SL_BASE_ERROR_INVALID, "SDP line 1: expected a type that an SDP has here, and “=”" },
    { "a=x\xff", SL_BASE_ERROR_INVALID, "SDP is not UTF-8" },
    { CANDIDATE, 0, NULL }, /* of the only transport */
    { MEDIA CANDIDATE CANDIDATE, 0, NULL },
    { MEDIA CANDIDATE CANDIDATE CANDIDATE, SL_BASE_ERROR_INVALID,
      "SDP line 1: too many candidates" },
    { MEDIA "a=candidate:1 1 udp 1 x.local 9 typ host\r\n", 0, NULL },
    { MEDIA "a=candidate:1 1 udp 1\r\n", SL_BASE_ERROR_INVALID,
      "SDP line 3: candidate: expected “candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS "
      "PORT typ TYPE …”" },
    { "m=video 9 UDP/TLS/RTP/SAVPF 0\r\n" CANDIDATE, SL_BASE_ERROR_INVALID,
      "SDP line 1: no “a=mid”" },
    { "a=ice-ufrag:abcd\r\n" MEDIA, SL_BASE_ERROR_INVALID,
      "SDP line 1: “a=ice-ufrag” without “a=ice-pwd”" },
    { PWD MEDIA, SL_BASE_ERROR_INVALID, "SDP line 1: “a=ice-pwd” without “a=ice-ufrag”" },
    { "a=ice-ufrag:abcd\r\n" PWD MEDIA "a=ice-ufrag:efgh\r\n", SL_BASE_ERROR_INVALID,
      "SDP line 3: another “a=ice-ufrag” than before" },
    { "a=ice-ufrag:abcd\r\n" PWD MEDIA "a=ice-ufrag:abcd\r\n", 0, NULL },
    { "a=ice-ufrag:a b\r\n", SL_BASE_ERROR_INVALID,
      "SDP line 1: “a=ice-ufrag”: expected 4 to 256 letters, digits, “+” or “/”" },
    { MEDIA MEDIA MEDIA MEDIA MEDIA MEDIA MEDIA, SL_BASE_ERROR_TOO_LARGE,
      "SDP of 280 bytes, at most 256 are allowed" },
};

static void
test_cases(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SlSdpFragment) fragment = sl_sdp_fragment_new(cases[i].text, 256, 2, &error);

        g_test_message("case %u", i);
        g_assert_cmpstr(error != NULL ? error->message : NULL, ==, cases[i].error);
        g_assert_cmpint(fragment != NULL, ==, cases[i].error == NULL);
        if (error != NULL)
            g_assert_error(error, SL_BASE_ERROR, cases[i].code);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdp-fragment/real", test_real);
    g_test_add_func("/sdp-fragment/cases", test_cases);
    return g_test_run();
}
