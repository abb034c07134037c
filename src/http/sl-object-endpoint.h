#pragma once

#include <libsoup/soup.h>

#include "sl-object-store.h"

G_BEGIN_DECLS

/** SlObjectEndpoint: `/objects/HASH` (docs/relay.md, "By HTTP"). Main thread only. */
typedef struct _SlObjectEndpoint SlObjectEndpoint;

#define SL_OBJECT_METHODS "GET, HEAD, PUT"

SlObjectEndpoint *sl_object_endpoint_new(GMainContext *context, SlObjectStore *store,
                                         const SlLimits *limits);
void sl_object_endpoint_free(SlObjectEndpoint *self);

/** sl_object_endpoint_has: whether @path is its business, right or wrong */
gboolean sl_object_endpoint_has(const char *path);

/** sl_object_endpoint_begin: the header of a PUT has come, and may be answered: what follows goes
 * into the store, or is ignored where it is refused now. */
void sl_object_endpoint_begin(SlObjectEndpoint *self, SoupServerMessage *msg);

/** sl_object_endpoint_answer: the request has come whole. */
void sl_object_endpoint_answer(SlObjectEndpoint *self, SoupServerMessage *msg);

G_END_DECLS
