#include <json-glib/json-glib.h>

#include "sl-channel.h"

typedef struct {
    GMainContext *context;
    SlRelayNamespace *namespace_;
    SlChannel *channel;
    guint published;
} Fixture;

static void
count(SlChannel *channel, Fixture *fixture)
{
    fixture->published++;
}

static void
set_up(Fixture *fixture, gconstpointer limit)
{
    fixture->context = g_main_context_new();
    fixture->namespace_ = sl_relay_namespace_new("a");
    fixture->namespace_->history_messages = 4;
    fixture->namespace_->history_bytes = 100000;
    fixture->channel = sl_channel_new(fixture->context, fixture->namespace_, "a:b", NULL);
    g_signal_connect(fixture->channel, "published", G_CALLBACK(count), fixture);
}

static void
tear_down(Fixture *fixture, gconstpointer limit)
{
    gpointer gone = fixture->channel;

    g_object_add_weak_pointer(G_OBJECT(fixture->channel), &gone);
    g_object_unref(fixture->channel);
    g_assert_null(gone);
    sl_relay_namespace_unref(fixture->namespace_);
    g_main_context_unref(fixture->context);
}

static void
on_done(GObject *source, GAsyncResult *result, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(result);
}

static GAsyncResult *
wait_for(Fixture *fixture, GAsyncResult **result)
{
    g_assert_null(*result); /* never from inside the call */
    while (*result == NULL)
        g_main_context_iteration(fixture->context, TRUE);
    return *result;
}

static guint64
publish(Fixture *fixture, const char *key, const char *text)
{
    g_autofree char *data = g_strdup_printf("\"%s\"", text);
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;
    guint64 offset;

    sl_channel_publish_async(fixture->channel, "me", NULL, key, data, NULL, on_done, &result);
    offset = sl_channel_publish_finish(fixture->channel, wait_for(fixture, &result), &error);
    g_assert_no_error(error);
    return offset;
}

static GPtrArray *
read_after(Fixture *fixture, guint64 after, guint messages, gsize bytes)
{
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;
    GPtrArray *array;

    sl_channel_read_async(fixture->channel, after, messages, bytes, NULL, on_done, &result);
    array = sl_channel_read_finish(fixture->channel, wait_for(fixture, &result), &error);
    g_assert_no_error(error);
    return array;
}

static void
assert_read(Fixture *fixture, guint64 after, guint messages, gsize bytes, guint64 first, guint n)
{
    g_autoptr(GPtrArray) array = read_after(fixture, after, messages, bytes);

    g_assert_cmpuint(array->len, ==, n);
    for (guint i = 0; i < n; i++)
        g_assert_cmpuint(((SlMessage *)array->pdata[i])->offset, ==, first + i);
}

static void
test_numbers(Fixture *fixture, gconstpointer limit)
{
    g_assert_cmpstr(sl_channel_get_name(fixture->channel), ==, "a:b");
    g_assert_cmpuint(sl_channel_get_first_offset(fixture->channel), ==, 1);
    g_assert_cmpuint(sl_channel_get_last_offset(fixture->channel), ==, 0);
    assert_read(fixture, 0, 10, 100000, 0, 0);
    for (guint64 i = 1; i <= 9; i++) {
        g_assert_cmpuint(publish(fixture, NULL, "x"), ==, i);
        g_assert_cmpuint(sl_channel_get_last_offset(fixture->channel), ==, i);
        g_assert_cmpuint(sl_channel_get_first_offset(fixture->channel), ==, MAX(1, (gint64)i - 3));
    }
    g_assert_cmpuint(fixture->published, ==, 9);
    assert_read(fixture, 0, 10, 100000, 6, 4);
    assert_read(fixture, 6, 10, 100000, 7, 3);
    assert_read(fixture, 6, 2, 100000, 7, 2);
    assert_read(fixture, 6, 2, 1, 7, 1); /* at least one */
    assert_read(fixture, 6, 0, 0, 7, 1);
    assert_read(fixture, 9, 10, 100000, 0, 0);
    assert_read(fixture, G_MAXUINT64, 10, 100000, 0, 0);
}

