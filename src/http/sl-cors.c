#include "sl-cors.h"

#include <string.h>

#include "sl-request.h"

/* What browsers keep at the most is less: two hours in Chromium. */
#define MAX_AGE_S "7200"

gboolean
sl_cors_is_preflight(SoupServerMessage *msg)
{
    SoupMessageHeaders *headers = soup_server_message_get_request_headers(msg);

    return strcmp(soup_server_message_get_method(msg), SOUP_METHOD_OPTIONS) == 0 &&
           soup_message_headers_get_one(headers, "Origin") != NULL &&
           soup_message_headers_get_one(headers, "Access-Control-Request-Method") != NULL;
}

void
sl_cors_answer_preflight(SoupServerMessage *msg, const char *methods)
{
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(msg);

    soup_message_headers_replace(headers, "Access-Control-Allow-Methods", methods);
    soup_message_headers_replace(headers, "Access-Control-Allow-Headers",
                                 "Authorization, Content-Type, If-Match");
    soup_message_headers_replace(headers, "Access-Control-Max-Age", MAX_AGE_S);
    soup_server_message_set_status(msg, SOUP_STATUS_NO_CONTENT, NULL);
}

void
sl_cors_add_headers(SoupServerMessage *msg)
{
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(msg);

    soup_message_headers_append(headers, "Vary", "Origin");
    if (sl_request_get_allow_origin(msg) != NULL)
        soup_message_headers_replace(headers, "Access-Control-Expose-Headers",
                                     "Location, Link, ETag, Accept-Patch, Retry-After");
}
