#include "sl-channel-set.h"
#include "sl-relay-request.h"

#include <string.h>

#define SECOND ((gint64)G_USEC_PER_SEC)

typedef struct {
    GMainContext *context;
    SlChannelSet *set;
    SlGrant *everybody, *guest, *one_stream;
    char *closed; /* the name of the last that was */
} Fixture;

/* few: 3 at most, who publishes is an operator; none: 0; held: 2; aged: 3, its messages last for a
 * second */
static void
set_up(Fixture *fixture, gconstpointer data)
{
    static const char *const STREAMS[] = { "camera", NULL };
    static const char *const OTHERS[] = { "other", NULL };
    SlRelayNamespace *namespace_;
    g_autoptr(GPtrArray) namespaces =
        g_ptr_array_new_with_free_func((GDestroyNotify)sl_relay_namespace_unref);

    namespace_ = sl_relay_namespace_new("few");
    namespace_->max_channels = 3;
    namespace_->publish = SL_ROLE_OPERATE;
    g_ptr_array_add(namespaces, namespace_);
    namespace_ = sl_relay_namespace_new("none");
    namespace_->max_channels = 0;
    g_ptr_array_add(namespaces, namespace_);
    namespace_ = sl_relay_namespace_new("held");
    namespace_->max_channels = 2;
    namespace_->holder = TRUE;
    namespace_->holder_silence_ms = 3600 * 1000;
    g_ptr_array_add(namespaces, namespace_);
    namespace_ = sl_relay_namespace_new("aged");
    namespace_->max_channels = 3;
    namespace_->history_seconds = 1;
    g_ptr_array_add(namespaces, namespace_);

    fixture->context = g_main_context_new();
    fixture->set = sl_channel_set_new(fixture->context, namespaces);
    sl_channel_set_add_stream(fixture->set, STREAMS[0]);
    fixture->everybody = sl_grant_new("all", SL_ROLES_OPERATOR, NULL, 0);
    fixture->guest = sl_grant_new("guest", SL_ROLES_GUEST, NULL, 0);
    fixture->one_stream = sl_grant_new("other", SL_ROLES_OPERATOR, OTHERS, 0);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    sl_channel_set_free(fixture->set);
    while (g_main_context_iteration(fixture->context, FALSE))
        ;
    sl_grant_unref(fixture->everybody);
    sl_grant_unref(fixture->guest);
    sl_grant_unref(fixture->one_stream);
    g_main_context_unref(fixture->context);
    g_free(fixture->closed);
}

static void
on_closed(SlChannel *channel, Fixture *fixture)
{
    g_free(fixture->closed);
    fixture->closed = g_strdup(sl_channel_get_name(channel));
}

/* @code: the error, or -1 for none */
static SlChannel *
open_channel(Fixture *fixture, const char *name, SlGrant *grant, gboolean to_publish, int code)
{
    g_autoptr(GError) error = NULL;
    gboolean there = sl_channel_set_find(fixture->set, name) != NULL;
    gboolean made = FALSE;
    SlChannel *channel = sl_channel_set_open(fixture->set, name, grant, to_publish, &made, &error);

    g_test_message("%s: %s", name, error != NULL ? error->message : "opened");
    g_assert_true(sl_channel_set_find(fixture->set, name) == channel || code >= 0);
    g_assert_cmpint(made, ==, channel != NULL && !there);
    if (code >= 0)
        g_assert_error(error, SL_RELAY_ERROR, code);
    else
        g_assert_no_error(error);
    g_assert_cmpint(channel == NULL, ==, code >= 0);
    if (made)
        g_signal_connect(channel, "closed", G_CALLBACK(on_closed), fixture);
    return channel;
}

static void
publish(SlChannel *channel)
{
    sl_channel_publish_async(channel, "me", NULL, NULL, "1", NULL, NULL, NULL);
}

static guint
count(Fixture *fixture)
{
    g_autoptr(GPtrArray) channels = sl_channel_set_list(fixture->set);

    return channels->len;
}

