#include "sl-launch-elements.h"

#include <string.h>

/* Elements without a name get this and their token's index. */
#define TOKEN_NAME "sl-token-"

#define PLACE "sl-place"

void
sl_place_free(SlPlace *self)
{
    if (self == NULL)
        return;
    g_free(self->element);
    g_free(self->next);
    g_free(self);
}

static void
place_free(gpointer data)
{
    sl_place_free(data);
}

static SlPlace *
place_copy(const SlPlace *self)
{
    SlPlace *copy = g_memdup2(self, sizeof *self);

    copy->element = g_strdup(self->element);
    copy->next = g_strdup(self->next);
    return copy;
}

static gboolean
is_element(const SlToken *token)
{
    return token->kind == SL_TOKEN_ELEMENT || token->kind == SL_TOKEN_BIN_OPEN;
}

const char *
sl_token_describe(const SlToken *token)
{
    return token->kind == SL_TOKEN_BIN_OPEN ? "the bin" : token->name;
}

/* --- names --- */

/* The kind is for whoever reads GStreamer's own log. */
static char *
make_name(GPtrArray *tokens, guint i)
{
    const SlToken *token = g_ptr_array_index(tokens, i);

    return g_strdup_printf(TOKEN_NAME "%u-%s", i, token->name != NULL ? token->name : "bin");
}

static char *
name_elements(SlLaunch *launch, GPtrArray *tokens)
{
    const char *text = sl_launch_get_text(launch);
    GString *named = g_string_new(NULL);
    gsize copied = 0;

    for (guint i = 0; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);
        g_autofree char *name = NULL;

        if (!is_element(token) || sl_launch_tokens_find_value(tokens, i, "name") != NULL)
            continue;
        name = make_name(tokens, i);
        g_string_append_len(named, text + copied, token->end - copied);
        g_string_append_printf(named, " name=%s ", name);
        copied = token->end;
    }
    g_string_append(named, text + copied);
    return g_string_free(named, FALSE);
}

SlToken *
sl_launch_tokens_find_element(GPtrArray *tokens, const char *name)
{
    if (g_str_has_prefix(name, TOKEN_NAME)) {
        guint64 i = g_ascii_strtoull(name + strlen(TOKEN_NAME), NULL, 10);

        return i < tokens->len ? g_ptr_array_index(tokens, i) : NULL;
    }
    return sl_launch_tokens_find_named(tokens, name);
}

/* --- GStreamer's verdict --- */

typedef struct {
    SlLaunch *launch;
    GPtrArray *tokens;
    guint line;        /* of the first element that the message names */
    guint kind_line;   /* of the first of a kind that it names */
    gboolean is_input; /* it names what stands for the input */
} Naming;

static guint
find_kind_line(GPtrArray *tokens, const char *kind)
{
    for (guint i = 0; i < tokens->len; i++) {
        const SlToken *token = g_ptr_array_index(tokens, i);

        if (token->kind == SL_TOKEN_ELEMENT && g_str_equal(token->name, kind))
            return token->line;
    }
    return 0;
}

static gboolean
on_name_matched(const GMatchInfo *match, GString *result, gpointer user_data)
{
    Naming *self = user_data;
    g_autofree char *name = g_match_info_fetch(match, 0);
    SlToken *token = sl_launch_tokens_find_element(self->tokens, name);

    if (token != NULL && self->line == 0)
        self->line = token->line;
    if (self->kind_line == 0)
        self->kind_line = find_kind_line(self->tokens, name);
    if (token != NULL && sl_launch_is_input(self->launch, token->start)) {
        self->is_input = TRUE;
        g_string_append(result, "the input");
    } else if (token != NULL && g_str_has_prefix(name, TOKEN_NAME)) {
        g_string_append(result, sl_token_describe(token));
    } else {
        g_string_append(result, name);
    }
    return FALSE;
}

