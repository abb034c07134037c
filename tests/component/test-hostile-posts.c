/* Offers that were tampered with are answered by real viewers' sessions and publishers, or refused
 * with words, and fragments that were tampered with follow them; the picture of somebody else goes
 * on meanwhile, and nothing stays behind. */

#include <gst/gst.h>

#include "proc-fixture.h"
#include "sdp-mutation.h"
#include "session-fixture.h"
#include "sl-census.h"
#include "sl-publisher.h"
#include "sl-teardown.h"
#include "test-offerer.h"

#define N_MUTATIONS 500
#define N_AT_ONCE 5
#define MAX_BYTES 60000

static const char vp8[] = "[source]\n${capture} ! videoscale ! video/x-raw,width=160,height=96"
                          " ! vp8enc deadline=1 cpu-used=16 keyframe-max-dist=2000"
                          " ! appsink name=video\n";

typedef struct {
    SessionFixture base;
    SdpCorpus *offers, *fragments;
    guint n_left; /* whose answers are awaited */
    guint n_unread, n_refused, n_answered;
} Fixture;

typedef struct {
    Fixture *fixture;
    guint seed;
    GObject *object; /* a session or a publisher */
} Post;

static void
set_up(Fixture *fixture, gconstpointer text)
{
    session_fixture_set_up(&fixture->base, text);
    fixture->offers = sdp_corpus_load("offers", ".sdp");
    fixture->fragments = sdp_corpus_load("fragments", ".sdpfrag");
}

static void
tear_down(Fixture *fixture, gconstpointer unused)
{
    sdp_corpus_free(fixture->offers);
    sdp_corpus_free(fixture->fragments);
    session_fixture_tear_down(&fixture->base, NULL);
}

static void
assert_words(const GError *error)
{
    g_assert_nonnull(error);
    g_assert_true(error->domain == SL_SESSION_ERROR);
    g_assert_true(*error->message != '\0' && g_utf8_validate(error->message, -1, NULL));
}

static void
add_candidates(const Post *post)
{
    g_autofree char *text = sdp_corpus_mutate(post->fixture->fragments, post->seed);
    g_autoptr(SlSdpFragment) fragment = sl_sdp_fragment_new(text, MAX_BYTES, 100, NULL);

    for (guint i = 0; fragment != NULL && i < fragment->candidates->len; i++) {
        const SlSdpCandidate *candidate = fragment->candidates->pdata[i];
        g_autoptr(GError) error = NULL;
        gboolean is_added;

        if (SL_IS_PUBLISHER(post->object))
            is_added = sl_publisher_add_candidate(SL_PUBLISHER(post->object), candidate->mid, 0,
                                                  candidate->candidate, &error);
        else
            is_added = sl_session_add_candidate(SL_SESSION(post->object), 1, candidate->mid, 0,
                                                candidate->candidate, &error);
        if (!is_added)
            assert_words(error);
    }
}

static void
on_answered(GObject *object, GAsyncResult *result, gpointer data)
{
    Post *post = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *answer = NULL;

    if (SL_IS_PUBLISHER(object))
        answer = sl_publisher_answer_offer_finish(SL_PUBLISHER(object), result, &error);
    else
        answer = sl_session_answer_offer_finish(SL_SESSION(object), result, &error);
    if (answer != NULL) {
        post->fixture->n_answered++;
        add_candidates(post);
    } else {
        assert_words(error);
        post->fixture->n_refused++;
    }
    if (SL_IS_PUBLISHER(object))
        sl_publisher_end(SL_PUBLISHER(object), NULL);
    else
        sl_session_end(SL_SESSION(object), NULL);
    g_object_unref(object);
    post->fixture->n_left--;
    g_free(post);
}

