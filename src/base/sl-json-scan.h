#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * sl_json_scan:
 *
 * Checks that @text is one JSON object by RFC 8259, at most @max_depth deep, in UTF-8, with numbers
 * that fit into a gint64 or a finite double, and without NUL or lone surrogates in strings.
 * json-glib 1.6 accepts much that is none of this (comments, hexadecimal, single quotes, empty
 * texts), recurses without a limit and turns large integers into -1. Any thread.
 */
gboolean sl_json_scan(const char *text, gsize len, guint max_depth, GError **error);

G_END_DECLS
