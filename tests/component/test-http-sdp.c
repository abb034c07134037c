#include <string.h>

#include "http-fixture.h"

/* WHEP and WHIP by the table: method, situation, status (RFC 9725; draft-ietf-wish-whep-03). */

#define OFFER                                                                                 \
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"                 \
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\n"         \
    "a=rtcp-mux\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass" \
    "\r\na=fingerprint:sha-256 DA:7B:57:DC:28:CE:04:4F:31:79:85:C4:31:67:EB:27:58:29:ED:77:"  \
    "2A:0D:24:AE:ED:AD:30:BC:BD:F1:9C:02\r\na=rtpmap:96 VP8/90000\r\n"
#define FRAGMENT_OF(ufrag)                                                                \
    "a=group:BUNDLE 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=ice-ufrag:" ufrag \
    "\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"                                          \
    "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\na=end-of-candidates\r\n"
#define FRAGMENT FRAGMENT_OF("abcd")

#define SDP "application/sdp"
#define SDPFRAG "application/trickle-ice-sdpfrag"
#define SITE "Origin: https://site.example.org\r\n"
#define OTHER_SITE "Origin: https://other.example.org\r\n"
#define PREFLIGHT "Access-Control-Request-Method: POST\r\n"

/* Who asks: of this machine without a key, which is what an operator is, or from beyond a proxy. */
#define LOCAL ""
#define NOBODY "Via: 1.1 p\r\n"
#define BEARER(key) "Via: 1.1 p\r\nAuthorization: Bearer " key "\r\n"
#define GUEST BEARER(FIXTURE_GUEST_KEY)
#define OPERATOR BEARER(FIXTURE_OPERATOR_KEY)
#define STRANGER BEARER("an-old-key")

#define RETRY "\r\nRetry-After: 5\r\n"
#define ALLOW "\r\nAllow: GET, HEAD, OPTIONS, POST\r\n"
#define ALLOW_SESSION "\r\nAllow: DELETE, GET, HEAD, OPTIONS, PATCH\r\n"

typedef enum { BOTH, WHEP, WHIP } Kinds;
typedef enum { PLAIN, FAILS, WAITS, HAS_ENDED, IS_FULL } Situation;

/* @target: STREAM, its SESSION, or as it stands below /whep/ or /whip/; @headers: %E is the
 * session's ETag; @contains, @lacks: `%K` is whep or whip */
typedef struct {
    const char *name;
    Kinds kinds;
    const char *method, *target, *who, *headers;
    const char *type, *body; /* nullable */
    const char *status;
    const char *contains, *lacks, *log; /* nullable */
    Situation situation;
    SlSessionError error;
} Case;

#define STREAM "camera"
#define SESSION "%S"
#define POST "POST", STREAM, OPERATOR
#define PATCH "PATCH", SESSION, OPERATOR
#define TAG "If-Match: %E\r\n"

