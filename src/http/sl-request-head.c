#include "sl-request-head.h"

#include <string.h>

#define BAD_REQUEST "400 Bad Request"

typedef struct {
    const char *text;
    gsize len;
} Span;

typedef struct {
    const char *status;
    guint n_hosts;
    guint n_codings;
    Span length; /* text NULL: none */
} Check;

static const char *
refuse(Check *check, const char *status, const char *words)
{
    check->status = status;
    return words;
}

static gboolean
equals(Span span, const char *text)
{
    return span.len == strlen(text) && g_ascii_strncasecmp(span.text, text, span.len) == 0;
}

static gboolean
has_prefix(Span span, const char *prefix)
{
    return span.len >= strlen(prefix) && equals((Span){ span.text, strlen(prefix) }, prefix);
}

/* RFC 9110, section 5.6.2 */
static gboolean
is_token(Span span)
{
    for (gsize i = 0; i < span.len; i++) {
        if (!g_ascii_isalnum(span.text[i]) &&
            (span.text[i] == '\0' || strchr("!#$%&'*+-.^_`|~", span.text[i]) == NULL))
            return FALSE;
    }
    return span.len > 0;
}

/* Cuts up to the end of the line off @rest. */
static Span
take_line(Span *rest)
{
    const char *lf = memchr(rest->text, '\n', rest->len);
    Span line = { rest->text, lf != NULL ? (gsize)(lf - rest->text) : rest->len };
    gsize taken = MIN(line.len + 1, rest->len);

    rest->text += taken;
    rest->len -= taken;
    if (line.len > 0 && line.text[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* Cuts up to @end off @rest; without it, nothing. */
static Span
take_until(Span *rest, char end)
{
    const char *at = memchr(rest->text, end, rest->len);
    Span taken = { rest->text, at != NULL ? (gsize)(at - rest->text) : 0 };

    if (at != NULL) {
        rest->text += taken.len + 1;
        rest->len -= taken.len + 1;
    }
    return taken;
}

static Span
trim(Span span)
{
    while (span.len > 0 && (*span.text == ' ' || *span.text == '\t')) {
        span.text++;
        span.len--;
    }
    while (span.len > 0 && (span.text[span.len - 1] == ' ' || span.text[span.len - 1] == '\t'))
        span.len--;
    return span;
}

static gboolean
has_control(Span span)
{
    for (gsize i = 0; i < span.len; i++) {
        if (g_ascii_iscntrl(span.text[i]) && span.text[i] != '\t')
            return TRUE;
    }
    return FALSE;
}

static gboolean
has_half_escape(Span span)
{
    for (gsize i = 0; i < span.len; i++) {
        if (span.text[i] == '%' && (i + 2 >= span.len || !g_ascii_isxdigit(span.text[i + 1]) ||
                                    !g_ascii_isxdigit(span.text[i + 2])))
            return TRUE;
    }
    return FALSE;
}

/* RFC 9112, section 3: METHOD TARGET VERSION */
static const char *
check_first_line(Check *check, Span line)
{
    Span method = take_until(&line, ' ');
    Span target = take_until(&line, ' ');

    if (!is_token(method) || target.len == 0 || has_control(target) || line.len < 5 ||
        strncmp(line.text, "HTTP/", 5) != 0)
        return refuse(check, BAD_REQUEST,
                      "The first line of a request is METHOD ADDRESS HTTP/1.1, with one space "
                      "between them.");
    if (!equals(line, "HTTP/1.1") && !equals(line, "HTTP/1.0"))
        return refuse(check, "505 HTTP Version Not Supported", "This server speaks HTTP/1.1.");
    if (*target.text != '/' && !equals(target, "*") && !equals(method, "CONNECT") &&
        !has_prefix(target, "http://"))
        return refuse(check, BAD_REQUEST, "An address begins with a slash.");
    if (has_half_escape(target))
        return refuse(check, BAD_REQUEST,
                      "Two hexadecimal digits are expected after each % of an address.");
    return NULL;
}

static const char *
check_host(Check *check, Span host)
{
    if (++check->n_hosts > 1)
        return refuse(check, BAD_REQUEST, "There is more than one Host.");
    for (gsize i = 0; i < host.len; i++) {
        if (!g_ascii_isalnum(host.text[i]) && strchr("-._:[]", host.text[i]) == NULL)
            return refuse(check, BAD_REQUEST, "Host is neither a name nor an address.");
    }
    return NULL;
}

static const char *
check_length(Check *check, Span length)
{
    for (gsize i = 0; i < length.len; i++) {
        if (!g_ascii_isdigit(length.text[i]))
            length.len = 0;
    }
    /* 18 digits are below 2^63. */
    if (length.len == 0 || length.len > 18)
        return refuse(check, BAD_REQUEST, "Content-Length is not a number of bytes.");
    if (check->length.text != NULL && (check->length.len != length.len ||
                                       memcmp(check->length.text, length.text, length.len) != 0))
        return refuse(check, BAD_REQUEST, "There are two Content-Lengths.");
    check->length = length;
    return NULL;
}

/* RFC 9112, section 6.1 */
static const char *
check_coding(Check *check, Span coding)
{
    if (++check->n_codings > 1 || !equals(coding, "chunked"))
        return refuse(check, "501 Not Implemented",
                      "The one Transfer-Encoding that is known here is chunked.");
    return NULL;
}

static const char *
check_field(Check *check, Span line)
{
    Span name = take_until(&line, ':');
    Span value = trim(line);

    /* Not a continued line either (section 5.2). */
    if (!is_token(name))
        return refuse(check, BAD_REQUEST, "A line of the header is not NAME: VALUE.");
    if (has_control(value))
        return refuse(check, BAD_REQUEST, "A line of the header has a control character.");
    if (equals(name, "Host"))
        return check_host(check, value);
    if (equals(name, "Content-Length"))
        return check_length(check, value);
    if (equals(name, "Transfer-Encoding"))
        return check_coding(check, value);
    return NULL;
}

const char *
sl_request_head_check(const char *head, gsize len, const char **ret_status)
{
    Check check = { NULL };
    Span rest = { head, len };
    Span first = take_line(&rest);
    const char *words = check_first_line(&check, first);

    while (words == NULL && rest.len > 0) {
        Span line = take_line(&rest);
        if (line.len == 0)
            break;
        words = check_field(&check, line);
    }
    if (words == NULL && check.n_hosts == 0 && first.text[first.len - 1] == '1')
        words = refuse(&check, BAD_REQUEST, "There is no Host.");
    if (words == NULL && check.n_codings > 0 && check.length.text != NULL)
        words = refuse(&check, BAD_REQUEST,
                       "There are both Content-Length and Transfer-Encoding: one is expected.");
    *ret_status = check.status;
    return words;
}
