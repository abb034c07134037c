#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#include "sl-pipeline-switch.h"

G_BEGIN_DECLS

/*
 * `/api/streams/NAME/RESOURCE` (docs/api.md): what operators see and change of a stream. Here is
 * what all resources share; each has a file of its own.
 */

#define SL_STREAM_API_METHODS "GET, HEAD, PUT"

/** SlStreamApi: whom a request is about. */
typedef struct {
    GMainContext *context;
    SlStream *stream;
    SlPipelineSwitch *pipeline; /* of stream */
} SlStreamApi;

typedef struct {
    const char *name;      /* the last part of the address */
    const char *forbidden; /* what is said to who may not operate */
    /* @msg: of somebody who may operate; with its body, if it has one. It is answered at once, or
     * waits (SlPending). */
    void (*answer)(const SlStreamApi *api, SoupServerMessage *msg);
} SlStreamResource;

/**
 * sl_stream_api_find:
 * @ret_stream: (out) (optional) (transfer full): NAME, which needs not be a stream's
 *
 * Returns: (transfer none) (nullable): NULL where @path is no such address
 */
const SlStreamResource *sl_stream_api_find(const char *path, char **ret_stream);

/** sl_stream_api_is_put: rather than GET or HEAD */
gboolean sl_stream_api_is_put(SoupServerMessage *msg);

/**
 * sl_stream_api_read_body:
 * @expected: what the body is to be, for people: `{"NAME": VALUE, …}`
 *
 * Returns: (transfer full) (nullable): NULL: it has been answered why not
 */
JsonObject *sl_stream_api_read_body(SoupServerMessage *msg, const char *expected);

/** sl_stream_api_answer_error: @error as a problem with @status, in valid UTF-8 and
 * without passwords */
void sl_stream_api_answer_error(SoupServerMessage *msg, guint status, const GError *error);

G_END_DECLS