static const Case CASES[] = {
    /* --- an offer --- */
    { "offer", BOTH, POST, "", SDP, OFFER, "201 Created",
      .contains = "\r\nContent-Type: application/sdp\r\n", .log = "%K offer\n" },
    { "where it is", BOTH, POST, "", SDP, OFFER, "201 Created",
      .contains = "\r\nLocation: /%K/camera/" },
    { "its tag", BOTH, POST, "", SDP, OFFER, "201 Created", .contains = "\r\nETag: \"" },
    { "what it takes", BOTH, POST, "", SDP, OFFER, "201 Created",
      .contains = "\r\nAccept-Patch: application/trickle-ice-sdpfrag\r\n" },
    { "servers", BOTH, POST, "", SDP, OFFER, "201 Created",
      .contains = "\r\nLink: <stun:stun.example.org>; rel=\"ice-server\"\r\n" },
    { "the answer", BOTH, POST, "", SDP, OFFER, "201 Created", .contains = "\r\n\r\n" FAKE_ANSWER,
      .lacks = "Access-Control" },
    { "not stored", BOTH, POST, "", SDP, OFFER, "201 Created",
      .contains = "\r\nCache-Control: no-store\r\n" },
    { "type in capitals, with a parameter", BOTH, POST, "", "Application/SDP; charset=utf-8", OFFER,
      "201 Created" },
    { "of this machine", BOTH, "POST", STREAM, LOCAL, "", SDP, OFFER, "201 Created" },
    { "guest watches", WHEP, "POST", STREAM, GUEST, "", SDP, OFFER, "201 Created" },
    { "guest publishes", WHIP, "POST", STREAM, GUEST, "", SDP, OFFER, "403 Forbidden",
      .contains = "This key does not allow to publish to this stream.", .log = "" },
    { "no key", BOTH, "POST", STREAM, NOBODY, "", SDP, OFFER, "401 Unauthorized",
      .contains = "\r\nWWW-Authenticate: Bearer\r\n", .log = "" },
    { "old key", BOTH, "POST", STREAM, STRANGER, "", SDP, OFFER, "401 Unauthorized",
      .contains = "\r\nWWW-Authenticate: Bearer error=\"invalid_token\"\r\n", .log = "" },
    { "problems are JSON", BOTH, "POST", STREAM, NOBODY, "", SDP, OFFER, "401 Unauthorized",
      .contains = "\r\nContent-Type: application/problem+json\r\n" },
    { "no stream", BOTH, "POST", "desk", OPERATOR, "", SDP, OFFER, "404 Not Found",
      .contains = "There is no stream of this name here.", .log = "" },
    { "no name", BOTH, "GET", "", OPERATOR, "", NULL, NULL, "404 Not Found", .log = "" },
    { "too deep", BOTH, "GET", "camera/a/b", OPERATOR, "", NULL, NULL, "404 Not Found" },
    { "no type", BOTH, POST, "", NULL, OFFER, "415 Unsupported Media Type",
      .contains = "The body is to be application/sdp.", .log = "" },
    { "JSON", BOTH, POST, "", "application/json", OFFER, "415 Unsupported Media Type",
      .contains = "\r\nAccept-Post: application/sdp\r\n", .log = "" },
    { "empty", BOTH, POST, "", SDP, "", "400 Bad Request", .contains = "The body is empty.",
      .log = "" },
    { "malformed", BOTH, POST, "", SDP, "hello", "400 Bad Request", .contains = "SDP line 1",
      .log = "" },
    { "other site", BOTH, POST, OTHER_SITE, SDP, OFFER, "403 Forbidden",
      .lacks = "Access-Control-Allow-Origin", .log = "" },
    { "listed site", BOTH, POST, SITE, SDP, OFFER, "201 Created",
      .contains = "\r\nAccess-Control-Allow-Origin: https://site.example.org\r\n" },
    { "what a listed site may read", BOTH, POST, SITE, SDP, OFFER, "201 Created",
      .contains = "\r\nAccess-Control-Expose-Headers: Location, Link, ETag, Accept-Patch, "
                  "Retry-After\r\n" },
    { "a problem for a listed site", BOTH, "POST", STREAM, STRANGER, SITE, SDP, OFFER,
      "401 Unauthorized",
      .contains = "\r\nAccess-Control-Allow-Origin: https://site.example.org\r\n" },

    /* --- that can't be answered --- */
    { "codec to watch", WHEP, POST, "", SDP, OFFER, "406 Not Acceptable", .log = "whep end\n",
      .contains = "\"detail\":\"said by the session\"", .situation = FAILS,
      .error = SL_SESSION_ERROR_CODEC_UNSUPPORTED },
    { "codec to publish", WHIP, POST, "", SDP, OFFER, "422 Unprocessable Entity",
      .contains = "\"detail\":\"said by the session\"", .situation = FAILS, .log = "whip end\n",
      .error = SL_SESSION_ERROR_CODEC_UNSUPPORTED },
    { "bad SDP", BOTH, POST, "", SDP, OFFER, "400 Bad Request", .log = "%K end\n",
      .situation = FAILS, .error = SL_SESSION_ERROR_BAD_SDP },
    { "simulcast", WHIP, POST, "", SDP, OFFER, "422 Unprocessable Entity", .situation = FAILS,
      .error = SL_SESSION_ERROR_SIMULCAST },
    { "has a publisher", WHIP, POST, "", SDP, OFFER, "409 Conflict", .situation = FAILS,
      .error = SL_SESSION_ERROR_BUSY },
    { "no picture", WHEP, POST, "", SDP, OFFER, "503 Service Unavailable", .contains = RETRY,
      .situation = FAILS, .error = SL_SESSION_ERROR_NO_PICTURE },
    { "nobody publishes", WHEP, POST, "", SDP, OFFER, "409 Conflict", .contains = RETRY,
      .situation = WAITS, .error = SL_SESSION_ERROR_NO_PICTURE },
    { "no port", BOTH, POST, "", SDP, OFFER, "503 Service Unavailable", .contains = RETRY,
      .situation = FAILS, .error = SL_SESSION_ERROR_NO_PORT },
    { "other codecs meanwhile", WHEP, POST, "", SDP, OFFER, "503 Service Unavailable",
      .contains = RETRY, .situation = FAILS, .error = SL_SESSION_ERROR_CODECS_CHANGED },
    { "ended meanwhile", BOTH, POST, "", SDP, OFFER, "503 Service Unavailable", .contains = RETRY,
      .situation = FAILS, .error = SL_SESSION_ERROR_LOST },
    { "a fault of ours", BOTH, POST, "", SDP, OFFER, "500 Internal Server Error",
      .situation = FAILS, .error = SL_SESSION_ERROR_INTERNAL },
    { "full", WHEP, POST, "", SDP, OFFER, "503 Service Unavailable", .contains = RETRY,
      .situation = IS_FULL, .log = "" },

    /* --- what else an endpoint knows --- */
    { "get", BOTH, "GET", STREAM, OPERATOR, "", NULL, NULL, "200 OK",
      .contains = "\r\nContent-Length: 0\r\n" },
    { "head", BOTH, "HEAD", STREAM, OPERATOR, "", NULL, NULL, "200 OK",
      .contains = "\r\nContent-Type: application/sdp\r\n" },
    { "what it accepts", BOTH, "HEAD", STREAM, OPERATOR, "", NULL, NULL, "200 OK",
      .contains = "\r\nAccept-Post: application/sdp\r\n" },
    { "get without a key", BOTH, "GET", STREAM, NOBODY, "", NULL, NULL, "401 Unauthorized" },
    { "get nothing", BOTH, "GET", "desk", OPERATOR, "", NULL, NULL, "404 Not Found" },
    { "put", BOTH, "PUT", STREAM, OPERATOR, "", SDP, OFFER, "405 Method Not Allowed",
      .contains = ALLOW, .log = "" },
    { "patch the endpoint", BOTH, "PATCH", STREAM, OPERATOR, "", SDPFRAG, FRAGMENT,
      "405 Method Not Allowed", .contains = ALLOW },
    { "delete the endpoint", BOTH, "DELETE", STREAM, OPERATOR, "", NULL, NULL,
      "405 Method Not Allowed", .contains = "Only GET, HEAD, OPTIONS and POST are known here." },
    { "options", BOTH, "OPTIONS", STREAM, OPERATOR, "", NULL, NULL, "204 No Content",
      .contains = "\r\nAccept-Post: application/sdp\r\n" },
    { "options say the methods", BOTH, "OPTIONS", STREAM, OPERATOR, "", NULL, NULL,
      "204 No Content", .contains = ALLOW },
    { "options say the servers", BOTH, "OPTIONS", STREAM, OPERATOR, "", NULL, NULL,
      "204 No Content", .contains = "\r\nLink: <stun:stun.example.org>; rel=\"ice-server\"\r\n" },
    { "options without a key", BOTH, "OPTIONS", STREAM, NOBODY, "", NULL, NULL, "401 Unauthorized",
      .lacks = "stun:" },
    { "options of a publisher for a guest", WHIP, "OPTIONS", STREAM, GUEST, "", NULL, NULL,
      "403 Forbidden", .lacks = "stun:" },

    /* --- a browser asks for a page of another site --- */
    { "preflight", BOTH, "OPTIONS", STREAM, NOBODY, SITE PREFLIGHT, NULL, NULL, "204 No Content",
      .contains = "\r\nAccess-Control-Allow-Origin: https://site.example.org\r\n",
      .lacks = "stun:" },
    { "methods", BOTH, "OPTIONS", STREAM, NOBODY, SITE PREFLIGHT, NULL, NULL, "204 No Content",
      .contains = "\r\nAccess-Control-Allow-Methods: GET, HEAD, OPTIONS, POST\r\n" },
    { "headers", BOTH, "OPTIONS", STREAM, NOBODY, SITE PREFLIGHT, NULL, NULL, "204 No Content",
      .contains = "\r\nAccess-Control-Allow-Headers: Authorization, Content-Type, If-Match\r\n" },
    { "of a session", BOTH, "OPTIONS", SESSION, NOBODY, SITE PREFLIGHT, NULL, NULL,
      "204 No Content",
      .contains = "\r\nAccess-Control-Allow-Methods: DELETE, GET, HEAD, OPTIONS, PATCH\r\n" },
    { "of no session", BOTH, "OPTIONS", "camera/none", NOBODY, SITE PREFLIGHT, NULL, NULL,
      "204 No Content",
      .contains = "\r\nAccess-Control-Allow-Methods: DELETE, GET, HEAD, OPTIONS, PATCH\r\n" },
    { "of no stream", BOTH, "OPTIONS", "desk", NOBODY, SITE PREFLIGHT, NULL, NULL, "204 No Content",
      .contains = "\r\nAccess-Control-Allow-Origin: https://site.example.org\r\n" },
    { "with an old key", BOTH, "OPTIONS", STREAM, STRANGER, SITE PREFLIGHT, NULL, NULL,
      "204 No Content" },
    { "preflight of another site", BOTH, "OPTIONS", STREAM, NOBODY, OTHER_SITE PREFLIGHT, NULL,
      NULL, "403 Forbidden", .lacks = "Access-Control-Allow" },

    /* --- candidates --- */
    { "candidates", BOTH, PATCH, TAG, SDPFRAG, FRAGMENT, "204 No Content", .lacks = "ETag" },
    { "one of several tags", BOTH, PATCH, "If-Match: \"a\", %E\r\n", SDPFRAG, FRAGMENT,
      "204 No Content" },
    { "any tag", BOTH, PATCH, "If-Match: *\r\n", SDPFRAG, FRAGMENT, "204 No Content" },
    { "any tag, in quotes", BOTH, PATCH, "If-Match: \"*\"\r\n", SDPFRAG, FRAGMENT,
      "204 No Content" },
    { "no tag", BOTH, PATCH, "", SDPFRAG, FRAGMENT, "428 Precondition Required", .log = "" },
    { "stale tag", BOTH, PATCH, "If-Match: \"stale\"\r\n", SDPFRAG, FRAGMENT,
      "412 Precondition Failed", .log = "" },
    { "weak tag", BOTH, PATCH, "If-Match: W/%E\r\n", SDPFRAG, FRAGMENT, "412 Precondition Failed",
      .log = "" },
    { "an offer again", BOTH, PATCH, TAG, SDP, OFFER, "415 Unsupported Media Type",
      .contains = "\r\nAccept-Patch: application/trickle-ice-sdpfrag\r\n", .log = "" },
    { "empty fragment", BOTH, PATCH, TAG, SDPFRAG, "", "400 Bad Request", .log = "" },
    { "malformed fragment", BOTH, PATCH, TAG, SDPFRAG, "hello", "400 Bad Request", .log = "" },
    { "ICE restart", BOTH, PATCH, TAG, SDPFRAG, FRAGMENT_OF("efgh"), "422 Unprocessable Entity",
      .contains = "ICE restarts are not known here", .log = "" },
    { "ICE restart with any tag", BOTH, PATCH, "If-Match: *\r\n", SDPFRAG, FRAGMENT_OF("efgh"),
      "422 Unprocessable Entity", .log = "" },
    { "a candidate that is none", BOTH, PATCH, TAG, SDPFRAG, FRAGMENT, "400 Bad Request",
      .contains = "said by the session", .situation = FAILS,
      .error = SL_SESSION_ERROR_BAD_CANDIDATE },
    { "too many candidates", BOTH, PATCH, TAG, SDPFRAG, FRAGMENT, "429 Too Many Requests",
      .situation = FAILS, .error = SL_SESSION_ERROR_TOO_MANY },
    { "candidates without a key", BOTH, "PATCH", SESSION, NOBODY, TAG, SDPFRAG, FRAGMENT,
      "401 Unauthorized", .log = "" },
    { "candidates of somebody else", BOTH, "PATCH", SESSION, LOCAL, TAG, SDPFRAG, FRAGMENT,
      "404 Not Found", .log = "" },
    { "candidates of a guest", WHIP, "PATCH", SESSION, GUEST, TAG, SDPFRAG, FRAGMENT,
      "403 Forbidden", .log = "" },
    { "candidates for nothing", BOTH, "PATCH", "camera/none", OPERATOR, TAG, SDPFRAG, FRAGMENT,
      "404 Not Found", .contains = "There is no such session", .log = "" },
    { "candidates from a listed site", BOTH, PATCH, SITE TAG, SDPFRAG, FRAGMENT, "204 No Content",
      .contains = "\r\nAccess-Control-Allow-Origin: https://site.example.org\r\n" },
    { "candidates after the end", BOTH, PATCH, TAG, SDPFRAG, FRAGMENT, "404 Not Found",
      .situation = HAS_ENDED, .log = "" },

    /* --- the end, and what else a session knows --- */
    { "delete", BOTH, "DELETE", SESSION, OPERATOR, "", NULL, NULL, "200 OK", .log = "%K end\n" },
    { "a tag does not matter", BOTH, "DELETE", SESSION, OPERATOR, "If-Match: \"stale\"\r\n", NULL,
      NULL, "200 OK", .log = "%K end\n" },
    { "delete without a key", BOTH, "DELETE", SESSION, NOBODY, "", NULL, NULL, "401 Unauthorized",
      .log = "" },
    { "delete somebody else's", BOTH, "DELETE", SESSION, LOCAL, "", NULL, NULL, "404 Not Found",
      .log = "" },
    { "delete from another site", BOTH, "DELETE", SESSION, OPERATOR, OTHER_SITE, NULL, NULL,
      "403 Forbidden", .log = "" },
    { "delete after the end", BOTH, "DELETE", SESSION, OPERATOR, "", NULL, NULL, "404 Not Found",
      .situation = HAS_ENDED, .log = "" },
    { "delete nothing", BOTH, "DELETE", "camera/none", OPERATOR, "", NULL, NULL, "404 Not Found" },
    { "get a session", BOTH, "GET", SESSION, OPERATOR, "", NULL, NULL, "204 No Content" },
    { "head of a session", BOTH, "HEAD", SESSION, OPERATOR, "", NULL, NULL, "204 No Content" },
    { "get after the end", BOTH, "GET", SESSION, OPERATOR, "", NULL, NULL, "404 Not Found",
      .situation = HAS_ENDED },
    { "options of a session", BOTH, "OPTIONS", SESSION, OPERATOR, "", NULL, NULL, "204 No Content",
      .contains = ALLOW_SESSION },
    { "what a session takes", BOTH, "OPTIONS", SESSION, OPERATOR, "", NULL, NULL, "204 No Content",
      .contains = "\r\nAccept-Patch: application/trickle-ice-sdpfrag\r\n" },
    { "post to a session", BOTH, "POST", SESSION, OPERATOR, "", SDP, OFFER,
      "405 Method Not Allowed", .contains = ALLOW_SESSION, .log = "" },
    { "put to a session", BOTH, "PUT", SESSION, OPERATOR, "", SDP, OFFER, "405 Method Not Allowed",
      .contains = ALLOW_SESSION, .log = "" },
};

