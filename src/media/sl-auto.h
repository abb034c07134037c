#pragma once

#include "sl-context.h"
#include "sl-input.h"

G_BEGIN_DECLS

/**
 * sl_auto_choose:
 * @settings: (array zero-terminated=1) (nullable): NAME=VALUE that the description must take
 * @ret_why: (out) (transfer full): one line: `h264-rtsp, since the input sends H.264 (Main, no
 *   B-frames)`; %NULL: the input is not to be had yet
 *
 * The description for `--pipeline auto`: one that passes on what the input has encoded already,
 * where browsers play that, else `vp8`. Looks into what a file or an address has, SL_AUTO_LOOK_MS
 * at most; opens and closes a camera. Any thread; may block.
 * Returns: (transfer full): a name; an input that can't be had is no error
 */
char *sl_auto_choose(SlInput *input, const char *const *settings, char **ret_why, GError **error);

#define SL_AUTO_LOOK_MS 5000
/* What encodes itself, and so works with every input. */
#define SL_AUTO_FALLBACK "vp8"

/** SlAutoAnswer: what sl_auto_choose() said, to be stolen from it. @name NULL: @error */
typedef struct {
    char *name, *why;
    GError *error;
} SlAutoAnswer;

/** sl_auto_ask: sl_auto_choose() on a thread of its own; as sl_capture_ask() */
void sl_auto_ask(GMainContext *context, SlWeak *object, SlContextFunc on_answer, SlInput *input,
                 const char *const *settings);

G_END_DECLS
