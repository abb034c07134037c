#include "sl-request.h"

#include <string.h>

#include "sl-address.h"
#include "sl-key-path.h"

static const char *
header(SoupServerMessage *msg, const char *name)
{
    return soup_message_headers_get_one(soup_server_message_get_request_headers(msg), name);
}

static const char *
full_path(SoupServerMessage *msg)
{
    GUri *uri = soup_server_message_get_uri(msg);

    return uri != NULL ? g_uri_get_path(uri) : "";
}

const char *
sl_request_get_path(SoupServerMessage *msg)
{
    g_autofree char *key = NULL;

    return sl_key_path_split(full_path(msg), &key);
}

char *
sl_request_get_query(SoupServerMessage *msg, const char *name)
{
    const char *query = g_uri_get_query(soup_server_message_get_uri(msg));
    GUriParamsIter iter;
    g_autofree char *each = NULL;
    g_autofree char *value = NULL;

    if (query == NULL)
        return NULL;
    g_uri_params_iter_init(&iter, query, -1, "&", G_URI_PARAMS_WWW_FORM);
    while (g_uri_params_iter_next(&iter, &each, &value, NULL)) {
        if (strcmp(each, name) == 0)
            return g_steal_pointer(&value);
        g_clear_pointer(&each, g_free);
        g_clear_pointer(&value, g_free);
    }
    return NULL;
}

char *
sl_request_get_link_key(SoupServerMessage *msg)
{
    g_autofree char *key = NULL;

    sl_key_path_split(full_path(msg), &key);
    return key != NULL ? g_steal_pointer(&key) : sl_request_get_query(msg, "key");
}

/* RFC 6265, section 4.2.1. libsoup's own parser is not used: it reads what servers send, not what
 * browsers do. */
static char *
cookie_key(SoupServerMessage *msg, guint16 port)
{
    const char *cookies =
        soup_message_headers_get_list(soup_server_message_get_request_headers(msg), "Cookie");
    g_autofree char *prefix = g_strdup_printf("sightline-%u=", port);
    g_auto(GStrv) pairs = NULL;

    if (cookies == NULL)
        return NULL;
    pairs = g_strsplit_set(cookies, ";,", 64);
    for (guint i = 0; pairs[i] != NULL; i++) {
        const char *pair = g_strstrip(pairs[i]);
        if (g_str_has_prefix(pair, prefix))
            return g_strdup(pair + strlen(prefix));
    }
    return NULL;
}

static char *
find_key(SoupServerMessage *msg, guint16 port)
{
    const char *authorization = header(msg, "Authorization");
    char *key = sl_request_get_link_key(msg);

    if (key == NULL && authorization != NULL &&
        g_ascii_strncasecmp(authorization, "Bearer ", strlen("Bearer ")) == 0)
        key = g_strstrip(g_strdup(authorization + strlen("Bearer ")));
    if (key == NULL)
        key = cookie_key(msg, port);
    if (key != NULL && strlen(key) > SL_KEY_MAX_BYTES)
        key[SL_KEY_MAX_BYTES] = '\0';
    return key;
}

gboolean
sl_request_is_websocket(SoupServerMessage *msg)
{
    return soup_message_headers_header_contains(soup_server_message_get_request_headers(msg),
                                                "Upgrade", "websocket");
}

SlAccessVerdict
sl_request_check(SoupServerMessage *msg, SlAccess *access, guint16 port, gboolean is_https)
{
    g_autofree char *key = find_key(msg, port);
    SlAccessRequest request = {
        .method = soup_server_message_get_method(msg),
        .host = header(msg, "Host"),
        .origin = header(msg, "Origin"),
        .sec_fetch_site = header(msg, "Sec-Fetch-Site"),
        .key = key,
        .https = is_https,
        .websocket = sl_request_is_websocket(msg),
        .local = sl_address_is_loopback(soup_server_message_get_local_address(msg)) &&
                 sl_address_is_loopback(soup_server_message_get_remote_address(msg)),
        .forwarded = header(msg, "Forwarded") != NULL || header(msg, "X-Forwarded-For") != NULL ||
                     header(msg, "Via") != NULL,
    };
    SlGrant *grant = NULL;
    char *allow_origin = NULL;
    SlAccessVerdict verdict = sl_access_check(access, &request, &grant, &allow_origin);

    g_object_set_data_full(G_OBJECT(msg), "sl-allow-origin", allow_origin, g_free);
    if (verdict == SL_ACCESS_OK)
        g_object_set_data_full(G_OBJECT(msg), "sl-grant", grant, (GDestroyNotify)sl_grant_unref);
    return verdict;
}

SlGrant *
sl_request_get_grant(SoupServerMessage *msg)
{
    return g_object_get_data(G_OBJECT(msg), "sl-grant");
}

const char *
sl_request_get_allow_origin(SoupServerMessage *msg)
{
    return g_object_get_data(G_OBJECT(msg), "sl-allow-origin");
}

const char *
sl_request_get_address(SoupServerMessage *msg)
{
    if (g_object_get_data(G_OBJECT(msg), "sl-address") == NULL)
        g_object_set_data_full(G_OBJECT(msg), "sl-address",
                               sl_address_to_key(soup_server_message_get_remote_address(msg),
                                                 soup_server_message_get_local_address(msg)),
                               g_free);
    return g_object_get_data(G_OBJECT(msg), "sl-address");
}
