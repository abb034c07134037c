#pragma once

#include "sl-description-sections.h"
#include "sl-launch-tokens.h"
#include "sl-variables.h"

G_BEGIN_DECLS

#define SL_DESCRIPTION_MAX_TRACKS 8

/* A description from the inside, for the files of sl-description-*.c only. */
struct _SlDescription {
    grefcount ref_count;
    char *name;
    char *file;
    GBytes *bytes; /* as it was read */
    char *title;
    char *otherwise; /* nullable */
    guint otherwise_line;
    char *captured_codec; /* nullable */
    gboolean captures_audio;
    GPtrArray *sections;  /* SlSection */
    GPtrArray *variables; /* SlVariable, in the file's order */
    GPtrArray *tracks;    /* char *, NULL at the end */
    GArray *track_lines;  /* guint */
};

struct _SlValues {
    grefcount ref_count;
    SlDescription *description;
    GHashTable *texts; /* name (the variable's) → owned text, as it is inserted */
};

/** sl_description_read: as sl_description_load(), but what could be read in spite of problems is
 * returned */
SlDescription *sl_description_read(const char *path, SlProblems *problems, GError **error);

/** sl_description_read_tracks: finds the appsinks of [source]; checks names and references of every
 * section */
void sl_description_read_tracks(SlDescription *self, SlProblems *problems);

/** sl_description_check_placeholders: each is valid where it stands, each variable is declared and
 * used */
void sl_description_check_placeholders(SlDescription *self, SlProblems *problems);

/** sl_description_check_live: what is live leads to a property that holds the variable, which
 * stands nowhere else */
void sl_description_check_live(SlDescription *self, SlProblems *problems);

/** sl_description_check_live_properties: those of elements in @section can be changed while they
 * run, and take what their variables may be. Needs gst_init(). */
void sl_description_check_live_properties(SlDescription *self, SlSection *section,
                                          SlProblems *problems);

/** sl_values_expand_text: (transfer full): a property's value with the values in it, without quotes
 */
char *sl_values_expand_text(SlValues *self, const char *text);

/** sl_section_read_tokens: of a [source] or [viewer TRACK], as it stands in the file */
GPtrArray *sl_section_read_tokens(SlSection *section, SlProblems *problems);

/** sl_tokens_check_names: names are unique and not reserved, references lead somewhere */
void sl_tokens_check_names(GPtrArray *tokens, SlProblems *problems);

G_END_DECLS
