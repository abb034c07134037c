#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * sl_request_head_check:
 * @head: a request's first line and header, with the empty line; any bytes
 * @ret_status: (out) (transfer none): where it is refused: "400 Bad Request" and the like
 *
 * What RFC 9112 has a server refuse: libsoup 3.2 takes some of it, refuses some without a word, and
 * of some keeps the address in memory for good. Pure; any thread.
 * Returns: (transfer none) (nullable): what is wrong, in words; NULL: nothing that is looked for
 */
const char *sl_request_head_check(const char *head, gsize len, const char **ret_status);

G_END_DECLS
