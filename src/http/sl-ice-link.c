#include "sl-ice-link.h"

#include <json-glib/json-glib.h>

/* RFC 9110, section 5.6.4 */
static void
append_parameter(GString *link, const char *name, const char *value)
{
    g_string_append_printf(link, "; %s=\"", name);
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_c(link, '\\');
        if (!g_ascii_iscntrl(*c))
            g_string_append_c(link, *c);
    }
    g_string_append_c(link, '"');
}

static void
add_server(SoupMessageHeaders *headers, JsonObject *server)
{
    g_autofree char *uri = g_uri_escape_string(json_object_get_string_member(server, "urls"),
                                               G_URI_RESERVED_CHARS_ALLOWED_IN_PATH "?[]", FALSE);
    g_autoptr(GString) link = g_string_new(NULL);

    g_string_append_printf(link, "<%s>; rel=\"ice-server\"", uri);
    if (json_object_has_member(server, "username")) {
        append_parameter(link, "username", json_object_get_string_member(server, "username"));
        append_parameter(link, "credential", json_object_get_string_member(server, "credential"));
        append_parameter(link, "credential-type", "password");
    }
    soup_message_headers_append(headers, "Link", link->str);
}

void
sl_ice_link_add(SoupMessageHeaders *headers, SlIce *ice)
{
    g_autoptr(JsonNode) node = json_from_string(sl_ice_get_servers_json(ice), NULL);
    JsonArray *servers = node != NULL ? json_node_get_array(node) : NULL;

    for (guint i = 0; servers != NULL && i < json_array_get_length(servers); i++)
        add_server(headers, json_array_get_object_element(servers, i));
}
