#pragma once

#include <json-glib/json-glib.h>

#include "sl-object-error.h"

G_BEGIN_DECLS

/* docs/relay.md, "Objects": texts and chunks. Pure; any thread. */

#define SL_OBJECT_MAX_TEXT_BYTES ((gsize)4096)
#define SL_OBJECT_MAX_KEY_CHARACTERS 64
#define SL_OBJECT_CHUNK_BYTES ((gsize)16384)
#define SL_OBJECT_CHUNK_HEADER_BYTES ((gsize)12)

typedef enum {
    SL_OBJECT_REQUEST_PUT,
    SL_OBJECT_REQUEST_GET,
    SL_OBJECT_REQUEST_ACK,
    SL_OBJECT_REQUEST_STOP,
} SlObjectRequestType;

/** SlObjectRequest: what a client said in a text. Strings are borrowed from @object. */
typedef struct {
    JsonObject *object; /* nullable */
    SlObjectRequestType type;
    gint64 id;        /* -1 for none */
    const char *hash; /* put, get */
    const char *key;  /* put */
    guint64 size;     /* put */
    guint64 offset;   /* get, ack */
} SlObjectRequest;

/**
 * sl_object_request_parse:
 * @ret_request: (out caller-allocates): also holds the ID, if it could be read, where the result is
 * FALSE; to be cleared in any case
 *
 * Returns: FALSE with SL_OBJECT_ERROR (`bad-message`, `unknown-type`) set
 */
gboolean sl_object_request_parse(SlObjectRequest *ret_request, const char *text, gsize len,
                                 GError **error);
void sl_object_request_clear(SlObjectRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SlObjectRequest, sl_object_request_clear)

/** SlObjectChunk: a piece of an object on its way. */
typedef struct {
    guint32 id;
    guint64 offset;
    gsize size; /* 1 to SL_OBJECT_CHUNK_BYTES, behind the header */
} SlObjectChunk;

/** sl_object_chunk_parse: Returns: FALSE with SL_OBJECT_ERROR_BAD_MESSAGE */
gboolean sl_object_chunk_parse(SlObjectChunk *ret_chunk, GBytes *message, GError **error);

/** sl_object_chunk_to_bytes: @chunk: of as many of @bytes from @start on as its size says. Returns:
 * (transfer full): the message */
GBytes *sl_object_chunk_to_bytes(const SlObjectChunk *chunk, GBytes *bytes, gsize start);

/* What the server sends. Each: Returns: (transfer full): JSON text of one line */
char *sl_object_wire_welcome(guint64 window, guint64 max_object_bytes, gboolean put);
char *sl_object_wire_putting(guint32 id, guint64 offset);
char *sl_object_wire_ack(guint32 id, guint64 offset);
char *sl_object_wire_stored(guint32 id, const char *hash);
char *sl_object_wire_getting(guint32 id, guint64 size, guint64 offset);
char *sl_object_wire_stopped(guint32 id);
/** @id: -1 for none */
char *sl_object_wire_error(gint64 id, const GError *error);

G_END_DECLS