typedef struct {
    const char *kind;
    char *path, *etag; /* nullable: of a session */
} Made;

static void
made_clear(Made *made)
{
    g_free(made->path);
    g_free(made->etag);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Made, made_clear)

static char *
fill_in(const char *text, const Made *made)
{
    g_autoptr(GString) filled = g_string_new(text);

    g_string_replace(filled, "%K", made->kind, 0);
    if (made->etag != NULL)
        g_string_replace(filled, "%E", made->etag, 0);
    return g_string_free(g_steal_pointer(&filled), FALSE);
}

static char *
request_text(HttpFixture *fixture, const char *method, const char *path, const char *headers,
             const char *type, const char *body)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_printf(text, "%s %s HTTP/1.1\r\nHost: localhost:%u\r\n%s", method, path, fixture->port,
                    headers);
    if (type != NULL)
        g_string_append_printf(text, "Content-Type: %s\r\n", type);
    if (body != NULL)
        g_string_append_printf(text, "Content-Length: %zu\r\n", strlen(body));
    g_string_append_printf(text, "\r\n%s", body != NULL ? body : "");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *
ask(HttpFixture *fixture, const char *method, const char *path, const char *headers,
    const char *type, const char *body)
{
    g_autofree char *text = request_text(fixture, method, path, headers, type, body);

    return http_fixture_request(fixture, "127.0.0.1", text);
}