static void
test_names(Fixture *fixture, gconstpointer data)
{
    static const char *const BAD[] = {
        "",        "few",     "few:",    ":a",    "few:A",  "few:1",
        "few:a b", "few:a:b", "other:a", "few:ä", "few:.a", "Few:a"
    };
    g_autofree char *rest = g_strnfill(SL_RELAY_MAX_CHANNEL_BYTES - 4, 'a');
    g_autofree char *longest = g_strconcat("few:", rest, NULL);
    g_autofree char *longer = g_strconcat(longest, "a", NULL);

    for (guint i = 0; i < G_N_ELEMENTS(BAD); i++)
        open_channel(fixture, BAD[i], fixture->everybody, TRUE, SL_RELAY_ERROR_UNKNOWN_CHANNEL);
    open_channel(fixture, longer, fixture->everybody, TRUE, SL_RELAY_ERROR_UNKNOWN_CHANNEL);
    open_channel(fixture, longest, fixture->everybody, TRUE, -1);
    open_channel(fixture, "few:a.b-c_d.1", fixture->everybody, TRUE, -1);
    open_channel(fixture, "none:a", fixture->everybody, TRUE, SL_RELAY_ERROR_UNKNOWN_CHANNEL);
    sl_channel_set_add(fixture->set, "none:a");
    open_channel(fixture, "none:a", fixture->everybody, TRUE, -1);
    g_assert_cmpuint(count(fixture), ==, 3);
}

static void
test_allowed(Fixture *fixture, gconstpointer data)
{
    SlChannel *channel;

    open_channel(fixture, "few:a", fixture->guest, TRUE, SL_RELAY_ERROR_NOT_ALLOWED);
    g_assert_cmpuint(count(fixture), ==, 0);
    channel = open_channel(fixture, "few:a", fixture->guest, FALSE, -1);
    g_assert_cmpstr(sl_channel_get_stream(channel), ==, NULL);
    open_channel(fixture, "few:a", fixture->guest, TRUE, SL_RELAY_ERROR_NOT_ALLOWED);
    open_channel(fixture, "few:a", fixture->one_stream, TRUE, -1);

    /* Of a stream: who may not watch that may neither read nor write. */
    open_channel(fixture, "few:camera", fixture->one_stream, TRUE, SL_RELAY_ERROR_NOT_ALLOWED);
    open_channel(fixture, "few:camera.battery", fixture->one_stream, FALSE,
                 SL_RELAY_ERROR_NOT_ALLOWED);
    open_channel(fixture, "few:cameras", fixture->one_stream, FALSE, -1);
    channel = open_channel(fixture, "few:camera.battery", fixture->guest, FALSE, -1);
    g_assert_cmpstr(sl_channel_get_stream(channel), ==, "camera");
}

static void
test_client_bound(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    SlChannel *channel = open_channel(fixture, "few:a", fixture->guest, FALSE, -1);

    g_assert_true(sl_channel_set_open(fixture->set, "few:a", fixture->guest, FALSE, NULL, NULL) ==
                  channel);
    g_assert_null(sl_channel_set_open(fixture->set, "few:b", fixture->guest, FALSE, NULL, &error));
    g_assert_error(error, SL_RELAY_ERROR, SL_RELAY_ERROR_TOO_MANY);
    g_assert_cmpuint(count(fixture), ==, 1);
}

/* Where there is no place, an unused channel makes room for anybody; for who publishes one, too,
 * that is only listened to. */
