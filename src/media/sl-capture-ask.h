#pragma once

#include "sl-capture.h"
#include "sl-context.h"

G_BEGIN_DECLS

/** SlCaptureAnswer: what sl_capture_new() said. @capture or @error, to be stolen from it. */
typedef struct {
    guint run; /* as it was asked */
    SlCapture *capture;
    GError *error;
} SlCaptureAnswer;

/**
 * sl_capture_ask:
 * @object: whose @on_answer is called with an SlCaptureAnswer, in @context, if it is alive then
 * @run: for telling answers apart
 *
 * sl_capture_new() on a thread of its own: a driver may let an open() wait for as long as it likes.
 * Then no answer comes, and nothing else waits for it.
 */
void sl_capture_ask(GMainContext *context, SlWeak *object, SlContextFunc on_answer, guint run,
                    SlInput *input, SlDescription *description, SlValues *values,
                    SlCaptureFlags flags);

G_END_DECLS
