#pragma once

#include "sl-description-launch.h"
#include "sl-variables.h"

G_BEGIN_DECLS

typedef enum {
    SL_SECTION_ABOUT,
    SL_SECTION_VARIABLES,
    SL_SECTION_VARIABLE, /* argument: its name */
    SL_SECTION_SOURCE,
    SL_SECTION_VIEWER, /* argument: the track */
    SL_SECTION_UNKNOWN,
} SlSectionKind;

/** SlSection: a header and what stands below it. */
typedef struct {
    SlSectionKind kind;
    char *argument;
    char *title; /* as the header is written */
    guint line;
    GPtrArray *keys; /* SlVariableKey, of [about], [variables] and [variable NAME] */
    SlLaunch
        *launch; /* of [source] and [viewer TRACK]: without comments, placeholders as they stand */
} SlSection;

/**
 * sl_sections_read:
 * @text: valid UTF-8
 *
 * Returns: (transfer full) (element-type SlSection): in the file's order, each once
 */
GPtrArray *sl_sections_read(const char *text, SlProblems *problems);

/** sl_sections_find: (nullable): @argument is %NULL for the kinds that have none */
SlSection *sl_sections_find(GPtrArray *sections, SlSectionKind kind, const char *argument);

G_END_DECLS
