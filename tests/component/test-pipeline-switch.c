#include <glib/gstdio.h>
#include <string.h>

#include "http-fixture.h"
#include "sl-file-watch.h"

/* A switch with a stream that tells what it is given, and files that are really saved. */

#define SOURCE "[source]\nvideotestsrc ! vp8enc ! appsink name=video\n"
#define NAMED(title) "[about]\ntitle = " title "\n" SOURCE
#define SIZED                                                                     \
    "[about]\ntitle = Sized\n[variables]\nwidth = 640\n[source]\nvideotestsrc ! " \
    "video/x-raw,width=${width} ! vp8enc ! appsink name=video\n"

typedef struct {
    HttpFixture http;
    SlPipelineSwitch *pipeline;
    SlStream *stream;
    gboolean is_done;
    GError *error; /* of what was asked for last */
} Fixture;

static const char *fitting; /* what the chooser says; NULL: an error */
static gint n_chosen;

static char *
choose(SlInput *input, const char *const *settings, char **ret_why, GError **error)
{
    g_atomic_int_inc(&n_chosen);
    if (fitting != NULL) {
        *ret_why = g_strdup_printf("%s, since it fits", fitting);
        return g_strdup(fitting);
    }
    g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DEVICE, "nothing fits");
    return NULL;
}

static void
start(Fixture *self, SlPipelineChooseFunc chooser)
{
    memset(self, 0, sizeof *self);
    fitting = FIXTURE_PIPELINE;
    n_chosen = 0;
    http_fixture_prepare(&self->http);
    http_fixture_write(&self->http, "sized", SIZED);
    self->http.choose = chooser;
    http_fixture_start(&self->http, "127.0.0.1", NULL);
    self->pipeline = self->http.pipeline;
    self->stream = self->http.stream;
}

static void
stop(Fixture *self)
{
    gpointer pipeline = self->pipeline;

    g_clear_error(&self->error);
    g_object_add_weak_pointer(pipeline, &pipeline);
    http_fixture_stop(&self->http);
    WAIT_UNTIL(pipeline == NULL);
}

static void
on_finished(GObject *object, GAsyncResult *result, gpointer data)
{
    Fixture *self = data;

    sl_pipeline_switch_finish(SL_PIPELINE_SWITCH(object), result, &self->error);
    self->is_done = TRUE;
}

static void
ask_for(Fixture *self, const char *name, const char *setting)
{
    const char *const settings[] = { setting, NULL };
    g_autoptr(SlPipelineChoice) choice = sl_pipeline_choice_new(name, settings);

    g_clear_error(&self->error);
    self->is_done = FALSE;
    sl_pipeline_switch_choose_async(self->pipeline, choice, on_finished, self);
}

static void
take(Fixture *self, const char *name, const char *setting)
{
    ask_for(self, name, setting);
    WAIT_UNTIL(self->is_done);
    g_assert_no_error(self->error);
}

static void
configure(Fixture *self, const char *name, const char *setting)
{
    const char *const settings[] = { setting, NULL };
    g_autoptr(SlPipelineChoice) choice = sl_pipeline_choice_new(name, settings);

    sl_pipeline_switch_configure(self->pipeline, choice);
    WAIT_UNTIL(!sl_pipeline_switch_is_busy(self->pipeline));
}

static const char *
title_of(Fixture *self)
{
    return sl_description_get_title(sl_stream_get_description(self->stream));
}

static gint64
width_of(Fixture *self)
{
    return sl_values_get_int(sl_stream_get_values(self->stream), "width", 0);
}

static gboolean
has_problem(Fixture *self, const char *words)
{
    const char *problem = sl_pipeline_switch_get_problem(self->pipeline);

    return problem != NULL && strstr(problem, words) != NULL;
}

#define N_SWAPS(self) fake_stream_get_n_swaps((self)->stream)

static void
on_other_changed(SlFileWatch *watch, gboolean *changed)
{
    *changed = TRUE;
}

/* What was saved before has been noticed. */
static void
let_pass(Fixture *self)
{
    g_autofree char *path = g_build_filename(self->http.folder, "other.pipeline", NULL);
    g_autoptr(GBytes) nothing = g_bytes_new_static("-", 1);
    g_autoptr(SlFileWatch) other = sl_file_watch_new(NULL, path, nothing, 100);
    gboolean changed = FALSE;

    g_signal_connect(other, "changed", G_CALLBACK(on_other_changed), &changed);
    http_fixture_write(&self->http, "other", "+");
    WAIT_UNTIL(changed);
}

