#include "sl-access.h"

#define GUEST "guest-key-guest-key-gu"
#define OPERATOR "operator-key-operator-"

typedef struct {
    const char *name;
    SlAccessRequest request;
    SlAccessVerdict verdict;
    const char *grant; /* its id, where it is let in */
    gboolean allow_origin;
} Case;

#define LOCAL .local = TRUE
#define GET .method = "GET"

static const Case CASES[] = {
    /* Host */
    { "v4", { GET, LOCAL, .host = "127.0.0.1" }, SL_ACCESS_OK, "local" },
    { "v4 and port", { GET, LOCAL, .host = "192.0.2.7:8080" }, SL_ACCESS_OK, "local" },
    { "v6", { GET, LOCAL, .host = "[::1]" }, SL_ACCESS_OK, "local" },
    { "v6 and port", { GET, LOCAL, .host = "[2001:db8::1]:80" }, SL_ACCESS_OK, "local" },
    { "v6 without brackets", { GET, LOCAL, .host = "::1" }, SL_ACCESS_BAD_HOST },
    { "v6 without an end", { GET, LOCAL, .host = "[::1" }, SL_ACCESS_BAD_HOST },
    { "v6 and more", { GET, LOCAL, .host = "[::1]x" }, SL_ACCESS_BAD_HOST },
    { "name in brackets", { GET, LOCAL, .host = "[localhost]" }, SL_ACCESS_BAD_HOST },
    { "v4 in brackets", { GET, LOCAL, .host = "[127.0.0.1]" }, SL_ACCESS_BAD_HOST },
    { "v4 in short", { GET, LOCAL, .host = "127.1" }, SL_ACCESS_BAD_HOST },
    { "localhost", { GET, LOCAL, .host = "localhost:8080" }, SL_ACCESS_OK, "local" },
    { "LOCALHOST", { GET, LOCAL, .host = "LOCALHOST" }, SL_ACCESS_OK, "local" },
    { "localhost and a dot", { GET, LOCAL, .host = "localhost." }, SL_ACCESS_OK, "local" },
    { "below localhost", { GET, LOCAL, .host = "x.localhost" }, SL_ACCESS_BAD_HOST },
    { "configured", { GET, LOCAL, .host = "cam.example.org" }, SL_ACCESS_OK, "local" },
    { "configured, other case",
      { GET, LOCAL, .host = "CAM.example.org:1" },
      SL_ACCESS_OK,
      "local" },
    { "rebound", { GET, LOCAL, .host = "evil.example.org" }, SL_ACCESS_BAD_HOST },
    { "begins alike", { GET, LOCAL, .host = "localhost.evil.example.org" }, SL_ACCESS_BAD_HOST },
    { "an address in a name", { GET, LOCAL, .host = "127.0.0.1.evil.org" }, SL_ACCESS_BAD_HOST },
    { "none", { GET, LOCAL }, SL_ACCESS_BAD_HOST },
    { "empty", { GET, LOCAL, .host = "" }, SL_ACCESS_BAD_HOST },
    { "a dot", { GET, LOCAL, .host = "." }, SL_ACCESS_BAD_HOST },
    { "port 0", { GET, LOCAL, .host = "localhost:0" }, SL_ACCESS_BAD_HOST },
    { "port 65536", { GET, LOCAL, .host = "localhost:65536" }, SL_ACCESS_BAD_HOST },
    { "empty port", { GET, LOCAL, .host = "localhost:" }, SL_ACCESS_BAD_HOST },
    { "port in words", { GET, LOCAL, .host = "localhost:http" }, SL_ACCESS_BAD_HOST },
    { "user", { GET, LOCAL, .host = "evil@localhost" }, SL_ACCESS_BAD_HOST },
    { "two", { GET, LOCAL, .host = "localhost, evil" }, SL_ACCESS_BAD_HOST },

    /* Origin */
    { "same",
      { GET, LOCAL, .host = "localhost:8080", .origin = "http://localhost:8080" },
      SL_ACCESS_OK,
      "local" },
    { "same, TLS before us",
      { GET, LOCAL, .host = "localhost", .origin = "https://localhost" },
      SL_ACCESS_OK,
      "local" },
    { "same, TLS here",
      { GET, LOCAL, .https = TRUE, .host = "localhost:8080", .origin = "https://localhost:8080" },
      SL_ACCESS_OK,
      "local" },
    { "same but for TLS",
      { GET, LOCAL, .https = TRUE, .host = "localhost:8080", .origin = "http://localhost:8080" },
      SL_ACCESS_BAD_ORIGIN },
    { "default port said",
      { GET, LOCAL, .host = "localhost", .origin = "http://localhost:80" },
      SL_ACCESS_OK,
      "local" },
    { "default port in Host",
      { GET, LOCAL, .host = "localhost:443", .origin = "https://localhost" },
      SL_ACCESS_OK,
      "local" },
    { "same, v6",
      { GET, LOCAL, .host = "[::1]:8080", .origin = "http://[::1]:8080" },
      SL_ACCESS_OK,
      "local" },
    { "another port",
      { GET, LOCAL, .host = "localhost:8080", .origin = "http://localhost:3000" },
      SL_ACCESS_BAD_ORIGIN },
    { "port left out",
      { GET, LOCAL, .host = "localhost:8080", .origin = "http://localhost" },
      SL_ACCESS_BAD_ORIGIN },
    { "another name",
      { GET, LOCAL, .host = "localhost", .origin = "http://127.0.0.1" },
      SL_ACCESS_BAD_ORIGIN },
    { "another site",
      { GET, LOCAL, .host = "localhost", .origin = "http://evil.example.org" },
      SL_ACCESS_BAD_ORIGIN },
    { "null", { GET, LOCAL, .host = "localhost", .origin = "null" }, SL_ACCESS_BAD_ORIGIN },
    { "empty origin", { GET, LOCAL, .host = "localhost", .origin = "" }, SL_ACCESS_BAD_ORIGIN },
    { "another scheme",
      { GET, LOCAL, .host = "localhost", .origin = "file://localhost" },
      SL_ACCESS_BAD_ORIGIN },
    { "listed",
      { GET, LOCAL, .host = "localhost", .origin = "https://site.example.org" },
      SL_ACCESS_OK,
      "local",
      TRUE },
    { "listed, WebSocket",
      { GET, LOCAL, .host = "localhost", .origin = "https://site.example.org", .websocket = TRUE,
        .sec_fetch_site = "cross-site" },
      SL_ACCESS_OK,
      "local",
      TRUE },
    { "listed with another scheme",
      { GET, LOCAL, .host = "localhost", .origin = "http://site.example.org" },
      SL_ACCESS_BAD_ORIGIN },
    { "a link elsewhere",
      { GET, LOCAL, .host = "localhost", .sec_fetch_site = "cross-site" },
      SL_ACCESS_OK,
      "local" },
    { "a WebSocket from elsewhere",
      { GET, LOCAL, .host = "localhost", .websocket = TRUE, .sec_fetch_site = "cross-site" },
      SL_ACCESS_BAD_ORIGIN },
    { "a form elsewhere",
      { .method = "POST", LOCAL, .host = "localhost", .sec_fetch_site = "cross-site" },
      SL_ACCESS_BAD_ORIGIN },
    { "HEAD from elsewhere",
      { .method = "HEAD", LOCAL, .host = "localhost", .sec_fetch_site = "cross-site" },
      SL_ACCESS_OK,
      "local" },
    { "a program's WebSocket",
      { GET, LOCAL, .host = "localhost", .websocket = TRUE },
      SL_ACCESS_OK,
      "local" },
    { "a program's POST", { .method = "POST", LOCAL, .host = "localhost" }, SL_ACCESS_OK, "local" },

    /* Keys */
    { "far without a key", { GET, .host = "192.0.2.1" }, SL_ACCESS_NO_KEY },
    { "far, empty key", { GET, .host = "192.0.2.1", .key = "" }, SL_ACCESS_WRONG_KEY },
    { "far, wrong key", { GET, .host = "192.0.2.1", .key = "x" }, SL_ACCESS_WRONG_KEY },
    { "far, nearly",
      { GET, .host = "192.0.2.1", .key = "guest-key-guest-key-gU" },
      SL_ACCESS_WRONG_KEY },
    { "far, beginning", { GET, .host = "192.0.2.1", .key = "guest-key" }, SL_ACCESS_WRONG_KEY },
    { "far, more", { GET, .host = "192.0.2.1", .key = GUEST "x" }, SL_ACCESS_WRONG_KEY },
    { "guest", { GET, .host = "192.0.2.1", .key = GUEST }, SL_ACCESS_OK, "guest" },
    { "operator", { GET, .host = "192.0.2.1", .key = OPERATOR }, SL_ACCESS_OK, "operator" },
    { "behind a proxy", { GET, LOCAL, .host = "localhost", .forwarded = TRUE }, SL_ACCESS_NO_KEY },
    { "guest behind a proxy",
      { GET, LOCAL, .host = "localhost", .forwarded = TRUE, .key = GUEST },
      SL_ACCESS_OK,
      "guest" },
    { "local with a wrong key",
      { GET, LOCAL, .host = "localhost", .key = "x" },
      SL_ACCESS_OK,
      "local" },
    { "listed without a key",
      { GET, .host = "192.0.2.1", .origin = "https://site.example.org" },
      SL_ACCESS_NO_KEY,
      NULL,
      TRUE },
    { "listed, wrong key",
      { GET, .host = "192.0.2.1", .origin = "https://site.example.org", .key = "x" },
      SL_ACCESS_WRONG_KEY,
      NULL,
      TRUE },
    { "listed, another host",
      { GET, .host = "evil.example.org", .origin = "https://site.example.org", .key = GUEST },
      SL_ACCESS_BAD_HOST },
    { "a key does not mend Host",
      { GET, .host = "evil.example.org", .key = OPERATOR },
      SL_ACCESS_BAD_HOST },
    { "a key does not mend Origin",
      { GET, .host = "192.0.2.1", .origin = "http://evil.example.org", .key = OPERATOR },
      SL_ACCESS_BAD_ORIGIN },
};

