#pragma once

#include "sl-object-error.h"
#include "sl-object-store.h"

#define MIB (1024u * 1024u)

typedef struct {
    gboolean on_disk;
    /* nullable; after the limits were filled in */
    void (*limit)(SlLimits *limits);
} ObjectSetup;

/* A store of its own for each test, with a context of its own. */
typedef struct {
    guint n_descriptors;
    GMainContext *context;
    SlLimits limits;
    char *parent; /* nullable: in memory */
    char *folder;
    SlObjectStore *store;
} ObjectFixture;

/* An upload, and what was heard of it. */
typedef struct {
    ObjectFixture *fixture;
    SlObjectWriter *writer;
    guint64 appended, taken;
    guint n_taken, n_ends;
    char *end; /* nullable: "stored", or the error's word */
} Upload;

void object_fixture_set_up(ObjectFixture *self, gconstpointer setup);
/* Also proves that nothing is left. */
void object_fixture_tear_down(ObjectFixture *self, gconstpointer setup);
/* As a restart does. */
void object_fixture_close(ObjectFixture *self);
void object_fixture_open(ObjectFixture *self);
/* Nothing is under way any more. */
void object_fixture_settle(ObjectFixture *self);

/* @n bytes that only depend on @seed */
GBytes *object_make(guint32 seed, gsize n);
char *object_hash(GBytes *bytes);
char *object_path(ObjectFixture *self, const char *hash);

Upload *upload_begin(ObjectFixture *self, const char *hash, guint64 size, const char *key,
                     const char *address);
/* Appends @bytes from where it stands up to @end, in pieces of @piece bytes. */
void upload_append(Upload *self, GBytes *bytes, gsize end, gsize piece);
/* Waits for the end. Returns: as `end` */
const char *upload_wait(Upload *self);
void upload_wait_taken(Upload *self, guint64 offset);
void upload_free(Upload *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Upload, upload_free)

/* A whole upload. Returns: (transfer full): its hash */
char *object_put(ObjectFixture *self, GBytes *bytes);
char *object_put_made(ObjectFixture *self, guint32 seed, gsize n);

/* Returns: NULL: @ret_word has the error's word */
SlObject *object_open(ObjectFixture *self, const char *hash, SlObjectUse use,
                      const char **ret_word);
GBytes *object_read(ObjectFixture *self, SlObject *object, guint64 offset, gsize max,
                    const char **ret_word);
/* It is there, with these bytes. */
void object_assert_is(ObjectFixture *self, const char *hash, GBytes *bytes);
/* It is not there. */
void object_assert_gone(ObjectFixture *self, const char *hash);
/* Whether it is listed: without a look at it */
gboolean object_is_listed(ObjectFixture *self, const char *hash);