static void
test_bytes(Fixture *fixture, gconstpointer limit)
{
    g_autofree char *half = g_strnfill(60000, 'h');
    g_autofree char *huge = g_strnfill(200000, 'h');

    publish(fixture, NULL, half);
    publish(fixture, NULL, "small");
    assert_read(fixture, 0, 10, 100000, 1, 2);
    publish(fixture, NULL, half);
    assert_read(fixture, 0, 10, 100000, 2, 2);
    publish(fixture, NULL, huge); /* the newest stays, whatever its size */
    assert_read(fixture, 0, 10, 100000, 4, 1);
    publish(fixture, NULL, "small");
    assert_read(fixture, 0, 10, 100000, 5, 1);
}

static void
test_keys(Fixture *fixture, gconstpointer limit)
{
    g_assert_cmpuint(publish(fixture, "k", "first"), ==, 1);
    g_assert_cmpuint(publish(fixture, "k", "again"), ==, 1);
    g_assert_cmpuint(publish(fixture, "l", "other"), ==, 2);
    g_assert_cmpuint(fixture->published, ==, 2);
    for (guint i = 0; i < 9; i++)
        publish(fixture, NULL, "x");
    g_assert_cmpuint(publish(fixture, "k", "though the first is not kept any more"), ==, 1);
    g_assert_cmpuint(sl_channel_get_figures(fixture->channel)->repeated, ==, 2);
}

static void
test_text(Fixture *fixture, gconstpointer limit)
{
    g_autoptr(GPtrArray) array = NULL;
    gint64 before = g_get_real_time() / 1000;
    g_autoptr(JsonNode) node = NULL;
    JsonObject *object;

    publish(fixture, "k", "hello");
    array = read_after(fixture, 0, 1, 1);
    node = json_from_string(((SlMessage *)array->pdata[0])->json, NULL);
    object = json_node_get_object(node);
    g_assert_cmpstr(json_object_get_string_member(object, "type"), ==, "message");
    g_assert_cmpstr(json_object_get_string_member(object, "channel"), ==, "a:b");
    g_assert_cmpint(json_object_get_int_member(object, "offset"), ==, 1);
    g_assert_cmpint(json_object_get_int_member(object, "time"), >=, before);
    g_assert_cmpint(json_object_get_int_member(object, "time"), <=, g_get_real_time() / 1000);
    g_assert_cmpstr(json_object_get_string_member(object, "from"), ==, "me");
    g_assert_cmpstr(json_object_get_string_member(object, "data"), ==, "hello");
    g_assert_cmpuint(json_object_get_size(object), ==, 7);
}

static void
test_order(Fixture *fixture, gconstpointer limit)
{
    GAsyncResult *results[4] = { NULL };

    for (guint i = 0; i < 4; i++)
        sl_channel_publish_async(fixture->channel, "me", NULL, NULL, "1", NULL, on_done,
                                 &results[i]);
    for (guint i = 0; i < 4; i++) {
        g_autoptr(GAsyncResult) result =
            results[i] != NULL ? results[i] : wait_for(fixture, &results[i]);
        g_assert_cmpuint(sl_channel_publish_finish(fixture->channel, result, NULL), ==, i + 1);
    }
}

static void
test_cancelled(Fixture *fixture, gconstpointer limit)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GAsyncResult) published = NULL;
    g_autoptr(GAsyncResult) read = NULL;
    g_autoptr(GError) error = NULL;

    sl_channel_read_async(fixture->channel, 0, 1, 1, cancellable, on_done, &read);
    g_cancellable_cancel(cancellable);
    sl_channel_publish_async(fixture->channel, "me", NULL, NULL, "1", cancellable, on_done,
                             &published);
    g_assert_null(sl_channel_read_finish(fixture->channel, wait_for(fixture, &read), &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_clear_error(&error);
    while (published == NULL)
        g_main_context_iteration(fixture->context, TRUE);
    g_assert_cmpuint(sl_channel_publish_finish(fixture->channel, published, &error), ==, 0);
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpuint(sl_channel_get_last_offset(fixture->channel), ==, 0);
}

static void
test_epoch(Fixture *fixture, gconstpointer limit)
{
    g_autoptr(SlChannel) other = sl_channel_new(fixture->context, fixture->namespace_, "a:b", NULL);

    g_assert_cmpstr(sl_channel_get_epoch(fixture->channel), !=, sl_channel_get_epoch(other));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/channel/" name, Fixture, NULL, set_up, func, tear_down)
    ADD("numbers", test_numbers);
    ADD("bytes", test_bytes);
    ADD("keys", test_keys);
    ADD("text", test_text);
    ADD("order", test_order);
    ADD("cancelled", test_cancelled);
    ADD("epoch", test_epoch);
    return g_test_run();
}
