#include "sl-description-elements.h"
#include "sl-description-private.h"

#include <gst/gst.h>
#include <string.h>

/* Elements without a name get this and their token's index, so that GStreamer's messages lead to a
 * line. */
#define TOKEN_NAME "sl-token-"

static char *
name_elements(SlLaunch *launch, GPtrArray *tokens)
{
    const char *text = sl_launch_get_text(launch);
    GString *named = g_string_new(NULL);
    gsize copied = 0;

    for (guint i = 0; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);

        if ((token->kind != SL_TOKEN_ELEMENT && token->kind != SL_TOKEN_BIN_OPEN) ||
            sl_launch_tokens_find_value(tokens, i, "name") != NULL)
            continue;
        g_string_append_len(named, text + copied, token->end - copied);
        g_string_append_printf(named, " name=" TOKEN_NAME "%u", i);
        copied = token->end;
    }
    g_string_append(named, text + copied);
    return g_string_free(named, FALSE);
}

static SlToken *
find_token(GPtrArray *tokens, const char *name)
{
    for (guint i = 0; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);
        SlToken *value;

        if (token->kind != SL_TOKEN_ELEMENT)
            continue;
        if (g_str_has_prefix(name, TOKEN_NAME) &&
            i == g_ascii_strtoull(name + strlen(TOKEN_NAME), NULL, 10))
            return token;
        value = sl_launch_tokens_find_value(tokens, i, "name");
        if (value != NULL && g_str_equal(value->value, name))
            return token;
    }
    return NULL;
}

typedef struct {
    GPtrArray *tokens;
    guint line; /* of the first element that the message names */
} Naming;

static gboolean
on_name_matched(const GMatchInfo *match, GString *result, gpointer user_data)
{
    Naming *self = user_data;
    g_autofree char *name = g_match_info_fetch(match, 0);
    SlToken *token = find_token(self->tokens, name);

    if (token != NULL && self->line == 0)
        self->line = token->line;
    g_string_append(result,
                    token != NULL && g_str_has_prefix(name, TOKEN_NAME) ? token->name : name);
    return FALSE;
}

/* GStreamer's own verdict, with names as the author wrote them. */
static void
add_verdict(GPtrArray *tokens, const char *message, guint fallback_line, SlProblems *problems)
{
    g_autoptr(GRegex) names = g_regex_new("[A-Za-z0-9_][A-Za-z0-9_-]*", 0, 0, NULL);
    Naming naming = { tokens, 0 };
    g_autofree char *text =
        g_regex_replace_eval(names, message, -1, 0, 0, on_name_matched, &naming, NULL);

    sl_problems_add(problems, naming.line != 0 ? naming.line : fallback_line,
                    "GStreamer: %s, expected a pipeline that can be built",
                    text != NULL ? text : message);
}

static GstElement *
build(SlLaunch *launch, GPtrArray *tokens, gboolean is_viewer, guint line, SlProblems *problems)
{
    g_autofree char *named = name_elements(launch, tokens);
    g_autoptr(GError) error = NULL;
    GstElement *element;

    element = is_viewer ? gst_parse_bin_from_description(named, FALSE, &error)
                        : gst_parse_launch_full(named, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (element != NULL)
        gst_object_ref_sink(element);
    if (error != NULL) {
        add_verdict(tokens, error->message, line, problems);
        g_clear_object(&element);
    }
    return element;
}

typedef struct {
    GPtrArray *tokens;
    guint line;
    gboolean is_viewer;
    guint n_sinks;
    guint n_sources;
    SlProblems *problems;
} Dangling;

static SlToken *
find_pad_token(Dangling *self, GstPad *pad)
{
    g_autoptr(GstElement) parent = gst_pad_get_parent_element(pad);
    g_autofree char *name = parent != NULL ? gst_element_get_name(parent) : NULL;

    return name != NULL ? find_token(self->tokens, name) : NULL;
}

/* Viewers keep one free end of each kind. Pads of [source] that come later may be linked later. */
static void
on_pad_seen(Dangling *self, GstPad *pad)
{
    g_autofree char *name = gst_pad_get_name(pad);
    SlToken *token;

    if (gst_pad_is_linked(pad))
        return;
    if (GST_PAD_IS_SINK(pad))
        self->n_sinks++;
    else
        self->n_sources++;
    token = find_pad_token(self, pad);
    if (!self->is_viewer && GST_PAD_IS_SRC(pad) && token != NULL)
        sl_problems_add(self->problems, token->line,
                        "'%s' leads nowhere, expected '!' and an element after it (its pad '%s')",
                        token->name, name);
}

static void
visit_pads(GstElement *element, Dangling *dangling)
{
    GST_OBJECT_LOCK(element);
    g_autoptr(GList) pads =
        g_list_copy_deep(element->pads, (GCopyFunc)(void (*)(void))gst_object_ref, NULL);
    GST_OBJECT_UNLOCK(element);

    for (GList *l = pads; l != NULL; l = l->next) {
        on_pad_seen(dangling, l->data);
        gst_object_unref(l->data);
    }
}

/* Only elements that stand in the text: what is inside GStreamer's own bins is theirs. */
static void
visit_elements(GstElement *element, Dangling *dangling)
{
    g_autofree char *name = gst_element_get_name(element);

    if (find_token(dangling->tokens, name) != NULL) {
        visit_pads(element, dangling);
    } else if (GST_IS_BIN(element)) {
        for (GList *l = GST_BIN_CHILDREN(element); l != NULL; l = l->next)
            visit_elements(l->data, dangling);
    }
}

static void
check_ends(GstElement *element, Dangling *dangling)
{
    visit_elements(element, dangling);
    if (dangling->is_viewer && (dangling->n_sinks != 1 || dangling->n_sources != 1))
        sl_problems_add(
            dangling->problems, dangling->line,
            "found %u free inputs and %u free outputs, expected one of each: what comes "
            "from the track, and RTP",
            dangling->n_sinks, dangling->n_sources);
}

static void
check_section(SlSection *section, SlLaunch *launch, SlProblems *problems)
{
    g_autoptr(GPtrArray) tokens = NULL;
    g_autoptr(GstElement) element = NULL;
    gboolean is_viewer = section->kind == SL_SECTION_VIEWER;
    Dangling dangling = { .line = section->line, .is_viewer = is_viewer, .problems = problems };
    guint before = sl_problems_get_count(problems);

    if (launch == NULL)
        return;
    /* Again: values and inputs have been inserted since. */
    tokens = sl_launch_tokens_read(launch, section->title, problems);
    sl_tokens_check_names(tokens, problems);
    sl_elements_check(tokens, problems);
    if (sl_problems_get_count(problems) != before)
        return;
    element = build(launch, tokens, is_viewer, section->line, problems);
    dangling.tokens = tokens;
    if (element != NULL)
        check_ends(element, &dangling);
}

void
sl_description_check(SlDescription *self, SlValues *values, const SlCapture *capture,
                     SlProblems *problems)
{
    for (guint i = 0; i < self->sections->len; i++) {
        SlSection *section = g_ptr_array_index(self->sections, i);
        g_autoptr(SlLaunch) launch = NULL;

        if (section->kind == SL_SECTION_SOURCE)
            launch = sl_description_expand_source(self, values, capture, problems);
        else if (section->kind == SL_SECTION_VIEWER)
            launch = sl_description_expand_viewer(self, values, section->argument, problems);
        check_section(section, launch, problems);
    }
}
