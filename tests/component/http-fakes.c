#include "http-fakes.h"
#include "sl-publisher.h"

static guint n_alive;

/* Offers: what sessions and publishers do with them */

static struct {
    gboolean are_held;
    GError *next_error;
    GString *log;
} offers;

static void log_offer(const char *format, ...) G_GNUC_PRINTF(1, 2);

static void
log_offer(const char *format, ...)
{
    va_list args;

    if (offers.log == NULL)
        offers.log = g_string_new(NULL);
    va_start(args, format);
    g_string_append_vprintf(offers.log, format, args);
    va_end(args);
}

char *
fake_offers_take_log(void)
{
    char *log = offers.log != NULL ? g_string_free(offers.log, FALSE) : g_strdup("");

    offers.log = NULL;
    return log;
}

void
fake_offers_hold(gboolean hold)
{
    offers.are_held = hold;
}

void
fake_offers_fail_next(GQuark domain, int code, const char *message)
{
    g_clear_error(&offers.next_error);
    offers.next_error = g_error_new_literal(domain, code, message);
}

static gboolean
take_offers_error(GError **error)
{
    if (offers.next_error == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&offers.next_error));
    return FALSE;
}

/* Returns: (transfer full) (nullable): the task, where it is held */
static GTask *
answer_offer(GTask *task)
{
    GError *error = NULL;

    if (offers.are_held)
        return task;
    if (take_offers_error(&error))
        g_task_return_pointer(task, g_strdup(FAKE_ANSWER), g_free);
    else
        g_task_return_error(task, error);
    g_object_unref(task);
    return NULL;
}

static void
lose_offer(GTask *task)
{
    if (task == NULL)
        return;
    g_task_return_new_error(task, SL_SESSION_ERROR, SL_SESSION_ERROR_LOST, "ended");
    g_object_unref(task);
}

/* Stream */

struct _SlStream {
    GObject parent_instance;
    char *name, *title, *detail;
    SlStreamState state;
    SlControlKeeper *controls; /* nullable */
    SlInput *camera;           /* nullable */
    SlInput *input;
    SlDescription *description;
    SlValues *values;
    GTask *swap; /* nullable: on hold */
    SlValues *wanted;
    gboolean is_held;
    char *failure; /* nullable */
    guint n_swaps, n_live;
    SlSource *published; /* nullable */
    GError *unwelcome;   /* nullable: why nobody may publish */
};
G_DEFINE_FINAL_TYPE(SlStream, sl_stream, G_TYPE_OBJECT)

static void
sl_stream_finalize(GObject *object)
{
    SlStream *self = SL_STREAM(object);

    g_free(self->name);
    g_free(self->title);
    g_free(self->detail);
    g_clear_pointer(&self->camera, sl_input_unref);
    g_clear_object(&self->controls);
    sl_input_unref(self->input);
    g_clear_pointer(&self->description, sl_description_unref);
    g_clear_pointer(&self->values, sl_values_unref);
    g_free(self->failure);
    g_clear_object(&self->published);
    g_clear_error(&self->unwelcome);
    n_alive--;
    G_OBJECT_CLASS(sl_stream_parent_class)->finalize(object);
}

