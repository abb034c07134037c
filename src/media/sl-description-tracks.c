#include "sl-description-private.h"

#include <string.h>

/* Sightline's own: it needs every frame as soon as it is there, and a bound that it knows. */
static const char *const appsink_own[] = {
    "sync",        "max-buffers", "drop",      "emit-signals",       "max-lateness",
    "async",       "qos",         "max-bytes", "enable-last-sample", "max-time",
    "wait-on-eos", "ts-offset",   "blocksize", "render-delay",       "throttle-time",
    NULL,
};

static const char *const webrtc_elements[] = { "webrtcbin", "appsrc", "appsink", NULL };

GPtrArray *
sl_section_read_tokens(SlSection *section, SlProblems *problems)
{
    return sl_launch_tokens_read(section->launch, section->title, problems);
}

static void
check_appsink_properties(GPtrArray *tokens, guint i, SlProblems *problems)
{
    for (i++; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);
        g_autofree char *name = NULL;

        if (token->kind != SL_TOKEN_ASSIGNMENT)
            break;
        name = g_strdelimit(g_strdup(token->name), "_", '-');
        if (g_strv_contains(appsink_own, name))
            sl_problems_add(
                problems, token->line,
                "found '%s' on an appsink, expected it left out: Sightline sets it itself",
                token->name);
    }
}

static void
add_track(SlDescription *self, const char *name, guint line, SlProblems *problems)
{
    g_autofree char *found = sl_problems_quote(name);

    for (guint i = 0; i < self->tracks->len; i++) {
        if (g_str_equal(g_ptr_array_index(self->tracks, i), name))
            return; /* reported as an element's name */
    }
    if (strstr(name, "${") != NULL)
        return;
    if (strchr(name, '.') != NULL) {
        sl_problems_add(
            problems, line,
            "found track %s, expected a name without a dot: it is reserved for renditions", found);
        return;
    }
    if (!sl_name_is_valid(name)) {
        sl_problems_add(problems, line, "found track %s, expected %s", found, SL_NAME_EXPECTED);
        return;
    }
    if (self->tracks->len == SL_DESCRIPTION_MAX_TRACKS) {
        sl_problems_add(problems, line, "found track %s, expected %d tracks at most", found,
                        SL_DESCRIPTION_MAX_TRACKS);
        return;
    }
    g_ptr_array_add(self->tracks, g_strdup(name));
    g_array_append_val(self->track_lines, line);
}

static void
read_appsinks(SlDescription *self, GPtrArray *tokens, SlProblems *problems)
{
    for (guint i = 0; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);
        SlToken *name;

        if (token->kind != SL_TOKEN_ELEMENT || !g_str_equal(token->name, "appsink"))
            continue;
        check_appsink_properties(tokens, i, problems);
        name = sl_launch_tokens_find_value(tokens, i, "name");
        if (name != NULL)
            add_track(self, name->value, name->line, problems);
        else
            sl_problems_add(problems, token->line,
                            "found an appsink without a name, expected appsink name=TRACK");
    }
}

static void
check_viewer_elements(GPtrArray *tokens, SlProblems *problems)
{
    for (guint i = 0; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);

        if (token->kind == SL_TOKEN_ELEMENT && g_strv_contains(webrtc_elements, token->name))
            sl_problems_add(problems, token->line,
                            "found '%s', expected only what stands between Sightline's appsrc and "
                            "webrtcbin",
                            token->name);
    }
}

static void
check_source_elements(GPtrArray *tokens, SlProblems *problems)
{
    for (guint i = 0; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);

        if (token->kind == SL_TOKEN_ELEMENT && g_str_equal(token->name, "webrtcbin"))
            sl_problems_add(problems, token->line,
                            "found 'webrtcbin', expected appsink name=TRACK: Sightline adds a "
                            "webrtcbin for each viewer");
    }
}

/* Two of a name in one bin is a critical warning in GStreamer. */
static void
check_element_name(GHashTable *lines, SlToken *name, SlProblems *problems)
{
    guint first = GPOINTER_TO_UINT(g_hash_table_lookup(lines, name->value));
    g_autofree char *found = sl_problems_quote(name->value);

    if (strstr(name->value, "${") != NULL || name->value[0] == '\0' ||
        strpbrk(name->value, " \t!.:;,=()/%") != NULL)
        sl_problems_add(problems, name->line,
                        "found name=%s, expected a fixed name of letters, digits, '_' and '-'",
                        found);
    else if (g_str_has_prefix(name->value, "sl-token-"))
        sl_problems_add(problems, name->line, "found name=%s, expected one without 'sl-token-'",
                        found);
    else if (first != 0)
        sl_problems_add(problems, name->line,
                        "name=%s again, expected another; the first is in line %u", name->value,
                        first);
    else
        g_hash_table_insert(lines, name->value, GUINT_TO_POINTER(name->line));
}