static char *
header_of(const char *answer, const char *name)
{
    g_autofree char *line = g_strdup_printf("\r\n%s: ", name);
    const char *value = strstr(answer, line);

    g_assert_nonnull(value);
    value += strlen(line);
    return g_strndup(value, (gsize)(strstr(value, "\r\n") - value));
}

static void
make_session(HttpFixture *fixture, Made *made)
{
    g_autofree char *path = g_strdup_printf("/%s/camera", made->kind);
    g_autofree char *answer = ask(fixture, "POST", path, OPERATOR, SDP, OFFER);

    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 201 "));
    made->path = header_of(answer, "Location");
    made->etag = header_of(answer, "ETag");
    g_free(fake_offers_take_log());
}

static void
end_session(HttpFixture *fixture, const Made *made)
{
    if (strcmp(made->kind, "whep") == 0)
        sl_session_end(fake_pool_get_last(fixture->pool), NULL);
    else
        sl_publisher_end(fake_publisher_get_last(), NULL);
    g_free(fake_offers_take_log());
}

static void
check_answer(const Case *c, const Made *made, const char *answer)
{
    g_autofree char *contains = fill_in(c->contains != NULL ? c->contains : "", made);
    g_autofree char *lacks = c->lacks != NULL ? fill_in(c->lacks, made) : NULL;
    g_autofree char *log = fake_offers_take_log();
    g_autofree char *expected_log = c->log != NULL ? fill_in(c->log, made) : NULL;

    g_test_message("%s", answer);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 "));
    g_assert_true(g_str_has_prefix(answer + strlen("HTTP/1.1 "), c->status));
    g_assert_nonnull(strstr(answer, contains));
    if (lacks != NULL)
        g_assert_null(strstr(answer, lacks));
    if (expected_log != NULL && *expected_log == '\0')
        g_assert_cmpstr(log, ==, "");
    else if (expected_log != NULL)
        g_assert_nonnull(strstr(log, expected_log));
}