static SlAccess *
make_access(gboolean keys_required)
{
    static const char *const HOSTS[] = { "Cam.Example.org", NULL };
    static const char *const ORIGINS[] = { "https://site.example.org", NULL };
    SlAccessConfig config = {
        .keys_required = keys_required,
        .guest_key = GUEST,
        .operator_key = OPERATOR,
        .hosts = HOSTS,
        .origins = ORIGINS,
    };

    return sl_access_new(&config);
}

static void
test_case(gconstpointer data)
{
    const Case *test = data;
    g_autoptr(SlAccess) access = make_access(TRUE);
    g_autoptr(SlGrant) grant = NULL;
    g_autofree char *allow_origin = NULL;

    g_assert_cmpint(sl_access_check(access, &test->request, &grant, &allow_origin), ==,
                    test->verdict);
    g_assert_cmpstr(grant != NULL ? sl_grant_get_id(grant) : NULL, ==, test->grant);
    g_assert_cmpstr(allow_origin, ==, test->allow_origin ? test->request.origin : NULL);
}

static void
test_roles(void)
{
    g_autoptr(SlAccess) access = make_access(TRUE);
    const struct {
        SlAccessRequest request;
        SlRoles roles;
    } WHO[] = {
        { { GET, LOCAL, .host = "localhost" }, SL_ROLES_OPERATOR },
        { { GET, .host = "192.0.2.1", .key = GUEST }, SL_ROLES_GUEST },
        { { GET, .host = "192.0.2.1", .key = OPERATOR }, SL_ROLES_OPERATOR },
    };

    for (guint i = 0; i < G_N_ELEMENTS(WHO); i++) {
        g_autoptr(SlGrant) grant = NULL;
        g_autofree char *allow_origin = NULL;

        g_assert_cmpint(sl_access_check(access, &WHO[i].request, &grant, &allow_origin), ==,
                        SL_ACCESS_OK);
        g_assert_cmpint((int)sl_grant_get_roles(grant), ==, (int)WHO[i].roles);
    }
}

