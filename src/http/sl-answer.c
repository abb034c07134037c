#include "sl-answer.h"

#include <string.h>

#include "sl-json.h"
#include "sl-request.h"

/* As web/style.css has it. */
#define PROBLEM_STYLE                                                                              \
    ":root{color-scheme:light dark;font:16px/1.45 system-ui,sans-serif;background:#fff;"           \
    "color:#16191c}"                                                                               \
    "body{margin:0}main{max-width:36rem;margin:0 auto;padding:20vh 1.25rem 2rem}"                  \
    "h1{margin:0;padding-top:1rem;border-top:4px solid #0b7a6f;font-size:1.5rem;line-height:1.25}" \
    "p{margin:.75rem 0 0}p:empty{display:none}small{color:#5c666e}"                                \
    "@media(prefers-color-scheme:dark){:root{background:#14171a;color:#e8ebed}"                    \
    "h1{border-color:#4cc2b4}small{color:#98a3ab}}"

static SoupMessageHeaders *
headers_of(SoupServerMessage *msg)
{
    return soup_server_message_get_response_headers(msg);
}

void
sl_answer_add_headers(SoupServerMessage *msg, SlAccess *access)
{
    SoupMessageHeaders *headers = headers_of(msg);
    const char *const *origins = sl_access_get_origins(access);
    g_autofree char *ancestors = origins != NULL ? g_strjoinv(" ", (char **)origins) : g_strdup("");
    g_autofree char *policy = g_strdup_printf(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "media-src 'self' blob:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'%s%s",
        *ancestors != '\0' ? " " : "", ancestors);

    soup_message_headers_replace(headers, "Content-Security-Policy", policy);
    soup_message_headers_replace(headers, "X-Content-Type-Options", "nosniff");
    soup_message_headers_replace(headers, "Referrer-Policy", "no-referrer");
    soup_message_headers_replace(headers, "Cross-Origin-Resource-Policy", "same-origin");
    soup_message_headers_replace(headers, "Cache-Control", "no-store");
    /* See SlListener: otherwise a browser would send its next request into a closing connection. */
    soup_message_headers_replace(headers, "Connection", "close");
}

/* Of an object: a browser that follows a link. */
static gboolean
wants_page(SoupServerMessage *msg)
{
    const char *types =
        soup_message_headers_get_list(soup_server_message_get_request_headers(msg), "Accept");

    return types != NULL && strstr(types, "text/html") != NULL;
}

static gboolean
wants_json(SoupServerMessage *msg)
{
    const char *path = sl_request_get_path(msg);

    return g_str_has_prefix(path, "/api/") || g_str_has_prefix(path, "/ws/") ||
           g_str_has_prefix(path, "/whep/") || g_str_has_prefix(path, "/whip/") ||
           strcmp(path, "/relay") == 0 || (g_str_has_prefix(path, "/objects") && !wants_page(msg));
}

static char *
problem_json(guint status, const char *title, const char *detail)
{
    g_autoptr(JsonObject) object = json_object_new();

    json_object_set_string_member(object, "type", "about:blank");
    json_object_set_string_member(object, "title", title);
    json_object_set_int_member(object, "status", status);
    json_object_set_string_member(object, "detail", detail);
    return sl_json_to_text(object);
}

/* The first sentence is what a person reads; what to do stands below, the name of the status at the
 * end. */
static char *
problem_page(guint status, const char *title, const char *detail)
{
    const char *end = strstr(detail, ". ");
    g_autofree char *heading =
        end != NULL ? g_strndup(detail, (gsize)(end + 1 - detail)) : g_strdup(detail);
    g_autofree char *words =
        g_markup_printf_escaped("<h1>%s</h1>\n<p>%s</p>\n<p><small>%u %s</small></p>\n", heading,
                                end != NULL ? end + 2 : "", status, title);

    return g_strconcat("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta name=\"color-scheme\" content=\"light dark\">\n"
                       "<link rel=\"icon\" href=\"data:,\">\n<title>Sightline</title>\n"
                       "<style>" PROBLEM_STYLE "</style>\n<main>\n",
                       words, "</main>\n", NULL);
}

/* The program's own style sheet has an address, which may need the very key that is missing. CSP
 * level 3, section 8.4: what stands in the page is allowed by its digest. */