static void
run_case(const Case *c, const char *kind)
{
    HttpFixture fixture;
    g_auto(Made) made = { .kind = kind };
    g_autofree char *path = NULL;
    g_autofree char *unfilled = g_strconcat(c->who, c->headers, NULL);
    g_autofree char *headers = NULL;
    g_autofree char *answer = NULL;

    http_fixture_prepare(&fixture);
    if (c->situation == IS_FULL)
        fixture.limits.max_sessions = 0;
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    if (strcmp(c->target, SESSION) == 0) {
        make_session(&fixture, &made);
        path = g_strdup(made.path);
    } else {
        path = g_strdup_printf("/%s/%s", kind, c->target);
        made.etag = g_strdup("\"none\"");
    }
    if (c->situation == HAS_ENDED)
        end_session(&fixture, &made);
    if (c->situation == WAITS)
        fake_stream_set_state(fixture.stream, SL_STREAM_WAITING, "Waiting for somebody to publish");
    if (c->situation == FAILS || c->situation == WAITS)
        fake_offers_fail_next(SL_SESSION_ERROR, (int)c->error, "said by the session");
    headers = fill_in(unfilled, &made);
    answer = ask(&fixture, c->method, path, headers, c->type, c->body);
    check_answer(c, &made, answer);
    http_fixture_stop(&fixture);
    g_free(fake_offers_take_log());
}

static void
test_whep(gconstpointer data)
{
    run_case(data, "whep");
}

static void
test_whip(gconstpointer data)
{
    run_case(data, "whip");
}

static const char *const KIND_NAMES[] = { "whep", "whip" };

/* --- what no line of the table says --- */