static void
test_no_keys(void)
{
    g_autoptr(SlAccess) access = make_access(FALSE);
    SlAccessRequest far = { GET, .host = "192.0.2.1" };
    SlAccessRequest rebound = { GET, .host = "evil.example.org" };
    SlAccessRequest foreign = { GET, .host = "192.0.2.1", .origin = "http://evil.example.org" };
    g_autoptr(SlGrant) grant = NULL;
    g_autofree char *allow_origin = NULL;

    g_assert_cmpint(sl_access_check(access, &far, &grant, &allow_origin), ==, SL_ACCESS_OK);
    g_assert_cmpstr(sl_grant_get_id(grant), ==, "local");
    g_assert_cmpint(sl_access_check(access, &rebound, NULL, NULL), ==, SL_ACCESS_BAD_HOST);
    g_assert_cmpint(sl_access_check(access, &foreign, NULL, NULL), ==, SL_ACCESS_BAD_ORIGIN);
}

/* Keys that were not made let nobody in. */
static void
test_missing_keys(void)
{
    const char *const KEYS[] = { NULL, "" };

    for (guint i = 0; i < G_N_ELEMENTS(KEYS); i++) {
        SlAccessConfig config = { .keys_required = TRUE, .guest_key = KEYS[i] };
        SlAccessRequest request = { GET, .host = "192.0.2.1", .key = "" };
        g_autoptr(SlAccess) access = sl_access_new(&config);

        g_assert_cmpint(sl_access_check(access, &request, NULL, NULL), ==, SL_ACCESS_WRONG_KEY);
        g_assert_false(sl_access_knows_key(access, ""));
        g_assert_false(sl_access_knows_key(access, NULL));
    }
}

