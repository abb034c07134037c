#pragma once

#include "sl-session-pool.h"

/* A stream with the test source, and a pool of sessions that watch it. */

typedef struct {
    SlLimits limits;
    SlIce *ice;
    SlRelay *relay;
    SlObjectStore *store; /* in memory */
    SlObjectExchange *exchange;
    SlStream *stream;
    SlSessionPool *pool;
    SlGrant *grant;
} SessionFixture;

/** @text: of the description */
void session_fixture_set_up(SessionFixture *self, gconstpointer text);
void session_fixture_tear_down(SessionFixture *self, gconstpointer unused);

SlSession *session_fixture_create(SessionFixture *self, const char *page);
/** Ends @session and waits until it is gone. */
void session_fixture_end(SlSession *session);

/** Swaps the stream's description for that of @text, and waits until that is done. */
void session_fixture_swap(SessionFixture *self, const char *text);
