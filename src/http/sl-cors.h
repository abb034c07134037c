#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Cross-origin requests (the Fetch standard, section 3.2) of what players of other sites use. Which
 * sites may is SlAccess's. */

/** sl_cors_is_preflight: a browser asks whether a request may be made. It carries no key, so it is
 * answered without one, and alike whatever there is at the address. */
gboolean sl_cors_is_preflight(SoupServerMessage *msg);

/** sl_cors_answer_preflight: @methods: those of the address */
void sl_cors_answer_preflight(SoupServerMessage *msg, const char *methods);

/** sl_cors_add_headers: what a page of a listed site may read of an answer, problems too */
void sl_cors_add_headers(SoupServerMessage *msg);

G_END_DECLS