static const char *
name_expectation(const char *message, gboolean is_input)
{
    if (!g_str_has_prefix(message, "could not link"))
        return "a pipeline that can be built";
    return is_input ? "caps that both can handle; videoconvert and videoscale make pictures fit"
                    : "caps that both can handle, as gst-inspect-1.0 lists them";
}

static GError *
describe_verdict(SlLaunch *launch, GPtrArray *tokens, const char *message, guint *ret_line)
{
    g_autoptr(GRegex) names = g_regex_new("[A-Za-z0-9_][A-Za-z0-9_-]*", 0, 0, NULL);
    Naming naming = { .launch = launch, .tokens = tokens };
    g_autofree char *text =
        g_regex_replace_eval(names, message, -1, 0, 0, on_name_matched, &naming, NULL);

    *ret_line = naming.line != 0 ? naming.line : naming.kind_line;
    return g_error_new(SL_MEDIA_ERROR, SL_MEDIA_ERROR_PIPELINE, "GStreamer: %s; expected %s",
                       text != NULL ? text : message, name_expectation(message, naming.is_input));
}

/* --- places --- */

static char *
find_name(GPtrArray *tokens, guint i)
{
    const SlToken *name = sl_launch_tokens_find_value(tokens, i, "name");

    return name != NULL ? g_strdup(name->value) : make_name(tokens, i);
}

static void
mark_places(GstBin *bin, SlLaunch *launch, GPtrArray *tokens)
{
    for (guint i = 0; i < tokens->len; i++) {
        const SlToken *token = g_ptr_array_index(tokens, i);
        g_autofree char *name = is_element(token) ? find_name(tokens, i) : NULL;
        g_autoptr(GstElement) element = name != NULL ? gst_bin_get_by_name(bin, name) : NULL;
        SlPlace *place;

        if (element == NULL)
            continue;
        place = g_new0(SlPlace, 1);
        place->element = g_strdup(sl_token_describe(token));
        place->line = token->line;
        place->index = i;
        place->is_input = sl_launch_is_input(launch, token->start);
        g_object_set_data_full(G_OBJECT(element), PLACE, place, place_free);
    }
}

GstElement *
sl_launch_build(SlLaunch *self, GPtrArray *tokens, gboolean is_bin, guint *ret_line, GError **error)
{
    g_autofree char *named = name_elements(self, tokens);
    g_autoptr(GError) fault = NULL;
    GstElement *built =
        is_bin ? gst_parse_bin_from_description(named, FALSE, &fault)
               : gst_parse_launch_full(named, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &fault);
    g_autoptr(GstElement) element = built != NULL ? gst_object_ref_sink(built) : NULL;

    *ret_line = 0;
    if (fault != NULL || element == NULL) {
        g_propagate_error(error, describe_verdict(self, tokens,
                                                  fault != NULL ? fault->message : "no element",
                                                  ret_line));
        return NULL;
    }
    if (GST_IS_BIN(element))
        mark_places(GST_BIN(element), self, tokens);
    return g_steal_pointer(&element);
}

static gboolean
has_caps(GstPad *pad)
{
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);

    return caps != NULL;
}

/* Something was offered to it, and it has not taken that. */
static gboolean
is_unnegotiated(GstElement *element)
{
    g_autoptr(GstIterator) pads = gst_element_iterate_sink_pads(element);
    g_auto(GValue) item = G_VALUE_INIT;
    gboolean is_stuck = FALSE;

    while (!is_stuck && gst_iterator_next(pads, &item) == GST_ITERATOR_OK) {
        GstPad *pad = g_value_get_object(&item);
        g_autoptr(GstPad) peer = gst_pad_get_peer(pad);

        is_stuck = peer != NULL && !has_caps(pad);
        g_value_reset(&item);
    }
    return is_stuck;
}

