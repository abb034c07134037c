#include "sl-found-input.h"

#include "sl-log.h"

struct _SlFoundInput {
    char *name;
    SlInput *input;
    char *title;
    char *mode; /* of a camera; nullable */
    char *said; /* what the log has had of camera and mode */
};

SlFoundInput *
sl_found_input_new(const char *name, SlInput *input)
{
    SlFoundInput *self = g_new0(SlFoundInput, 1);

    self->name = g_strdup(name);
    self->input = sl_input_ref(input);
    self->title = sl_input_make_title(input, name);
    return self;
}

void
sl_found_input_free(SlFoundInput *self)
{
    if (self == NULL)
        return;
    sl_input_unref(self->input);
    g_free(self->name);
    g_free(self->title);
    g_free(self->mode);
    g_free(self->said);
    g_free(self);
}

/* `camera: C920 (/dev/video0), MJPEG 640x480 at 25, nearest to 1280x720 at 30`, when that is news.
 */
static void
say(SlFoundInput *self, const char *wanted)
{
    g_autofree char *text = NULL;

    if (self->mode == NULL)
        return;
    text = g_strdup_printf("%s, %s%s%s", self->input->label, self->mode,
                           wanted != NULL ? ", nearest to " : "", wanted != NULL ? wanted : "");
    if (g_strcmp0(text, self->said) == 0)
        return;
    sl_log_info("%s: %s", self->name, text);
    g_free(self->said);
    self->said = g_steal_pointer(&text);
}

/* The same camera as another node is the same. */
static gboolean
is_another(const SlInput *input, const SlInput *than)
{
    if (input->kind != than->kind || (input->location != NULL) != (than->location != NULL))
        return TRUE;
    return input->identity != NULL && than->identity != NULL &&
           g_strcmp0(input->identity->model, than->identity->model) != 0;
}

gboolean
sl_found_input_take(SlFoundInput *self, const SlCapture *capture)
{
    gboolean is_news = is_another(capture->input, self->input);

    sl_input_ref(capture->input);
    sl_input_unref(self->input);
    self->input = capture->input;
    g_free(self->title);
    self->title = sl_input_make_title(self->input, self->name);
    g_free(self->mode);
    self->mode = g_strdup(capture->mode);
    say(self, capture->wanted);
    return is_news;
}

void
sl_found_input_meet(SlFoundInput *self)
{
    g_autoptr(GPtrArray) list = sl_camera_identity_list(SL_CAMERA_CLASS_DIR);
    SlInput *input = sl_input_meet(self->input, list);

    sl_input_unref(self->input);
    self->input = input;
}

SlInput *
sl_found_input_get(SlFoundInput *self)
{
    return self->input;
}

const char *
sl_found_input_get_title(SlFoundInput *self)
{
    return self->title;
}

const char *
sl_found_input_get_mode(SlFoundInput *self)
{
    return self->mode;
}
