#include "sl-description-elements.h"
#include "sl-description-caps.h"
#include "sl-property-value.h"

#include <gst/gst.h>
#include <string.h>

/* An element of the text, and where it can be asked. */
typedef struct {
    const char *name;    /* the factory's */
    GstElement *example; /* NULL where the element can't be made */
    GHashTable *set;     /* interned property names that were assigned */
    SlProblems *problems;
} Subject;

static void
check_value(Subject *self, SlToken *token, GParamSpec *spec)
{
    g_auto(GValue) value = G_VALUE_INIT;
    g_autofree char *found = sl_problems_quote(token->value);
    g_autofree char *expected = NULL;

    /* Before values are inserted there is nothing to judge. */
    if (strstr(token->value, "${") != NULL && !G_IS_PARAM_SPEC_STRING(spec))
        return;
    expected = sl_property_read_value(spec, token->value, &value);
    if (expected != NULL)
        sl_problems_add(self->problems, token->line, "found %s=%s on '%s', expected %s",
                        token->name, found, self->name, expected);
}

/* Another encoder's `bitrate` may be this one's `target-bitrate`. */
static char *
guess_property(const char *word, const char *const *names)
{
    const char *best = NULL;

    if (sl_problems_guess(word, names) != NULL)
        return sl_problems_did_you_mean(word, names);
    for (; *names != NULL && strlen(word) >= 4; names++) {
        if (strstr(*names, word) != NULL && (best == NULL || strlen(*names) < strlen(best)))
            best = *names;
    }
    return best != NULL ? g_strdup_printf("; did you mean '%s'?", best) : g_strdup("");
}

static void
check_property(Subject *self, SlToken *token, GObjectClass *class, GParamSpec *spec)
{
    if (spec == NULL) {
        g_autofree const char **names = sl_property_list(class);
        g_autofree char *hint = guess_property(token->name, names);

        sl_problems_add(self->problems, token->line,
                        "'%s' has no property '%s', expected one that gst-inspect-1.0 %s lists%s",
                        self->name, token->name, self->name, hint);
    } else if ((spec->flags & G_PARAM_WRITABLE) == 0) {
        sl_problems_add(self->problems, token->line,
                        "property '%s' of '%s' can't be written, expected another", token->name,
                        self->name);
    } else if (!sl_property_is_plain(spec)) {
        sl_problems_add(self->problems, token->line,
                        "property '%s' of '%s' is no plain value, expected it left out",
                        token->name, self->name);
    } else {
        check_value(self, token, spec);
    }
}

/* `sink_1::xpos=640`: on a pad that will be requested. */
static GParamSpec *
find_pad_property(Subject *self, const char *pad, const char *property, GObjectClass **ret_class)
{
    for (const GList *l = gst_element_get_pad_template_list(self->example); l != NULL;
         l = l->next) {
        GstPadTemplate *template = l->data;
        const char *pattern = GST_PAD_TEMPLATE_NAME_TEMPLATE(template);
        const char *percent = strchr(pattern, '%');
        gsize n = percent != NULL ? (gsize)(percent - pattern) : strlen(pattern);
        GType type = GST_PAD_TEMPLATE_GTYPE(template);

        if (strncmp(pad, pattern, n) != 0 || !g_type_is_a(type, GST_TYPE_PAD))
            continue;
        *ret_class = g_type_class_ref(type);
        return g_object_class_find_property(*ret_class, property);
    }
    return NULL;
}

static void
check_pad_property(Subject *self, SlToken *token, const char *colons)
{
    g_autofree char *pad = g_strndup(token->name, colons - token->name);
    GObjectClass *class = NULL;
    GParamSpec *spec = NULL;

    if (GST_IS_CHILD_PROXY(self->example) && !GST_IS_BIN(self->example))
        spec = find_pad_property(self, pad, colons + 2, &class);
    if (class == NULL)
        sl_problems_add(self->problems, token->line,
                        "found '%s', expected a property of '%s' or PAD::PROPERTY of a mixer",
                        token->name, self->name);
    else
        check_property(self, token, class, spec);
    g_clear_pointer(&class, g_type_class_unref);
}