/* Nothing that it could give is taken by what follows. */
static gboolean
is_before_clash(GstElement *element)
{
    g_autoptr(GstIterator) pads = gst_element_iterate_src_pads(element);
    g_auto(GValue) item = G_VALUE_INIT;
    gboolean clashes = FALSE;

    while (!clashes && gst_iterator_next(pads, &item) == GST_ITERATOR_OK) {
        GstPad *pad = g_value_get_object(&item);
        g_autoptr(GstCaps) taken =
            gst_pad_is_linked(pad) ? gst_pad_peer_query_caps(pad, NULL) : NULL;

        clashes = taken != NULL && gst_caps_is_empty(taken);
        g_value_reset(&item);
    }
    return clashes;
}

typedef struct {
    const SlPlace *clash; /* the last of those before a clash */
    const SlPlace *after; /* what follows it */
    const SlPlace *first; /* of those that no format has reached */
} Stuck;

static void
look_for_clash(Stuck *self, GPtrArray *elements)
{
    for (guint i = 0; i < elements->len; i++) {
        const SlPlace *place = g_object_get_data(g_ptr_array_index(elements, i), PLACE);

        if ((self->clash == NULL || place->index > self->clash->index) &&
            is_before_clash(g_ptr_array_index(elements, i)))
            self->clash = place;
        if (!place->is_input && (self->first == NULL || place->index < self->first->index) &&
            is_unnegotiated(g_ptr_array_index(elements, i)))
            self->first = place;
    }
    for (guint i = 0; i < elements->len && self->clash != NULL; i++) {
        const SlPlace *place = g_object_get_data(g_ptr_array_index(elements, i), PLACE);

        if (place->index > self->clash->index &&
            (self->after == NULL || place->index < self->after->index))
            self->after = place;
    }
}

static GPtrArray *
list_placed(GstBin *bin)
{
    GPtrArray *elements = g_ptr_array_new_with_free_func(g_object_unref);
    g_autoptr(GstIterator) all = gst_bin_iterate_recurse(bin);
    g_auto(GValue) item = G_VALUE_INIT;

    while (gst_iterator_next(all, &item) == GST_ITERATOR_OK) {
        GObject *element = g_value_get_object(&item);

        if (g_object_get_data(element, PLACE) != NULL)
            g_ptr_array_add(elements, g_object_ref(element));
        g_value_reset(&item);
    }
    return elements;
}

static SlPlace *
find_stuck(GstObject *top)
{
    g_autoptr(GPtrArray) elements = list_placed(GST_BIN(top));
    Stuck stuck = { NULL };
    SlPlace *found = NULL;

    look_for_clash(&stuck, elements);
    if (stuck.clash != NULL && stuck.after != NULL) {
        found = place_copy(stuck.clash);
        found->next = g_strdup(stuck.after->element);
        found->next_line = stuck.after->line;
    } else if (stuck.first != NULL) {
        found = place_copy(stuck.first);
    }
    if (found != NULL)
        found->is_stuck = TRUE;
    return found;
}

static gboolean
is_negotiation(GstMessage *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *debug = NULL;

    gst_message_parse_error(message, &error, &debug);
    return g_error_matches(error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION) ||
           (debug != NULL && strstr(debug, "not-negotiated") != NULL);
}

SlPlace *
sl_place_find(GstMessage *message)
{
    GstObject *at = gst_object_ref(GST_MESSAGE_SRC(message));
    gboolean is_source = FALSE;
    SlPlace *found = NULL;
    SlPlace *stuck;

    while (at != NULL) {
        const SlPlace *place = g_object_get_data(G_OBJECT(at), PLACE);
        GstObject *parent = gst_object_get_parent(at);

        if (found == NULL) {
            is_source |= GST_IS_ELEMENT(at) && GST_OBJECT_FLAG_IS_SET(at, GST_ELEMENT_FLAG_SOURCE);
            if (place != NULL) {
                found = place_copy(place);
                found->is_source = is_source;
            }
        }
        if (parent == NULL && GST_IS_BIN(at) && is_negotiation(message)) {
            stuck = find_stuck(at);
            if (stuck != NULL) {
                sl_place_free(found);
                found = stuck;
            }
        }
        gst_object_unref(at);
        at = parent;
    }
    return found;
}