static void
test_room(Fixture *fixture, gconstpointer data)
{
    SlChannel *heard, *used;

    heard = open_channel(fixture, "few:heard", fixture->guest, FALSE, -1);
    sl_channel_add_subscriber(heard);
    used = open_channel(fixture, "few:used", fixture->everybody, TRUE, -1);
    publish(used);
    open_channel(fixture, "few:unused", fixture->guest, FALSE, -1);
    sl_channel_set_add(fixture->set, "few:stays");

    open_channel(fixture, "few:more", fixture->guest, FALSE, -1);
    g_assert_cmpstr(fixture->closed, ==, "few:unused");
    sl_channel_add_subscriber(sl_channel_set_find(fixture->set, "few:more"));
    open_channel(fixture, "few:late", fixture->guest, FALSE, SL_RELAY_ERROR_TOO_MANY);
    open_channel(fixture, "aged:late", fixture->guest, FALSE, -1); /* another's bound */

    publish(open_channel(fixture, "few:late", fixture->everybody, TRUE, -1));
    g_assert_cmpstr(fixture->closed, ==, "few:heard");
    publish(open_channel(fixture, "few:later", fixture->everybody, TRUE, -1));
    g_assert_cmpstr(fixture->closed, ==, "few:more");
    open_channel(fixture, "few:last", fixture->everybody, TRUE, SL_RELAY_ERROR_TOO_MANY);
    g_assert_nonnull(sl_channel_set_find(fixture->set, "few:used"));
    g_assert_nonnull(sl_channel_set_find(fixture->set, "few:stays"));
}

/* Who holds a channel keeps it, whether he has published on it or not. */
static void
test_held(Fixture *fixture, gconstpointer data)
{
    const SlRelayPerson driver = { "driver", NULL };
    const char *const names[] = { "held:a", "held:b" };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        SlChannel *channel = open_channel(fixture, names[i], fixture->everybody, TRUE, -1);

        g_assert_true(
            sl_relay_holder_handle(sl_channel_get_holder(channel), SL_HOLDER_TAKE, driver, NULL));
    }
    open_channel(fixture, "held:c", fixture->everybody, TRUE, SL_RELAY_ERROR_TOO_MANY);
    g_assert_null(fixture->closed);
    g_assert_true(
        sl_relay_holder_handle(sl_channel_get_holder(sl_channel_set_find(fixture->set, "held:b")),
                               SL_HOLDER_RELEASE, driver, NULL));
    open_channel(fixture, "held:c", fixture->everybody, TRUE, -1);
    g_assert_cmpstr(fixture->closed, ==, "held:b");
}

static void
test_sweep(Fixture *fixture, gconstpointer data)
{
    SlChannel *channel = open_channel(fixture, "aged:a", fixture->guest, TRUE, -1);
    gint64 now_us = g_get_monotonic_time();
    gint64 later_us = now_us + (SL_CHANNEL_LINGER_S + 10) * SECOND;

    /* It holds something for a second, somebody subscribes to it, and then neither. */
    publish(channel);
    g_assert_false(sl_channel_is_unused(channel, NULL));
    sl_channel_set_sweep(fixture->set, now_us);
    g_assert_cmpuint(sl_channel_get_kept(channel).messages, ==, 1);
    sl_channel_add_subscriber(channel);
    sl_channel_set_sweep(fixture->set, later_us);
    g_assert_cmpuint(sl_channel_get_kept(channel).messages, ==, 0);
    g_assert_cmpuint(sl_channel_get_last_offset(channel), ==, 1);
    g_assert_cmpuint(count(fixture), ==, 1);
    sl_channel_remove_subscriber(channel);
    sl_channel_set_sweep(fixture->set, now_us + SL_CHANNEL_LINGER_S * SECOND / 2);
    g_assert_cmpuint(count(fixture), ==, 1);
    sl_channel_set_sweep(fixture->set, later_us);
    g_assert_cmpuint(count(fixture), ==, 0);

    /* What was made at the start stays; what holds something, too. */
    sl_channel_set_add(fixture->set, "few:stays");
    publish(open_channel(fixture, "few:a", fixture->everybody, TRUE, -1));
    open_channel(fixture, "few:b", fixture->everybody, TRUE, -1);
    sl_channel_set_sweep(fixture->set, g_get_monotonic_time() + 1000 * SECOND);
    g_assert_cmpuint(count(fixture), ==, 2);
    g_assert_null(sl_channel_set_find(fixture->set, "few:b"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/channel-set/" name, Fixture, NULL, set_up, func, tear_down)
    ADD("names", test_names);
    ADD("allowed", test_allowed);
    ADD("client-bound", test_client_bound);
    ADD("room", test_room);
    ADD("held", test_held);
    ADD("sweep", test_sweep);
    return g_test_run();
}
