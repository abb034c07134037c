#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The one door for JSON from outside: json-glib's parser recurses, so depth is checked before it.
 */

#define SL_JSON_MAX_DEPTH 32
#define SL_JSON_MAX_BYTES (64 * 1024)
/** The largest integer that JavaScript keeps exactly, 2^53 - 1. */
#define SL_JSON_MAX_INTEGER G_GINT64_CONSTANT(9007199254740991)

/**
 * sl_json_parse_object:
 * @text: not necessarily terminated; need not be UTF-8 (that is one of the errors)
 * @len: bytes; more than SL_JSON_MAX_BYTES is SL_BASE_ERROR_TOO_LARGE
 *
 * Strict JSON (RFC 8259: no comments, no trailing text), at most SL_JSON_MAX_DEPTH deep, whose
 * outermost value is an object. Duplicate names: the last one counts. NUL and lone surrogates in
 * strings and numbers beyond 64 bits are errors.
 * Any thread.
 *
 * Returns: (transfer full): the object, or %NULL with SL_BASE_ERROR set
 */
JsonObject *sl_json_parse_object(const char *text, gsize len, GError **error);

/*
 * Typed getters: each returns FALSE with SL_BASE_ERROR_INVALID where the member is missing or of
 * another type or outside its bounds, and then leaves *ret_value alone. Strings are borrowed from
 * the object.
 */
gboolean sl_json_get_string(JsonObject *object, const char *name, gsize max_bytes,
                            const char **ret_value, GError **error);
gboolean sl_json_get_integer(JsonObject *object, const char *name, gint64 min, gint64 max,
                             gint64 *ret_value, GError **error);

/** sl_json_get_optional_string: as above; a missing or null member gives %NULL and is no error. */
gboolean sl_json_get_optional_string(JsonObject *object, const char *name, gsize max_bytes,
                                     const char **ret_value, GError **error);

/** sl_json_get_optional_integer: as above; a missing or null member gives @fallback. */
gboolean sl_json_get_optional_integer(JsonObject *object, const char *name, gint64 min, gint64 max,
                                      gint64 fallback, gint64 *ret_value, GError **error);

/** sl_json_get_optional_number: as above; integer or not. */
gboolean sl_json_get_optional_number(JsonObject *object, const char *name, double min, double max,
                                     double fallback, double *ret_value, GError **error);
gboolean sl_json_get_optional_boolean(JsonObject *object, const char *name, gboolean fallback,
                                      gboolean *ret_value, GError **error);

/**
 * sl_json_to_text:
 * @object: (transfer none):
 *
 * Returns: (transfer full): compact JSON in UTF-8
 */
char *sl_json_to_text(JsonObject *object);

/** sl_json_node_to_text: the same for any value. */
char *sl_json_node_to_text(JsonNode *node);

G_END_DECLS
