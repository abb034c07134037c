#include "sl-capture-ask.h"

#include "sl-worker.h"

/* Made and freed on the main thread: descriptions and values are counted there. */
typedef struct {
    SlCaptureAnswer answer; /* first: it is what the asker sees of this */
    GMainContext *context;
    SlWeak *object;
    SlContextFunc on_answer;
    SlInput *input;
    SlDescription *description;
    SlValues *values;
    SlCaptureFlags flags;
} Question;

static void
question_free(gpointer data)
{
    Question *self = data;

    g_clear_pointer(&self->answer.capture, sl_capture_free);
    g_clear_error(&self->answer.error);
    g_main_context_unref(self->context);
    sl_weak_unref(self->object);
    sl_input_unref(self->input);
    sl_description_unref(self->description);
    sl_values_unref(self->values);
    g_free(self);
}

static void
give_answer(Question *self)
{
    sl_context_post(self->context, self->object, self->on_answer, self, question_free);
}

static gpointer
ask(gpointer data)
{
    Question *self = data;

    self->answer.capture = sl_capture_new(self->input, self->description, self->values, self->flags,
                                          &self->answer.error);
    give_answer(self);
    return NULL;
}

void
sl_capture_ask(GMainContext *context, SlWeak *object, SlContextFunc on_answer, guint run,
               SlInput *input, SlDescription *description, SlValues *values, SlCaptureFlags flags)
{
    Question *self = g_new0(Question, 1);

    self->answer.run = run;
    self->context = g_main_context_ref(context);
    self->object = sl_weak_ref(object);
    self->on_answer = on_answer;
    self->input = sl_input_ref(input);
    self->description = sl_description_ref(description);
    self->values = sl_values_ref(values);
    self->flags = flags;
    if (!sl_worker_start("camera", ask, self, &self->answer.error))
        give_answer(self);
}
