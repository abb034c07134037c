#pragma once

#include <gst/gst.h>

#include "sl-launch-tokens.h"

G_BEGIN_DECLS

/*
 * Launch text built into elements that know where in their description they stand, so that what
 * GStreamer says of one leads to a line.
 */

/** SlPlace: of an element */
typedef struct {
    char *element;      /* its factory's name; `the bin` of one in parentheses */
    guint line;         /* of the file */
    gboolean is_input;  /* what a placeholder became: the input's, not the author's */
    gboolean is_source; /* what complained reads from somewhere */
    gboolean is_stuck;  /* it did not complain: no format has reached it */
    guint index;        /* in the order of the text */
    char *next;         /* stuck: what follows it takes nothing that it gives; NULL: not that */
    guint next_line;    /* of that */
} SlPlace;

void sl_place_free(SlPlace *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlPlace, sl_place_free)

/**
 * sl_launch_build:
 * @tokens: (element-type SlToken): of @self
 * @is_bin: a bin rather than a pipeline; without ghost pads
 * @ret_line: (out): of the first element that the error names; 0: none
 *
 * Returns: (transfer full) (nullable): SL_MEDIA_ERROR_PIPELINE: GStreamer's own verdict, with names
 * as the author wrote them
 */
GstElement *sl_launch_build(SlLaunch *self, GPtrArray *tokens, gboolean is_bin, guint *ret_line,
                            GError **error);

/**
 * sl_place_find:
 * @message: an error on a bus
 *
 * Any thread. Returns: (transfer full) (nullable): the place of what complained, or of the element
 * that holds it. Where formats could not be agreed upon, what complains is at the beginning: then
 * the place before a clash of caps, or of the first element that no format has reached
 */
SlPlace *sl_place_find(GstMessage *message);

/** sl_launch_tokens_find_element: (transfer none) (nullable): @name: an element's in what
 * sl_launch_build() made */
SlToken *sl_launch_tokens_find_element(GPtrArray *tokens, const char *name);

/** sl_token_describe: an element's kind */
const char *sl_token_describe(const SlToken *token);

G_END_DECLS