static void
sl_stream_class_init(SlStreamClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_stream_finalize;
    g_signal_new("state-changed", SL_TYPE_STREAM, 0, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    g_signal_new("input-changed", SL_TYPE_STREAM, 0, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    g_signal_new("broke", SL_TYPE_STREAM, 0, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
sl_stream_init(SlStream *self)
{
    n_alive++;
}

SlStream *
fake_stream_new(const char *name, const char *title)
{
    SlStream *self = g_object_new(SL_TYPE_STREAM, NULL);

    self->name = g_strdup(name);
    self->title = g_strdup(title);
    self->detail = g_strdup("");
    self->state = SL_STREAM_IDLE;
    self->input = sl_input_new(SL_INPUT_TEST, "test", "test");
    return self;
}

void
fake_stream_set_description(SlStream *self, SlDescription *description, SlValues *values)
{
    g_clear_pointer(&self->description, sl_description_unref);
    g_clear_pointer(&self->values, sl_values_unref);
    self->description = sl_description_ref(description);
    self->values = sl_values_ref(values);
}

SlDescription *
sl_stream_get_description(SlStream *self)
{
    return self->description;
}

SlValues *
sl_stream_get_values(SlStream *self)
{
    return self->values;
}

SlInput *
sl_stream_get_input(SlStream *self)
{
    return self->input;
}

static void
end_swap(SlStream *self)
{
    g_autoptr(GTask) task = g_steal_pointer(&self->swap);
    g_autoptr(SlValues) values = g_steal_pointer(&self->wanted);

    if (self->failure != NULL) {
        g_task_return_new_error(task, SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE, "%s", self->failure);
        return;
    }
    fake_stream_set_description(self, sl_values_get_description(values), values);
    g_task_return_boolean(task, TRUE);
}

void
sl_stream_swap_async(SlStream *self, SlDescription *description, SlValues *values,
                     GAsyncReadyCallback callback, gpointer user_data)
{
    self->n_swaps++;
    self->swap = g_task_new(self, NULL, callback, user_data);
    self->wanted = sl_values_ref(values);
    if (!self->is_held)
        end_swap(self);
}

gboolean
sl_stream_swap_finish(SlStream *self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}

gboolean
sl_stream_set_live(SlStream *self, SlValues *values, GError **error)
{
    self->n_live++;
    fake_stream_set_description(self, sl_values_get_description(values), values);
    return TRUE;
}

void
fake_stream_refuse_publishers(SlStream *self, SlMediaError code, const char *message)
{
    g_clear_error(&self->unwelcome);
    if (message != NULL)
        self->unwelcome = g_error_new_literal(SL_MEDIA_ERROR, (gint)code, message);
}

gboolean
sl_stream_may_publish(SlStream *self, GError **error)
{
    if (self->unwelcome != NULL)
        g_propagate_error(error, g_error_copy(self->unwelcome));
    return self->unwelcome == NULL;
}

void
sl_stream_publish_async(SlStream *self, SlSource *source, const char *title,
                        GAsyncReadyCallback callback, gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(self, NULL, callback, user_data);

    if (self->unwelcome != NULL) {
        g_task_return_error(task, g_error_copy(self->unwelcome));
        return;
    }
    g_set_object(&self->published, source);
    g_task_return_boolean(task, TRUE);
    g_signal_emit_by_name(self, "state-changed");
}

gboolean
sl_stream_publish_finish(SlStream *self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}

gboolean
sl_stream_is_published(SlStream *self)
{
    return self->published != NULL;
}

const char *
sl_stream_get_source_word(SlStream *self)
{
    return self->published != NULL ? "publisher" : "camera";
}

void
fake_stream_hold(SlStream *self, gboolean hold)
{
    self->is_held = hold;
    if (!hold && self->swap != NULL)
        end_swap(self);
}

void
fake_stream_fail(SlStream *self, const char *message)
{
    g_free(self->failure);
    self->failure = g_strdup(message);
}

guint
fake_stream_get_n_swaps(SlStream *self)
{
    return self->n_swaps;
}

guint
fake_stream_get_n_live(SlStream *self)
{
    return self->n_live;
}

void
fake_stream_set_state(SlStream *self, SlStreamState state, const char *detail)
{
    self->state = state;
    g_free(self->detail);
    self->detail = g_strdup(detail);
    g_signal_emit_by_name(self, "state-changed");
}

void
fake_stream_set_controls(SlStream *self, SlControlKeeper *controls, const char *device)
{
    g_set_object(&self->controls, controls);
    g_clear_pointer(&self->camera, sl_input_unref);
    if (device != NULL)
        self->camera = sl_input_new(SL_INPUT_CAMERA, device, device);
}

SlControlKeeper *
sl_stream_get_controls(SlStream *self)
{
    return self->controls;
}

SlInput *
sl_stream_get_camera(SlStream *self)
{
    return self->camera;
}

const char *
sl_stream_get_name(SlStream *self)
{
    return self->name;
}

const char *
sl_stream_get_title(SlStream *self)
{
    return self->title;
}

const char *
sl_stream_get_mode(SlStream *self)
{
    return "YUY2 1280x720 at 30";
}

const SlFrameRate *
sl_stream_get_rate(SlStream *self)
{
    static const SlFrameRate rate = { .expected = 30, .measured = 11.96, .is_slow = TRUE };

    return &rate;
}

const char *
sl_stream_get_input_label(SlStream *self)
{
    return "/dev/video0";
}

const char *
sl_stream_get_detail(SlStream *self)
{
    return self->detail;
}

const GError *
sl_stream_get_fault(SlStream *self)
{
    return NULL;
}

SlStreamState
sl_stream_get_state(SlStream *self)
{
    return self->state;
}

GPtrArray *
sl_stream_get_codecs(SlStream *self)
{
    return NULL;
}

const char *
sl_stream_state_to_string(SlStreamState state)
{
    static const char *const WORDS[] = { "idle",        "starting", "live",
                                         "camera-lost", "failed",   "waiting" };

    return WORDS[state];
}

/* Session */

struct _SlSession {
    GObject parent_instance;
    SlStream *stream;
    char *id, *page;
    GString *log;
    GError *next_error;
    GTask *offer; /* nullable: held */
    gboolean answers, ended;
};
G_DEFINE_FINAL_TYPE(SlSession, sl_session, G_TYPE_OBJECT)

static void
sl_session_finalize(GObject *object)
{
    SlSession *self = SL_SESSION(object);

    g_object_unref(self->stream);
    g_free(self->id);
    g_free(self->page);
    g_string_free(self->log, TRUE);
    g_clear_error(&self->next_error);
    n_alive--;
    G_OBJECT_CLASS(sl_session_parent_class)->finalize(object);
}

static void
sl_session_class_init(SlSessionClass *klass)
{
    GType type = G_TYPE_FROM_CLASS(klass);

    G_OBJECT_CLASS(klass)->finalize = sl_session_finalize;
    g_signal_new("offer", type, 0, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_STRING);
    g_signal_new("candidate", type, 0, 0, NULL, NULL, NULL, G_TYPE_NONE, 4, G_TYPE_UINT,
                 G_TYPE_UINT, G_TYPE_STRING, G_TYPE_STRING);
    g_signal_new("peer-ended", type, 0, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_UINT,
                 G_TYPE_ERROR);
    g_signal_new("problem", type, 0, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
    g_signal_new("ended", type, 0, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
sl_session_init(SlSession *self)
{
    self->log = g_string_new(NULL);
    n_alive++;
}

const char *
fake_session_get_log(SlSession *self)
{
    return self->log->str;
}

void
fake_session_fail_next(SlSession *self, SlSessionError code, const char *message)
{
    g_clear_error(&self->next_error);
    self->next_error = g_error_new_literal(SL_SESSION_ERROR, (gint)code, message);
}

const char *
sl_session_get_id(SlSession *self)
{
    return self->id;
}

void
sl_session_start(SlSession *self)
{
    g_string_append(self->log, "start\n");
}

void
sl_session_answer_offer_async(SlSession *self, SlSdpOffer *offer, GAsyncReadyCallback callback,
                              gpointer user_data)
{
    log_offer("whep offer\n");
    self->answers = TRUE;
    self->offer = answer_offer(g_task_new(self, NULL, callback, user_data));
}

char *
sl_session_answer_offer_finish(SlSession *self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

static gboolean
take_error(SlSession *self, GError **error)
{
    if (self->next_error == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&self->next_error));
    return FALSE;
}

gboolean
sl_session_answer(SlSession *self, guint peer, const char *sdp, GError **error)
{
    g_string_append_printf(self->log, "answer %u %s\n", peer, sdp);
    return take_error(self, error);
}

gboolean
sl_session_add_candidate(SlSession *self, guint peer, const char *mid, int mline,
                         const char *candidate, GError **error)
{
    if (self->answers) {
        log_offer("whep candidate %u %s %d '%s'\n", peer, mid != NULL ? mid : "-", mline,
                  candidate);
        return take_offers_error(error);
    }
    g_string_append_printf(self->log, "candidate %u %s %d '%s'\n", peer, mid != NULL ? mid : "-",
                           mline, candidate);
    return take_error(self, error);
}

void
sl_session_end_peer(SlSession *self, guint peer)
{
    g_string_append_printf(self->log, "bye %u\n", peer);
}

void
sl_session_restart(SlSession *self)
{
    g_string_append(self->log, "restart\n");
}

void
sl_session_end(SlSession *self, const GError *reason)
{
    if (self->ended)
        return;
    self->ended = TRUE;
    if (self->answers)
        log_offer("whep end\n");
    lose_offer(g_steal_pointer(&self->offer));
    g_signal_emit_by_name(self, "ended", reason);
}

/* Publisher */

struct _SlPublisher {
    GObject parent_instance;
    char *id;
    GTask *offer; /* nullable: held */
    gboolean ended;
};
G_DEFINE_FINAL_TYPE(SlPublisher, sl_publisher, G_TYPE_OBJECT)

static SlPublisher *last_publisher; /* nullable */

static void
sl_publisher_finalize(GObject *object)
{
    g_free(SL_PUBLISHER(object)->id);
    if (last_publisher == SL_PUBLISHER(object))
        last_publisher = NULL;
    n_alive--;
    G_OBJECT_CLASS(sl_publisher_parent_class)->finalize(object);
}

static void
sl_publisher_class_init(SlPublisherClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_publisher_finalize;
    g_signal_new("ended", G_TYPE_FROM_CLASS(klass), 0, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                 G_TYPE_ERROR);
}

static void
sl_publisher_init(SlPublisher *self)
{
    static guint number;

    self->id = g_strdup_printf("fedcba9876543210fedcba98%08x", ++number);
    last_publisher = self;
    n_alive++;
}

SlPublisher *
fake_publisher_get_last(void)
{
    return last_publisher;
}

SlPublisher *
sl_publisher_new(GMainContext *context, SlIce *ice, SlStream *stream, SlGrant *grant,
                 const char *address, const SlLimits *limits)
{
    return g_object_new(SL_TYPE_PUBLISHER, NULL);
}

const char *
sl_publisher_get_id(SlPublisher *self)
{
    return self->id;
}

void
sl_publisher_answer_offer_async(SlPublisher *self, SlSdpOffer *offer, GAsyncReadyCallback callback,
                                gpointer user_data)
{
    log_offer("whip offer\n");
    self->offer = answer_offer(g_task_new(self, NULL, callback, user_data));
}

char *
sl_publisher_answer_offer_finish(SlPublisher *self, GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

gboolean
sl_publisher_add_candidate(SlPublisher *self, const char *mid, int mline, const char *candidate,
                           GError **error)
{
    log_offer("whip candidate %s %d '%s'\n", mid != NULL ? mid : "-", mline, candidate);
    return take_offers_error(error);
}

void
sl_publisher_end(SlPublisher *self, const GError *reason)
{
    if (self->ended)
        return;
    self->ended = TRUE;
    log_offer("whip end\n");
    lose_offer(g_steal_pointer(&self->offer));
    g_signal_emit_by_name(self, "ended", reason);
}

/* Pool */

struct _SlSessionPool {
    GObject parent_instance;
    GPtrArray *sessions;
    guint max_sessions;
    guint max_sessions_per_address;
};
G_DEFINE_FINAL_TYPE(SlSessionPool, sl_session_pool, G_TYPE_OBJECT)

static void
sl_session_pool_finalize(GObject *object)
{
    g_ptr_array_unref(SL_SESSION_POOL(object)->sessions);
    n_alive--;
    G_OBJECT_CLASS(sl_session_pool_parent_class)->finalize(object);
}

static void
sl_session_pool_class_init(SlSessionPoolClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = sl_session_pool_finalize;
    g_signal_new("changed", SL_TYPE_SESSION_POOL, 0, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                 SL_TYPE_STREAM);
}

static void
sl_session_pool_init(SlSessionPool *self)
{
    self->sessions = g_ptr_array_new_with_free_func(g_object_unref);
    n_alive++;
}

SlSessionPool *
sl_session_pool_new(GMainContext *context, SlIce *ice, SlRelay *relay, SlObjectExchange *exchange,
                    const SlLimits *limits)
{
    SlSessionPool *self = g_object_new(SL_TYPE_SESSION_POOL, NULL);

    self->max_sessions = limits->max_sessions;
    self->max_sessions_per_address = limits->max_sessions_per_address;
    return self;
}

SlSession *
fake_pool_get_last(SlSessionPool *self)
{
    return self->sessions->len > 0 ? g_ptr_array_index(self->sessions, self->sessions->len - 1)
                                   : NULL;
}

static void
on_session_ended(SlSession *session, GError *reason, SlSessionPool *self)
{
    g_autoptr(SlStream) stream = g_object_ref(session->stream);

    g_signal_handlers_disconnect_by_data(session, self);
    g_ptr_array_remove(self->sessions, session);
    g_signal_emit_by_name(self, "changed", stream);
}

static void
end_replaced(SlSessionPool *self, const char *page)
{
    g_autoptr(GError) reason =
        g_error_new_literal(SL_SESSION_ERROR, SL_SESSION_ERROR_REPLACED, "replaced by the test");

    for (guint i = 0; i < self->sessions->len; i++) {
        SlSession *session = g_ptr_array_index(self->sessions, i);
        if (page != NULL && g_strcmp0(session->page, page) == 0) {
            sl_session_end(session, reason);
            return;
        }
    }
}

SlSession *
sl_session_pool_create(SlSessionPool *self, SlStream *stream, const char *page, SlGrant *grant,
                       const char *address, GError **error)
{
    static guint number;
    SlSession *session;

    end_replaced(self, page);
    if (self->sessions->len >= self->max_sessions) {
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_FULL, "full, says the test");
        return NULL;
    }
    if (address != NULL && self->sessions->len >= self->max_sessions_per_address) {
        g_set_error(error, SL_SESSION_ERROR, SL_SESSION_ERROR_FULL_ADDRESS, "%s has enough",
                    address);
        return NULL;
    }
    session = g_object_new(SL_TYPE_SESSION, NULL);
    session->stream = g_object_ref(stream);
    session->page = g_strdup(page);
    session->id = page != NULL ? g_strdup("0123456789abcdef0123456789abcdef")
                               : g_strdup_printf("0123456789abcdef01234567%08x", ++number);
    g_ptr_array_add(self->sessions, g_object_ref(session));
    g_signal_connect(session, "ended", G_CALLBACK(on_session_ended), self);
    g_signal_emit_by_name(self, "changed", stream);
    return session;
}

guint
sl_session_pool_get_n_sessions(SlSessionPool *self)
{
    return self->sessions->len;
}

guint
sl_session_pool_get_n_viewers(SlSessionPool *self, SlStream *stream)
{
    return self->sessions->len;
}

/* ICE */

struct _SlIce {
    gatomicrefcount refs;
};

SlIce *
sl_ice_new(const SlIceSettings *settings)
{
    SlIce *self = g_new0(SlIce, 1);

    g_atomic_ref_count_init(&self->refs);
    n_alive++;
    return self;
}

SlIce *
sl_ice_ref(SlIce *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
sl_ice_unref(SlIce *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->refs))
        return;
    n_alive--;
    g_free(self);
}

const char *
sl_ice_get_servers_json(SlIce *self)
{
    return "[{\"urls\":\"stun:stun.example.org\"}]";
}

guint
fake_objects_alive(void)
{
    return n_alive;
}