static gboolean
is_track_name(GPtrArray *tokens, guint i)
{
    for (; i > 0; i--) {
        SlToken *token = g_ptr_array_index(tokens, i);

        if (token->kind == SL_TOKEN_ELEMENT)
            return g_str_equal(token->name, "appsink");
        if (token->kind != SL_TOKEN_ASSIGNMENT)
            return FALSE;
    }
    return FALSE;
}

static void
check_references(GHashTable *lines, GPtrArray *tokens, SlProblems *problems)
{
    g_autofree const char **names = (const char **)g_hash_table_get_keys_as_array(lines, NULL);

    for (guint i = 0; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);

        if (token->kind == SL_TOKEN_REFERENCE && !g_hash_table_contains(lines, token->name)) {
            g_autofree char *hint = sl_problems_did_you_mean(token->name, names);

            sl_problems_add(problems, token->line, "found '%s.', expected the name of an element%s",
                            token->name, hint);
        }
    }
}

void
sl_tokens_check_names(GPtrArray *tokens, SlProblems *problems)
{
    g_autoptr(GHashTable) lines = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < tokens->len; i++) {
        SlToken *token = g_ptr_array_index(tokens, i);

        if (token->kind != SL_TOKEN_ASSIGNMENT || !g_str_equal(token->name, "name"))
            continue;
        /* A track's dot has been reported with its own reason. */
        if (!is_track_name(tokens, i) || strchr(token->value, '.') == NULL)
            check_element_name(lines, token, problems);
    }
    check_references(lines, tokens, problems);
}

static void
check_viewer(SlDescription *self, SlSection *section, SlProblems *problems)
{
    const char *const *tracks = (const char *const *)self->tracks->pdata;
    g_autoptr(GPtrArray) tokens = sl_section_read_tokens(section, problems);

    if (sl_sections_find(self->sections, SL_SECTION_SOURCE, NULL) != NULL &&
        !g_strv_contains(tracks, section->argument)) {
        g_autofree char *hint = sl_problems_did_you_mean(section->argument, tracks);
        g_autofree char *known = g_strjoinv(", ", (char **)tracks);

        sl_problems_add(problems, section->line,
                        "%s for a track that [source] does not have, expected %s%s", section->title,
                        tracks[0] != NULL ? known : "an appsink of that name", hint);
    }
    check_viewer_elements(tokens, problems);
    sl_tokens_check_names(tokens, problems);
}

static void
check_source(SlDescription *self, SlSection *source, SlProblems *problems)
{
    guint before = sl_problems_get_count(problems);
    g_autoptr(GPtrArray) tokens = sl_section_read_tokens(source, problems);

    read_appsinks(self, tokens, problems);
    if (self->tracks->len == 0 && sl_problems_get_count(problems) == before)
        sl_problems_add(
            problems, source->line,
            "[source] has no track, expected '! appsink name=TRACK' at the end of a chain");
    check_source_elements(tokens, problems);
    sl_tokens_check_names(tokens, problems);
}

void
sl_description_read_tracks(SlDescription *self, SlProblems *problems)
{
    SlSection *source = sl_sections_find(self->sections, SL_SECTION_SOURCE, NULL);

    if (source == NULL)
        sl_problems_add(problems, 0, "no [source] section, expected one");
    else
        check_source(self, source, problems);
    g_ptr_array_add(self->tracks, NULL);
    for (guint i = 0; i < self->sections->len; i++) {
        SlSection *section = g_ptr_array_index(self->sections, i);

        if (section->kind == SL_SECTION_VIEWER)
            check_viewer(self, section, problems);
    }
    sl_description_check_live(self, problems);
}

gboolean
sl_description_names_any(SlDescription *self, const char *const *elements)
{
    SlSection *source = sl_sections_find(self->sections, SL_SECTION_SOURCE, NULL);
    g_autoptr(SlProblems) ignored = sl_problems_new("");
    g_autoptr(GPtrArray) tokens =
        source != NULL ? sl_section_read_tokens(source, ignored) : g_ptr_array_new();

    for (guint i = 0; i < tokens->len; i++) {
        const SlToken *token = g_ptr_array_index(tokens, i);

        if (token->kind == SL_TOKEN_ELEMENT && g_strv_contains(elements, token->name))
            return TRUE;
    }
    return FALSE;
}
