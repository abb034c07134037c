#include <gst/gst.h>

#include "sl-ice.h"

static SlIce *
make_ice(const char *const *servers, guint16 port_min, guint16 port_max)
{
    SlIceSettings settings = { (char **)servers, port_min, port_max };

    return sl_ice_new(&settings);
}

static void
test_servers_json(void)
{
    static const struct {
        const char *servers[3];
        const char *json;
    } cases[] = {
        { { NULL }, "[]" },
        { { "stun:stun.example.org:3478", NULL }, "[{\"urls\":\"stun:stun.example.org:3478\"}]" },
        { { "turn:ann:s3cret@turn.example.org?transport=udp", NULL },
          "[{\"urls\":\"turn:turn.example.org?transport=udp\",\"username\":\"ann\",\"credential\":"
          "\"s3cret\"}]" },
        /* What had to be encoded in the option is what it was for the browser. */
        { { "turns:a%40b:p%3Aw%2F@turn.example.org:5349", "stun:[2001:db8::1]", NULL },
          "[{\"urls\":\"turns:turn.example.org:5349\",\"username\":\"a@b\",\"credential\":\"p:w/"
          "\"},{\"urls\":\"stun:[2001:db8::1]\"}]" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SlIce) ice = make_ice(cases[i].servers, 0, 0);
        g_assert_cmpstr(sl_ice_get_servers_json(ice), ==, cases[i].json);
    }
}

static void
test_webrtcbin(void)
{
    const char *const servers[] = { "stun:127.0.0.1:3478", "turn:ann:pw@127.0.0.1:3479", NULL };
    g_autoptr(SlIce) ice = make_ice(servers, 50000, 50100);
    g_autoptr(GstElement) webrtcbin = gst_object_ref_sink(sl_ice_make_webrtcbin(ice));
    g_autoptr(GstObject) ice_agent = NULL;
    g_autoptr(GObject) nice_agent = NULL;
    g_autofree char *stun = NULL;
    guint min, max;
    gboolean upnp, ice_tcp, conncheck;

    g_object_get(webrtcbin, "ice-agent", &ice_agent, "stun-server", &stun, NULL);
    g_object_get(ice_agent, "agent", &nice_agent, "ice-tcp", &ice_tcp, "min-rtp-port", &min,
                 "max-rtp-port", &max, NULL);
    g_object_get(nice_agent, "upnp", &upnp, "keepalive-conncheck", &conncheck, NULL);
    g_assert_cmpstr(stun, ==, "stun://127.0.0.1:3478");
    g_assert_cmpuint(min, ==, 50000);
    g_assert_cmpuint(max, ==, 50100);
    g_assert_false(ice_tcp);
    g_assert_false(upnp);
    g_assert_true(conncheck);
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ice/servers-json", test_servers_json);
    g_test_add_func("/ice/webrtcbin", test_webrtcbin);
    return g_test_run();
}
