#include "sl-object-answer.h"

#include <string.h>

#include "sl-answer.h"
#include "sl-request.h"
#include "sl-save-name.h"

#define RETRY_AFTER_S "5"
/* It never changes. By its key it is not everybody's: no proxy is to keep it. */
#define CACHE_CONTROL "private, max-age=31536000, immutable"
/* What somebody sent is no page of ours, whatever is in it. */
#define POLICY "sandbox; default-src 'none'"

static guint
status_of(const GError *error)
{
    if (error->domain != SL_OBJECT_ERROR)
        return SOUP_STATUS_INTERNAL_SERVER_ERROR;
    switch ((SlObjectError)error->code) {
    case SL_OBJECT_ERROR_NOT_ALLOWED:
        return SOUP_STATUS_FORBIDDEN;
    case SL_OBJECT_ERROR_UNKNOWN_OBJECT:
        return SOUP_STATUS_NOT_FOUND;
    case SL_OBJECT_ERROR_TOO_LARGE:
        return SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE;
    case SL_OBJECT_ERROR_NO_ROOM:
        return SOUP_STATUS_INSUFFICIENT_STORAGE;
    case SL_OBJECT_ERROR_TOO_MANY:
    case SL_OBJECT_ERROR_TOO_FAST:
        return SL_STATUS_TOO_MANY_REQUESTS;
    case SL_OBJECT_ERROR_HASH_MISMATCH:
        return SOUP_STATUS_UNPROCESSABLE_ENTITY;
    case SL_OBJECT_ERROR_BAD_MESSAGE:
    case SL_OBJECT_ERROR_UNKNOWN_TYPE:
    case SL_OBJECT_ERROR_UNKNOWN_TRANSFER:
    case SL_OBJECT_ERROR_BAD_OFFSET:
    case SL_OBJECT_ERROR_TAKEN_OVER:
    case SL_OBJECT_ERROR_EXPIRED:
    case SL_OBJECT_ERROR_STALLED:
    case SL_OBJECT_ERROR_FAILED:
        break;
    }
    return SOUP_STATUS_INTERNAL_SERVER_ERROR;
}

void
sl_object_answer_error(SoupServerMessage *msg, const GError *error)
{
    guint status = status_of(error);

    if (status == SL_STATUS_TOO_MANY_REQUESTS)
        soup_message_headers_replace(soup_server_message_get_response_headers(msg), "Retry-After",
                                     RETRY_AFTER_S);
    sl_answer_problem(msg, status, error->message);
}

static char *
make_etag(const char *hash)
{
    return g_strdup_printf("\"%s\"", hash);
}

void
sl_object_answer_stored(SoupServerMessage *msg, guint status, const char *hash)
{
    g_autofree char *etag = make_etag(hash);

    soup_message_headers_replace(soup_server_message_get_response_headers(msg), "ETag", etag);
    soup_server_message_set_status(msg, status, NULL);
}

/* --- GET and HEAD --- */

static void
add_headers(SoupServerMessage *msg, const char *etag)
{
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(msg);
    g_autofree char *name = sl_request_get_query(msg, "name");
    g_autofree char *disposition = sl_save_name_to_disposition(name);

    soup_message_headers_replace(headers, "ETag", etag);
    soup_message_headers_replace(headers, "Cache-Control", CACHE_CONTROL);
    soup_message_headers_replace(headers, "Content-Security-Policy", POLICY);
    soup_message_headers_replace(headers, "Content-Disposition", disposition);
    soup_message_headers_replace(headers, "Accept-Ranges", "bytes");
    soup_message_headers_append(headers, "Vary", "Origin");
    if (sl_request_get_allow_origin(msg) != NULL)
        soup_message_headers_replace(headers, "Cross-Origin-Resource-Policy", "cross-origin");
}

/* RFC 9110, section 13.1.5: a range of another thing is not wanted; times don't tell. */
static const char *
get_range(SoupServerMessage *msg, const char *etag)
{
    SoupMessageHeaders *headers = soup_server_message_get_request_headers(msg);
    const char *condition = soup_message_headers_get_one(headers, "If-Range");

    return condition == NULL || strcmp(condition, etag) == 0
               ? soup_message_headers_get_list(headers, "Range")
               : NULL;
}

static void
answer_beyond(SoupServerMessage *msg, guint64 size)
{
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(msg);
    g_autofree char *range = g_strdup_printf("bytes */%" G_GUINT64_FORMAT, size);
    g_autofree char *words = g_strdup_printf("The object has %" G_GUINT64_FORMAT " bytes.", size);

    soup_message_headers_replace(headers, "Content-Range", range);
    sl_answer_problem(msg, SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE, words);
}

gboolean
sl_object_answer_head(SoupServerMessage *msg, SlObject *object, SlByteRange *ret_range)
{
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(msg);
    g_autofree char *etag = make_etag(sl_object_get_hash(object));
    guint64 size = sl_object_get_size(object);
    SlByteRangeKind kind = sl_byte_range_parse(get_range(msg, etag), size, ret_range);
    g_autofree char *part = NULL;

    if (sl_answer_is_known(msg, etag)) {
        add_headers(msg, etag);
        sl_answer_not_modified(msg);
        return FALSE;
    }
    if (kind == SL_BYTE_RANGE_BEYOND) {
        answer_beyond(msg, size);
        return FALSE;
    }
    add_headers(msg, etag);
    if (kind == SL_BYTE_RANGE_PART) {
        part =
            g_strdup_printf("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
                            ret_range->begin, ret_range->end - 1, size);
        soup_message_headers_replace(headers, "Content-Range", part);
    }
    soup_message_headers_replace(headers, "Content-Type", "application/octet-stream");
    soup_message_headers_set_content_length(headers, (goffset)(ret_range->end - ret_range->begin));
    soup_server_message_set_status(
        msg, kind == SL_BYTE_RANGE_PART ? SOUP_STATUS_PARTIAL_CONTENT : SOUP_STATUS_OK, NULL);
    return strcmp(soup_server_message_get_method(msg), SOUP_METHOD_HEAD) != 0 &&
           ret_range->begin < ret_range->end;
}