static void
test_saved(void)
{
    Fixture self;

    start(&self, NULL);
    http_fixture_write(&self.http, FIXTURE_PIPELINE, NAMED("Saved"));
    WAIT_UNTIL(N_SWAPS(&self) == 1 && !sl_pipeline_switch_is_busy(self.pipeline));
    g_assert_cmpstr(title_of(&self), ==, "Saved");

    http_fixture_write(&self.http, FIXTURE_PIPELINE, "[source]\nnonsense\n");
    WAIT_UNTIL(has_problem(&self, FIXTURE_PIPELINE ".pipeline:"));
    g_assert_cmpstr(title_of(&self), ==, "Saved");
    g_assert_cmpuint(N_SWAPS(&self), ==, 1);

    /* What is in force need not be tried. */
    http_fixture_write(&self.http, FIXTURE_PIPELINE, NAMED("Saved"));
    WAIT_UNTIL(sl_pipeline_switch_get_problem(self.pipeline) == NULL);
    g_assert_cmpuint(N_SWAPS(&self), ==, 1);

    /* Read well, and fails when it runs. */
    fake_stream_fail(self.stream, "plain.pipeline:4: rtsp://u:secret@h gives no frame");
    http_fixture_write(&self.http, FIXTURE_PIPELINE, NAMED("Fails"));
    WAIT_UNTIL(has_problem(&self, "plain.pipeline:4: rtsp://u:***@h gives no frame"));
    g_assert_cmpstr(title_of(&self), ==, "Saved");
    fake_stream_fail(self.stream, NULL);
    http_fixture_write(&self.http, FIXTURE_PIPELINE, NAMED("Works"));
    WAIT_UNTIL(g_str_equal(title_of(&self), "Works"));
    WAIT_UNTIL(sl_pipeline_switch_get_problem(self.pipeline) == NULL);
    stop(&self);
}

static void
break_stream(Fixture *self, int code, const char *words)
{
    g_autoptr(GError) error = g_error_new_literal(SL_MEDIA_ERROR, code, words);

    g_signal_emit_by_name(self->stream, "broke", error);
}

/* It gave a picture, and broke soon after. */
static void
test_broke(void)
{
    Fixture self;

    start(&self, NULL);
    break_stream(&self, SL_MEDIA_ERROR_PIPELINE, "from the beginning");
    g_assert_cmpuint(N_SWAPS(&self), ==, 0);

    take(&self, "sized", "width=320");
    break_stream(&self, SL_MEDIA_ERROR_NOT_FOUND, "unplugged");
    g_assert_false(sl_pipeline_switch_is_busy(self.pipeline));

    break_stream(&self, SL_MEDIA_ERROR_PIPELINE, "sized.pipeline:6: it failed");
    WAIT_UNTIL(N_SWAPS(&self) == 2 && !sl_pipeline_switch_is_busy(self.pipeline));
    g_assert_cmpint(width_of(&self), ==, 0);
    g_assert_true(has_problem(&self, "sized.pipeline:6: it failed"));
    g_assert_true(
        g_str_has_suffix(sl_pipeline_switch_get_file(self.pipeline), FIXTURE_PIPELINE ".pipeline"));

    /* They do not take turns. */
    break_stream(&self, SL_MEDIA_ERROR_PIPELINE, "the former one, too");
    g_assert_false(sl_pipeline_switch_is_busy(self.pipeline));
    take(&self, "sized", "width=320");
    g_assert_null(sl_pipeline_switch_get_problem(self.pipeline));
    stop(&self);
}

static void
test_broke_meanwhile(void)
{
    Fixture self;

    start(&self, NULL);
    take(&self, "sized", "width=320");
    ask_for(&self, "sized", "width=wide");
    break_stream(&self, SL_MEDIA_ERROR_PIPELINE, "sized.pipeline:6: it failed");
    WAIT_UNTIL(self.is_done);
    g_assert_error(self.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE);
    WAIT_UNTIL(width_of(&self) == 0 && !sl_pipeline_switch_is_busy(self.pipeline));
    g_assert_true(has_problem(&self, "sized.pipeline:6: it failed"));
    stop(&self);
}

static void
test_removed(void)
{
    Fixture self;
    g_autofree char *path = NULL;

    start(&self, NULL);
    path = g_strdup(sl_pipeline_switch_get_file(self.pipeline));
    g_unlink(path);
    WAIT_UNTIL(has_problem(&self, "no description 'plain'"));
    g_assert_cmpstr(title_of(&self), ==, "Plain");
    http_fixture_write(&self.http, FIXTURE_PIPELINE, NAMED("Back"));
    WAIT_UNTIL(g_str_equal(title_of(&self), "Back"));
    stop(&self);
}

