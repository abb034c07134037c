#include "sl-request-head.h"

#include <string.h>

/* What is refused, and with which words; what is not has none. */

#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define FIRST_LINE \
    "The first line of a request is METHOD ADDRESS HTTP/1.1, with one space between them."
#define CODING "The one Transfer-Encoding that is known here is chunked."
#define LENGTH "Content-Length is not a number of bytes."
#define FIELD "A line of the header is not NAME: VALUE."
#define HOST "Host is neither a name nor an address."

static const struct {
    const char *head;
    gsize len; /* 0: up to NUL */
    const char *status;
    const char *words;
} CASES[] = {
    { GET "\r\n", 0, NULL, NULL },
    { "GET / HTTP/1.1\nHost: a\n\n", 0, NULL, NULL },
    { "GET / HTTP/1.0\r\n\r\n", 0, NULL, NULL },
    { "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 0, NULL, NULL },
    { "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 0, NULL, NULL },
    { "OPTIONS * HTTP/1.1\r\nhost: [::1]:8080\r\n\r\n", 0, NULL, NULL },
    { "GET /%e2%82%ac?a=%20 HTTP/1.1\r\nHost: a_b-c.d:1\r\nX:\r\nY:\tz\xff \r\n\r\n", 0, NULL,
      NULL },
    { GET "Content-Length: 5\r\nContent-Length: 5\r\n\r\n12345", 0, NULL, NULL },
    { GET "Content-Length: 999999999999999999\r\n\r\n", 0, NULL, NULL },
    { GET "Transfer-Encoding: Chunked\r\n\r\n", 0, NULL, NULL },
    { GET "\r\nnot looked at", 0, NULL, NULL },

    { "", 0, "400 Bad Request", FIRST_LINE },
    { "\r\n\r\n", 0, "400 Bad Request", FIRST_LINE },
    { "nonsense\r\n\r\n", 0, "400 Bad Request", FIRST_LINE },
    { "GET\r\n\r\n", 0, "400 Bad Request", FIRST_LINE },
    { "GET /\r\n\r\n", 0, "400 Bad Request", FIRST_LINE },
    { "GET / \r\n\r\n", 0, "400 Bad Request", FIRST_LINE },
    { "GET  / HTTP/1.1\r\n\r\n", 0, "400 Bad Request", FIRST_LINE },
    { " / HTTP/1.1\r\n\r\n", 0, "400 Bad Request", FIRST_LINE },
    { "G\tT / HTTP/1.1\r\n\r\n", 0, "400 Bad Request", FIRST_LINE },
    { "GET /\x7f HTTP/1.1\r\n\r\n", 0, "400 Bad Request", FIRST_LINE },
    { "GET /\0 HTTP/1.1\r\n\r\n", 20, "400 Bad Request", FIRST_LINE },
    { "GET / ICY/1.1\r\n\r\n", 0, "400 Bad Request", FIRST_LINE },
    { "PRI * HTTP/2.0\r\n\r\n", 0, "505 HTTP Version Not Supported",
      "This server speaks HTTP/1.1." },
    { "GET / HTTP/1.1 \r\n\r\n", 0, "505 HTTP Version Not Supported",
      "This server speaks HTTP/1.1." },
    { "GET player.js HTTP/1.1\r\n\r\n", 0, "400 Bad Request", "An address begins with a slash." },
    { "GET /% HTTP/1.1\r\n\r\n", 0, "400 Bad Request",
      "Two hexadecimal digits are expected after each % of an address." },
    { "GET /%2 HTTP/1.1\r\n\r\n", 0, "400 Bad Request",
      "Two hexadecimal digits are expected after each % of an address." },
    { "GET /%zz HTTP/1.1\r\n\r\n", 0, "400 Bad Request",
      "Two hexadecimal digits are expected after each % of an address." },

    { "GET / HTTP/1.1\r\n\r\n", 0, "400 Bad Request", "There is no Host." },
    { GET "HOST: a\r\n\r\n", 0, "400 Bad Request", "There is more than one Host." },
    { "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 0, "400 Bad Request", HOST },
    { "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 0, "400 Bad Request", HOST },
    { "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 0, "400 Bad Request", HOST },

    { GET "nonsense\r\n\r\n", 0, "400 Bad Request", FIELD },
    { GET ": x\r\n\r\n", 0, "400 Bad Request", FIELD },
    { GET "X : x\r\n\r\n", 0, "400 Bad Request", FIELD },
    { GET "X: x\r\n y\r\n\r\n", 0, "400 Bad Request", FIELD },
    { GET "X: \0\r\n\r\n", sizeof(GET "X: \0\r\n\r\n") - 1, "400 Bad Request",
      "A line of the header has a control character." },
    { GET "X: a\rb\r\n\r\n", 0, "400 Bad Request",
      "A line of the header has a control character." },

    { GET "Content-Length:\r\n\r\n", 0, "400 Bad Request", LENGTH },
    { GET "Content-Length: -1\r\n\r\n", 0, "400 Bad Request", LENGTH },
    { GET "Content-Length: 1,1\r\n\r\n", 0, "400 Bad Request", LENGTH },
    { GET "Content-Length: 1000000000000000000\r\n\r\n", 0, "400 Bad Request", LENGTH },
    { GET "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 0, "400 Bad Request",
      "There are two Content-Lengths." },
    { GET "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", 0, "400 Bad Request",
      "There are both Content-Length and Transfer-Encoding: one is expected." },
    { GET "Transfer-Encoding: gzip\r\n\r\n", 0, "501 Not Implemented", CODING },
    { GET "Transfer-Encoding: gzip, chunked\r\n\r\n", 0, "501 Not Implemented", CODING },
    { GET "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 0,
      "501 Not Implemented", CODING },
    { GET "Transfer-Encoding:\r\n\r\n", 0, "501 Not Implemented", CODING },
};

static void
test_cases(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
        gsize len = CASES[i].len != 0 ? CASES[i].len : strlen(CASES[i].head);
        /* A copy, so that a tool sees what is read behind its end. */
        g_autofree char *head = g_memdup2(CASES[i].head, len);
        const char *status = NULL;
        const char *words = sl_request_head_check(head != NULL ? head : "", len, &status);

        g_autofree char *text = g_strescape(CASES[i].head, NULL);
        g_test_message("%.200s", text);
        g_assert_cmpstr(words, ==, CASES[i].words);
        g_assert_cmpstr(status, ==, CASES[i].status);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/request-head", test_cases);
    return g_test_run();
}
