#include "sl-peer-log.h"

#include "sl-log.h"
#include "sl-session.h"

static const char *
viewer_of(const char *address)
{
    return address != NULL ? address : "A viewer";
}

void
sl_peer_log_no_path(SlIce *ice, const char *address)
{
    static SlLogRate rate;
    guint min, max;

    if (sl_ice_get_ports(ice, &min, &max))
        sl_log_warning_rated(&rate,
                             "%s gets no picture: no path was found; let UDP %u-%u in, and for "
                             "viewers in other networks name an --ice-server",
                             viewer_of(address), min, max);
    else
        sl_log_warning_rated(&rate,
                             "%s gets no picture: no path was found; let UDP in (--media-ports "
                             "50000-50100 makes it a range), and for viewers in other networks "
                             "name an --ice-server",
                             viewer_of(address));
}

static void
log_no_port(SlIce *ice, const char *address)
{
    static SlLogRate rate;
    guint min, max;

    if (sl_ice_get_ports(ice, &min, &max))
        sl_log_warning_rated(&rate,
                             "%s gets no picture: all of --media-ports %u-%u are in use; name "
                             "more, each viewer takes one",
                             viewer_of(address), min, max);
    else
        sl_log_warning_rated(&rate,
                             "%s gets no picture: this machine has no UDP port for it; is its "
                             "network up?",
                             viewer_of(address));
}

/* What whoever runs the server can do something about. */
void
sl_peer_log_error(SlIce *ice, const char *address, const GError *error)
{
    if (g_error_matches(error, SL_SESSION_ERROR, SL_SESSION_ERROR_NO_PATH))
        sl_peer_log_no_path(ice, address);
    else if (g_error_matches(error, SL_SESSION_ERROR, SL_SESSION_ERROR_NO_PORT))
        log_no_port(ice, address);
    else if (error != NULL && g_str_equal(sl_session_error_to_code(error), "internal"))
        sl_log_warning("A viewer's connection failed: %s", error->message);
}