/* What is saved while another change is tried comes after it, and only the latest. */
static void
test_saved_meanwhile(void)
{
    Fixture self;

    start(&self, NULL);
    fake_stream_hold(self.stream, TRUE);
    http_fixture_write(&self.http, FIXTURE_PIPELINE, NAMED("First"));
    WAIT_UNTIL(N_SWAPS(&self) == 1);
    ask_for(&self, "sized", NULL);
    WAIT_UNTIL(self.is_done);
    g_assert_error(self.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_CROWDED);
    http_fixture_write(&self.http, FIXTURE_PIPELINE, NAMED("Second"));
    http_fixture_write(&self.http, FIXTURE_PIPELINE, NAMED("Third"));
    let_pass(&self);
    fake_stream_hold(self.stream, FALSE);
    WAIT_UNTIL(g_str_equal(title_of(&self), "Third") && !sl_pipeline_switch_is_busy(self.pipeline));
    g_assert_cmpuint(N_SWAPS(&self), ==, 2);
    stop(&self);
}

static void
test_configured(void)
{
    Fixture self;

    start(&self, NULL);
    configure(&self, FIXTURE_PIPELINE, NULL);
    g_assert_cmpuint(N_SWAPS(&self), ==, 0);
    configure(&self, "sized", "width=320");
    g_assert_cmpuint(N_SWAPS(&self), ==, 1);
    g_assert_cmpint(width_of(&self), ==, 320);
    /* What it has set comes back with what takes it. */
    take(&self, FIXTURE_PIPELINE, NULL);
    take(&self, "sized", NULL);
    g_assert_cmpint(width_of(&self), ==, 320);
    configure(&self, "sized", "width=wide");
    g_assert_true(has_problem(&self, "width is 'wide', expected"));
    g_assert_cmpint(width_of(&self), ==, 320);
    configure(&self, "sizes", NULL);
    g_assert_true(has_problem(&self, "no description 'sizes'"));
    configure(&self, "sized", NULL);
    g_assert_cmpint(width_of(&self), ==, 640);
    g_assert_null(sl_pipeline_switch_get_problem(self.pipeline));

    /* What an operator chose since stays where the configuration is the same. */
    take(&self, FIXTURE_PIPELINE, NULL);
    configure(&self, "sized", NULL);
    g_assert_cmpstr(title_of(&self), ==, "Plain");
    stop(&self);
}

static void
test_settings(void)
{
    Fixture self;

    start(&self, NULL);
    take(&self, "sized", "width=320");
    http_fixture_write(&self.http, "sized", SIZED "\n# again\n");
    WAIT_UNTIL(N_SWAPS(&self) == 2 && !sl_pipeline_switch_is_busy(self.pipeline));
    g_assert_cmpint(width_of(&self), ==, 320);
    take(&self, "sized", NULL);
    g_assert_cmpint(width_of(&self), ==, 320);
    /* There is no width, and so what an operator set is gone. */
    take(&self, FIXTURE_PIPELINE, NULL);
    take(&self, "sized", NULL);
    g_assert_cmpint(width_of(&self), ==, 640);

    ask_for(&self, FIXTURE_PIPELINE, "width=320");
    WAIT_UNTIL(self.is_done);
    g_assert_error(self.error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_VALUE);
    g_assert_null(sl_pipeline_switch_get_problem(self.pipeline));
    stop(&self);
}