/* What was sent reaches the session whole, and in order. */
static void
test_candidates(void)
{
    HttpFixture fixture;
    g_auto(Made) made = { .kind = "whip" };
    g_autofree char *headers = NULL;
    g_autofree char *answer = NULL;
    g_autofree char *log = NULL;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    make_session(&fixture, &made);
    headers = g_strdup_printf(OPERATOR "If-Match: %s\r\n", made.etag);
    answer = ask(&fixture, "PATCH", made.path, headers, SDPFRAG, FRAGMENT);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 204 "));
    log = fake_offers_take_log();
    g_assert_cmpstr(log, ==,
                    "whip candidate 0 0 'candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host'\n"
                    "whip candidate - 0 ''\n");
    http_fixture_stop(&fixture);
}

/* The address of a session of one kind is nothing to the other. */
static void
test_kinds_apart(void)
{
    HttpFixture fixture;
    g_auto(Made) made = { .kind = "whep" };
    g_autoptr(GString) path = NULL;
    g_autofree char *answer = NULL;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    make_session(&fixture, &made);
    path = g_string_new(made.path);
    g_string_replace(path, "/whep/", "/whip/", 1);
    answer = ask(&fixture, "DELETE", path->str, OPERATOR, NULL, NULL);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 404 "));
    http_fixture_stop(&fixture);
}

/* With its own DELETE it is gone, and the others are not. */
static void
test_one_of_several(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(KIND_NAMES); i++) {
        HttpFixture fixture;
        g_auto(Made) first = { .kind = KIND_NAMES[i] };
        g_auto(Made) second = { .kind = KIND_NAMES[i] };
        static const char *const expected[] = { "HTTP/1.1 404 ", "HTTP/1.1 200 " };

        http_fixture_prepare(&fixture);
        http_fixture_start(&fixture, "127.0.0.1", NULL);
        make_session(&fixture, &first);
        make_session(&fixture, &second);
        g_assert_cmpstr(first.path, !=, second.path);
        g_free(ask(&fixture, "DELETE", first.path, OPERATOR, NULL, NULL));
        for (guint j = 0; j < G_N_ELEMENTS(expected); j++) {
            g_autofree char *answer =
                ask(&fixture, "DELETE", j == 0 ? first.path : second.path, OPERATOR, NULL, NULL);

            g_assert_true(g_str_has_prefix(answer, expected[j]));
        }
        http_fixture_stop(&fixture);
        g_free(fake_offers_take_log());
    }
}

/* Publishers of a stream are few; viewers are limited by the pool. */
static void
test_many_publishers(void)
{
    HttpFixture fixture;
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *refused = NULL;
    g_autofree char *again = NULL;

    http_fixture_prepare(&fixture);
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    for (guint i = 0; i < 8; i++) {
        g_auto(Made) made = { .kind = "whip" };

        make_session(&fixture, &made);
        g_ptr_array_add(paths, g_steal_pointer(&made.path));
    }
    refused = ask(&fixture, "POST", "/whip/camera", OPERATOR, SDP, OFFER);
    g_assert_true(g_str_has_prefix(refused, "HTTP/1.1 503 "));
    g_assert_nonnull(strstr(refused, RETRY));
    g_assert_nonnull(strstr(refused, "8 have offered to publish to this stream"));
    g_free(ask(&fixture, "DELETE", g_ptr_array_index(paths, 3), OPERATOR, NULL, NULL));
    again = ask(&fixture, "POST", "/whip/camera", OPERATOR, SDP, OFFER);
    g_assert_true(g_str_has_prefix(again, "HTTP/1.1 201 "));
    http_fixture_stop(&fixture);
    g_free(fake_offers_take_log());
}