static void
post(Fixture *fixture, guint seed)
{
    SessionFixture *base = &fixture->base;
    g_autofree char *text = sdp_corpus_mutate(fixture->offers, seed);
    g_autoptr(SlSdpOffer) offer = sl_sdp_offer_new(text, MAX_BYTES, NULL);
    Post *self;

    if (offer == NULL) {
        fixture->n_unread++;
        return;
    }
    self = g_new0(Post, 1);
    self->fixture = fixture;
    self->seed = seed;
    fixture->n_left++;
    g_test_message("mutation %u:\n%s", seed, text);
    if (seed % 2 == 0) {
        self->object = G_OBJECT(session_fixture_create(base, NULL));
        sl_session_answer_offer_async(SL_SESSION(self->object), offer, on_answered, self);
    } else {
        self->object = G_OBJECT(sl_publisher_new(g_main_context_default(), base->ice, base->stream,
                                                 base->grant, NULL, &base->limits));
        sl_publisher_answer_offer_async(SL_PUBLISHER(self->object), offer, on_answered, self);
    }
}

static void
on_viewer_answered(GObject *session, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;

    *(char **)data = sl_session_answer_offer_finish(SL_SESSION(session), result, &error);
    g_assert_no_error(error);
}

static void
connect_viewer(Fixture *fixture, TestOfferer **ret_offerer, SlSession **ret_session)
{
    g_autofree char *text = NULL;
    g_autofree char *answer = NULL;
    g_autoptr(SlSdpOffer) offer = NULL;

    *ret_offerer = test_offerer_new(
        &(TestOffererConfig){ .video = "encoding-name=VP8,clock-rate=90000,payload=120" });
    text = test_offerer_get_offer(*ret_offerer);
    offer = sl_sdp_offer_new(text, MAX_BYTES, NULL);
    g_assert_nonnull(offer);
    *ret_session = session_fixture_create(&fixture->base, NULL);
    sl_session_answer_offer_async(*ret_session, offer, on_viewer_answered, &answer);
    PROC_WAIT_UNTIL(answer != NULL);
    test_offerer_take_answer(*ret_offerer, answer);
    PROC_WAIT_UNTIL(test_offerer_get_n_frames(*ret_offerer) > 0);
}

static void
test_others_play_on(Fixture *fixture, gconstpointer unused)
{
    TestOfferer *offerer;
    SlSession *session;
    guint n_threads = 0, n_fds = 0;

    connect_viewer(fixture, &offerer, &session);
    for (guint seed = 0; seed < N_MUTATIONS;) {
        guint n_frames = test_offerer_get_n_frames(offerer);

        while (seed < N_MUTATIONS && fixture->n_left < N_AT_ONCE)
            post(fixture, seed++);
        PROC_WAIT_UNTIL(fixture->n_left == 0);
        PROC_WAIT_UNTIL(test_offerer_get_n_frames(offerer) > n_frames);
        PROC_WAIT_UNTIL(sl_teardown_get_n_pending() == 0);
        if (n_threads == 0 && fixture->n_answered > 10) {
            g_thread_pool_stop_unused_threads();
            n_threads = proc_fixture_count_threads();
            n_fds = proc_fixture_count_fds();
        }
    }
    g_test_message("%u not read, %u refused, %u answered", fixture->n_unread, fixture->n_refused,
                   fixture->n_answered);
    g_assert_cmpuint(fixture->n_answered, >, 50);
    g_assert_cmpuint(fixture->n_refused, >, 10);
    g_thread_pool_stop_unused_threads();
    PROC_WAIT_UNTIL(proc_fixture_count_threads() <= n_threads);
    PROC_WAIT_UNTIL(proc_fixture_count_fds() <= n_fds);
    g_assert_cmpuint(sl_census_get("SlRtc"), ==, 1);
    g_assert_cmpuint(sl_census_get("SlSession"), ==, 1);
    g_assert_cmpuint(sl_census_get("SlPublisher"), ==, 0);
    session_fixture_end(session);
    test_offerer_free(offerer);
}

int
main(int argc, char **argv)
{
    gst_init(&argc, &argv);
    g_test_init(&argc, &argv, NULL);
    g_main_context_acquire(NULL);
    g_test_add("/hostile-posts/others-play-on", Fixture, vp8, set_up, test_others_play_on,
               tear_down);
    return proc_fixture_run();
}