static void
test_auto(void)
{
    Fixture self;

    start(&self, choose);
    g_assert_true(sl_pipeline_switch_is_auto(self.pipeline));
    fitting = "sized";
    g_signal_emit_by_name(self.stream, "input-changed");
    WAIT_UNTIL(!sl_pipeline_switch_is_busy(self.pipeline));
    g_assert_cmpstr(title_of(&self), ==, "Sized");
    g_assert_cmpint(n_chosen, ==, 1);

    /* The same again is no change; nor does its file make it choose again. */
    g_signal_emit_by_name(self.stream, "input-changed");
    WAIT_UNTIL(!sl_pipeline_switch_is_busy(self.pipeline));
    g_assert_cmpuint(N_SWAPS(&self), ==, 1);
    http_fixture_write(&self.http, "sized", SIZED "\n# again\n");
    WAIT_UNTIL(N_SWAPS(&self) == 2 && !sl_pipeline_switch_is_busy(self.pipeline));
    g_assert_cmpint(n_chosen, ==, 2);
    g_assert_true(sl_pipeline_switch_is_auto(self.pipeline));

    fitting = NULL;
    g_signal_emit_by_name(self.stream, "input-changed");
    WAIT_UNTIL(has_problem(&self, "nothing fits"));
    g_assert_cmpstr(title_of(&self), ==, "Sized");

    /* By name it is no longer chosen. */
    take(&self, FIXTURE_PIPELINE, NULL);
    g_assert_false(sl_pipeline_switch_is_auto(self.pipeline));
    fitting = "sized";
    g_signal_emit_by_name(self.stream, "input-changed");
    g_assert_false(sl_pipeline_switch_is_busy(self.pipeline));
    take(&self, SL_PIPELINE_AUTO, "width=160");
    g_assert_true(sl_pipeline_switch_is_auto(self.pipeline));
    g_assert_cmpint(width_of(&self), ==, 160);
    stop(&self);
}

/* What was fallen back to may fail, too, and be mended. */
static void
test_fallback(void)
{
    Fixture self;

    start(&self, choose);
    fitting = "sized";
    g_signal_emit_by_name(self.stream, "input-changed");
    WAIT_UNTIL(N_SWAPS(&self) == 1 && !sl_pipeline_switch_is_busy(self.pipeline));

    http_fixture_write(&self.http, "vp8", "[source]\n");
    break_stream(&self, SL_MEDIA_ERROR_PIPELINE, "B-frames");
    WAIT_UNTIL(!sl_pipeline_switch_is_busy(self.pipeline));
    g_assert_true(has_problem(&self, "vp8.pipeline:"));
    g_assert_cmpstr(title_of(&self), ==, "Sized");

    http_fixture_write(&self.http, "vp8", SIZED);
    break_stream(&self, SL_MEDIA_ERROR_PIPELINE, "B-frames");
    WAIT_UNTIL(N_SWAPS(&self) == 2 && !sl_pipeline_switch_is_busy(self.pipeline));
    g_assert_true(g_str_has_suffix(sl_pipeline_switch_get_file(self.pipeline), "/vp8.pipeline"));
    g_assert_true(sl_pipeline_switch_is_auto(self.pipeline));
    stop(&self);
}

static void
test_text(void)
{
    Fixture self;
    g_autoptr(SlPipelineChoice) choice = sl_pipeline_choice_new(NULL, NULL);

    start(&self, NULL);
    choice->text = g_bytes_new_static(NAMED("Sent"), strlen(NAMED("Sent")));
    sl_pipeline_switch_choose_async(self.pipeline, choice, on_finished, &self);
    WAIT_UNTIL(self.is_done);
    g_assert_no_error(self.error);
    g_assert_cmpstr(title_of(&self), ==, "Sent");
    g_assert_null(sl_pipeline_switch_get_file(self.pipeline));
    configure(&self, FIXTURE_PIPELINE, NULL);
    g_assert_cmpuint(N_SWAPS(&self), ==, 1);
    take(&self, FIXTURE_PIPELINE, NULL);
    g_assert_cmpstr(title_of(&self), ==, "Plain");
    stop(&self);
}

/* It may be gone before a file has been read. */
static void
test_gone_meanwhile(void)
{
    Fixture self;

    start(&self, NULL);
    http_fixture_write(&self.http, FIXTURE_PIPELINE, NAMED("Late"));
    WAIT_UNTIL(sl_pipeline_switch_is_busy(self.pipeline));
    stop(&self);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pipeline-switch/saved", test_saved);
    g_test_add_func("/pipeline-switch/broke", test_broke);
    g_test_add_func("/pipeline-switch/broke-meanwhile", test_broke_meanwhile);
    g_test_add_func("/pipeline-switch/removed", test_removed);
    g_test_add_func("/pipeline-switch/saved-meanwhile", test_saved_meanwhile);
    g_test_add_func("/pipeline-switch/configured", test_configured);
    g_test_add_func("/pipeline-switch/settings", test_settings);
    g_test_add_func("/pipeline-switch/auto", test_auto);
    g_test_add_func("/pipeline-switch/fallback", test_fallback);
    g_test_add_func("/pipeline-switch/text", test_text);
    g_test_add_func("/pipeline-switch/gone-meanwhile", test_gone_meanwhile);
    return g_test_run();
}