static void
check_assignment(Subject *self, SlToken *token)
{
    const char *colons = strstr(token->name, "::");
    GObjectClass *class;
    GParamSpec *spec;
    const char *canonical;

    if (self->example == NULL)
        return;
    class = G_OBJECT_GET_CLASS(self->example);
    spec = colons == NULL ? g_object_class_find_property(class, token->name) : NULL;
    canonical = g_intern_string(spec != NULL ? spec->name : token->name);
    if (!g_hash_table_add(self->set, (gpointer)canonical))
        sl_problems_add(self->problems, token->line, "'%s' again on '%s', expected it once",
                        token->name, self->name);
    else if (colons != NULL)
        check_pad_property(self, token, colons);
    else
        check_property(self, token, class, spec);
}

static const char **
list_element_names(GList *factories)
{
    const char **names = g_new0(const char *, g_list_length(factories) + 1);
    guint n = 0;

    for (GList *l = factories; l != NULL; l = l->next)
        names[n++] = GST_OBJECT_NAME(l->data);
    return names;
}

static void
complain_missing(SlToken *token, SlProblems *problems)
{
    const char *package = sl_element_package_hint(token->name);
    GList *factories;
    g_autofree const char **names = NULL;
    g_autofree char *hint = NULL;

    if (package != NULL) {
        sl_problems_add(problems, token->line,
                        "element '%s' is not installed, expected the package %s", token->name,
                        package);
        return;
    }
    factories = gst_registry_get_feature_list(gst_registry_get(), GST_TYPE_ELEMENT_FACTORY);
    names = list_element_names(factories);
    hint = sl_problems_did_you_mean(token->name, names);
    sl_problems_add(problems, token->line, "unknown element '%s', expected one of GStreamer's%s",
                    token->name, hint);
    gst_plugin_feature_list_free(factories);
}

/* On a machine without a display, where servers are, some of them take the program down with them.
 */
static gboolean
opens_window(const char *element)
{
    static const char *const windows[] = {
        "aasink",      "autovideosink", "cacasink",    "dfbvideosink", "gtkglsink",   "gtksink",
        "glimagesink", "sdlvideosink",  "waylandsink", "ximagesink",   "xvimagesink", NULL,
    };

    return g_strv_contains(windows, element);
}

static void
begin_element(Subject *self, SlToken *token)
{
    const char *name = token->kind == SL_TOKEN_BIN_OPEN ? "bin" : token->name;
    g_autoptr(GstElementFactory) factory = NULL;

    g_clear_object(&self->example);
    g_hash_table_remove_all(self->set);
    self->name = name;
    if (opens_window(name)) {
        sl_problems_add(self->problems, token->line,
                        "'%s' opens a window on the server, expected 'appsink name=TRACK' for "
                        "viewers, or fakesink",
                        name);
        return;
    }
    factory = gst_element_factory_find(name);
    if (factory == NULL) {
        complain_missing(token, self->problems);
        return;
    }
    self->example = gst_element_factory_create(factory, NULL);
    if (self->example == NULL)
        sl_problems_add(self->problems, token->line,
                        "element '%s' can't be made here, expected it to work", name);
    else
        gst_object_ref_sink(self->example);
}

static void
check_caps(SlToken *token, SlProblems *problems)
{
    g_autoptr(GstCaps) caps = NULL;
    const char *fault;
    g_autofree char *odd = NULL;
    g_autofree char *found = sl_problems_quote(token->value);

    if (strstr(token->value, "${") != NULL)
        return;
    fault = sl_caps_find_fault(token->value);
    if (fault != NULL) {
        sl_problems_add(problems, token->line, "found caps %s, expected %s", found, fault);
        return;
    }
    caps = gst_caps_from_string(token->value);
    odd = caps != NULL ? sl_caps_find_odd_field(caps) : NULL;
    if (caps == NULL)
        sl_problems_add(problems, token->line, "found caps %s, expected TYPE/SUBTYPE,FIELD=VALUE,…",
                        found);
    else if (odd != NULL)
        sl_problems_add(problems, token->line, "%s", odd);
}

void
sl_elements_check(GPtrArray *tokens, SlProblems *problems)
{
    g_autoptr(GHashTable) set = g_hash_table_new(NULL, NULL);
    Subject subject = { .set = set, .problems = problems };

    for (guint i = 0; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);

        if (token->kind == SL_TOKEN_ELEMENT || token->kind == SL_TOKEN_BIN_OPEN)
            begin_element(&subject, token);
        else if (token->kind == SL_TOKEN_ASSIGNMENT)
            check_assignment(&subject, token);
        else if (token->kind == SL_TOKEN_CAPS)
            check_caps(token, problems);
    }
    g_clear_object(&subject.example);
}
