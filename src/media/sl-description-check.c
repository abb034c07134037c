#include "sl-description-elements.h"
#include "sl-description-private.h"
#include "sl-description-viewer.h"
#include "sl-launch-elements.h"

#include <gst/gst.h>
#include <string.h>

typedef struct {
    GPtrArray *tokens;
    gboolean links_later; /* some element has pads that come only when it runs */
    SlProblems *problems;
} Dangling;

static void
check_outputs(GstElement *element, SlToken *token, Dangling *self)
{
    for (GList *l = element->srcpads; l != NULL; l = l->next) {
        g_autofree char *name = gst_pad_get_name(l->data);

        if (!gst_pad_is_linked(l->data))
            sl_problems_add(self->problems, token->line,
                            "'%s' leads nowhere, expected '!' and an element after it (its pad "
                            "'%s')",
                            sl_token_describe(token), name);
    }
}

/* One is enough: others are often optional, as a textoverlay's text. */
static void
check_inputs(GstElement *element, SlToken *token, Dangling *self)
{
    if (element->sinkpads == NULL || self->links_later)
        return;
    for (GList *l = element->sinkpads; l != NULL; l = l->next) {
        if (gst_pad_is_linked(l->data))
            return;
    }
    sl_problems_add(self->problems, token->line,
                    "nothing leads to '%s', expected an element and '!' before it",
                    sl_token_describe(token));
}

static gboolean
has_later_pads(GstElement *element)
{
    for (const GList *l = gst_element_get_pad_template_list(element); l != NULL; l = l->next) {
        if (GST_PAD_TEMPLATE_PRESENCE(GST_PAD_TEMPLATE(l->data)) == GST_PAD_SOMETIMES)
            return TRUE;
    }
    if (GST_IS_BIN(element)) {
        for (GList *l = GST_BIN_CHILDREN(element); l != NULL; l = l->next) {
            if (has_later_pads(l->data))
                return TRUE;
        }
    }
    return FALSE;
}

/* Only elements that stand in the text: what is inside GStreamer's own bins is theirs. */
static void
check_source_ends(GstElement *element, Dangling *dangling)
{
    g_autofree char *name = gst_element_get_name(element);
    SlToken *token = sl_launch_tokens_find_element(dangling->tokens, name);

    if (token != NULL) {
        check_outputs(element, token, dangling);
        check_inputs(element, token, dangling);
    }
    if (GST_IS_BIN(element) && (token == NULL || token->kind == SL_TOKEN_BIN_OPEN)) {
        for (GList *l = GST_BIN_CHILDREN(element); l != NULL; l = l->next)
            check_source_ends(l->data, dangling);
    }
}

static void
check_viewer_ends(GstElement *element, guint line, SlProblems *problems)
{
    SlViewerEnds ends = sl_viewer_ends_find(GST_BIN(element));

    if (ends.n_sinks != 1 || ends.n_sources != 1)
        sl_problems_add(problems, line,
                        "found %u free inputs and %u free outputs, expected one of each: what "
                        "comes from the track, and RTP",
                        ends.n_sinks, ends.n_sources);
}

static void
check_section(SlDescription *self, SlSection *section, SlLaunch *launch, SlProblems *problems)
{
    g_autoptr(GPtrArray) tokens = NULL;
    g_autoptr(GstElement) element = NULL;
    g_autoptr(GError) error = NULL;
    gboolean is_viewer = section->kind == SL_SECTION_VIEWER;
    guint line = 0;
    guint before = sl_problems_get_count(problems);

    if (launch == NULL)
        return;
    /* Again: values and inputs have been inserted since. */
    tokens = sl_launch_tokens_read(launch, section->title, problems);
    sl_tokens_check_names(tokens, problems);
    sl_elements_check(tokens, problems);
    sl_description_check_live_properties(self, section, problems);
    if (sl_problems_get_count(problems) != before)
        return;
    element = sl_launch_build(launch, tokens, is_viewer, &line, &error);
    if (element == NULL)
        sl_problems_add(problems, line != 0 ? line : section->line, "%s", error->message);
    if (element != NULL && is_viewer) {
        check_viewer_ends(element, section->line, problems);
    } else if (element != NULL) {
        Dangling dangling = { tokens, has_later_pads(element), problems };

        check_source_ends(element, &dangling);
    }
}

/* Links with whatever follows, so that a file is judged by itself. */
static const SlCapture any_input = {
    .raw = (char *)"videotestsrc",
    .encoded = (char *)"fakesrc",
    .audio = (char *)"audiotestsrc",
    .device = (char *)"/dev/video0",
};

void
sl_description_check(SlDescription *self, SlValues *values, const SlCapture *capture,
                     SlProblems *problems)
{
    if (capture == NULL)
        capture = &any_input;
    for (guint i = 0; i < self->sections->len; i++) {
        SlSection *section = g_ptr_array_index(self->sections, i);
        g_autoptr(SlLaunch) launch = NULL;

        if (section->kind == SL_SECTION_SOURCE)
            launch = sl_description_expand_source(self, values, capture, problems);
        else if (section->kind == SL_SECTION_VIEWER)
            launch = sl_description_expand_viewer(self, values, section->argument, problems);
        check_section(self, section, launch, problems);
    }
}

/* Elements and literal values of a file that has problems of its own. */
static void
check_unexpanded(SlDescription *self, SlProblems *problems)
{
    for (guint i = 0; i < self->sections->len; i++) {
        SlSection *section = g_ptr_array_index(self->sections, i);
        g_autoptr(GPtrArray) tokens = NULL;

        if (section->kind != SL_SECTION_SOURCE && section->kind != SL_SECTION_VIEWER)
            continue;
        tokens = sl_section_read_tokens(section, problems);
        sl_elements_check(tokens, problems);
    }
}

static gboolean
set_error(SlProblems *problems, GError **error)
{
    g_autofree char *all = sl_problems_to_text(problems);

    if (sl_problems_get_count(problems) == 0)
        return TRUE;
    g_set_error_literal(error, SL_MEDIA_ERROR, SL_MEDIA_ERROR_DESCRIPTION, all);
    return FALSE;
}

gboolean
sl_description_check_file(const char *path, GError **error)
{
    g_autoptr(SlProblems) problems = sl_problems_new(path);
    g_autoptr(GError) read_error = NULL;
    g_autoptr(SlDescription) self = sl_description_read(path, problems, &read_error);

    if (read_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&read_error));
        return FALSE;
    }
    if (self != NULL && sl_problems_get_count(problems) > 0) {
        check_unexpanded(self, problems);
    } else if (self != NULL) {
        g_autoptr(SlValues) values = sl_values_new(self, NULL, error);

        if (values == NULL)
            return FALSE;
        sl_description_check(self, values, NULL, problems);
    }
    return set_error(problems, error);
}
