#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* SDPs that were tampered with, the same ones in each run. */

typedef struct {
    GPtrArray *names;
    GPtrArray *texts; /* whole, in the order of their files' names */
    GPtrArray *lines; /* of all of them */
} SdpCorpus;

/** sdp_corpus_load: @folder: below tests/fixtures/sdp; @suffix: of the files */
SdpCorpus *sdp_corpus_load(const char *folder, const char *suffix);
void sdp_corpus_free(SdpCorpus *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SdpCorpus, sdp_corpus_free)

/** sdp_corpus_mutate: Returns: (transfer full): one of the texts with 1 to 4 changes that follow
 * from
 * @seed */
char *sdp_corpus_mutate(const SdpCorpus *self, guint seed);

G_END_DECLS
