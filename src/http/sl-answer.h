#pragma once

#include <libsoup/soup.h>

#include "sl-access.h"
#include "sl-assets.h"

G_BEGIN_DECLS

/* How requests are answered: the headers that every answer has, pages in words, problems in JSON.
 */

/* RFC 9110, section 15.5.22, and RFC 6585: libsoup has no names for them */
#define SL_STATUS_UPGRADE_REQUIRED 426
#define SL_STATUS_PRECONDITION_REQUIRED 428
#define SL_STATUS_TOO_MANY_REQUESTS 429

/** sl_answer_add_headers: those of every answer, errors too. */
void sl_answer_add_headers(SoupServerMessage *msg, SlAccess *access);

/**
 * sl_answer_problem:
 * @detail: what was wrong and what to do, in words
 *
 * A page for people; `application/problem+json` (RFC 9457) for programs: below /api, WHEP and WHIP,
 * WebSockets.
 */
void sl_answer_problem(SoupServerMessage *msg, guint status, const char *detail);

/** sl_answer_json: @text: (transfer full): not to be stored */
void sl_answer_json(SoupServerMessage *msg, char *text);

/** sl_answer_page: a page of the program; not to be stored */
void sl_answer_page(SoupServerMessage *msg, SlAsset *asset);

/** sl_answer_asset: with its ETag; 304 where the browser has it already */
void sl_answer_asset(SoupServerMessage *msg, SlAsset *asset);

/** sl_answer_is_known: whether who asks has what @etag is of already (`If-None-Match`) */
gboolean sl_answer_is_known(SoupServerMessage *msg, const char *etag);

/** sl_answer_not_modified: 304 */
void sl_answer_not_modified(SoupServerMessage *msg);

G_END_DECLS
