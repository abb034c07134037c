#pragma once

#include "sl-description.h"

G_BEGIN_DECLS

/**
 * SlFoundInput: a stream's input as it was last found, and what people are told of it: the page, by
 * its title; the log, when it is news.
 */
typedef struct _SlFoundInput SlFoundInput;

/** @name: the stream's; @input: as it was resolved */
SlFoundInput *sl_found_input_new(const char *name, SlInput *input);
void sl_found_input_free(SlFoundInput *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlFoundInput, sl_found_input_free)

/**
 * sl_found_input_take: of a start that found its input
 *
 * Returns: whether it is another one: a camera instead of the pattern, or one that was awaited
 */
gboolean sl_found_input_take(SlFoundInput *self, const SlCapture *capture);
/** sl_found_input_meet: it is the same, but more is known of it: sl_input_meet() */
void sl_found_input_meet(SlFoundInput *self);

SlInput *sl_found_input_get(SlFoundInput *self);
/** sl_found_input_get_title: as sl_stream_get_title() */
const char *sl_found_input_get_title(SlFoundInput *self);
/** sl_found_input_get_mode: (nullable): as sl_stream_get_mode() */
const char *sl_found_input_get_mode(SlFoundInput *self);

G_END_DECLS