static void
test_own_name(void)
{
    g_autoptr(SlAccess) access = make_access(TRUE);
    g_auto(GStrv) parts = g_strsplit(g_get_host_name(), ".", 2);
    g_autofree char *mdns = g_strconcat(parts[0], ".local:8080", NULL);
    const char *const NAMES[] = { g_get_host_name(), parts[0], mdns };

    for (guint i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        SlAccessRequest request = { GET, LOCAL, .host = NAMES[i] };
        g_autoptr(SlGrant) grant = NULL;
        g_autofree char *allow_origin = NULL;

        g_assert_cmpint(sl_access_check(access, &request, &grant, &allow_origin), ==, SL_ACCESS_OK);
    }
}

static void
test_long_host(void)
{
    g_autoptr(SlAccess) access = make_access(TRUE);
    g_autofree char *host = g_strnfill(100 * 1000, '1');
    SlAccessRequest request = { GET, LOCAL, .host = host };

    g_assert_cmpint(sl_access_check(access, &request, NULL, NULL), ==, SL_ACCESS_BAD_HOST);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *path = g_strconcat("/access/", CASES[i].name, NULL);
        g_test_add_data_func(path, &CASES[i], test_case);
    }
    g_test_add_func("/access-roles", test_roles);
    g_test_add_func("/access-no-keys", test_no_keys);
    g_test_add_func("/access-missing-keys", test_missing_keys);
    g_test_add_func("/access-own-name", test_own_name);
    g_test_add_func("/access-long-host", test_long_host);
    return g_test_run();
}