/* Where the key came with the link, it is in what Location says, and nothing else can be. */
static void
test_location(void)
{
    static const struct {
        const char *path, *location;
    } cases[] = {
        { "/key/" FIXTURE_GUEST_KEY "/whep/camera", "/key/" FIXTURE_GUEST_KEY "/whep/camera/" },
        { "/whep/camera?key=" FIXTURE_GUEST_KEY, "/key/" FIXTURE_GUEST_KEY "/whep/camera/" },
        { "/key/a%0d%0aX-Evil:%20b/whep/camera", "/key/a%0D%0AX-Evil%3A%20b/whep/camera/" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        HttpFixture fixture;
        g_autofree char *answer = NULL;
        g_autofree char *location = NULL;
        g_autofree char *end = NULL;

        http_fixture_prepare(&fixture);
        http_fixture_start(&fixture, "127.0.0.1", NULL);
        answer = ask(&fixture, "POST", cases[i].path, i < 2 ? NOBODY : LOCAL, SDP, OFFER);
        location = header_of(answer, "Location");
        g_assert_true(g_str_has_prefix(location, cases[i].location));
        end = ask(&fixture, "DELETE", location, i < 2 ? NOBODY : LOCAL, NULL, NULL);
        g_assert_true(g_str_has_prefix(end, "HTTP/1.1 200 "));
        http_fixture_stop(&fixture);
        g_free(fake_offers_take_log());
    }
}

static char *
ask_from(HttpFixture *fixture, const char *from)
{
    g_autoptr(GSocket) socket = http_fixture_connect_from(fixture, from, "127.0.0.1");
    g_autofree char *text = request_text(fixture, "POST", "/whep/camera", LOCAL, SDP, OFFER);

    http_fixture_send(socket, text, -1);
    return http_fixture_receive_until_end(socket);
}

/* Each address has its own rate; this machine itself, which may stand for many, has none. */
static void
test_rate(void)
{
    HttpFixture fixture;
    g_autofree char *refused = NULL;

    http_fixture_prepare(&fixture);
    fixture.limits.offers_per_second = 1;
    fixture.limits.offer_burst = 2;
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    for (guint i = 0; i < 2; i++) {
        g_autofree char *answer = ask_from(&fixture, "127.0.0.2");

        g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 201 "));
    }
    /* However slow this machine is: some offers will be one too many. */
    for (guint i = 0; i < 100 && refused == NULL; i++) {
        g_autofree char *answer = ask_from(&fixture, "127.0.0.2");

        if (!g_str_has_prefix(answer, "HTTP/1.1 201 "))
            refused = g_steal_pointer(&answer);
    }
    g_assert_nonnull(refused);
    g_assert_true(g_str_has_prefix(refused, "HTTP/1.1 429 Too Many Requests\r\n"));
    g_assert_nonnull(strstr(refused, "\r\nRetry-After: 1\r\n"));
    g_assert_nonnull(strstr(refused, "More than 1 offers a second came from your address."));
    g_assert_cmpuint(sl_meters_get_refused(fixture.meters, SL_LIMIT(offers_per_second)), ==, 1);
    for (guint i = 0; i < 4; i++) {
        g_autofree char *answer = ask_from(&fixture, i < 2 ? "127.0.0.3" : "127.0.0.1");

        g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 201 "));
    }
    http_fixture_stop(&fixture);
    g_free(fake_offers_take_log());
}

static void
expect_log(const char *expected)
{
    g_autofree char *log = fake_offers_take_log();

    g_assert_cmpstr(log, ==, expected);
}

static gboolean
log_has(GString *log, const char *text)
{
    g_autofree char *more = fake_offers_take_log();

    g_string_append(log, more);
    return strstr(log->str, text) != NULL;
}

static void
wait_for_log(GString *log, const char *text)
{
    WAIT_UNTIL(log_has(log, text));
}

/* Who has no key is told what a browser asks first, and takes no place of those who have one. */
static void
test_preflight_waits(void)
{
    HttpFixture fixture;
    g_autoptr(GSocket) socket = NULL;
    g_autofree char *half = NULL;
    g_autofree char *answer = NULL;

    http_fixture_prepare(&fixture);
    fixture.limits.max_connections = 1;
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    half = request_text(&fixture, "OPTIONS", "/whep/camera",
                        NOBODY SITE PREFLIGHT "Content-Length: 10\r\n", NULL, NULL);
    socket = http_fixture_connect(&fixture, "127.0.0.1");
    http_fixture_send(socket, half, -1);
    WAIT_UNTIL(sl_meters_get_now(fixture.meters, SL_LIMIT(max_waiting)) +
                   sl_meters_get_now(fixture.meters, SL_LIMIT(max_connections)) ==
               1);
    answer = ask(&fixture, "POST", "/whep/camera", GUEST, SDP, OFFER);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 201 "));
    g_clear_object(&socket);
    http_fixture_stop(&fixture);
    g_free(fake_offers_take_log());
}

/* A session whose client is gone before it has its answer ends at once. */
static void
test_gone(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(KIND_NAMES); i++) {
        HttpFixture fixture;
        g_autofree char *path = g_strdup_printf("/%s/camera", KIND_NAMES[i]);
        g_autofree char *made = g_strdup_printf("%s offer\n%s end\n", KIND_NAMES[i], KIND_NAMES[i]);
        g_autofree char *text = NULL;
        g_autoptr(GString) log = g_string_new(NULL);
        GSocket *socket;

        http_fixture_prepare(&fixture);
        http_fixture_start(&fixture, "127.0.0.1", NULL);
        fake_offers_hold(TRUE);
        text = request_text(&fixture, "POST", path, OPERATOR, SDP, OFFER);
        socket = http_fixture_connect(&fixture, "127.0.0.1");
        http_fixture_send(socket, text, -1);
        wait_for_log(log, " offer\n");
        g_object_unref(socket);
        wait_for_log(log, " end\n");
        g_assert_cmpstr(log->str, ==, made);
        fake_offers_hold(FALSE);
        http_fixture_stop(&fixture);
    }
}