static void
allow_problem_style(SoupServerMessage *msg)
{
    SoupMessageHeaders *headers = headers_of(msg);
    const char *policy = soup_message_headers_get_one(headers, "Content-Security-Policy");
    guint8 digest[32];
    gsize len = sizeof(digest);
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autoptr(GString) allowed = g_string_new(policy);
    g_autofree char *base64 = NULL;
    g_autofree char *source = NULL;

    g_checksum_update(checksum, (const guchar *)PROBLEM_STYLE, -1);
    g_checksum_get_digest(checksum, digest, &len);
    base64 = g_base64_encode(digest, len);
    source = g_strdup_printf("style-src 'sha256-%s'", base64);
    g_string_replace(allowed, "style-src 'self'", source, 1);
    soup_message_headers_replace(headers, "Content-Security-Policy", allowed->str);
}

static void
set_text(SoupServerMessage *msg, guint status, const char *content_type, char *text)
{
    soup_server_message_set_status(msg, status, NULL);
    soup_server_message_set_response(msg, content_type, SOUP_MEMORY_TAKE, text, strlen(text));
}

/* libsoup 3.2 has no words for these. */
static const char *
title_of(guint status)
{
    switch (status) {
    case SOUP_STATUS_MISDIRECTED_REQUEST:
        return "Misdirected Request";
    case SL_STATUS_UPGRADE_REQUIRED:
        return "Upgrade Required";
    case SL_STATUS_PRECONDITION_REQUIRED:
        return "Precondition Required";
    case SL_STATUS_TOO_MANY_REQUESTS:
        return "Too Many Requests";
    default:
        return soup_status_get_phrase(status);
    }
}

void
sl_answer_problem(SoupServerMessage *msg, guint status, const char *detail)
{
    const char *title = title_of(status);

    if (wants_json(msg)) {
        set_text(msg, status, "application/problem+json", problem_json(status, title, detail));
    } else {
        set_text(msg, status, "text/html; charset=utf-8", problem_page(status, title, detail));
        allow_problem_style(msg);
    }
    soup_server_message_set_status(msg, status, title);
}

void
sl_answer_json(SoupServerMessage *msg, char *text)
{
    set_text(msg, SOUP_STATUS_OK, "application/json", text);
}

static void
set_bytes(SoupServerMessage *msg, SlAsset *asset)
{
    soup_server_message_set_status(msg, SOUP_STATUS_OK, NULL);
    soup_message_headers_replace(headers_of(msg), "Content-Type", asset->content_type);
    soup_message_body_append_bytes(soup_server_message_get_response_body(msg), asset->bytes);
}

void
sl_answer_page(SoupServerMessage *msg, SlAsset *asset)
{
    set_bytes(msg, asset);
}

/* RFC 9110, section 13.1.2: a list of entity tags, compared weakly, or `*` */
gboolean
sl_answer_is_known(SoupServerMessage *msg, const char *etag)
{
    const char *tags = soup_message_headers_get_list(soup_server_message_get_request_headers(msg),
                                                     "If-None-Match");
    g_auto(GStrv) list = NULL;

    if (tags == NULL)
        return FALSE;
    list = g_strsplit(tags, ",", 64);
    for (guint i = 0; list[i] != NULL; i++) {
        const char *tag = g_strstrip(list[i]);
        if (g_str_has_prefix(tag, "W/"))
            tag += 2;
        if (strcmp(tag, etag) == 0 || strcmp(tag, "*") == 0)
            return TRUE;
    }
    return FALSE;
}

void
sl_answer_not_modified(SoupServerMessage *msg)
{
    soup_server_message_set_status(msg, SOUP_STATUS_NOT_MODIFIED, NULL);
    /* Otherwise libsoup says that the file is empty. */
    soup_message_headers_set_encoding(headers_of(msg), SOUP_ENCODING_NONE);
}

void
sl_answer_asset(SoupServerMessage *msg, SlAsset *asset)
{
    SoupMessageHeaders *headers = headers_of(msg);

    soup_message_headers_replace(headers, "Cache-Control", "no-cache");
    soup_message_headers_replace(headers, "ETag", asset->etag);
    soup_message_headers_append(headers, "Vary", "Origin");
    if (sl_request_get_allow_origin(msg) != NULL)
        soup_message_headers_replace(headers, "Cross-Origin-Resource-Policy", "cross-origin");
    if (sl_answer_is_known(msg, asset->etag))
        sl_answer_not_modified(msg);
    else
        set_bytes(msg, asset);
}
