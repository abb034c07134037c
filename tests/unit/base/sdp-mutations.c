/* 500 offers and 500 fragments that were tampered with: each is refused with a reason, or read to
 * something that is read to itself. (SDP_MUTATIONS=N: as many) */

#include "sdp-mutation.h"
#include "sl-error.h"
#include "sl-sdp-offer.h"

#include <string.h>

#define MAX_BYTES 60000
#define MAX_CANDIDATES 20

static guint
get_count(void)
{
    const char *count = g_getenv("SDP_MUTATIONS");

    return count != NULL ? (guint)g_ascii_strtoull(count, NULL, 10) : 500;
}

static void
assert_reason(const GError *error)
{
    g_assert_nonnull(error);
    g_assert_true(error->domain == SL_BASE_ERROR);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
    g_assert_true(g_str_has_prefix(error->message, "SDP "));
    for (const char *p = error->message; *p != '\0'; p++)
        g_assert_false(g_ascii_iscntrl(*p));
}

static void
assert_sound(SlSdpOffer *offer)
{
    GPtrArray *medias = sl_sdp_offer_get_medias(offer);
    g_autoptr(GError) error = NULL;
    g_autoptr(SlSdpOffer) again =
        sl_sdp_offer_new(sl_sdp_offer_get_text(offer), MAX_BYTES * 4, &error);
    guint n_usable = 0;

    g_assert_no_error(error);
    g_assert_cmpstr(sl_sdp_offer_get_text(again), ==, sl_sdp_offer_get_text(offer));
    for (guint i = 0; i < medias->len; i++) {
        const SlSdpMedia *media = medias->pdata[i];

        g_assert_nonnull(media->mid);
        if (media->is_rejected)
            continue;
        n_usable++;
        g_assert_cmpint(media->formats->len > 0, ==, !g_str_equal(media->kind, "application"));
    }
    g_assert_cmpuint(n_usable, >, 0);
    g_assert_cmpuint(sl_sdp_offer_get_medias(again)->len, ==, n_usable);
}

static void
test_offers(void)
{
    g_autoptr(SdpCorpus) corpus = sdp_corpus_load("offers", ".sdp");
    guint n_read = 0, count = get_count();

    for (guint seed = 0; seed < count; seed++) {
        g_autofree char *text = sdp_corpus_mutate(corpus, seed);
        g_autoptr(GError) error = NULL;
        g_autoptr(SlSdpOffer) offer = sl_sdp_offer_new(text, MAX_BYTES, &error);

        if (offer == NULL) {
            assert_reason(error);
            continue;
        }
        g_assert_no_error(error);
        assert_sound(offer);
        n_read++;
    }
    g_test_message("%u of %u read", n_read, count);
    g_assert_cmpuint(n_read, >, count / 4);
    g_assert_cmpuint(n_read, <, count * 9 / 10);
}

static void
test_fragments(void)
{
    g_autoptr(SdpCorpus) corpus = sdp_corpus_load("fragments", ".sdpfrag");
    guint n_read = 0, count = get_count();

    for (guint seed = 0; seed < count; seed++) {
        g_autofree char *text = sdp_corpus_mutate(corpus, seed);
        g_autoptr(GError) error = NULL;
        g_autoptr(SlSdpFragment) fragment =
            sl_sdp_fragment_new(text, MAX_BYTES, MAX_CANDIDATES, &error);

        if (fragment == NULL) {
            assert_reason(error);
            continue;
        }
        g_assert_no_error(error);
        g_assert_cmpuint(fragment->candidates->len, <=, MAX_CANDIDATES);
        g_assert_true((fragment->ufrag == NULL) == (fragment->pwd == NULL));
        n_read++;
    }
    g_test_message("%u of %u read", n_read, count);
    g_assert_cmpuint(n_read, >, count / 10);
    g_assert_cmpuint(n_read, <, count * 9 / 10);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdp-mutations/offers", test_offers);
    g_test_add_func("/sdp-mutations/fragments", test_fragments);
    return g_test_run();
}