/* A body that stops in the middle makes no session, whether the connection ends or waits. */
static void
test_half_a_body(void)
{
    HttpFixture fixture;
    g_autofree char *text = NULL;
    g_autofree char *answer = NULL;
    GSocket *dropped;
    g_autoptr(GSocket) waiting = NULL;

    http_fixture_prepare(&fixture);
    fixture.limits.request_timeout_ms = 200;
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    text = request_text(&fixture, "POST", "/whep/camera", OPERATOR, SDP, OFFER);
    dropped = http_fixture_connect(&fixture, "127.0.0.1");
    http_fixture_send(dropped, text, (gssize)strlen(text) - 10);
    g_object_unref(dropped);
    waiting = http_fixture_connect(&fixture, "127.0.0.1");
    http_fixture_send(waiting, text, (gssize)strlen(text) - 10);
    answer = http_fixture_receive_until_end(waiting);
    g_assert_cmpstr(answer, ==, "");
    expect_log("");
    g_clear_object(&waiting);
    http_fixture_stop(&fixture);
}

static char *
ask_chunked(HttpFixture *fixture, const char *path, const char *body)
{
    g_autofree char *headers =
        request_text(fixture, "POST", path, OPERATOR "Transfer-Encoding: chunked\r\n", SDP, NULL);
    g_autofree char *text =
        g_strdup_printf("%s%zx\r\n%s\r\n0\r\n\r\n", headers, strlen(body), body);

    return http_fixture_request(fixture, "127.0.0.1", text);
}

static void
test_too_large(void)
{
    HttpFixture fixture;
    g_autofree char *filler = NULL;
    g_autofree char *large = NULL;
    g_autofree char *answer = NULL;
    g_autofree char *fragment = NULL;
    g_auto(Made) made = { .kind = "whep" };

    http_fixture_prepare(&fixture);
    fixture.limits.max_sdp_bytes = 2048;
    fixture.limits.max_body_bytes = 4096;
    http_fixture_start(&fixture, "127.0.0.1", NULL);
    filler = g_strnfill(2048, 'x');
    large = g_strconcat(OFFER, "a=x:", filler, "\r\n", NULL);
    answer = ask(&fixture, "POST", "/whep/camera", OPERATOR, SDP, large);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 413 "));
    g_clear_pointer(&filler, g_free);
    filler = g_strnfill(5000, 'x');
    g_clear_pointer(&answer, g_free);
    answer = ask(&fixture, "POST", "/whip/camera", OPERATOR, SDP, filler);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 413 "));
    g_clear_pointer(&answer, g_free);
    answer = ask_chunked(&fixture, "/whip/camera", filler);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 413 "));
    g_clear_pointer(&answer, g_free);
    expect_log("");
    make_session(&fixture, &made);
    fragment = g_strdup_printf(OPERATOR "If-Match: %s\r\n", made.etag);
    answer = ask(&fixture, "PATCH", made.path, fragment, SDPFRAG, large);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 413 "));
    http_fixture_stop(&fixture);
    expect_log("whep end\n");
}

/* The server's end is every session's, those that are not answered yet, too. */
static void
test_server_ends(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(KIND_NAMES); i++) {
        HttpFixture fixture;
        g_auto(Made) made = { .kind = KIND_NAMES[i] };
        g_autofree char *path = g_strdup_printf("/%s/camera", KIND_NAMES[i]);
        g_autofree char *expected =
            g_strdup_printf("%s offer\n%s end\n%s end\n", made.kind, made.kind, made.kind);
        g_autofree char *text = NULL;
        g_autoptr(GSocket) socket = NULL;
        guint n_alive;

        http_fixture_prepare(&fixture);
        http_fixture_start(&fixture, "127.0.0.1", NULL);
        make_session(&fixture, &made);
        fake_offers_hold(TRUE);
        text = request_text(&fixture, "POST", path, OPERATOR, SDP, OFFER);
        socket = http_fixture_connect(&fixture, "127.0.0.1");
        n_alive = fake_objects_alive();
        http_fixture_send(socket, text, -1);
        WAIT_UNTIL(fake_objects_alive() > n_alive);
        g_clear_object(&socket);
        http_fixture_stop(&fixture);
        fake_offers_hold(FALSE);
        expect_log(expected);
    }
}

static void
add_case(const Case *c, const char *kind, GTestDataFunc func)
{
    g_autofree char *path = g_strdup_printf("/http-sdp/%s/%s", kind, c->name);

    g_test_add_data_func(path, c, func);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        if (CASES[i].kinds != WHIP)
            add_case(&CASES[i], "whep", test_whep);
        if (CASES[i].kinds != WHEP)
            add_case(&CASES[i], "whip", test_whip);
    }
    g_test_add_func("/http-sdp/candidates", test_candidates);
    g_test_add_func("/http-sdp/kinds-apart", test_kinds_apart);
    g_test_add_func("/http-sdp/one-of-several", test_one_of_several);
    g_test_add_func("/http-sdp/many-publishers", test_many_publishers);
    g_test_add_func("/http-sdp/location", test_location);
    g_test_add_func("/http-sdp/rate", test_rate);
    g_test_add_func("/http-sdp/preflight-waits", test_preflight_waits);
    g_test_add_func("/http-sdp/gone", test_gone);
    g_test_add_func("/http-sdp/half-a-body", test_half_a_body);
    g_test_add_func("/http-sdp/too-large", test_too_large);
    g_test_add_func("/http-sdp/server-ends", test_server_ends);
    return g_test_run();
}
